# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause

APPS_DEPS := mmdebstrap debian-archive-keyring qemu-system-x86 cpio xz-utils
OTHER_DEPS += apps-deps
APPS := tests/apps/run.sh $(BUILD) $(CACHE)

$(BUILD)/tests/hidden: $(call obj,plain,tests/apps/hidden.c tests/live/witness.c)
	@mkdir -p $(@D)
	$(call say,LINK  $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

# PID 1 of a virtual machine
$(BUILD)/tests/init: tests/kernels/init.c
	@mkdir -p $(@D)
	$(call say,LINK  $@)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARNINGS) -O2 -static $< -o $@

APPS_BUILT := $(addprefix $(BUILD)/,katrace tests/hidden tests/init)

.PHONY: check-apps
check-apps: deps apps-deps ## what katrace says of real programs: nginx, PostgreSQL, Netty, ...
	$(MAKE_NOW) -s $(APPS_BUILT)
	$(SUDO) $(APPS) $(SCENARIOS)

.PHONY: stories
stories: deps apps-deps ## docs/stories.md, from a run of all scenarios
	$(MAKE_NOW) -s $(APPS_BUILT)
	$(SUDO) $(APPS) --stories docs/stories.md $(SCENARIOS)

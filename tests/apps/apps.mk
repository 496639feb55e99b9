# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause

APPS_DEPS := mmdebstrap debian-archive-keyring
OTHER_DEPS += apps-deps
APPS := tests/apps/run.sh $(BUILD) $(CACHE)

$(BUILD)/tests/hidden: $(call obj,plain,tests/apps/hidden.c tests/live/witness.c)
	@mkdir -p $(@D)
	$(call say,LINK  $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

.PHONY: check-apps
check-apps: deps apps-deps ## what katrace says of real programs: nginx, PostgreSQL, Netty, ...
	$(MAKE_NOW) -s $(BUILD)/katrace $(BUILD)/tests/hidden
	$(SUDO) $(APPS) $(SCENARIOS)

.PHONY: stories
stories: deps apps-deps ## docs/stories.md, from a run of all scenarios
	$(MAKE_NOW) -s $(BUILD)/katrace $(BUILD)/tests/hidden
	$(SUDO) $(APPS) --stories docs/stories.md $(SCENARIOS)

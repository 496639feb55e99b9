# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# The runner of the live tests, with tests that fail, hang and crash.

RUNNER := main runner warden expect stall tool net netlink

$(BUILD)/tests/runner: $(call obj,plain,tests/runner/samples.c $(RUNNER:%=tests/live/%.c))
	@mkdir -p $(@D)
	$(call say,LINK  $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -pthread -o $@

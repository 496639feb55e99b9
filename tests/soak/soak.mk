# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause

$(BUILD)/soak: $(call obj,plain,$(wildcard tests/soak/*.c) tests/live/net.c tests/live/netlink.c tests/live/tcp.c tests/live/tool.c)
	$(call say,LINK  $@)
	$(Q)$(CC) $(CFLAGS) $^ -o $@

.PHONY: soak
soak: deps ## trace 20,000 connections; check the counts, SOAK_S=600
	$(MAKE_NOW) -s $(BUILD)/katrace $(BUILD)/soak
	@$(SUDO) $(if $(SUDO),env SOAK_S=$(SOAK_S)) $(BUILD)/soak $(BUILD)/katrace

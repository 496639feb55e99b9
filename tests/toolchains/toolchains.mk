# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause

TOOLCHAINS_DEPS := mmdebstrap debian-archive-keyring
OTHER_DEPS += toolchains-deps

SUITES ?= trixie

.PHONY: check-toolchains
check-toolchains: toolchains-deps ## the unit tests on newer Debians, SUITES='trixie sid'
	$(Q)for suite in $(SUITES); do $(SUDO) tests/toolchains/run.sh $$suite $(CACHE) || exit 1; done

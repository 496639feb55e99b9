# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause

KERNELS_DEPS := qemu-system-x86 qemu-system-arm cpio xz-utils zstd bsdextrautils
OTHER_DEPS += kernels-deps

.PHONY: check-kernels
check-kernels: static kernels-deps ## the live tests on many kernels in virtual machines
	tests/kernels/run.sh $(BUILD)/static $(CACHE)

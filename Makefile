# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# katrace: `make help` lists the targets.

VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build

ifeq ($(origin CC),default)
CC := gcc
endif
CLANG ?= clang
LLVM_STRIP ?= llvm-strip
# bpftool is in sbin, which may be missing from PATH
export PATH := $(PATH):/usr/sbin:/sbin
BPFTOOL ?= bpftool
TRIPLET := $(shell $(CC) -dumpmachine 2> /dev/null)
# the kernel's name of the target architecture
ARCH := $(patsubst x86_64,x86,$(patsubst aarch64,arm64,$(firstword $(subst -, ,$(TRIPLET)))))
# where headers and libraries for another machine are, see `make static`
SYSROOT ?=
SYSTEM_INCLUDE := $(if $(SYSROOT),-isystem $(SYSROOT)/usr/include)
ASM_INCLUDE := $(if $(SYSROOT),/usr/$(TRIPLET)/include,/usr/include/$(TRIPLET))
CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/katrace
# make V=1 shows the commands
Q := $(if $(V),,@)
say = $(if $(V),,@echo "  $(1)")
# for use after packages were installed: a new make that finds them, on all CPUs unless -j was given
MAKE_NOW = +@$(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

# a new warning of a newer compiler must not break the build; with `make WERROR=1` (.ci/run, `make lint`) it does
WARNINGS := -Wall -Wextra $(if $(WERROR),-Werror)
CFLAGS ?= -O2 -g
KATRACE_CFLAGS := -std=gnu11 -D_GNU_SOURCE -DKATRACE_VERSION='"$(VERSION)"' $(WARNINGS) -Wshadow -Wstrict-prototypes \
	-Iuser -Iinclude -I$(BUILD) $(SYSTEM_INCLUDE) -MMD -MP
LIBS := -lbpf -lelf -lz -lcap-ng -ljson-c -pthread
ifdef STATIC
LDFLAGS += $(if $(SYSROOT),-L$(SYSROOT)/usr/lib/$(TRIPLET))
KATRACE_LDFLAGS := -static
endif
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
# BPF_PROG() of libbpf leaves the parameter ctx unused
BPF_CFLAGS := -target bpf -D__TARGET_ARCH_$(ARCH) -g -O2 $(WARNINGS) -Wno-unused-parameter -Ivmlinux -Ibpf -Iinclude \
	-idirafter $(ASM_INCLUDE) -MMD -MP

DEPS := gcc make clang llvm bpftool libbpf-dev libelf-dev zlib1g-dev libcap-ng-dev libcmocka-dev libjson-c-dev
STATIC_DEPS := gcc-aarch64-linux-gnu libc6-dev-arm64-cross

SRC := $(filter-out user/main.c,$(wildcard user/*/*.c))
SKELETONS := $(foreach o,katrace walk,$(foreach r,direct probed,$(BUILD)/$(o).$(r).skel.h))

## --- build ---

.PHONY: all
all: $(BUILD)/katrace ## build build/katrace

# user space

# reports missing tools in one line, before the first file is compiled
TOOLS := $(CC) $(CLANG) $(LLVM_STRIP) $(BPFTOOL)
HEADERS := bpf/libbpf.h gelf.h zlib.h cap-ng.h json-c/json.h $(if $(STATIC),,cmocka.h)
no_header = printf '\#if !__has_include(<%s>)\n%s\n\#endif\n' $(foreach h,$(HEADERS),$(h) $(h)) | $(CC) $(SYSTEM_INCLUDE) -E -P -
.PHONY: tools
tools:
	@missing=$$(for tool in $(TOOLS); do command -v $$tool > /dev/null || echo $$tool; done); \
	missing=$${missing:-$$($(no_header))}; \
	set -- $$missing; [ $$# = 0 ] && exit; [ $$# = 1 ] && is=is || is=are; \
	echo "katrace: $$* $$is missing: run make deps" >&2; exit 2

obj = $(patsubst %.c,$(BUILD)/$(1)/%.o,$(2))

$(BUILD)/plain/%.o: %.c | tools $(SKELETONS)
	@mkdir -p $(@D)
	$(call say,CC    $@)
	$(Q)$(CC) $(KATRACE_CFLAGS) $(CFLAGS) -c $< -o $@

$(BUILD)/asan/%.o: %.c | tools $(SKELETONS)
	@mkdir -p $(@D)
	$(call say,CC    $@)
	$(Q)$(CC) $(KATRACE_CFLAGS) -O1 -g $(SANITIZE) -c $< -o $@

$(BUILD)/fuzz/%.o: %.c | tools
	@mkdir -p $(@D)
	$(call say,CC    $@)
	$(Q)$(CLANG) $(KATRACE_CFLAGS) -O1 -g $(SANITIZE) -fsanitize=fuzzer-no-link -c $< -o $@

$(BUILD)/libkatrace.a: $(call obj,plain,$(SRC))
$(BUILD)/libkatrace-asan.a: $(call obj,asan,$(SRC))
$(BUILD)/%.a:
	@rm -f $@
	$(call say,AR    $@)
	$(Q)$(AR) rcs $@ $^

$(BUILD)/katrace: $(call obj,plain,user/main.c) $(BUILD)/libkatrace.a
	$(call say,LINK  $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(KATRACE_LDFLAGS) $^ $(LIBS) -o $@

$(BUILD)/katrace-asan: $(call obj,asan,user/main.c) $(BUILD)/libkatrace-asan.a
	$(call say,LINK  $@)
	$(Q)$(CC) $(SANITIZE) $(LDFLAGS) $^ $(LIBS) -o $@

# kernel side: each object built twice, see bpf/read.bpf.h

bpf_source = $(firstword $(wildcard bpf/$(1).bpf.c tests/live/$(1).bpf.c))

.SECONDEXPANSION:
$(BUILD)/%.direct.bpf.o: $$(call bpf_source,$$*) | tools
	@mkdir -p $(@D)
	$(call say,BPF   $@)
	$(Q)$(CLANG) $(BPF_CFLAGS) -DKATRACE_READ_DIRECT -c $< -o $@
	$(Q)$(LLVM_STRIP) -g $@

$(BUILD)/%.probed.bpf.o: $$(call bpf_source,$$*) | tools
	@mkdir -p $(@D)
	$(call say,BPF   $@)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@
	$(Q)$(LLVM_STRIP) -g $@

$(BUILD)/%.skel.h: $(BUILD)/%.bpf.o
	$(call say,SKEL  $@)
	$(Q)$(BPFTOOL) gen skeleton $< name $(subst .,_,$*) > $@.tmp
	$(Q)mv $@.tmp $@

# what concerns the pages or one kind of test is in their folder
include docs/docs.mk tests/tests.mk $(sort $(wildcard tests/*/*.mk))

## --- other machines ---

.PHONY: static
static: deps static-deps ## one file for hosts with nothing installed
	@tests/kernels/sysroot.sh $(CACHE) > /dev/null
	$(MAKE_NOW) BUILD=$(BUILD)/static/amd64 STATIC=1 static-here
	$(MAKE_NOW) BUILD=$(BUILD)/static/arm64 STATIC=1 CC=aarch64-linux-gnu-gcc SYSROOT=$(CACHE)/sysroot-arm64 static-here
	@cd $(BUILD)/static && du -h --apparent-size */katrace

# katrace, and its tests for virtual machines
.PHONY: static-here
static-here: $(BUILD)/katrace $(BUILD)/tests/live
	@cp $(BUILD)/tests/live $(BUILD)/live

## --- set-up ---

# Installs missing packages; without apt, prints what is needed.
# apt's lock does not wait, so parallel runs queue at this file.
need = $(Q)exec 9< $(firstword $(MAKEFILE_LIST)); flock 9; \
	if ! command -v apt-get > /dev/null; then \
		echo "katrace: apt-get not found; install the equivalents of these Debian packages: $(1)" >&2; exit 0; \
	fi; \
	missing=$$(dpkg-query -W -f '$${Package} $${db:Status-Status}\n' $(1) 2>&1 | \
		awk '$$2 != "installed" { sub("dpkg-query: no packages found matching ", ""); print $$1 }'); \
	[ -n "$$missing" ] || exit 0; \
	echo "katrace: installing" $$missing >&2; \
	$(SUDO) apt-get update -qq && \
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing > /dev/null

.PHONY: deps
deps: ## install the Debian packages katrace is built with
	$(call need,$(DEPS))

OTHER_DEPS += static-deps
.PHONY: $(OTHER_DEPS)
$(OTHER_DEPS): %-deps: deps
	$(call need,$($(shell echo $* | tr a-z A-Z)_DEPS))

.PHONY: packages
packages:
	@echo $(DEPS)

.PHONY: install
install: $(BUILD)/katrace $(BUILD)/katrace.bash ## install to DESTDIR/PREFIX (default /usr/local)
	install -D -m 755 $(BUILD)/katrace $(DESTDIR)$(PREFIX)/sbin/katrace
	install -D -m 644 docs/katrace.8 $(DESTDIR)$(PREFIX)/share/man/man8/katrace.8
	install -D -m 644 $(BUILD)/katrace.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/katrace

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BUILD)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^## --- / { gsub("## --- | ---", ""); sub(/:.*/, ""); group = $$0 } \
		/^[a-z-]+:.*## / { if (group) print group; group = ""; printf "  make %-16s  %s\n", $$1, $$2 }' \
		$(filter Makefile %.mk,$(MAKEFILE_LIST))

.SECONDARY:
.DELETE_ON_ERROR:
-include $(shell find $(BUILD) -name '*.d' 2> /dev/null)

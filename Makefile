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
LIVE_LIBS := $(LIBS)
ifdef STATIC
LDFLAGS += $(if $(SYSROOT),-L$(SYSROOT)/usr/lib/$(TRIPLET))
KATRACE_LDFLAGS := -static
LIVE_LIBS := -Wl,-Bstatic -lbpf -lelf -lz -lcap-ng -ljson-c -Wl,-Bdynamic -pthread
endif
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
# BPF_PROG() of libbpf leaves the parameter ctx unused
BPF_CFLAGS := -target bpf -D__TARGET_ARCH_$(ARCH) -g -O2 $(WARNINGS) -Wno-unused-parameter -Ivmlinux -Ibpf -Iinclude \
	-idirafter $(ASM_INCLUDE) -MMD -MP

DEPS := gcc make clang llvm bpftool libbpf-dev libelf-dev zlib1g-dev libcap-ng-dev libcmocka-dev libjson-c-dev
CHECK_DEPS := python3-jsonschema
TOOLCHAINS_DEPS := mmdebstrap debian-archive-keyring
LINT_DEPS := clang-format clang-tidy cppcheck shellcheck
# evaluated late: clang may have to be installed first
FUZZ_DEPS = libclang-rt-$(firstword $(subst ., ,$(shell $(CLANG) -dumpversion 2> /dev/null)))-dev
STATIC_DEPS := gcc-aarch64-linux-gnu libc6-dev-arm64-cross
BENCH_DEPS := iproute2
KERNELS_DEPS := qemu-system-x86 qemu-system-arm cpio xz-utils zstd bsdextrautils

SRC := $(filter-out user/main.c,$(wildcard user/*/*.c))
SKELETONS := $(foreach o,katrace walk,$(foreach r,direct probed,$(BUILD)/$(o).$(r).skel.h))
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
LIVE_SRC := $(filter-out %.bpf.c,$(wildcard tests/live/*.c))
# where tests store the JSON lines of katrace; they are validated at the end
LINES := $(abspath $(BUILD))/lines
LIVE_ENV := $(if $(SUDO),env KATRACE_LINES=$$KATRACE_LINES)
# code that processes foreign input; needs no kernel and no terminal
FUZZED_SRC := $(wildcard user/model/*.c user/format/*.c) user/cli/parse.c user/system/lines.c
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_S ?= 60
SUITES ?= trixie
REFERENCE := $(foreach r,direct probed,$(BUILD)/reference.$(r).skel.h)

## --- build ---

.PHONY: all
all: $(BUILD)/katrace ## build build/katrace

# user space

# reports missing tools in one line, before the first file is compiled
TOOLS := $(CC) $(CLANG) $(LLVM_STRIP) $(BPFTOOL)
HEADERS := bpf/libbpf.h gelf.h zlib.h cap-ng.h json-c/json.h cmocka.h
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

## --- tests ---

$(BUILD)/tests/test_%: $(BUILD)/asan/tests/unit/test_%.o $(BUILD)/libkatrace-asan.a
	@mkdir -p $(@D)
	$(call say,LINK  $@)
	$(Q)$(CC) $(SANITIZE) $^ $(LIBS) -lcmocka -o $@

$(call obj,plain,tests/live/reference.c): | $(REFERENCE)

$(BUILD)/tests/live: $(call obj,plain,$(filter-out tests/live/demo.c,$(LIVE_SRC))) $(BUILD)/libkatrace.a
	@mkdir -p $(@D)
	$(call say,LINK  $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIVE_LIBS) -o $@

$(BUILD)/tests/fuzz_%: $(BUILD)/fuzz/tests/fuzz/fuzz_%.o $(call obj,fuzz,$(FUZZED_SRC))
	@mkdir -p $(@D)
	$(call say,LINK  $@)
	$(Q)$(CLANG) $(SANITIZE) -fsanitize=fuzzer $^ -ljson-c -o $@

$(BUILD)/demo: $(call obj,plain,tests/live/demo.c tests/live/net.c tests/live/netlink.c tests/live/tcp.c)
	$(call say,LINK  $@)
	$(Q)$(CC) $(CFLAGS) $^ -o $@

# generated from the table of options
$(BUILD)/generate: $(call obj,plain,docs/generate.c) $(BUILD)/libkatrace.a
	$(call say,LINK  $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

$(BUILD)/katrace.bash: $(BUILD)/generate
	$(Q)$< completion > $@

$(BUILD)/bench_answers: $(call obj,plain,tests/bench/answers.c tests/bench/programs.c)
	$(call say,LINK  $@)
	$(Q)$(CC) $(CFLAGS) $^ -lbpf -lm -o $@

$(BUILD)/bench: $(call obj,plain,tests/bench/bench.c)
	$(call say,LINK  $@)
	$(Q)$(CC) $(CFLAGS) $^ -o $@

.PHONY: build-all
build-all: $(BUILD)/katrace $(BUILD)/katrace-asan $(BUILD)/katrace.bash $(BUILD)/tests/live $(BUILD)/demo $(UNIT)

.PHONY: demo
demo: deps ## watch a connection live and die, in under 20 s (root or sudo)
	$(MAKE_NOW) -s $(BUILD)/katrace $(BUILD)/demo
	@$(SUDO) $(BUILD)/demo $(BUILD)/katrace

.PHONY: check
check: deps check-deps fuzz-deps ## all tests; the live ones need root or sudo
	$(MAKE_NOW) build-all $(FUZZ:%=$(BUILD)/tests/fuzz_%)
	@rm -rf $(LINES)
	@mkdir -p $(LINES)
	$(MAKE_NOW) --output-sync=target check-unit check-golden fuzz FUZZ_S=5
	@KATRACE_LINES=$(LINES) $(MAKE) --no-print-directory check-live
	@$(MAKE) --no-print-directory check-lines

.PHONY: check-unit
check-unit: $(UNIT) $(BUILD)/katrace.bash ## the tests that need no kernel, under ASan and UBSan
	@set -e; for test in $(UNIT); do echo "== $$test"; $$test; done
	tests/layout/run.sh
	tests/completion/run.sh $(BUILD)/katrace.bash
	tests/kernels/test_cells.sh

.PHONY: check-golden
check-golden: $(BUILD)/katrace-asan check-docs ## recorded runs are shown as before
	tests/golden/run.sh $(BUILD)/katrace-asan

$(BUILD)/tests/field_tables: $(call obj,plain,tests/schema/field_tables.c) $(BUILD)/libkatrace.a
	@mkdir -p $(@D)
	$(call say,LINK  $@)
	$(Q)$(CC) $(CFLAGS) $^ $(LIBS) -o $@

.PHONY: docs-fields
docs-fields: $(BUILD)/katrace $(BUILD)/tests/field_tables
	$(BUILD)/katrace schema > docs/schema.json
	$(BUILD)/tests/field_tables < docs/events.md > $(BUILD)/events.md
	cp $(BUILD)/events.md docs/events.md

# both are generated from the table of fields in user/format/fields.c
.PHONY: check-docs
check-docs: $(BUILD)/katrace $(BUILD)/tests/field_tables
	$(BUILD)/katrace schema | diff -u docs/schema.json - || { echo "docs/schema.json: run make docs"; exit 1; }
	$(BUILD)/tests/field_tables < docs/events.md | diff -u docs/events.md - || { echo "docs/events.md: run make docs"; exit 1; }

.PHONY: check-live
check-live: $(BUILD)/tests/live $(BUILD)/katrace $(BUILD)/katrace-asan ## the tests on the running kernel
	$(SUDO) $(LIVE_ENV) $(BUILD)/tests/live $(BUILD)/katrace + $(BUILD)/katrace-asan 'life_*' 'json_*'

.PHONY: check-lines
check-lines: $(BUILD)/katrace # every JSON line the tests wrote is as the schema says; after make check only
	$(BUILD)/katrace schema | tests/schema/validate.py $(LINES)

$(BUILD)/soak: $(call obj,plain,$(wildcard tests/soak/*.c) tests/live/net.c tests/live/netlink.c tests/live/tcp.c tests/live/tool.c)
	$(call say,LINK  $@)
	$(Q)$(CC) $(CFLAGS) $^ -o $@

.PHONY: soak
soak: deps ## 20,000 connections for SOAK_S=600 s: do the counts add up?
	$(MAKE_NOW) -s $(BUILD)/katrace $(BUILD)/soak
	@$(SUDO) $(if $(SUDO),env SOAK_S=$(SOAK_S)) $(BUILD)/soak $(BUILD)/katrace

.PHONY: fuzz $(FUZZ:%=fuzz-%)
fuzz: fuzz-deps ## fuzz the writer and the reader of JSON lines, for FUZZ_S=60 s
	$(MAKE_NOW) --output-sync=target $(FUZZ:%=fuzz-%)

$(FUZZ:%=fuzz-%): fuzz-%: $(BUILD)/tests/fuzz_%
	@mkdir -p $(BUILD)/corpus/$*
	@echo "== fuzz_$* for $(FUZZ_S) s"
	@log=$(BUILD)/corpus/$*.log; \
	$< -max_total_time=$(FUZZ_S) -timeout=10 -max_len=16384 -len_control=0 -print_final_stats=1 -dict=tests/fuzz/json.dict \
		-artifact_prefix=$(BUILD)/corpus/ $(BUILD)/corpus/$* tests/fuzz/corpus/$* > $$log 2>&1 || { tail -50 $$log; exit 1; }; \
	grep stat::number_of_executed_units $$log

.PHONY: bench
bench: deps bench-deps ## compare with ss on 200,000 sockets; takes minutes and GB of memory
	$(MAKE_NOW) $(BUILD)/katrace $(BUILD)/bench $(BUILD)/bench_answers
	$(SUDO) $(BUILD)/bench $(BUILD)/katrace
	$(SUDO) $(BUILD)/bench_answers $(BUILD)/katrace

.PHONY: check-kernels
check-kernels: static kernels-deps ## the live tests on many kernels in virtual machines
	tests/kernels/run.sh $(BUILD)/static $(CACHE)

.PHONY: check-toolchains
check-toolchains: toolchains-deps ## the unit tests, all built in a root of SUITES='trixie sid'
	$(Q)for suite in $(SUITES); do $(SUDO) tests/toolchains/run.sh $$suite $(CACHE) || exit 1; done

# a separate build: the compiler does not warn about objects that are already built
.PHONY: lint
lint: deps lint-deps ## warnings, formatting and static analysis
	$(MAKE_NOW) -s BUILD=$(BUILD)/lint WERROR=1 lint-here

.PHONY: lint-here
lint-here: build-all
	clang-format --dry-run -Werror $(shell git ls-files '*.c' '*.h')
	printf '%s\n' $(SRC) user/main.c | xargs -P $(shell nproc) -I {} clang-tidy --quiet {} -- \
		$(filter-out -MMD -MP -I$(BUILD),$(KATRACE_CFLAGS)) -isystem $(BUILD)
	cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability --inline-suppr \
		'-DLIBBPF_OPTS(...)=' \
		'-Dbpf_object__for_each_program(prog,obj)=while ((prog = bpf_object__next_program(obj, prog)))' \
		-Iuser -Iinclude user
	shellcheck $(shell git ls-files '*.sh' .ci/run)

## --- other machines ---

.PHONY: static
static: deps static-deps ## katrace for hosts with nothing installed, in build/static
	@tests/kernels/sysroot.sh $(CACHE) > /dev/null
	$(MAKE_NOW) BUILD=$(BUILD)/static/amd64 STATIC=1 static-here
	$(MAKE_NOW) BUILD=$(BUILD)/static/arm64 STATIC=1 CC=aarch64-linux-gnu-gcc SYSROOT=$(CACHE)/sysroot-arm64 static-here
	@cd $(BUILD)/static && du -h --apparent-size */katrace

# katrace, and what the tests in a virtual machine need
.PHONY: static-here
static-here: $(BUILD)/katrace $(BUILD)/tests/live
	@mkdir -p $(BUILD)/lib
	@cp $(BUILD)/tests/live $(BUILD)/live
	@for lib in libc.so.6 ld-linux-x86-64.so.2 ld-linux-aarch64.so.1; do \
		file=$$($(CC) $(if $(SYSROOT),-B$(SYSROOT)/usr/lib/$(TRIPLET)) -print-file-name=$$lib); \
		[ "$$file" = $$lib ] || cp -L $$file $(BUILD)/lib/; \
	done

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

OTHER_DEPS := check-deps lint-deps fuzz-deps static-deps kernels-deps bench-deps toolchains-deps
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

# a part of the manual, between its two marks
between_marks = $(Q)$(BUILD)/generate $(1) > $(BUILD)/$(1).8 && \
	sed -i -e '/^\.\\" $(1): begin/,/^\.\\" $(1): end/{//!d}' -e '/^\.\\" $(1): begin/r $(BUILD)/$(1).8' docs/katrace.8

.PHONY: docs
docs: $(BUILD)/generate docs-fields ## regenerate the parts of docs/ about options and fields
	$(call between_marks,synopsis)
	$(call between_marks,options)

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BUILD)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^## --- / { gsub("## --- | ---", ""); sub(/:.*/, ""); group = $$0 } \
		/^[a-z-]+:.*## / { if (group) print group; group = ""; printf "  make %-16s  %s\n", $$1, $$2 }' Makefile

.SECONDARY:
.DELETE_ON_ERROR:
-include $(shell find $(BUILD) -name '*.d' 2> /dev/null)

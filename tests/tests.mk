# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# The tests of `make check` and `make lint`. What else tests/ has is in a makefile of its folder.

CHECK_DEPS := python3-jsonschema
LINT_DEPS := clang-format clang-tidy cppcheck shellcheck mandoc
OTHER_DEPS += check-deps lint-deps

UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
LIVE_SRC := $(filter-out %.bpf.c,$(wildcard tests/live/*.c))
# where tests store the JSON lines of katrace; they are validated at the end
LINES := $(abspath $(BUILD))/lines
LIVE_ENV := $(if $(SUDO),env KATRACE_LINES=$$KATRACE_LINES)
REFERENCE := $(foreach r,direct probed,$(BUILD)/reference.$(r).skel.h)

## --- tests ---

$(BUILD)/tests/test_%: $(BUILD)/asan/tests/unit/test_%.o $(BUILD)/libkatrace-asan.a
	@mkdir -p $(@D)
	$(call say,LINK  $@)
	$(Q)$(CC) $(SANITIZE) $^ $(LIBS) -lcmocka -o $@

$(call obj,plain,tests/live/reference.c): | $(REFERENCE)
$(call obj,plain,tests/live/witness.c): | $(BUILD)/witness.direct.skel.h

$(BUILD)/tests/live: $(call obj,plain,$(filter-out tests/live/demo.c,$(LIVE_SRC))) $(BUILD)/libkatrace.a
	@mkdir -p $(@D)
	$(call say,LINK  $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(KATRACE_LDFLAGS) $^ $(LIBS) -o $@

$(BUILD)/demo: $(call obj,plain,tests/live/demo.c tests/live/net.c tests/live/netlink.c tests/live/tcp.c)
	$(call say,LINK  $@)
	$(Q)$(CC) $(CFLAGS) $^ -o $@

.PHONY: build-all
build-all: $(BUILD)/katrace $(BUILD)/katrace-asan $(BUILD)/katrace.bash $(BUILD)/tests/live $(BUILD)/tests/runner \
	$(BUILD)/demo $(UNIT)

.PHONY: demo
demo: deps ## show a connection live and die (20 s, root or sudo)
	$(MAKE_NOW) -s $(BUILD)/katrace $(BUILD)/demo
	@$(SUDO) $(BUILD)/demo $(BUILD)/katrace

.PHONY: check
check: export KATRACE_LINES := $(LINES)
check: deps check-deps fuzz-deps ## all tests; some need root or sudo
	$(MAKE_NOW) build-all $(FUZZ:%=$(BUILD)/tests/fuzz_%)
	@rm -rf $(LINES)
	@mkdir -p $(LINES)
	$(MAKE_NOW) --output-sync=target check-unit check-golden fuzz FUZZ_S=5
	@$(MAKE) --no-print-directory check-live
	@$(MAKE) --no-print-directory check-lines

.PHONY: check-unit
check-unit: $(UNIT) $(BUILD)/tests/runner $(BUILD)/katrace.bash ## the tests that need no root, under ASan and UBSan
	@set -e; for test in $(UNIT); do echo "== $$test"; $$test; done
	tests/layout/run.sh
	tests/runner/run.sh $(BUILD)/tests/runner
	tests/completion/run.sh $(BUILD)/katrace.bash
	tests/kernels/test_cells.sh

.PHONY: check-golden
check-golden: $(BUILD)/katrace-asan check-docs ## replays of recorded runs look as before
	tests/golden/run.sh $(BUILD)/katrace-asan

.PHONY: check-live
check-live: $(BUILD)/tests/live $(BUILD)/katrace $(BUILD)/katrace-asan ## the tests on the running kernel
	$(SUDO) $(LIVE_ENV) $(BUILD)/tests/live $(BUILD)/katrace + $(BUILD)/katrace-asan 'life_*' 'json_*'

.PHONY: check-lines
check-lines: $(BUILD)/katrace # every JSON line the tests wrote is as the schema says; after make check only
	$(BUILD)/katrace schema | tests/schema/validate.py $(LINES)

# a separate build: the compiler does not warn about objects that are already built
.PHONY: lint
lint: deps lint-deps ## compiler warnings, formatting and static analysis
	$(MAKE_NOW) -s BUILD=$(BUILD)/lint WERROR=1 lint-here

.PHONY: lint-here
lint-here: build-all
	clang-format --dry-run -Werror $(shell git ls-files '*.c' '*.h')
	@echo clang-tidy
	@status=0; printf '%s\n' $(SRC) user/main.c | xargs -P $(shell nproc) -I {} clang-tidy --quiet {} -- \
		$(filter-out -MMD -MP -I$(BUILD),$(KATRACE_CFLAGS)) -isystem $(BUILD) 2> $(BUILD)/clang-tidy.err || status=$$?; \
		grep -vE '^[0-9]+ warnings? generated\.$$' $(BUILD)/clang-tidy.err >&2; exit $$status
	cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability --inline-suppr \
		'-DLIBBPF_OPTS(...)=' \
		'-Dbpf_object__for_each_program(prog,obj)=while ((prog = bpf_object__next_program(obj, prog)))' \
		-Iuser -Iinclude user
	shellcheck $(shell git ls-files '*.sh' .ci/run)
	mandoc -T lint docs/katrace.8

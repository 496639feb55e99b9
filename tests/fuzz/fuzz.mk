# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause

# evaluated late: clang may have to be installed first
FUZZ_DEPS = libclang-rt-$(addsuffix -,$(firstword $(subst ., ,$(shell $(CLANG) -dumpversion 2> /dev/null))))dev
OTHER_DEPS += fuzz-deps

# code that processes foreign input; needs no kernel and no terminal
FUZZED_SRC := $(wildcard user/model/*.c user/format/*.c) user/cli/parse.c user/system/lines.c
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_S ?= 60

$(BUILD)/tests/fuzz_%: $(BUILD)/fuzz/tests/fuzz/fuzz_%.o $(call obj,fuzz,$(FUZZED_SRC))
	@mkdir -p $(@D)
	$(call say,LINK  $@)
	$(Q)$(CLANG) $(SANITIZE) -fsanitize=fuzzer $^ -ljson-c -o $@

.PHONY: fuzz $(FUZZ:%=fuzz-%)
fuzz: fuzz-deps ## fuzz the writer and reader of JSON lines, FUZZ_S=60
	$(MAKE_NOW) --output-sync=target $(FUZZ:%=fuzz-%)

$(FUZZ:%=fuzz-%): fuzz-%: $(BUILD)/tests/fuzz_%
	@mkdir -p $(BUILD)/corpus/$*
	@echo "== fuzz_$* for $(FUZZ_S) s"
	@log=$(BUILD)/corpus/$*.log; \
	$< -max_total_time=$(FUZZ_S) -timeout=10 -max_len=16384 -len_control=0 -print_final_stats=1 -dict=tests/fuzz/json.dict \
		-artifact_prefix=$(BUILD)/corpus/ $(BUILD)/corpus/$* tests/fuzz/corpus/$* > $$log 2>&1 || { tail -50 $$log; exit 1; }; \
	grep stat::number_of_executed_units $$log

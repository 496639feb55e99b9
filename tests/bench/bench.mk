# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause

BENCH_DEPS := iproute2
OTHER_DEPS += bench-deps

$(BUILD)/bench_answers: $(call obj,plain,tests/bench/answers.c tests/bench/programs.c)
	$(call say,LINK  $@)
	$(Q)$(CC) $(CFLAGS) $^ -lbpf -lm -o $@

$(BUILD)/bench: $(call obj,plain,tests/bench/bench.c)
	$(call say,LINK  $@)
	$(Q)$(CC) $(CFLAGS) $^ -o $@

.PHONY: bench
bench: deps bench-deps ## compare with ss on 200,000 sockets; takes minutes
	$(MAKE_NOW) $(BUILD)/katrace $(BUILD)/bench $(BUILD)/bench_answers
	$(SUDO) $(BUILD)/bench $(BUILD)/katrace
	$(SUDO) $(BUILD)/bench_answers $(BUILD)/katrace

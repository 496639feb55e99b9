// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * live [KATRACE [PATTERN]]: runs the live tests with that katrace, all of them or those that match; with KATRACE_MODE
 * set, only those that depend on the mode.
 */
#include "live.h"

#include "tool.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void needs_root(const char *test)
{
	if (geteuid() == 0)
		return;
	fprintf(stderr, "SKIPPED: %s needs root\n", test);
	skip();
}

const char *local_port(unsigned int port)
{
	static char text[2][16];
	static int which;

	which = !which;
	snprintf(text[which], sizeof(text[which]), ":%u  ", port);
	return text[which];
}

#define N_TESTS(tests) (sizeof(tests) / sizeof((tests)[0]))

int main(int argc, char **argv)
{
	/* What depends on how katrace listens is tested in each mode of a kernel; the rest need not be repeated. */
	const struct CMUnitTest in_each_mode[] = {
		cmocka_unit_test_teardown(cli_bad_input, tool_clean_up),
		cmocka_unit_test_teardown(cli_missing_privileges, tool_clean_up),
		cmocka_unit_test_teardown(cli_two_capabilities, tool_clean_up),
		cmocka_unit_test_teardown(cli_no_btf, tool_clean_up),
		cmocka_unit_test_teardown(cli_btf_file, tool_clean_up),
		cmocka_unit_test_teardown(cli_duration_and_count, tool_clean_up),
		cmocka_unit_test_teardown(cli_broken_pipe, tool_clean_up),
		cmocka_unit_test_teardown(cli_second_interrupt, tool_clean_up),
		cmocka_unit_test_teardown(cli_verbose, tool_clean_up),
		cmocka_unit_test_teardown(life_answered, tool_clean_up),
		cmocka_unit_test_teardown(life_blackholed, tool_clean_up),
		cmocka_unit_test_teardown(life_rebooted_peer, tool_clean_up),
		cmocka_unit_test_teardown(life_ipv6, tool_clean_up),
		cmocka_unit_test_teardown(life_v4_mapped, tool_clean_up),
		cmocka_unit_test_teardown(life_interleaved, tool_clean_up),
		cmocka_unit_test_teardown(life_older_than_katrace, tool_clean_up),
		cmocka_unit_test_teardown(life_user_timeout, tool_clean_up),
		cmocka_unit_test_teardown(life_dropped_probes, tool_clean_up),
		cmocka_unit_test_teardown(life_refused_but_counted, tool_clean_up),
		cmocka_unit_test_teardown(life_suppressed, tool_clean_up),
		cmocka_unit_test_teardown(life_retransmission_timeout, tool_clean_up),
		cmocka_unit_test_teardown(life_short_ones_are_silent, tool_clean_up),
		cmocka_unit_test_teardown(life_answers_not_looked_for, tool_clean_up),
		cmocka_unit_test_teardown(life_first_probe_too_late, tool_clean_up),
		cmocka_unit_test_teardown(all_switched_on_and_off, tool_clean_up),
		cmocka_unit_test_teardown(all_ipv6, tool_clean_up),
		cmocka_unit_test_teardown(all_v4_mapped, tool_clean_up),
		cmocka_unit_test_teardown(all_flickering, tool_clean_up),
		cmocka_unit_test_teardown(all_firings_are_no_switching, tool_clean_up),
		cmocka_unit_test_teardown(all_off_when_overdue, tool_clean_up),
		cmocka_unit_test_teardown(all_short_ones, tool_clean_up),
		cmocka_unit_test_teardown(all_accepted, tool_clean_up),
		cmocka_unit_test_teardown(all_connecting, tool_clean_up),
		cmocka_unit_test_teardown(all_end_once, tool_clean_up),
		cmocka_unit_test_teardown(all_orphan, tool_clean_up),
		cmocka_unit_test_teardown(verdict_silent_peer, tool_clean_up),
		cmocka_unit_test_teardown(verdict_suppressed, tool_clean_up),
		cmocka_unit_test_teardown(verdict_closed_window, tool_clean_up),
		cmocka_unit_test_teardown(verdict_third_probe, tool_clean_up),
		cmocka_unit_test_teardown(verdict_connecting, tool_clean_up),
		cmocka_unit_test_teardown(verdict_router, tool_clean_up),
		cmocka_unit_test_teardown(verdict_firewall, tool_clean_up),
		cmocka_unit_test_teardown(verdict_full_queue, tool_clean_up),
		cmocka_unit_test_teardown(verdict_closed, tool_clean_up),
		cmocka_unit_test_teardown(verdict_destroyed, tool_clean_up),
		cmocka_unit_test_teardown(verdict_orphan, tool_clean_up),
		cmocka_unit_test_teardown(verdict_orphan_of_all, tool_clean_up),
		cmocka_unit_test_teardown(verdict_half_closed, tool_clean_up),
		cmocka_unit_test_teardown(verdict_not_an_answer, tool_clean_up),
		cmocka_unit_test_teardown(verdict_not_keepalive, tool_clean_up),
		cmocka_unit_test_teardown(verdict_settings, tool_clean_up),
		cmocka_unit_test_teardown(owner_is_not_current, tool_clean_up),
		cmocka_unit_test_teardown(owner_renamed, tool_clean_up),
		cmocka_unit_test_teardown(owner_shared_after_fork, tool_clean_up),
		cmocka_unit_test_teardown(owner_passed_on, tool_clean_up),
		cmocka_unit_test_teardown(owner_of_an_orphan, tool_clean_up),
		cmocka_unit_test_teardown(owner_accepted, tool_clean_up),
		cmocka_unit_test_teardown(owner_handed_over, tool_clean_up),
		cmocka_unit_test_teardown(owner_is_the_process_of_a_thread, tool_clean_up),
		cmocka_unit_test_teardown(owner_after_exec, tool_clean_up),
		cmocka_unit_test_teardown(owner_of_many_sockets, tool_clean_up),
		cmocka_unit_test_teardown(owner_of_many_processes, tool_clean_up),
		cmocka_unit_test_teardown(owner_after_churn, tool_clean_up),
		cmocka_unit_test_teardown(owner_outside_the_pid_namespace, tool_clean_up),
		cmocka_unit_test_teardown(filter_pid, tool_clean_up),
		cmocka_unit_test_teardown(filter_pid_in_the_kernel, tool_clean_up),
		cmocka_unit_test_teardown(filter_pid_is_reused, tool_clean_up),
		cmocka_unit_test_teardown(filter_pid_has_ended, tool_clean_up),
		cmocka_unit_test_teardown(filter_children, tool_clean_up),
		cmocka_unit_test_teardown(filter_cgroup, filter_cgroup_clean_up),
		cmocka_unit_test_teardown(filter_many_kinds, tool_clean_up),
		cmocka_unit_test_teardown(filter_failures, tool_clean_up),
		cmocka_unit_test_teardown(story_is_the_same_in_every_mode, tool_clean_up),
		cmocka_unit_test_teardown(exact_attempts, tool_clean_up),
		cmocka_unit_test_teardown(exact_loss_is_reported, tool_clean_up),
	};
	const struct CMUnitTest once[] = {
		cmocka_unit_test_teardown(json_life, tool_clean_up),
		cmocka_unit_test_teardown(json_partial, tool_clean_up),
		cmocka_unit_test_teardown(json_rotation, tool_clean_up),
		cmocka_unit_test_teardown(json_reader_stops, tool_clean_up),
		cmocka_unit_test_teardown(json_full_disk, tool_clean_up),
		cmocka_unit_test_teardown(json_broken_pipe, tool_clean_up),
		cmocka_unit_test_teardown(json_recorded_beside_text, tool_clean_up),
		cmocka_unit_test_teardown(json_user, tool_clean_up),
		cmocka_unit_test_teardown(json_clock_step, tool_clean_up),
		cmocka_unit_test_teardown(json_schema, tool_clean_up),
		cmocka_unit_test_teardown(replay_life, tool_clean_up),
		cmocka_unit_test_teardown(list_agrees_with_the_socket, tool_clean_up),
		cmocka_unit_test_teardown(list_agrees_with_ss, tool_clean_up),
		cmocka_unit_test_teardown(list_counts_probes, tool_clean_up),
		cmocka_unit_test_teardown(list_listeners, tool_clean_up),
		cmocka_unit_test_teardown(list_sockets_nobody_holds, tool_clean_up),
		cmocka_unit_test_teardown(list_chooses, tool_clean_up),
		cmocka_unit_test_teardown(list_as_json, tool_clean_up),
		cmocka_unit_test_teardown(list_sums_up, tool_clean_up),
		cmocka_unit_test_teardown(list_under_churn, tool_clean_up),
		cmocka_unit_test_teardown(list_with_two_capabilities, tool_clean_up),
		cmocka_unit_test_teardown(list_watches, tool_clean_up),
		cmocka_unit_test_teardown(list_watches_on_a_terminal, tool_clean_up),
		cmocka_unit_test_teardown(list_help_fits, tool_clean_up),
		cmocka_unit_test_teardown(list_bad_input, tool_clean_up),
		cmocka_unit_test_teardown(doctor_examines, tool_clean_up),
		cmocka_unit_test_teardown(doctor_without_privileges, tool_clean_up),
	};
	struct CMUnitTest live[N_TESTS(in_each_mode) + N_TESTS(once)];
	size_t n = N_TESTS(live);

	if (argc == 2 && strcmp(argv[1], "--pause") == 0) /* what a test's process becomes by exec */
		for (;;)
			pause();
	signal(SIGPIPE, SIG_IGN);
	if (argc > 1)
		tool_path = argv[1];
	if (argc > 2)
		cmocka_set_test_filter(argv[2]);
	memcpy(live, in_each_mode, sizeof(in_each_mode));
	memcpy(live + N_TESTS(in_each_mode), once, sizeof(once));
	if (getenv("KATRACE_MODE"))
		n = N_TESTS(in_each_mode);
	return _cmocka_run_group_tests("live", live, n, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The live tests: declared here, defined in test_*.c, listed in main.c. */
#ifndef KATRACE_TEST_LIVE_H
#define KATRACE_TEST_LIVE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* First line of a test that traces: without root it is skipped, and says so. */
void needs_root(const char *test);
#define NEEDS_ROOT() needs_root(__func__)

/* ":40312  " finds the events of the connection with that local port. Valid until the next call but one. */
const char *local_port(unsigned int port);

void life_answered(void **state);
void life_blackholed(void **state);
void life_rebooted_peer(void **state);
void life_ipv6(void **state);
void life_v4_mapped(void **state);
void life_interleaved(void **state);
void life_older_than_katrace(void **state);
void life_user_timeout(void **state);
void life_dropped_probes(void **state);
void life_refused_but_counted(void **state);
void life_suppressed(void **state);
void life_retransmission_timeout(void **state);
void life_short_ones_are_silent(void **state);
void life_answers_not_looked_for(void **state);
void life_first_probe_too_late(void **state);

void all_switched_on_and_off(void **state);
void all_ipv6(void **state);
void all_v4_mapped(void **state);
void all_flickering(void **state);
void all_firings_are_no_switching(void **state);
void all_off_when_overdue(void **state);
void all_short_ones(void **state);
void all_accepted(void **state);
void all_connecting(void **state);
void all_end_once(void **state);
void all_orphan(void **state);

void verdict_silent_peer(void **state);
void verdict_suppressed(void **state);
void verdict_closed_window(void **state);
void verdict_third_probe(void **state);
void verdict_connecting(void **state);
void verdict_router(void **state);
void verdict_firewall(void **state);
void verdict_full_queue(void **state);
void verdict_closed(void **state);
void verdict_destroyed(void **state);
void verdict_orphan(void **state);
void verdict_orphan_of_all(void **state);
void verdict_half_closed(void **state);
void verdict_not_an_answer(void **state);
void verdict_not_keepalive(void **state);
void verdict_settings(void **state);

void owner_is_not_current(void **state);
void owner_renamed(void **state);
void owner_shared_after_fork(void **state);
void owner_passed_on(void **state);
void owner_of_an_orphan(void **state);
void owner_accepted(void **state);
void owner_handed_over(void **state);
void owner_is_the_process_of_a_thread(void **state);
void owner_after_exec(void **state);
void owner_of_many_sockets(void **state);
void owner_of_many_processes(void **state);
void owner_after_churn(void **state);
void owner_outside_the_pid_namespace(void **state);

void filter_pid(void **state);
void filter_pid_in_the_kernel(void **state);
void filter_pid_is_reused(void **state);
void filter_pid_has_ended(void **state);
void filter_children(void **state);
void filter_cgroup(void **state);
int filter_cgroup_clean_up(void **state);
void filter_many_kinds(void **state);
void filter_failures(void **state);

void exact_attempts(void **state);
void exact_loss_is_reported(void **state);

void story_is_the_same_in_every_mode(void **state);

void list_agrees_with_the_socket(void **state);
void list_agrees_with_ss(void **state);
void list_counts_probes(void **state);
void list_listeners(void **state);
void list_sockets_nobody_holds(void **state);
void list_chooses(void **state);
void list_as_json(void **state);
void list_sums_up(void **state);
void list_under_churn(void **state);
void list_with_two_capabilities(void **state);
void list_watches(void **state);
void list_watches_on_a_terminal(void **state);
void list_help_fits(void **state);
void list_bad_input(void **state);

void doctor_examines(void **state);
void doctor_without_privileges(void **state);

void json_life(void **state);
void json_partial(void **state);
void json_rotation(void **state);
void json_reader_stops(void **state);
void json_full_disk(void **state);
void json_broken_pipe(void **state);
void json_recorded_beside_text(void **state);
void json_user(void **state);
void json_clock_step(void **state);
void json_schema(void **state);

void replay_life(void **state);

void cli_bad_input(void **state);
void cli_missing_privileges(void **state);
void cli_two_capabilities(void **state);
void cli_no_btf(void **state);
void cli_btf_file(void **state);
void cli_duration_and_count(void **state);
void cli_broken_pipe(void **state);
void cli_second_interrupt(void **state);
void cli_verbose(void **state);

#endif

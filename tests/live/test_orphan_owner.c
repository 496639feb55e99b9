// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* No process holds an orphan any more: its owner is the one that closed it, also for filters. */
#include "live.h"

#include "holder.h"
#include "maps.h"

#include <stdio.h>
#include <unistd.h>

/* Keepalive does not act. */
static int open_patient(const struct net *net, unsigned int *port)
{
	const struct keepalive patient = { 7200, 75, 9, 0 };
	const struct tcp tcp = tcp_connect(net, TCP_IPV4);

	tcp_keepalive(tcp.client, &patient);
	*port = tcp.client_port;
	return tcp.client;
}

static void close_connection(int fd)
{
	close(fd);
}

/* Two processes with a connection each, which katrace finds at its start; then both close them, and the peer is gone.
 */
static void orphans_of(const char *option, const char *value, bool both)
{
	const char *const args[] = { option, value, NULL };
	struct net *net = net_new();
	struct holder wanted = holder_new(net, "wanted", open_patient, close_connection);
	struct holder other = holder_new(net, "other", open_patient, close_connection);
	char pid[16];
	struct scene scene;

	net_remember(net);
	net_sysctl(net, HOST_A, "ipv4/tcp_orphan_retries", "2");
	holder_open(&wanted);
	holder_open(&other);
	snprintf(pid, sizeof(pid), "%d", wanted.pid);
	scene = scene_trace(net, value ? args : (const char *const[]){ option, option ? pid : NULL, NULL });
	net_deaf(net, HOST_B, true);
	holder_act(&other);
	holder_act(&wanted);
	assert_true(tool_wait_lines(scene.tool, 1, local_port(wanted.port), "ended: close timeout", 30));
	if (both)
		assert_true(tool_wait_lines(scene.tool, 1, local_port(other.port), "ended: close timeout", 30));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_always_named(scene.tool, &wanted, "wanted");
	if (both)
		assert_always_named(scene.tool, &other, "other");
	else
		assert_int_equal(tool_lines(scene.tool, local_port(other.port), ""), 0);
	holder_stop(&wanted);
	holder_stop(&other);
	scene_end(&scene);
}

LIVE_TEST(orphan_has_its_owner)
{
	orphans_of(NULL, NULL, true);
}

LIVE_TEST(orphan_of_a_pid)
{
	orphans_of("-p", NULL, false);
}

LIVE_TEST(orphan_of_a_comm)
{
	orphans_of("-c", "wanted", false);
}

/* One that does not match is skipped: its firings, one a second here, are no records. */
LIVE_TEST(orphan_that_does_not_match, .exclusive = true)
{
	static const char *const args[] = { "-c", "wanted", NULL };
	struct net *net = net_new();
	struct holder wanted = holder_new(net, "wanted", open_patient, close_connection);
	struct holder other = holder_new(net, "other", open_connection, close_connection);
	struct scene scene;
	uint64_t records;

	net_remember(net);
	net_sysctl(net, HOST_A, "ipv4/tcp_orphan_retries", "5"); /* some 13 s */
	holder_open(&wanted);
	holder_open(&other);
	scene = scene_trace(net, args);
	net_deaf(net, HOST_B, true);
	holder_act(&other);
	holder_act(&wanted);
	assert_true(tool_wait_lines(scene.tool, 1, local_port(wanted.port), "ended: close timeout", 60));
	records = map_records(tool_pid(scene.tool), KATRACE_SUPPRESSED);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(tool_lines(scene.tool, local_port(other.port), ""), 0);
	/* The first firing after its close. Connections of others, on a busy machine, seldom have any. */
	assert_in_range(records, 1, 3);
	holder_stop(&wanted);
	holder_stop(&other);
	scene_end(&scene);
}

/* With filters by owner, and probed before: it was a connection of the story. */
LIVE_TEST(orphan_of_a_story)
{
	struct net *net = net_new();
	struct holder holder = holder_new(net, "closer", open_connection, close_connection);
	struct scene scene = trace_holders(net, &holder, 1);

	net_remember(net);
	net_sysctl(net, HOST_A, "ipv4/tcp_orphan_retries", "3");
	holder_open(&holder);
	wait_named(scene.tool, &holder, "closer");
	net_deaf(net, HOST_B, true);
	holder_act(&holder);
	assert_true(tool_wait_lines(scene.tool, 1, local_port(holder.port), "(an orphan)", 20));
	assert_true(tool_wait_lines(scene.tool, 1, local_port(holder.port), "ended: close timeout", 40));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_always_named(scene.tool, &holder, "closer");
	holder_stop(&holder);
	scene_end(&scene);
}

// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Which connections are shown. */
#include "live.h"

#include "holder.h"
#include "must.h"

#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

LIVE_TEST(filter_pid)
{
	struct net *net = net_new();
	struct holder wanted = holder_start(net, "wanted", NULL), other = holder_start(net, "other", NULL);
	struct scene scene = trace_holders(net, &wanted, 1);
	struct holder newcomer = holder_start(net, "newcomer", NULL);

	assert_true(tool_wait_lines(scene.tool, 3, local_port(wanted.port), "answered in", 10));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(tool_lines(scene.tool, local_port(other.port), ""), 0);
	assert_int_equal(tool_lines(scene.tool, local_port(newcomer.port), ""), 0);
	assert_always_named(scene.tool, &wanted, "wanted");
	holder_stop(&wanted);
	holder_stop(&other);
	holder_stop(&newcomer);
	scene_end(&scene);
}

/* The sums on stderr that katrace --stats 1 prints: for how many seconds in a row no more than `few` probes came. */
struct calm {
	unsigned long few, probes; /* the last: of the last sum */
	int seconds, longest;
};

static struct calm find_calm(const struct tool *tool, unsigned long few)
{
	static const char before[] = "before filters: ";
	struct calm calm = { .few = few };
	const char *sum = tool_stderr(tool);

	while ((sum = strstr(sum, before))) {
		unsigned long probes;

		sum += strlen(before);
		probes = strtoul(sum, NULL, 10);
		calm.seconds = probes - calm.probes <= few ? calm.seconds + 1 : 0;
		calm.longest = calm.seconds > calm.longest ? calm.seconds : calm.longest;
		calm.probes = probes;
	}
	return calm;
}

/*
 * Connections that do not match are checked every 5 s; in between the kernel side skips them: all of them on this host
 * at the same time, those of other tests and programs too, as all are probed as often. Then its sums, which are the
 * host's, grow by the holder's probes alone.
 */
LIVE_TEST(filter_pid_in_the_kernel, .exclusive = true)
{
	enum { OTHERS = 50, ANSWERS = 10 };
	const struct keepalive quick = { 1, 1, 3, 0 };
	int clients[OTHERS], servers[OTHERS];
	char pid[16];
	const char *const args[] = { "-p", pid, "--stats", "1", NULL };
	struct net *net = net_new();
	struct holder holder = holder_start(net, "holder", NULL);
	struct scene scene;
	struct calm calm;
	uint64_t before;

	tcp_connect_many(net, clients, servers, OTHERS);
	snprintf(pid, sizeof(pid), "%d", holder.pid);
	scene = scene_trace(net, args);
	before = net_keepalives(scene.net, HOST_A);
	tcp_probe_all(scene.net, clients, OTHERS, &quick, OTHERS);
	assert_true(tool_wait_lines(scene.tool, ANSWERS, local_port(holder.port), "answered in", 30));
	assert_in_range(net_keepalives(scene.net, HOST_A) - before, (OTHERS + 1) * (ANSWERS - 2), UINT32_MAX);
	assert_int_equal(tool_stop(scene.tool), 0);
	calm = find_calm(scene.tool, 2);
	assert_in_range(calm.longest, 3, 5);
	assert_true(calm.probes >= 2 * OTHERS + ANSWERS); /* checked twice */
	tcp_abort_many(clients, OTHERS);
	tcp_abort_many(servers, OTHERS);
	holder_stop(&holder);
	scene_end(&scene);
}

/* The process of --pid exits, and another one gets its id and a connection: that one does not match. */
LIVE_TEST(filter_pid_is_reused, .limit_s = 3 * OWNER_WAIT_S)
{
	const char *const all[] = { NULL };
	struct net *net = net_new();
	struct holder wanted[2] = { holder_start(net, "first", NULL), holder_start(net, "second", NULL) }, impostor;
	struct scene scene = trace_holders(net, wanted, 2), everybody = scene_trace(net, all);
	const char *second;

	wait_named(scene.tool, &wanted[0], "first");
	holder_stop(&wanted[0]);
	impostor = holder_new_as(wanted[0].pid, net, "impostor", open_connection, NULL);
	holder_open(&impostor);
	assert_int_equal(impostor.pid, wanted[0].pid);
	assert_true(tool_wait_lines(everybody.tool, 3, local_port(impostor.port), "  impostor  ", OWNER_WAIT_S));
	second = local_port(wanted[1].port);
	assert_true(tool_wait_lines(scene.tool, tool_lines(scene.tool, second, "") + 2, second, "", 30));
	assert_int_equal(tool_lines(scene.tool, local_port(impostor.port), ""), 0);
	assert_never_misnamed(everybody.tool, &impostor, "impostor");
	holder_stop(&impostor);
	holder_stop(&wanted[1]);
	tool_free(everybody.tool);
	scene_end(&scene);
}

/* Not an error, but reported; and katrace stops after the last one. */
LIVE_TEST(filter_pid_has_ended)
{
	struct net *net = net_new();
	struct holder first = holder_start(net, "first", NULL), second = holder_start(net, "second", NULL);
	const struct holder both[2] = { first, second };
	struct scene scene = trace_holders(net, both, 2);
	const char *port;
	char said[128];

	wait_named(scene.tool, &first, "first");
	holder_stop(&first);
	snprintf(said, sizeof(said), "katrace: process %d has exited; still tracing 1 of the processes of --pid",
		 first.pid);
	assert_true(tool_wait_said(scene.tool, said, 20));
	port = local_port(second.port);
	assert_true(
		tool_wait_lines(scene.tool, tool_lines(scene.tool, port, "answered in") + 2, port, "answered in", 20));
	holder_stop(&second);
	assert_int_equal(tool_wait(scene.tool, 20), 0);
	snprintf(said, sizeof(said), "katrace: process %d has exited, the last of the processes of --pid", second.pid);
	assert_non_null(strstr(tool_stderr(scene.tool), said));
	scene_end(&scene);
}

/* Forks a child that forks another, with a connection each: "early/1" is the child of "early", "early/2" its child. */
static const struct net *net_of_children;

static void open_as_child(int generation)
{
	char parent[16], name[32];
	unsigned int port;

	live_end_with_parent();
	prctl(PR_GET_NAME, parent);
	snprintf(name, sizeof(name), "%.*s/%d", (int)strcspn(parent, "/"), parent, generation);
	prctl(PR_SET_NAME, name);
	open_connection(net_of_children, &port);
}

static void have_children(int fd)
{
	close(fd);
	if (fork() != 0)
		return;
	open_as_child(1);
	if (fork() != 0)
		return;
	open_as_child(2);
}

/* With children there already, and with those that come later; not with anybody else's. */
LIVE_TEST(filter_children, .limit_s = 3 * OWNER_WAIT_S)
{
	char pids[32];
	const char *const args[] = { "-p", pids, "--children", NULL };
	struct net *net = net_new();
	struct holder early, late, stranger;
	struct scene scene;

	net_of_children = net; /* before the holders are forked */
	early = holder_start(net, "early", have_children);
	late = holder_start(net, "late", have_children);
	stranger = holder_start(net, "stranger", NULL);
	holder_act(&early);
	snprintf(pids, sizeof(pids), "%d,%d", early.pid, late.pid);
	scene = scene_trace(net, args);
	assert_true(tool_wait_lines(scene.tool, 2, "  early/1  ", "answered in", 30));
	assert_true(tool_wait_lines(scene.tool, 2, "  early/2  ", "answered in", 30));
	assert_true(tool_wait_lines(scene.tool, 1, "  late  ", "answered in", 30));
	holder_act(&late);
	assert_true(tool_wait_lines(scene.tool, 1, "  late/1  ", "answered in", OWNER_WAIT_S));
	assert_true(tool_wait_lines(scene.tool, 1, "  late/2  ", "answered in", OWNER_WAIT_S));
	/* they exit with their children: then no process is left */
	holder_stop(&late);
	holder_stop(&early);
	assert_int_equal(tool_wait(scene.tool, 20), 0);
	assert_int_equal(tool_lines(scene.tool, "stranger", ""), 0);
	assert_non_null(strstr(tool_stderr(scene.tool), "has exited"));
	holder_stop(&stranger);
	scene_end(&scene);
}

/* --- cgroups --- */

#define CONTAINER "3f1c0d2a9b8e7f60514233425160708f9e8d7c6b5a493827160504f3e2d1c0ba"

/* Two cgroups of the test's own, one in the other, and who is in the inner one. Removed after the test. */
static struct {
	char outer[256], inner[512];
	struct holder holder;
} place;

/* Where cgroup2 is mounted: alone, or beside version 1. */
static const char *cgroup_root(void)
{
	static const char *const roots[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	struct statfs info;

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		if (statfs(roots[i], &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC)
			return roots[i];
	return NULL;
}

static void name_cgroups(void)
{
	snprintf(place.outer, sizeof(place.outer), "%s/katrace-test-%d", cgroup_root(), live_number());
	snprintf(place.inner, sizeof(place.inner), "%s/docker-" CONTAINER ".scope", place.outer);
}

static void put_into_container(struct holder holder)
{
	char path[600];
	FILE *procs;

	name_cgroups();
	place.holder = holder;
	must(mkdir(place.outer, 0755) == 0 && mkdir(place.inner, 0755) == 0, place.inner);
	snprintf(path, sizeof(path), "%s/cgroup.procs", place.inner);
	procs = fopen(path, "w");
	must(procs && fprintf(procs, "%d\n", holder.pid) > 0 && fclose(procs) == 0, path);
}

static void remove_cgroups(void)
{
	if (!cgroup_root())
		return;
	name_cgroups();
	rmdir(place.inner);
	rmdir(place.outer);
}

/* By the cgroup above, and by the container that the cgroup's name tells; the timeline names the container. */
LIVE_TEST(filter_cgroup, .clean_up = remove_cgroups)
{
	const char *const by_cgroup[] = { "--cgroup", place.outer, NULL };
	const char *const by_container[] = { "--container", "3f1c0d2a9b8e", "-n", "3", NULL };
	struct holder other;
	struct tool *second;
	struct scene scene;
	struct net *net;

	if (!cgroup_root())
		skip("there is no cgroup2 here");
	net = net_new();
	put_into_container(holder_start(net, "inside", NULL));
	other = holder_start(net, "outside", NULL);
	second = tool_start(by_container);
	scene = scene_trace(net, by_cgroup);
	assert_true(tool_wait_lines(scene.tool, 3, local_port(place.holder.port), "answered in", 20));
	assert_int_equal(tool_wait(second, 20), 0);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(tool_lines(scene.tool, local_port(other.port), ""), 0);
	assert_int_equal(tool_lines(second, local_port(other.port), ""), 0);
	assert_always_named(scene.tool, &place.holder, "inside");
	assert_always_named(second, &place.holder, "inside");
	assert_non_null(strstr(tool_stdout(scene.tool), "container 3f1c0d2a9b8e"));
	holder_stop(&place.holder);
	holder_stop(&other);
	tool_free(second);
	scene_end(&scene);
}

/* Filters of several kinds at once: only what meets them all. */
LIVE_TEST(filter_many_kinds)
{
	char netns[64], peers[32];
	const char *const args[] = { "-c", "want*", "-4", "--peer", peers, "--netns", netns, NULL };
	struct net *net = net_new(), *elsewhere = net_new();
	struct holder wanted = holder_start(net, "wanted", NULL), other = holder_start(net, "other", NULL);
	struct holder stranger = holder_start(elsewhere, "wanted too", NULL);
	struct scene scene;

	net_name(net, HOST_A, netns, sizeof(netns));
	snprintf(peers, sizeof(peers), "%s/30", net_addr4(HOST_B));
	scene = scene_trace(net, args);
	assert_true(tool_wait_lines(scene.tool, 3, local_port(wanted.port), "answered in", 20));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(tool_lines(scene.tool, local_port(other.port), ""), 0);
	assert_int_equal(tool_lines(scene.tool, "wanted too", ""), 0);
	holder_stop(&wanted);
	holder_stop(&other);
	holder_stop(&stranger);
	net_free(elsewhere);
	scene_end(&scene);
}

/* --failures prints nothing without problems. */
LIVE_TEST(filter_failures)
{
	char pid[16];
	const char *const args[] = { "--failures", "-p", pid, NULL };
	struct net *net = net_new();
	struct holder holder = holder_start(net, "failing", NULL);
	struct scene scene;

	snprintf(pid, sizeof(pid), "%d", holder.pid);
	scene = scene_trace(net, args);
	net_cable(scene.net, HOST_B, false);
	assert_true(tool_wait_lines(scene.tool, 1, local_port(holder.port), "ended: keepalive timeout", 20));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(tool_lines(scene.tool, local_port(holder.port), "probe 1/3 after"), 0);
	assert_int_equal(tool_lines(scene.tool, local_port(holder.port), "keepalive: "), 0);
	assert_int_equal(tool_lines(scene.tool, local_port(holder.port), "probe 3/3 after"), 1);
	holder_stop(&holder);
	scene_end(&scene);
}

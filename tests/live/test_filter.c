// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Which connections are shown. */
#include "live.h"

#include "holder.h"
#include "must.h"

#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

LIVE_TEST(filter_pid)
{
	struct holder wanted, other, unfiltered;
	char pid[16];
	const char *const args[] = { "-p", pid, NULL };
	struct net *net;
	struct tool *tool;

	net = net_new();
	wanted = holder_start(net, "wanted", NULL);
	other = holder_start(net, "other", NULL);
	snprintf(pid, sizeof(pid), "%d", wanted.pid);
	tool = tool_start(args);
	assert_true(tool_wait_started(tool));
	unfiltered = holder_start(net, "newcomer", NULL);
	assert_true(tool_wait_lines(tool, 3, local_port(wanted.port), "answered in", 10));
	assert_int_equal(tool_stop(tool), 0);
	assert_int_equal(tool_lines(tool, local_port(other.port), ""), 0);
	assert_int_equal(tool_lines(tool, local_port(unfiltered.port), ""), 0);
	assert_always_named(tool, &wanted, "wanted");
	holder_stop(&wanted);
	holder_stop(&other);
	holder_stop(&unfiltered);
	tool_free(tool);
	net_free(net);
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
	struct holder holder;
	struct stage stage;
	struct calm calm;
	uint64_t before;

	stage.net = net_new();
	holder = holder_start(stage.net, "holder", NULL);
	tcp_connect_many(stage.net, clients, servers, OTHERS);
	snprintf(pid, sizeof(pid), "%d", holder.pid);
	stage.tool = tool_start(args);
	assert_true(tool_wait_started(stage.tool));
	before = net_keepalives(stage.net, HOST_A);
	tcp_probe_all(stage.net, clients, OTHERS, &quick, OTHERS);
	assert_true(tool_wait_lines(stage.tool, ANSWERS, local_port(holder.port), "answered in", 30));
	assert_in_range(net_keepalives(stage.net, HOST_A) - before, (OTHERS + 1) * (ANSWERS - 2), UINT32_MAX);
	assert_int_equal(tool_stop(stage.tool), 0);
	calm = find_calm(stage.tool, 2);
	assert_in_range(calm.longest, 3, 5);
	assert_true(calm.probes >= 2 * OTHERS + ANSWERS); /* checked twice */
	tcp_abort_many(clients, OTHERS);
	tcp_abort_many(servers, OTHERS);
	holder_stop(&holder);
	stage_free(&stage);
}

/* A process with that id, which must be free. */
static pid_t fork_as(pid_t pid)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid = (uintptr_t)&pid, .set_tid_size = 1 };

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

/* The process of --pid exits, and another one gets its id and a connection: that one does not match. */
LIVE_TEST(filter_pid_is_reused, .limit_s = 3 * OWNER_WAIT_S)
{
	char pids[32];
	const char *const filtered[] = { "-p", pids, NULL }, *const all[] = { NULL };
	struct holder first, second;
	struct tool *everybody;
	struct stage stage;
	unsigned int port;
	int ports[2];
	pid_t pid;

	stage.net = net_new();
	first = holder_start(stage.net, "first", NULL);
	second = holder_start(stage.net, "second", NULL);
	snprintf(pids, sizeof(pids), "%d,%d", first.pid, second.pid);
	stage.tool = tool_start(filtered);
	everybody = tool_start(all);
	assert_true(tool_wait_started(stage.tool));
	assert_true(tool_wait_started(everybody));
	wait_named(&stage, first.port, first.pid, "first");
	holder_stop(&first);
	assert_int_equal(pipe(ports), 0);
	pid = fork_as(first.pid);
	if (pid < 0)
		fail_msg("clone3 with set_tid: %s", strerror(errno));
	if (!pid) {
		live_end_with_parent();
		prctl(PR_SET_NAME, "impostor");
		open_connection(stage.net, &port);
		must(write(ports[1], &port, sizeof(port)) == sizeof(port), "tell the port");
		for (;;)
			pause();
	}
	assert_int_equal(pid, first.pid);
	assert_int_equal(read(ports[0], &port, sizeof(port)), sizeof(port));
	assert_true(tool_wait_lines(everybody, 3, local_port(port), "  impostor  ", OWNER_WAIT_S));
	assert_true(tool_wait_lines(stage.tool, tool_lines(stage.tool, local_port(second.port), "") + 2,
				    local_port(second.port), "", 30));
	assert_int_equal(tool_lines(stage.tool, local_port(port), ""), 0);
	assert_never_misnamed(everybody, port, pid, "impostor");
	close(ports[0]);
	close(ports[1]);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	holder_stop(&second);
	tool_free(everybody);
	stage_free(&stage);
}

/* Not an error, but reported; and katrace stops after the last one. */
LIVE_TEST(filter_pid_has_ended)
{
	char pids[32], said[128];
	const char *const args[] = { "-p", pids, NULL };
	struct holder first, second;
	struct stage stage;

	stage.net = net_new();
	first = holder_start(stage.net, "first", NULL);
	second = holder_start(stage.net, "second", NULL);
	snprintf(pids, sizeof(pids), "%d,%d", first.pid, second.pid);
	stage.tool = tool_start(args);
	assert_true(tool_wait_started(stage.tool));
	wait_named(&stage, first.port, first.pid, "first");
	holder_stop(&first);
	assert_true(tool_wait_lines(stage.tool, tool_lines(stage.tool, local_port(second.port), "answered in") + 2,
				    local_port(second.port), "answered in", 20));
	snprintf(said, sizeof(said), "katrace: process %d has exited; still tracing 1 of the processes of --pid",
		 first.pid);
	assert_non_null(strstr(tool_stderr(stage.tool), said));
	holder_stop(&second);
	assert_int_equal(tool_wait(stage.tool, 20), 0);
	snprintf(said, sizeof(said), "katrace: process %d has exited, the last of the processes of --pid", second.pid);
	assert_non_null(strstr(tool_stderr(stage.tool), said));
	stage_free(&stage);
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
	struct holder early, late, stranger;
	struct stage stage;

	net_of_children = stage.net = net_new();
	early = holder_start(stage.net, "early", have_children);
	late = holder_start(stage.net, "late", have_children);
	stranger = holder_start(stage.net, "stranger", NULL);
	holder_act(&early);
	snprintf(pids, sizeof(pids), "%d,%d", early.pid, late.pid);
	stage.tool = tool_start(args);
	assert_true(tool_wait_started(stage.tool));
	assert_true(tool_wait_lines(stage.tool, 2, "  early/1  ", "answered in", 30));
	assert_true(tool_wait_lines(stage.tool, 2, "  early/2  ", "answered in", 30));
	assert_true(tool_wait_lines(stage.tool, 1, "  late  ", "answered in", 30));
	holder_act(&late);
	assert_true(tool_wait_lines(stage.tool, 1, "  late/1  ", "answered in", OWNER_WAIT_S));
	assert_true(tool_wait_lines(stage.tool, 1, "  late/2  ", "answered in", OWNER_WAIT_S));
	assert_int_equal(tool_lines(stage.tool, "stranger", ""), 0);
	/* they exit with their children: then no process is left */
	holder_stop(&late);
	holder_stop(&early);
	assert_int_equal(tool_wait(stage.tool, 20), 0);
	assert_non_null(strstr(tool_stderr(stage.tool), "has exited"));
	holder_stop(&stranger);
	stage_free(&stage);
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
	struct stage stage;

	if (!cgroup_root())
		skip("there is no cgroup2 here");
	stage.net = net_new();
	put_into_container(holder_start(stage.net, "inside", NULL));
	other = holder_start(stage.net, "outside", NULL);
	stage.tool = tool_start(by_cgroup);
	second = tool_start(by_container);
	assert_true(tool_wait_started(stage.tool));
	assert_true(tool_wait_lines(stage.tool, 3, local_port(place.holder.port), "answered in", 20));
	assert_int_equal(tool_wait(second, 20), 0);
	assert_int_equal(tool_stop(stage.tool), 0);
	assert_int_equal(tool_lines(stage.tool, local_port(other.port), ""), 0);
	assert_int_equal(tool_lines(second, local_port(other.port), ""), 0);
	assert_always_named(stage.tool, &place.holder, "inside");
	assert_always_named(second, &place.holder, "inside");
	assert_non_null(strstr(tool_stdout(stage.tool), "container 3f1c0d2a9b8e"));
	holder_stop(&place.holder);
	holder_stop(&other);
	tool_free(second);
	stage_free(&stage);
}

/* Filters of several kinds at once: only what meets them all. */
LIVE_TEST(filter_many_kinds)
{
	char netns[64], peers[32];
	const char *const args[] = { "-c", "want*", "-4", "--peer", peers, "--netns", netns, NULL };
	struct holder wanted, other;
	struct stage stage;
	struct net *elsewhere;
	struct holder stranger;

	stage.net = net_new();
	elsewhere = net_new();
	wanted = holder_start(stage.net, "wanted", NULL);
	other = holder_start(stage.net, "other", NULL);
	stranger = holder_start(elsewhere, "wanted too", NULL);
	net_name(stage.net, HOST_A, netns, sizeof(netns));
	snprintf(peers, sizeof(peers), "%s/30", net_addr4(HOST_B));
	stage.tool = tool_start(args);
	assert_true(tool_wait_started(stage.tool));
	assert_true(tool_wait_lines(stage.tool, 3, local_port(wanted.port), "answered in", 20));
	assert_int_equal(tool_stop(stage.tool), 0);
	assert_int_equal(tool_lines(stage.tool, local_port(other.port), ""), 0);
	assert_int_equal(tool_lines(stage.tool, "wanted too", ""), 0);
	holder_stop(&wanted);
	holder_stop(&other);
	holder_stop(&stranger);
	net_free(elsewhere);
	stage_free(&stage);
}

/* --failures prints nothing without problems. */
LIVE_TEST(filter_failures)
{
	char pid[16];
	const char *const args[] = { "--failures", "-p", pid, NULL };
	struct holder holder;
	struct stage stage;

	stage.net = net_new();
	holder = holder_start(stage.net, "failing", NULL);
	snprintf(pid, sizeof(pid), "%d", holder.pid);
	stage.tool = tool_start(args);
	assert_true(tool_wait_started(stage.tool));
	net_cable(stage.net, HOST_B, false);
	assert_true(tool_wait_lines(stage.tool, 1, local_port(holder.port), "ended: keepalive timeout", 20));
	assert_int_equal(tool_stop(stage.tool), 0);
	assert_int_equal(tool_lines(stage.tool, local_port(holder.port), "probe 1/3 after"), 0);
	assert_int_equal(tool_lines(stage.tool, local_port(holder.port), "keepalive: "), 0);
	assert_int_equal(tool_lines(stage.tool, local_port(holder.port), "probe 3/3 after"), 1);
	holder_stop(&holder);
	stage_free(&stage);
}

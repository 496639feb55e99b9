// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace list: which sockets it shows, and its sums. */
#include "live.h"

#include "mounts.h"
#include "must.h"
#include "net.h"
#include "rows.h"
#include "tcp.h"
#include "tool.h"
#include "until.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Which of three connections an option shows: without keepalive, 40 s idle, two hours idle. */
struct three {
	struct tcp off, soon, far;
};

static void assert_shows(const char *option, const char *value, const struct three *tcp, bool off, bool soon, bool far)
{
	const char *const args[] = { "--csv", "-p", own_pid(), option, value, NULL };
	struct tool *tool;

	tool = run_list(args);
	if (has_row(tool, tcp->off.client_port) != off || has_row(tool, tcp->soon.client_port) != soon ||
	    has_row(tool, tcp->far.client_port) != far)
		print_error("list %s %s: not as expected\n", option, value ? value : "");
	assert_int_equal(has_row(tool, tcp->off.client_port), off);
	assert_int_equal(has_row(tool, tcp->soon.client_port), soon);
	assert_int_equal(has_row(tool, tcp->far.client_port), far);
	tool_free(tool);
}

static bool all_silent_for(const struct three *tcp, int64_t us)
{
	return tcp_silent_us(tcp->off.client) >= us && tcp_silent_us(tcp->soon.client) >= us &&
	       tcp_silent_us(tcp->far.client) >= us;
}

LIVE_TEST(list_chooses, .once = true)
{
	static const struct keepalive soon = { 40, 10, 3, 0 }, slow = { 40, 50, 3, 0 }, far = { 7200, 75, 9, 0 };
	struct three tcp;
	struct net *net;
	char port[16], netns[64], peers[32];

	net = net_new();
	tcp.off = tcp_connect(net, TCP_IPV4);
	tcp.soon = tcp_connect(net, TCP_IPV4);
	tcp.far = tcp_connect(net, TCP_IPV6);
	tcp_keepalive(tcp.soon.client, &soon);
	tcp_keepalive(tcp.far.client, &far);
	assert_shows("--no-keepalive", NULL, &tcp, true, false, false);
	assert_shows("--due-within", "1m", &tcp, false, true, false);
	assert_shows("--due-within", "3h", &tcp, false, true, true);
	assert_shows("--middlebox-timeout", "350", &tcp, true, false, true);
	assert_shows("--middlebox-timeout", "50", &tcp, true, false, true);
	tcp_keepalive(tcp.soon.client, &slow);
	assert_shows("--middlebox-timeout", "50", &tcp, true, true, true);
	tcp_keepalive(tcp.soon.client, &soon);
	assert_shows("--silent-over", "1h", &tcp, false, false, false);
	assert_shows("--zombies", NULL, &tcp, false, false, false);
	WAIT_UNTIL(all_silent_for(&tcp, 1100000));
	assert_shows("--silent-over", "1s", &tcp, true, true, true);
	assert_shows("--zombies=1s", NULL, &tcp, true, false, true);
	assert_shows("--zombies=1s,10s", NULL, &tcp, true, true, true);
	assert_shows("--failures", NULL, &tcp, true, false, false);
	assert_shows("-6", NULL, &tcp, false, false, true);
	snprintf(peers, sizeof(peers), "%s/31", net_addr4(HOST_B));
	assert_shows("--peer", peers, &tcp, true, true, false);
	snprintf(port, sizeof(port), "%u", tcp.soon.client_port);
	assert_shows("--port", port, &tcp, false, true, false);
	net_name(net, HOST_A, netns, sizeof(netns));
	assert_shows("--netns", netns, &tcp, true, true, true);
	net_name(net, HOST_B, netns, sizeof(netns));
	assert_shows("--netns", netns, &tcp, false, false, false);
	assert_shows("-c", "no such name", &tcp, false, false, false);
	tcp_close(&tcp.off);
	tcp_close(&tcp.soon);
	tcp_close(&tcp.far);
	net_free(net);
}

LIVE_TEST(list_takes_names_of_namespaces, .once = true)
{
	const char *const args[] = { "--csv", "--netns", "blue", NULL };
	struct net *net = net_new();
	struct tcp tcp = tcp_connect(net, TCP_IPV4);
	struct mounts before = mounts_enter();
	struct tool *tool;

	mounts_make_netns();
	mounts_name_netns(net, HOST_A, "blue");
	tool = run_list(args);
	assert_true(has_row(tool, tcp.client_port));
	mounts_leave(&before);
	tool_free(tool);
	tcp_close(&tcp);
	net_free(net);
}

LIVE_TEST(list_sums_up, .once = true)
{
	static const struct keepalive twice_a_minute = { 30, 10, 3, 0 };
	enum { N = 6 };
	char text[128], netns[64];
	const char *const summary[] = { "-p", own_pid(), "--summary", NULL };
	const char *const sums[] = { "-p", own_pid(), "--summary", "--json", NULL };
	const char *const sysctls[] = { "--sysctl", "--json", "--netns", netns, NULL };
	const char *const sysctl[] = { "--sysctl", NULL }, *const chosen[] = { "--sysctl", "--netns", netns, NULL };
	struct tool *tool;
	struct net *net;
	struct tcp tcp[N];

	prctl(PR_SET_NAME, "sums \033[1m up");
	net = net_new();
	net_sysctl(net, HOST_A, "ipv4/tcp_keepalive_time", "123");
	for (int i = 0; i < N; i++)
		tcp[i] = tcp_connect(net, TCP_IPV4);
	tcp_keepalive(tcp[0].client, &twice_a_minute);
	tcp_keepalive(tcp[1].client, &twice_a_minute);
	tool = run_list(summary);
	snprintf(text, sizeof(text),
		 "sums \\x1b[1m up[%d]: 10 established connections without keepalive, oldest silent ", getpid());
	assert_int_equal(tool_lines(tool, text, ""), 1);
	assert_int_equal(tool_lines(tool, "12           2   10   4.00        never", "30s+3x10s\n"), 0);
	assert_int_equal(tool_lines(tool, "12           2   10   4.00        never", "30s+3x10s"), 1);
	assert_null(strchr(tool_stdout(tool), '\033'));
	tool_free(tool);
	tool = run_list(sums); /* the validator checks the schema, this test the values */
	assert_int_equal(tool_lines(tool, "\"event_name\":\"katrace.summary\"", "\"name\":\"sums \\u001b[1m up\""), 1);
	assert_int_equal(tool_lines(tool, "{\"connections\":12,\"keepalive_on\":2,\"keepalive_off\":10,",
				    "\"probes_per_day\":5760,\"noticed_after_us\":60000000,"),
			 1);
	assert_int_equal(tool_lines(tool, "\"no_keepalive\":10,",
				    "\"settings\":{\"connections\":[2],\"idle_s\":[30],\"interval_s\":[10],"),
			 1);
	tool_free(tool);
	tool = run_list(sysctl);
	net_name(net, HOST_A, netns, sizeof(netns));
	assert_int_equal(tool_lines(tool, netns, "  123  "), 1);
	net_name(net, HOST_B, netns, sizeof(netns));
	assert_int_equal(tool_lines(tool, netns, "  7200  "), 1);
	tool_free(tool);
	tool = run_list(chosen); /* host B's */
	assert_int_equal(tool_lines(tool, "", ""), 2);
	assert_int_equal(tool_lines(tool, netns, "  7200  "), 1);
	tool_free(tool);
	net_name(net, HOST_A, netns, sizeof(netns));
	tool = run_list(sysctls);
	assert_int_equal(tool_lines(tool, netns, "\"sysctl\":{\"idle_s\":123,\"interval_s\":75,\"probe_limit\":9,"), 1);
	assert_int_equal(tool_lines(tool, "", ""), 1);
	tool_free(tool);
	for (int i = 0; i < N; i++)
		tcp_close(&tcp[i]);
	net_free(net);
	prctl(PR_SET_NAME, "live");
}

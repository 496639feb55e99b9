// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace list when another timer decides than the settings in force let expect. */
#include "live.h"

#include "lines.h"
#include "net.h"
#include "rows.h"
#include "tcp.h"
#include "tool.h"
#include "until.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>

static const char old_note[] = "old timer still running, next probe in ";

static struct net *net_with_sysctls(const char *idle)
{
	struct net *net = net_new();

	net_sysctl(net, HOST_A, "ipv4/tcp_keepalive_time", idle);
	net_sysctl(net, HOST_A, "ipv4/tcp_keepalive_intvl", "10");
	net_sysctl(net, HOST_A, "ipv4/tcp_keepalive_probes", "3");
	return net;
}

/* Lines of katrace list with this option, and value if not NULL, about the client's socket that have the text. */
static int listed(const struct tcp *tcp, const char *option, const char *value, const char *text)
{
	char netns[16];
	const char *const args[] = { "--netns", netns, option, value, NULL };
	struct tool *tool;
	int n;

	net_name(net_newest(), HOST_A, netns, sizeof(netns));
	tool = run_list(args);
	n = tool_lines(tool, local_port(tcp->client_port), text);

	tool_free(tool);
	return n;
}

static int listed_old(const struct tcp *tcp)
{
	return listed(tcp, NULL, NULL, old_note);
}

/* What an engineer does after an incident; the connections there are do not follow. */
LIVE_TEST(list_follows_the_timer_that_runs, .once = true)
{
	const char *const csv[] = { "--csv", "-p", own_pid(), NULL }, *const json[] = { "--json", "-p", own_pid(),
											NULL };
	const char *const summary[] = { "--summary", "-p", own_pid(), NULL };
	struct net *net = net_with_sysctls("7200");
	struct tcp old = tcp_connect(net, TCP_IPV4), fresh;
	struct tool *tool;
	struct row row;
	char port[32];

	tcp_keepalive_by_sysctl(old.client);
	assert_int_equal(listed_old(&old), 0);
	net_sysctl(net, HOST_A, "ipv4/tcp_keepalive_time", "60");
	fresh = tcp_connect(net, TCP_IPV4);
	tcp_keepalive_by_sysctl(fresh.client);
	assert_int_equal(listed(&old, NULL, NULL, "old timer still running, next probe in 1h59m"), 1);
	assert_int_equal(listed_old(&fresh), 0);
	assert_int_equal(listed(&old, "--middlebox-timeout", "350", ""), 1);
	assert_int_equal(listed(&fresh, "--middlebox-timeout", "350", ""), 0);
	tool = run_list(csv);
	find_row(tool, old.client_port, &row);
	assert_in_range(row_number(&row, FIELD_DETECTION), 7130000000, 7230000000);
	assert_string_equal(row.field[FIELD_OLD_TIMER], "true");
	assert_in_range(row_number(&row, FIELD_HEARD), 0, 60000000);
	find_row(tool, fresh.client_port, &row);
	assert_in_range(row_number(&row, FIELD_DETECTION), 30000000, 90000000);
	assert_string_equal(row.field[FIELD_OLD_TIMER], "");
	tool_free(tool);
	tool = run_list(json);
	snprintf(port, sizeof(port), "\"port\":%u},\"peer\"", old.client_port);
	assert_int_equal(tool_lines(tool, port, "\"old_timer\":true"), 1);
	assert_int_equal(tool_lines(tool, "\"old_timer\":", ""), 1);
	tool_free(tool);
	tool = run_list(summary);
	assert_int_equal(tool_lines(tool, ": a dead peer is noticed only 2 h after it was last heard; ",
				    "its timer was set with other values"),
			 1);
	tool_free(tool);
	WAIT_UNTIL(tcp_silent_us(old.client) > 1100000);
	assert_int_equal(listed(&old, "--zombies=1s,1h", NULL, "zombie, old timer still running, next probe in "), 1);
	assert_int_equal(listed(&fresh, "--zombies=1s,1h", NULL, ""), 0);
	tcp_close(&old);
	tcp_close(&fresh);
	net_free(net);
}

/* Keepalive is on as soon as the peer was heard: otherwise the timer started late. */
static struct tcp connect_by_sysctl(const struct net *net)
{
	struct tcp tcp = tcp_connect(net, TCP_IPV4);

	tcp_keepalive_by_sysctl(tcp.client);
	for (int i = 0; i < 100 && tcp_silent_us(tcp.client) > 4000; i++) {
		tcp_close(&tcp);
		tcp = tcp_connect(net, TCP_IPV4);
		tcp_keepalive_by_sysctl(tcp.client);
	}
	return tcp;
}

static void set_tcp(int fd, int option, int value)
{
	assert_int_equal(setsockopt(fd, IPPROTO_TCP, option, &value, sizeof(value)), 0);
}

/* TCP_KEEPIDLE restarts the timer; TCP_KEEPINTVL does not. Nor is a timer old that was started late. */
LIVE_TEST(list_tells_old_timers_from_late_ones, .once = true)
{
	static const struct keepalive slow = { 1, 3600, 3, 0 };
	struct net *net = net_with_sysctls("20");
	struct tcp lowered = connect_by_sysctl(net), late = tcp_connect(net, TCP_IPV4);
	struct tcp probed = tcp_connect(net, TCP_IPV4);
	const uint64_t before = net_keepalives(net, HOST_A);

	tcp_keepalive(probed.client, &slow);
	WAIT_UNTIL(net_keepalives(net, HOST_A) > before);
	assert_int_equal(listed_old(&probed), 0);
	set_tcp(probed.client, TCP_KEEPINTVL, 2);
	assert_int_equal(listed_old(&probed), 1);
	set_tcp(probed.client, TCP_KEEPIDLE, 30);
	assert_int_equal(listed_old(&probed), 0);
	WAIT_UNTIL(tcp_silent_us(late.client) % 1000000 > 300000 && tcp_silent_us(late.client) % 1000000 < 500000);
	tcp_keepalive_by_sysctl(late.client);
	assert_int_equal(listed_old(&late), 0);
	net_sysctl(net, HOST_A, "ipv4/tcp_keepalive_time", "19");
	WAIT_UNTIL(tcp_silent_us(lowered.client) > 2000000); /* so it is due within the idle time all the same */
	assert_int_equal(listed_old(&lowered), 1);
	net_sysctl(net, HOST_A, "ipv4/tcp_keepalive_time", "60");
	assert_int_equal(listed_old(&lowered), 0); /* it comes too early, and will be set again */
	tcp_close(&lowered);
	tcp_close(&late);
	tcp_close(&probed);
	net_free(net);
}

/* Retransmission is in charge: how often it has tried, and when it gives up, compared with when it does. */
LIVE_TEST(list_tells_when_retransmission_gives_up, .once = true)
{
	static const struct keepalive far = { 7200, 75, 9, 0 };
	char netns[16];
	const char *const json[] = { "--json", "--netns", netns, NULL };
	struct net *net = net_new();
	unsigned long long gives_up_ms;
	struct tool *tool;
	struct tcp tcp;
	int64_t said_ms;

	net_sysctl(net, HOST_A, "ipv4/tcp_retries2", "4");
	net_least_rto(net, 250);
	net_remember(net);
	tcp = tcp_connect(net, TCP_IPV4);
	tcp_keepalive(tcp.client, &far);
	net_deaf(net, HOST_B, true);
	assert_int_equal(send(tcp.client, "hello world", 11, 0), 11);
	WAIT_UNTIL(tcp_ask(tcp.client).tcpi_retransmits == 2);
	net_name(net, HOST_A, netns, sizeof(netns));
	tool = run_list(json);
	said_ms = wait_now_ms();
	assert_in_range(number_after(tool_stdout(tool), "\"retransmits\":"), 2, 3);
	gives_up_ms = number_after(tool_stdout(tool), "\"gives_up_ms\":");
	tool_free(tool);
	assert_int_equal(listed(&tcp, NULL, NULL, " tries, gives up in "), 1);
	assert_int_equal(listed(&tcp, NULL, NULL, "retransmitting, "), 1);
	assert_int_equal(tcp_wait_death(tcp.client, 60), ETIMEDOUT);
	assert_in_range(wait_now_ms() - said_ms, gives_up_ms - 1000, gives_up_ms + 1000);
	tcp_close(&tcp);
	net_free(net);
}

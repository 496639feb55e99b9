// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* net.ipv4.tcp_keepalive_intvl may be 0: then probes are one tick of the kernel's clock apart. */
#include "live.h"

#include "rows.h"
#include "scene.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

static void set_tcp(int fd, int option, int value)
{
	assert_int_equal(setsockopt(fd, IPPROTO_TCP, option, &value, sizeof(value)), 0);
}

/* Idle two seconds, then up to nine probes. */
static struct scene begin_at_once(void)
{
	static const char *const no_args[] = { NULL };
	struct net *net = net_new();
	struct scene scene;

	net_sysctl(net, HOST_A, "ipv4/tcp_keepalive_intvl", "0");
	scene = scene_trace(net, no_args);
	scene.tcp = tcp_connect(net, TCP_IPV4);
	set_tcp(scene.tcp.client, TCP_KEEPIDLE, 2);
	set_tcp(scene.tcp.client, TCP_KEEPCNT, 9);
	tcp_keepalive_by_sysctl(scene.tcp.client);
	return scene;
}

LIVE_TEST(life_interval_of_zero)
{
	const char *const args[] = { "--csv", "-p", own_pid(), NULL };
	struct scene scene = begin_at_once();
	uint64_t probes;
	struct tool *list;
	struct row row;

	assert_true(scene_wait_said(&scene, 2, "answered in", 10));
	net_deaf(scene.net, HOST_B, true);
	list = run_list(args);
	find_row(list, scene.tcp.client_port, &row);
	assert_int_equal(row_number(&row, FIELD_INTERVAL), 0);
	assert_in_range(row_number(&row, FIELD_DETECTION), 0, 2300000);
	tool_free(list);
	assert_int_equal(tcp_wait_death(scene.tcp.client, 10), ETIMEDOUT);
	assert_true(scene_wait_said(&scene, 1, "ended: keepalive timeout, ETIMEDOUT", 5));
	probes = net_keepalives(scene.net, HOST_A);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(scene_said(&scene, "probe "), probes);
	assert_int_equal(scene_said(&scene, "probe 9/9 after 2."), 1);
	assert_int_equal(scene_said(&scene, "not sent"), 0);
	assert_non_null(strstr(tool_stdout(scene.tool), "The peer answered none of 9 probes; after 2."));
	scene_end(&scene);
}

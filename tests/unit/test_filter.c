// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Filters: what passes, and which criteria are invalid. */
#include "unit.h"

#include "cli/parse.h"
#include "model/filter.h"

#include <errno.h>

/* 10.0.2.15:22 - 10.0.2.2:51040 in network namespace 7, held by nginx[42] and 43. */
/* As if a walk had found that connection's two holders. */
static bool passes(const struct filter *filter, struct connection c)
{
	const struct process first = { .pid = c.owner.pid, .start = 500, .comm = c.owner.comm };
	const struct process second = { .pid = c.owner.other_pids[0], .start = 600, .comm = "worker" };

	c.owner.meets = filter_process(filter, &first) | filter_process(filter, &second);
	return filter_passes_connection(filter, &c);
}

static struct connection make_connection(void)
{
	return (struct connection){
		.id = make_sighting(KATRACE_PROBE_SENT, 1, 0).id,
		.owner = { .pid = 42, .comm = "nginx", .n_others = 1, .other_pids = { 43 } },
	};
}

static struct connection make_ipv6_connection(void)
{
	struct connection c = make_connection();

	c.id.local.ipv6 = c.id.peer.ipv6 = true;
	inet_pton(AF_INET6, "2001:db8::1", c.id.local.addr);
	inet_pton(AF_INET6, "2001:db8:0:1::2", c.id.peer.addr);
	return c;
}

static void an_empty_filter_lets_all_pass(void **state)
{
	const struct connection c = make_connection();
	struct filter *filter = filter_new();

	(void)state;
	assert_true(filter_passes_connection(filter, &c));
	assert_true(filter_passes_timeline(filter, &c));
	filter_free(filter);
	filter_free(NULL);
}

static bool passes_peer(const char *text, const struct connection *c)
{
	struct filter *filter = filter_new();
	struct where where;
	bool passes;

	assert_int_equal(parse_where(text, &where), 0);
	assert_int_equal(filter_add_peer(filter, &where), 0);
	passes = filter_passes_connection(filter, c);
	filter_free(filter);
	return passes;
}

static void places_have_many_forms(void **state)
{
	static const char *const yes[] = { "10.0.2.2",     "10.0.2.0/24",     "10.0.2.3/31",       "0.0.0.0/0",
					   ":51040",       "10.0.2.2:51040",  "10.0.2.0/30:51040", ":51040-51041",
					   ":51000-51040", "10.0.2.2:1-65535" };
	static const char *const no[] = { "10.0.2.3",     "10.0.3.0/24", "10.0.2.0/31",    ":22",  "10.0.2.2:51041",
					  ":51041-52000", ":1-51039",    "10.0.2.3:51040", "::/0", "::ffff:10.0.2.2" };
	static const char *const yes6[] = { "2001:db8:0:1::2",         "2001:db8::/32",
					    "2001:db8:0:1::3/127",     "::/0",
					    "[2001:db8:0:1::2]:51040", "[2001:db8::/32]:51040",
					    "[2001:db8:0:1::2]",       "[2001:db8::/32]:51000-52000" };
	static const char *const no6[] = { "2001:db8:0:1::3", "2001:db8::/64", "[2001:db8:0:1::2]:22", "0.0.0.0/0" };
	const struct connection v4 = make_connection(), v6 = make_ipv6_connection();

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(passes_peer(yes[i], &v4));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(passes_peer(no[i], &v4));
	for (size_t i = 0; i < sizeof(yes6) / sizeof(yes6[0]); i++)
		assert_true(passes_peer(yes6[i], &v6));
	for (size_t i = 0; i < sizeof(no6) / sizeof(no6[0]); i++)
		assert_false(passes_peer(no6[i], &v6));
}

/* As in the list: by name where that is known, by index everywhere. */
static void link_local_places_have_a_scope(void **state)
{
	struct connection named = make_connection(), other;

	(void)state;
	named.id.local.ipv6 = named.id.peer.ipv6 = true;
	inet_pton(AF_INET6, "2001:db8::1", named.id.local.addr);
	inet_pton(AF_INET6, "fe80::7", named.id.peer.addr);
	identity_set_scope(&named.id, &(struct scope){ 3, "eth0" });
	assert_int_equal(named.id.local.scope.id, 0);
	other = named;
	other.id.peer.scope = (struct scope){ 3, "" };
	assert_true(passes_peer("fe80::7", &named) && passes_peer("fe80::7", &other));
	assert_true(passes_peer("fe80::7%3", &named) && passes_peer("fe80::7%3", &other));
	assert_true(passes_peer("fe80::7%eth0", &named) && !passes_peer("fe80::7%eth0", &other));
	assert_true(passes_peer("[fe80::7%eth0]:51040", &named) && !passes_peer("[fe80::7%eth0]:51041", &named));
	assert_true(passes_peer("fe80::%eth0/64", &named) && !passes_peer("fe80::%eth1/64", &named));
	assert_false(passes_peer("fe80::7%4", &named));
}

static void bad_places_are_refused(void **state)
{
	static const char *const bad[] = { "",
					   "10.0.0",
					   "10.0.0.0/33",
					   "10.0.0.0/",
					   "10.0.0.0/-1",
					   "10.0.0.0/1x",
					   ":0",
					   ":70000",
					   ":",
					   "10.0.0.1:",
					   "10.0.0.1:x",
					   "[::1",
					   "[::1]x",
					   "[::1]:",
					   "[10.0.0.1]:5",
					   "::1/129",
					   ":::",
					   "localhost",
					   "fe80::1%",
					   "fe80::1%eth0:80",
					   "fe80::1%a-name-of-16-byt",
					   "2001:db8::1%eth0",
					   "10.0.0.1%eth0",
					   " 10.0.0.1",
					   ":80-",
					   ":-80",
					   ":80-79",
					   ":80-70000",
					   ":0-80",
					   ":80-90-100",
					   ":80 -90",
					   "10.0.0.1:80-x",
					   "[::1]:90-80",
					   "10.0.0.1:0080000" };
	struct where where;
	char longer[300];
	struct filter *filter = filter_new();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse_where(bad[i], &where), -EINVAL);
	memset(longer, '1', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(parse_where(longer, &where), -EINVAL);
	assert_int_equal(parse_where("::1:80", &where), -ENOTUNIQ);
	assert_int_equal(parse_where("2001:db8::10:5", &where), -ENOTUNIQ);
	assert_int_equal(parse_where("::1:80/128", &where), 0);
	assert_int_equal(parse_where("::1:99999", &where), -EINVAL);
	assert_int_equal(parse_where("1:2:3:4:5:6:7:8", &where), 0);
	assert_int_equal(parse_where("[::1:80]", &where), 0);
	assert_int_equal(filter_add_ports(filter, (struct ports){ 0, 0 }), -EINVAL);
	assert_int_equal(filter_add_comm(filter, ""), -EINVAL);
	filter_free(filter);
}

static void one_of_a_kind_is_enough(void **state)
{
	const struct where elsewhere = { true, false, { 10, 9, 9, 9 }, 32, { 0 }, { 0 } },
			   here = { .ports = { 22, 22 } };
	const struct connection c = make_connection();
	struct filter *filter = filter_new();

	(void)state;
	assert_int_equal(filter_add_pid(filter, 7, 0), 0);
	assert_false(passes(filter, c));
	assert_int_equal(filter_add_pid(filter, 43, 0), 0); /* not the first owner, but one */
	assert_true(passes(filter, c));
	assert_int_equal(filter_add_comm(filter, "ssh*"), 0);
	assert_false(passes(filter, c));
	assert_int_equal(filter_add_comm(filter, "ngin?"), 0);
	assert_true(passes(filter, c));
	assert_int_equal(filter_add_local(filter, &elsewhere), 0);
	assert_int_equal(filter_add_local(filter, &here), 0);
	assert_true(passes(filter, c));
	filter_free(filter);
}

/* Pids are reused; the start time distinguishes processes. */
static void a_reused_pid_is_another_process(void **state)
{
	struct process process = { .pid = 42, .start = 500, .comm = "nginx" };
	struct filter *filter = filter_new();

	(void)state;
	assert_int_equal(filter_add_pid(filter, 42, 500), 0);
	assert_int_equal(filter_process(filter, &process), FILTER_PID);
	process.start = 501;
	assert_int_equal(filter_process(filter, &process), 0);
	process.start = 0; /* not recorded */
	assert_int_equal(filter_process(filter, &process), FILTER_PID);
	process = (struct process){ .pid = 43, .start = 1, .is_kin = true, .comm = "child" };
	assert_int_equal(filter_process(filter, &process), FILTER_PID);
	filter_free(filter);
}

static void cgroups_and_containers(void **state)
{
	const struct cgroup cgroup = { .container = "3f1c0d2a", .unit = "" };
	const char *const text = "0::/docker/3f1c0d2a\n";
	struct filter *filter = filter_new();

	(void)state;
	assert_int_equal(filter_cgroup(filter, &cgroup, text), 0);
	assert_int_equal(filter_add_container(filter, "3f2"), 0);
	assert_int_equal(filter_cgroup(filter, &cgroup, text), 0);
	assert_int_equal(filter_add_container(filter, "3f1c"), 0);
	assert_int_equal(filter_cgroup(filter, &cgroup, text), FILTER_CONTAINER);
	assert_int_equal(filter_add_cgroup(filter, "/system.slice"), 0);
	assert_int_equal(filter_cgroup(filter, &cgroup, text), FILTER_CONTAINER);
	assert_int_equal(filter_add_cgroup(filter, "/docker"), 0);
	assert_int_equal(filter_cgroup(filter, &cgroup, text), FILTER_CONTAINER | FILTER_CGROUP);
	filter_free(filter);
}

static void every_kind_must_be_met(void **state)
{
	const struct where local = { true, false, { 10, 0, 2, 15 }, 32, { 0 }, { 0 } },
			   peer = { .ports = { 51040, 51040 } };
	struct connection c = make_connection();
	struct filter *filter = filter_new();

	(void)state;
	filter_add_ports(filter, (struct ports){ 51000, 52000 }); /* either side */
	filter_add_netns(filter, 7);
	filter_add_family(filter, false);
	filter_add_local(filter, &local);
	filter_add_peer(filter, &peer);
	assert_true(filter_passes_connection(filter, &c));
	c.id.netns = 8;
	assert_false(filter_passes_connection(filter, &c));
	c.id.netns_name = "blue";
	assert_false(filter_passes_connection(filter, &c));
	filter_add_netns_name(filter, "red");
	assert_false(filter_passes_connection(filter, &c));
	filter_add_netns_name(filter, "blue");
	assert_true(filter_passes_connection(filter, &c));
	c.id.netns = 7;
	c.id.peer.ipv6 = true;
	assert_false(filter_passes_connection(filter, &c));
	filter_free(filter);
}

/* A name chooses only those that have it: one without a name is in another place. */
static void by_name_of_namespace(void **state)
{
	struct connection c = make_connection();
	struct filter *filter = filter_new();

	(void)state;
	filter_add_netns_name(filter, "blue");
	assert_false(filter_passes_connection(filter, &c));
	c.id.netns_name = "blu";
	assert_false(filter_passes_connection(filter, &c));
	c.id.netns_name = "blue";
	assert_true(filter_passes_connection(filter, &c));
	assert_int_equal(filter_add_netns_name(filter, ""), -EINVAL);
	filter_free(filter);
}

static void nobody_has_no_name(void **state)
{
	struct connection c = make_connection();
	struct filter *filter = filter_new();

	(void)state;
	filter_add_comm(filter, "*");
	assert_true(passes(filter, c));
	c.owner = (struct owner){ 0 };
	assert_false(filter_passes_connection(filter, &c));
	filter_free(filter);
}

static void failures_only(void **state)
{
	struct connection c = make_connection();
	struct event event = { .kind = EVENT_PROBE_SENT, .connection = &c, .probe.number = 1 };
	struct filter *filter = filter_new();

	(void)state;
	assert_true(filter_passes_event(filter, &event));
	filter_set_failures(filter);
	assert_false(filter_passes_event(filter, &event));
	assert_false(filter_passes_timeline(filter, &c));
	event.severity = SEVERITY_WARN;
	c.warned = true;
	assert_true(filter_passes_event(filter, &event));
	assert_true(filter_passes_timeline(filter, &c));
	filter_free(filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_filter_lets_all_pass),
		cmocka_unit_test(places_have_many_forms),
		cmocka_unit_test(link_local_places_have_a_scope),
		cmocka_unit_test(bad_places_are_refused),
		cmocka_unit_test(one_of_a_kind_is_enough),
		cmocka_unit_test(a_reused_pid_is_another_process),
		cmocka_unit_test(cgroups_and_containers),
		cmocka_unit_test(every_kind_must_be_met),
		cmocka_unit_test(by_name_of_namespace),
		cmocka_unit_test(nobody_has_no_name),
		cmocka_unit_test(failures_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

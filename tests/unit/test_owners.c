// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Who holds a socket, over several walks. */
#include "unit.h"

#include "model/owners.h"

static struct katrace_owner make_owner(uint64_t sock, uint32_t pid, const char *comm)
{
	struct katrace_owner owner = { .sock = sock, .inode = 1000 + sock, .pid = pid };

	strncpy(owner.comm, comm, sizeof(owner.comm) - 1);
	return owner;
}

/* pid meets the criterion of that number */
static void find(struct owners *owners, uint64_t sock, uint32_t pid, const char *comm)
{
	const struct katrace_owner owner = make_owner(sock, pid, comm);

	assert_int_equal(owners_found(owners, &owner, &(struct found_process){ .meets = pid }), 0);
}

static void lowest_pid_comes_first(void **state)
{
	struct owners *owners = owners_new();
	struct owner owner;

	(void)state;
	owners_walk_begin(owners, SECOND);
	find(owners, 1, 300, "third");
	find(owners, 1, 100, "first");
	find(owners, 1, 200, "second");
	find(owners, 1, 200, "second"); /* two descriptors */
	find(owners, 2, 400, "other");
	owners_walk_end(owners);
	assert_true(owners_lookup(owners, 1, 1001, &owner));
	assert_int_equal(owner.pid, 100);
	assert_string_equal(owner.comm, "first");
	assert_int_equal(owner.n_others, 2);
	assert_int_equal(owner.other_pids[0], 300);
	assert_int_equal(owner.other_pids[1], 200);
	assert_int_equal(owner.meets, 100 | 200 | 300);       /* what any of them meets */
	assert_false(owners_lookup(owners, 1, 1002, &owner)); /* another socket in the same place */
	owners_free(owners);
}

static void a_new_walk_replaces_the_holders(void **state)
{
	struct owners *owners = owners_new();
	struct owner owner;

	(void)state;
	owners_walk_begin(owners, SECOND);
	find(owners, 1, 100, "parent");
	find(owners, 1, 101, "child");
	owners_walk_end(owners);
	owners_walk_begin(owners, 2 * SECOND);
	find(owners, 1, 101, "renamed");
	owners_walk_end(owners);
	assert_true(owners_lookup(owners, 1, 1001, &owner));
	assert_int_equal(owner.pid, 101);
	assert_string_equal(owner.comm, "renamed");
	assert_int_equal(owner.n_others, 0);
	assert_int_equal(owner.meets, 101);
	owners_free(owners);
}

/* Processes with the same css_set share what is known of their cgroup; it stays known as long as a socket needs it. */
static void cgroups_are_learnt_once(void **state)
{
	const struct cgroup nginx = { .id = 77, .unit = "nginx.service" };
	struct katrace_owner found = make_owner(1, 100, "nginx");
	struct owners *owners = owners_new();
	const struct cgroup *cgroup;
	struct owner owner;

	(void)state;
	found.css_set = 0x1000;
	found.cgroup_id = 77;
	owners_walk_begin(owners, SECOND);
	assert_null(owners_cgroup(owners, &found));
	cgroup = owners_add_cgroup(owners, &found, &nginx);
	assert_ptr_equal(owners_cgroup(owners, &found), cgroup);
	assert_int_equal(owners_found(owners, &found, &(struct found_process){ .cgroup = cgroup }), 0);
	owners_walk_end(owners);
	found.cgroup_id = 78; /* the css_set's memory is another one's now */
	assert_null(owners_cgroup(owners, &found));
	owners_walk_begin(owners, 121 * SECOND);
	owners_walk_end(owners);
	assert_true(owners_lookup(owners, 1, 1001, &owner));
	assert_string_equal(owner.cgroup.unit, "nginx.service");
	owners_walk_begin(owners, 122 * SECOND);
	owners_walk_end(owners);
	found.cgroup_id = 77;
	assert_null(owners_cgroup(owners, &found));
	owners_free(owners);
}

/* One for each process, known by its name and its start too; it stays as long as a socket needs it. */
static void titles_are_kept(void **state)
{
	struct katrace_owner found = make_owner(1, 100, "java");
	struct owners *owners = owners_new();
	struct found_process process = { 0 };
	struct known_title *title;
	struct owner owner;

	(void)state;
	owners_walk_begin(owners, SECOND);
	title = owners_title(owners, &found);
	assert_int_equal(title->read_ns, 0);
	assert_string_equal(title->text, "");
	strcpy(title->text, "org.example.Main");
	process.title = title->text;
	assert_int_equal(owners_found(owners, &found, &process), 0);
	find(owners, 1, 101, "child");
	owners_walk_end(owners);
	owners_walk_begin(owners, 121 * SECOND);
	owners_walk_end(owners);
	assert_true(owners_lookup(owners, 1, 1001, &owner));
	assert_string_equal(owner.title, "org.example.Main"); /* of the lowest pid */
	assert_ptr_equal(owners_title(owners, &found), title);
	found.start_ns++; /* the pid is another process's now */
	assert_string_equal(owners_title(owners, &found)->text, "");
	found.start_ns--;
	strcpy(found.comm, "bash"); /* exec */
	assert_string_equal(owners_title(owners, &found)->text, "");
	strcpy(found.comm, "java");
	owners_walk_begin(owners, 242 * SECOND);
	owners_walk_end(owners);
	assert_string_equal(owners_title(owners, &found)->text, "");
	owners_free(owners);
}

/* What is known of its process may be forgotten by then. */
static void what_held_a_sock_before_is_forgotten_too(void **state)
{
	const struct cgroup nginx = { .id = 77, .unit = "nginx.service" };
	struct katrace_owner found = make_owner(1, 100, "nginx");
	struct owners *owners = owners_new();
	struct owner owner;

	(void)state;
	found.css_set = 0x1000;
	owners_walk_begin(owners, SECOND);
	assert_int_equal(owners_found(owners, &found,
				      &(struct found_process){ .cgroup = owners_add_cgroup(owners, &found, &nginx),
							       .title = owners_title(owners, &found)->text }),
			 0);
	owners_walk_end(owners);
	found.inode = 2001; /* the sock is another one's */
	for (uint64_t s = 60; s <= 240; s += 60) {
		owners_walk_begin(owners, s * SECOND);
		assert_int_equal(owners_found(owners, &found, &(struct found_process){ 0 }), 0);
		owners_walk_end(owners);
	}
	assert_false(owners_lookup(owners, 1, 1001, &owner));
	assert_true(owners_lookup(owners, 1, 2001, &owner));
	owners_free(owners);
}

static void the_last_holder_is_remembered_a_while(void **state)
{
	struct owners *owners = owners_new();
	struct owner owner;

	(void)state;
	owners_walk_begin(owners, SECOND);
	find(owners, 1, 100, "gone");
	owners_walk_end(owners);
	owners_walk_begin(owners, 110 * SECOND);
	owners_walk_end(owners);
	assert_true(owners_lookup(owners, 1, 1001, &owner));
	owners_walk_begin(owners, 130 * SECOND);
	owners_walk_end(owners);
	assert_false(owners_lookup(owners, 1, 1001, &owner));
	owners_free(owners);
}

/* An orphan has no inode; a sock that has another socket now has another one's, and the one before is still known. */
static void the_inode_of_an_orphan(void **state)
{
	struct katrace_owner found = {
		.sock = 1, .inode = 1001, .pid = 7, .comm = "a", .local_port = 22, .peer_port = 99
	};
	struct owners *owners = owners_new();
	struct owner owner;

	(void)state;
	owners_walk_begin(owners, SECOND);
	assert_int_equal(owners_found(owners, &found, &(struct found_process){ 0 }), 0);
	owners_walk_end(owners);
	assert_int_equal(owners_inode_of(owners, 1, 22, 99, 0), 1001);
	assert_int_equal(owners_inode_of(owners, 1, 22, 98, 0), 0);
	assert_int_equal(owners_inode_of(owners, 2, 22, 99, 0), 0);
	for (found.inode = 1002; found.inode < 1005; found.inode++) {
		found.peer_port++;
		owners_walk_begin(owners, found.inode * SECOND / 1000);
		assert_int_equal(owners_found(owners, &found, &(struct found_process){ 0 }), 0);
		owners_walk_end(owners);
	}
	assert_int_equal(owners_inode_of(owners, 1, 22, 102, 0), 1004);
	assert_int_equal(owners_inode_of(owners, 1, 22, 101, 0), 0);
	assert_true(owners_lookup(owners, 1, 1004, &owner));
	assert_true(owners_lookup(owners, 1, 1003, &owner));
	assert_false(owners_lookup(owners, 1, 1002, &owner));
	owners_free(owners);
}

/* Until a walk is over, the one before is what is known; one that broke off is continued by the next. */
static void half_a_walk_is_none(void **state)
{
	struct owners *owners = owners_new();
	struct owner owner;

	(void)state;
	owners_walk_begin(owners, SECOND);
	find(owners, 1, 100, "parent");
	assert_false(owners_lookup(owners, 1, 1001, &owner));
	find(owners, 1, 101, "child");
	owners_walk_end(owners);
	owners_walk_begin(owners, 2 * SECOND);
	find(owners, 1, 101, "renamed");
	assert_true(owners_lookup(owners, 1, 1001, &owner));
	assert_int_equal(owner.pid, 100);
	assert_int_equal(owner.n_others, 1);
	assert_int_equal(owners_walked_ns(owners), SECOND);
	owners_walk_begin(owners, 3 * SECOND);
	assert_true(owners_lookup(owners, 1, 1001, &owner));
	assert_int_equal(owner.pid, 100);
	find(owners, 1, 102, "third");
	owners_walk_end(owners);
	assert_int_equal(owners_walked_ns(owners), 3 * SECOND);
	assert_true(owners_lookup(owners, 1, 1001, &owner));
	assert_int_equal(owner.pid, 101);
	assert_int_equal(owner.other_pids[0], 102);
	owners_free(owners);
}

static void many_holders_are_bounded(void **state)
{
	struct owners *owners = owners_new();
	struct owner owner;

	(void)state;
	owners_walk_begin(owners, SECOND);
	for (uint32_t pid = 1; pid <= 100; pid++) {
		find(owners, 1, pid, "worker");
		find(owners, 1, pid, "worker"); /* two descriptors */
	}
	owners_walk_end(owners);
	assert_true(owners_lookup(owners, 1, 1001, &owner));
	assert_int_equal(owner.pid, 1);
	assert_int_equal(owner.n_others, OWNERS_OTHERS_MAX);
	assert_int_equal(owner.n_unlisted, 100 - 1 - OWNERS_OTHERS_MAX);
	owners_free(owners);
}

/* The kernel ends a name with a zero; whatever it writes, a name ends. */
static void a_name_ends(void **state)
{
	struct katrace_owner found = make_owner(1, 100, "");
	struct owners *owners = owners_new();
	struct owner owner;

	(void)state;
	memset(found.comm, 'x', sizeof(found.comm));
	owners_walk_begin(owners, SECOND);
	assert_int_equal(owners_found(owners, &found, &(struct found_process){ 0 }), 0);
	owners_walk_end(owners);
	assert_true(owners_lookup(owners, 1, 1001, &owner));
	assert_string_equal(owner.comm, "xxxxxxxxxxxxxxx");
	owners_free(owners);
}

/* The same for `katrace list`, which adds them one by one. */
static void many_owners_become_one(void **state)
{
	struct owner sum = { .pid = 1 }, more = { 0 };

	(void)state;
	for (more.pid = 2; more.pid <= 100; more.pid++) {
		owner_add(&sum, &more);
		owner_add(&sum, &more);
	}
	assert_int_equal(sum.n_others, OWNERS_OTHERS_MAX);
	assert_int_equal(sum.n_unlisted, 100 - 1 - OWNERS_OTHERS_MAX);
}

/* Of two holders of one socket the lower pid comes first, whatever the order; both count for the filter. */
static void two_owners_become_one(void **state)
{
	const struct owner low = { .pid = 100, .comm = "low", .meets = 1, .n_others = 1, .other_pids = { 200 } };
	const struct owner high = { .pid = 200, .comm = "high", .meets = 2, .n_others = 1, .other_pids = { 300 } };
	struct owner sums[] = { low, high };

	(void)state;
	owner_add(&sums[0], &high);
	owner_add(&sums[1], &low);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(sums[i].pid, 100);
		assert_string_equal(sums[i].comm, "low");
		assert_int_equal(sums[i].n_others, 2);
		assert_int_equal(sums[i].other_pids[0], 200);
		assert_int_equal(sums[i].other_pids[1], 300);
		assert_int_equal(sums[i].meets, 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_inode_of_an_orphan),
		cmocka_unit_test(lowest_pid_comes_first),
		cmocka_unit_test(a_new_walk_replaces_the_holders),
		cmocka_unit_test(cgroups_are_learnt_once),
		cmocka_unit_test(titles_are_kept),
		cmocka_unit_test(what_held_a_sock_before_is_forgotten_too),
		cmocka_unit_test(the_last_holder_is_remembered_a_while),
		cmocka_unit_test(many_holders_are_bounded),
		cmocka_unit_test(a_name_ends),
		cmocka_unit_test(two_owners_become_one),
		cmocka_unit_test(many_owners_become_one),
		cmocka_unit_test(half_a_walk_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

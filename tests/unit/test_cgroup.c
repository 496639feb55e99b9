// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/cgroup.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#define ID "3f1c0d2a9b8e7f60514233425160708f9e8d7c6b5a493827160504f3e2d1c0ba"
#define OTHER "00000000000000000000000000000000000000000000000000000000000000aa"
#define POD "pod0b1e3c5d_7f90_4a2b_8c6d_1e2f3a4b5c6d"

static void assert_described(const char *text, const char *container, const char *unit)
{
	struct cgroup cgroup = { 0 };

	cgroup_describe(&cgroup, text);
	assert_string_equal(cgroup.container, container);
	assert_string_equal(cgroup.unit, unit);
}

static void docker(void **state)
{
	(void)state;
	assert_described("0::/system.slice/docker-" ID ".scope\n", ID, "");
	assert_described("0::/docker/" ID "\n", ID, "");
	assert_described("0::/docker/" ID "/docker/" OTHER "\n", OTHER, ""); /* docker in docker */
	assert_described("0::/ecs/0b1e3c5d7f904a2b8c6d1e2f3a4b5c6d/" ID "\n", ID, "");
}

static void kubernetes(void **state)
{
	(void)state;
	assert_described("0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-" POD
			 ".slice/cri-containerd-" ID ".scope\n",
			 ID, "");
	assert_described("0::/kubepods/besteffort/" POD "/" ID "\n", ID, "");
	assert_described("0::/system.slice/containerd.service/kubepods-" POD ".slice:cri-containerd:" ID "\n", ID,
			 "containerd.service");
	assert_described("0::/kubepods.slice/kubepods-" POD ".slice/crio-" ID ".scope/container\n", ID, "");
	/* the watcher of a container is outside of it; its unit's name is cut */
	assert_described("0::/kubepods.slice/kubepods-" POD ".slice/crio-conmon-" ID ".scope\n", "",
			 "crio-conmon-3f1c0d2a9b8e7f60514233425160708f9e8d7c6b5a493827160");
}

static void podman(void **state)
{
	(void)state;
	assert_described("0::/machine.slice/libpod-" ID ".scope/container\n", ID, "");
	assert_described("0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope\n", ID,
			 "user@1000.service");
	assert_described("0::/libpod_parent/libpod-" ID "\n", ID, "");
}

static void systemd(void **state)
{
	(void)state;
	assert_described("0::/system.slice/nginx.service\n", "", "nginx.service");
	assert_described("0::/user.slice/user-1000.slice/session-3.scope\n", "", "session-3.scope");
	assert_described("0::/system.slice/system-postgresql.slice/postgresql@15-main.service\n", "",
			 "postgresql@15-main.service");
	assert_described("0::/init.scope\n", "", "init.scope");
	/* the innermost one, and not what the manager of the user runs in */
	assert_described("0::/user.slice/user-1000.slice/user@1000.service/app.slice/sync.service\n", "",
			 "sync.service");
}

/* Version 1 has a line for each controller; in the mixed form version 2 comes last and may say nothing. */
static void version_1(void **state)
{
	(void)state;
	assert_described("12:pids:/docker/" ID "\n11:cpu,cpuacct:/docker/" ID "\n1:name=systemd:/docker/" ID "\n0::/\n",
			 ID, "");
	assert_described("4:memory:/\n1:name=systemd:/system.slice/redis.service\n0::/system.slice/redis.service\n", "",
			 "redis.service");
	assert_described("3:cpuset:/kubepods/" POD "/" ID "\n0::/system.slice/kubelet.service\n", ID,
			 "kubelet.service");
}

static void nothing_to_be_told(void **state)
{
	(void)state;
	assert_described("", "", "");
	assert_described("0::/\n", "", "");
	assert_described("0::/a/b\n", "", "");
	assert_described("no colon\n1:one\n", "", "");
	assert_described("0::/docker/3f1c0d2a\n", "", ""); /* too short */
	assert_described("0::/x" ID "\n", "", "");         /* the end of a longer name */
	assert_described("0::/docker/G"
			 "f1c0d2a9b8e7f60514233425160708f9e8d7c6b5a493827160504f3e2d1c0ba\n",
			 "", "");
	assert_described("0::/system.slice/.service\n", "", ""); /* nothing but an ending */
}

static void long_units_are_cut(void **state)
{
	char text[512];
	struct cgroup cgroup = { 0 };

	(void)state;
	snprintf(text, sizeof(text), "0::/system.slice/%0200d.service\n", 7);
	cgroup_describe(&cgroup, text);
	assert_int_equal(strlen(cgroup.unit), UNIT_LENGTH);
}

static void subtrees(void **state)
{
	const char *const text = "4:memory:/jobs/a\n0::/system.slice/nginx.service\n";

	(void)state;
	assert_true(cgroup_is_below(text, "/system.slice"));
	assert_true(cgroup_is_below(text, "/system.slice/"));
	assert_true(cgroup_is_below(text, "/system.slice/nginx.service"));
	assert_true(cgroup_is_below(text, "/jobs"));
	assert_true(cgroup_is_below(text, "/"));
	assert_false(cgroup_is_below(text, "/system"));
	assert_false(cgroup_is_below(text, "/system.slice/nginx.service/x"));
	assert_false(cgroup_is_below("", "/"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(docker),
		cmocka_unit_test(kubernetes),
		cmocka_unit_test(podman),
		cmocka_unit_test(systemd),
		cmocka_unit_test(version_1),
		cmocka_unit_test(nothing_to_be_told),
		cmocka_unit_test(long_units_are_cut),
		cmocka_unit_test(subtrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

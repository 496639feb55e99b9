# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""Redis in a podman container: whose connection it is, as the host sees it."""
from stage import Story, on, wait

STORY = Story(
    title="A container: whose connection is it?",
    words="which container owns this TCP connection; podman docker keepalive; container id of a socket",
    knob="podman run --name cache ... redis-server --tcp-keepalive 30",
    moral="katrace on the host shows the process as the host numbers it, and the container's ID as `podman ps` and "
          "`docker ps` do. `--container` takes the first digits of an ID.")

# A control group of its own is all that this needs: no controller, no limit, no image.
PREPARE = """
set -e
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /image /var/lib/containers
mount -t tmpfs containers /var/lib/containers
mount --bind / /image
"""
PODMAN = ("podman", "--cgroup-manager=cgroupfs", "--storage-driver=vfs")
RUN = (*PODMAN, "run", "--detach", "--name=cache", "--network=host", "--privileged", "--pids-limit=0",
       "--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024", "--rootfs", "/image",
       "redis-server", "--protected-mode", "no", "--tcp-keepalive", "30")
REMOVE = "find /sys/fs/cgroup/libpod_parent -depth -type d -exec rmdir {} +"


def play(stage):
    stage.server.do("sh", "-c", PREPARE)
    try:
        container = stage.server.do(*RUN).split()[-1]
        wait("redis to listen", lambda: ":6379 " in stage.server.do("ss", "-Hltn"))
        client = stage.client.connect(stage.server.address, 6379)
        client.sendall(b"PING\r\n")
        assert client.recv(16) == b"+PONG\r\n"

        redis = {"process.name": "redis-server", "network.local.port": 6379}
        stage.expect_rows([(redis, {**on(30, 10, 3), "container.id": container})])
        stage.expect_rows([(redis, {"container.id": container})], f"--container={container[:12]}")
        pid = stage.list("--container", container[:12])[0]["process.pid"]
        with open(f"/proc/{pid}/comm", encoding="ascii") as comm:
            assert comm.read() == "redis-server\n"
        stage.show_list("--comm=redis-server")
    finally:
        stage.server.do(*PODMAN, "rm", "--force", "--all", "--time=0")
        wait("the container's control groups to be empty", lambda: not stage.server.do("sh", "-c", f"{REMOVE} 2>&1"))

# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""The hosts of a scenario: a client and a server with a router between them, each a network namespace."""
import contextlib
import os
import socket
import subprocess
import sys

from . import kernel
from .programs import Program

ADDRESSES = {
    "client": {"uplink": "10.0.1.2"},
    "router": {"client": "10.0.1.1", "server": "10.0.2.1"},
    "server": {"uplink": "10.0.2.2"},
}


class Host:
    """A network namespace, which lives as long as the process that holds it."""

    def __init__(self, name, root):
        self.name = name
        self.root = root
        self.address = list(ADDRESSES[name].values())[-1]
        command = [sys.executable, "-c", "import signal; print(flush=True); signal.pause()"]
        self._holder = subprocess.Popen(command, stdout=subprocess.PIPE, preexec_fn=self._begin)
        self._holder.stdout.readline()
        self.netns_pid = self._holder.pid
        self._netns = os.open(f"/proc/{self.netns_pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self.do("ip", "link", "set", "lo", "up")

    @staticmethod
    def _begin():
        kernel.die_with_parent()
        kernel.unshare(kernel.CLONE_NEWNET)

    def netns(self):
        """The inode number that katrace shows."""
        return str(os.fstat(self._netns).st_ino)

    def enter(self):
        """The calling thread is on this host from now on."""
        kernel.setns(self._netns)

    @contextlib.contextmanager
    def here(self):
        """Sockets made meanwhile are this host's."""
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self.enter()
        try:
            yield
        finally:
            kernel.setns(before)
            os.close(before)

    def start(self, *command, user="root", environment=None):
        """Starts a program of the root on this host. It ends with the scenario."""
        return Program(self, command, user, environment)

    def do(self, *command, user="root", check=True, timeout_s=60):
        """Runs a command of the root on this host to its end; returns what it printed."""
        program = self.start(*command, user=user)
        status = program.wait(timeout_s)
        if check and status != 0:
            raise RuntimeError(f"{' '.join(command)}: status {status}: {program.output()}")
        return program.output()

    def sysctl(self, **values):
        """sysctl(tcp_keepalive_time=60): those of net.ipv4."""
        with self.here():
            for name, value in values.items():
                with open(f"/proc/sys/net/ipv4/{name}", "w", encoding="ascii") as file:
                    file.write(str(value))

    def firewall(self, rules):
        """Takes rules in the language of nft(8)."""
        self.root.write("/tmp/rules.nft", rules)
        self.do("nft", "-f", "/tmp/rules.nft")

    def connect(self, peer, port, **options):
        """A connection of this process from this host."""
        with self.here():
            made = socket.create_connection((peer, port), timeout=15)
        if options.pop("keepalive", False):
            made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in options.items():
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, f"TCP_{name.upper()}"), value)
        return made

    def listen(self, port):
        """A listener of this process on this host."""
        with self.here():
            listener = socket.create_server(("", port), backlog=1024)
        listener.settimeout(15)
        return listener


def _cable(router, host):
    """Joins a host with the router's interface of that host's name."""
    with router.here():
        router.do("ip", "link", "add", host.name, "type", "veth", "peer", "name", "uplink",
                  "netns", str(host.netns_pid))
    for at, name, address in ((router, host.name, ADDRESSES["router"][host.name]), (host, "uplink", host.address)):
        at.do("ip", "address", "add", f"{address}/24", "dev", name)
        at.do("ip", "link", "set", "dev", name, "up")
    host.do("ip", "route", "add", "default", "via", ADDRESSES["router"][host.name])


def make_hosts(root):
    """(client, router, server), joined by cables."""
    client, router, server = (Host(name, root) for name in ADDRESSES)
    router.sysctl(ip_forward=1)
    _cable(router, client)
    _cable(router, server)
    return client, router, server

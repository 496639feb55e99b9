# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""Ten thousand connections through HAProxy to nginx, and a cable between these two that is pulled for 20 seconds."""
import time

from .wait import wait

HALF = 5000  # a process may have 20,000 descriptors, and HAProxy needs two for a connection
OUTAGE_S = 20
PORTS = (8001, 8002)
HAPROXY = """
global
    nbthread 1  # more drop lines of the log when they want to write at once
    maxconn 6000
defaults
    mode tcp
    log stdout format raw daemon
    option tcplog
    timeout connect 10s
    timeout client 5m
    timeout server 5m
listen nginx
    bind :{port}
    option srvtcpka
    srvtcpka-idle {idle}
    srvtcpka-intvl 2s
    srvtcpka-cnt 3
    server nginx 10.0.2.2:8000
"""
NGINX = """
worker_processes 2;
worker_rlimit_nofile 20000;
error_log /tmp/error.log info;
events {{ worker_connections 12000; }}
http {{
    access_log off;
    keepalive_timeout 5m;
    server {{
        listen 8000 so_keepalive={idle}:2s:3 backlog=4096;
        location / {{ return 200 "here\\n"; }}
    }}
}}
"""
CABLE = """
table netdev katrace {
    chain cable { type filter hook ingress device "%s" priority 0; ip protocol tcp drop; }
}
"""


class Crowd:
    """The programs, with keepalive on both ends of the cable; idle: the idle time, such as 6s."""

    def __init__(self, stage, idle):
        self._stage = stage
        stage.root.write("/etc/nginx/nginx.conf", NGINX.format(idle=idle))
        stage.server.start("nginx", "-g", "daemon off;").listens(8000)
        self._balancers = [self._balancer(port, idle) for port in PORTS]
        self.trace = stage.trace("--failures")
        self.trace.may_miss_hidden = True
        self._clients = [stage.client.start("python3", "/apps/many_clients.py", "10.0.1.1", str(port), str(HALF))
                         for port in PORTS]
        self._all_say(f"answered {HALF}", 60)

    def _balancer(self, port, idle):
        self._stage.root.write(f"/tmp/haproxy{port}.cfg", HAPROXY.format(port=port, idle=idle))
        return self._stage.router.start("haproxy", "-f", f"/tmp/haproxy{port}.cfg").listens(port)

    def _all_say(self, text, timeout_s):
        for client in self._clients:
            client.says(text, timeout_s=timeout_s)

    def show_summary(self):
        """Puts the table of katrace list --summary into docs/stories.md, without the findings of that moment."""
        options = ("--summary", "--peer=10.0.2.2")
        table = self._stage.katrace("list", *options).split("\n\n")[0]
        self._stage.show(" ".join(("sudo katrace list", *options)), table)

    def outage(self):
        """The cable is pulled, and plugged in again: what is meant to die meanwhile has that long."""
        cable = (self._stage.router, "server"), (self._stage.server, "uplink")
        for host, interface in cable:
            host.firewall(CABLE % interface)
        time.sleep(OUTAGE_S)
        for host, _ in cable:
            host.do("nft", "delete", "table", "netdev", "katrace")

    def ask_again(self):
        """All clients get an answer over the connection that they have."""
        for client in self._clients:
            client.type("again\n")
        self._all_say(f"again {HALF}", 30)

    def have_ended(self):
        """Waits until each client has seen the end of each of its connections."""
        self._all_say(f"ended {HALF}", 20)

    def logged(self):
        """How many connections nginx and HAProxy say that keepalive ended."""
        balancers = sum(balancer.output().count(" SD ") for balancer in self._balancers)
        return {"nginx": self._stage.root.read("/tmp/error.log").count("timed out"), "haproxy": balancers}

    def wait_logged(self, count):
        wait(f"{count} ends in the logs, of {self.logged()}", lambda: set(self.logged().values()) == {count}, 20)

    def probes(self):
        """That the kernel has counted on both ends of the cable."""
        counts = (host.do("nstat", "-asz", "TcpExtTCPKeepAlive").split()
                  for host in (self._stage.router, self._stage.server))
        return sum(int(words[words.index("TcpExtTCPKeepAlive") + 1]) for words in counts)

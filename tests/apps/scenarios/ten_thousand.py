# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""Ten thousand connections through HAProxy to nginx, and the cable to nginx is pulled for a while: the half whose
keepalive notices it meanwhile dies, the other does not. katrace counts what the programs log."""
import collections

from stage import Story, wait

ALONE = True  # other scenarios beside it would be late
EACH = 5000  # a process may have 20,000 descriptors, and HAProxy needs two for a connection
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
    server nginx 10.0.2.2:{port}
"""
NGINX = """
worker_processes 2;
worker_rlimit_nofile 20000;
error_log /tmp/error.log info;
events { worker_connections 12000; }
http {
    access_log off;
    keepalive_timeout 5m;
    server {
        listen 8001 so_keepalive=6s:2s:3 backlog=4096;
        listen 8002 so_keepalive=2m:2s:3 backlog=4096;
        location / { return 200 "here\\n"; }
    }
}
"""
CABLE = """
table netdev katrace {
    chain cable { type filter hook ingress device "%s" priority 0; ip protocol tcp drop; }
}
"""
IDLE = {8001: "6s", 8002: "2m"}
STORY = Story(
    title="Ten thousand connections, and a cable that is pulled for 20 seconds",
    words="switch reboot drops all connections; keepalive too aggressive; connections die on short network outage; "
          "HAProxy termination state SD; mass disconnect after failover",
    knob="srvtcpka-idle 6s     # and nginx: so_keepalive=6s:2s:3 - dead after 12 s\n"
         "srvtcpka-idle 2m     # and nginx: so_keepalive=2m:2s:3 - outlives it",
    moral="Keepalive ends idle connections that would have outlived a short outage. Idle time and probes together "
          "should be longer than the outages that the network has by itself, such as a switch that restarts.")


def kernels_count(stage):
    """Of keepalive probes, on the two hosts whose keepalive is on."""
    counts = (host.do("nstat", "-asz", "TcpExtTCPKeepAlive").split() for host in (stage.router, stage.server))
    return sum(int(words[words.index("TcpExtTCPKeepAlive") + 1]) for words in counts)


def expect_counts(trace, probes):
    """Each end is counted, with the probes that were not answered. Where the kernel ran no tracing programs, the cause
    of an end may be unknown, and an answered probe be missing."""
    ended = trace.lines(event_name="katrace.ended")
    ends = collections.Counter((line["process.name"], line["network.local.port"] == 8001) for line in ended)
    verdicts = {(line["katrace.verdict"], line["katrace.probes_unanswered"]) for line in ended
                if line["katrace.verdict"] != "unseen"}
    sent = sum(line["katrace.probes_sent"] for line in ended)
    if ends != {("haproxy", False): EACH, ("nginx", True): EACH}:
        raise AssertionError(f"not {EACH} ends each: {ends}")
    if verdicts != {("keepalive_timeout", 3)}:
        raise AssertionError(f"not by 3 probes: {verdicts}")
    if sent > probes:
        raise AssertionError(f"katrace counted {sent} probes, the kernel {probes}")


def play(stage):
    stage.root.write("/etc/nginx/nginx.conf", NGINX)
    stage.server.start("nginx", "-g", "daemon off;").listens(*IDLE)
    balancers, clients = {}, {}
    for port, idle in IDLE.items():
        stage.root.write(f"/tmp/haproxy{port}.cfg", HAPROXY.format(port=port, idle=idle))
        balancers[port] = stage.router.start("haproxy", "-f", f"/tmp/haproxy{port}.cfg").listens(port)
    trace = stage.trace("--failures")
    trace.may_miss_hidden = True
    for port in IDLE:
        clients[port] = stage.client.start("python3", "/apps/many_clients.py", "10.0.1.1", str(port), str(EACH))
    for client in clients.values():
        client.says(f"answered {EACH}", timeout_s=40)
    stage.show_list("--summary", "--peer=10.0.2.2")

    cable = (stage.router, "server"), (stage.server, "uplink")
    for host, interface in cable:
        host.firewall(CABLE % interface)
    clients[8001].says(f"ended {EACH}", timeout_s=40)
    wait("nginx to log its ends", lambda: stage.root.read("/tmp/error.log").count("timed out") == EACH, 20)
    wait("HAProxy to log its ends", lambda: balancers[8001].output().count(" SD ") == EACH)
    for host, _ in cable:
        host.do("nft", "delete", "table", "netdev", "katrace")
    clients[8002].type("again\n")
    clients[8002].says(f"again {EACH}", timeout_s=20)
    if "ended" in clients[8002].output() or balancers[8002].output():
        raise AssertionError(f"some have died: {clients[8002].output()}{balancers[8002].output()}")

    probes = kernels_count(stage)
    trace.stop()
    expect_counts(trace, probes)

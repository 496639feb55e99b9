# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""HAProxy in front of Redis: clitcpka and srvtcpka, each leg with values of its own, and the balancer's idle timeouts,
which probes do not put off: timeout client in one listener, timeout server in the other."""
from stage import Packets, Story, off, on, seconds

CONFIGURATION = """
defaults
    mode tcp
    log stdout format raw daemon
    option tcplog
    timeout connect 5s
listen short-client
    bind :7001
    timeout client 6s
    timeout server 1m
    option clitcpka
    clitcpka-idle 1s
    clitcpka-intvl 2s
    clitcpka-cnt 5
    option srvtcpka
    srvtcpka-idle 10m
    server redis 10.0.2.2:6379 source 10.0.2.1:7101
listen short-server
    bind :7002
    timeout client 1m
    timeout server 5s
    option clitcpka
    server redis 10.0.2.2:6379 source 10.0.2.1:7102
"""
STORY = Story(
    title="HAProxy: timeout client and timeout server in front of Redis",
    words="HAProxy clitcpka srvtcpka not working; HAProxy closes idle TCP connection; HAProxy Redis connection closed "
          "by server; HAProxy termination state cD sD",
    knob="listen short-client\n    timeout client 6s    # ends idle connections, probed or not\n    timeout server 1m\n"
         "    option clitcpka\n    clitcpka-idle 1s\n    clitcpka-intvl 2s\n    clitcpka-cnt 5\n"
         "    option srvtcpka\n    srvtcpka-idle 10m",
    moral="Each side of a balancer is a connection of its own, with keepalive of its own. Its timeout client and "
          "timeout server count data only: the shorter one closes an idle connection, however many probes are "
          "answered. Make both longer than the longest pause of the application, or let it send something in its pauses.")

CLIENT, REDIS = on(40, 10, 3), on(300, 100, 3)  # Redis's tcp-keepalive 300: a third of it between probes
LEGS = {  # of each listener: HAProxy's two ends
    7001: (on(1, 2, 5), on(600, 7, 4, sysctl="interval limit")),
    7002: (on(50, 7, 4, sysctl="idle interval limit"), off()),
}
ENDS = {7001: ("cD", 6, "reset_by_peer"), 7002: ("sD", 5, "closed_by_peer")}  # in HAProxy's log, idle, the client's


def legs(port):
    """The four ends of a connection through a listener, from the client to Redis: whose, with which settings."""
    ours, theirs = LEGS[port]
    return [
        ({"process.title": "redis_client.py", "network.peer.port": port}, CLIENT),
        ({"process.name": "haproxy", "network.local.port": port}, ours),
        ({"process.name": "haproxy", "network.local.port": port + 100}, theirs),
        ({"process.name": "redis-server", "network.peer.port": port + 100}, REDIS),
    ]


def play(stage):
    stage.router.sysctl(tcp_keepalive_time=50, tcp_keepalive_intvl=7, tcp_keepalive_probes=4)
    stage.root.write("/tmp/haproxy.cfg", CONFIGURATION)
    stage.server.start("redis-server", "--bind", "0.0.0.0", "--protected-mode", "no").listens(6379)
    haproxy = stage.router.start("haproxy", "-f", "/tmp/haproxy.cfg").listens(*LEGS)
    trace = stage.trace("--all")
    packets = Packets(stage.client, "uplink")
    clients = {port: stage.client.start("python3", "/apps/redis_client.py", "10.0.1.1", str(port), "40", "10", "3")
               for port in LEGS}
    for client in clients.values():
        client.says("PONG")
    stage.expect_rows([leg for port in LEGS for leg in legs(port)])
    stage.show_list("--comm=haproxy")

    for port, (state, idle_s, verdict) in ENDS.items():
        client, to_client, to_redis, redis = (where for where, _ in legs(port))
        told = dict.fromkeys(("katrace.data_received_us", "katrace.data_sent_us"), seconds(idle_s - 0.1, idle_s + 5))
        stage.expect_lines(trace, [("peer_closed", client, {})])
        if port == 7001:  # at the end of timeout client HAProxy closes both sides, at that of timeout server one
            stage.expect_lines(trace, [
                ("ended", to_redis, {**told, "katrace.verdict": "closed_locally"}),
                ("ended", redis, told),  # HAProxy's reset follows its FIN: Redis may have closed before it came
            ])
        clients[port].type("again\n")  # only now the application looks at its connection
        clients[port].says("closed by server")
        haproxy.says(f" {state} ")
        stage.expect_lines(trace, [
            ("ended", client, {**told, "katrace.verdict": verdict}),
            ("ended", to_client, {**told, "katrace.verdict": "closed_locally"}),
        ])

    trace.stop()
    ended = trace.lines(event_name="katrace.ended", process__name="haproxy", network__local__port=7001)[0]
    stage.expect_probes(ended, packets)
    stage.show_timeline(trace, event_name="katrace.ended", process__name="haproxy", network__local__port=7001)
    stage.show_timeline(trace, event_name="katrace.ended", process__title="redis_client.py", network__peer__port=7001)

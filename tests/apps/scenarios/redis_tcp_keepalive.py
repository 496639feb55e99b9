# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""Redis: tcp-keepalive short, by default, and off; redis-cli with values of its own; a client that vanishes."""
from stage import Packets, Story, off, on

STORY = Story(
    title="Redis: tcp-keepalive",
    words="redis tcp-keepalive 300; redis dead client connections not closed; redis client list idle; "
          "redis Reading from client: Connection timed out",
    knob="tcp-keepalive 3   # 3 s idle, then 3 probes, a third of that apart; default 300; 0: off",
    moral="tcp-keepalive is the idle time. The interval is a third of it and the limit is 3, whatever the sysctls "
          "say: a client that vanished is gone after twice the number. redis-cli does the same with 15 s. What Redis "
          "calls `timeout` is another thing: it closes idle clients, also living ones.")

SERVERS = {
    7001: (["--tcp-keepalive", "3"], on(3, 1, 3)),
    7002: ([], on(300, 100, 3)),
    7003: (["--tcp-keepalive", "0"], off()),
}


def server(port):
    return {"process.name": "redis-server", "network.local.port": port}


def client(port):
    return {"process.name": "redis-cli", "network.peer.port": port}


def play(stage):
    command = ("redis-server", "--protected-mode", "no", "--loglevel", "verbose", "--port")
    servers = {port: stage.server.start(*command, str(port), *options) for port, (options, _) in SERVERS.items()}
    for port, redis in servers.items():
        redis.listens(port)
    trace = stage.trace()
    packets = Packets(stage.router, "server")
    for port in SERVERS:
        cli = stage.client.start("redis-cli", "-h", stage.server.address, "-p", str(port))
        cli.type("PING\n")
        cli.says("PONG")

    stage.expect_rows([(server(port), settings) for port, (_, settings) in SERVERS.items()])
    stage.expect_rows([(client(port), on(15, 5, 3)) for port in SERVERS])
    stage.expect_options()
    stage.show_list("--comm=redis-server")

    trace.wait("probe_answered", count=2, network__local__port=7001)
    stage.cut()
    stage.expect_lines(trace, [
        ("ended", server(7001), {"katrace.verdict": "keepalive_timeout", "katrace.errno": "ETIMEDOUT"}),
    ])
    servers[7001].says("Reading from client: Connection timed out")
    stage.expect_probes(trace.wait("ended"), packets)
    for port, clients in (7001, 1), (7002, 2):  # one of them asks
        assert stage.server.do("redis-cli", "-p", str(port), "CLIENT", "LIST").count(" addr=") == clients
    trace.stop()
    text = stage.show_timeline(trace, event_name="katrace.ended", network__local__port=7001)
    stage.expect_text(text, "redis-server[", "3s idle, then 3 probes 1s apart", "The peer answered none of 3 probes")

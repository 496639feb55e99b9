# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""Netty: childOption(SO_KEEPALIVE, true) and nothing else; then the sysctls are lowered, twice."""
from stage import JAVA, Packets, Story, on, seconds, wait

STORY = Story(
    title="Netty: SO_KEEPALIVE, and sysctls that are lowered too late",
    words="Netty SO_KEEPALIVE 2 hours; Netty childOption SO_KEEPALIVE not working; tcp_keepalive_time no effect on "
          "existing connections",
    knob="serverBootstrap.childOption(ChannelOption.SO_KEEPALIVE, true);\n\n"
         "$ sysctl net.ipv4.tcp_keepalive_time=3 net.ipv4.tcp_keepalive_intvl=1 net.ipv4.tcp_keepalive_probes=3",
    moral="SO_KEEPALIVE alone takes all values from the sysctls: two hours. Lowered sysctls hold for new connections; "
          "an old one waits for its old timer first, also when its peer is gone. Set TCP_KEEPIDLE in the program "
          "(`NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE)`, `EpollChannelOption.TCP_KEEPIDLE`), or restart "
          "it after a change of the sysctls.")

PORT = 8000
ALL = "idle interval limit"



def port(client):
    return {"network__peer__port": client.getsockname()[1]}


def server(client):
    """The server's end of a client's connection."""
    return {"process.title": "NettyServer", "network.peer.port": client.getsockname()[1]}


def connect(stage, connections):
    client = stage.client.connect(stage.server.address, PORT)
    wait("Netty to accept", lambda: len(stage.list("--comm=java")) == connections)
    return client


def play(stage):
    netty = stage.server.start(*JAVA, "NettyServer", str(PORT)).listens(PORT)
    packets = Packets(stage.router, "server")
    trace = stage.trace("-p", str(netty.pid))
    old = connect(stage, 1)
    stage.expect_rows([(server(old), {**on(7200, 75, 9, sysctl=ALL), "katrace.keepalive.old_timer": None})])

    stage.server.sysctl(tcp_keepalive_time=3, tcp_keepalive_intvl=1, tcp_keepalive_probes=3)
    new = connect(stage, 2)
    stage.expect_rows([
        (server(old), {**on(3, 1, 3, sysctl=ALL), "katrace.keepalive.old_timer": True,
                       "katrace.next_probe_us": seconds(7100, 7200)}),
        (server(new), {**on(3, 1, 3, sysctl=ALL), "katrace.keepalive.old_timer": None,
                       "katrace.next_probe_us": seconds(0, 3)}),
    ])
    stage.show_list("--comm=java")

    # the new one is probed; lowered once more, it takes that at its next probe
    wait("two answers", lambda: len(trace.lines(event_name="katrace.probe_answered", **port(new))) > 1)
    stage.server.sysctl(tcp_keepalive_time=2)
    stage.cut()
    stage.expect_lines(trace, [
        ("configured", {**server(new), "katrace.changed": ["idle_s"]}, on(2, 1, 3, sysctl=ALL)),
        ("ended", server(new), {"katrace.verdict": "keepalive_timeout", "katrace.errno": "ETIMEDOUT"}),
    ])
    netty.says(f"{new.getsockname()[1]}: Connection timed out")
    stage.expect_rows([(server(old), {"katrace.keepalive.old_timer": True, "network.connection.state": "established"})])

    trace.stop()
    stage.expect_probes(trace.wait("ended", **port(new)), packets)
    text = stage.show_timeline(trace, event_name="katrace.ended", **port(new))
    stage.expect_text(text, "changed", "idle 3s to 2s", "The peer answered none of 3 probes")

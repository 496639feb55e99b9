# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""java.net.Socket with jdk.net.ExtendedSocketOptions on both sides: a client that only shuts its output down, and a
client that vanishes."""
from stage import JAVA, Packets, Story, on, wait

STORY = Story(
    title="Java: ExtendedSocketOptions, and a half-closed connection",
    words="Java TCP_KEEPIDLE Socket.setOption; jdk.net.ExtendedSocketOptions; Java shutdownOutput CLOSE_WAIT; "
          "java.net.SocketException Connection timed out",
    knob="socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true);\n"
         "socket.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, 2);\n"
         "socket.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, 1);\n"
         "socket.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, 3);",
    moral="The JDK (11 and later) sets the kernel's options. A half-closed connection is in order as long "
          "as the other side still has something to send: keepalive goes on, on both sides. Otherwise it is a server "
          "that never closes after read() returned -1.")

PORT = 9000
SET = on(2, 1, 3)


def state(name):
    return {**SET, "process.title": "KeepaliveSocket", "network.connection.state": name}


def timeout(name):
    return {"katrace.verdict": "keepalive_timeout", "katrace.errno": "ETIMEDOUT", "network.connection.state": name}


def play(stage):
    packets = {side: Packets(stage.router, side) for side in ("client", "server")}
    server = stage.server.start(*JAVA, "KeepaliveSocket", str(PORT)).listens(PORT)
    client = stage.client.start(*JAVA, "KeepaliveSocket", stage.server.address, str(PORT))
    trace = stage.trace("-p", f"{server.pid},{client.pid}")
    client.type("1")
    quiet = stage.client.connect(stage.server.address, PORT)  # shuts nothing down
    wait("three sockets to have all options",  # the limit is the last
         lambda: [row["katrace.keepalive.probe_limit"] for row in stage.list("--comm=java")] == [3, 3, 3])
    port = stage.list("-p", str(client.pid))[0]["network.local.port"]
    quiet_port = quiet.getsockname()[1]

    closing = {"process.pid": client.pid, "network.local.port": port}
    closed = {"process.pid": server.pid, "network.peer.port": port}
    other = {"process.pid": server.pid, "network.peer.port": quiet_port}
    stage.expect_rows([(end, state("established")) for end in (closing, closed, other)])
    stage.expect_options("--comm=java")

    trace.wait("probe_answered", network__peer__port=port)
    client.type("2")
    server.says(f"{port}: read -1")
    stage.expect_lines(trace, [("peer_closed", closed, {"network.connection.state": "close_wait"})])
    stage.expect_rows([(closing, state("fin_wait_2")), (closed, state("close_wait")), (other, state("established"))])
    stage.show_list("--comm=java")
    for name in "fin_wait_2", "close_wait":
        trace.wait("probe_answered", network__connection__state=name)

    stage.cut()
    stage.expect_lines(trace, [
        ("ended", closing, {**timeout("fin_wait_2"), "katrace.close_reason": "shutdown"}),
        ("ended", closed, timeout("close_wait")),
        ("ended", other, timeout("established")),
    ])
    client.says(f"{PORT}: java.net.SocketException: Connection timed out")
    server.says(f"{quiet_port}: java.net.SocketException: Connection timed out")

    trace.stop()
    for line in trace.lines(event_name="katrace.ended"):
        stage.expect_probes(line, packets["server" if line["process.pid"] == server.pid else "client"])
    text = stage.show_timeline(trace, event_name="katrace.ended", network__peer__port=port)
    stage.expect_text(text, "half-closed  the peer has closed, the application has not")

# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""gRPC: its keepalive is PINGs of HTTP/2, which are data; TCP keepalive is off."""
from stage import Packets, Story, off, seconds, wait

STORY = Story(
    title="gRPC: keepalive_time_ms is HTTP/2 PING, not TCP keepalive",
    words="grpc keepalive vs tcp keepalive; grpc keepalive_time_ms keepalive_timeout_ms; grpc connection dropped "
          "when idle; UNAVAILABLE keepalive watchdog timeout; grpc call hangs forever",
    knob="channel = grpc.insecure_channel(target, options=[\n"
         "    (\"grpc.keepalive_time_ms\", 1000), (\"grpc.keepalive_timeout_ms\", 2000),\n"
         "    (\"grpc.http2.max_pings_without_data\", 0)])",
    moral="A PING is data: a connection with PINGs has no TCP keepalive, and is never silent for longer than "
          "`keepalive_time_ms`. gRPC sets TCP_USER_TIMEOUT (USERTO) to its `keepalive_timeout_ms`, and closes the "
          "connection when a PING is not answered. A client without PINGs never notices that its peer is gone.")

PINGS = ("grpc.keepalive_time_ms=1000", "grpc.keepalive_timeout_ms=2000", "grpc.http2.max_pings_without_data=0")
SERVER, CLIENT = ("python3", "/apps/grpc_wait.py", "server"), ("python3", "/apps/grpc_wait.py", "client")
PORT = 50051


def play(stage):
    stage.server.start(*SERVER, f"{PORT}").listens(PORT)
    packets = Packets(stage.router, "client")
    trace = stage.trace("--all")
    pinging = stage.client.start(*CLIENT, f"{stage.server.address}:{PORT}", *PINGS)
    plain = stage.client.start(*CLIENT, f"{stage.server.address}:{PORT}")

    def idle(*options):
        """For how long the first of these received nothing."""
        rows = stage.list(*options)
        return rows[0]["katrace.data_received_us"] / 1e6 if rows else 0
    wait("the client without PINGs to idle", lambda: idle(f"--pid={plain.pid}", f"--peer=:{PORT}") > 3)
    stage.expect_rows([
        ({"process.pid": pinging.pid}, {**off(user_timeout_ms=2000), "katrace.data_received_us": seconds(0, 2),
                                        "katrace.data_sent_us": seconds(0, 2)}),
        ({"process.pid": plain.pid}, {**off(), "katrace.data_received_us": seconds(3, 60)}),
        ({"network.local.port": PORT}, off(user_timeout_ms=20000), 2),
    ])
    stage.expect_options()
    stage.show_list(f"--peer=:{PORT}")

    client_port = stage.list(f"--pid={pinging.pid}", f"--peer=:{PORT}")[0]["network.local.port"]
    stage.cut()
    pinging.says("UNAVAILABLE keepalive watchdog timeout")
    wait("the orphan to be gone", lambda: not stage.list(f"--local=:{client_port}"))
    wait("the server's end to be silent", lambda: idle(f"--peer=:{client_port}") > 4)
    text = stage.show_list(f"--local=:{PORT}", "--zombies=3s")
    stage.expect_text(text, f"10.0.1.2:{client_port}")
    assert plain.output() == "" and packets.all_probes() == 0
    trace.stop()
    assert not trace.lines(network__peer__port=PORT), "of a connection without keepalive a trace says nothing"

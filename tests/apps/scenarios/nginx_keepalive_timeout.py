# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""nginx: keepalive_timeout, which is HTTP's keep-alive and closes idle connections, is not TCP keepalive."""
from stage import Packets, Story, off, on, seconds, wait

CONFIGURATION = """
worker_processes 1;
events {}
http {
    keepalive_timeout 3s;
    server {
        listen 8001 so_keepalive=30m::10;
        listen 8002;
        location / { return 200 "here\\n"; }
    }
}
"""
STORY = Story(
    title="nginx: keepalive_timeout is not TCP keepalive",
    words="nginx keepalive_timeout vs so_keepalive; nginx closes idle connection; tcp keepalive does not keep http "
          "connection open; upstream prematurely closed connection",
    knob="keepalive_timeout 3s;               # HTTP: close a connection without requests after 3 s\n"
         "listen 8001 so_keepalive=30m::10;   # TCP: probe after 30 minutes without a segment",
    moral="Whoever closed after a round number of seconds without data has an idle timeout. TCP keepalive cannot "
          "prevent it, because probes are no data: raise `keepalive_timeout`, or have the client's pool close earlier.")

SERVERS = {8001: on(1800, 75, 10, sysctl="interval"), 8002: off()}
REQUEST = b"GET / HTTP/1.1\r\nHost: server\r\n\r\n"


def get(client):
    client.sendall(REQUEST)
    answer = b""
    while not answer.endswith(b"here\n"):
        answer += client.recv(4096)


def play(stage):
    stage.root.write("/etc/nginx/nginx.conf", CONFIGURATION)
    stage.server.start("nginx", "-g", "daemon off;").listens(*SERVERS)
    packets = Packets(stage.router, "server")
    trace = stage.trace("--all")
    clients = {port: stage.client.connect(stage.server.address, port, keepalive=True) for port in SERVERS}
    stage.expect_rows([
        *[({"process.name": "nginx", "network.local.port": port}, settings) for port, settings in SERVERS.items()],
        *[({"network.peer.port": port}, on(7200, 75, 9, sysctl="idle interval limit")) for port in SERVERS],
    ])
    stage.show_list("--port=8001-8002")

    for client in clients.values():
        get(client)
    for client in clients.values():
        wait("nginx to close", lambda: client.recv(1) == b"")
        client.close()
    idle = {"katrace.probes_sent": 0, "katrace.data_received_us": seconds(2.9, 4), "katrace.errno": None}
    stage.expect_lines(trace, [
        ("ended", {"network.local.port": 8001},
         {"process.name": "nginx", "katrace.verdict": "closed_locally", "katrace.close_reason": "close", **idle}),
        *[("ended", {"network.peer.port": port}, {"katrace.verdict": "closed_by_peer", **idle}) for port in SERVERS],
    ])
    assert packets.all_probes() == 0
    trace.stop()
    assert not trace.lines(network__local__port=8002), "of a connection without keepalive a trace says nothing"
    for end, perhaps in (("local", "the application, not TCP keepalive"), ("peer", "its application or of a balancer")):
        text = stage.show_timeline(trace, event_name="katrace.ended", **{f"network__{end}__port": 8001})
        stage.expect_text(text, "without data", f"perhaps an idle timeout of {perhaps}. Keepalive probes are no data.")

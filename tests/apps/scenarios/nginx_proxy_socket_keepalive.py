# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""nginx as a reverse proxy: each leg has its own keepalive; an upstream vanishes in the middle of a request."""
from stage import Packets, Story, off, on, wait

CONFIGURATION = """
worker_processes 1;
error_log /var/log/nginx/error.log;
events {}
http { server {
    listen 8080 so_keepalive=10m;
    location /probed { proxy_pass http://10.0.2.2:9001; proxy_socket_keepalive on; }
    location /default { proxy_pass http://10.0.2.2:9002; }
} }
"""
STORY = Story(
    title="nginx: proxy_socket_keepalive to an upstream",
    words="nginx upstream tcp keepalive; proxy_socket_keepalive; upstream timed out (110: Connection timed out) while "
          "reading response header from upstream; nginx 502 vs 504 dead upstream",
    knob="listen 8080 so_keepalive=10m;   # the leg to the client\n"
         "proxy_socket_keepalive on;      # the leg to the upstream: values from the sysctls of nginx's host\n"
         "sysctl net.ipv4.tcp_keepalive_time=2 net.ipv4.tcp_keepalive_intvl=1 net.ipv4.tcp_keepalive_probes=3",
    moral="Each leg of a proxy is a connection of its own. Without `proxy_socket_keepalive on` nginx waits for a "
          "vanished upstream until `proxy_read_timeout`, 60 s by default; with it, as long as the sysctls say.")

VANISHED = "table inet vanished { chain arrives { type filter hook prerouting priority -300; policy drop; }; }"


def play(stage):
    stage.router.sysctl(tcp_keepalive_time=2, tcp_keepalive_intvl=1, tcp_keepalive_probes=3)
    stage.root.write("/etc/nginx/nginx.conf", CONFIGURATION)
    stage.router.start("nginx", "-g", "daemon off;").listens(8080)
    upstreams = [stage.server.listen(port) for port in (9001, 9002)]
    packets = Packets(stage.server, "uplink")
    trace = stage.trace()
    clients = [stage.client.connect("10.0.1.1", 8080) for _ in upstreams]
    for client, place in zip(clients, ("probed", "default")):
        client.sendall(f"GET /{place} HTTP/1.1\r\nHost: proxy\r\n\r\n".encode())
    served = [upstream.accept()[0] for upstream in upstreams]

    stage.expect_rows([
        ({"process.name": "nginx", "network.local.port": 8080}, on(600, 1, 3, sysctl="interval limit"), 2),
        ({"process.name": "nginx", "network.peer.port": 9001}, on(2, 1, 3, sysctl="idle interval limit")),
        ({"process.name": "nginx", "network.peer.port": 9002}, off()),
        ({"network.peer.port": 8080}, off(), 2),
        ({"network.local.port": 9001}, off()),
    ])
    stage.show_list("--comm=nginx")

    leg = {"process.name": "nginx", "network.peer.port": 9001}
    trace.wait("probe_answered", network__peer__port=9001)
    stage.server.firewall(VANISHED)
    stage.expect_lines(trace, [
        ("ended", leg, {"katrace.verdict": "keepalive_timeout", "katrace.errno": "ETIMEDOUT",
                        "katrace.probes_unanswered": 3}),
    ])
    assert clients[0].recv(4096).startswith(b"HTTP/1.1 502 ")
    log = stage.root.read("/var/log/nginx/error.log")
    stage.expect_text(log, "recv() failed (110: Connection timed out) while reading response header from upstream")
    stage.expect_rows([
        ({"process.name": "nginx", "network.local.port": 8080}, on(600, 1, 3, sysctl="interval limit"), 2),
        ({"process.name": "nginx", "network.peer.port": 9002}, off()),
    ])

    trace.stop()
    stage.expect_probes(trace.lines(event_name="katrace.ended")[0], packets)
    stage.show("tail -1 /var/log/nginx/error.log", log.splitlines()[-1])
    text = stage.show_timeline(trace, event_name="katrace.ended", network__peer__port=9001)
    stage.expect_text(text, "2s idle, then 3 probes 1s apart (all from sysctl)", "The peer answered none of 3 probes")

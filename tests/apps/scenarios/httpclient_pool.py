# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""Apache HttpClient, as Spring's RestTemplate uses it: the server closes pooled connections first, and the pool does
not notice."""
from stage import JAVA, Story, on, seconds, wait

PORT = 8001
CONFIGURATION = f"""
worker_processes 1;
events {{}}
http {{ keepalive_timeout 3s; server {{ listen {PORT} so_keepalive=on; location / {{ return 200 "here\\n"; }} }} }}
"""
STORY = Story(
    title="HttpClient and Spring: pooled connections that the server has closed",
    words="NoHttpResponseException failed to respond; PoolingHttpClientConnectionManager stale connection CLOSE_WAIT; "
          "RestTemplate connection reset after idle; setValidateAfterInactivity",
    knob="keepalive_timeout 3s;   # nginx\n\n"
         "pool.setDefaultSocketConfig(SocketConfig.custom().setSoKeepAlive(true).build());\n"
         "pool.setValidateAfterInactivity(-1);   // no check before use",
    moral="The server's FIN came while nobody read: the pool still offers connections that are half-closed. TCP "
          "keepalive does not help, because the peer answers. Let the pool close idle connections earlier than the "
          "server does (`evictIdleConnections()`), and validate them before use (`setValidateAfterInactivity()`).")

SYSTEM = on(7200, 75, 9, sysctl="idle interval limit")


def play(stage):
    stage.root.write("/etc/nginx/nginx.conf", CONFIGURATION)
    nginx = stage.server.start("nginx", "-g", "daemon off;").listens(PORT)
    client = stage.client.start(*JAVA, "PooledClient", f"http://{stage.server.address}:{PORT}/")
    client.says("ready", timeout_s=60)
    trace = stage.trace("--all", "--children", "-p", f"{client.pid},{nginx.pid}")
    client.type("fill\n")
    client.says("done: fill [leased: 0; pending: 0; available: 3;")

    ours = {"process.title": "PooledClient", "network.peer.port": PORT}
    wait("the server to close", lambda: len(trace.lines(event_name="katrace.peer_closed")) == 3)
    ports = [line["network.local.port"] for line in trace.lines(event_name="katrace.peer_closed")]
    stage.expect_lines(trace, [("ended", {"process.name": "nginx", "network.peer.port": port}, {
        "katrace.verdict": "closed_locally", "katrace.close_reason": "close", "katrace.data_sent_us": seconds(2.9, 4),
    }) for port in ports])
    stage.expect_rows([(ours, {**SYSTEM, "network.connection.state": "close_wait"}, 3)])
    stage.show_list("--comm=java")
    text = stage.katrace("list", "--summary", "--comm=java")
    stage.expect_text(text, "3 connections closed by the peer, but not by the application")

    client.type("get\n")  # with one that is half-closed: the pool has not noticed
    client.says("NoHttpResponseException: The target server failed to respond [leased: 0; pending: 0; available: 2;")
    used = trace.wait("ended", katrace__verdict="reset_by_peer")["network.local.port"]
    client.type("evict\n")
    client.says("done: evict [leased: 0; pending: 0; available: 0;")
    idle = {"process.title": "PooledClient", "katrace.data_received_us": seconds(2.9, 4)}
    stage.expect_lines(trace, [("ended", {**idle, "network.local.port": port}, {
        "katrace.verdict": "reset_by_peer" if port == used else "closed_by_peer",
        "katrace.errno": "EPIPE" if port == used else None,
    }) for port in ports])

    trace.stop()
    text = stage.show_timeline(trace, event_name="katrace.ended", network__local__port=used)
    stage.expect_text(text, "half-closed  the peer has closed, the application has not",
                      "a reset followed before this side had closed it; the last", "perhaps an idle timeout")

# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""Clients of Go, Node.js, Python and curl that idle: which of them have keepalive, and with which values."""
from stage import Packets, Story, off, on, wait

STORY = Story(
    title="Go, Node.js, Python requests, curl: who has TCP keepalive by default",
    words="golang default tcp keepalive 15s; node http agent keepAliveMsecs; socket.setKeepAlive initialDelay; python "
          "requests tcp keepalive; curl --keepalive-time",
    knob="Go       net.Dialer{KeepAlive: 15 * time.Second}   // the default; -1: off; 30 s in net/http\n"
         "Node.js  socket.setKeepAlive(true, 30000)          // off by default\n"
         "         new http.Agent({ keepAlive: true, keepAliveMsecs: 30000 })\n"
         "Python   socket_options in the adapter's init_poolmanager()   # off by default\n"
         "curl     --keepalive-time 40                       # 60 by default; --no-keepalive",
    moral="The keep-alive of an HTTP client keeps connections for the next request; whether TCP probes them is another "
          "question. `setKeepAlive(true)` without a delay leaves the idle time to the sysctl, 2 hours; an agent with "
          "`keepAlive` probes every second unless `keepAliveMsecs` says otherwise.")

GO, NODE, PYTHON = ("/apps/idle",), ("node", "/apps/idle.js"), ("python3", "/apps/idle.py")
TITLES = {NODE: "idle.js", PYTHON: "idle.py"}
CURL = ("curl", "--silent", "--no-buffer")
# port: (command before the address, what it has)
CLIENTS = {
    8001: ((*GO, "dial"), on(15, 15, 9, sysctl="limit")),
    8002: ((*GO, "dialer-off"), off()),
    8003: ((*GO, "http"), on(30, 30, 9, sysctl="limit")),
    8011: ((*NODE, "connect"), off()),
    8012: ((*NODE, "setKeepAlive"), on(7200, 75, 9, sysctl="idle interval limit")),
    8013: ((*NODE, "setKeepAlive-30s"), on(30, 1, 10)),
    8014: ((*NODE, "agent"), on(1, 1, 10)),
    8015: ((*NODE, "agent-30s"), on(30, 1, 10)),
    8021: ((*PYTHON, "http.client"), off()),
    8022: ((*PYTHON, "requests"), off()),
    8023: ((*PYTHON, "requests-probing"), on(40, 75, 9, sysctl="interval limit")),
    8031: (CURL, on(60, 60, 9, sysctl="limit")),
    8032: ((*CURL, "--no-keepalive"), off()),
    8033: ((*CURL, "--keepalive-time", "40"), on(40, 40, 9, sysctl="limit")),
}
CURLS = range(8031, 8040)
CONNECT_ONLY = (8001, 8002, 8011, 8012, 8013)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhere\n"


def serve(listener, port):
    """Curl gets no answer, so that it waits."""
    made, _ = listener.accept()
    if port not in CONNECT_ONLY:
        made.recv(4096)
    if port not in CONNECT_ONLY and port not in CURLS:
        made.sendall(ANSWER)
    return made


def play(stage):
    listeners = {port: stage.server.listen(port) for port in CLIENTS}
    packets = Packets(stage.router, "client")
    trace = stage.trace()
    programs = {port: stage.client.start(*command, f"{stage.server.address}:{port}")
                for port, (command, _) in CLIENTS.items()}
    served = {port: serve(listener, port) for port, listener in listeners.items()}
    for port in CLIENTS.keys() - CURLS:
        programs[port].says("idle")

    stage.expect_rows([({"process.pid": programs[port].pid}, {
        "network.peer.port": port, "process.title": TITLES.get(command[:2]), **settings,
    }) for port, (command, settings) in CLIENTS.items()])
    for name in ("idle", "node", "python3", "curl"):
        stage.show_list(f"--comm={name}", "--peer=10.0.2.2")

    # the agent of Node.js really probes every second
    trace.wait("probe_answered", network__peer__port=8014)
    programs[8014].stop()
    stage.expect_lines(trace, [
        ("ended", {"network.peer.port": 8014},
         {"process.name": "node", "katrace.verdict": "closed_locally", "katrace.close_reason": "process_exit"}),
    ])
    trace.stop()
    stage.expect_probes(trace.lines(event_name="katrace.ended")[0], packets)
    stage.expect_options("--peer=10.0.2.2")

# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""A stateful firewall that forgets idle connections and drops what it does not know. A client whose keepalive comes in
time lives; one that writes later and one that only waits each die their own death, and Redis keeps both as zombies."""
from stage import Packets, Story, off, on, seconds, wait

FIREWALL = """
table ip katrace {
    chain forward {
        type filter hook forward priority filter; policy drop;
        ct state established,related accept
        ct state new tcp flags & (fin|syn|rst|ack) == syn accept
    }
}
"""
TIMEOUT_S = 5
STORY = Story(
    title="The firewall that forgets: conntrack's idle timeout",
    words="connection hangs after idle behind firewall; nf_conntrack_tcp_timeout_established; idle connection dropped "
          "without reset; half-open connections on the server; Redis client list grows; conntrack tcp_loose",
    knob=f"sysctl net.netfilter.nf_conntrack_tcp_timeout_established={TIMEOUT_S}   # on the firewall\n"
         "tcp-keepalive 0                                            # Redis: off",
    moral="A firewall that has forgotten a connection drops its packets and tells nobody. Probes must come more often "
          "than it forgets: idle time and interval below its timeout, on one end at least. The other end needs "
          "keepalive too, or it keeps dead connections for ever.")

CLIENTS = {  # what each is about, and its keepalive
    "writes": on(7, 1, 3),
    "waits": on(7, 1, 3),
    "probes": on(2, 1, 3),
}


def known_ports(stage):
    """The ports of all connections that conntrack knows."""
    known = stage.router.do("conntrack", "-L", "-p", "tcp")
    return {int(word.removeprefix("sport=")) for word in known.split() if word.startswith("sport=")}


def play(stage):
    stage.client.sysctl(tcp_retries2=3)
    stage.router.firewall(FIREWALL)
    stage.router.do("sysctl", f"net.netfilter.nf_conntrack_tcp_timeout_established={TIMEOUT_S}",
                    "net.netfilter.nf_conntrack_tcp_loose=0")
    redis = ("redis-server", "--bind", "0.0.0.0", "--protected-mode", "no", "--tcp-keepalive", "0")
    stage.server.start(*redis).listens(6379)
    trace = stage.trace(f"--middlebox-timeout={TIMEOUT_S}")
    packets = Packets(stage.router, "client")

    clients = {name: stage.client.connect(stage.server.address, 6379, keepalive=True, keepintvl=1, keepcnt=3,
                                          keepidle=settings["katrace.keepalive.idle_s"])
               for name, settings in CLIENTS.items()}
    for client in clients.values():
        client.sendall(b"PING\r\n")
        client.recv(100)
    ports = {name: client.getsockname()[1] for name, client in clients.items()}
    ours = {name: {"network.local.port": port} for name, port in ports.items()}
    theirs = {name: {"network.peer.port": port} for name, port in ports.items()}
    late = [(ours[name], CLIENTS[name]) for name in ("writes", "waits")] + [(end, off()) for end in theirs.values()]
    stage.expect_rows([*late, (ours["probes"], {}, 0)], f"--middlebox-timeout={TIMEOUT_S}")
    stage.show_list(f"--middlebox-timeout={TIMEOUT_S}")
    stage.expect_lines(trace, [("configured", {**end, "katrace.middlebox_timeout_s": TIMEOUT_S}, settings)
                               for end, settings in late])

    wait("conntrack to forget both", lambda: known_ports(stage) == {ports["probes"], 6379})
    clients["writes"].sendall(b"PING\r\n")
    stage.expect_lines(trace, [
        ("ended", ours["writes"], {"katrace.verdict": "retransmission_timeout", "katrace.errno": "ETIMEDOUT",
                                   "katrace.unacked_bytes": 6, "katrace.retransmits": 4}),
        ("ended", ours["waits"], {"katrace.verdict": "keepalive_timeout", "katrace.errno": "ETIMEDOUT",
                                  "katrace.probes_sent": 3, "katrace.silent_us": seconds(9.9, 10.9)}),
    ])
    stage.expect_rows([(theirs["writes"], {}), (theirs["waits"], {}), (theirs["probes"], {}, 0)], "--zombies=6s")
    stage.show_list("--zombies=6s")
    stage.expect_text(stage.server.do("redis-cli", "client", "list"), *(f":{port} " for port in ports.values()))
    clients["probes"].sendall(b"PING\r\n")
    if clients["probes"].recv(100) != b"+PONG\r\n":
        raise AssertionError("the connection that probes does not work")

    trace.stop()
    for name in ("waits", "writes"):
        ended = trace.lines(event_name="katrace.ended", network__local__port=ports[name])[0]
        stage.expect_probes(ended, packets)
        stage.show_timeline(trace, event_name="katrace.ended", network__local__port=ports[name])

# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""sshd with TCPKeepAlive alone, and with ClientAliveInterval too; both clients vanish. What ended which connection?"""
from stage import Packets, Story, between, on, seconds, wait

STORY = Story(
    title="sshd: TCPKeepAlive or ClientAliveInterval",
    words="sshd Timeout, client not responding; ClientAliveInterval vs TCPKeepAlive; sshd orphan FIN_WAIT1; "
          "sshd Read error from remote host: Connection timed out",
    knob="TCPKeepAlive yes         # the default: keepalive with the values of the sysctls\n"
         "ClientAliveInterval 1    # of the sshd on port 23\n"
         "ClientAliveCountMax 2",
    moral="What sshd sends for ClientAliveInterval is data. It keeps TCP keepalive quiet: while the client answers, "
          "the connection is not idle; when it does not, retransmission is in charge. Then sshd exits by itself, and "
          "the kernel tries to deliver the rest until tcp_orphan_retries: a close timeout, and no error for anybody. "
          "Debian 12's sshd (9.2) asks an idle client only after twice the interval. A session is two processes that "
          "hold the connection: the monitor, and the one that runs as the user.")

# 22 last: its first probe lets katrace look for owners, which a login changes, and which it then knows for 10 s
CONFIGURATION = {23: "ClientAliveInterval 1\nClientAliveCountMax 2\n", 22: "LogLevel VERBOSE\n"}


def child(stage, pid, title):
    """The pid of its only child, which has this title; None while it has not."""
    found = stage.server.do("pgrep", "--parent", str(pid), "--full", "--exact", title, check=False).split()
    return int(found[0]) if len(found) == 1 else None


def session(stage, sshd):
    """The pids of its only session. The process that logs the client in, "sshd: alice [net]", is none of them."""
    monitor = child(stage, sshd.pid, r"sshd: alice \[priv\]")
    user = child(stage, monitor, "sshd: alice") if monitor else None
    return (monitor, user) if user else None


def play(stage):
    stage.server.sysctl(tcp_keepalive_time=3, tcp_keepalive_intvl=1, tcp_keepalive_probes=3, tcp_orphan_retries=5)
    stage.root.make_folder("/run/sshd")
    stage.server.do("useradd", "--create-home", "--password", "*", "alice")
    stage.server.do("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/tmp/key")
    stage.root.write("/home/alice/.ssh/authorized_keys", stage.root.read("/tmp/key.pub"), owner="alice")
    trace = stage.trace()
    packets = Packets(stage.router, "server")
    sshd, owners = {}, {}
    for port, text in CONFIGURATION.items():
        stage.root.write(f"/etc/ssh/{port}", text)
        sshd[port] = stage.server.start("/usr/sbin/sshd", "-D", "-e", "-f", f"/etc/ssh/{port}", "-p", str(port))
        sshd[port].listens(port)
        ssh = ("ssh", "-v", "-N", "-p", str(port), "-i", "/tmp/key", "-o", "StrictHostKeyChecking=no")
        stage.client.start(*ssh, f"alice@{stage.server.address}").says("Entering interactive session")
        monitor, user = wait("a session of two processes", lambda: session(stage, sshd[port]))
        owners[port] = {"process.name": "sshd", "process.pid": monitor, "katrace.other_pids": [user],
                        "network.local.port": port}
    stage.expect_rows([(owner, on(3, 1, 3, sysctl="idle interval limit")) for owner in owners.values()])
    stage.show_list("--comm=sshd")

    trace.wait("probe_answered", network__local__port=22)
    stage.cut()
    stage.expect_lines(trace, [
        ("suppressed", owners[23], {"katrace.unacked_bytes": between(1, 99), "katrace.orphan": None}),
        ("ended", owners[22], {"katrace.verdict": "keepalive_timeout", "katrace.errno": "ETIMEDOUT"}),
    ])
    sshd[22].says("Read error from remote host 10.0.1.2 port")
    sshd[23].says("Timeout, client not responding from user alice 10.0.1.2")
    wait("the orphan", lambda: stage.list("--all-namespaces", "--local=:23")[0]["katrace.orphan"])
    stage.show_list("--all-namespaces", "--local=:23")
    stage.expect_lines(trace, [
        ("ended", owners[23], {
            "katrace.verdict": "close_timeout", "katrace.close_reason": "process_exit", "katrace.errno": None,
            "katrace.probes_sent": 0, "katrace.data_received_us": seconds(5.5, 9)}),
    ], timeout_s=30)
    trace.stop()
    for port in sshd:
        stage.expect_probes(trace.wait("ended", network__local__port=port), packets)
    text = stage.show_timeline(trace, event_name="katrace.ended", network__local__port=22)
    stage.expect_text(text, "3s idle, then 3 probes 1s apart (all from sysctl)", "The peer answered none of 3 probes")
    text = stage.show_timeline(trace, event_name="katrace.ended", network__local__port=23)
    stage.expect_text(text, "closed by this side (an orphan)", "(its process exited or was killed)",
                      "When this side closed, no data had come from the peer for ")

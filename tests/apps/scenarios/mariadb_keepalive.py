# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""MariaDB as Debian configures it: keepalive on both ends, with the values of the sysctls; tcp_keepalive_time and its
like; a client that vanishes beside one that wait_timeout ends. MariaDB's log has the same words for both."""
from stage import Packets, Story, on, seconds, wait

STORY = Story(
    title="MariaDB: tcp_keepalive_time and wait_timeout",
    words="mariadb Aborted connection Got timeout reading communication packets; MySQL server has gone away; "
          "mysql tcp keepalive default; mariadb tcp_keepalive_time; wait_timeout or keepalive",
    knob="tcp_keepalive_time     = 2   # 0, the default: net.ipv4.tcp_keepalive_time\n"
         "tcp_keepalive_interval = 1\n"
         "tcp_keepalive_probes   = 3\n"
         "wait_timeout           = 3   # of the first client in these timelines",
    moral="MariaDB and its client switch keepalive on, with the values of the sysctls; tcp_keepalive_* change those "
          "of new connections. Of a client that was idle for longer than wait_timeout and of one that vanished "
          "MariaDB logs the same: `Got timeout reading communication packets`. The verdict tells which it was. "
          "wait_timeout ends the connection with a reset: the client gets ECONNRESET, and says that the server has "
          "gone away.")

SYSTEM = {"sysctl": "idle interval limit"}
TIMEOUT = "(Got timeout reading communication packets)"


def connect(stage, statement):
    """A client that has run the statement, and its port."""
    client = stage.client.start("mariadb", "--host", stage.server.address, "--user", "app", "--unbuffered")
    client.type(f"{statement}; select connection_id();\n")
    client.says("connection_id")
    return client, stage.list("-p", str(client.pid))[0]["network.local.port"]


def play(stage):
    stage.client.sysctl(tcp_keepalive_time=2)
    stage.root.make_folder("/run/mysqld", "mysql")
    mariadbd = stage.server.start("mariadbd", "--user=mysql", "--bind-address=*", "--skip-name-resolve")
    mariadbd.says("ready for connections", 30)
    stage.server.do("mariadb", "-e", "create user app")
    trace = stage.trace()
    packets = Packets(stage.router, "server")

    _, old = connect(stage, "select 1")
    stage.server.do("mariadb", "-e", "set global tcp_keepalive_time = 2, global tcp_keepalive_interval = 1, "
                                     "global tcp_keepalive_probes = 3")
    client, idle = connect(stage, "set wait_timeout = 3")
    stage.expect_lines(trace, [
        ("ended", {"process.name": "mariadbd", "network.peer.port": idle},
         {"katrace.verdict": "reset_locally", "katrace.close_reason": "close",
          "katrace.data_received_us": seconds(2.9, 4)}),
        ("ended", {"process.name": "mariadb", "network.local.port": idle},
         {"katrace.verdict": "reset_by_peer", "katrace.errno": "ECONNRESET"}),
    ])
    client.type("select 1;\n")
    client.says("gone away")
    _, vanished = connect(stage, "select 1")
    stage.expect_rows([
        ({"process.pid": mariadbd.pid, "network.peer.port": old}, on(7200, 75, 9, **SYSTEM)),
        ({"process.pid": mariadbd.pid, "network.peer.port": vanished}, on(2, 1, 3)),
        ({"process.name": "mariadb"}, on(2, 75, 9, **SYSTEM), 2),
    ])
    stage.expect_options()
    stage.show_list("--comm=mariadbd")

    trace.wait("probe_answered", count=2, network__peer__port=vanished)
    stage.cut()
    stage.expect_lines(trace, [
        ("ended", {"process.name": "mariadbd", "network.peer.port": vanished},
         {"katrace.verdict": "keepalive_timeout", "katrace.errno": "ETIMEDOUT"}),
    ])
    wait("both in the log", lambda: mariadbd.output().count(TIMEOUT) == 2)
    trace.stop()
    for port in idle, vanished:
        stage.expect_probes(trace.wait("ended", network__peer__port=port), packets)
    text = stage.show_timeline(trace, event_name="katrace.ended", network__peer__port=idle)
    stage.expect_text(text, "reset locally after 3.", "perhaps an idle timeout of the application, not TCP keepalive")
    text = stage.show_timeline(trace, event_name="katrace.ended", network__local__port=idle)
    stage.expect_text(text, "reset by peer, ECONNRESET", "A reset ended the connection.")
    text = stage.show_timeline(trace, event_name="katrace.ended", network__peer__port=vanished)
    stage.expect_text(text, "2s idle, then 3 probes 1s apart", "The peer answered none of 3 probes")

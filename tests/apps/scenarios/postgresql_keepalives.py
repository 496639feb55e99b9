# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""PostgreSQL and psql, each with keepalive values of its own; a client that vanishes while its query runs."""
from stage import Packets, Story, off, on

SETTINGS = {
    "config_file": "/etc/postgresql/15/main/postgresql.conf", "hba_file": "/tmp/hba.conf",
    "external_pid_file": "/tmp/postgres.pid", "unix_socket_directories": "/tmp", "listen_addresses": "*",
    "ssl": "off",
    "tcp_keepalives_idle": 2, "tcp_keepalives_interval": 1, "tcp_keepalives_count": 3,
}
STORY = Story(
    title="PostgreSQL: tcp_keepalives_idle and a query whose client is gone",
    words="postgresql tcp_keepalives_idle not working; postgres query keeps running after client disconnect; "
          "libpq keepalives_idle; could not send data to client: Connection timed out",
    knob="tcp_keepalives_idle = 2       # postgresql.conf; 0: the sysctl\n"
         "tcp_keepalives_interval = 1\n"
         "tcp_keepalives_count = 3\n\n"
         "psql 'host=10.0.2.2 keepalives_idle=3 keepalives_interval=1 keepalives_count=4'",
    moral="Each end has values of its own, and notices alone. Keepalive ends the connection, not the query: the "
          "backend runs on, and gets ETIMEDOUT when it next uses the socket. client_connection_check_interval makes "
          "it look while the query runs.")
QUERY = "select pg_sleep(18)"


class Session:
    """A psql that is connected, and what katrace must know both ends by."""

    def __init__(self, stage, values):
        self.psql = stage.client.start("psql", "-At", f"host={stage.server.address} user=postgres {values}")
        self.psql.type("select pg_backend_pid(), 'backend';\n")
        self.backend = int(self.psql.says("|backend").output().split("|")[0])
        self.here = {"process.name": "psql", "process.pid": self.psql.pid}
        self.there = {"process.name": "postgres", "process.pid": self.backend}


def play(stage):
    stage.root.write("/tmp/hba.conf", "host all all all trust\n", owner="postgres")
    options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    postgres = stage.server.start("/usr/lib/postgresql/15/bin/postgres", "-D", "/var/lib/postgresql/15/main", *options,
                                  user="postgres").says("ready to accept connections", 30)
    trace = stage.trace()
    packets = Packets(stage.router, "server")
    cut_off = Session(stage, "keepalives_idle=3 keepalives_interval=1 keepalives_count=4")
    default, without = Session(stage, ""), Session(stage, "keepalives=0")
    stage.expect_rows([
        (cut_off.here, on(3, 1, 4)),
        (default.here, on(7200, 75, 9, sysctl="idle interval limit")),
        (without.here, off()),
        *((session.there, on(2, 1, 3)) for session in (cut_off, default, without)),
    ])
    stage.expect_options()

    cut_off.psql.type(f"{QUERY};\n")
    for pid in cut_off.backend, cut_off.psql.pid:
        trace.wait("probe_answered", count=2, process__pid=pid)
    stage.show_list("-p", str(cut_off.psql.pid))
    stage.show_list("-p", str(cut_off.backend))
    stage.cut()
    gone = {"katrace.verdict": "keepalive_timeout", "katrace.errno": "ETIMEDOUT"}
    stage.expect_lines(trace, [("ended", cut_off.there, gone), ("ended", cut_off.here, gone)])
    cut_off.psql.says("could not receive data from server: Connection timed out")

    # the connection is gone, the query is not
    assert stage.list("-p", str(cut_off.backend)) == []
    active = stage.server.do("psql", "-At", f"host={stage.server.address} user=postgres", "-c",
                             "select query from pg_stat_activity where state = 'active'")
    stage.expect_text(active, QUERY)
    postgres.says(f"[{cut_off.backend}] postgres@postgres LOG:  could not send data to client: Connection timed out",
                  timeout_s=20)
    trace.stop()
    stage.expect_probes(trace.wait("ended", process__pid=cut_off.backend), packets)
    text = stage.show_timeline(trace, event_name="katrace.ended", process__pid=cut_off.backend)
    stage.expect_text(text, "2s idle, then 3 probes 1s apart",
                      "the application gets ETIMEDOUT from its next call on the socket")

# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""nginx: listen ... so_keepalive= in all its forms, before and after a reload."""
import signal

from stage import Packets, Story, off, on, one_of, wait

CONFIGURATION = """
worker_processes 2;
events {}
http { server {
    listen 8001 so_keepalive=30m::10;
    listen 8002 so_keepalive=2s:1s:3 reuseport;
    listen 8003 so_keepalive=on;
    listen 8004 so_keepalive=off;
    listen 8005;
    location / { return 200 "here\\n"; }
} }
"""
STORY = Story(
    title="nginx: so_keepalive on a listener",
    words="nginx so_keepalive not working; nginx tcp keepalive idle interval count; so_keepalive vs keepalive_timeout",
    knob="listen 8001 so_keepalive=30m::10;   # idle 30 minutes, interval from the sysctl, 10 probes\n"
         "listen 8002 so_keepalive=2s:1s:3 reuseport;\n"
         "# then nginx -s reload with\n"
         "listen 8001 so_keepalive=40m::11;\n"
         "listen 8002 so_keepalive=50m reuseport;",
    moral="A connection inherits the options of the listener that accepts it. What so_keepalive leaves out comes from "
          "the sysctls, marked `*`. A reload changes the listener and new connections, not old ones; what the new "
          "so_keepalive leaves out stays as it was until nginx is restarted.")

SETTINGS = {
    8001: on(1800, 7, 10, sysctl="interval"),
    8002: on(2, 1, 3),
    8003: on(60, 7, 4, sysctl="idle interval limit"),
    8004: off(),
    8005: off(),
}


def port(number):
    return {"process.name": "nginx", "network.local.port": number}


def accepted(stage, clients):
    wait("nginx to accept", lambda: len(stage.list("--comm=nginx")) == len(clients))


def play(stage):
    stage.server.sysctl(tcp_keepalive_time=60, tcp_keepalive_intvl=7, tcp_keepalive_probes=4)
    stage.root.write("/etc/nginx/nginx.conf", CONFIGURATION)
    nginx = stage.server.start("nginx", "-g", "daemon off;").listens(*SETTINGS)
    packets = Packets(stage.router, "server")
    trace = stage.trace()
    clients = [stage.client.connect(stage.server.address, number) for number in SETTINGS]
    accepted(stage, clients)
    old = nginx.children()

    # the master has the listeners too; each worker has a listener of its own with reuseport
    listeners = {number: settings for number, settings in SETTINGS.items() if settings != off()}
    stage.expect_rows([
        (port(number), {"process.pid": nginx.pid, "katrace.other_pids": old, **settings}, 2 if number == 8002 else 1)
        for number, settings in listeners.items()
    ], "--listening")
    stage.expect_rows([
        (port(number), {"process.pid": one_of(old), **settings}) for number, settings in SETTINGS.items()
    ])
    stage.show_list("--comm=nginx")

    # the short one really probes, and notices a client that vanishes
    trace.wait("probe_answered", network__local__port=8002)
    stage.cut()
    stage.expect_lines(trace, [
        ("ended", port(8002), {"katrace.verdict": "keepalive_timeout", "katrace.errno": "ETIMEDOUT",
                               "katrace.probes_unanswered": 3}),
    ])
    stage.expect_probes(trace.lines(event_name="katrace.ended")[0], packets)
    stage.mend()

    # after a reload the old workers keep their connections, with the options that these have
    stage.root.write("/etc/nginx/nginx.conf", CONFIGURATION.replace("30m::10", "40m::11").replace("2s:1s:3", "50m"))
    nginx.send(signal.SIGHUP)

    def fresh():
        return sorted(set(nginx.children()) - set(old))
    wait("only new workers to listen", lambda: len(fresh()) == len(old) and all(
        row["katrace.other_pids"] == fresh() for row in stage.list("--listening")))
    new = fresh()
    clients[1:2] = [stage.client.connect(stage.server.address, number) for number in (8001, 8002)]
    accepted(stage, clients)
    stage.expect_rows([
        ({**port(8001), "process.pid": one_of(new)}, on(2400, 7, 11, sysctl="interval")),
        ({**port(8002), "process.pid": one_of(new)}, on(3000, 1, 3)),  # left out is as before
        *[({**port(number), "process.pid": one_of(old)}, settings)
          for number, settings in SETTINGS.items() if number != 8002],
    ])
    stage.expect_options("--comm=nginx")
    stage.expect_rows([
        (port(8001), {"process.pid": nginx.pid, "katrace.other_pids": new, **on(2400, 7, 11, sysctl="interval")}),
    ], "--listening")
    stage.show_list("--comm=nginx", "--port=8001-8002")

    trace.stop()
    text = stage.show_timeline(trace, event_name="katrace.ended", network__local__port=8002)
    stage.expect_text(text, "2s idle, then 3 probes 1s apart", "The peer answered none of 3 probes")

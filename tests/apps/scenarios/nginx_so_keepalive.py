# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""nginx: listen ... so_keepalive= in all its forms, before and after a reload."""
import signal

from stage import Story, off, on, wait

CONFIGURATION = """
worker_processes 1;
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
         "listen 8002 so_keepalive=2s:1s:3;",
    moral="A connection inherits the options of the listener that accepts it. What so_keepalive leaves out comes from "
          "the sysctls, marked `*`. A reload changes the listener and new connections, not old ones.")

SETTINGS = {
    8001: on(1800, 7, 10, sysctl="interval"),
    8002: on(2, 1, 3),
    8003: on(60, 7, 4, sysctl="idle interval limit"),
    8004: off(),
    8005: off(),
}


def worker(port):
    return {"process.name": "nginx", "network.local.port": port}


def play(stage):
    stage.server.sysctl(tcp_keepalive_time=60, tcp_keepalive_intvl=7, tcp_keepalive_probes=4)
    stage.root.write("/etc/nginx/nginx.conf", CONFIGURATION)
    nginx = stage.server.start("nginx", "-g", "daemon off;").listens(*SETTINGS)
    trace = stage.trace()
    clients = [stage.client.connect(stage.server.address, port) for port in SETTINGS]
    wait("nginx to accept", lambda: len(stage.list("--comm=nginx")) == len(SETTINGS))

    listeners = [port for port, settings in SETTINGS.items() if settings != off()]
    stage.expect_rows([(worker(port), SETTINGS[port]) for port in listeners], "--listening")
    stage.expect_rows([(worker(port), settings) for port, settings in SETTINGS.items()])
    stage.show_list("--comm=nginx")

    # the short one really probes, and notices a client that vanishes
    trace.wait("probe_answered", network__local__port=8002)
    stage.cut()
    stage.expect_lines(trace, [
        ("ended", worker(8002), {"katrace.verdict": "keepalive_timeout", "katrace.errno": "ETIMEDOUT"}),
    ])
    stage.mend()

    stage.root.write("/etc/nginx/nginx.conf", CONFIGURATION.replace("30m::10", "40m::11"))
    nginx.send(signal.SIGHUP)
    wait("the listener to change", lambda: stage.list("--listening", "--local=:8001")[0]["katrace.keepalive.idle_s"] == 2400)
    clients.append(stage.client.connect(stage.server.address, 8001))
    stage.expect_rows([
        ({**worker(8001), "katrace.keepalive.idle_s": 2400}, on(2400, 7, 11, sysctl="interval")),
    ])

    trace.stop()
    text = stage.show_timeline(trace, event_name="katrace.ended", network__local__port=8002)
    stage.expect_text(text, "2s idle, then 3 probes 1s apart", "The peer answered none of 3 probes")

# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""Ten thousand connections whose keepalive outlives an outage of 20 s: none dies, for the programs and for katrace."""
from stage import Story, on
from stage.crowd import HALF, Crowd

ALONE = True  # other scenarios beside it would be late
STORY = Story(
    title="Ten thousand connections outlive an outage of 20 seconds",
    words="keepalive settings that survive a switch restart; keep connections during network failover; "
          "HAProxy srvtcpka-idle recommended value",
    knob="srvtcpka-idle 2m     # HAProxy, with srvtcpka-intvl 2s and srvtcpka-cnt 3: dead after 2 min 6 s\n"
         "so_keepalive=2m:2s:3 # nginx",
    moral="An idle connection does not notice an outage that ends before its probes give up: afterwards it works as "
          "before. The price is that a peer which is really gone is noticed as late.")


def play(stage):
    crowd = Crowd(stage, "2m")
    crowd.show_summary()
    crowd.outage()
    crowd.ask_again()
    stage.expect_rows([
        ({"process.name": "haproxy", "network.peer.port": 8000}, on(120, 2, 3), 2 * HALF),
        ({"process.name": "nginx", "network.local.port": 8000}, on(120, 2, 3), 2 * HALF),
    ], "--port=8000", "--comm=haproxy,nginx")
    crowd.wait_logged(0)
    crowd.trace.stop()
    if ended := crowd.trace.lines(event_name="katrace.ended"):
        raise AssertionError(f"{len(ended)} have died: {ended[0]}")

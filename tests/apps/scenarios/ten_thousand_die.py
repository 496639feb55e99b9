# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""Ten thousand connections whose keepalive notices an outage of 20 s: katrace counts what the programs log."""
import collections

from stage import Story
from stage.crowd import HALF, Crowd

ALONE = True  # other scenarios beside it would be late
STORY = Story(
    title="Ten thousand connections die in an outage of 20 seconds",
    words="switch reboot drops all connections; keepalive too aggressive; connections die on short network outage; "
          "HAProxy termination state SD; mass disconnect after failover",
    knob="srvtcpka-idle 6s     # HAProxy, with srvtcpka-intvl 2s and srvtcpka-cnt 3: dead after 12 s\n"
         "so_keepalive=6s:2s:3 # nginx",
    moral="Keepalive ends idle connections that would have outlived the outage. Idle time and probes together should be "
          "longer than the outages that the network has by itself, such as a switch that restarts.")


def expect_counts(trace, probes):
    """Each end is counted, with the probes that were not answered. Where the kernel ran no tracing programs, the cause
    of an end may be unknown, and an answered probe be missing."""
    ended = trace.lines(event_name="katrace.ended")
    ends = collections.Counter(line["process.name"] for line in ended)
    verdicts = {(line["katrace.verdict"], line["katrace.probes_unanswered"]) for line in ended
                if line["katrace.verdict"] != "unseen"}
    sent = sum(line["katrace.probes_sent"] for line in ended)
    if ends != {"haproxy": 2 * HALF, "nginx": 2 * HALF}:
        raise AssertionError(f"not {2 * HALF} ends each: {ends}")
    if verdicts != {("keepalive_timeout", 3)}:
        raise AssertionError(f"not by 3 probes: {verdicts}")
    if sent > probes:
        raise AssertionError(f"katrace counted {sent} probes, the kernel {probes}")


def play(stage):
    crowd = Crowd(stage, "6s")
    crowd.show_summary()
    crowd.outage()
    crowd.have_ended()
    crowd.wait_logged(2 * HALF)
    probes = crowd.probes()
    crowd.trace.stop()
    expect_counts(crowd.trace, probes)

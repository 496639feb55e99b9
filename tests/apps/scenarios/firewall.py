# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""A stateful firewall that forgets idle connections and drops what it does not know, and two idle clients beside each
other: the one whose keepalive is in time lives; the others die, each in its own way, and their server never knows."""
from stage import Packets, Story, on, seconds, wait

TIMEOUT_S = 5
FIREWALL = """
table ip katrace {
    chain forward {
        type filter hook forward priority filter; policy accept;
        ct state established,related accept
        ct state new tcp flags & (fin|syn|rst|ack) == syn accept
        drop
    }
}
"""

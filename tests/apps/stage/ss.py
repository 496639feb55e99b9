# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""What ss(8) says of the same sockets."""
import re

UNITS = {"ms": 0.001, ".": 1, "sec": 1, "min": 60}


def _seconds(text):
    """1min59sec, 12sec, 204ms; ss prints 3.204 s as 3.204ms."""
    parts = re.findall(r"(\d+)(min|sec|ms|\.(?=\d+ms))", text)
    return sum(int(number) * UNITS[unit] for number, unit in parts)


def _end(text):
    address, _, port = text.rpartition(":")
    return address.strip("[]").removeprefix("::ffff:").partition("%")[0], int(port)


def timers(host):
    """{((address, port), (peer's address, port)): (timer's name, seconds until it fires)} of established connections;
    without a timer (None, 0)."""
    found = {}
    for line in host.do("ss", "-Htno", "state", "established").splitlines():
        local, peer = line.split()[2:4]
        timer = re.search(r"timer:\((\w+),([^,]*),", line)
        found[_end(local), _end(peer)] = (timer[1], _seconds(timer[2])) if timer else (None, 0)
    return found

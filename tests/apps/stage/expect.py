# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""What a scenario expects of JSON lines: fields and their values, where a value may be a range."""
import time

from . import ss

SYSCTL = {"idle": "idle_s", "interval": "interval_s", "limit": "probe_limit"}


def on(idle, interval, limit, sysctl="", user_timeout_ms=0):
    """Keepalive is on with these values, in seconds. sysctl="interval limit": the ones that no process set."""
    return {
        "katrace.keepalive.enabled": True,
        "katrace.keepalive.idle_s": idle,
        "katrace.keepalive.interval_s": interval,
        "katrace.keepalive.probe_limit": limit,
        "katrace.keepalive.user_timeout_ms": user_timeout_ms,
        "katrace.keepalive.from_sysctl": [SYSCTL[name] for name in SYSCTL if name in sysctl.split()],
    }


def off(user_timeout_ms=None):
    """Keepalive is off, with this TCP_USER_TIMEOUT or none."""
    return {"katrace.keepalive.enabled": False, "katrace.keepalive.user_timeout_ms": user_timeout_ms}


class Between:
    """A number from least to most."""

    def __init__(self, least, most):
        self.least, self.most = least, most

    def __eq__(self, value):
        return value is not None and self.least <= value <= self.most

    def __repr__(self):
        return f"{self.least} to {self.most}"


class OneOf:
    """One of these values."""

    def __init__(self, values):
        self.values = values

    def __eq__(self, value):
        return value in self.values

    def __repr__(self):
        return f"one of {self.values}"


def one_of(values):
    return OneOf(values)


def between(least, most):
    return Between(least, most)


def seconds(least, most):
    """A field in microseconds."""
    return Between(int(least * 1e6), int(most * 1e6))


def differences(line, expected):
    """One text a field that is not as expected."""
    found = []
    for path, value in expected.items():
        actual = line[path]
        if path == "katrace.keepalive.from_sysctl":
            actual = actual or []
        if value != actual:
            found.append(f"{path} is {actual!r}, not {value!r}")
    return found


def chosen(lines, table):
    """The lines that a table is about."""
    return [line for line in lines if any(not differences(line, where) for where, *_ in table)]


def compare(lines, table):
    """What is wrong, one text each. The table has (where, fields) or (where, fields, how many): so many of the lines,
    one otherwise, have the fields of where, and these have the other fields."""
    wrong = []
    for where, fields, *count in table:
        found = chosen(lines, [(where,)])
        if len(found) != (count or [1])[0]:
            wrong.append(f"{len(found)} lines have {where}")
        wrong += [f"{where}: {difference}" for line in found for difference in differences(line, fields)]
    return wrong


def ends_of(line):
    return tuple((line[f"network.{end}.address"], line[f"network.{end}.port"]) for end in ("local", "peer"))


def ss_timers(hosts):
    """ss.timers() of all hosts, and when that was: {ends: (name, seconds, at)}."""
    found = {}
    for host in hosts:
        at = time.monotonic()
        found.update((ends, (*timer, at)) for ends, timer in ss.timers(host).items())
    return found


def differs_from_ss(line, before, after):
    """What ss said otherwise of an established connection, before and after katrace was asked; or None."""
    enabled = line["katrace.keepalive.enabled"]
    timers = [timers.get(ends_of(line)) for timers in (before, after)]
    if None in timers or any(name not in (None, "keepalive") for name, _, _ in timers):
        return None  # it came or went meanwhile, or data is waiting: ss shows that timer instead
    if all(enabled != (name == "keepalive") for name, _, _ in timers):
        return f"{ends_of(line)}: keepalive is {enabled}, and ss has the timers {timers}"
    (_, most, began), (_, least, ended) = timers
    slack_s = 60 if most >= 600 else 1  # ss cuts seconds off, and from ten minutes on all of them
    if not enabled or None in timers[0] + timers[1] or abs(ended - began - (most - least)) > slack_s:
        return None  # the timer fired or was set again meanwhile
    next_s = (line["katrace.next_probe_us"] or 0) / 1e6
    if not least - 1 <= next_s <= most + slack_s:
        return f"{ends_of(line)}: the timer fires in {next_s} s; in {most} s to {least} s, says ss"
    return None

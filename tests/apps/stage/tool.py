# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""katrace itself: a trace that runs, lists, and what they said."""
import json
import os
import signal
import subprocess

from . import kernel
from .wait import wait


class Line(dict):
    """A JSON line: line["network.local.port"] is a field, None if it is absent."""

    def __getitem__(self, path):
        value = self
        for key in path.split("."):
            value = dict.get(value, key) if isinstance(value, dict) else None
        return value

    def has(self, **expected):
        """has(process__name="nginx"): all these fields have these values."""
        return all(self[path.replace("__", ".")] == value for path, value in expected.items())


def lines_of(text):
    return [Line(json.loads(line)) for line in text.splitlines()]


def run(katrace, *arguments):
    """What katrace printed on stdout. Raises RuntimeError if it failed."""
    result = subprocess.run([katrace, *arguments], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"katrace {' '.join(arguments)}: status {result.returncode}: {result.stderr}")
    return result.stdout


class Trace:
    """A trace whose JSON lines go to a file."""

    def __init__(self, katrace, path, *options):
        self.katrace = katrace
        self.path = path
        self.may_miss_hidden = False  # events when the kernel ran no tracing programs: expected of very many
        self._messages = open(f"{path}.messages", "w+", encoding="utf-8")
        command = [katrace, "--json", "--output", path, *options]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=self._messages,
                                         preexec_fn=kernel.die_with_parent)
        wait("katrace to trace", self._has_begun, timeout_s=60)

    def _has_begun(self):
        if self._process.poll() is not None:
            raise RuntimeError(f"katrace ended: {self.messages()}")
        return "katrace: tracing" in self.messages()

    def messages(self):
        return os.pread(self._messages.fileno(), 1 << 20, 0).decode(errors="replace")

    def lines(self, **expected):
        """The lines so far that have these fields: lines(event_name="katrace.ended")."""
        event = f'"event_name":"{expected["event_name"]}"' if "event_name" in expected else ""
        with open(self.path, encoding="utf-8") as file:
            text = "".join(line for line in file if line.endswith("\n") and event in line)
        return [line for line in lines_of(text) if line.has(**expected)]

    def wait(self, event, timeout_s=15, count=1, **expected):
        """Waits for so many lines of that event with these fields, and returns the first one:
        wait("ended", process__name="nginx")."""
        def found():
            lines = self.lines(event_name=f"katrace.{event}", **expected)
            return lines if len(lines) >= count else None
        return wait(f"katrace.{event} {expected} in {self.path}", found, timeout_s)[0]

    def stop(self):
        """Ends the trace; it must have lost nothing."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        status = self._process.wait(15)
        if status != 0:
            raise RuntimeError(f"katrace ended with status {status}: {self.messages()}")
        for line in self.lines(event_name="katrace.events_lost"):
            if not self.may_miss_hidden or line["katrace.stage"] != "hook":
                raise AssertionError(f"katrace lost events: {line}")

    def timelines(self):
        """The timelines that the trace prints, one text a connection. After stop()."""
        blocks = run(self.katrace, "replay", self.path).split("\n\n")[1:]
        return [block.strip("\n") for block in blocks]

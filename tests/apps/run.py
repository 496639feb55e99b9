#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""Plays scenarios side by side. See run.sh."""
import argparse
import concurrent.futures
import fnmatch
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import play
from stage import kernel
from stories import check_stories, write_stories

LIMIT_S = 120  # of a scenario, which takes less than 60 s on an idle machine
TRIES = 3  # of a scenario that fails while timer interrupts are hidden
SKIPS = 2  # so many scenarios may be missing
WORDS = {play.PASSED: "passed", play.FAILED: "FAILED", play.SKIPPED: "SKIPPED"}


class Witness:
    """Counts the timer interrupts that tracing programs did not see, which no fault of katrace is."""

    def __init__(self, command):
        self._process = subprocess.Popen([command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._lock = threading.Lock()  # scenarios run in threads

    def hidden(self):
        with self._lock:
            self._process.stdin.write("\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())

    def end(self):
        self._process.stdin.close()
        self._process.wait()


class Run:
    """All scenarios of one call."""

    def __init__(self, options):
        self.options = options
        self.witness = Witness(os.path.join(options.build, "tests", "hidden"))
        self.lines = pathlib.Path(options.build) / "apps"

    def once(self, name):
        """(status, seconds, output) of one try."""
        lines = self.lines / name
        shutil.rmtree(lines, ignore_errors=True)
        lines.mkdir(parents=True)
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="katrace-apps-") as directory:
            command = [sys.executable, play.__file__, name, self.options.build, self.options.root, self.options.kernel,
                       directory, lines]
            with tempfile.TemporaryFile() as output:  # not a pipe: what a killed scenario leaves may hold it
                process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
                try:
                    process.wait(LIMIT_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                    os.write(output.fileno(), f"\nkilled after {LIMIT_S} s".encode())
                text = os.pread(output.fileno(), 1 << 24, 0).decode(errors="replace")
        return process.returncode, time.monotonic() - began, text

    def scenario(self, name):
        """Plays one scenario, again if what failed may have been hidden; returns its status."""
        for left in range(TRIES - 1, -1, -1):
            before = self.witness.hidden()
            status, took, output = self.once(name)
            hidden = self.witness.hidden() - before
            if status != play.FAILED or hidden == 0 or left == 0:
                break
            print(f"AGAIN    {name}: {hidden} timer interrupts were hidden\n{output}", flush=True)
        status = status if status in WORDS else play.FAILED
        print(f"{WORDS[status]:8} {name}, {took:.0f} s", flush=True)
        if status != play.PASSED:
            print(output, flush=True)
        return status

    def all(self, names):
        """{name: status}. A scenario that is ALONE is played after the others."""
        alone = [name for name in names if getattr(play.scenario(name), "ALONE", False)]
        together = [name for name in names if name not in alone]
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            results = dict(zip(together, pool.map(self.scenario, together)))
        return {**results, **{name: self.scenario(name) for name in alone}}


def chosen(patterns):
    return [name for name in play.names() if not patterns or any(fnmatch.fnmatch(name, p) for p in patterns)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="where katrace was built; apps/NAME there gets the traces")
    parser.add_argument("--root", required=True, help="a Debian root with the programs")
    parser.add_argument("--kernel", required=True, help="for virtual machines: a directory of kernels/fetch.sh")
    parser.add_argument("--stories", help="write docs/stories.md to this file")
    parser.add_argument("-j", "--jobs", type=int, default=2 * (os.cpu_count() or 1))
    parser.add_argument("patterns", nargs="*")
    options = parser.parse_args()

    kernel.adopt_orphans()
    run = Run(options)
    names = chosen(options.patterns)
    results = run.all(names)
    run.witness.end()
    play.kill_descendants()
    counts = {status: list(results.values()).count(status) for status in WORDS}
    wrong = counts[play.FAILED] > 0 or counts[play.SKIPPED] > SKIPS or not names
    passed = [name for name in names if results[name] == play.PASSED]
    if options.stories:
        write_stories(options.stories, run.lines, passed)
    else:
        wrong |= check_stories(run.lines, passed)
    for name in names:
        if results[name] == play.SKIPPED:
            print(f"not tested here: {name}")
    print(f"apps: {counts[play.PASSED]} passed, {counts[play.FAILED]} failed, {counts[play.SKIPPED]} skipped")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

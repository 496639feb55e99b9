# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""A program of the Debian root that runs on a host."""
import os
import signal
import subprocess
import tempfile

from . import kernel
from .wait import Late, wait

JAVA = ("java", "-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", "/apps:/usr/share/java/*")
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}


class NotStarted(Exception):
    """The program is missing, or ended instead of starting."""


class Program:
    """Runs until stop() or the end of the scenario."""

    def __init__(self, host, command, user, environment):
        self.name = os.path.basename(command[0])
        self._host = host
        self._log = tempfile.TemporaryFile()
        uid, gid = host.root.ids_of(user)

        def begin():
            host.enter()
            os.chroot(host.root.path)
            os.chdir("/")
            os.setgroups([gid])
            os.setgid(gid)
            os.setuid(uid)
            kernel.die_with_parent()  # a change of user would undo it

        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=self._log, stderr=self._log, preexec_fn=begin,
            env={**ENVIRONMENT, "HOME": "/tmp", **(environment or {})})
        self.pid = self._process.pid

    def children(self):
        """The ids of its children: its workers."""
        with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as file:
            return [int(pid) for pid in file.read().split()]

    def output(self):
        """What it has printed so far, stdout and stderr."""
        return os.pread(self._log.fileno(), 1 << 24, 0).decode(errors="replace")

    def type(self, text):
        """To its standard input."""
        self._process.stdin.write(text.encode())
        self._process.stdin.flush()

    def says(self, text, timeout_s=15):
        """Waits for text in its output."""
        self._wait(f"print {text!r}", lambda: text in self.output(), timeout_s)
        return self

    def listens(self, *ports, timeout_s=60):
        """Waits until all these ports have a listener on its host."""
        def listeners():
            found = self._host.do("ss", "-Hltn")
            return all(f":{port} " in found for port in ports)
        self._wait(f"listen on {ports}", listeners, timeout_s)
        return self

    def _wait(self, what, condition, timeout_s):
        def checked():
            if condition():
                return True
            if self._process.poll() is not None:
                raise NotStarted(f"{self.name} ended with status {self._process.returncode}: {self.output()}")
            return False
        try:
            wait(f"{self.name} to {what}", checked, timeout_s)
        except Late as late:
            raise Late(f"{late}; it printed:\n{self.output()}") from None

    def send(self, number):
        self._process.send_signal(number)

    def wait(self, timeout_s=15):
        """Its exit status."""
        self._process.stdin.close()
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"{self.name} did not end in {timeout_s} s: {self.output()}") from None

    def stop(self, number=signal.SIGTERM, timeout_s=15):
        self.send(number)
        return self.wait(timeout_s)

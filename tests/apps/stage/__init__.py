# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""Where a scenario plays: hosts, programs, katrace, and what is expected of it."""
import os

from . import tool
from .expect import between, chosen, compare, differences, differs_from_ss, ends_of, off, on, one_of, seconds, ss_timers
from .hosts import make_hosts
from .machine import Machine
from .options import options_of
from .packets import Packets
from .programs import JAVA, NotStarted
from .root import Root
from .story import Story
from .wait import Late, wait

__all__ = ["JAVA", "Late", "NotStarted", "Packets", "Stage", "Story", "between",
           "off", "on", "one_of", "seconds", "wait"]


class Stage:
    """A client, a router and a server; programs are started with their start()."""

    def __init__(self, build, debian, kernel, directory, lines):
        """build: where katrace was built; debian: the root; kernel: for a virtual machine; directory: for files of the
        moment; lines: for what katrace writes."""
        self.katrace_path = os.path.join(build, "katrace")
        self._init = os.path.join(build, "tests", "init")
        self._debian = debian
        self._kernel = kernel
        self._directory = directory
        self._lines = lines
        self._traces = []
        self.root = Root(debian, directory)
        self.hosts = make_hosts(self.root)
        self.client, self.router, self.server = self.hosts
        self.shown = []  # (what, text) for the story, in order

    def _netns(self):
        return "--netns=" + ",".join(str(host.netns_pid) for host in self.hosts)

    def cut(self):
        """From now on the router forwards nothing, and says nothing about it."""
        self.router.sysctl(ip_forward=0)

    def mend(self):
        self.router.sysctl(ip_forward=1)

    def machine(self):
        """A virtual machine, with a kernel of its own."""
        return Machine(self._kernel, self._init, self._debian, self._directory)

    # --- katrace ---

    def trace(self, *options):
        """Starts a trace of all three hosts."""
        path = os.path.join(self._lines, f"trace{len(self._traces) + 1}.json")
        trace = tool.Trace(self.katrace_path, path, self._netns(), *options)
        self._traces.append(trace)
        return trace

    def list(self, *options):
        """The lines of katrace list --json for all three hosts."""
        return tool.lines_of(tool.run(self.katrace_path, "list", "--json", self._netns(), *options))

    def katrace(self, *arguments):
        """The text that katrace prints about the three hosts: katrace("list", "--summary")."""
        return tool.run(self.katrace_path, arguments[0], self._netns(), *arguments[1:])

    # --- what is expected ---

    def expect_rows(self, table, *options):
        """The table has (where, fields, how many) or (where, fields): so many rows of katrace list have the fields of
        where, and all those have the other fields. ss must agree about each."""
        before = ss_timers(self.hosts)
        rows = self.list(*options)
        after = ss_timers(self.hosts)
        wrong = compare(rows, table)
        wrong += [text for row in chosen(rows, table) if (text := differs_from_ss(row, before, after))]
        if wrong:
            raise AssertionError("\n".join([*wrong, "katrace list now says:", self.katrace("list", *options)]))

    def expect_options(self, *options):
        """Each row of katrace list has what getsockopt(2) says of its socket. While a trace looks for owners, this
        process may be found among them."""
        for row in self.list(*options):
            if wrong := differences(row, options_of(row)):
                raise AssertionError(f"getsockopt() differs: {wrong}\nin {row}")

    @staticmethod
    def expect_fields(text, table):
        """As expect_rows(), of JSON lines that were written already, and without ss."""
        wrong = compare(tool.lines_of(text), table)
        if wrong:
            raise AssertionError("\n".join([*wrong, "katrace said:", text]))

    @staticmethod
    def expect_lines(trace, table, timeout_s=15):
        """The table has (event, where, fields): for each there is, in time, exactly one line of that event that has the
        fields of where, and it has the other fields."""
        for event, where, fields in table:
            def found():
                return [line for line in trace.lines(event_name=f"katrace.{event}") if not differences(line, where)]
            wait(f"{event} with {where} in {trace.path}", found, timeout_s)
            lines = found()
            wrong = compare(lines, [(where, fields)])
            if wrong:
                raise AssertionError("\n".join([f"of {event}:", *wrong, "katrace said:", *map(str, lines)]))

    @staticmethod
    def expect_probes(ended, packets):
        """As many probes were on the wire as the line of an end says."""
        on_the_wire, said = packets.probes(*ends_of(ended)), ended["katrace.probes_sent"]
        if on_the_wire != said:
            raise AssertionError(f"{on_the_wire} probes on the wire, and {said} in {ended}")

    @staticmethod
    def expect_text(text, *wanted):
        """All of these stand in the text."""
        missing = [part for part in wanted if part not in text]
        if missing:
            raise AssertionError(f"missing: {missing}\nin: {text}")

    # --- the story ---

    def show(self, command, text):
        """Puts a command and what it printed into docs/stories.md."""
        self.shown.append((command, text))

    def show_list(self, *options):
        """Puts what katrace list prints into docs/stories.md, and returns it."""
        text = self.katrace("list", *options)
        self.show(" ".join(("sudo katrace list", *options)), text)
        return text

    def show_timeline(self, trace, **expected):
        """The timeline of the connection of the first line with these fields, after trace.stop(). Also puts it into
        docs/stories.md."""
        (local, local_port), (peer, peer_port) = ends_of(trace.lines(**expected)[0])
        begin = f"{local}:{local_port} - {peer}:{peer_port}"
        blocks = [block for block in trace.timelines() if block.startswith(begin)]
        if len(blocks) != 1:
            raise AssertionError(f"{len(blocks)} timelines of {begin} in {trace.path}")
        self.show("sudo katrace", blocks[0])
        return blocks[0]

    def end(self):
        """Ends all traces. They must have lost nothing."""
        for trace in self._traces:
            trace.stop()

# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""What a scenario is about, and its section of docs/stories.md."""
import re
from dataclasses import dataclass

NUMBER = re.compile(r"\b[0-9a-f]{12}\b|[0-9][0-9.:smhu%*]*")  # or a container's ID


@dataclass(frozen=True)
class Story:
    """title; the words that people search for; the knob: the program's own configuration; and what it teaches."""
    title: str
    words: str
    knob: str
    moral: str

    def section(self, shown):
        """Markdown. shown: (command, its output) in order."""
        parts = [f"## {self.title}", f"*{self.words}*", fence(self.knob)]
        parts += [fence(f"$ {command}\n{text}") for command, text in shown]
        return "\n\n".join([*parts, self.moral]) + "\n"


def fence(text):
    lines = "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
    return f"```\n{lines}\n```"


def skeleton(section):
    """What two runs of a scenario have in common: its words, without numbers, times and the width of columns."""
    return " ".join(NUMBER.sub("0", section).split())

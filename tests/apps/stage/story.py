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

    def head(self):
        return f"## {self.title}\n\n*{self.words}*\n\n{fence(self.knob)}\n"

    def section(self, shown):
        """Markdown. shown: (command, its output) in order."""
        outputs = [fence(f"$ {command}\n{text}") for command, text in shown]
        return "\n\n".join([self.head().rstrip("\n"), *outputs, self.moral]) + "\n"


def fence(text):
    lines = "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
    return f"```\n{lines}\n```"


def vocabulary(text):
    """Its words, without numbers, times, IDs and the s of plurals: a run may have more of something than another."""
    return {word.rstrip("s") for word in re.findall(r"[a-z_]+", NUMBER.sub(" ", text.lower()))}

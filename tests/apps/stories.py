# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""docs/stories.md: a section a scenario, made from what katrace printed when it was played."""
import pathlib
import re

import play
from stage.story import vocabulary

PATH = pathlib.Path(__file__).resolve().parents[2] / "docs" / "stories.md"
HEAD = """# Stories

What katrace says of programs that people run: how each was configured, what `katrace list` and the timeline show, and
which knob it is. Each story is played with the real program by `make check-apps`, which compares what katrace says with
the program's configuration, with `ss -o` and with packets; `make stories` writes this page from such a run.

The hosts: client 10.0.1.2, router 10.0.1.1 and 10.0.2.1, server 10.0.2.2. katrace watches all three.
"""


def _stored(path):
    """{title: its section}; empty without a file."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return {part.split("\n", 1)[0].removeprefix("## "): part for part in re.split(r"\n(?=## )", text)[1:]}


def write_stories(path, lines, passed):
    """Replaces the sections of the scenarios that passed; keeps those of others."""
    old = _stored(pathlib.Path(path))
    parts = [HEAD]
    for name in play.names():
        title = play.scenario(name).STORY.title
        section = (lines / name / "story.md").read_text(encoding="utf-8") if name in passed else old.get(title)
        if section:
            parts.append(section.rstrip("\n") + "\n")
    pathlib.Path(path).write_text("\n".join(parts), encoding="utf-8")


def check_stories(lines, passed):
    """True, and says it, if the page lacks a story, or no page of docs has a word of what katrace says now. What it
    says at which moment differs from run to run."""
    page = PATH.read_text(encoding="utf-8") if PATH.exists() else ""
    known = set().union(*(vocabulary(other.read_text(encoding="utf-8")) for other in PATH.parent.glob("*.md")))
    wrong = False
    for name in passed:
        story = play.scenario(name).STORY
        new = vocabulary((lines / name / "story.md").read_text(encoding="utf-8")) - known
        if story.head() not in page or story.moral not in page or new:
            print(f"docs/stories.md is out of date: {story.title} {sorted(new)}; run make stories")
            wrong = True
    return wrong

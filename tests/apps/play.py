# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""The process of one scenario: play.py NAME BUILD ROOT KERNEL DIRECTORY LINES."""
import importlib
import os
import pathlib
import signal
import sys
import traceback

from stage import NotStarted, Stage, kernel

PASSED, FAILED, SKIPPED = 0, 1, 77
SCENARIOS = pathlib.Path(__file__).resolve().parent / "scenarios"


def names():
    """Of all scenarios."""
    return sorted(path.stem for path in SCENARIOS.glob("*.py"))


def scenario(name):
    """Its module, which has STORY and play(stage)."""
    return importlib.import_module(f"scenarios.{name}")


def _children():
    found = []
    for path in pathlib.Path("/proc/self/task").glob("*/children"):
        found += [int(pid) for pid in path.read_text(encoding="ascii").split()]
    return found


def kill_descendants():
    """All of them, also those that left their parent: this process adopts orphans."""
    while pids := _children():
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            os.waitpid(pid, 0)


def _play(name, build, root, kernel_directory, directory, lines):
    played = scenario(name)
    stage = Stage(build, root, kernel_directory, directory, lines)
    played.play(stage)
    stage.end()
    (pathlib.Path(lines) / "story.md").write_text(played.STORY.section(stage.shown), encoding="utf-8")


def main(name, *where):
    """Exits with PASSED, FAILED or SKIPPED."""
    kernel.adopt_orphans()
    kernel.die_with_parent()
    try:
        _play(name, *where)
        status = PASSED
    except NotStarted as reason:
        print(reason)
        status = SKIPPED
    except Exception:  # whatever it is, it is told
        traceback.print_exc(file=sys.stdout)
        status = FAILED
    sys.stdout.flush()
    kill_descendants()
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

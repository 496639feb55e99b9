# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""Waiting for a condition, never for a time."""
import time

STEP_S = 0.02


class Late(Exception):
    """What was waited for did not come in time."""


def wait(what, condition, timeout_s=15):
    """Returns what condition() returns as soon as that is true. Raises Late, with what, after timeout_s."""
    deadline = time.monotonic() + timeout_s
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise Late(f"after {timeout_s} s still waiting for: {what}")
        time.sleep(STEP_S)

# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""System calls that Python 3.11 does not have."""
import ctypes
import os
import signal

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000
MS_PRIVATE_REC = 0x40000 | 0x4000
MS_BIND_REC = 0x1000 | 0x4000
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
SYS_PIDFD_GETFD = 438

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result, what):
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def unshare(flags):
    _check(_libc.unshare(flags), "unshare")


def setns(fd, kind=CLONE_NEWNET):
    _check(_libc.setns(fd, kind), "setns")


def take_descriptor(pid, number):
    """A duplicate of another process's descriptor. Raises OSError."""
    pidfd = os.pidfd_open(pid)
    taken = _libc.syscall(SYS_PIDFD_GETFD, pidfd, number, 0)
    error = ctypes.get_errno()
    os.close(pidfd)
    if taken < 0:
        raise OSError(error, f"descriptor {number} of {pid}: {os.strerror(error)}")
    return taken


def mount(source, target, kind, flags=0, options=""):
    _check(_libc.mount(source.encode(), os.fsencode(target), kind.encode(), flags, options.encode()), f"mount {target}")


def die_with_parent():
    _check(_libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")


def adopt_orphans():
    """Descendants whose parent ended become children of this process."""
    _check(_libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")

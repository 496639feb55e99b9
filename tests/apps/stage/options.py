# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""What getsockopt(2) says of the sockets of other processes."""
import os
import socket

from . import kernel

USER_TIMEOUT = "katrace.keepalive.user_timeout_ms"
FIELDS = {
    "katrace.keepalive.idle_s": socket.TCP_KEEPIDLE,
    "katrace.keepalive.interval_s": socket.TCP_KEEPINTVL,
    "katrace.keepalive.probe_limit": socket.TCP_KEEPCNT,
    USER_TIMEOUT: socket.TCP_USER_TIMEOUT,
}


def _number(pid, inode):
    """Of the descriptor that refers to this socket."""
    folder = f"/proc/{pid}/fd"
    for number in os.listdir(folder):
        if os.readlink(f"{folder}/{number}") == f"socket:[{inode}]":
            return int(number)
    raise KeyError(f"process {pid} has no socket {inode}")


def options_of(line):
    """The settings of the socket of a JSON line, as fields of such a line. The process must hold it."""
    pid = line["process.pid"]
    taken = kernel.take_descriptor(pid, _number(pid, line["katrace.socket_inode"]))
    with socket.socket(fileno=taken) as duplicate:
        enabled = bool(duplicate.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))
        values = {field: duplicate.getsockopt(socket.IPPROTO_TCP, option) for field, option in FIELDS.items()}
    if not enabled:
        values = {USER_TIMEOUT: values[USER_TIMEOUT] or None}
    return {"katrace.keepalive.enabled": enabled, **values}

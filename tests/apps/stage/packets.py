# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""Counts keepalive probes on the wire: what katrace says is compared with it."""
import collections
import socket
import struct

ETH_P_IP = 0x0800
SO_RCVBUFFORCE = 33
SOL_PACKET, PACKET_STATISTICS = 263, 6
SIZE = 128
BUFFER = 1 << 26
FIN, SYN, RST, ACK = 1, 2, 4, 16


class Packets:
    """What arrives at an interface of a host. IPv4 only. The kernel keeps it until it is asked for: no thread, because
    a process with threads cannot start programs safely."""

    def __init__(self, host, interface):
        with host.here():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
            self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
            self._socket.bind((interface, ETH_P_IP))
        self._socket.setblocking(False)
        self._next = {}  # the sequence number that a flow will use next
        self._probes = collections.Counter()

    def probes(self, local, peer):
        """Keepalive probes so far from local to peer, each (address, port)."""
        self._read()
        return self._probes[local, peer]

    def all_probes(self):
        """Those of all connections so far."""
        self._read()
        return self._probes.total()

    def _read(self):
        while True:
            try:
                self._take(self._socket.recv(SIZE))
            except BlockingIOError:
                break
        _, lost = struct.unpack("II", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        if lost:
            raise RuntimeError(f"{lost} packets did not fit into the buffer")

    def _take(self, packet):
        if len(packet) < 40 or packet[0] >> 4 != 4 or packet[9] != socket.IPPROTO_TCP:
            return
        header = (packet[0] & 15) * 4
        length = struct.unpack_from("!H", packet, 2)[0]
        source, target = (socket.inet_ntoa(packet[at:at + 4]) for at in (12, 16))
        source_port, target_port, sequence, _, offset, flags = struct.unpack_from("!HHIIBB", packet, header)
        data = length - header - (offset >> 4) * 4
        flow = (source, source_port), (target, target_port)
        after = (sequence + data + bool(flags & SYN) + bool(flags & FIN)) & 0xffffffff
        # a probe has the number before the one that is due, and nothing else does without data
        if flow in self._next and data == 0 and flags == ACK and sequence == (self._next[flow] - 1) & 0xffffffff:
            self._probes[flow] += 1
        elif flags & SYN or flow not in self._next or (after - self._next[flow]) & 0xffffffff < 1 << 31:
            self._next[flow] = after

# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""idle.py HOW ADDRESS: makes a connection, which then idles."""
import http.client
import signal
import socket
import sys

import requests


class Probing(requests.adapters.HTTPAdapter):
    """The recipe for keepalive with requests."""

    def init_poolmanager(self, *arguments, **options):
        options["socket_options"] = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
                                     (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 40)]
        super().init_poolmanager(*arguments, **options)


def main(how, address):
    if how == "http.client":
        connection = http.client.HTTPConnection(address)
        connection.request("GET", "/")
        connection.getresponse().read()
    else:
        session = requests.Session()
        if how == "requests-probing":
            session.mount("http://", Probing())
        session.get(f"http://{address}/")
    print("idle", flush=True)
    signal.pause()


main(*sys.argv[1:])

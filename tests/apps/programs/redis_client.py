# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""redis_client.py HOST PORT [IDLE INTERVAL LIMIT]: asks Redis once, and again for each line of its input, on the
same connection; without numbers keepalive is off."""
import socket
import sys

import redis

OPTIONS = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)

host, port, *values = sys.argv[1:]
connection = redis.Connection(host=host, port=int(port), socket_keepalive=bool(values),
                              socket_keepalive_options=dict(zip(OPTIONS, map(int, values))))
connection.connect()
while True:
    try:
        connection.send_command("PING")
        print(connection.read_response(), flush=True)
    except redis.ConnectionError as error:
        print(f"{error}", flush=True)
        break
    if not sys.stdin.readline():
        break

# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""many_clients.py HOST PORT COUNT: so many HTTP connections with a request each, idle then; for each line of its input
another request on all that are left. Says how many were answered, and how many have ended so far."""
import selectors
import socket
import sys

REQUEST = b"GET / HTTP/1.1\r\nHost: many\r\n\r\n"


def ask(made):
    made.sendall(REQUEST)
    return made.recv(4096).startswith(b"HTTP/1.1 200")


host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
watch = selectors.DefaultSelector()
watch.register(sys.stdin, selectors.EVENT_READ)
idle = set()
for _ in range(count):
    one = socket.create_connection((host, port))
    if ask(one):
        idle.add(one)
        watch.register(one, selectors.EVENT_READ)
print(f"answered {len(idle)}", flush=True)
ended = 0
while True:
    for key, _ in watch.select():
        if key.fileobj is not sys.stdin:  # nobody sends anything: it is the end
            watch.unregister(key.fileobj)
            idle.remove(key.fileobj)
            key.fileobj.close()
            ended += 1
            if ended % 100 == 0:
                print(f"ended {ended}", flush=True)
        elif sys.stdin.readline():
            print(f"again {sum(map(ask, idle))}", flush=True)
        else:
            sys.exit()

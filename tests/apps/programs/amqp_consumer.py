# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""amqp_consumer.py HOST PORT HEARTBEAT IDLE INTERVAL LIMIT: waits for messages of a queue of its own, as a worker does;
says why it ended."""
import sys

import pika

host, port, heartbeat, idle, interval, limit = sys.argv[1:]
connection = pika.BlockingConnection(pika.ConnectionParameters(
    host, int(port), heartbeat=int(heartbeat),
    tcp_options={"TCP_KEEPIDLE": int(idle), "TCP_KEEPINTVL": int(interval), "TCP_KEEPCNT": int(limit)}))
channel = connection.channel()
queue = channel.queue_declare("", exclusive=True).method.queue
channel.basic_consume(queue, on_message_callback=print)
print("consuming", flush=True)
try:
    channel.start_consuming()
except pika.exceptions.AMQPConnectionError as error:
    print(f"ended: {error!r}", flush=True)

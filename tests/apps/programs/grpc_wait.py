# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""grpc_wait.py server PORT | client ADDRESS:PORT [OPTION=NUMBER...]: a call that the server never answers."""
import sys
import threading
from concurrent import futures

import grpc

METHOD = "Wait"


def serve(port):
    forever = threading.Event()
    handler = grpc.unary_unary_rpc_method_handler(lambda request, context: forever.wait())
    # PINGs as often as a client likes
    options = [("grpc.http2.min_ping_interval_without_data_ms", 10), ("grpc.http2.max_ping_strikes", 0)]
    server = grpc.server(futures.ThreadPoolExecutor(4), options=options)
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("katrace", {METHOD: handler})])
    server.add_insecure_port(f"0.0.0.0:{port}")
    server.start()
    forever.wait()


def call(target, *options):
    numbers = [(name, int(number)) for name, _, number in (option.partition("=") for option in options)]
    channel = grpc.insecure_channel(target, options=[("grpc.enable_retries", 0), *numbers])
    try:
        channel.unary_unary(f"/katrace/{METHOD}")(b"")
    except grpc.RpcError as error:
        print(error.code().name, error.details(), flush=True)
    forever = threading.Event()
    forever.wait()


(serve if sys.argv[1] == "server" else call)(*sys.argv[2:])

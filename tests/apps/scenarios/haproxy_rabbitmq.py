# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""RabbitMQ behind HAProxy, whose timeouts are shorter than AMQP's heartbeat and TCP keepalive: an idle consumer is cut
off. Beside it a consumer without a balancer, whose heartbeats end the connection when the network is gone."""
from stage import Story, on, seconds

HAPROXY = """
defaults
    mode tcp
    log stdout format raw daemon
    option tcplog
    timeout connect 5s
listen rabbitmq
    bind :5672
    timeout client 8s
    timeout server 8s
    option clitcpka
    option srvtcpka
    server rabbitmq 10.0.2.2:5672
"""
RABBITMQ = """
loopback_users = none
log.console = true
log.console.level = info
tcp_listen_options.keepalive = true
"""
STORY = Story(
    title="RabbitMQ behind HAProxy: an idle consumer is cut off",
    words="HAProxy RabbitMQ connection reset idle; RabbitMQ client unexpectedly closed TCP connection; RabbitMQ missed "
          "heartbeats from client; pika StreamLostError Transport indicated EOF; AMQP heartbeat load balancer timeout",
    knob="timeout client 8s    # HAProxy: shorter than the heartbeat that the consumer asks for, 30 s\n"
         "timeout server 8s",
    moral="HAProxy counts data only, and a TCP connection ends at it: no TCP keepalive of either side puts its "
          "timeouts off. Ask for a heartbeat shorter than half of timeout client and timeout server, or raise these. A "
          "heartbeat is data: when the network is gone it stands unacknowledged, and TCP keepalive does not act any "
          "more.")


def consumer(stage, address, heartbeat):
    command = ("python3", "/apps/amqp_consumer.py", address, "5672", str(heartbeat), "40", "10", "3")
    return stage.client.start(*command).says("consuming")


def play(stage):
    for host in stage.hosts:
        host.sysctl(tcp_keepalive_time=50, tcp_keepalive_intvl=7, tcp_keepalive_probes=4, tcp_orphan_retries=1)
    stage.root.write("/tmp/haproxy.cfg", HAPROXY)
    stage.root.write("/etc/rabbitmq/rabbitmq.conf", RABBITMQ)
    rabbitmq = stage.server.start(
        "/usr/lib/rabbitmq/bin/rabbitmq-server", user="rabbitmq",
        environment={"HOME": "/var/lib/rabbitmq", "RABBITMQ_NODENAME": "rabbit@localhost"}).listens(5672, timeout_s=60)
    haproxy = stage.router.start("haproxy", "-f", "/tmp/haproxy.cfg").listens(5672)
    trace = stage.trace("--all", "--middlebox-timeout=8")
    balanced = consumer(stage, "10.0.1.1", heartbeat=30)
    ours, theirs = on(40, 10, 3), on(50, 7, 4, sysctl="idle interval limit")
    legs = [
        ({"process.title": "amqp_consumer.py", "network.peer.address": "10.0.1.1"}, ours),
        ({"process.name": "haproxy", "network.peer.address": "10.0.1.2"}, theirs),
        ({"process.name": "haproxy", "network.peer.address": "10.0.2.2"}, theirs),
        ({"process.title": "rabbit", "network.peer.address": "10.0.2.1"}, theirs),
    ]
    stage.expect_rows(legs)
    stage.expect_rows(legs, "--middlebox-timeout=8")
    stage.show_list("--middlebox-timeout=8", "--port=5672")
    for leg, settings in legs:  # nobody holds a connection before it is accepted
        where = {"network.peer.address": leg["network.peer.address"], "katrace.middlebox_timeout_s": 8}
        stage.expect_lines(trace, [("configured", where, settings)])

    haproxy.says(" cD ")
    balanced.says("Transport indicated EOF")
    rabbitmq.says("client unexpectedly closed TCP connection")
    idle = {"katrace.data_received_us": seconds(7.9, 8.9), "katrace.data_sent_us": seconds(7.9, 8.9)}
    stage.expect_lines(trace, [
        ("ended", legs[0][0], {**idle, "katrace.verdict": "closed_by_peer"}),
        ("ended", legs[1][0], {**idle, "katrace.verdict": "closed_locally"}),
        ("ended", legs[2][0], idle),  # HAProxy sends its servers a FIN and then a reset: which one ends the
        ("ended", legs[3][0], idle),  # connection depends on what RabbitMQ does in between
    ])

    direct = consumer(stage, "10.0.2.2", heartbeat=2)
    stage.cut()
    rabbitmq.says("missed heartbeats from client")
    direct.says("ended")
    for where in ({"process.title": "rabbit", "network.peer.address": "10.0.1.2"},
                  {"process.title": "amqp_consumer.py", "network.peer.address": "10.0.2.2"}):
        stage.expect_lines(trace, [("ended", where, {"katrace.verdict": "close_timeout"})], timeout_s=40)
    trace.stop()
    stage.show_timeline(trace, event_name="katrace.ended", process__title="amqp_consumer.py", network__peer__port=5672)

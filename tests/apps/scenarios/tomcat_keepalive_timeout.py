# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""Tomcat 10: keepAliveTimeout closes idle connections, also that of a client that has vanished: then nobody confirms
its FIN."""
from stage import Story, between, on, seconds

PORT = 8080
TITLE = "org.apache.catalina.startup.Bootstrap"
BASE = "/srv/tomcat"
SERVER = f"""<Server port="-1"><Service name="Catalina">
    <Connector port="{PORT}" protocol="HTTP/1.1" keepAliveTimeout="3000" socket.soKeepAlive="true"/>
    <Engine name="Catalina" defaultHost="here"><Host name="here" appBase="none"/></Engine>
</Service></Server>
"""
STORY = Story(
    title="Tomcat: keepAliveTimeout, and a client that has vanished",
    words="Tomcat keepAliveTimeout not TCP keepalive; Tomcat socket.soKeepAlive; FIN_WAIT1 orphan sockets; "
          "tcp_orphan_retries",
    knob='<Connector port="8080" keepAliveTimeout="3000" socket.soKeepAlive="true"/>\n\n'
         "$ sysctl net.ipv4.tcp_orphan_retries=5 net.ipv4.tcp_keepalive_time=5",
    moral="keepAliveTimeout is HTTP's: it closes an idle connection, usually long before TCP keepalive would probe it. "
          "If the client has vanished, the kernel goes on sending the FIN without Tomcat: an orphan, limited by "
          "net.ipv4.tcp_orphan_retries. Tomcat logs neither.")


def request(stage):
    """A client's connection on which Tomcat has answered a request."""
    client = stage.client.connect(stage.server.address, PORT)
    client.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
    assert client.recv(65536).startswith(b"HTTP/1.1 404")
    return client


def server(client):
    return {"network.local.port": PORT, "network.peer.port": client.getsockname()[1]}


def play(stage):
    stage.server.sysctl(tcp_orphan_retries=5, tcp_keepalive_time=5)
    stage.root.write(f"{BASE}/conf/server.xml", SERVER)
    stage.root.make_folder(f"{BASE}/temp")
    tomcat = stage.server.start("/usr/share/tomcat10/bin/catalina.sh", "run", environment={
        "CATALINA_BASE": BASE, "JAVA_OPTS": "-Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"})
    tomcat.listens(PORT)
    trace = stage.trace("--all", "-p", str(tomcat.pid))

    idle = request(stage)
    stage.expect_rows([(server(idle), {**on(5, 75, 9, sysctl="idle interval limit"), "process.title": TITLE})])
    stage.expect_lines(trace, [
        ("ended", server(idle), {
            "katrace.verdict": "closed_locally", "katrace.close_reason": "shutdown", "process.title": TITLE,
            "katrace.data_sent_us": seconds(3, 4.5), "katrace.probes_sent": 0}),
    ])
    assert idle.recv(1) == b""

    gone = request(stage)
    stage.cut()
    stage.expect_lines(trace, [
        ("suppressed", {**server(gone), "katrace.orphan": True}, {
            "katrace.phase": "begin", "katrace.timer": "retransmit", "katrace.unacked_bytes": 0}),
    ])
    stage.expect_rows([
        (server(gone), {"network.connection.state": "fin_wait_1", "katrace.orphan": True, "process.name": None,
                        "katrace.retransmits": between(1, 5), "katrace.gives_up_ms": between(1000, 12600)}),
    ], "--all-namespaces")
    stage.show_list("--all-namespaces", f"--local=:{PORT}")
    stage.expect_lines(trace, [
        ("ended", server(gone), {
            "katrace.verdict": "close_timeout", "katrace.close_reason": "shutdown", "process.title": TITLE,
            "katrace.errno": None, "katrace.data_sent_us": seconds(3, 4.5), "network.connection.state": "fin_wait_1"}),
    ])
    trace.stop()
    for client, sentence in (idle, "perhaps an idle timeout of the application, not TCP keepalive"), \
                            (gone, "This side closed the connection, and the peer never confirmed it"):
        text = stage.show_timeline(trace, event_name="katrace.ended", network__peer__port=client.getsockname()[1])
        stage.expect_text(text, sentence)

# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""An NFS mount, in a virtual machine: both ends of the connection belong to the kernel."""
from stage import Story, off, on

STORY = Story(
    title="NFS: the connection of a mount",
    words="nfs mount tcp keepalive; nfs4 keepalive interval lease; which process owns port 2049",
    knob="rpc.nfsd --lease-time 45   # lease-time=45 in the section nfsd of /etc/nfs.conf",
    moral="The kernel holds both ends itself: no process owns them. The client of NFSv4 derives its keepalive from the "
          "server's lease time: idle time and interval are a third of it, TCP_USER_TIMEOUT is all of it. The server's "
          "end has no keepalive.")

PROGRAMS = ("/bin/sh", "/usr/bin/cat", "/usr/bin/ip", "/usr/bin/mkdir", "/usr/bin/mount", "/usr/bin/ss",
            "/usr/bin/touch", "/usr/sbin/exportfs", "/usr/sbin/mount.nfs4", "/usr/sbin/rpc.mountd", "/usr/sbin/rpc.nfsd")
SCRIPT = """
export PATH=/usr/sbin:/usr/bin
ip link set lo up
mkdir -p /run /export /mnt /var/lib/nfs/v4recovery
touch /var/lib/nfs/etab /var/lib/nfs/rmtab
mount -t tmpfs export /export
mount -t nfsd nfsd /proc/fs/nfsd
exportfs -a
rpc.mountd -N 2 -N 3
rpc.nfsd -N 3 --lease-time 45 1
mount -t nfs4 127.0.0.1:/ /mnt
/katrace list > /list.txt
/katrace list --json > /list.json
ss -Htno > /ss
/katrace --json --duration 40 > /trace.json
for file in list.txt list.json ss trace.json; do echo "== $file"; cat "/$file"; done
echo "== end"
"""
SERVER = {"network.local.port": 2049}
CLIENT = {"network.peer.port": 2049}
KERNELS = {"process.pid": None, "katrace.kernel_socket": True}


def files_of(output):
    """{name: text} of what the script showed."""
    parts = output.split("\n== ")[1:-1]
    return dict(part.split("\n", 1) for part in parts)


def play(stage):
    machine = stage.machine()
    machine.add_program(stage.katrace_path)
    machine.add_programs(*PROGRAMS)
    machine.write("/etc/exports", "/export 127.0.0.1(rw,fsid=0,no_subtree_check,insecure)\n")
    for path in ("/etc/netconfig", "/etc/protocols", "/etc/services"):
        machine.write(path, stage.root.read(path))
    files = files_of(machine.run(SCRIPT))

    stage.expect_fields(files["list.json"], [
        (CLIENT, {**on(15, 15, 3, user_timeout_ms=45000), **KERNELS}),
        (SERVER, {**off(), **KERNELS}),
    ])
    stage.expect_text(files["ss"], "timer:(keepalive,1")
    stage.expect_fields(files["trace.json"], [
        ({"event_name": "katrace.configured"}, {**CLIENT, "process.pid": None}),
        ({"event_name": "katrace.probe_answered"}, CLIENT, 2),
    ])
    stage.show("sudo katrace list", files["list.txt"])

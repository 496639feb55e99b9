# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""The Debian root in which the programs run: what a scenario writes there is gone when it ends."""
import os

from . import kernel


class Root:
    """Shows lower, which does not change, at directory/root. Enters a mount namespace of its own."""

    def __init__(self, lower, directory):
        self.path = os.path.join(directory, "root")
        layers = os.path.join(directory, "layers")
        kernel.unshare(kernel.CLONE_NEWNS)
        kernel.mount("none", "/", "none", kernel.MS_PRIVATE_REC)
        for path in (self.path, layers):
            os.mkdir(path)
        kernel.mount("layers", layers, "tmpfs")
        for name in ("upper", "work"):
            os.mkdir(os.path.join(layers, name))
        options = f"lowerdir={lower},upperdir={layers}/upper,workdir={layers}/work"
        kernel.mount("root", self.path, "overlay", 0, options)
        for name in ("proc", "sys", "dev"):
            kernel.mount(f"/{name}", self.inside(name), "none", kernel.MS_BIND_REC)
        for name in ("run", "tmp"):
            kernel.mount(name, self.inside(name), "tmpfs", 0, "mode=1777")

    def inside(self, path):
        return os.path.join(self.path, path.lstrip("/"))

    def write(self, path, text, owner="root", mode=0o644):
        """Writes a file, and makes its folder."""
        inside = self.inside(path)
        self.make_folder(os.path.dirname(path), owner)
        with open(inside, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(inside, mode)
        os.chown(inside, *self.ids_of(owner))

    def make_folder(self, path, owner="root"):
        inside = self.inside(path)
        if not os.path.isdir(inside):
            os.makedirs(inside)
            os.chown(inside, *self.ids_of(owner))

    def read(self, path):
        with open(self.inside(path), encoding="utf-8", errors="replace") as file:
            return file.read()

    def ids_of(self, user):
        """(uid, gid) of a user of the root."""
        for line in self.read("etc/passwd").splitlines():
            name, _, uid, gid = line.split(":")[:4]
            if name == user:
                return int(uid), int(gid)
        raise KeyError(f"no user {user} in the root")

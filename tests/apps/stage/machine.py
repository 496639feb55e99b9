# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""A virtual machine with a kernel of Debian's, for what needs modules. It runs a shell script, and time flies in it:
its clock jumps to the next timer when it has nothing to do."""
import os
import re
import shutil
import subprocess

QEMU = ("qemu-system-x86_64", "-cpu", "Nehalem", "-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off",
        "-rtc", "clock=vm", "-smp", "1", "-m", "1G", "-nodefaults", "-nographic", "-serial", "stdio", "-no-reboot")
COMMAND_LINE = "console=ttyS0 quiet panic=-1 mitigations=off"


def _libraries(command):
    """The files that ldd names."""
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return re.findall(r"(?:=> |^\s*)(/\S+) \(0x", text, re.MULTILINE)


def _copy(source, to):
    os.makedirs(os.path.dirname(to), exist_ok=True)
    shutil.copy(source, to)


class Machine:
    """kernel: a directory of tests/kernels/fetch.sh; init: the program made of tests/kernels/init.c; root: the Debian
    root, for its programs."""

    def __init__(self, kernel, init, root, directory):
        self._kernel = kernel
        self._root = root
        self._tree = os.path.join(directory, "machine")
        os.mkdir(self._tree)
        for name in ("bin", "sbin", "lib", "lib64"):
            os.makedirs(os.path.join(self._tree, "usr", name))
            os.symlink(f"usr/{name}", os.path.join(self._tree, name))
        shutil.copytree(os.path.join(kernel, "modules"), self._inside("/modules"))
        _copy(init, self._inside("/init"))

    def _inside(self, path):
        return os.path.join(self._tree, path.lstrip("/"))

    def add_program(self, path):
        """A program of this host, with its libraries, as /NAME."""
        _copy(path, self._inside(os.path.basename(path)))
        for library in _libraries(("ldd", path)):
            _copy(library, self._inside(library))

    def add_programs(self, *paths):
        """Programs of the root, with their libraries, where they are there."""
        for path in paths:
            for file in [path, *_libraries(("chroot", self._root, "ldd", path))]:
                _copy(os.path.join(self._root, file.lstrip("/")), self._inside(file))

    def write(self, path, text, mode=0o644):
        inside = self._inside(path)
        os.makedirs(os.path.dirname(inside), exist_ok=True)
        with open(inside, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(inside, mode)

    def run(self, script, timeout_s=100):
        """What the script printed. It must end with status 0, and the kernel must not complain."""
        self.write("/live", "#!/bin/sh\nset -e\n" + script, 0o755)
        image = f"{self._tree}.initramfs"
        subprocess.run(f"cd {self._tree} && find . | cpio -o -H newc --quiet -R 0:0 > {image}", shell=True, check=True)
        result = subprocess.run([*QEMU, "-kernel", os.path.join(self._kernel, "vmlinuz"), "-initrd", image,
                                 "-append", COMMAND_LINE], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                errors="replace", timeout=timeout_s, check=False)
        output = re.sub(r"\r|\x1bc|\x1b\[[0-9;?=]*[A-Za-z]", "", result.stdout)
        if "vm: the tests ended with status 0\n" not in output or "vm: tainted 0\n" not in output:
            raise RuntimeError(f"the virtual machine failed: {output}{result.stderr}")
        return output

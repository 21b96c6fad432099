# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""A guest: boots an image with a job, and brings out what the job left.

    guest.py IMAGE SCRIPT FOLDER [VARIABLE=VALUE...]

boots IMAGE (see image.py), runs SCRIPT in it, puts into FOLDER what it leaves in /out, and shows
what it printed.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

# the processor of many Arm machines in clouds; "max" has pointer authentication, slow to emulate
MACHINES = {
    "arm64": ["qemu-system-aarch64", "-M", "virt", "-cpu", "neoverse-n1",
              "-append", "console=ttyAMA0 panic=-1 quiet"],
    "amd64": ["qemu-system-x86_64", "-M", "q35", "-cpu", "max",
              "-append", "console=ttyS0 panic=-1 quiet"],
}
RESULT_SIZE = 1 << 30
# 2 ns of the guest's time for each instruction: with -icount, instructions are counted for real
NANOSECONDS_PER_INSTRUCTION = 2
FASTEST = f"shift={NANOSECONDS_PER_INSTRUCTION // 2},sleep=off"  # nobody waits while it is idle


def is_here(architecture):
    return shutil.which(MACHINES[architecture][0]) is not None


def make_job(path, script, files):
    """A tar archive with the script as "run" and the files, name by name."""
    with tarfile.open(path, "w") as archive:
        for name, text in {**files, "run": script}.items():
            content = text.encode()
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.mode = 0o755
            archive.addfile(info, io.BytesIO(content))
    with open(path, "ab") as file:
        file.truncate((os.path.getsize(path) + 511) // 512 * 512)


class Guest:
    """One boot of an image. Used in a "with" statement, it ends with it."""

    def __init__(self, image, script, files=None, *, cpus=2, memory=512, icount=FASTEST, disk=None,
                 log=None):
        """Boots.

        icount: how time passes; None for that of the host, with the host's wall clock
        disk: the path of a raw image that the guest sees as /dev/vdc
        log: a file that then gets all that reaches the disk, see QEMU's blklogwrites
        """
        architecture = image.rsplit("-", 1)[-1]
        program, *machine = MACHINES[architecture]
        self.folder = tempfile.mkdtemp(prefix="vmfc-guest-")
        self.console = os.path.join(self.folder, "console")
        self.result = os.path.join(self.folder, "result")
        job = os.path.join(self.folder, "job")
        make_job(job, script, files or {})
        with open(self.result, "wb") as file:
            file.truncate(RESULT_SIZE)
        disks = [f"driver=raw,read-only=on,file.driver=file,file.filename={job}",
                 f"driver=raw,cache.no-flush=on,file.driver=file,file.filename={self.result}"]
        if log is not None:
            with open(log, "wb"):
                pass
            disks.append(f"driver=blklogwrites,file.driver=file,file.filename={disk},"
                         f"log.driver=file,log.filename={log}")
        elif disk is not None:
            disks.append(f"driver=raw,file.driver=file,file.filename={disk}")
        command = [program, *machine, "-accel", "tcg", "-smp", str(cpus),
                   "-m", str(memory),
                   "-display", "none", "-monitor", "none", "-no-reboot",
                   "-serial", f"file:{self.console}", "-nic", "user,restrict=on,model=virtio",
                   "-kernel", os.path.join(image, "kernel"),
                   "-initrd", os.path.join(image, "initramfs")]
        if icount is not None:
            # the guest has a time of its own
            command += ["-icount", icount, "-rtc", "base=2026-01-01T00:00:00,clock=vm"]
        for number, description in enumerate(disks):
            command += ["-blockdev", f"node-name=disk{number},{description}",
                        "-device", f"virtio-blk-pci,drive=disk{number}"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.folder)

    def kill(self):
        """A power cut, as far as the guest's own memory goes: what reached its disk stays there."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def read_console(self):
        try:
            with open(self.console, errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def wait_for(self, pattern, timeout=120):
        """Waits until the guest has printed to its console (/dev/console) what matches."""
        deadline = time.monotonic() + timeout
        while not re.search(pattern, self.read_console()):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the guest did not print {pattern}:\n{self.read_console()}")
            time.sleep(0.01)

    def finish(self, timeout=180):
        """Waits for the guest's end. Returns: the files of /out, name by name, as text"""
        try:
            said, _ = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as late:
            raise AssertionError(f"the guest did not end:\n{self.read_console()}") from late
        files = {}
        try:
            with tarfile.open(self.result) as archive:
                for member in archive:
                    if member.isfile():
                        files[os.path.normpath(member.name)] = \
                            archive.extractfile(member).read().decode(errors="replace")
        except tarfile.ReadError as error:
            raise AssertionError(f"the guest left nothing: {said}\n{self.read_console()}") from error
        return files


def main(image, script, folder, *variables):
    text = "".join(f"export {variable}\n" for variable in variables)
    with open(script) as file:
        text += file.read()
    begin = time.monotonic()
    with Guest(image, text) as guest:
        files = guest.finish()
    for name, content in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(content)
    print(files["log"], end="")
    print(f"{time.monotonic() - begin:.1f} s, exit code {files['status'].strip()}")


if __name__ == "__main__":
    main(*sys.argv[1:])

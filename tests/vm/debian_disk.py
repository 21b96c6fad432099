# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""A guest with a whole Debian for Arm on a disk, where systemd is the first process.

debootstrap unpacks the packages. They are configured here if this machine runs programs of Arm (Debian's
package qemu-user-static), else by the guest on its first boot, which takes a quarter of an hour, once. All takes
root and a network.
"""

import os
import shutil

import guest
import image

ARCHITECTURE = "arm64"
EMULATOR = "/proc/sys/fs/binfmt_misc/qemu-aarch64"  # exists if this machine runs programs of Arm
SIZE = 2 << 30
DISK = "/dev/vdc"
CONFIGURE = f"""\
set -e
mkdir -p /disk
mount -t ext4 {DISK} /disk
echo force-unsafe-io >/disk/etc/dpkg/dpkg.cfg.d/unsafe
chroot /disk /debootstrap/debootstrap --second-stage
chroot /disk apt-get clean
umount /disk
"""


def unpack(release, packages, folder):
    """The packages as they are before anything of them has run, and what a job needs."""
    if shutil.which("debootstrap") is None or os.geteuid() != 0:
        raise image.Unavailable("it takes debootstrap and root")
    image.run("debootstrap", f"--arch={ARCHITECTURE}", "--foreign", "--variant=minbase",
              f"--include={','.join(['systemd', 'systemd-sysv', *packages])}", release, folder)
    image.copy(os.path.join(image.HERE, "job.service"),
               os.path.join(folder, "etc/systemd/system/job.service"))
    image.copy(os.path.join(image.HERE, "init"), os.path.join(folder, "init"))
    os.chmod(os.path.join(folder, "init"), 0o755)
    _, tools, _ = image.fetch(ARCHITECTURE)
    image.copy(os.path.join(tools, "bin/busybox"), os.path.join(folder, "bin/busybox"))


def configure(image_folder, release, packages, folder):
    """Makes a disk in the folder with the release and the packages, installed."""
    root = os.path.join(folder, "root")
    os.mkdir(root, 0o755)
    unpack(release, packages, root)
    is_here = os.path.exists(EMULATOR)
    if is_here:
        image.run("chroot", root, "/debootstrap/debootstrap", "--second-stage")
        image.run("chroot", root, "apt-get", "clean")
    disk = os.path.join(folder, "disk")
    with open(disk, "wb") as file:
        file.truncate(SIZE)
    image.run("mkfs.ext4", "-q", "-b", "4096", "-d", root, disk)
    shutil.rmtree(root)
    if is_here:
        return
    # with the time of this machine, on two threads: nothing is counted here
    with guest.Guest(image_folder, CONFIGURE, memory=1024, icount=None, disk=disk) as machine:
        files = machine.finish(3600)
    if files["status"].strip() != "0":
        raise RuntimeError(f"the first boot has failed:\n{files['log'][-4000:]}")


def make(image_folder, release, packages, files, folder):
    """Makes a disk in the folder with the release, packages of Debian, and files in /packages.

    What does not change from run to run is in the cache of the images.
    Returns: its path
    """
    inputs = [release, packages, *(image.checksum(os.path.join(image.HERE, name))
                                   for name in ("debian_disk.py", "init", "job.service"))]
    made = image.cached("debian", inputs, lambda target: configure(image_folder, release, packages, target))
    disk = os.path.join(folder, "disk")
    image.run("cp", "--sparse=always", os.path.join(made, "disk"), disk)
    commands = "mkdir /packages\n" + "".join(
        f"write {path} /packages/{os.path.basename(path)}\n" for path in files)
    with open(os.path.join(folder, "commands"), "w") as file:
        file.write(commands)
    image.run("debugfs", "-w", "-f", os.path.join(folder, "commands"), disk)
    return disk


def boot(image_folder, disk, script, files=None, **options):
    """The guest with its root on the disk, where it runs the script as a service."""
    return guest.Guest(image_folder, script, {**(files or {}), "root": DISK}, disk=disk, memory=1024,
                       **options)

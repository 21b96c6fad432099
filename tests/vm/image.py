# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What a guest is made of: a kernel of Debian's and an initramfs with busybox, vmfc and its libraries.

    image.py ARCHITECTURE BUILD FOLDER [systemd]
    image.py fetch

The first makes the image in FOLDER, for arm64 (vmfc is cross-built in FOLDER) or amd64 (the vmfc of
the build folder BUILD is taken), and prints where. With the word systemd at its end it makes one in
which that is the first process and runs the job. The second only fetches what that takes. What is
fetched stays in a cache ($XDG_CACHE_HOME/vmfc-guests) for as long as its checksums are right and the
same is asked for; to get newer packages, remove it.
"""

import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.abspath(os.path.join(HERE, "../.."))
FETCH = os.path.join(SOURCE, "data/cross/fetch-sysroot")
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
                     "vmfc-guests")
TRIPLETS = {"arm64": "aarch64-linux-gnu", "amd64": "x86_64-linux-gnu"}
# in the order in which they have to be loaded; one that the kernel has built in has no file
MODULES = ["virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci",
           "virtio_blk", "crc16", "mbcache", "jbd2", "crc32c_generic", "libcrc32c", "ext4",
           "failover", "net_failover", "virtio_net"]
TOOLS = ["usr/bin/setpriv", "sbin/setcap", "sbin/getcap"]
# each set of packages is fetched into a folder of its own, the same way for both architectures
GUEST_PACKAGES = ["busybox-static", "util-linux", "libcap2-bin", "libcap2", "libcap-ng0", "libc6"]

# without what the libraries of vmfc bring along
SYSTEMD_PACKAGES = ["systemd", "libsystemd-shared", "libsystemd0", "libacl1", "libapparmor1",
                    "libaudit1", "libcrypt1", "libgcrypt20", "libgpg-error0", "libip4tc2",
                    "libkmod2", "liblz4-1", "liblzma5", "libpam0g", "libseccomp2", "libzstd1"]
SYSTEMD_PROGRAMS = ["lib/systemd/systemd", "lib/systemd/systemd-journald", "bin/systemctl",
                    "bin/journalctl", "usr/bin/systemd-analyze"]
# no service but the journal: what is not there need not be masked, and the guest is up at once
SYSTEMD_UNITS = ["*.target", "*.slice", "systemd-journald.service", "systemd-journald*.socket"]


class Unavailable(Exception):
    """Says what this machine lacks for a guest."""


def run(*command, **kwargs):
    try:
        return subprocess.run(command, check=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              **kwargs).stdout
    except FileNotFoundError as missing:
        raise Unavailable(f"{command[0]} is not installed") from missing
    except subprocess.CalledProcessError as failed:
        raise RuntimeError(f"{' '.join(command)}:\n{failed.stdout}") from failed


# ------------------------------------------------------------------ cache

def checksum(path):
    digest = hashlib.sha256()
    if os.path.islink(path):
        return "-> " + os.readlink(path)
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def checksums(folder):
    return {os.path.relpath(os.path.join(parent, name), folder):
            checksum(os.path.join(parent, name))
            for parent, _, names in os.walk(folder) for name in names}


def cached(name, inputs, make):
    """The folder with what make() puts into it, made once for each state of the inputs."""
    key = hashlib.sha256(json.dumps(inputs).encode()).hexdigest()[:16]
    folder = os.path.join(CACHE, f"{name}-{key}")
    listing = folder + ".json"
    try:
        if checksums(folder) == json.loads(read_text(listing) or "null"):
            return folder
    except ValueError:
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(CACHE, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as fresh:
        content = os.path.join(fresh, "content")
        os.mkdir(content, 0o755)
        make(content)
        os.rename(content, folder)
    with open(listing, "w") as file:
        json.dump(checksums(folder), file)
    return folder


def fetched(name, architecture, *packages):
    if shutil.which("apt-get") is None:
        raise Unavailable("guests are made of Debian packages, and there is no apt-get here")

    def fetch_into(folder):
        try:
            run(FETCH, architecture, folder, *packages)
        except RuntimeError as failed:
            raise Unavailable(f"the packages of {name} cannot be fetched: {failed}") from failed
    return cached(f"{name}-{architecture}", [architecture, packages, checksum(FETCH)], fetch_into)


def read_text(path):
    """The text of a file; None where there is none."""
    try:
        with open(path) as file:
            return file.read()
    except FileNotFoundError:
        return None


# -------------------------------------------------------------- initramfs

def needed(path):
    return re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-d", path))


def copy(source, target):
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copy2(source, target)


def copy_libraries(root, programs, folders, triplet):
    """Puts all that the programs are linked to, directly or not, where the loader looks for it."""
    waiting, seen = list(programs), set()
    while waiting:
        for name in needed(waiting.pop()):
            if name in seen:
                continue
            seen.add(name)
            path = next((os.path.join(folder, name) for folder in folders
                         if os.path.exists(os.path.join(folder, name))), None)
            if path is None:
                raise Unavailable(f"{name} is in none of {' '.join(folders)}")
            copy(os.path.realpath(path), os.path.join(root, "lib", triplet, name))
            waiting.append(path)
    loader = next(name for name in seen if name.startswith("ld-linux"))
    where = "lib64" if triplet.startswith("x86_64") else "lib"
    copy(os.path.join(root, "lib", triplet, loader), os.path.join(root, where, loader))


def copy_modules(root, kernel):
    found = {}
    for parent, _, names in os.walk(os.path.join(kernel, "lib/modules")):
        found.update({name.split(".")[0]: os.path.join(parent, name)
                      for name in names if name.endswith(".ko")})
    order = [name for name in MODULES if name in found]
    for name in order:
        copy(found[name], os.path.join(root, "modules", name + ".ko"))
    with open(os.path.join(root, "modules/order"), "w") as file:
        file.write("".join(name + ".ko\n" for name in order))


def pack(root, image):
    names = subprocess.run(["find", ".", "-print0"], cwd=root, check=True, stdout=subprocess.PIPE)
    with open(image, "wb") as file:
        try:
            subprocess.run(["cpio", "--null", "--quiet", "-o", "-H", "newc", "-R", "0:0"],
                           cwd=root, input=names.stdout, stdout=file, check=True)
        except FileNotFoundError as missing:
            raise Unavailable("cpio is not installed") from missing


def cross_build(build, sysroot):
    folder = os.path.join(build, "arm64")
    os.makedirs(build, exist_ok=True)
    constants = os.path.join(build, "sysroot.ini")
    with open(constants, "w") as file:
        file.write(f"[constants]\nsysroot = '{sysroot}'\n")
    # a build folder of another sysroot is of no use
    marker = os.path.join(folder, "sysroot")
    if read_text(marker) != sysroot:
        shutil.rmtree(folder, ignore_errors=True)
        run("meson", "setup", folder, SOURCE, "--cross-file", constants, "--cross-file",
            os.path.join(SOURCE, "data/cross/arm64.ini"), "--prefix=/usr", "--libdir=lib",
            "-Dtests=false", "-Doptimization=1")
        with open(marker, "w") as file:
            file.write(sysroot)
    run("ninja", "-C", folder)
    return folder


def install(build, root):
    run("meson", "install", "-C", build, "--no-rebuild", "--quiet",
        env={**os.environ, "DESTDIR": root})


def compile_helpers(root, sysroot):
    compiler = ["aarch64-linux-gnu-gcc", f"--sysroot={sysroot}", "-O2", "-o"]
    os.makedirs(os.path.join(root, "bin"), exist_ok=True)
    run(*compiler, os.path.join(root, "bin/loop"), "-nostdlib", "-static",
        os.path.join(HERE, "loop.S"))
    run(*compiler, os.path.join(root, "bin/occupy"), os.path.join(HERE, "occupy.c"))


def is_program(path):
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def programs_of(root):
    return [os.path.join(parent, name) for parent, _, names in os.walk(root) for name in names
            if is_program(os.path.join(parent, name))]


def fetch(architecture):
    """Fetches what guests are made of. Returns: the folders of kernel, tools, and libraries"""
    kernel = fetched("kernel", architecture, f"linux-image-cloud-{architecture}+")
    guest = fetched("guest", architecture, *GUEST_PACKAGES)
    return kernel, guest, fetched("sysroot", architecture) if architecture == "arm64" else "/"


def fetch_systemd(architecture):
    return fetched("systemd", architecture, *SYSTEMD_PACKAGES)


def copy_systemd(root, systemd):
    for program in SYSTEMD_PROGRAMS:
        copy(os.path.join(systemd, program), os.path.join(root, program))
    units = os.path.join(systemd, "lib/systemd/system")
    for pattern in SYSTEMD_UNITS:
        for path in glob.glob(os.path.join(units, pattern)):
            copy(path, os.path.join(root, "lib/systemd/system", os.path.basename(path)))
    copy(os.path.join(HERE, "job.service"), os.path.join(root, "etc/systemd/system/job.service"))
    with open(os.path.join(root, "etc/machine-id"), "w") as file:
        file.write("76" * 16 + "\n")  # without one it is a first boot, which enables all units
    with open(os.path.join(root, "etc/group"), "w") as file:
        file.write("root:x:0:\n")


def make(architecture, build, folder, with_systemd=False):
    """Makes an image with the vmfc of this source (arm64) or of the build folder (amd64).

    with_systemd: systemd is the first process
    Returns: its folder, with the files kernel and initramfs
    """
    triplet = TRIPLETS[architecture]
    kernel, guest, own = fetch(architecture)
    systemd = fetch_systemd(architecture) if with_systemd else None
    name = f"guest-systemd-{architecture}" if with_systemd else f"guest-{architecture}"
    target = os.path.join(folder, name)
    root = os.path.join(target, "root")
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(os.path.join(root, "etc"))
    if architecture == "arm64":
        install(cross_build(folder, own), root)
        compile_helpers(root, own)
    else:
        install(build, root)
    for tool in TOOLS:
        copy(os.path.join(guest, tool), os.path.join(root, tool))
    folders = [os.path.join(where, folder, triplet)
               for where in (own, guest, systemd) if where is not None
               for folder in ("lib", "usr/lib")]
    if with_systemd:
        copy_systemd(root, systemd)
        folders.append(os.path.join(systemd, "usr/lib", triplet, "systemd"))
    copy_libraries(root, programs_of(root), folders, triplet)
    copy(os.path.join(guest, "bin/busybox"), os.path.join(root, "bin/busybox"))
    copy(os.path.join(HERE, "init"), os.path.join(root, "init"))
    os.chmod(os.path.join(root, "init"), 0o755)
    with open(os.path.join(root, "etc/passwd"), "w") as file:
        file.write("root::0:0:root:/:/bin/sh\nuser::1000:1000:user:/tmp:/bin/sh\n")
    copy_modules(root, kernel)
    image, = glob.glob(os.path.join(kernel, "boot/vmlinuz-*"))
    shutil.copy2(image, os.path.join(target, "kernel-fresh"))
    os.replace(os.path.join(target, "kernel-fresh"), os.path.join(target, "kernel"))
    # whoever is booting the one from before goes on with it
    pack(root, os.path.join(target, "fresh"))
    os.replace(os.path.join(target, "fresh"), os.path.join(target, "initramfs"))
    return target


if __name__ == "__main__":
    if sys.argv[1:] == ["fetch"]:
        for name in TRIPLETS:
            fetch(name)
        fetch_systemd("arm64")
    else:
        print(make(*sys.argv[1:4], with_systemd=sys.argv[4:] == ["systemd"]))

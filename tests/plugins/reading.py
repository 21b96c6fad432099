# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What /proc and /sys of one machine say at one instant, read without any of vmfc's code.

What does not look as the kernel writes it is not there (None): a damaged file gives no number.
"""

import os
import re

LARGEST = 2**63 - 1
CPU_FIELDS = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
# what stands on memory, a file, a program, a pool, or on disks that are counted themselves
NO_DISK = re.compile(r"(z?loop|ploop|cloop|z?ram|zd|nullb|ublkb|dm-|md|bcache)[0-9]")
NVME_HEAD = re.compile(r"nvme([0-9]+)n([0-9]+)$")


class Texts:
    """The files as they are, taken quickly one after the other; understood later."""

    FILES = ("stat", "meminfo", "diskstats", "net/dev", "loadavg", "vmstat")

    def __init__(self, root):
        self.root = root
        self.files = {}
        for name in self.FILES:
            with open(os.path.join(root, "proc", name), "rb") as file:
                self.files[name] = file.read().decode("latin-1")
        self.processes = {name for name in os.listdir(os.path.join(root, "proc"))
                          if name.isdigit()}


def whole_lines(text):
    """Every line the kernel writes ends with a newline; what follows the last one was cut off."""
    return text.split("\n")[:-1]


def words_of(line):
    return [word for word in re.split("[ \t]+", line) if word]


def number(word):
    if re.fullmatch("[0-9]+", word) and int(word) <= LARGEST:
        return int(word)
    return None


def decimal(word):
    """As the kernel prints a load: the digits, for an exact comparison as a double."""
    return float(word) if re.fullmatch(r"[0-9]+\.[0-9]+", word) else None


def keyed(text, key):
    """The number of the line "key number"."""
    for line in whole_lines(text):
        words = words_of(line)
        if words[:1] == [key]:
            return number(words[1]) if len(words) > 1 else None
    return None


class Cpu:
    """The lines "cpu" and "cpuN" of /proc/stat."""

    def __init__(self, text):
        lines = [words_of(line) for line in whole_lines(text)]
        names = [words[0] if words else "" for words in lines]
        self.ticks = self.read_ticks(lines[names.index("cpu")]) if "cpu" in names else None
        self.online = self.find_online(names)

    @staticmethod
    def read_ticks(words):
        """Old kernels have fewer fields; but one that is there and cannot be read makes the total
        unknown, and with it every share."""
        ticks = [number(word) for word in words[1:len(CPU_FIELDS) + 1]]
        return ticks if len(ticks) > CPU_FIELDS.index("idle") and None not in ticks else None

    @staticmethod
    def find_online(names):
        """Other lines follow the list of CPUs, unless it was cut off."""
        found = [i for i, name in enumerate(names) if re.fullmatch("cpu[0-9]+", name)]
        if not found or found[-1] == len(names) - 1:
            return None
        return frozenset(names[i] for i in found)


class Devices:
    """The bytes or sectors (in, out) of every disk or interface."""

    def __init__(self, text):
        self.text = text
        self.values = {}
        self.unreadable = set()

    def add(self, name, values):
        if None in values:
            self.unreadable.add(name)
        else:
            self.values[name] = values

    def counted_values(self, counted):
        """None when something that counts, or may count, could not be read."""
        cut_off = self.text[-1:] != "\n"
        if cut_off or not self.values or self.unreadable & counted:
            return None
        return {name: self.values[name] for name in self.values if name in counted}


class Disks(Devices):
    """/proc/diskstats, Documentation/admin-guide/iostats.rst of the kernel."""

    def __init__(self, root, text):
        super().__init__(text)
        self.block = os.path.join(root, "sys/block")
        for line in whole_lines(self.text):
            words = words_of(line)
            if len(words) >= 10 and None not in map(number, words[:2]):
                numbers = [number(word) for word in words[3:10]]
                self.add(words[2], (numbers[2], numbers[6]) if None not in numbers else (None,))
        names = set(self.values) | self.unreadable
        self.counted = {name for name in names if self.is_counted(name)}

    def is_counted(self, name):
        entry = name.replace("/", "!")
        folder = os.path.join(self.block, entry)
        slaves = os.path.join(folder, "slaves")
        if NO_DISK.match(name) or not os.path.isdir(folder):
            return False
        return not (os.path.isdir(slaves) and os.listdir(slaves)) and not self.has_paths(entry)

    def has_paths(self, name):
        """With NVMe's own multipath nvme0n1 stands on the hidden nvme0c0n1 and so on, which count
        the same data; there are no slaves/ that say so."""
        head = NVME_HEAD.match(name)
        path = head and re.compile("nvme%sc[0-9]+n%s$" % head.groups())
        return bool(path) and any(path.match(entry) for entry in os.listdir(self.block))


class Interfaces(Devices):
    """/proc/net/dev, proc(5)."""

    def __init__(self, root, text):
        super().__init__(text)
        self.folder = os.path.join(root, "sys/class/net")
        for line in whole_lines(self.text):
            name, colon, rest = line.rpartition(":")
            words = words_of(rest)
            if colon and len(words) >= 9 and words_of(name):
                numbers = [number(word) for word in words[:9]]
                self.add(words_of(name)[0],
                         (numbers[0], numbers[8]) if None not in numbers else (None,))
        names = set(self.values) | self.unreadable
        with_device = {name for name in names
                       if self.has_device(name) and not self.is_below_another(name)}
        free = {name for name in names - {"lo"} if not self.has_lower(name)}
        plain = {name for name in free if not self.is_tunnel(name)}
        self.counted = with_device or plain or free

    def has_lower(self, name):
        folder = os.path.join(self.folder, name)
        return os.path.isdir(folder) and any(entry.startswith("lower_")
                                             for entry in os.listdir(folder))

    def is_tunnel(self, name):
        """By what the kernel calls its kind; enough for the machines that tests run on."""
        try:
            with open(os.path.join(self.folder, name, "type")) as file:
                if file.read().strip() != "1":
                    return True
            with open(os.path.join(self.folder, name, "uevent")) as file:
                return bool(re.search("DEVTYPE=(vxlan|geneve|wireguard|macsec|ppp)", file.read()))
        except OSError:
            return False

    def has_device(self, name):
        return os.path.exists(os.path.join(self.folder, name, "device"))

    def is_below_another(self, name):
        """A function passed through to the machine, whose traffic the master counts as well."""
        try:
            master = os.readlink(os.path.join(self.folder, name, "master"))
        except OSError:
            return False
        return self.has_device(os.path.basename(master))


class Reading:
    def __init__(self, texts):
        self.texts = texts
        stat, meminfo = texts.files["stat"], texts.files["meminfo"]
        self.cpu = Cpu(stat)
        self.memory_total = keyed(meminfo, "MemTotal:")
        self.memory_available = keyed(meminfo, "MemAvailable:")
        has_sysfs = os.path.isdir(os.path.join(texts.root, "sys/block"))
        self.disks = Disks(texts.root, texts.files["diskstats"]) if has_sysfs else None
        self.interfaces = Interfaces(texts.root, texts.files["net/dev"])
        self.loads = loads(texts.files["loadavg"])
        self.process_count = len(texts.processes)
        self.procs_running = keyed(stat, "procs_running")
        self.procs_blocked = keyed(stat, "procs_blocked")
        self.processes = keyed(stat, "processes")
        self.context_switches = keyed(stat, "ctxt")
        self.page_faults = keyed(texts.files["vmstat"], "pgfault")


def loads(text):
    words = words_of((whole_lines(text) or [""])[0])
    averages = [decimal(word) for word in words[:3]]
    return averages if len(averages) == 3 and None not in averages else [None] * 3

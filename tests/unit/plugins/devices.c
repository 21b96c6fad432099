/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * What of the devices is counted, at every instant: lists of /proc and folders of sysfs that are
 * made up and changed between two readings.
 */

#include "disk/disks.h"
#include "disk/parse.h"
#include "net/links.h"
#include "net/parse.h"
#include "remove-folder.h"

#include <glib/gstdio.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define S  G_GINT64_CONSTANT(1000000000)
#define MS (S / 1000)
#define GB G_GINT64_CONSTANT(1000000000)

typedef gboolean (*ParseFunc)(const gchar *text, gsize length, VmfcDevices *devices);

typedef struct {
	gchar *folder;
	VmfcDevices devices;
	NetLinks links;
	Disks disks;
	VmfcDeviceSums sums;
} Machine;

static void
make(const Machine *machine, const gchar *path, const gchar *text)
{
	g_autofree gchar *full = g_build_filename(machine->folder, path, NULL);
	g_autofree gchar *parent = g_path_get_dirname(full);

	g_assert_cmpint(g_mkdir_with_parents(text != NULL ? parent : full, 0755), ==, 0);
	if (text != NULL)
		g_assert_true(g_file_set_contents(full, text, -1, NULL));
}

static void
point(const Machine *machine, const gchar *path, const gchar *target)
{
	g_autofree gchar *full = g_build_filename(machine->folder, path, NULL);
	g_assert_cmpint(symlink(target, full), ==, 0);
}

static void
take_away(const Machine *machine, const gchar *path)
{
	g_autofree gchar *full = g_build_filename(machine->folder, path, NULL);
	g_assert_cmpint(g_remove(full), ==, 0);
}

static void
machine_init(Machine *machine, gint64 unit, gboolean polled)
{
	*machine = (Machine){.folder = g_dir_make_tmp("vmfc-devices-XXXXXX", NULL)};
	net_links_init(&machine->links, g_strdup(machine->folder), FALSE);
	disks_init(&machine->disks, g_strdup(machine->folder), FALSE);
	g_assert_true(disks_are_polled(&machine->disks));
	vmfc_devices_init(&machine->devices, unit, polled);
}

static void
machine_clear(Machine *machine)
{
	vmfc_devices_clear(&machine->devices);
	net_links_clear(&machine->links);
	disks_clear(&machine->disks);
	remove_folder(machine->folder);
	g_free(machine->folder);
}

/* Returns: the names of what is counted, in the order of the list; valid until the next call */
static const gchar *
counted(const Machine *machine)
{
	static gchar names[256];

	names[0] = '\0';
	for (guint i = 0; i < machine->devices.now->len; i++) {
		const VmfcDevice *device = &g_array_index(machine->devices.now, VmfcDevice, i);
		if (!device->counted)
			continue;
		if (names[0] != '\0')
			g_strlcat(names, " ", sizeof(names));
		g_strlcat(names, device->name, sizeof(names));
	}
	return names;
}

static VmfcDevicesCourse
read_list(Machine *machine, gint64 time, const gchar *text, ParseFunc parse,
	  VmfcClassifyFunc classify, gpointer data)
{
	vmfc_devices_begin(&machine->devices, time);
	g_assert_true(parse(text, strlen(text), &machine->devices));
	g_assert_true(vmfc_devices_end(&machine->devices, classify, data, &machine->sums));
	return machine->sums.course;
}

/* @list: names and bytes received, by blanks */
static VmfcDevicesCourse
read_net(Machine *machine, gint64 time, const gchar *list)
{
	g_auto(GStrv) words = g_strsplit(list, " ", -1);
	g_autoptr(GString) text = g_string_new("Inter-|   Receive\n face |bytes\n");

	for (guint i = 0; words[i] != NULL; i += 2)
		g_string_append_printf(text, "%6s: %s 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n", words[i],
				       words[i + 1]);
	return read_list(machine, time, text->str, net_parse_dev, net_links_classify,
			 &machine->links);
}

/* @list: names and sectors read, by blanks */
static VmfcDevicesCourse
read_disks(Machine *machine, gint64 time, const gchar *list)
{
	g_auto(GStrv) words = g_strsplit(list, " ", -1);
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; words[i] != NULL; i += 2)
		g_string_append_printf(text, "   8  0 %s 1 0 %s 1 1 0 7 1 0 1 1\n", words[i],
				       words[i + 1]);
	return read_list(machine, time, text->str, disk_parse_diskstats, disks_classify,
			 &machine->disks);
}

/* An interface of a container or, with @device, of a machine. */
static void
make_link(const Machine *machine, const gchar *name, gint index, gboolean device)
{
	g_autofree gchar *number = g_strdup_printf("%d\n", index);
	g_autofree gchar *index_path = g_strdup_printf("%s/ifindex", name);
	g_autofree gchar *link_path = g_strdup_printf("%s/iflink", name);
	g_autofree gchar *device_path = g_strdup_printf("%s/device", name);

	make(machine, index_path, number);
	make(machine, link_path, number);
	if (device)
		make(machine, device_path, NULL);
}

/* ------------------------------------------------------------- what changes in mid-run */

static void
put_under(const Machine *machine, const gchar *port, const gchar *master)
{
	g_autofree gchar *up = g_strdup_printf("%s/master", port);
	g_autofree gchar *to = g_strdup_printf("../%s", master);
	g_autofree gchar *down = g_strdup_printf("%s/lower_%s", master, port);
	g_autofree gchar *from = g_strdup_printf("../%s", port);

	point(machine, up, to);
	point(machine, down, from);
}

/* The lists stay the same; only a look says that the bridge has a port now. */
static void
check_late_port(Machine *machine)
{
	make_link(machine, "lo", 1, FALSE);
	make_link(machine, "eth0", 2, FALSE);
	make_link(machine, "br0", 3, FALSE);
	for (guint i = 0; i < 5; i++)
		read_net(machine, (10 + i) * S, "lo 0 eth0 1000 br0 1000");
	g_assert_cmpstr(counted(machine), ==, "eth0 br0");
	put_under(machine, "eth0", "br0");
}

static void
test_polled(void)
{
	Machine machine;

	machine_init(&machine, 1, TRUE);
	check_late_port(&machine);
	g_assert_cmpint(read_net(&machine, 14 * S + 500 * MS, "lo 0 eth0 1500 br0 1500"), ==,
			VMFC_DEVICES_CONTINUED);
	/* a second after the last look, although the tick is a little early */
	g_assert_cmpint(read_net(&machine, 15 * S - 50 * MS, "lo 0 eth0 2000 br0 2000"), ==,
			VMFC_DEVICES_CHANGED);
	g_assert_cmpstr(counted(&machine), ==, "eth0");
	g_assert_cmpint(machine.sums.in, ==, 2000);
	g_assert_cmpint(read_net(&machine, 16 * S, "lo 0 eth0 3000 br0 3000"), ==,
			VMFC_DEVICES_CONTINUED);
	machine_clear(&machine);
}

static void
test_told(void)
{
	Machine machine;

	machine_init(&machine, 1, FALSE);
	check_late_port(&machine);
	g_assert_cmpint(read_net(&machine, 20 * S, "lo 0 eth0 2000 br0 2000"), ==,
			VMFC_DEVICES_CONTINUED);
	vmfc_devices_classify_again(&machine.devices);
	g_assert_cmpint(read_net(&machine, 21 * S, "lo 0 eth0 3000 br0 3000"), ==,
			VMFC_DEVICES_CHANGED);
	g_assert_cmpstr(counted(&machine), ==, "eth0");
	/* and back */
	take_away(&machine, "br0/lower_eth0");
	vmfc_devices_classify_again(&machine.devices);
	g_assert_cmpint(read_net(&machine, 22 * S, "lo 0 eth0 3000 br0 3000"), ==,
			VMFC_DEVICES_CHANGED);
	g_assert_cmpstr(counted(&machine), ==, "eth0 br0");
	machine_clear(&machine);
}

/* The kernel says what becomes of an interface, here in a network namespace of this test. */
static void
test_events(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	NetLinks links;

	if (unshare(CLONE_NEWNET) != 0) {
		g_test_skip("making a network namespace needs root");
		return;
	}
	net_links_init(&links, g_strdup("/sys/class/net"), TRUE);
	g_assert_cmpint(links.events, >=, 0);
	g_assert_false(net_links_have_changed(&links));
	g_assert_cmpint(ioctl(links.names, SIOCSIFFLAGS, &request), ==, 0);
	g_assert_true(net_links_have_changed(&links));
	g_assert_false(net_links_have_changed(&links));
	/* more than the socket holds: some are lost, which says enough */
	for (guint i = 0; i < 2000; i++) {
		request.ifr_flags = i % 2 == 0 ? 0 : IFF_UP;
		g_assert_cmpint(ioctl(links.names, SIOCSIFFLAGS, &request), ==, 0);
	}
	g_assert_true(net_links_have_changed(&links));
	for (guint i = 0; i < 20; i++)
		net_links_have_changed(&links);
	g_assert_false(net_links_have_changed(&links));
	net_links_clear(&links);
}

/* A function that is passed through, put under the interface that counts its traffic as well. */
static void
test_late_function(void)
{
	Machine machine;

	machine_init(&machine, 1, TRUE);
	make_link(&machine, "eth0", 2, TRUE);
	make_link(&machine, "enP1s1", 3, TRUE);
	read_net(&machine, 1 * S, "eth0 1000 enP1s1 1000");
	g_assert_cmpstr(counted(&machine), ==, "eth0 enP1s1");
	put_under(&machine, "enP1s1", "eth0");
	g_assert_cmpint(read_net(&machine, 2 * S, "eth0 2000 enP1s1 2000"), ==,
			VMFC_DEVICES_CHANGED);
	g_assert_cmpstr(counted(&machine), ==, "eth0");
	machine_clear(&machine);
}

static void
test_late_disk(void)
{
	Machine machine;

	machine_init(&machine, 512, TRUE);
	make(&machine, "sda/slaves", NULL);
	make(&machine, "drbd0/slaves", NULL);
	make(&machine, "md_home/md", NULL); /* assembled later: never counted, also before */
	make(&machine, "dm-0/dm", NULL);
	make(&machine, "bcache0", NULL);
	for (guint i = 0; i < 5; i++)
		read_disks(&machine, i * S, "sda 100 sda1 50 drbd0 0 md_home 7 dm-0 7 bcache0 7");
	g_assert_cmpstr(counted(&machine), ==, "sda drbd0");
	make(&machine, "drbd0/slaves/sda", NULL);
	g_assert_cmpint(
		read_disks(&machine, 5 * S, "sda 200 sda1 50 drbd0 100 md_home 7 dm-0 7 bcache0 7"),
		==, VMFC_DEVICES_CHANGED);
	g_assert_cmpstr(counted(&machine), ==, "sda");
	machine_clear(&machine);
}

/* Another device under the name of one that is gone, whose count is above the old one. */
static void
test_replaced(void)
{
	Machine machine;

	machine_init(&machine, 512, FALSE);
	make(&machine, "sda/diskseq", "9\n");
	make(&machine, "sdb/diskseq", "10\n");
	for (guint i = 0; i < 5; i++)
		read_disks(&machine, i * S, "sda 100 sdb 100");
	make(&machine, "sdb/diskseq", "11\n");
	vmfc_devices_classify_again(&machine.devices);
	g_assert_cmpint(read_disks(&machine, 5 * S, "sda 100 sdb 5000"), ==, VMFC_DEVICES_CHANGED);
	g_assert_cmpint(read_disks(&machine, 6 * S, "sda 100 sdb 5001"), ==,
			VMFC_DEVICES_CONTINUED);
	/* what a new one counted before it was seen is no growth */
	make(&machine, "sdc", NULL);
	g_assert_cmpint(read_disks(&machine, 7 * S, "sda 100 sdb 5001 sdc 9999"), ==,
			VMFC_DEVICES_CHANGED);
	g_assert_cmpint(read_disks(&machine, 8 * S, "sda 100 sdb 5001 sdc 9999"), ==,
			VMFC_DEVICES_CONTINUED);
	machine_clear(&machine);
}

/* ------------------------------------------------------------ growth that cannot be true */

static void
expect_growth(gint64 window, gint64 growth, VmfcDevicesCourse course)
{
	Machine machine;
	g_autofree gchar *last = g_strdup_printf("eth0 %" G_GINT64_FORMAT, 1000 + growth);
	g_autofree gchar *next = g_strdup_printf("eth0 %" G_GINT64_FORMAT, 1001 + growth);

	machine_init(&machine, 1, FALSE);
	make_link(&machine, "eth0", 2, TRUE);
	read_net(&machine, 1 * S, "eth0 1000");
	g_assert_cmpint(read_net(&machine, 1 * S + window, last), ==, course);
	g_assert_cmpint(read_net(&machine, 1 * S + 2 * window, next), ==, VMFC_DEVICES_CONTINUED);
	machine_clear(&machine);
}

static void
test_growth(void)
{
	/* 1.6 terabit Ethernet, also when its driver fetches the counts once a second */
	expect_growth(1 * S, 200 * GB, VMFC_DEVICES_CONTINUED);
	expect_growth(60 * S, 60 * 200 * GB, VMFC_DEVICES_CONTINUED);
	expect_growth(16 * MS, 200 * GB, VMFC_DEVICES_CONTINUED);
	expect_growth(1 * MS, 200 * GB, VMFC_DEVICES_CONTINUED);
	expect_growth(1 * S, 1000 * GB, VMFC_DEVICES_TOO_FAST);
	expect_growth(16 * MS, 1000 * GB, VMFC_DEVICES_TOO_FAST);
	expect_growth(1 * S, G_MAXINT64 - 2000, VMFC_DEVICES_TOO_FAST);
	/* a counter of 32 bits that started over, or a driver that was loaded once more */
	expect_growth(1 * S, -900, VMFC_DEVICES_RESET);
}

static void
test_growth_of_disk(void)
{
	Machine machine;

	machine_init(&machine, 512, FALSE);
	make(&machine, "sda", NULL);
	g_assert_cmpint(read_disks(&machine, 0, "sda 1000"), ==, VMFC_DEVICES_FIRST);
	/* 100 GiB in a second, in sectors */
	g_assert_cmpint(read_disks(&machine, 1 * S, "sda 209716200"), ==, VMFC_DEVICES_CONTINUED);
	/* 2^32 sectors more are 2 TiB */
	g_assert_cmpint(read_disks(&machine, 2 * S, "sda 4504683496"), ==, VMFC_DEVICES_TOO_FAST);
	machine_clear(&machine);
}

/* ------------------------------------------------------------------- what is not a disk */

static void
test_not_disks(void)
{
	static const gchar *const names[] = {"loop0",  "zloop0", "ploop12345", "cloop0",
					     "ram0",   "zram0",	 "zd16",       "nullb0",
					     "ublkb0", "dm-0",	 "md127",      "bcache0"};
	Machine machine;

	machine_init(&machine, 512, FALSE);
	g_autoptr(GString) list = g_string_new("sda 1");
	make(&machine, "sda", NULL);
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		make(&machine, names[i], NULL);
		g_string_append_printf(list, " %s 1", names[i]);
	}
	/* of a file, whatever its name */
	make(&machine, "filedisk/loop/backing_file", "/var/disk\n");
	/* on the network, or a disk whose name only begins like another's */
	make(&machine, "nbd0", NULL);
	make(&machine, "rbd0", NULL);
	make(&machine, "ramdisk", NULL);
	make(&machine, "cciss!c0d0", NULL);
	g_string_append(list, " filedisk 1 nbd0 1 rbd0 1 ramdisk 1 cciss/c0d0 1");
	read_disks(&machine, 0, list->str);
	g_assert_cmpstr(counted(&machine), ==, "sda nbd0 rbd0 ramdisk cciss/c0d0");
	machine_clear(&machine);
}

static void
test_accounting(void)
{
	Machine machine;

	machine_init(&machine, 512, TRUE);
	make(&machine, "sda/queue/iostats", "1\n");
	make(&machine, "sdb/queue/iostats", "1\n");
	make(&machine, "loop0/queue/iostats", "0\n"); /* which is not counted anyway */
	make(&machine, "drbd0/queue/iostats", "0\n"); /* which counts nevertheless */
	read_disks(&machine, 0, "sda 1 sdb 1 loop0 1 drbd0 1");
	g_assert_cmpstr(machine.disks.off, ==, "");
	make(&machine, "sdb/queue/iostats", "0\n");
	read_disks(&machine, 1 * S, "sda 1 sdb 1 loop0 1 drbd0 1");
	g_assert_cmpstr(machine.disks.off, ==, "sdb");
	make(&machine, "sdb/queue/iostats", "1\n");
	read_disks(&machine, 2 * S, "sda 1 sdb 1 loop0 1 drbd0 1");
	g_assert_cmpstr(machine.disks.off, ==, "");
	machine_clear(&machine);
}

/* -------------------------------------------------------------- what is which interface */

static void
test_tunnels(void)
{
	Machine machine;

	machine_init(&machine, 1, FALSE);
	make_link(&machine, "lo", 1, FALSE);
	make_link(&machine, "eth0", 2, FALSE);
	make(&machine, "eth0/type", "1\n");
	make(&machine, "eth0/flags", "0x1003\n");
	make_link(&machine, "wg0", 3, FALSE);
	make(&machine, "wg0/type", "65534\n");
	make(&machine, "wg0/uevent", "DEVTYPE=wireguard\nINTERFACE=wg0\nIFINDEX=3\n");
	make_link(&machine, "gre1", 4, FALSE);
	make(&machine, "gre1/type", "778\n");
	make_link(&machine, "vx0", 5, FALSE);
	make(&machine, "vx0/type", "1\n");
	make(&machine, "vx0/uevent", "DEVTYPE=vxlan\nINTERFACE=vx0\nIFINDEX=5\n");
	/* before it has a port */
	make_link(&machine, "br0", 11, FALSE);
	make(&machine, "br0/uevent", "DEVTYPE=bridge\nINTERFACE=br0\nIFINDEX=11\n");
	make_link(&machine, "gretap1", 6, FALSE);
	make(&machine, "gretap1/iflink", "0\n");
	make_link(&machine, "dummy0", 7, FALSE);
	make(&machine, "dummy0/flags", "0x82\n");
	make_link(&machine, "tap0", 8, FALSE);
	make(&machine, "tap0/tun_flags", "0x1002\n");
	/* an ipvlan asks no neighbour for addresses either, but stands on one of another namespace
	 */
	make_link(&machine, "ipvl0", 9, FALSE);
	make(&machine, "ipvl0/iflink", "2\n");
	make(&machine, "ipvl0/flags", "0x1083\n");
	read_net(&machine, 1 * S,
		 "lo 1 eth0 1 wg0 1 gre1 1 vx0 1 br0 1 gretap1 1 dummy0 1 tap0 1 ipvl0 1");
	g_assert_cmpstr(counted(&machine), ==, "eth0 ipvl0");
	/* rootless containers have a tap alone, with a program at its other end */
	read_net(&machine, 2 * S, "lo 1 wg0 1 tap0 1");
	g_assert_cmpstr(counted(&machine), ==, "tap0");
	read_net(&machine, 3 * S, "lo 1 wg0 1");
	g_assert_cmpstr(counted(&machine), ==, "wg0");
	/* with a device nothing else counts */
	make_link(&machine, "ens3", 10, TRUE);
	read_net(&machine, 4 * S, "lo 1 eth0 1 wg0 1 tap0 1 ens3 1");
	g_assert_cmpstr(counted(&machine), ==, "ens3");
	read_net(&machine, 5 * S, "lo 1");
	g_assert_cmpstr(counted(&machine), ==, "");
	machine_clear(&machine);
}

/* The ports of a switch chip have its device, and pass through the interface of the processor. */
static void
test_switch(void)
{
	Machine machine;

	machine_init(&machine, 1, FALSE);
	make_link(&machine, "eth0", 2, TRUE);
	make_link(&machine, "lan1", 3, TRUE);
	make(&machine, "lan1/iflink", "2\n");
	make(&machine, "lan1/lower_eth0", NULL);
	read_net(&machine, 1 * S, "eth0 1 lan1 1");
	g_assert_cmpstr(counted(&machine), ==, "eth0");
	machine_clear(&machine);
}

static void
test_other_sysfs(void)
{
	Machine machine;

	machine_init(&machine, 1, TRUE);
	make_link(&machine, "lo", 1, FALSE);
	make_link(&machine, "eth0", 2, TRUE);
	read_net(&machine, 1 * S, "lo 1 eth0 1 eth1 1");
	g_assert_cmpint(machine.links.state, ==, NET_LINKS_OTHER_SYSFS);
	g_assert_cmpstr(counted(&machine), ==, "");
	/* the right one is mounted over it */
	make_link(&machine, "eth1", 3, TRUE);
	g_assert_cmpint(read_net(&machine, 2 * S, "lo 1 eth0 1 eth1 1"), ==, VMFC_DEVICES_CHANGED);
	g_assert_cmpint(machine.links.state, ==, NET_LINKS_KNOWN);
	g_assert_cmpstr(counted(&machine), ==, "eth0 eth1");
	/* a sole interface stands on no other, whatever is not known */
	read_net(&machine, 3 * S, "lo 1 net1 1");
	g_assert_cmpint(machine.links.state, ==, NET_LINKS_KNOWN);
	g_assert_cmpstr(counted(&machine), ==, "net1");
	/* the second name of an interface of old kernels has no folder */
	read_net(&machine, 4 * S, "lo 1 eth0 1 eth1 1 eth0:1 0");
	g_assert_cmpint(machine.links.state, ==, NET_LINKS_KNOWN);
	g_assert_cmpstr(counted(&machine), ==, "eth0 eth1");
	make_link(&machine, "net1", 4, FALSE);
	read_net(&machine, 5 * S, "lo 1 net1 1 net1:1 0");
	g_assert_cmpstr(counted(&machine), ==, "net1");
	machine_clear(&machine);
}

static void
test_no_sysfs(void)
{
	Machine machine;

	machine_init(&machine, 1, TRUE);
	take_away(&machine, "");
	read_net(&machine, 1 * S, "lo 1 eth0 1 br0 1");
	g_assert_cmpint(machine.links.state, ==, NET_LINKS_NO_SYSFS);
	read_net(&machine, 2 * S, "lo 1 eth0 1");
	g_assert_cmpint(machine.links.state, ==, NET_LINKS_KNOWN);
	g_assert_cmpstr(counted(&machine), ==, "eth0");
	make(&machine, "", NULL);
	machine_clear(&machine);
}

/* A name ends at the last colon, which old kernels join with the first number. */
static void
test_colons(void)
{
	static const gchar text[] = "Inter-| Receive\n face |bytes\n"
				    "  eth0:1: 10 1 0 0 0 0 0 0 20 1 0 0 0 0 0 0\n"
				    "  eth1:30 1 0 0 0 0 0 0 40 1 0 0 0 0 0 0\n"
				    "  eth2:1:50 1 0 0 0 0 0 0 60 1 0 0 0 0 0 0\n";
	static const gchar *const names[] = {"eth0:1", "eth1", "eth2:1"};
	Machine machine;

	machine_init(&machine, 1, FALSE);
	read_list(&machine, 1 * S, text, net_parse_dev, net_links_classify, &machine.links);
	g_assert_cmpuint(machine.devices.now->len, ==, G_N_ELEMENTS(names));
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		const VmfcDevice *device = &g_array_index(machine.devices.now, VmfcDevice, i);
		g_assert_cmpstr(device->name, ==, names[i]);
		g_assert_cmpint(device->in, ==, 10 + 20 * i);
		g_assert_cmpint(device->out, ==, 20 + 20 * i);
	}
	machine_clear(&machine);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/devices/polled", test_polled);
	g_test_add_func("/devices/told", test_told);
	g_test_add_func("/devices/events", test_events);
	g_test_add_func("/devices/late-function", test_late_function);
	g_test_add_func("/devices/late-disk", test_late_disk);
	g_test_add_func("/devices/replaced", test_replaced);
	g_test_add_func("/devices/growth", test_growth);
	g_test_add_func("/devices/growth-of-disk", test_growth_of_disk);
	g_test_add_func("/devices/not-disks", test_not_disks);
	g_test_add_func("/devices/accounting", test_accounting);
	g_test_add_func("/devices/tunnels", test_tunnels);
	g_test_add_func("/devices/switch", test_switch);
	g_test_add_func("/devices/other-sysfs", test_other_sysfs);
	g_test_add_func("/devices/no-sysfs", test_no_sysfs);
	g_test_add_func("/devices/colons", test_colons);
	return g_test_run();
}

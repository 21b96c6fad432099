/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What is sent and received in a run, and why it is missing in a window. */

#include "two-devices.h"

#include <unistd.h>

/* Two seconds of 2^38 bytes each. */
#define MOST (G_GINT64_CONSTANT(1) << 39)

/* eth0 and eth1: bytes received and sent */
static void
add_line(GString *list, guint device, const gint64 counts[2])
{
	g_string_append_printf(list,
			       "  eth%u:%" G_GINT64_FORMAT " 2 3 4 5 6 7 8 %" G_GINT64_FORMAT
			       " 10 0 0 0 0 0 0\n",
			       device, counts[0], counts[1]);
}

static const DeviceKind interfaces = {
	.names = {"network_bytes_recv", "network_bytes_sent"},
	.list = "proc/net/dev",
	.head = "Inter-|   Receive |\n face |bytes |\n"
		"    lo: 99 1 0 0 0 0 0 0 99 1 0 0 0 0 0 0\n",
	.add_line = add_line,
	.unit = 1,
	.counts = {{1000, 2000}, {3000, 4000}},
	.most = (gdouble)MOST,
	.too_much = (gdouble)(MOST + MOST / 100),
	.changed = "the set of counted interfaces has changed",
	.backwards = "the counts of an interface went backwards",
	.too_fast = "an interface counted more than any interface can *",
	.damaged = {"Inter-|\n face |\n", "  eth0: 1 2 3 4 5 6 7 8 9 10\n  eth1: 1 2 3",
		    "  eth0: 1 2 3 4 5 6 7 8 9 10\n  eth1: 1 2 3 4 5 6 7 8\n",
		    "  eth0: 1 2 3 4 5 6 7 8 9 10\n  eth1: 1 2 3 4 5 6 7 8 x\n"},
};

static void
set_up(TwoDevices *machine, G_GNUC_UNUSED gconstpointer data)
{
	two_devices_init(machine, &interfaces);
	for (guint i = 0; i < 2; i++) {
		g_autofree gchar *device = g_strdup_printf("sys/class/net/eth%u/device/x", i);
		sampler_run_write(&machine->run, device, "");
	}
	sampler_run_write(&machine->run, "sys/class/net/lo/ifindex", "1\n");
	two_devices_open(machine);
}

static void
test_sums(TwoDevices *machine, G_GNUC_UNUSED gconstpointer data)
{
	pass(machine, 1, 2, 4, 8);
	assert_moved(machine, 5, 10);
	pass(machine, 1, 0, 0, 0);
	assert_moved(machine, 1, 0);
	pass(machine, 0, 0, 0, 1);
	assert_moved(machine, 0, 1);
}

/* A line that is no interface's is none that sysfs has to show. */
static void
test_other_line(TwoDevices *machine, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar text[] = "  eth0: 1001 2 3 4 5 6 7 8 2002 10\n"
				    "  eth1: 3004 2 3 4 5 6 7 8 4008 10\n  note: 1 2 x\n";

	sampler_run_write(&machine->run, "proc/net/dev", text);
	g_assert_cmpint(sampler_run_tick(&machine->run, 1), ==, VMFC_ANSWER_DONE);
	assert_moved(machine, 5, 10);
}

/* An interface that sysfs does not show: it belongs to another network. */
static void
test_other_sysfs(TwoDevices *machine, G_GNUC_UNUSED gconstpointer data)
{
	sampler_run_remove(&machine->run, "sys/class/net/eth1");
	g_assert_cmpint(pass(machine, 1, 2, 4, 8), ==, VMFC_ANSWER_DONE);
	assert_missing(machine, VMFC_STATE_UNSUPPORTED,
		       "/sys/class/net shows other interfaces than /proc/net/dev: *");
	sampler_run_remove(&machine->run, "sys/class/net");
	g_assert_cmpint(pass(machine, 1, 2, 4, 8), ==, VMFC_ANSWER_DONE);
	assert_missing(machine, VMFC_STATE_UNSUPPORTED, "/sys/class/net is missing, *");
}

/* Without a device it is the kind that tells; InfiniBand is one that leaves the machine itself. */
static void
test_kinds(TwoDevices *machine, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *type;
		gboolean is_counted;
	} cases[] = {{"1\n", TRUE}, {"32\n", TRUE}, {"65534\n", FALSE}, {"778\n", FALSE}};

	for (guint i = 0; i < 2; i++) {
		g_autofree gchar *device = g_strdup_printf("sys/class/net/eth%u/device", i);
		g_autofree gchar *link = g_strdup_printf("sys/class/net/eth%u/iflink", i);
		g_autofree gchar *index = g_strdup_printf("sys/class/net/eth%u/ifindex", i);
		sampler_run_remove(&machine->run, device);
		sampler_run_write(&machine->run, link, i == 0 ? "15\n" : "16\n");
		sampler_run_write(&machine->run, index, i == 0 ? "5\n" : "6\n");
	}
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		sampler_run_write(&machine->run, "sys/class/net/eth1/type", cases[i].type);
		pass(machine, 1, 2, 4, 8);
		pass(machine, 1, 2, 4, 8);
		g_test_message("case %u", i);
		assert_moved(machine, cases[i].is_counted ? 5 : 1, cases[i].is_counted ? 10 : 2);
	}
}

/* When the one with a device goes, the other one counts from that reading on, and not some later
 * one.
 */
static void
test_last_goes(TwoDevices *machine, G_GNUC_UNUSED gconstpointer data)
{
	sampler_run_remove(&machine->run, "sys/class/net/eth0/device");
	for (guint i = 0; i < 12; i++)
		pass_in(machine, 0.1, 1, 2, 4, 8);
	assert_moved(machine, 4, 8);
	machine->has_second = FALSE;
	pass_in(machine, 0.1, 1, 2, 4, 8);
	assert_missing(machine, VMFC_STATE_IMPLAUSIBLE, interfaces.changed);
	for (guint i = 0; i < 3; i++) {
		pass_in(machine, 0.1, 1, 2, 4, 8);
		assert_moved(machine, 1, 2);
	}
}

/* Below a root where /proc/net is a link, it is the network of process 1 that counts. */
static void
test_link(TwoDevices *machine, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *link = g_build_filename(machine->run.root, "proc/net", NULL);
	g_autoptr(GError) error = NULL;

	sampler_run_close(&machine->run);
	sampler_run_remove(&machine->run, "proc/net");
	g_assert_cmpint(symlink("self/net", link), ==, 0);
	for (guint i = 1; i < 3; i++) {
		g_autofree gchar *text = g_strdup_printf(
			"  eth0: %u 2 3 4 5 6 7 8 %u 10\n  eth1: 0 2 3 4 5 6 7 8 0 10\n", 100 * i,
			7 * i);
		sampler_run_write(&machine->run, "proc/self/net/dev", "  eth0: x\n");
		sampler_run_write(&machine->run, "proc/1/net/dev", text);
		if (i == 1) {
			machine->run.n_ticks = 0;
			sampler_run_open(&machine->run, &error);
			g_assert_no_error(error);
		}
		g_assert_cmpint(sampler_run_tick(&machine->run, 1), ==, VMFC_ANSWER_DONE);
	}
	assert_moved(machine, 100, 7);
}

#define ADD(path, test) g_test_add("/net-sampler/" path, TwoDevices, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("sums", test_sums);
	ADD("counts", test_counts);
	ADD("list", test_list);
	ADD("damage", test_damage);
	ADD("damage/read-fails", test_read_fails);
	ADD("other-line", test_other_line);
	ADD("other-sysfs", test_other_sysfs);
	ADD("kinds", test_kinds);
	ADD("last-goes", test_last_goes);
	ADD("link", test_link);
	return g_test_run();
}

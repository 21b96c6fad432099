/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What is read and written in a run, and why it is missing in a window. */

#include "two-devices.h"

#define MIB 2048 /* sectors */

/* sda and sdb: sectors read and written */
static void
add_line(GString *list, guint device, const gint64 counts[2])
{
	g_string_append_printf(list,
			       "   8 %u sd%c 1 2 %" G_GINT64_FORMAT " 4 5 6 %" G_GINT64_FORMAT
			       " 8 9 10 11\n",
			       16 * device, "ab"[device], counts[0], counts[1]);
}

static const DeviceKind disks = {
	.names = {"disk_io_read_mb", "disk_io_write_mb"},
	.list = "proc/diskstats",
	.head = "",
	.add_line = add_line,
	.unit = MIB,
	.counts = {{10 * MIB, 20 * MIB}, {30 * MIB, 40 * MIB}},
	/* two seconds of 2^38 bytes each are 2^19 MiB */
	.most = 524288,
	.too_much = 1.01 * 524288,
	.changed = "the set of counted disks has changed",
	.backwards = "the counts of a disk went backwards",
	.too_fast = "a disk counted more than any disk can transfer",
	.damaged = {"", "   8 0 sda 1 2 3 4 5 6 7 8 9\n   8 16 sdb 1 2 3 4",
		    "   8 0 sda 1 2 3 4 5 6 7 8 9\n   8 16 sdb 1 2 3 4 5 6\n",
		    "   8 0 sda 1 2 x 4 5 6 7 8 9\n   8 16 sdb 1 2 3 4 5 6 7\n"},
};

static void
set_up(TwoDevices *machine, G_GNUC_UNUSED gconstpointer data)
{
	two_devices_init(machine, &disks);
	sampler_run_write(&machine->run, "sys/block/sda/queue/iostats", "1\n");
	sampler_run_write(&machine->run, "sys/block/sdb/queue/iostats", "1\n");
	two_devices_open(machine);
}

static void
test_sums(TwoDevices *machine, G_GNUC_UNUSED gconstpointer data)
{
	pass(machine, 1, 2, 4, 8);
	assert_moved(machine, 5, 10);
	pass(machine, 0.5, 0, 0, 0);
	assert_moved(machine, 0.5, 0);
	pass(machine, 0, 0, 0, 0.25);
	assert_moved(machine, 0, 0.25);
}

/* A disk is known by its number at each tick, and its number is looked at once a second. */
static void
test_numbered(TwoDevices *machine, G_GNUC_UNUSED gconstpointer data)
{
	sampler_run_write(&machine->run, "sys/block/sda/diskseq", "7\n");
	sampler_run_write(&machine->run, "sys/block/sdb/diskseq", "8\n");
	pass(machine, 1, 2, 4, 8);
	assert_missing(machine, VMFC_STATE_IMPLAUSIBLE, disks.changed);
	for (guint i = 0; i < 25; i++) {
		pass_in(machine, 0.1, 1, 2, 4, 8);
		assert_moved(machine, 5, 10);
	}
	/* another disk of that name, whose counts go on where those of the first one were */
	sampler_run_write(&machine->run, "sys/block/sdb/diskseq", "9\n");
	pass(machine, 1, 2, 4, 8);
	assert_missing(machine, VMFC_STATE_IMPLAUSIBLE, disks.changed);
	pass(machine, 1, 2, 4, 8);
	assert_moved(machine, 5, 10);
}

/* A disk that does not count is named; the window in which it begins again is not known either. */
static void
test_off(TwoDevices *machine, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *first;
		const gchar *second;
		const gchar *reason; /* NULL: it is known */
		VmfcState state;
	} cases[] = {
		{"1", "0", "the accounting of the disk sdb is off", VMFC_STATE_UNSUPPORTED},
		{"0", "0", "the accounting of the disk sda is off", VMFC_STATE_UNSUPPORTED},
		{"0", "1", "the accounting of the disk sda is off", VMFC_STATE_UNSUPPORTED},
		{"1", "1", "the accounting of a disk was switched on or off",
		 VMFC_STATE_IMPLAUSIBLE},
		{"1", "1", NULL, VMFC_STATE_OK},
		{"1", "0", "the accounting of the disk sdb is off", VMFC_STATE_UNSUPPORTED},
		{"1", "1", "the accounting of a disk was switched on or off",
		 VMFC_STATE_IMPLAUSIBLE},
		{"1", "1", NULL, VMFC_STATE_OK},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		sampler_run_write(&machine->run, "sys/block/sda/queue/iostats", cases[i].first);
		sampler_run_write(&machine->run, "sys/block/sdb/queue/iostats", cases[i].second);
		g_test_message("case %u", i);
		g_assert_cmpint(pass(machine, 1, 2, 4, 8), ==, VMFC_ANSWER_DONE);
		if (cases[i].reason == NULL)
			assert_moved(machine, 5, 10);
		else
			assert_missing(machine, cases[i].state, cases[i].reason);
	}
}

/* In sysfs a disk whose name has a slash has another character instead: the remedy works there. */
static void
test_off_with_slash(TwoDevices *machine, G_GNUC_UNUSED gconstpointer data)
{
	guint column = sampler_run_find(&machine->run, disks.names[0]);
	const VmfcDeclaration *declaration = machine->run.context->declarations->pdata[column];

	sampler_run_write(&machine->run, "sys/block/cciss!c0d0/queue/iostats", "0\n");
	sampler_run_write(&machine->run, "proc/diskstats",
			  " 104 0 cciss/c0d0 1 2 3 4 5 6 7 8 9 10 11\n");
	g_assert_cmpint(sampler_run_tick(&machine->run, 1), ==, VMFC_ANSWER_DONE);
	assert_missing(machine, VMFC_STATE_UNSUPPORTED,
		       "the accounting of the disk cciss/c0d0 is off");
	g_assert_true(g_pattern_match_simple(
		"Switch it on with `echo 1 > */sys/block/cciss!c0d0/queue/iostats`",
		declaration->remedy));
}

#define ADD(path, test) g_test_add("/disk-sampler/" path, TwoDevices, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("sums", test_sums);
	ADD("counts", test_counts);
	ADD("list", test_list);
	ADD("damage", test_damage);
	ADD("damage/read-fails", test_read_fails);
	ADD("numbered", test_numbered);
	ADD("off", test_off);
	ADD("off/with-slash", test_off_with_slash);
	return g_test_run();
}

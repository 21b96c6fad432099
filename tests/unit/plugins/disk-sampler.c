/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What is read and written in a run, and why it is missing in a window. */

#include "sampler-run.h"

#define MIB 2048 /* sectors */

static const gchar *const names[] = {"disk_io_read_mb", "disk_io_write_mb"};

typedef struct {
	SamplerRun run;
	gint64 counts[2][2]; /* of sda and sdb: sectors read and written */
	gboolean has_second;
} Machine;

static void
write_stats(const Machine *machine)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < (machine->has_second ? 2 : 1); i++)
		g_string_append_printf(text,
				       "   8 %u sd%c 1 2 %" G_GINT64_FORMAT
				       " 4 5 6 %" G_GINT64_FORMAT " 8 9 10 11\n",
				       16 * i, "ab"[i], machine -> counts[i][0],
				       machine -> counts[i][1]);
	sampler_run_write(&machine->run, "proc/diskstats", text->str);
}

static void
set_up(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	*machine = (Machine){.counts = {{10 * MIB, 20 * MIB}, {30 * MIB, 40 * MIB}},
			     .has_second = TRUE};
	sampler_run_init(&machine->run);
	sampler_run_write(&machine->run, "sys/block/sda/queue/iostats", "1\n");
	sampler_run_write(&machine->run, "sys/block/sdb/queue/iostats", "1\n");
	write_stats(machine);
	sampler_run_open(&machine->run, &error);
	g_assert_no_error(error);
	sampler_run_tick(&machine->run, 1);
}

static void
tear_down(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	sampler_run_clear(&machine->run);
}

/* A second of @growths, in MiB. */
static VmfcAnswer
pass(Machine *machine, gdouble read, gdouble written, gdouble second_read, gdouble second_written)
{
	const gdouble growths[2][2] = {{read, written}, {second_read, second_written}};

	for (guint i = 0; i < 4; i++)
		machine->counts[i / 2][i % 2] += (gint64)llround(growths[i / 2][i % 2] * MIB);
	write_stats(machine);
	return sampler_run_tick(&machine->run, 1);
}

static void
assert_missing(Machine *machine, VmfcState state, const gchar *reason)
{
	for (guint i = 0; i < 2; i++) {
		sampler_run_assert(&machine->run, names[i], NAN);
		sampler_run_assert_state(&machine->run, names[i], state, reason);
	}
}

static void
assert_moved(Machine *machine, gdouble read, gdouble written)
{
	sampler_run_assert(&machine->run, names[0], read);
	sampler_run_assert(&machine->run, names[1], written);
	for (guint i = 0; i < 2; i++)
		sampler_run_assert_state(&machine->run, names[i], VMFC_STATE_OK, NULL);
}

static void
test_sums(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	pass(machine, 1, 2, 4, 8);
	assert_moved(machine, 5, 10);
	pass(machine, 0.5, 0, 0, 0);
	assert_moved(machine, 0.5, 0);
	pass(machine, 0, 0, 0, 0.25);
	assert_moved(machine, 0, 0.25);
}

/* Each of the four counts that goes back, and one that grows by more than a disk can. */
static void
test_counts(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	for (guint i = 0; i < 8; i++) {
		gdouble growth[4] = {1, 1, 1, 1};
		/* two seconds of 2^38 bytes each are 2^19 MiB */
		growth[i % 4] = i < 4 ? -1 : 1.01 * 524288;
		pass(machine, growth[0], growth[1], growth[2], growth[3]);
		assert_missing(machine, VMFC_STATE_IMPLAUSIBLE,
			       i < 4 ? "the counts of a disk went backwards"
				     : "a disk counted more than any disk can transfer");
		pass(machine, 1, 2, 4, 8);
		assert_moved(machine, 5, 10);
	}
	pass(machine, 524288, 1, 1, 1);
	assert_moved(machine, 524289, 2);
}

static void
test_list(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	machine->has_second = FALSE;
	pass(machine, 1, 2, 4, 8);
	assert_missing(machine, VMFC_STATE_IMPLAUSIBLE, "the set of counted disks has changed");
	pass(machine, 1, 2, 4, 8);
	assert_moved(machine, 1, 2);
	machine->has_second = TRUE;
	pass(machine, 1, 2, 4, 8);
	assert_missing(machine, VMFC_STATE_IMPLAUSIBLE, "the set of counted disks has changed");
	pass(machine, 1, 2, 4, 8);
	assert_moved(machine, 5, 10);
}

/* A list that is cut, empty, or has a line that is: that is an error, and nothing is guessed. */
static void
test_damage(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const texts[] = {
		"", "   8 0 sda 1 2 3 4 5 6 7 8 9\n   8 16 sdb 1 2 3 4",
		"   8 0 sda 1 2 3 4 5 6 7 8 9\n   8 16 sdb 1 2 3 4 5 6\n",
		"   8 0 sda 1 2 x 4 5 6 7 8 9\n   8 16 sdb 1 2 3 4 5 6 7\n"};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		sampler_run_write(&machine->run, "proc/diskstats", texts[i]);
		g_assert_cmpint(sampler_run_tick(&machine->run, 1), ==, VMFC_ANSWER_FAILED);
		g_assert_error(machine->run.error, VMFC_ERROR, VMFC_ERROR_FORMAT);
		/* the error is the reason */
		assert_missing(machine, VMFC_STATE_OK, NULL);
		pass(machine, 1, 2, 4, 8);
		sampler_run_assert(&machine->run, names[0], NAN);
		pass(machine, 1, 2, 4, 8);
		assert_moved(machine, 5, 10);
	}
}

/* A disk that does not count is named; the window in which it begins again is not known either. */
static void
test_off(Machine *machine, G_GNUC_UNUSED gconstpointer data)
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

#define ADD(path, test) g_test_add("/disk-sampler/" path, Machine, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("sums", test_sums);
	ADD("counts", test_counts);
	ADD("list", test_list);
	ADD("damage", test_damage);
	ADD("off", test_off);
	return g_test_run();
}

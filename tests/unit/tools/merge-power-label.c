/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The labels of windows, exactly at the limits of merge. */

#include <math.h>

#include "tables.h"
#include "tools/merge/power-label.h"

#define EPOCH 2e9

/* A measurement is new if its age grew by less than half of the step. */
static void
test_ages(void)
{
	static const gchar text[] =
		"timestamp,kepler_vm_cpu_watts_package,kepler_vm_age_seconds\n"
		"2000000001,1,0.25\n2000000002,1,0.5\n2000000003,1,1\n2000000004,1,1.25\n"
		"2000000005,1,\n2000000006,1,0.25\n2000000007,2,1.25\n";
	static const gboolean is_repeated[] = {FALSE, FALSE, TRUE, FALSE, TRUE, TRUE, FALSE};
	Read read;

	read_all(&read, text, 3);
	for (guint i = 0; i < G_N_ELEMENTS(is_repeated); i++)
		g_assert_cmpint(row_at(&read, i)->is_repeated, ==, is_repeated[i]);
	g_assert_cmpuint(read.power.n_repeated, ==, 3);
	read_clear(&read);
}

/* A row without a machine says nothing of the age of the values around it. */
static void
test_ages_without_machine(void)
{
	static const gchar text[] =
		"timestamp,kepler_vm_cpu_watts_package,kepler_vm_age_seconds,vm_count\n"
		"2000000001,1,0.25,1\n2000000002,0,9,0\n2000000003,1,0.5,1\n"
		"2000000004,0,,0\n2000000005,1,1.5,1\n";
	static const gboolean is_repeated[] = {FALSE, FALSE, TRUE};
	Read read;

	read_all(&read, text, 3);
	g_assert_cmpuint(read.rows->len, ==, 3);
	for (guint i = 0; i < G_N_ELEMENTS(is_repeated); i++)
		g_assert_cmpint(row_at(&read, i)->is_repeated, ==, is_repeated[i]);
	read_clear(&read);
}

static void
find_label(Read *read, gdouble start, gdouble end, gboolean is_busy, gdouble tolerance,
	   VmfcPowerLabel *label)
{
	const VmfcWindow window = {EPOCH + start, EPOCH + end, is_busy};
	g_assert_true(vmfc_power_label_find(label, &read->power, &window, tolerance, NULL));
}

static void
begin_labels(Read *read, const gchar *text, gdouble max_gap)
{
	read_all(read, text, max_gap);
	g_assert_true(vmfc_power_rewind(&read->power, NULL));
}

/* The nearest row, of two the earlier one, as far as the tolerance. */
static void
test_nearest(void)
{
	static const struct {
		gdouble end;
		gdouble tolerance;
		gdouble watts; /* -1: none */
		gdouble distance;
	} cases[] = {
		{0.5, 0.5, 1, 0.5},    {1.5, 0.5, 1, 0.5},    {2, 0.99, -1, 1},
		{2, 1, 1, 1},	       {2.25, 1, 3, 0.75},    {3, 0, 3, 0},
		{3.25, 0.2, -1, 0.25}, {3.25, 0.25, 3, 0.25}, {7, 6, 3, 4},
		{12.25, 1, 3, 0.25},
	};
	Read read;

	/* too far apart for lines between them */
	begin_labels(&read,
		     "timestamp,total_cpu_watts_package\n2000000001,1\n2000000003,3\n"
		     "2000000012,3\n",
		     0.5);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		VmfcPowerLabel label;
		gboolean any = cases[i].watts >= 0;
		find_label(&read, cases[i].end - 0.1, cases[i].end, FALSE, cases[i].tolerance,
			   &label);
		g_test_message("case %u", i);
		g_assert_cmpint(label.method, ==,
				any ? VMFC_POWER_LABEL_NEAREST : VMFC_POWER_LABEL_NONE);
		g_assert_cmpfloat(label.time_diff, ==, cases[i].distance);
		if (any)
			g_assert_cmpfloat(label.watts[0], ==, cases[i].watts);
		else
			g_assert_true(isnan(label.watts[0]));
		/* as the row is that it was taken from */
		g_assert_cmpint(label.is_stale, ==, any && cases[i].end > 12);
	}
	read_clear(&read);
}

/* A power of 0 is a label, but not of a busy window; of uncore it is. */
static void
test_zero_labels(void)
{
	static const gchar text[] =
		"timestamp,total_cpu_watts_package,total_cpu_watts_core,total_cpu_watts_uncore\n"
		"2000000001,0,1,0\n2000000002,0,1,0\n2000000003,0,2,0\n2000000004,1,2,1\n";
	VmfcPowerLabel label;
	Read read;

	begin_labels(&read, text, 3);
	find_label(&read, 1, 2, FALSE, 1, &label);
	g_assert_cmpfloat(label.watts[VMFC_ZONE_PACKAGE], ==, 0);
	g_assert_cmpuint(label.n_still, ==, 0);
	g_assert_true(label.has_zero && label.is_stale);
	find_label(&read, 1, 2, TRUE, 1, &label);
	g_assert_true(isnan(label.watts[VMFC_ZONE_PACKAGE]));
	g_assert_cmpfloat(label.watts[VMFC_ZONE_CORE], ==, 1);
	g_assert_cmpfloat(label.watts[VMFC_ZONE_UNCORE], ==, 0);
	g_assert_cmpuint(label.n_still, ==, 1);
	g_assert_true(label.has_zero);
	g_assert_cmpint(label.method, ==, VMFC_POWER_LABEL_POINTS);
	find_label(&read, 3.5, 4, TRUE, 1, &label);
	g_assert_cmpuint(label.n_still, ==, 0);
	g_assert_false(label.has_zero);
	read_clear(&read);
}

/* A zone whose next value is up to --max-gap behind the others waits for it, and no longer. */
static void
test_late_zone(void)
{
	for (guint gap = 3; gap <= 5; gap++) {
		g_autoptr(GString) text = g_string_new(
			"timestamp,total_cpu_watts_package,total_cpu_watts_core\n");
		VmfcPowerLabel label;
		Read read;
		for (guint i = 0; i < 12; i++)
			g_string_append_printf(text, "%u,%u,%s\n", 2000000000 + i, i,
					       i <= 1 || i == 1 + gap ? "4" : "");
		begin_labels(&read, text->str, 4);
		find_label(&read, 0.5, 2, FALSE, 0, &label);
		g_assert_cmpint(isnan(label.watts[VMFC_ZONE_CORE]), ==, gap > 4);
		g_assert_cmpuint(read.power.n_rows, ==, gap == 3 ? 5 : 6);
		read_clear(&read);
	}
}

/* Energy of a window without a length is not known, and no value that is impossible. */
static void
test_no_length(void)
{
	static const gchar *const lengths[] = {"0", "-1", "", "abc"};

	for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
		g_autofree gchar *text = g_strdup_printf("timestamp,vm_cpu_joules_package,"
							 "time_delta_seconds\n2000000001,5,1\n"
							 "2000000002,5,%s\n2000000003,0,%s\n",
							 lengths[i], lengths[i]);
		Read read;
		read_all(&read, text, 3);
		g_assert_cmpuint(read.rows->len, ==, 1);
		g_assert_cmpuint(read.power.n_no_value, ==, 2);
		g_assert_cmpuint(read.power.n_impossible, ==, 0);
		g_assert_cmpuint(read.power.n_still, ==, 0);
		g_assert_cmpuint(read.power.n_texts, ==, 0);
		read_clear(&read);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/merge-power-label/ages", test_ages);
	g_test_add_func("/merge-power-label/ages-without-machine", test_ages_without_machine);
	g_test_add_func("/merge-power-label/nearest", test_nearest);
	g_test_add_func("/merge-power-label/zero-labels", test_zero_labels);
	g_test_add_func("/merge-power-label/late-zone", test_late_zone);
	g_test_add_func("/merge-power-label/no-length", test_no_length);
	return g_test_run();
}

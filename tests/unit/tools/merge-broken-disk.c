/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Files whose reading ends in an error. */

#include "tables.h"
#include "tools/merge/lag-input.h"
#include "tools/merge/power-choice.h"
#include "tools/merge/power-label.h"
#include "tools/merge/split.h"

#define EPOCH 2e9

/* In place of the reader's, see meson.build: how many calls still succeed; negative: all. */
static struct {
	gint n_good;
	gboolean is_broken;
} reader = {-1, FALSE};

#pragma GCC visibility push(default)
gboolean
__wrap_vmfc_table_reader_next(VmfcTable *table, const VmfcTableRow **row, GError **error);
gboolean
__real_vmfc_table_reader_next(VmfcTable *table, const VmfcTableRow **row, GError **error);
gboolean
__wrap_vmfc_table_reader_rewind(VmfcTable *table, GError **error);
gboolean
__real_vmfc_table_reader_rewind(VmfcTable *table, GError **error);
#pragma GCC visibility pop

static gboolean
fails(GError **error)
{
	if (reader.n_good < 0 || reader.n_good-- > 0)
		return FALSE;
	reader.n_good = 0;
	reader.is_broken = TRUE;
	g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_IO, "the disk is broken");
	return TRUE;
}

gboolean
__wrap_vmfc_table_reader_next(VmfcTable *table, const VmfcTableRow **row, GError **error)
{
	return !fails(error) && __real_vmfc_table_reader_next(table, row, error);
}

gboolean
__wrap_vmfc_table_reader_rewind(VmfcTable *table, GError **error)
{
	return !fails(error) && __real_vmfc_table_reader_rewind(table, error);
}

/*
 * A disk that breaks at any call is told, and nothing goes on without what could not be read.
 *
 * @do_all: Returns: whether all was done; not if @error is set
 */
static void
break_at_each_call(gboolean (*do_all)(gconstpointer data, GError **error), gconstpointer data)
{
	gboolean done = FALSE;

	for (gint n = 0; !done; n++) {
		g_autoptr(GError) error = NULL;
		reader.n_good = n;
		reader.is_broken = FALSE;
		done = do_all(data, &error);
		g_test_message("call %d", n);
		g_assert_cmpint(done, ==, error == NULL);
		g_assert_cmpint(done, ==, !reader.is_broken);
		if (error != NULL)
			g_assert_cmpstr(error->message, ==, "the disk is broken");
		g_assert_cmpint(n, <, 1000);
	}
	reader.n_good = -1;
}

static gboolean
do_split(gconstpointer data, GError **error)
{
	gint n_good = reader.n_good;
	VmfcSplit split = {0};

	reader.n_good = -1;
	g_autoptr(GPtrArray) pairs = pairs_of(data);
	reader.n_good = n_good;
	gboolean done = vmfc_split_init(&split, pairs, 0.5, 1, error);
	vmfc_split_clear(&split);
	return done;
}

static gboolean
do_lag(gconstpointer data, GError **error)
{
	gint n_good = reader.n_good;
	VmfcRowClock clock;
	VmfcPower meter = {0};
	VmfcLag lag = {0};

	reader.n_good = -1;
	g_autoptr(VmfcTable) features = table_of(data);
	g_autoptr(VmfcTable) power = table_of(data);
	g_assert_true(vmfc_row_clock_init(&clock, features, NULL));
	g_assert_true(vmfc_row_clock_init(&meter.clock, power, NULL));
	reader.n_good = n_good;
	gboolean done = vmfc_power_open(&meter, power, -1, 0, error) &&
			vmfc_lag_input_estimate_lag(features, &clock,
						    vmfc_lag_input_find_load(features), &meter, 0,
						    60, &lag, error);
	vmfc_lag_clear(&lag);
	vmfc_power_clear(&meter);
	return done;
}

static gboolean
do_label(gconstpointer data, GError **error)
{
	gint n_good = reader.n_good;
	const VmfcWindow window = {EPOCH + 1, EPOCH + 2, FALSE};
	VmfcPowerLabel label;
	VmfcPower power = {0};

	reader.n_good = -1;
	g_autoptr(VmfcTable) table = table_of(data);
	g_assert_true(vmfc_row_clock_init(&power.clock, table, NULL));
	reader.n_good = n_good;
	gboolean done = vmfc_power_open(&power, table, -1, 0, error) &&
			vmfc_power_label_find(&label, &power, &window, 1, error);
	vmfc_power_clear(&power);
	return done;
}

static void
test_broken_disk(void)
{
	static const gchar by_time[] = "timestamp\n2000000001\n2000000002\n2000000003\n";
	static const gchar by_phase[] =
		"timestamp,stress_phase\n2000000001,a\n2000000002,b\n2000000003,c\n";
	static const gchar by_one[] = "timestamp,stress_phase\n2000000001,a\n2000000002,a\n";
	g_autoptr(GString) both = g_string_new(
		"timestamp,cpu_busy,time_delta_seconds,total_cpu_watts_package\n");

	for (guint i = 0; i < 40; i++)
		g_string_append_printf(both, "%u,%u,1,%u\n", 2000000000 + i, i * 7 % 11,
				       i * 7 % 11);
	break_at_each_call(do_split, by_time);
	break_at_each_call(do_split, by_phase);
	break_at_each_call(do_split, by_one);
	break_at_each_call(do_lag, both->str);
	break_at_each_call(do_label, both->str);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/merge-broken-disk/broken-disk", test_broken_disk);
	return g_test_run();
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "model/feature.h"

#include <math.h>

#include "vmfc/vmfc-plugin.h"

#define N_VALUES 16

static gboolean
has_column(const gchar *name, gpointer columns)
{
	return g_strv_contains(columns, name);
}

static VmfcFeature *
new_busy(VmfcFeatureForm form)
{
	VmfcFeature *busy = vmfc_feature_new("busy", "CPUs", form);

	g_strfreev(busy->columns);
	g_strfreev(busy->optional_columns);
	busy->columns = g_strsplit("cpu_user_time cpu_system_time", " ", 0);
	busy->optional_columns = g_strsplit("cpu_nice_time cpu_irq", " ", 0);
	busy->sum_column = g_strdup("cpu_busy");
	return busy;
}

static VmfcFeature *
new_single(const gchar *column, VmfcFeatureForm form, gboolean is_positive)
{
	VmfcFeature *feature = vmfc_feature_new(column, "1/s", form);

	g_strfreev(feature->columns);
	feature->columns = g_strsplit(column, " ", 0);
	feature->is_positive = is_positive;
	return feature;
}

/*
 * @feature: (transfer full)
 * @columns: of a row that has @values in them
 *
 * Returns: what the feature is of that row
 */
static gdouble
form(VmfcFeature *feature, const gchar *columns, const gdouble *values)
{
	g_autoptr(GPtrArray) features = g_ptr_array_new_with_free_func(
		(GDestroyNotify)vmfc_feature_free);
	g_auto(GStrv) names = g_strsplit(columns, " ", 0);
	g_autoptr(GError) error = NULL;
	gdouble picked[N_VALUES];
	gdouble result;

	g_ptr_array_add(features, feature);
	g_autoptr(VmfcFeatureInputs) inputs = vmfc_feature_inputs_new(features, has_column, names,
								      &error);
	g_assert_no_error(error);
	for (guint i = 0; i < inputs->columns->len; i++) {
		guint k = 0;
		while (!g_str_equal(names[k], g_ptr_array_index(inputs->columns, i)))
			k++;
		picked[i] = values[k];
	}
	vmfc_feature_inputs_form(inputs, picked, &result);
	return result;
}

/* Five columns where the file has them, cpu_busy where it has that; a missing cell is missing. */
static void
test_busy(void)
{
	const gchar *parts = "core_count cpu_user_time cpu_system_time cpu_nice_time cpu_irq";
	const gchar *few = "core_count cpu_user_time cpu_system_time";
	const gchar *whole = "core_count cpu_user_time cpu_system_time cpu_busy";

	g_assert_cmpfloat(form(new_busy(VMFC_FEATURE_CPUS), parts, (gdouble[]){8, 10, 5, 2.5, 7.5}),
			  ==, 2);
	g_assert_cmpfloat(
		form(new_busy(VMFC_FEATURE_SHARE), parts, (gdouble[]){8, 10, 5, 2.5, 7.5}), ==,
		0.25);
	g_assert_cmpfloat(form(new_busy(VMFC_FEATURE_CPUS), few, (gdouble[]){4, 10, 15}), ==, 1);
	g_assert_cmpfloat(form(new_busy(VMFC_FEATURE_CPUS), whole, (gdouble[]){4, NAN, 15, 75}), ==,
			  3);
	g_assert_true(isnan(form(new_busy(VMFC_FEATURE_CPUS), whole, (gdouble[]){4, 10, 15, NAN})));
	g_assert_true(
		isnan(form(new_busy(VMFC_FEATURE_CPUS), parts, (gdouble[]){8, 10, 5, NAN, 7.5})));
	g_assert_true(isnan(form(new_busy(VMFC_FEATURE_CPUS), few, (gdouble[]){NAN, 10, 15})));
	g_assert_true(isnan(form(new_busy(VMFC_FEATURE_CPUS), few, (gdouble[]){0, 10, 15})));
}

/* Each share and their sum lie within 0 to 100.5; what does not is false, and so missing. */
static void
test_shares(void)
{
	const gchar *columns = "cpu_user_time cpu_system_time";

	g_assert_cmpfloat(form(new_busy(VMFC_FEATURE_SHARE), columns, (gdouble[]){100.5, 0}), ==,
			  1.005);
	g_assert_true(isnan(form(new_busy(VMFC_FEATURE_SHARE), columns, (gdouble[]){100.6, 0})));
	g_assert_true(isnan(form(new_busy(VMFC_FEATURE_SHARE), columns, (gdouble[]){60, 40.6})));
	g_assert_true(isnan(form(new_busy(VMFC_FEATURE_SHARE), columns, (gdouble[]){-0.1, 1})));
	g_assert_true(isnan(form(new_busy(VMFC_FEATURE_SHARE), columns, (gdouble[]){6703554, 0})));
	/* of one or of all CPUs */
	const gchar *cpus = "core_count cpu_user_time cpu_system_time";
	g_assert_cmpfloat(form(new_busy(VMFC_FEATURE_CPUS), cpus, (gdouble[]){4, 50, 50.5}), ==,
			  4.02);
	g_assert_true(isnan(form(new_busy(VMFC_FEATURE_CPUS), cpus, (gdouble[]){4, 50, 50.6})));
	g_assert_true(isnan(form(new_busy(VMFC_FEATURE_CPUS), cpus, (gdouble[]){4, 100.6, 0})));
}

static void
test_rates(void)
{
	const gchar *columns = "cpu_cycles time_delta_seconds";

	g_assert_cmpfloat(form(new_single("cpu_cycles", VMFC_FEATURE_RATE, TRUE), columns,
			       (gdouble[]){3e9, 2}),
			  ==, 1.5e9);
	/* never counted */
	g_assert_true(isnan(form(new_single("cpu_cycles", VMFC_FEATURE_RATE, TRUE), columns,
				 (gdouble[]){0, 2})));
	g_assert_cmpfloat(form(new_single("cpu_cycles", VMFC_FEATURE_RATE, FALSE), columns,
			       (gdouble[]){0, 2}),
			  ==, 0);
	g_assert_true(isnan(form(new_single("cpu_cycles", VMFC_FEATURE_RATE, FALSE), columns,
				 (gdouble[]){-1, 2})));
	for (guint i = 0; i < 3; i++)
		g_assert_true(isnan(form(new_single("cpu_cycles", VMFC_FEATURE_RATE, FALSE),
					 columns, (gdouble[]){1, ((gdouble[]){0, -1, NAN})[i]})));
	/* what no number holds */
	g_assert_true(isnan(form(new_single("cpu_cycles", VMFC_FEATURE_RATE, FALSE), columns,
				 (gdouble[]){1e308, 1e-10})));
	for (guint i = 0; i < 3; i++) {
		gdouble values[] = {i == 0 ? 0 : 1, i == 1 ? 0 : 2, 2};
		VmfcFeature *both = new_single("cpu_cycles instructions", VMFC_FEATURE_RATE, TRUE);
		gdouble rate = form(both, "cpu_cycles instructions time_delta_seconds", values);
		g_assert_true(i < 2 ? isnan(rate) : rate == 1.5);
	}
	g_assert_cmpfloat(form(new_single("memory_available_gb", VMFC_FEATURE_VALUE, FALSE),
			       "memory_available_gb", (gdouble[]){3.5}),
			  ==, 3.5);
}

static void
check_lacking(VmfcFeature *feature, const gchar *columns, const gchar *message)
{
	g_autoptr(GPtrArray) features = g_ptr_array_new_with_free_func(
		(GDestroyNotify)vmfc_feature_free);
	g_auto(GStrv) names = g_strsplit(columns, " ", 0);
	g_autoptr(GError) error = NULL;

	g_ptr_array_add(features, feature);
	g_assert_null(vmfc_feature_inputs_new(features, has_column, names, &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED);
	g_assert_cmpstr(error->message, ==, message);
}

static void
test_lacking(void)
{
	check_lacking(new_busy(VMFC_FEATURE_CPUS), "cpu_user_time cpu_system_time",
		      "the feature busy needs the column core_count, which is missing");
	check_lacking(new_busy(VMFC_FEATURE_CPUS), "cpu_busy",
		      "the feature busy needs the column core_count, which is missing");
	check_lacking(new_busy(VMFC_FEATURE_SHARE), "cpu_user_time cpu_nice_time",
		      "the feature busy needs the column cpu_system_time, which is missing");
	check_lacking(
		new_single("cpu_cycles", VMFC_FEATURE_RATE, TRUE), "cpu_cycles",
		"the feature cpu_cycles needs the column time_delta_seconds, which is missing");
}

/* A column that two features need is asked for once. */
static void
test_shared_columns(void)
{
	g_autoptr(GPtrArray) features = g_ptr_array_new_with_free_func(
		(GDestroyNotify)vmfc_feature_free);
	g_auto(GStrv) names = g_strsplit(
		"cpu_user_time cpu_system_time cpu_cycles instructions time_delta_seconds", " ", 0);
	gdouble values[] = {20, 30, 4e9, 2, 8e9};
	gdouble results[4];

	g_ptr_array_add(features, new_busy(VMFC_FEATURE_SHARE));
	g_ptr_array_add(features, new_single("cpu_cycles", VMFC_FEATURE_RATE, TRUE));
	g_ptr_array_add(features, new_single("cpu_user_time", VMFC_FEATURE_SHARE, FALSE));
	g_ptr_array_add(features, new_single("instructions", VMFC_FEATURE_RATE, TRUE));
	g_autoptr(VmfcFeatureInputs) inputs = vmfc_feature_inputs_new(features, has_column, names,
								      NULL);
	g_assert_cmpuint(inputs->columns->len, ==, 5);
	g_assert_cmpstr(g_ptr_array_index(inputs->columns, 2), ==, "cpu_cycles");
	g_assert_cmpint(inputs->time_delta, ==, 3);
	vmfc_feature_inputs_form(inputs, values, results);
	g_assert_cmpfloat(results[0], ==, 0.5);
	g_assert_cmpfloat(results[1], ==, 2e9);
	g_assert_cmpfloat(results[2], ==, 0.2);
	g_assert_cmpfloat(results[3], ==, 4e9);
}

/* Features are the same if they give the same value of each row, whatever they are called. */
static void
test_same(void)
{
	g_autoptr(VmfcFeature) busy = new_busy(VMFC_FEATURE_CPUS);

	for (guint i = 0; i < 8; i++) {
		g_autoptr(VmfcFeature) other = vmfc_feature_copy(busy);
		if (i == 1)
			other->form = VMFC_FEATURE_SHARE;
		else if (i == 2)
			other->is_positive = TRUE;
		else if (i == 3)
			g_clear_pointer(&other->sum_column, g_free);
		else if (i == 4)
			other->sum_column[0] = 'x';
		else if (i == 5)
			other->columns[1][0] = 'x';
		else if (i == 6)
			other->optional_columns[1][0] = 'x';
		else if (i == 7)
			g_clear_pointer(&other->optional_columns[1], g_free);
		g_test_message("%u", i);
		g_assert_cmpint(vmfc_feature_is_same(busy, other), ==, i == 0);
		g_assert_cmpint(vmfc_feature_is_same(other, busy), ==, i == 0);
		other->name[0] = 'x';
		other->unit[0] = 'x';
		g_assert_cmpint(vmfc_feature_is_same(busy, other), ==, i == 0);
		/* the copy is one of its own */
		g_assert_cmpstr(busy->columns[1], ==, "cpu_system_time");
		g_assert_cmpstr(busy->optional_columns[1], ==, "cpu_irq");
		g_assert_cmpstr(busy->sum_column, ==, "cpu_busy");
		g_assert_cmpstr(busy->name, ==, "busy");
		g_assert_cmpstr(busy->unit, ==, "CPUs");
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/feature/busy", test_busy);
	g_test_add_func("/feature/shares", test_shares);
	g_test_add_func("/feature/rates", test_rates);
	g_test_add_func("/feature/lacking", test_lacking);
	g_test_add_func("/feature/shared-columns", test_shared_columns);
	g_test_add_func("/feature/same", test_same);
	return g_test_run();
}

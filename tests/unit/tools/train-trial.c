/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Of which rows train makes no model, exactly at the limits, and what it says of them. */

#include "training-sets.h"
#include "vmfc/vmfc-plugin.h"

#include "tools/train/trial.h"

/* Checks a trial of the features x and y, which @form is how x is made. Returns: whether it is good
 */
static gboolean
check(const gchar *text, VmfcFeatureForm form, GError **error)
{
	g_autoptr(VmfcTrainingSet) set = vmfc_training_set_new();
	VmfcFeatureSet features = {"cpu,proc", g_array_new(FALSE, FALSE, sizeof(guint))};

	read_features(set, "x,y", &text, 1, FALSE);
	VmfcFeature *first = set->list->features->pdata[0];
	first->form = form;
	for (guint i = 0; i < 2; i++)
		g_array_append_val(features.features, i);
	VmfcTrial *trial = vmfc_trial_new(set, set->zones->pdata[0], &features);
	gboolean is_good = vmfc_trial_check(trial, error);
	vmfc_trial_free(trial);
	g_array_unref(features.features);
	return is_good;
}

#define HEADER "timestamp,power_watts_package,x,y,stress_workload\n"

static void
append_rows(GString *text, guint n, const gchar *x, const gchar *y)
{
	for (guint i = 0; i < n; i++) {
		g_string_append_printf(text, "%zu,%u,", 2000000000 + text->len, 5 + i * 7 % 5);
		g_string_append_printf(text, x[0] != '\0' ? "%s%u," : "%s,", x, i * 3 % 4);
		g_string_append_printf(text, y[0] != '\0' ? "%s%u,w\n" : "%s,w\n", y, i * 5 % 7);
	}
}

/* Twenty rows are enough, and if no more rows lack a feature than have all of them. */
static void
test_rows(void)
{
	static const struct {
		guint n_good;
		guint n_without_x;
		guint n_without_y;
		const gchar *reason;
	} cases[] = {
		{20, 0, 0, NULL},
		{19, 0, 0, "too few rows can be used: 19, and it takes 20 at least"},
		{20, 20, 0, NULL},
		{20, 21, 0, "21 of 41 rows lack a feature, most of them x, or its*"},
		{30, 15, 16, "31 of 61 rows lack a feature, most of them y, or its*"},
		{30, 16, 15, "31 of 61 rows lack a feature, most of them x, or its*"},
		/* the first of equal ones */
		{30, 16, 16, "32 of 62 rows lack a feature, most of them x, or its*"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) text = g_string_new(HEADER);
		g_autoptr(GError) error = NULL;
		append_rows(text, cases[i].n_without_y, "1", "");
		append_rows(text, cases[i].n_good, "1", "2");
		append_rows(text, cases[i].n_without_x, "", "2");
		g_assert_cmpint(check(text->str, VMFC_FEATURE_VALUE, &error), ==,
				cases[i].reason == NULL);
		if (cases[i].reason == NULL)
			continue;
		g_autofree gchar *wanted = g_strconcat(
			"no model of the zone package from cpu,proc: ", cases[i].reason, NULL);
		g_test_message("%s", error->message);
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT);
		g_assert_true(g_pattern_match_simple(wanted, error->message));
	}
}

/* Only rows with power count where the feature is named that most rows lack. */
static void
test_rows_without_power(void)
{
	g_autoptr(VmfcTrainingSet) set = vmfc_training_set_new();
	VmfcFeatureSet features = {"cpu", g_array_new(FALSE, FALSE, sizeof(guint))};
	g_autoptr(GString) text = g_string_new("timestamp,power_watts_package,power_watts_core,x,"
					       "y\n");
	const gchar *read;
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < 30; i++)
		g_string_append_printf(text, "%u,%s,1,%s,%s\n", 2000000000 + i, i < 16 ? "5" : "",
				       i < 7 || i >= 16 ? "" : "1", i < 8 || i >= 16 ? "1" : "");
	read = text->str;
	vmfc_training_set_add_zone(set, "core", "power_watts_core");
	read_features(set, "x,y", &read, 1, FALSE);
	for (guint i = 0; i < 2; i++)
		g_array_append_val(features.features, i);
	VmfcTrial *trial = vmfc_trial_new(set, set->zones->pdata[1], &features);
	g_assert_false(vmfc_trial_check(trial, &error));
	g_test_message("%s", error->message);
	/* of rows with power 7 lack x and 8 lack y; of those without power all lack x */
	g_assert_nonnull(strstr(error->message, "15 of 16 rows lack a feature, most of them y,"));
	vmfc_trial_free(trial);
	g_array_unref(features.features);
}

/* A power that is the same in every row, and as many workloads as rows, tell nothing. */
static void
test_nothing_to_learn(void)
{
	for (guint i = 0; i < 2; i++) {
		g_autoptr(GString) text = g_string_new(HEADER);
		g_autoptr(GError) error = NULL;
		for (guint k = 0; k < 40; k++)
			g_string_append_printf(text, "%u,%s,%u,%u,w\n", 2000000000 + k,
					       i == 1 && k == 20 ? "7.5001" : "7.5", k % 3, k % 4);
		g_assert_cmpint(check(text->str, VMFC_FEATURE_VALUE, &error), ==, i == 1);
		if (i == 0)
			g_assert_nonnull(strstr(error->message, "the power is 7.5 W in every row"));
	}
	for (guint n = 10000; n <= 10001; n++) {
		g_autoptr(GString) text = g_string_new(HEADER);
		g_autoptr(GError) error = NULL;
		for (guint k = 0; k < n; k++)
			g_string_append_printf(text, "%u,%u,%u,%u,w%u\n", 2000000000 + k,
					       5 + k * 7 % 5, k % 3, k % 4, k);
		g_assert_cmpint(check(text->str, VMFC_FEATURE_VALUE, &error), ==, n == 10000);
		if (n > 10000)
			g_assert_nonnull(strstr(error->message,
						"there are 10001 workloads, more than 10000"));
	}
}

/* A feature that is power itself is refused, whichever it is; of a share of CPU time it is told. */
static void
test_copies(void)
{
	static const struct {
		VmfcFeatureForm form;
		gdouble factors[2]; /* of power in x and y; 0: it has nothing of it */
		const gchar *name;
	} cases[] = {
		{VMFC_FEATURE_VALUE, {0, 0}, NULL}, {VMFC_FEATURE_VALUE, {2, 0}, "x"},
		{VMFC_FEATURE_VALUE, {0, 3}, "y"},  {VMFC_FEATURE_RATE, {-1, 0}, "x"},
		{VMFC_FEATURE_CPUS, {2, 0}, NULL},  {VMFC_FEATURE_SHARE, {2, 0}, NULL},
		{VMFC_FEATURE_CPUS, {2, 3}, "y"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) text = g_string_new(HEADER);
		g_autoptr(GError) error = NULL;
		for (guint k = 0; k < 40; k++) {
			gdouble watts = 10 + k * 7 % 11;
			gdouble x = cases[i].factors[0], y = cases[i].factors[1];
			g_string_append_printf(text, "%u,%g,%g,%g,w\n", 2000000000 + k, watts,
					       x != 0 ? 1000 + x * watts : k % 3,
					       y != 0 ? 1 + y * watts : k % 4);
		}
		gboolean is_share = cases[i].form == VMFC_FEATURE_CPUS ||
				    cases[i].form == VMFC_FEATURE_SHARE;
		if (is_share)
			g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
					      "x follows the power of the zone package to the*");
		g_assert_cmpint(check(text->str, cases[i].form, &error), ==, cases[i].name == NULL);
		g_test_assert_expected_messages();
		if (cases[i].name == NULL)
			continue;
		g_autofree gchar *wanted = g_strdup_printf(
			"the feature %s is the power of the zone package, shifted or scaled "
			"(correlation *): leave it out with --exclude %s",
			cases[i].name, cases[i].name);
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
		g_assert_true(g_pattern_match_simple(wanted, error->message));
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/train-trial/rows", test_rows);
	g_test_add_func("/train-trial/rows-without-power", test_rows_without_power);
	g_test_add_func("/train-trial/nothing-to-learn", test_nothing_to_learn);
	g_test_add_func("/train-trial/copies", test_copies);
	return g_test_run();
}

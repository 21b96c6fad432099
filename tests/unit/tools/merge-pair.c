/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What merge says of a run after its rows: what is refused, and what a user is told, at the limits.
 */

#include "tables.h"

#define EPOCH 2e9

/* A run of ten rows, of which some were matched; its power has five rows. */
static VmfcPair *
new_pair(void)
{
	VmfcPair *pair = pair_of("timestamp\n2000000010\n", 0);

	pair->run = g_strdup("r");
	vmfc_merge_stats_init(&pair->quality);
	pair->quality.n_rows = 10;
	pair->quality.n_matched = 1;
	pair->power.n_rows = 5;
	pair->quality.first_time = pair->power.first_time = EPOCH + 10;
	pair->quality.last_time = pair->power.last_time = EPOCH + 20;
	return pair;
}

/* Up to half of the rows may be earlier than others; a file with more of them is refused. */
static void
test_order(void)
{
	const VmfcMergeArguments options = {.source = -1};

	for (guint i = 0; i < 4; i++) {
		g_autoptr(VmfcPair) pair = new_pair();
		g_autoptr(GError) error = NULL;
		gboolean is_much = i % 2 == 1;
		gboolean is_power = i >= 2;
		pair->power.n_rows = 10;
		if (is_power) {
			pair->power.n_unordered = is_much ? 6 : 5;
			pair->power.unordered_at = 3;
		} else {
			pair->quality.n_unmatched[VMFC_UNMATCHED_UNORDERED] = is_much ? 6 : 5;
			pair->quality.unordered_at = 3;
		}
		if (!is_much)
			g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
					      "* has 5 rows that are earlier than a previous row "
					      "(first: row 3)*");
		g_assert_cmpint(vmfc_pair_check(pair, &options, &error), ==, !is_much);
		g_test_assert_expected_messages();
		if (is_much)
			g_assert_nonnull(strstr(error->message,
						"is not in the order of time: 6 of 10 rows are "
						"earlier than a previous row (first: row 3)"));
	}
}

/* Each warning has the number of what it is about. */
static void
test_still(void)
{
	const VmfcMergeArguments options = {.source = -1};
	g_autoptr(VmfcPair) pair = new_pair();

	pair->power.n_still = 3;
	pair->quality.n_still = 4;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "* has 3 values of power that stay at 0 for longer*");
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "* the CPUs of r were busy: 4 labels are missing for this reason");
	g_assert_true(vmfc_pair_check(pair, &options, NULL));
	g_test_assert_expected_messages();
}

/* Why no row is left: files that meet at an instant have time in common. */
static void
test_unmatched(void)
{
	static const struct {
		gdouble begins; /* s, of the power */
		gdouble ends;
		gdouble shift;
		guint n_below; /* rows below the threshold of 5 W */
		guint n_no_value;
		gint source;
		const gchar *reason;
	} cases[] = {
		{20, 30, 0, 0, 0, -1,
		 "*no power value is within --tolerance 0.2 s of a window of*"},
		{0, 10, 0, 0, 0, -1, "*no power value is within --tolerance 0.2 s of a window of*"},
		{20.5, 30, 0, 0, 0, -1, "* have no time in common: * or --offset 10 --estimate*"},
		{0, 9.5, 0, 0, 0, -1, "* have no time in common: * or --offset -10 --estimate*"},
		{20.5, 30, 7, 0, 0, -1, "* have no time in common: * or --offset 18 --estimate*"},
		{10, 20, 0, 1, 0, -1, "no row is left: all are below --min-power-threshold 5"},
		{10, 20, 0, 0, 5, -1, "*has no value of power in any of its 5 rows: vmfc --check*"},
		{10, 20, 0, 0, 5, 0,
		 "*has no value of power in any of its 5 rows: omit --power-s*"},
		{10, 20, 0, 0, 4, 0, "*no power value is within --tolerance 0.2 s of a window of*"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const VmfcMergeArguments options = {
			.source = cases[i].source, .min_power = 5, .tolerance = 0.2};
		g_autoptr(VmfcPair) pair = new_pair();
		g_autoptr(GError) error = NULL;
		pair->quality.n_matched = 0;
		pair->quality.n_unmatched[VMFC_UNMATCHED_THRESHOLD] = cases[i].n_below;
		pair->power.first_time = EPOCH + cases[i].begins;
		pair->power.last_time = EPOCH + cases[i].ends;
		pair->power.shift = cases[i].shift;
		pair->power.n_no_value = cases[i].n_no_value;
		g_assert_false(vmfc_pair_check(pair, &options, &error));
		g_test_message("case %u: %s", i, error->message);
		g_assert_true(g_pattern_match_simple(cases[i].reason, error->message));
	}
}

/* A lag that is left is told from half of the longest window on, by its own direction. */
static void
test_rest_of_lag(void)
{
	static const struct {
		gdouble seconds;
		gdouble shift;
		const gchar *message;
	} cases[] = {
		{1, 0, NULL},
		{-1, 0, NULL},
		{5, 4, NULL},
		{1.25, 0, "r: power lags the features by 1.25 s, with windows of 2.00 s: *"},
		{-1.25, 0, "r: power leads the features by 1.25 s, with windows of 2.00 s: *"},
		{5, 6.5, "r: power leads the features by 1.50 s, with windows of 2.00 s: *"},
		{-5, -6.5, "r: power lags the features by 1.50 s, with windows of 2.00 s: *"},
	};

	for (guint i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
		g_autoptr(VmfcPair) pair = new_pair();
		gboolean is_found = i < G_N_ELEMENTS(cases);
		const gchar *message = cases[i % G_N_ELEMENTS(cases)].message;
		pair->quality.max_window = 2;
		pair->lag.is_found = is_found;
		pair->lag.seconds = cases[i % G_N_ELEMENTS(cases)].seconds;
		pair->power.shift = cases[i % G_N_ELEMENTS(cases)].shift;
		if (is_found && message != NULL)
			g_test_expect_message("vmfc", G_LOG_LEVEL_MESSAGE, message);
		else /* a message would come before it */
			g_test_expect_message("vmfc", G_LOG_LEVEL_MESSAGE, "none");
		vmfc_pair_report_lag(pair);
		if (!is_found || message == NULL)
			g_message("none");
		g_test_assert_expected_messages();
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/merge-pair/order", test_order);
	g_test_add_func("/merge-pair/still", test_still);
	g_test_add_func("/merge-pair/unmatched", test_unmatched);
	g_test_add_func("/merge-pair/rest-of-lag", test_rest_of_lag);
	return g_test_run();
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/nearest.h"

#include <string.h>

/* One letter in three may be wrong: inserted, deleted, replaced, or swapped with the next one. */
static void
test_distance(void)
{
	static const struct {
		const gchar *word;
		const gchar *name;
		gboolean is_near;
	} cases[] = {
		{"csv", "csv", TRUE},
		{"CSV", "csv", TRUE},
		{"csv", "CSX", TRUE},
		{"csw", "csv", TRUE},
		{"cs", "csv", FALSE},
		{"csvx", "csv", TRUE},
		{"scv", "csv", TRUE},
		{"vsc", "csv", FALSE},
		{"xyv", "csv", FALSE},
		{"interval", "intreval", TRUE},
		{"intervall", "interval", TRUE},
		{"nterva", "interval", TRUE},
		{"nterv", "interval", FALSE},
		{"kepelr", "kepler", TRUE},
		{"ekplre", "kepler", TRUE},
		/* a swap is one mistake, and not two */
		{"ab12", "ba12", TRUE},
		{"abc", "bac", TRUE},
		{"abcd", "badc", FALSE},
		{"", "a", FALSE},
		{"a", "", FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(VmfcNearest) nearest;
		g_test_message("%s %s", cases[i].word, cases[i].name);
		vmfc_nearest_init(&nearest, cases[i].word);
		vmfc_nearest_try(&nearest, cases[i].name);
		g_assert_cmpint(nearest.name != NULL, ==, cases[i].is_near);
	}
}

/* The nearest of several; of equally near ones the first. */
static void
test_several(void)
{
	static const struct {
		const gchar *word;
		const gchar *names[3];
		const gchar *nearest;
	} cases[] = {
		{"interval", {"intervals", "interval", "internal"}, "interval"},
		{"interval", {"interval", "intervals", "internal"}, "interval"},
		{"interval", {"internal", "intervals", "interval"}, "interval"},
		{"inteXnal", {"inteYnal", "internal", "unrelated"}, "inteYnal"},
		{"inteXnal", {"internal", "inteYnal", "unrelated"}, "internal"},
		{"interval", {"unrelated", "far", "away"}, NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(VmfcNearest) nearest;
		vmfc_nearest_init(&nearest, cases[i].word);
		for (guint j = 0; j < G_N_ELEMENTS(cases[i].names); j++)
			vmfc_nearest_try(&nearest, cases[i].names[j]);
		g_assert_cmpstr(nearest.name, ==, cases[i].nearest);
	}
}

/* Words that are too long for a typing error are not compared, whichever of both it is. */
static void
test_long(void)
{
	g_autofree gchar *longest = g_strnfill(64, 'x');
	g_autofree gchar *longer = g_strnfill(65, 'x');
	const gchar *const words[] = {longest, longer};

	for (guint i = 0; i < 4; i++) {
		g_auto(VmfcNearest) nearest;
		vmfc_nearest_init(&nearest, words[i / 2]);
		vmfc_nearest_try(&nearest, words[i % 2]);
		g_assert_cmpint(nearest.name != NULL, ==, i == 0);
	}
}

static void
test_text(void)
{
	g_auto(VmfcNearest) nearest;

	vmfc_nearest_init(&nearest, "csw");
	g_autofree gchar *none = vmfc_nearest_to_text(&nearest);
	g_assert_cmpstr(none, ==, "");
	vmfc_nearest_try(&nearest, "csv");
	g_autofree gchar *text = vmfc_nearest_to_text(&nearest);
	g_assert_cmpstr(text, ==, " (did you mean csv?)");
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/nearest/distance", test_distance);
	g_test_add_func("/nearest/several", test_several);
	g_test_add_func("/nearest/long", test_long);
	g_test_add_func("/nearest/text", test_text);
	return g_test_run();
}

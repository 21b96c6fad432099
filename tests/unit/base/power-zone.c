/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/power-zone.h"

/* In the order of the files, each within one of them or within none. */
static void
test_names(void)
{
	static const gchar *const names[] = {"package", "core", "dram", "uncore", "psys"};

	g_assert_cmpuint(G_N_ELEMENTS(names), ==, VMFC_N_ZONES);
	for (gint i = 0; i < VMFC_N_ZONES; i++) {
		g_assert_cmpstr(vmfc_zone_get_name(i), ==, names[i]);
		g_assert_cmpint(vmfc_zone_find(names[i]), ==, i);
		g_assert_cmpint(vmfc_zone_find(vmfc_zone_get_outer(i)) >= 0, ==,
				i != VMFC_ZONE_PSYS);
	}
	g_assert_cmpint(vmfc_zone_find("pack"), ==, -1);
	g_assert_cmpint(vmfc_zone_find(""), ==, -1);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/power-zone/names", test_names);
	return g_test_run();
}

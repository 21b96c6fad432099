/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "common/hidepid.h"

#include <sys/sysmacros.h>

/* Which of the mounts counts, and what its options hide. */
static void
test_mounts(void)
{
	static const gchar mounts[] = "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
				      "90 27 0:22 / /a\\040b rw shared:3 master:1 - proc proc "
				      "rw,gid=44,hidepid=invisible\n"
				      "91 27 0:23 / /c rw - proc proc rw,hidepid=4,gid=7\n"
				      "92 27 0:24 / /d rw - proc none rw,hidepid=2\n"
				      "93 27 0:25 / /e rw - proc none rw,hidepid=1,subset=pid\n"
				      "94 27 0:26 / /f rw - proc none rw,hidepid=ptraceable\n"
				      "95 27 0:27 / /g rw - tmpfs proc rw,hidepid=2\n"
				      "96 27 0:28 / /h rw - proc none rw,hidepid=off\n"
				      "97 27 0:29 / /i rw - proc none rw,hidepid=0,gid=3\n"
				      "98 27 0:30 / /j rw - proc none rw,hidepid=noaccess\n"
				      "garbled\n";
	static const struct {
		guint minor;
		VmfcHidepid hidepid;
		gint64 gid;
	} cases[] = {
		{21, VMFC_HIDEPID_OFF, -1},	  {22, VMFC_HIDEPID_INVISIBLE, 44},
		{23, VMFC_HIDEPID_PTRACEABLE, 7}, {24, VMFC_HIDEPID_INVISIBLE, -1},
		{25, VMFC_HIDEPID_NOACCESS, -1},  {26, VMFC_HIDEPID_PTRACEABLE, -1},
		{27, VMFC_HIDEPID_UNKNOWN, -1},	  {2, VMFC_HIDEPID_UNKNOWN, -1},
		{28, VMFC_HIDEPID_OFF, -1},	  {29, VMFC_HIDEPID_OFF, 3},
		{30, VMFC_HIDEPID_NOACCESS, -1},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		gint64 gid = -1;
		g_assert_cmpint(vmfc_hidepid_parse(mounts, makedev(0, cases[i].minor), &gid), ==,
				cases[i].hidepid);
		g_assert_cmpint(gid, ==, cases[i].gid);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/hidepid/mounts", test_mounts);
	return g_test_run();
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "common/hidepid.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/regular-file.h"

#define MOUNTINFO "/proc/self/mountinfo"
/* A host of containers has some thousand mounts, of 200 bytes each. */
#define LARGEST_MOUNTINFO (64 * 1024 * 1024)

/* @value: a number before Linux 5.8, a word since then */
static VmfcHidepid
parse_value(const gchar *value)
{
	if (g_str_equal(value, "0") || g_str_equal(value, "off"))
		return VMFC_HIDEPID_OFF;
	if (g_str_equal(value, "2") || g_str_equal(value, "invisible"))
		return VMFC_HIDEPID_INVISIBLE;
	if (g_str_equal(value, "4") || g_str_equal(value, "ptraceable"))
		return VMFC_HIDEPID_PTRACEABLE;
	return VMFC_HIDEPID_NOACCESS;
}

static VmfcHidepid
parse_options(const gchar *text, gint64 *gid)
{
	g_auto(GStrv) options = g_strsplit(text, ",", -1);
	VmfcHidepid hidepid = VMFC_HIDEPID_OFF;

	for (guint i = 0; options[i] != NULL; i++) {
		if (g_str_has_prefix(options[i], "hidepid="))
			hidepid = parse_value(options[i] + strlen("hidepid="));
		else if (g_str_has_prefix(options[i], "gid="))
			*gid = g_ascii_strtoll(options[i] + strlen("gid="), NULL, 10);
	}
	return hidepid;
}

/*
 * Finds the mount options of a file system, in a text such as /proc/self/mountinfo, proc(5): "22 27
 * 0:21 / /proc rw,relatime - proc proc rw,hidepid=invisible". All mounts of one device have the
 * same options.
 *
 * @gid: (out): of the group that sees all processes; unchanged when the mount names none
 */
VmfcHidepid
vmfc_hidepid_parse(const gchar *text, dev_t device, gint64 *gid)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		const gchar *own = strstr(lines[i], " - proc ");
		guint major, minor;
		/* NOLINTNEXTLINE(cert-err34-c): the kernel writes no number that is too large */
		if (own == NULL || sscanf(lines[i], "%*d %*d %u:%u ", &major, &minor) != 2 ||
		    makedev(major, minor) != device)
			continue;
		return parse_options(strrchr(own, ' ') + 1, gid);
	}
	return VMFC_HIDEPID_UNKNOWN;
}

/*
 * The same for an open folder. The list of mounts comes from this process' own /proc: the folder
 * may be another procfs, in which this process is not shown.
 */
VmfcHidepid
vmfc_hidepid_read(gint folder, gint64 *gid)
{
	g_autofree gchar *text = vmfc_regular_file_read(MOUNTINFO, LARGEST_MOUNTINFO, NULL, NULL);
	struct stat info;

	if (text == NULL || fstat(folder, &info) < 0)
		return VMFC_HIDEPID_UNKNOWN;
	return vmfc_hidepid_parse(text, info.st_dev, gid);
}

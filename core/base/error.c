/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/error.h"

#include <errno.h>

/* Any thread may call this first: G_DEFINE_QUARK would race. */
GQuark
vmfc_error_quark(void)
{
	static gsize quark;

	/* NOLINTNEXTLINE(performance-no-int-to-ptr): of the macro */
	if (g_once_init_enter(&quark))
		g_once_init_leave(&quark, g_quark_from_static_string("vmfc-error-quark"));
	return (GQuark)quark;
}

/* Names the file, what failed, the reason, and the remedy if one is known. */
void
vmfc_set_file_error(GError **error, const gchar *what, const gchar *path, gint failure)
{
	const gchar *hint = "";

	if (failure == ENOSPC || failure == EDQUOT)
		hint = ": free some space";
	else if (failure == EACCES || failure == EPERM || failure == EROFS || failure == ENOTDIR ||
		 failure == ENOENT)
		hint = ": choose a writable place with --output";
	else if (failure == EIO)
		hint = ": check the disk with dmesg";
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "%s cannot be %s: %s%s", path, what,
		    g_strerror(failure), hint);
}

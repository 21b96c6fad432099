/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/*
 * A CSV file that grows piece by piece. It is NAME.csv.part until it is complete. Beside it
 * NAME.csv.state says which pieces it has, so that a pull that was interrupted continues.
 */
typedef struct {
	gchar *path; /* of the complete file */
	gchar *part;
	gchar *state;
	gchar *identity; /* of the request and the header: another pull's part does not fit */
	gint fd;
	goffset length;
	gint64 time; /* ms: it has everything up to this */
	guint64 n_rows;
	gdouble interval; /* s, of the last row that tells it; NaN: unknown */
	gint64 kept;	  /* us, monotonic: when the state was written */
} VmfcPartFile;

VmfcPartFile *
vmfc_part_file_open(const gchar *path, const gchar *request, const gchar *header, gint64 start,
		    GError **error);
void
vmfc_part_file_free(VmfcPartFile *file);
gboolean
vmfc_part_file_add(VmfcPartFile *file, const GString *rows, guint n_rows, gint64 time,
		   GError **error);
gboolean
vmfc_part_file_keep(VmfcPartFile *file, GError **error);
gboolean
vmfc_part_file_publish(VmfcPartFile *file, const gchar *meta, GError **error);
void
vmfc_part_file_remove(VmfcPartFile *file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcPartFile, vmfc_part_file_free)

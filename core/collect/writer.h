/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "plugin/context.h"
#include "output/fsync.h"

/* Called on the writer's thread after all sinks got the record. */
typedef void (*VmfcWrittenFunc)(const VmfcRecord *record, gpointer user_data);

typedef struct {
	guint64 n_written; /* records that every sink wrote */
	guint64 n_dropped; /* records that were dropped because the queue was full */
	guint64 n_failed;  /* records that at least one sink could not write */
	gboolean failed;   /* records were lost, or a file could not be finished */
} VmfcWriterResult;

/*
 * How the files of a run are divided into parts. A record that does not fit into one begins the
 * next.
 *
 * @n_windows: maximum of a part; 0: unlimited
 * @size: maximum size of a file in bytes; 0: unlimited
 * @end_part: called on the writer's thread when all files of a part are closed; @result is that of
 *   all records so far
 */
typedef struct {
	guint64 n_windows;
	goffset size;
	gboolean (*end_part)(const VmfcWriterResult *result, gpointer user_data, GError **error);
	gpointer user_data;
} VmfcDivision;

/*
 * A bounded queue of records and one thread that writes them. Only this thread uses disks and
 * sockets, so a slow one never delays a tick.
 */
typedef struct _VmfcWriter VmfcWriter;

VmfcWriter *
vmfc_writer_new(VmfcSchema *schema, GPtrArray *sinks, VmfcFsync *sync, guint capacity,
		VmfcWrittenFunc written, gpointer user_data);
void
vmfc_writer_divide(VmfcWriter *writer, const VmfcDivision *division);
void
vmfc_writer_free(VmfcWriter *writer);
gboolean
vmfc_writer_start(VmfcWriter *writer, GError **error);
gboolean
vmfc_writer_wait_for_sinks(VmfcWriter *writer, GError **error);
VmfcRow *
vmfc_writer_take_row(VmfcWriter *writer);
VmfcRow *
vmfc_writer_exchange(VmfcWriter *writer, VmfcRow *row);
void
vmfc_writer_stop(VmfcWriter *writer, VmfcWriterResult *result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcWriter, vmfc_writer_free)

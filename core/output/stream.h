/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/*
 * Writes records to a reader at once: standard output, a FIFO, a terminal or a device. Used on the
 * writer's thread, except for vmfc_stream_open() and vmfc_stream_limit_wait().
 */
typedef struct _VmfcStream VmfcStream;

/* The reader has closed its end; called once, on the writer's thread. */
typedef void (*VmfcStreamClosedFunc)(gpointer user_data);

gboolean
vmfc_stream_is_path(const gchar *path);
gboolean
vmfc_stream_is_stdout(const gchar *path);
VmfcStream *
vmfc_stream_open(const gchar *path, GError **error);
void
vmfc_stream_free(VmfcStream *stream);
void
vmfc_stream_on_closed(VmfcStream *stream, VmfcStreamClosedFunc closed, gpointer user_data);
void
vmfc_stream_begin(VmfcStream *stream, const gchar *text);
gboolean
vmfc_stream_write(VmfcStream *stream, const gchar *text, gsize length, GError **error);
gboolean
vmfc_stream_finish(VmfcStream *stream, GError **error);
void
vmfc_stream_limit_wait(VmfcStream *stream);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcStream, vmfc_stream_free)

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* A writer with a sink that a test can hold up and make fail. */

#pragma once

#include <pthread.h>
#include <string.h>

#include "collect/writer.h"
#include "output/append-file.h"

#define CAPACITY 8
/* What a sink with a file writes for each record. */
#define LINE "a record\n"

/* A sink that a test can hold up and make fail. */
typedef struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	gboolean held;
	gboolean fails;
	gboolean refuses_to_open;
	gboolean refuses_to_flush;
	gboolean refuses_to_close;
	guint n_opened;
	guint n_flushed;
	gboolean closed;
	GArray *ticks;	     /* of guint64: what was written, in order */
	VmfcRunFiles *files; /* NULL: it has no file */
	VmfcOutput *output;
	VmfcOutput *second; /* NULL: one file is enough */
	gboolean has_second;
} Tray;

/* The only way into a sink's open: what a real one would find at its path. */
static Tray *tray;

static inline gpointer
tray_open(VmfcContext *context, G_GNUC_UNUSED const VmfcSchema *schema, GError **error)
{
	tray->n_opened++;
	if (tray->refuses_to_open) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "the tray is stuck");
		return NULL;
	}
	if (tray->files != NULL)
		tray->output = vmfc_output_create(tray->files, ".tray", "", context->outputs, NULL);
	if (tray->has_second)
		tray->second = vmfc_output_create(tray->files, ".lid", "", context->outputs, NULL);
	return tray;
}

static inline gboolean
tray_write(gpointer self, const VmfcRecord *record, GError **error)
{
	Tray *to = self;
	guint64 tick = vmfc_record_get_tick(record);

	pthread_mutex_lock(&to->lock);
	while (to->held)
		pthread_cond_wait(&to->changed, &to->lock);
	gboolean fails = to->fails;
	pthread_mutex_unlock(&to->lock);
	if (fails) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "the tray is full");
		return FALSE;
	}
	g_array_append_val(to->ticks, tick);
	return to->output == NULL || vmfc_output_append(to->output, 0, LINE, strlen(LINE), error);
}

static inline gboolean
tray_flush(gpointer self, GError **error)
{
	Tray *to = self;

	to->n_flushed++;
	if (!to->refuses_to_flush)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "the tray is sticky");
	return FALSE;
}

static inline gboolean
tray_close(gpointer self, GError **error)
{
	Tray *to = self;

	to->closed = TRUE;
	if (to->output != NULL)
		vmfc_output_close(g_steal_pointer(&to->output), NULL);
	if (to->second != NULL)
		vmfc_output_close(g_steal_pointer(&to->second), NULL);
	if (!to->refuses_to_close)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "the tray is warped");
	return FALSE;
}

static const VmfcSink sink = {tray_open, tray_write, tray_flush, tray_close};
static const VmfcPlugin plugin = {.name = "tray", .sink = &sink};

static inline void
tray_set(gboolean held, gboolean fails)
{
	pthread_mutex_lock(&tray->lock);
	tray->held = held;
	tray->fails = fails;
	pthread_cond_broadcast(&tray->changed);
	pthread_mutex_unlock(&tray->lock);
}

typedef struct {
	VmfcSchema *schema;
	VmfcRun run;
	GPtrArray *sinks;
	VmfcFsync *sync;
	VmfcWriter *writer;
	VmfcRow *row;
	guint n_written;
} Fixture;

static inline void
count_written(G_GNUC_UNUSED const VmfcRecord *record, gpointer user_data)
{
	g_atomic_int_inc(&((Fixture *)user_data)->n_written);
}

static inline void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const VmfcColumn column = {.name = "value", .type = VMFC_TYPE_INT};

	tray = g_new0(Tray, 1);
	pthread_mutex_init(&tray->lock, NULL);
	pthread_cond_init(&tray->changed, NULL);
	tray->ticks = g_array_new(FALSE, FALSE, sizeof(guint64));
	fixture->schema = vmfc_schema_new();
	vmfc_schema_add(fixture->schema, "test", &column, NULL);
	vmfc_schema_freeze(fixture->schema);
	fixture->sinks = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_context_free);
	g_ptr_array_add(fixture->sinks, vmfc_context_new(&fixture->run, &plugin, NULL));
	fixture->sync = vmfc_fsync_new(0);
	fixture->writer = vmfc_writer_new(fixture->schema, fixture->sinks, fixture->sync, CAPACITY,
					  count_written, fixture);
	fixture->row = vmfc_writer_take_row(fixture->writer);
}

static inline void
start(Fixture *fixture)
{
	g_assert_true(vmfc_writer_start(fixture->writer, NULL));
	g_assert_true(vmfc_writer_wait_for_sinks(fixture->writer, NULL));
}

static inline void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	vmfc_writer_free(fixture->writer);
	vmfc_fsync_free(fixture->sync);
	g_ptr_array_unref(fixture->sinks);
	vmfc_schema_free(fixture->schema);
	g_array_unref(tray->ticks);
	pthread_mutex_destroy(&tray->lock);
	pthread_cond_destroy(&tray->changed);
	g_free(tray);
}

static inline void
hand_over(Fixture *fixture, guint64 tick)
{
	fixture->row->tick = tick;
	VmfcRow *next = vmfc_writer_exchange(fixture->writer, fixture->row);
	if (next != NULL)
		fixture->row = next;
}

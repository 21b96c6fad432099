/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "power/reading.h"

#include "power/model-file.h"

struct _PowerReading {
	gchar *path;
	GSource *done;
	GThread *thread;
	gint is_done; /* atomic */
	VmfcModel *model;
	GError *error;
};

static gpointer
read_model(gpointer data)
{
	PowerReading *reading = data;

	reading->model = power_model_file_read(reading->path, &reading->error);
	g_atomic_int_set(&reading->is_done, TRUE);
	g_source_set_ready_time(reading->done, 0);
	return NULL;
}

/*
 * Begins to read a model.
 *
 * @done: is made ready when the model is there, or is refused
 */
PowerReading *
power_reading_new(const gchar *path, GSource *done)
{
	PowerReading *reading = g_new0(PowerReading, 1);

	reading->path = g_strdup(path);
	reading->done = g_source_ref(done);
	reading->thread = g_thread_new("model", read_model, reading);
	return reading;
}

gboolean
power_reading_is_done(PowerReading *reading)
{
	return g_atomic_int_get(&reading->is_done);
}

/*
 * Waits for the end of the reading, and frees it.
 *
 * Returns: (transfer full): %NULL with a sentence in @error
 */
VmfcModel *
power_reading_finish(PowerReading *reading, GError **error)
{
	g_thread_join(reading->thread);
	VmfcModel *model = reading->model;
	if (reading->error != NULL)
		g_propagate_error(error, reading->error);
	g_source_unref(reading->done);
	g_free(reading->path);
	g_free(reading);
	return model;
}

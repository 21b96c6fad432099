/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/writer.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <time.h>

#include "output/append-file.h"
#include "collect/sink.h"

/* Seconds without progress at the end of a run until the user gets a warning. */
#define END_TIMEOUT 5

struct _VmfcWriter {
	VmfcSchema *schema;
	GPtrArray *sinks; /* of VmfcContext, not owned */
	VmfcFsync *sync;
	gboolean sync_failed;
	gint64 last_check; /* of the files' names, CLOCK_MONOTONIC, µs */
	VmfcDivision division;
	guint64 part_end; /* tick of the last record of the part; 0: it has not begun */
	VmfcWrittenFunc written;
	gpointer user_data;
	GThread *thread;
	gint cpu;		   /* on which the writer's thread runs; of the main thread */
	guint64 n_dropped;	   /* of the main thread */
	VmfcWriterResult result;   /* of the writer's thread, except n_dropped */
	const gchar *current_step; /* the sink or step that was called last; atomic */

	pthread_t self;	    /* set with open_error before opened is posted */
	GError *open_error; /* why a sink could not be opened */
	sem_t opened;
	sem_t ended;
	/* posted once for each queued row and once for the end; waiting needs no lock */
	sem_t row_queued;

	/* guards all below; a pthread mutex, because the thread sanitizer does not see GMutex */
	pthread_mutex_t lock;
	VmfcRow *rows; /* @capacity of them */
	gpointer storage;
	VmfcRow **queue; /* ring of full rows */
	VmfcRow **empty; /* stack of empty rows, because the last used one is still in the cache */
	guint capacity;
	guint head;
	guint n_queued;
	guint n_empty;
};

/* Notes what runs now, for the warning if it does not return. */
static void
set_current_step(VmfcWriter *writer, const gchar *name)
{
	g_atomic_pointer_set(&writer->current_step, name);
}

/*
 * @sync: of the sinks' files, used only on the writer's thread
 * @capacity: maximum of queued records; a row's memory is touched only when it is used
 */
VmfcWriter *
vmfc_writer_new(VmfcSchema *schema, GPtrArray *sinks, VmfcFsync *sync, guint capacity,
		VmfcWrittenFunc written, gpointer user_data)
{
	VmfcWriter *writer = g_new0(VmfcWriter, 1);
	gsize row_size = vmfc_row_get_size(schema);

	pthread_mutex_init(&writer->lock, NULL);
	sem_init(&writer->opened, 0, 0);
	sem_init(&writer->ended, 0, 0);
	sem_init(&writer->row_queued, 0, 0);
	writer->schema = schema;
	writer->sinks = sinks;
	writer->sync = sync;
	writer->written = written;
	writer->cpu = -1;
	set_current_step(writer, "the first sink");
	writer->user_data = user_data;
	writer->capacity = capacity;
	writer->rows = g_new0(VmfcRow, capacity);
	writer->storage = g_malloc0_n(capacity, row_size);
	writer->queue = g_new0(VmfcRow *, capacity);
	writer->empty = g_new0(VmfcRow *, capacity);
	for (guint i = 0; i < capacity; i++) {
		VmfcRow *row = &writer->rows[capacity - 1 - i];
		vmfc_row_init(row, schema,
			      (gchar *)writer->storage + (capacity - 1 - i) * row_size);
		writer->empty[writer->n_empty++] = row;
	}
	return writer;
}

void
vmfc_writer_free(VmfcWriter *writer)
{
	pthread_mutex_destroy(&writer->lock);
	sem_destroy(&writer->opened);
	sem_destroy(&writer->ended);
	sem_destroy(&writer->row_queued);
	g_clear_error(&writer->open_error);
	g_free(writer->rows);
	g_free(writer->storage);
	g_free(writer->queue);
	g_free(writer->empty);
	g_free(writer);
}

/* Divides the files into parts. Must be called before vmfc_writer_start(). */
void
vmfc_writer_divide(VmfcWriter *writer, const VmfcDivision *division)
{
	writer->division = *division;
}

/* ------------------------------------------------- on the writer's thread */

static gboolean
open_sinks(VmfcWriter *writer, GError **error)
{
	for (guint i = 0; i < writer->sinks->len; i++) {
		VmfcContext *context = writer->sinks->pdata[i];
		set_current_step(writer, context->plugin->name);
		if (!vmfc_sink_open(context, writer->schema, error))
			return FALSE;
	}
	return TRUE;
}

static void
report_failure(VmfcWriter *writer, const VmfcContext *context, const GError *error)
{
	g_warning("%s: %s", context->plugin->name, error->message);
	writer->result.failed = TRUE;
}

static void
close_sinks(VmfcWriter *writer)
{
	for (guint i = 0; i < writer->sinks->len; i++) {
		VmfcContext *context = writer->sinks->pdata[i];
		g_autoptr(GError) error = NULL;
		gboolean is_intact;
		set_current_step(writer, context->plugin->name);
		writer->result.failed |= !vmfc_sink_check_files(context, TRUE, &is_intact);
		if (!vmfc_sink_close(context, &error))
			report_failure(writer, context, error);
	}
}

static void
write_row(VmfcWriter *writer, VmfcRow *row)
{
	VmfcRecord record = {
		.schema = writer->schema,
		.n_columns = vmfc_schema_get_n_columns(writer->schema),
		.n_readable = vmfc_schema_get_n_columns(writer->schema),
		.row = row,
	};
	gboolean complete = TRUE;

	for (guint i = 0; i < writer->sinks->len; i++) {
		VmfcContext *context = writer->sinks->pdata[i];
		set_current_step(writer, context->plugin->name);
		complete &= vmfc_sink_write(context, &record);
	}
	if (complete) {
		writer->result.n_written++;
	} else {
		writer->result.n_failed++;
		writer->result.failed = TRUE;
	}
	writer->written(&record, writer->user_data);
}

static void
flush_sinks(VmfcWriter *writer)
{
	for (guint i = 0; i < writer->sinks->len; i++) {
		VmfcContext *context = writer->sinks->pdata[i];
		g_autoptr(GError) error = NULL;
		set_current_step(writer, context->plugin->name);
		if (context->plugin->sink->flush == NULL || context->instance == NULL ||
		    context->plugin->sink->flush(context->instance, &error))
			continue;
		vmfc_context_fill_error(context, &error);
		report_failure(writer, context, error);
	}
}

/* Logs a failure when the state changes. */
static void
sync_files(VmfcWriter *writer)
{
	g_autoptr(GError) error = NULL;

	set_current_step(writer, "the disk");
	if (!vmfc_fsync_is_due(writer->sync))
		return;
	gboolean failed = !vmfc_fsync_all(writer->sync, &error);
	if (failed && !writer->sync_failed)
		g_warning("%s; a power cut may lose the last records", error->message);
	writer->sync_failed = failed;
	writer->result.failed |= failed;
}

/*
 * Other programs may move, delete or truncate the files of a sink. The sink then opens new ones
 * before the next record. The names are checked once a second only, because that costs more.
 */
static void
check_files(VmfcWriter *writer)
{
	gint64 now = g_get_monotonic_time();
	gboolean with_names = now - writer->last_check >= G_USEC_PER_SEC / 10 * 9;

	if (with_names)
		writer->last_check = now;
	for (guint i = 0; i < writer->sinks->len; i++) {
		VmfcContext *context = writer->sinks->pdata[i];
		g_autoptr(GError) error = NULL;
		gboolean is_intact;
		if (!vmfc_sink_check_files(context, with_names, &is_intact))
			writer->result.failed = TRUE;
		if (!is_intact && !vmfc_sink_reopen(context, writer->schema, &error))
			report_failure(writer, context, error);
	}
}

/* Gives the full files numbered names. The sinks that wrote them open new ones. */
static void
begin_next_part(VmfcWriter *writer)
{
	g_autoptr(GPtrArray) divided = g_ptr_array_new();
	g_autoptr(GError) reason = NULL;

	for (guint i = 0; i < writer->sinks->len; i++) {
		VmfcContext *context = writer->sinks->pdata[i];
		g_autoptr(GError) error = NULL;
		if (context->outputs->len == 0)
			continue;
		g_ptr_array_add(divided, context);
		if (!vmfc_sink_close(context, &error))
			report_failure(writer, context, error);
	}
	if (!writer->division.end_part(&writer->result, writer->division.user_data, &reason)) {
		g_warning("%s", reason->message);
		writer->result.failed = TRUE;
	}
	for (guint i = 0; i < divided->len; i++) {
		g_autoptr(GError) error = NULL;
		if (!vmfc_sink_open(divided->pdata[i], writer->schema, &error))
			report_failure(writer, divided->pdata[i], error);
	}
}

static goffset
measure_largest_file(const VmfcWriter *writer)
{
	goffset largest = 0;

	for (guint i = 0; i < writer->sinks->len; i++) {
		const VmfcContext *context = writer->sinks->pdata[i];
		for (guint j = 0; j < context->outputs->len; j++)
			largest = MAX(largest, vmfc_output_get_size(context->outputs->pdata[j]));
	}
	return largest;
}

/* @tick: of the next record */
static gboolean
part_is_full(VmfcWriter *writer, guint64 tick)
{
	const VmfcDivision *division = &writer->division;

	if (division->n_windows > 0 && tick > writer->part_end) {
		gboolean is_first = writer->part_end == 0;
		/* missing records do not move the boundaries of parts */
		guint64 n_windows = is_first ? 0 : (tick - 1 - writer->part_end);
		writer->part_end = tick - 1 - n_windows % division->n_windows + division->n_windows;
		return !is_first;
	}
	return division->size > 0 && measure_largest_file(writer) >= division->size;
}

static void
wait_for(sem_t *semaphore)
{
	while (sem_wait(semaphore) < 0)
		; /* a signal handler ran */
}

/* Waits for the next row. Returns: (nullable): %NULL at the end of the run */
static VmfcRow *
next_row(VmfcWriter *writer)
{
	wait_for(&writer->row_queued);
	pthread_mutex_lock(&writer->lock);
	VmfcRow *row = writer->n_queued > 0 ? writer->queue[writer->head] : NULL;
	pthread_mutex_unlock(&writer->lock);
	return row;
}

/* Returns: whether more rows are queued */
static gboolean
release_row(VmfcWriter *writer, VmfcRow *row)
{
	pthread_mutex_lock(&writer->lock);
	writer->head = (writer->head + 1) % writer->capacity;
	writer->empty[writer->n_empty++] = row;
	gboolean more = --writer->n_queued > 0;
	pthread_mutex_unlock(&writer->lock);
	return more;
}

static gpointer
writer_main(gpointer user_data)
{
	VmfcWriter *writer = user_data;
	g_autoptr(GError) error = NULL;
	gboolean opened = open_sinks(writer, &error);
	VmfcRow *row;

	writer->self = pthread_self();
	writer->open_error = g_steal_pointer(&error);
	sem_post(&writer->opened);
	while (opened && (row = next_row(writer)) != NULL) {
		if (part_is_full(writer, row->tick))
			begin_next_part(writer);
		check_files(writer);
		write_row(writer, row);
		sync_files(writer);
		if (!release_row(writer, row))
			flush_sinks(writer);
	}
	close_sinks(writer);
	sem_post(&writer->ended);
	return NULL;
}

/* ---------------------------------------------------- on the main thread */

/* Starts the writer's thread. It opens the sinks first. */
gboolean
vmfc_writer_start(VmfcWriter *writer, GError **error)
{
	writer->thread = g_thread_try_new("vmfc-writer", writer_main, writer, error);
	return writer->thread != NULL;
}

/* Waits until the sinks are open. */
gboolean
vmfc_writer_wait_for_sinks(VmfcWriter *writer, GError **error)
{
	wait_for(&writer->opened);
	if (writer->open_error == NULL)
		return TRUE;
	g_thread_join(g_steal_pointer(&writer->thread));
	g_propagate_error(error, g_steal_pointer(&writer->open_error));
	return FALSE;
}

/* Returns: the first empty row; the writer owns all rows */
VmfcRow *
vmfc_writer_take_row(VmfcWriter *writer)
{
	pthread_mutex_lock(&writer->lock);
	VmfcRow *row = writer->empty[--writer->n_empty];
	pthread_mutex_unlock(&writer->lock);
	return row;
}

/*
 * Waking a thread on another CPU costs an interrupt there and wakes an idle CPU. This costs more
 * than writing a record. So the writer's thread runs on the CPU of the main thread, which will
 * sleep next.
 */
static void
follow_main_thread(VmfcWriter *writer)
{
	gint cpu = sched_getcpu();
	cpu_set_t here;

	if (cpu == writer->cpu || cpu < 0 || cpu >= CPU_SETSIZE)
		return;
	CPU_ZERO(&here);
	CPU_SET((gsize)cpu, &here);
	/* a failure is harmless: it only costs more */
	pthread_setaffinity_np(writer->self, sizeof(here), &here);
	writer->cpu = cpu;
}

/*
 * Queues a full row and takes an empty one. Blocks only while the writer's thread moves a row.
 *
 * Returns: (nullable): %NULL if the queue is full. The record is dropped, and the caller keeps its
 *   row.
 */
VmfcRow *
vmfc_writer_exchange(VmfcWriter *writer, VmfcRow *row)
{
	VmfcRow *empty = NULL;

	pthread_mutex_lock(&writer->lock);
	if (writer->n_empty > 0) {
		writer->queue[(writer->head + writer->n_queued) % writer->capacity] = row;
		writer->n_queued++;
		empty = writer->empty[--writer->n_empty];
	}
	pthread_mutex_unlock(&writer->lock);
	if (empty != NULL) {
		follow_main_thread(writer);
		sem_post(&writer->row_queued);
	}
	if (empty == NULL && writer->n_dropped++ == 0)
		g_warning("%s is too slow: records are dropped until it catches up; use a longer "
			  "--interval",
			  (const gchar *)g_atomic_pointer_get(&writer->current_step));
	return empty;
}

static guint
count_queued(VmfcWriter *writer)
{
	pthread_mutex_lock(&writer->lock);
	guint n_queued = writer->n_queued;
	pthread_mutex_unlock(&writer->lock);
	return n_queued;
}

/* Returns: whether the thread has ended within that time */
static gboolean
wait_for_end(VmfcWriter *writer, gint seconds)
{
	struct timespec until;
	gint result;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += seconds;
	while ((result = sem_clockwait(&writer->ended, CLOCK_MONOTONIC, &until)) < 0 &&
	       errno == EINTR)
		;
	return result == 0;
}

/* Warns the user if a sink does not return at the end of the run. */
static void
watch_end(VmfcWriter *writer)
{
	guint n_before, n_now = count_queued(writer);

	do {
		if (wait_for_end(writer, END_TIMEOUT))
			return;
		n_before = n_now;
		n_now = count_queued(writer);
	} while (n_now != n_before);
	g_warning("the run is over, but %s has not returned for %d s: vmfc waits for it with %u "
		  "records that are not written; Ctrl+C twice ends vmfc without them",
		  (const gchar *)g_atomic_pointer_get(&writer->current_step), END_TIMEOUT, n_now);
}

/* Writes what is queued, closes the sinks and ends the thread. */
void
vmfc_writer_stop(VmfcWriter *writer, VmfcWriterResult *result)
{
	if (writer->thread != NULL) {
		sem_post(&writer->row_queued);
		watch_end(writer);
		g_thread_join(g_steal_pointer(&writer->thread));
	}
	*result = writer->result;
	result->n_dropped = writer->n_dropped;
	result->failed |= writer->n_dropped > 0;
}

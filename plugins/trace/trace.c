/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "common/deadline-source.h"
#include "cpu_load/generator.h"
#include "common/cpus.h"
#include "base/regular-file.h"
#include "parse.h"

#include <math.h>

#define NS_PER_S 1e9
/* Three months with a line per second, and room for other columns. */
#define MAX_FILE (256 * 1024 * 1024)
/* Maximum duration of a point, in s: a longer one is not a time in seconds. */
#define MAX_DURATION 1e6
/* Minimum duration: the load cannot follow shorter ones. */
#define MIN_DURATION 1e-3
#define NS_PER_US    1000

static const VmfcOption options[] = {
	{"file", VMFC_OPTION_STRING, "", "CSV file to play, unless trace=FILE gives it"},
	{"time_column", VMFC_OPTION_STRING, "1", "column with seconds: number or name"},
	{"load_column", VMFC_OPTION_STRING, "2", "column with the utilisation: number or name"},
	{"full", VMFC_OPTION_FLOAT, "100", "value that means full load; 1 for fractions"},
	{"speed", VMFC_OPTION_FLOAT, "1", "seconds of the file per second"},
	{"repeat", VMFC_OPTION_BOOL, "false", "start again at the end of the file"},
	{NULL},
};

typedef struct {
	VmfcContext *context;
	GArray *points; /* of TracePoint; NULL in a check */
	gdouble speed;
	gboolean repeats;
	guint next;		  /* the current point */
	LoadGenerator *generator; /* NULL while it is not running */
	guint alarm;		  /* the end of the current point */
	gint64 time;		  /* time of that, CLOCK_MONOTONIC, ns */
} Trace;

static void
trace_close(gpointer data)
{
	Trace *self = data;
	g_clear_pointer(&self->points, g_array_unref);
	g_free(self);
}

static gboolean
read_trace(Trace *self, GError **error)
{
	const gchar *argument = vmfc_context_get_argument(self->context);
	const gchar *path = argument != NULL ? argument
					     : vmfc_context_get_string(self->context, "file");
	const TraceForm form = {
		vmfc_context_get_string(self->context, "time_column"),
		vmfc_context_get_string(self->context, "load_column"),
		vmfc_context_get_float(self->context, "full"),
	};

	if (path[0] == '\0' && vmfc_context_is_check(self->context))
		return TRUE;
	if (path[0] == '\0') {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "workload trace: no file given; set it with trace=FILE or --set "
			    "trace.file=FILE");
		return FALSE;
	}
	g_autofree gchar *text = NULL;
	g_autoptr(GError) reason = NULL;
	guint n_unusable = 0;
	gsize length;
	text = vmfc_regular_file_read(path, MAX_FILE, &length, &reason);
	if (text == NULL) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "workload trace: %s: %s", path,
			    reason->message);
		return FALSE;
	}
	self->points = trace_parse(text, length, &form, &n_unusable, &reason);
	if (self->points == NULL) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "workload trace: %s: %s", path,
			    reason->message);
		return FALSE;
	}
	if (n_unusable > 0)
		g_message("%s: %u of %u lines have no load from 0 to %g and keep the previous one",
			  path, n_unusable, self->points->len, form.full);
	return TRUE;
}

static gboolean
check_settings(VmfcContext *context, GError **error)
{
	static const gchar *const names[] = {"full", "speed"};

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		if (vmfc_context_get_float(context, names[i]) > 0)
			continue;
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "trace.%s is '%s', but must be above 0", names[i],
			    vmfc_context_get_string(context, names[i]));
		return FALSE;
	}
	return TRUE;
}

static gpointer
trace_open(VmfcContext *context, GError **error)
{
	Trace *self = g_new0(Trace, 1);

	self->context = context;
	self->speed = vmfc_context_get_float(context, "speed");
	self->repeats = vmfc_context_get_bool(context, "repeat");
	if (check_settings(context, error) && read_trace(self, error))
		return self;
	trace_close(self);
	return NULL;
}

/* Returns: duration of a point in ns; the last one lasts as long as the one before it */
static gint64
get_length(const Trace *self, guint place)
{
	guint last = self->points->len - 1;
	guint from = place == last && last > 0 ? last - 1 : place;

	if (last == 0)
		return llround(CLAMP(1 / self->speed, MIN_DURATION, MAX_DURATION) * NS_PER_S);
	const TracePoint *points = (const TracePoint *)self->points->data;
	gdouble seconds = (points[from + 1].time - points[from].time) / self->speed;
	return llround(CLAMP(seconds, MIN_DURATION, MAX_DURATION) * NS_PER_S);
}

static gboolean
play(gpointer user_data)
{
	Trace *self = user_data;
	gint64 now = g_get_monotonic_time() * NS_PER_US;

	self->alarm = 0;
	if (self->next == self->points->len && !self->repeats) {
		self->next = 0;
		load_generator_finish(self->generator);
		vmfc_context_begin_transition(self->context);
		return G_SOURCE_REMOVE;
	}
	if (self->next == self->points->len)
		self->next = 0;
	/* skips points that passed while the machine was suspended */
	while (self->next + 1 < self->points->len &&
	       self->time + get_length(self, self->next) <= now)
		self->time += get_length(self, self->next++);
	const TracePoint *point = &g_array_index(self->points, TracePoint, self->next);
	load_generator_set_target(self->generator, point->load);
	vmfc_context_set_target_load(self->context, point->load * vmfc_cpus_count_usable() /
							    vmfc_cpus_count_online());
	self->time += get_length(self, self->next++);
	self->alarm = vmfc_deadline_source_add(self->time, play, self);
	return G_SOURCE_REMOVE;
}

static gboolean
trace_start(gpointer data, GError **error)
{
	Trace *self = data;

	self->generator = load_generator_new(self->context, vmfc_cpus_count_usable(), error);
	if (self->generator == NULL)
		return FALSE;
	self->time = vmfc_context_get_begin(self->context);
	if (self->next == self->points->len)
		self->next = 0;
	play(self);
	return TRUE;
}

static void
trace_finish(gpointer data)
{
	Trace *self = data;

	if (self->alarm == 0)
		return; /* it is ending by itself */
	g_clear_handle_id(&self->alarm, g_source_remove);
	load_generator_finish(self->generator);
}

static void
trace_stop(gpointer data)
{
	Trace *self = data;

	g_clear_handle_id(&self->alarm, g_source_remove);
	g_clear_pointer(&self->generator, load_generator_free);
}

static const VmfcWorkload workload = {
	.open = trace_open,
	.start = trace_start,
	.stop = trace_stop,
	.close = trace_close,
	.finish = trace_finish,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "trace",
	.version = VMFC_VERSION,
	.license = "Apache-2.0",
	.summary = "plays a CSV file of CPU utilisation over time, for example a cluster trace",
	.options = options,
	.workload = &workload,
};

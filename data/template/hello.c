/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* A sampler to start from: the two numbers of /proc/uptime. proc(5). */

#include <vmfc/vmfc-plugin.h>

#define SOURCE "/proc/uptime"

static const VmfcColumn uptime_column = {
	.name = "hello_uptime_seconds",
	.unit = "s",
	.kind = VMFC_KIND_GAUGE,
	.type = VMFC_TYPE_FLOAT,
	.source = SOURCE,
	.description = "uptime of the machine at the end of the window",
};

/* The plugin sets the running total; the core takes its growth in the window. */
static const VmfcColumn idle_column = {
	.name = "hello_idle_ms",
	.unit = "ms",
	.kind = VMFC_KIND_COUNTER,
	.type = VMFC_TYPE_INT,
	.source = SOURCE,
	.description = "idle time of all CPUs together in the window",
};

static const VmfcOption options[] = {
	{"idle", VMFC_OPTION_BOOL, "true", "add the column hello_idle_ms"},
	{.name = NULL},
};

typedef struct {
	VmfcFile *file; /* the core owns it */
	gboolean with_idle;
	guint uptime;
	guint idle;
} Hello;

static gpointer
hello_open(VmfcContext *context, GError **error)
{
	/* columns first: if the file is missing, the run continues and the columns have the reason
	 */
	guint uptime = vmfc_context_add_column(context, &uptime_column);
	gboolean with_idle = vmfc_context_get_bool(context, "idle");
	guint idle = with_idle ? vmfc_context_add_column(context, &idle_column) : 0;

	VmfcFile *file = vmfc_context_open_file(context, "proc/uptime", error);
	if (file == NULL)
		return NULL;
	Hello *self = g_new0(Hello, 1);
	self->file = file;
	self->with_idle = with_idle;
	self->uptime = uptime;
	self->idle = idle;
	return self;
}

/* Runs at every tick: allocates nothing, blocks on nothing. A value that is not set is missing. */
static VmfcAnswer
hello_sample(gpointer data, VmfcRecord *record, GError **error)
{
	Hello *self = data;
	gchar *after_uptime, *after_idle;

	const gchar *text = vmfc_file_read(self->file, NULL, error);
	if (text == NULL)
		return VMFC_ANSWER_FAILED;
	gdouble uptime = g_ascii_strtod(text, &after_uptime);
	gdouble idle = g_ascii_strtod(after_uptime, &after_idle);
	if (after_uptime == text || after_idle == after_uptime) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    SOURCE " does not contain two numbers");
		return VMFC_ANSWER_FAILED;
	}
	vmfc_record_set_float(record, self->uptime, uptime);
	if (self->with_idle)
		vmfc_record_set_int(record, self->idle, (gint64)(idle * 1000 + 0.5));
	return VMFC_ANSWER_DONE;
}

static const VmfcSampler sampler = {
	.open = hello_open,
	.sample = hello_sample,
	.close = g_free,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "hello",
	.version = "0.1.0",
	.license = "Apache-2.0",
	.summary = "uptime of the machine, a sampler to start from",
	.rank = 100,
	.options = options,
	.sampler = &sampler,
};

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* A sampler whose answer comes later, or twice, or never. */

#include "vmfc/vmfc-plugin.h"

enum {
	ECHO,
	ECHO_COUNT,
};

typedef struct {
	VmfcContext *context;
	guint delay; /* ms */
	gboolean twice;
	guint64 tick;
	gint64 n;
	guint source;
} Echo;

static const VmfcOption options[] = {
	{"delay", VMFC_OPTION_INT, "10", "ms from the tick to the answer; negative: never"},
	{"twice", VMFC_OPTION_BOOL, "false", "answer a second time"},
	{NULL},
};

static gpointer
echo_open(VmfcContext *context, GError **error)
{
	const VmfcColumn columns[] = {
		{.name = "echo", .unit = "1", .type = VMFC_TYPE_INT},
		{.name = "echo_count",
		 .unit = "1",
		 .kind = VMFC_KIND_COUNTER,
		 .type = VMFC_TYPE_INT},
	};
	gint64 delay = vmfc_context_get_int(context, "delay");

	for (guint i = 0; i < G_N_ELEMENTS(columns); i++)
		vmfc_context_add_column(context, &columns[i]);
	if (delay > 10000) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "option echo.delay is more than 10000 ms");
		return NULL;
	}
	Echo *self = g_new0(Echo, 1);
	self->context = context;
	self->delay = delay < 0 ? 0 : (guint)delay;
	self->twice = vmfc_context_get_bool(context, "twice");
	if (delay < 0)
		self->delay = G_MAXUINT;
	return self;
}

static void
answer(Echo *self)
{
	VmfcRecord *record = vmfc_context_resume(self->context, self->tick);
	if (record == NULL)
		return;
	vmfc_record_set_int(record, ECHO, (gint64)self->tick);
	vmfc_record_set_int(record, ECHO_COUNT, ++self->n);
	vmfc_context_finish(self->context, self->tick, NULL);
}

static gboolean
echo_answer(gpointer data)
{
	Echo *self = data;

	self->source = 0;
	answer(self);
	if (self->twice)
		answer(self);
	return G_SOURCE_REMOVE;
}

static VmfcAnswer
echo_sample(gpointer data, VmfcRecord *record, G_GNUC_UNUSED GError **error)
{
	Echo *self = data;

	self->tick = vmfc_record_get_tick(record);
	if (self->source == 0 && self->delay != G_MAXUINT)
		self->source = g_timeout_add(self->delay, echo_answer, self);
	return VMFC_ANSWER_PENDING;
}

static void
echo_close(gpointer data)
{
	Echo *self = data;
	if (self->source != 0)
		g_source_remove(self->source);
	g_free(self);
}

static const VmfcSampler sampler = {
	.open = echo_open,
	.sample = echo_sample,
	.close = echo_close,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "echo",
	.version = "1",
	.license = "Apache-2.0",
	.summary = "answers later",
	.rank = 200,
	.options = options,
	.sampler = &sampler,
};

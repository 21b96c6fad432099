/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* A sampler that does what it may not; one misdeed at a time. */

#include "vmfc/vmfc-plugin.h"

#include <math.h>
#include <signal.h>
#include <unistd.h>

enum {
	UNRULY,
	UNRULY_RATIO,
	UNRULY_NAME,
	N_COLUMNS,
};

static const VmfcColumn columns[N_COLUMNS] = {
	[UNRULY] = {.name = "unruly", .unit = "1", .type = VMFC_TYPE_INT},
	[UNRULY_RATIO] = {.name = "unruly_ratio", .unit = "1", .type = VMFC_TYPE_FLOAT},
	[UNRULY_NAME] = {.name = "unruly_name",
			 .unit = "",
			 .kind = VMFC_KIND_LABEL,
			 .type = VMFC_TYPE_STRING},
};

typedef struct {
	VmfcContext *context;
	const gchar *does;
	VmfcRecord *kept;
	guint64 tick;
	guint source;
	guint n_samples;
} Unruly;

static const VmfcOption options[] = {
	{"does", VMFC_OPTION_STRING, "", "which misdeed"},
	{NULL},
};

static gboolean
does(const Unruly *self, const gchar *misdeed)
{
	return g_str_equal(self->does, misdeed);
}

static gpointer
unruly_open(VmfcContext *context, GError **error)
{
	Unruly *self = g_new0(Unruly, 1);

	self->context = context;
	self->does = vmfc_context_get_string(context, "does");
	for (guint i = 0; i < N_COLUMNS; i++)
		vmfc_context_add_column(context, &columns[i]);
	if (does(self, "column-twice"))
		vmfc_context_add_column(context, &columns[UNRULY]);
	if (does(self, "tells-grace"))
		g_message("an answer may take %g s",
			  (gdouble)vmfc_context_get_grace(context) / 1e9);
	if (does(self, "open-unsupported"))
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED, "not on a Tuesday");
	if (!g_str_has_prefix(self->does, "open"))
		return self;
	g_free(self);
	return NULL;
}

static gboolean
unruly_start(gpointer data, GError **error)
{
	Unruly *self = data;

	if (does(self, "start-unsupported"))
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED, "not before noon");
	return !g_str_has_prefix(self->does, "start");
}

/* After the record was closed, or a second time. */
static gboolean
write_late(gpointer data)
{
	Unruly *self = data;

	self->source = 0;
	if (does(self, "keeps-record")) {
		vmfc_record_set_int(self->kept, UNRULY, 666);
		return G_SOURCE_REMOVE;
	}
	for (guint i = 0; i < 2; i++) {
		VmfcRecord *record = vmfc_context_resume(self->context, self->tick);
		if (record != NULL)
			vmfc_record_set_int(record, UNRULY, i == 0 ? 7 : 666);
		vmfc_context_finish(self->context, self->tick, NULL);
		if (record != NULL)
			vmfc_record_set_int(record, UNRULY, 666);
	}
	return G_SOURCE_REMOVE;
}

static VmfcAnswer
unruly_sample(gpointer data, VmfcRecord *record, GError **error)
{
	Unruly *self = data;

	self->kept = record;
	self->tick = vmfc_record_get_tick(record);
	if (does(self, "answers-twice") || does(self, "keeps-record")) {
		self->source = g_timeout_add(20, write_late, self);
		return does(self, "keeps-record") ? VMFC_ANSWER_DONE : VMFC_ANSWER_PENDING;
	}
	/* Ctrl-C, before the answer to the second record comes */
	if (does(self, "interrupts") && ++self->n_samples == 3) {
		kill(getpid(), SIGINT);
		return VMFC_ANSWER_PENDING;
	}
	vmfc_record_set_int(record, UNRULY, 7);
	if (does(self, "foreign-column"))
		vmfc_record_set_int(record, N_COLUMNS, 666);
	if (does(self, "wrong-type"))
		vmfc_record_set_float(record, UNRULY, 666);
	if (does(self, "no-number"))
		vmfc_record_set_float(record, UNRULY_RATIO, self->tick % 2 == 0 ? NAN : INFINITY);
	if (does(self, "no-text"))
		vmfc_record_set_string(record, UNRULY_NAME, "\xff\"\n\001");
	if (does(self, "late-column"))
		vmfc_context_add_column(self->context, &columns[UNRULY]);
	if (does(self, "blocks"))
		g_usleep(250 * 1000);
	if (does(self, "fails-with-word"))
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "the well is dry");
	if (g_str_has_prefix(self->does, "fails"))
		return VMFC_ANSWER_FAILED;
	return does(self, "no-answer") ? (VmfcAnswer)42 : VMFC_ANSWER_DONE;
}

static void
unruly_close(gpointer data)
{
	Unruly *self = data;
	if (self->source != 0)
		g_source_remove(self->source);
	g_free(self);
}

static const VmfcSampler sampler = {
	.open = unruly_open,
	.start = unruly_start,
	.sample = unruly_sample,
	.close = unruly_close,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "unruly",
	.version = "1",
	.license = "Apache-2.0",
	.summary = "does what it may not",
	.rank = 200,
	.options = options,
	.sampler = &sampler,
};

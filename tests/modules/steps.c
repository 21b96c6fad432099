/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* A workload that does nothing but step through its phases, as one of ABI 1.1 would. */

#include "vmfc/vmfc-plugin.h"

#include <math.h>

typedef struct {
	VmfcContext *context;
	guint n_steps;
	guint n_left;
	gboolean dies;
	guint source;
} Steps;

static const VmfcOption options[] = {
	{"length", VMFC_OPTION_INT, "200", "ms of a step"},
	{"count", VMFC_OPTION_INT, "1000", "steps until the end"},
	{"dies", VMFC_OPTION_BOOL, "false", "whether the end is an accident"},
	{"fails", VMFC_OPTION_STRING, "",
	 "which of its functions fails without a word: open, start"},
	{NULL},
};

static gpointer
steps_open(VmfcContext *context, G_GNUC_UNUSED GError **error)
{
	if (g_str_equal(vmfc_context_get_string(context, "fails"), "open"))
		return NULL;
	Steps *self = g_new0(Steps, 1);
	self->context = context;
	self->n_left = (guint)vmfc_context_get_int(context, "count");
	self->dies = vmfc_context_get_bool(context, "dies");
	return self;
}

static gboolean
next_step(gpointer data)
{
	Steps *self = data;
	gchar phase[32];

	if (self->n_left-- == 0) {
		g_autoptr(GError) error = g_error_new(VMFC_ERROR, VMFC_ERROR_IO, "out of breath");
		vmfc_context_end_workload(self->context, self->dies ? error : NULL);
		self->source = 0;
		return G_SOURCE_REMOVE;
	}
	g_snprintf(phase, sizeof(phase), "step=%u", self->n_steps);
	vmfc_context_set_phase(self->context, phase);
	vmfc_context_set_target_load(self->context, self->n_steps % 2 == 0 ? NAN : 50);
	self->n_steps++;
	return G_SOURCE_CONTINUE;
}

static gboolean
steps_start(gpointer data, G_GNUC_UNUSED GError **error)
{
	Steps *self = data;
	if (g_str_equal(vmfc_context_get_string(self->context, "fails"), "start"))
		return FALSE;
	next_step(self);
	self->source = g_timeout_add((guint)vmfc_context_get_int(self->context, "length"),
				     next_step, self);
	return TRUE;
}

static void
steps_stop(gpointer data)
{
	Steps *self = data;
	if (self->source != 0)
		g_source_remove(self->source);
	self->source = 0;
}

static const VmfcWorkload workload = {
	.open = steps_open,
	.start = steps_start,
	.stop = steps_stop,
	.close = g_free,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = 1,
	.name = "steps",
	.version = "1",
	.license = "Apache-2.0",
	.summary = "steps through phases",
	.options = options,
	.workload = &workload,
};

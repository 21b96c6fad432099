/* SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0 */
/* A workload: one thread that computes without a pause. */
#include <vmfc/vmfc-plugin.h>

typedef struct {
	VmfcContext *context;
	GThread *thread;
	gint ends; /* atomic */
} Spin;

static gpointer
spin_open(VmfcContext *context, G_GNUC_UNUSED GError **error)
{
	return g_memdup2(&(Spin){.context = context}, sizeof(Spin));
}

static gpointer
spin(gpointer ends)
{
	while (!g_atomic_int_get((gint *)ends))
		continue;
	return NULL;
}

/* Returns at once. A sequence that comes back to this workload calls it again. */
static gboolean
spin_start(gpointer data, GError **error)
{
	Spin *self = data;
	self->ends = FALSE;
	self->thread = g_thread_try_new("spin", spin, &self->ends, error);
	vmfc_context_set_phase(self->context, "one-thread");
	return self->thread != NULL;
}

static void
spin_stop(gpointer data)
{
	Spin *self = data;
	g_atomic_int_set(&self->ends, TRUE);
	g_thread_join(self->thread); /* nothing of the work runs any more */
}

static const VmfcWorkload workload = {spin_open, spin_start, spin_stop, .close = g_free};

const VmfcPlugin vmfc_plugin = {VMFC_ABI_MAJOR,		 VMFC_ABI_MINOR,
				.name = "spin",		 .version = "1.0",
				.license = "Apache-2.0", .summary = "a busy thread",
				.workload = &workload};

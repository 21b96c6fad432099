/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "common/cpus.h"
#include "common/option-number.h"
#include "generator.h"

static const VmfcOption options[] = {
	{"target", VMFC_OPTION_FLOAT, "50",
	 "load of each CPU in percent, unless load=PERCENT gives it"},
	{"cpus", VMFC_OPTION_INT, "0", "number of CPUs to load; 0: all"},
	{NULL},
};

typedef struct {
	VmfcContext *context;
	LoadGenerator *generator; /* NULL while it is not running */
	gchar *phase;
	gdouble target; /* percent of each CPU in use */
	guint n_cpus;	/* in use */
} CpuLoad;

static void
cpu_load_close(gpointer data)
{
	CpuLoad *self = data;
	g_free(self->phase);
	g_free(self);
}

static void
cpu_load_list(VmfcContext *context)
{
	vmfc_context_add_workload(
		context, "load",
		"keeps CPUs at a utilisation, for example load=45, without another program");
}

static gboolean
read_settings(CpuLoad *self, GError **error)
{
	const gchar *argument = vmfc_context_get_argument(self->context);
	const gchar *target = argument != NULL ? argument
					       : vmfc_context_get_string(self->context, "target");
	gint64 n_cpus = vmfc_context_get_int(self->context, "cpus");
	guint n_all = vmfc_cpus_count_usable();

	if (!vmfc_option_number_parse_number(target, 0, 100, &self->target)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "workload load: '%s' must be a percentage from 0 to 100, for example "
			    "load=45",
			    target);
		return FALSE;
	}
	if (n_cpus < 0 || n_cpus > n_all) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "cpu_load.cpus is %" G_GINT64_FORMAT
			    ", but this machine has %u CPUs; 0 means all",
			    n_cpus, n_all);
		return FALSE;
	}
	self->n_cpus = n_cpus == 0 ? n_all : (guint)n_cpus;
	self->phase = g_strdup_printf("load=%g", self->target);
	return TRUE;
}

static gpointer
cpu_load_open(VmfcContext *context, GError **error)
{
	CpuLoad *self = g_new0(CpuLoad, 1);

	self->context = context;
	if (read_settings(self, error))
		return self;
	cpu_load_close(self);
	return NULL;
}

static gboolean
cpu_load_start(gpointer data, GError **error)
{
	CpuLoad *self = data;

	self->generator = load_generator_new(self->context, self->n_cpus, error);
	if (self->generator == NULL)
		return FALSE;
	load_generator_set_target(self->generator, self->target);
	vmfc_context_set_phase(self->context, self->phase);
	vmfc_context_set_target_load(self->context,
				     self->target * self->n_cpus / vmfc_cpus_count_online());
	return TRUE;
}

static void
cpu_load_finish(gpointer data)
{
	CpuLoad *self = data;
	load_generator_finish(self->generator);
}

static void
cpu_load_stop(gpointer data)
{
	CpuLoad *self = data;
	g_clear_pointer(&self->generator, load_generator_free);
}

static const VmfcWorkload workload = {
	.open = cpu_load_open,
	.start = cpu_load_start,
	.stop = cpu_load_stop,
	.close = cpu_load_close,
	.finish = cpu_load_finish,
	.list = cpu_load_list,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "cpu_load",
	.version = VMFC_VERSION,
	.license = "Apache-2.0",
	.summary = "keeps CPUs at a utilisation, without another program",
	.options = options,
	.workload = &workload,
};

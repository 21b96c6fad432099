/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Shows energy in the records as the counters of RAPL, for programs that know nothing of vmfc. */

#include <math.h>
#include <string.h>

#include "powercap/feeder.h"
#include "vmfc/vmfc-plugin.h"

#define NS_PER_MS G_GINT64_CONSTANT(1000000)
/* A shorter step costs more CPU time than a reader could use. */
#define MIN_STEP    (10 * NS_PER_MS)
#define READ_MODES  0444u
#define OWNER_READS 0400u

/* Where the energy comes from. */
typedef struct {
	const gchar *joules; /* of the columns: the zone's name follows */
	const gchar *watts;
	const gchar *kind;
} Source;

static const Source sources[] = {
	{"estimated_joules_", "estimated_watts_", "estimated"},
	{"vm_cpu_joules_", "vm_cpu_watts_", "measured"},
};

typedef struct {
	const Source *source;
	guint joules[VMFC_N_ZONES]; /* columns; G_MAXUINT: there is none */
	guint watts[VMFC_N_ZONES];
	guint model;
	GString *origin; /* what the file `vmfc` of each zone contains */
	PowercapTree *tree;
	PowercapFeeder *feeder;
} Powercap;

static const VmfcOption options[] = {
	{"path", VMFC_OPTION_STRING, "/run/vmfc/powercap",
	 "folder of the tree; programs are given it instead of /sys"},
	{"step", VMFC_OPTION_DURATION, "0.1",
	 "time between two changes of the counters; 0: only at ticks"},
	{"mode", VMFC_OPTION_STRING, "0400",
	 "mode of the files with energy and power: 0400 root, 0444 all users"},
	{NULL},
};

/* -------------------------------------------------------------- columns */

static guint
find_column(const VmfcSchema *schema, const gchar *prefix, const gchar *zone)
{
	g_autofree gchar *name = g_strconcat(prefix, zone, NULL);

	for (guint i = 0; i < vmfc_schema_get_n_columns(schema); i++) {
		if (g_str_equal(vmfc_schema_get_column(schema, i)->name, name))
			return i;
	}
	return G_MAXUINT;
}

/* Returns: whether there is one */
static gboolean
find_source_columns(Powercap *self, const VmfcSchema *schema, const Source *source)
{
	gboolean found = FALSE;

	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		const gchar *zone = vmfc_zone_get_name(i);
		guint joules = find_column(schema, source->joules, zone);
		if (joules == G_MAXUINT ||
		    vmfc_schema_get_column(schema, joules)->kind != VMFC_KIND_COUNTER)
			continue;
		found = TRUE;
		self->joules[i] = joules;
		self->watts[i] = find_column(schema, source->watts, zone);
	}
	return found;
}

static gboolean
find_columns(Powercap *self, const VmfcSchema *schema, GError **error)
{
	for (guint i = 0; i < VMFC_N_ZONES; i++)
		self->joules[i] = self->watts[i] = G_MAXUINT;
	self->model = find_column(schema, "estimate_model", "");
	for (guint i = 0; i < G_N_ELEMENTS(sources); i++) {
		if (!find_source_columns(self, schema, &sources[i]))
			continue;
		if (self->source == NULL) {
			self->source = &sources[i];
			continue;
		}
		g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_USAGE,
				    "this run has both the estimated and the measured energy of a "
				    "VM, and one tree shows one of them: start two vmfc, one with "
				    "the plugin power and one with qemu");
		return FALSE;
	}
	if (self->source != NULL)
		return TRUE;
	g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "this run has no energy to show: add the plugin power, in a VM, or "
			    "qemu, on its host, to --plugins");
	return FALSE;
}

/* ----------------------------------------------------------------- open */

static gboolean
parse_mode(VmfcContext *context, mode_t *mode, GError **error)
{
	const gchar *text = vmfc_context_get_string(context, "mode");
	guint64 number;

	if (g_ascii_string_to_unsigned(text, 8, OWNER_READS, READ_MODES, &number, NULL) &&
	    (number & ~(guint64)READ_MODES) == 0) {
		*mode = (mode_t)number;
		return TRUE;
	}
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "powercap.mode is '%s', but must let root read it and nobody write to it: "
		    "0400, 0440, "
		    "0404 or 0444",
		    text);
	return FALSE;
}

static gboolean
check_step(VmfcContext *context, GError **error)
{
	gint64 step = vmfc_context_get_duration(context, "step");

	if (step == 0 || step >= MIN_STEP)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "powercap.step is '%s', but must be 0 or at least 0.01 s",
		    vmfc_context_get_string(context, "step"));
	return FALSE;
}

static gboolean
open_tree(Powercap *self, VmfcContext *context, GError **error)
{
	const gchar *path = vmfc_context_get_string(context, "path");
	mode_t mode;

	if (!parse_mode(context, &mode, error) || !check_step(context, error))
		return FALSE;
	self->tree = powercap_tree_open(path, mode, error);
	if (self->tree == NULL)
		return FALSE;
	self->feeder = powercap_feeder_new(self->tree, vmfc_context_get_interval(context),
					   vmfc_context_get_duration(context, "step"), error);
	if (self->feeder == NULL) {
		powercap_tree_close(self->tree, NULL);
		return FALSE;
	}
	g_message("%s energy is in %s/class/powercap", self->source->kind, path);
	return TRUE;
}

static gpointer
powercap_open(VmfcContext *context, const VmfcSchema *schema, GError **error)
{
	Powercap *self = g_new0(Powercap, 1);

	if (!find_columns(self, schema, error) || !open_tree(self, context, error)) {
		g_free(self);
		return NULL;
	}
	self->origin = g_string_new(NULL);
	return self;
}

/* ---------------------------------------------------------------- write */

/* In lines of a key and a value, for programs as well. */
static const gchar *
say_origin(const Powercap *self, const VmfcRecord *record)
{
	const gchar *model = "";

	if (self->model != G_MAXUINT && self->source == &sources[0] &&
	    vmfc_record_has(record, self->model))
		model = vmfc_record_get_string(record, self->model);
	g_string_printf(self->origin, "source %s\n", self->source->kind);
	if (model[0] != '\0')
		g_string_append_printf(self->origin, "model %s\n", model);
	g_string_append_printf(self->origin, "column %sZONE\nvmfc " VMFC_VERSION "\n",
			       self->source->joules);
	return self->origin->str;
}

static gboolean
powercap_write(gpointer data, const VmfcRecord *record, GError **error)
{
	Powercap *self = data;
	PowercapWindow windows[VMFC_N_ZONES] = {0};

	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		PowercapWindow *window = &windows[i];
		if (self->joules[i] != G_MAXUINT)
			window->has_energy = vmfc_record_get_delta(record, self->joules[i],
								   &window->joules);
		window->watts = self->watts[i] != G_MAXUINT &&
						vmfc_record_has(record, self->watts[i])
					? vmfc_record_get_float(record, self->watts[i])
					: NAN;
	}
	return powercap_feeder_add(self->feeder, windows, say_origin(self, record), error);
}

static gboolean
powercap_close(gpointer data, GError **error)
{
	Powercap *self = data;
	gboolean fed = powercap_feeder_free(self->feeder, error);
	gboolean closed = powercap_tree_close(self->tree, fed ? error : NULL);

	g_string_free(self->origin, TRUE);
	g_free(self);
	return fed && closed;
}

static const VmfcSink sink = {
	.open = powercap_open,
	.write = powercap_write,
	.close = powercap_close,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "powercap",
	.version = VMFC_VERSION,
	.license = "Apache-2.0",
	.summary = "estimated or measured energy as a tree of counters that readers of RAPL read",
	.options = options,
	.sink = &sink,
};

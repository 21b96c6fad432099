/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * A sampler with the energy columns of the plugin power, or those of qemu, and given values: those
 * of the next window from a list, again and again.
 */

#include "vmfc/vmfc-plugin.h"

typedef struct {
	VmfcContext *context;
	gchar **zones;
	gchar **values; /* watts of the windows; `-`: missing */
	gdouble *joules;
	gboolean is_measured;
	guint time_delta;
	guint n_windows;
} Meter;

static const VmfcOption options[] = {
	{"zones", VMFC_OPTION_STRING, "package,core", "zones, separated by commas"},
	{"watts", VMFC_OPTION_STRING, "10", "of the windows, separated by commas; -: missing"},
	{"measured", VMFC_OPTION_BOOL, "false", "have the columns of qemu"},
	{"model", VMFC_OPTION_STRING, "0123456789ab", "name of the model"},
	{NULL},
};

static void
add_column(Meter *self, const gchar *format, const gchar *zone, const gchar *unit, VmfcKind kind)
{
	g_auto(GStrv) parts = g_strsplit(format, "%", 2);
	g_autofree gchar *name = g_strconcat(parts[0], zone, NULL);
	const VmfcColumn column = {name, unit, kind, VMFC_TYPE_FLOAT, FALSE, "", "given"};

	vmfc_context_add_column(self->context, &column);
}

static gpointer
meter_open(VmfcContext *context, G_GNUC_UNUSED GError **error)
{
	static const VmfcColumn model = {
		"estimate_model", "", VMFC_KIND_LABEL, VMFC_TYPE_STRING, FALSE, "", "given"};
	Meter *self = g_new0(Meter, 1);

	self->context = context;
	self->zones = g_strsplit(vmfc_context_get_string(context, "zones"), ",", -1);
	self->values = g_strsplit(vmfc_context_get_string(context, "watts"), ",", -1);
	self->is_measured = vmfc_context_get_bool(context, "measured");
	self->joules = g_new0(gdouble, g_strv_length(self->zones));
	for (guint i = 0; self->zones[i] != NULL; i++) {
		add_column(self, self->is_measured ? "vm_cpu_watts_%" : "estimated_watts_%",
			   self->zones[i], "W", VMFC_KIND_GAUGE);
		add_column(self, self->is_measured ? "vm_cpu_joules_%" : "estimated_joules_%",
			   self->zones[i], "J", VMFC_KIND_COUNTER);
	}
	if (!self->is_measured)
		vmfc_context_add_column(context, &model);
	return self;
}

static gboolean
meter_start(gpointer data, G_GNUC_UNUSED GError **error)
{
	Meter *self = data;

	self->time_delta = vmfc_context_find_column(self->context, "time_delta_seconds");
	return TRUE;
}

static VmfcAnswer
meter_sample(G_GNUC_UNUSED gpointer data, G_GNUC_UNUSED VmfcRecord *record,
	     G_GNUC_UNUSED GError **error)
{
	return VMFC_ANSWER_DONE;
}

/* Each zone draws half of what the one before it draws. */
static void
set_zones(Meter *self, VmfcRecord *record, gdouble watts, gdouble seconds)
{
	for (guint i = 0; self->zones[i] != NULL; i++, watts /= 2) {
		self->joules[i] += watts * seconds;
		vmfc_record_set_float(record, 2 * i, watts);
		vmfc_record_set_float(record, 2 * i + 1, self->joules[i]);
	}
}

/* As the plugin power does: the total stays, and there is no growth. */
static void
mark_missing(const Meter *self, VmfcRecord *record)
{
	for (guint i = 0; self->zones[i] != NULL; i++) {
		vmfc_record_set_float(record, 2 * i + 1, self->joules[i]);
		vmfc_record_restart(record, 2 * i + 1);
	}
}

static void
meter_derive(gpointer data, VmfcRecord *record)
{
	Meter *self = data;
	guint n_zones = g_strv_length(self->zones);

	if (!self->is_measured)
		vmfc_record_set_string(record, 2 * n_zones,
				       vmfc_context_get_string(self->context, "model"));
	if (!vmfc_record_has(record, self->time_delta)) {
		set_zones(self, record, 0, 0);
		return;
	}
	const gchar *value = self->values[self->n_windows++ % g_strv_length(self->values)];
	if (g_str_equal(value, "-"))
		mark_missing(self, record);
	else
		set_zones(self, record, g_ascii_strtod(value, NULL),
			  vmfc_record_get_float(record, self->time_delta));
}

static void
meter_close(gpointer data)
{
	Meter *self = data;

	g_strfreev(self->zones);
	g_strfreev(self->values);
	g_free(self->joules);
	g_free(self);
}

static const VmfcSampler sampler = {
	.open = meter_open,
	.start = meter_start,
	.sample = meter_sample,
	.close = meter_close,
	.derive = meter_derive,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "meter",
	.version = "1",
	.license = "Apache-2.0",
	.summary = "gives energy from a list",
	.rank = 200,
	.options = options,
	.sampler = &sampler,
};

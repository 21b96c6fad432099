/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * A sampler with the columns of estimated power for two zones, as the plugin power has them. Every
 * third window has no estimate.
 */

#include "vmfc/vmfc-plugin.h"

enum { PACKAGE, LOW, HIGH, JOULES, CORE, CORE_JOULES, MISSING, IN_RANGE, MODEL, N_COLUMNS };

static const VmfcColumn columns[N_COLUMNS] = {
	[PACKAGE] = {"estimated_watts_package", "W", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE,
		     "model", "estimated power"},
	[LOW] = {"estimated_watts_package_low", "W", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE,
		 "model", "lower end"},
	[HIGH] = {"estimated_watts_package_high", "W", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE,
		  "model", "upper end"},
	[JOULES] = {"estimated_joules_package", "J", VMFC_KIND_COUNTER, VMFC_TYPE_FLOAT, FALSE,
		    "model", "estimated energy"},
	[CORE] = {"estimated_watts_core", "W", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE, "model",
		  "estimated power"},
	[CORE_JOULES] = {"estimated_joules_core", "J", VMFC_KIND_COUNTER, VMFC_TYPE_FLOAT, FALSE,
			 "model", "estimated energy"},
	[MISSING] = {"estimate_missing_seconds", "s", VMFC_KIND_COUNTER, VMFC_TYPE_FLOAT, FALSE,
		     "model", "windows without an estimate"},
	[IN_RANGE] = {"estimate_in_range", "", VMFC_KIND_GAUGE, VMFC_TYPE_BOOL, FALSE, "model",
		      "within the ranges"},
	[MODEL] = {"estimate_model", "", VMFC_KIND_LABEL, VMFC_TYPE_STRING, FALSE, "model",
		   "the model"},
};

typedef struct {
	gdouble joules;
	gdouble missing;
} Estimates;

static gpointer
estimates_open(VmfcContext *context, G_GNUC_UNUSED GError **error)
{
	for (guint i = 0; i < N_COLUMNS; i++)
		vmfc_context_add_column(context, &columns[i]);
	return g_new0(Estimates, 1);
}

static VmfcAnswer
estimates_sample(gpointer data, VmfcRecord *record, G_GNUC_UNUSED GError **error)
{
	Estimates *self = data;
	guint64 tick = vmfc_record_get_tick(record);
	gdouble watts = 20 + (gdouble)(tick % 7) / 8;

	vmfc_record_set_string(record, MODEL, "0123456789ab");
	vmfc_record_set_bool(record, IN_RANGE, tick % 2 == 0);
	if (tick % 3 == 0)
		self->missing += 0.125;
	vmfc_record_set_float(record, MISSING, self->missing);
	if (tick % 3 == 0)
		return VMFC_ANSWER_DONE;
	self->joules += watts / 8;
	vmfc_record_set_float(record, PACKAGE, watts);
	vmfc_record_set_float(record, LOW, watts - 1.5);
	vmfc_record_set_float(record, HIGH, watts + 2.5);
	vmfc_record_set_float(record, JOULES, self->joules);
	vmfc_record_set_float(record, CORE, watts / 2);
	vmfc_record_set_float(record, CORE_JOULES, self->joules / 2);
	return VMFC_ANSWER_DONE;
}

static const VmfcSampler sampler = {
	.open = estimates_open,
	.sample = estimates_sample,
	.close = g_free,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "estimates",
	.version = "1",
	.license = "Apache-2.0",
	.summary = "estimated power",
	.rank = 100,
	.sampler = &sampler,
};

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* A sampler that measures nothing: it derives its columns from those of others. */

#include "vmfc/vmfc-plugin.h"

enum {
	SUM,
	TERMS,
	HOST,
	N_COLUMNS,
};

static const VmfcColumn columns[N_COLUMNS] = {
	[SUM] = {.name = "sums_sum", .unit = "1", .type = VMFC_TYPE_FLOAT},
	[TERMS] = {.name = "sums_terms",
		   .unit = "1",
		   .kind = VMFC_KIND_COUNTER,
		   .type = VMFC_TYPE_INT},
	[HOST] = {.name = "sums_host", .unit = "", .type = VMFC_TYPE_STRING},
};

typedef struct {
	VmfcContext *context;
	GArray *terms; /* guint */
	guint host;
	gint64 n_terms; /* since the start */
} Sums;

static const VmfcOption options[] = {
	{"of", VMFC_OPTION_STRING, "load_average_1min", "columns, separated by commas"},
	{"period", VMFC_OPTION_DURATION, "1m", "a time that is only noted"},
	{NULL},
};

static const VmfcAlias aliases[] = {
	{"sums-of", "of", "LIST", "Columns of which the sum is taken"},
	{"with-sums-of", "of", "LIST", "The same, and the plugin is enabled", TRUE},
	{"output", "of", "LIST", "vmfc has an option of that name"},
	{NULL},
};

static gpointer
sums_open(VmfcContext *context, G_GNUC_UNUSED GError **error)
{
	Sums *self = g_new0(Sums, 1);

	self->context = context;
	self->terms = g_array_new(FALSE, FALSE, sizeof(guint));
	for (guint i = 0; i < N_COLUMNS; i++)
		vmfc_context_add_column(context, &columns[i]);
	g_autofree gchar *period = g_strdup_printf("%" G_GINT64_FORMAT " ns",
						   vmfc_context_get_duration(context, "period"));
	vmfc_context_describe(context, SUM, "period", period);
	return self;
}

static gboolean
sums_start(gpointer data, GError **error)
{
	Sums *self = data;
	g_auto(GStrv) names = g_strsplit(vmfc_context_get_string(self->context, "of"), ",", -1);

	self->host = vmfc_context_find_column(self->context, "vm_hostname");
	for (guint i = 0; names[i] != NULL; i++) {
		guint column = vmfc_context_find_column(self->context, names[i]);
		if (column == G_MAXUINT) {
			g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
				    "this run has no column '%s'", names[i]);
			return FALSE;
		}
		g_array_append_val(self->terms, column);
	}
	return TRUE;
}

static VmfcAnswer
sums_sample(G_GNUC_UNUSED gpointer data, G_GNUC_UNUSED VmfcRecord *record,
	    G_GNUC_UNUSED GError **error)
{
	return VMFC_ANSWER_DONE;
}

static gboolean
get_value(const Sums *self, const VmfcRecord *record, guint column, gdouble *value)
{
	if (!vmfc_record_has(record, column))
		return FALSE;
	*value = vmfc_context_get_column(self->context, column)->type == VMFC_TYPE_INT
			 ? (gdouble)vmfc_record_get_int(record, column)
			 : vmfc_record_get_float(record, column);
	return TRUE;
}

static void
sums_derive(gpointer data, VmfcRecord *record)
{
	Sums *self = data;
	gdouble sum = 0;
	guint n_present = 0;

	for (guint i = 0; i < self->terms->len; i++) {
		gdouble value;
		if (!get_value(self, record, g_array_index(self->terms, guint, i), &value))
			continue;
		sum += value;
		n_present++;
	}
	gboolean is_whole = n_present == self->terms->len;
	if (is_whole)
		vmfc_record_set_float(record, SUM, sum);
	vmfc_context_set_state(self->context, SUM, VMFC_STATE_OK,
			       is_whole ? NULL : "a column that it is derived from is missing",
			       NULL);
	self->n_terms += n_present;
	vmfc_record_set_int(record, TERMS, self->n_terms);
	if (vmfc_record_has(record, self->host))
		vmfc_record_set_string(record, HOST, vmfc_record_get_string(record, self->host));
}

static void
sums_close(gpointer data)
{
	Sums *self = data;
	g_array_unref(self->terms);
	g_free(self);
}

static const VmfcSampler sampler = {
	.open = sums_open,
	.start = sums_start,
	.sample = sums_sample,
	.close = sums_close,
	.derive = sums_derive,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "sums",
	.version = "1",
	.license = "Apache-2.0",
	.summary = "adds columns of others",
	.rank = 200,
	.options = options,
	.sampler = &sampler,
	.aliases = aliases,
};

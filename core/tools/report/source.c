/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/source.h"

#include <string.h>
#include <unistd.h>

#include "base/regular-file.h"
#include "model/model-read.h"
#include "rows/table-reader.h"
#include "tools/report/model-report.h"
#include "tools/report/prediction-report.h"
#include "tools/report/run-report.h"
#include "tools/report/training-report.h"

#define START_SIZE 512 /* of a document: its first members say what it is */

/* What the first bytes say. */
typedef enum {
	START_ROWS,
	START_MODEL,
	START_OTHER, /* another document of vmfc */
} Start;

static Start
look_at_start(const gchar *path)
{
	gchar start[START_SIZE + 1] = "";
	gint fd = vmfc_regular_file_open(path, NULL);
	gssize length = fd >= 0 ? read(fd, start, START_SIZE) : 0;

	if (fd >= 0)
		close(fd);
	start[MAX(length, 0)] = '\0';
	const gchar *text = start + strspn(start, " \t\r\n");
	if (*text != '{')
		return START_ROWS;
	text += 1 + strspn(text + 1, " \t\r\n");
	if (g_str_has_prefix(text, "\"format\"") || strstr(text, "\"vmfc-model/") != NULL)
		return START_MODEL;
	return g_str_has_prefix(text, "\"generator\"") ? START_OTHER : START_ROWS;
}

static gboolean
has_labels(const VmfcTable *table)
{
	VmfcLabelZones zones;

	vmfc_label_zones_find(&zones, table);
	return zones.n > 0;
}

static gboolean
read_rows(VmfcSource *source, GPtrArray *names, GError **error)
{
	VmfcTable *table = vmfc_table_reader_open(source->path, error);

	if (table == NULL)
		return FALSE;
	if (vmfc_prediction_data_fits(table)) {
		source->kind = VMFC_SOURCE_PREDICTIONS;
		source->data = vmfc_prediction_data_read(table, names, error);
	} else if (has_labels(table)) {
		source->kind = VMFC_SOURCE_TRAINING_SET;
		source->data = vmfc_training_data_read(table, names, error);
	} else {
		source->kind = VMFC_SOURCE_RUN;
		source->data = vmfc_run_data_read(table, names, error);
	}
	return source->data != NULL;
}

/*
 * The content shows what kind of file it is.
 *
 * @names: of workloads and groups, which the files of a report share
 *
 * Returns: (transfer full): %NULL with a sentence in @error
 */
VmfcSource *
vmfc_source_read(const gchar *path, GPtrArray *names, GError **error)
{
	g_autoptr(VmfcSource) source = g_new0(VmfcSource, 1);

	source->path = g_strdup(path);
	switch (look_at_start(path)) {
	case START_MODEL:
		source->kind = VMFC_SOURCE_MODEL;
		source->data = vmfc_model_read(path, error);
		break;
	case START_OTHER:
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "%s describes other files and has no rows: give the file beside it, "
			    "for example run.csv for run.meta.json",
			    path);
		break;
	case START_ROWS:
		read_rows(source, names, error);
		break;
	}
	return source->data != NULL ? g_steal_pointer(&source) : NULL;
}

/* Returns: (transfer full): see vmfc_run_report_build() */
VmfcSection *
vmfc_source_build_section(const VmfcSource *source, guint n_columns, guint max_rows)
{
	switch (source->kind) {
	case VMFC_SOURCE_TRAINING_SET:
		return vmfc_training_report_build(source->data, n_columns, max_rows);
	case VMFC_SOURCE_PREDICTIONS:
		return vmfc_prediction_report_build(source->data, n_columns, max_rows);
	case VMFC_SOURCE_MODEL:
		return vmfc_model_report_build(source->data, source->path, max_rows);
	case VMFC_SOURCE_RUN:
		break;
	}
	return vmfc_run_report_build(source->data, n_columns, max_rows);
}

static void
free_data(VmfcSource *source)
{
	switch (source->kind) {
	case VMFC_SOURCE_RUN:
		vmfc_run_data_free(source->data);
		break;
	case VMFC_SOURCE_TRAINING_SET:
		vmfc_training_data_free(source->data);
		break;
	case VMFC_SOURCE_PREDICTIONS:
		vmfc_prediction_data_free(source->data);
		break;
	case VMFC_SOURCE_MODEL:
		vmfc_model_free(source->data);
		break;
	}
}

void
vmfc_source_free(VmfcSource *source)
{
	if (source->data != NULL)
		free_data(source);
	g_free(source->path);
	g_free(source);
}

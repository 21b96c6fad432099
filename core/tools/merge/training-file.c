/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/training-file.h"

#include <math.h>
#include <string.h>

#include "base/json-string.h"
#include "rows/cell-write.h"
#include "base/number-text.h"
#include "rows/power-column.h"

/* Maximum length of the labels of a row. */
#define LABEL_ROOM 1024

static const gchar *const form_names[VMFC_N_FORMS] = {"csv", "json", "jsonl"};

const gchar *
vmfc_form_get_name(VmfcForm form)
{
	return form_names[form];
}

void
vmfc_training_file_free(VmfcTrainingFile *file)
{
	g_clear_pointer(&file->draft, vmfc_atomic_file_free);
	g_string_free(file->run, TRUE);
	g_free(file);
}

/* Appends a cell and a comma. */
static void
append_csv(GString *line, const gchar *text)
{
	vmfc_cell_append_csv(line, text);
	g_string_append_c(line, ',');
}

static gboolean
add_header(VmfcTrainingFile *file, GError **error)
{
	if (file->form == VMFC_FORM_JSONL)
		return TRUE;
	if (file->form == VMFC_FORM_JSON)
		return vmfc_atomic_file_add(file->draft, "[\n", error);
	g_autoptr(GString) header = g_string_new("run,");
	for (guint i = 0; i < file->columns->names->len; i++)
		append_csv(header, vmfc_columns_get_name(file->columns, i));
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		if (file->columns->has_zone[i])
			g_string_append_printf(header, VMFC_POWER_LABEL_PREFIX "%s,",
					       vmfc_zone_get_name(i));
	}
	g_string_append(header, "time_diff,power_method,power_stale\r\n");
	return vmfc_atomic_file_add(file->draft, header->str, error);
}

/* @part: "" for the whole set, ".train" or ".test" */
VmfcTrainingFile *
vmfc_training_file_new(VmfcRunFiles *set, const gchar *part, VmfcForm form,
		       const VmfcColumns *columns, GError **error)
{
	g_autoptr(VmfcTrainingFile) file = g_new0(VmfcTrainingFile, 1);
	g_autofree gchar *extension = g_strconcat(part, ".", form_names[form], NULL);

	file->form = form;
	file->columns = columns;
	file->run = g_string_new(NULL);
	file->draft = vmfc_atomic_file_new(set, extension, error);
	if (file->draft == NULL)
		return NULL;
	return add_header(file, error) ? g_steal_pointer(&file) : NULL;
}

/* Sets the run of the rows that are added next. */
void
vmfc_training_file_begin_run(VmfcTrainingFile *file, const gchar *run, const VmfcOrigin *origin)
{
	file->origin = origin;
	g_string_truncate(file->run, 0);
	if (file->form == VMFC_FORM_CSV) {
		append_csv(file->run, run);
		return;
	}
	g_string_append(file->run, "{\"run\": ");
	vmfc_json_string_append(file->run, run);
}

/* Returns: the cell of a column of the set */
static const VmfcTableCell *
get_cell(const VmfcTrainingFile *file, const VmfcTableRow *row, guint column)
{
	static const VmfcTableCell missing = {.text = "", .kind = VMFC_CELL_MISSING};
	gint cell = file->origin->cells[column];
	return cell >= 0 ? &row->cells[cell] : &missing;
}

static gchar *
put_float(gchar *at, gdouble value, const gchar *missing)
{
	if (isnan(value))
		return stpcpy(at, missing);
	return at + vmfc_number_text_format_float(value, at);
}

/* Rounds to microseconds, because further digits are only rounding errors. */
static gdouble
round_time(gdouble time)
{
	return round(time * 1e6) / 1e6;
}

static gchar *
write_csv_row(const VmfcTrainingFile *file, const VmfcTableRow *row, const VmfcPowerLabel *label,
	      gchar *at)
{
	at = mempcpy(at, file->run->str, file->run->len);
	if (row->line != NULL && file->origin->is_same) {
		memcpy(at, row->line, row->line_length);
		at += row->line_length;
		*at++ = ',';
	} else {
		for (guint i = 0; i < file->columns->names->len; i++) {
			at = vmfc_cell_write_csv(get_cell(file, row, i), at);
			*at++ = ',';
		}
	}
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		if (!file->columns->has_zone[i])
			continue;
		at = put_float(at, label->watts[i], "");
		*at++ = ',';
	}
	at = put_float(at, round_time(label->time_diff), "");
	*at++ = ',';
	at = stpcpy(at, vmfc_power_label_get_method_name(label->method));
	return stpcpy(at, label->is_stale ? ",true\r\n" : ",false\r\n");
}

static gchar *
write_json_row(const VmfcTrainingFile *file, const VmfcTableRow *row, const VmfcPowerLabel *label,
	       gchar *at)
{
	const gchar *key = file->columns->keys->str;
	const guint *lengths = (const guint *)file->columns->key_lengths->data;
	const guint8 *lists = (const guint8 *)file->columns->lists->data;

	if (file->form == VMFC_FORM_JSON && file->n_rows > 0)
		at = stpcpy(at, ",\n");
	at = mempcpy(at, file->run->str, file->run->len);
	for (guint i = 0; i < file->columns->names->len; i++) {
		memcpy(at, key, lengths[i]);
		at += lengths[i];
		key += lengths[i];
		at = vmfc_cell_write_json(get_cell(file, row, i), lists[i], at);
	}
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		if (!file->columns->has_zone[i])
			continue;
		at = stpcpy(
			stpcpy(stpcpy(at, ", \"" VMFC_POWER_LABEL_PREFIX), vmfc_zone_get_name(i)),
			"\": ");
		at = put_float(at, label->watts[i], "null");
	}
	at = put_float(stpcpy(at, ", \"time_diff\": "), round_time(label->time_diff), "null");
	at = stpcpy(stpcpy(at, ", \"power_method\": \""),
		    vmfc_power_label_get_method_name(label->method));
	at = stpcpy(at,
		    label->is_stale ? "\", \"power_stale\": true}" : "\", \"power_stale\": false}");
	return file->form == VMFC_FORM_JSONL ? stpcpy(at, "\n") : at;
}

/* @row: with classified cells */
gboolean
vmfc_training_file_add(VmfcTrainingFile *file, const VmfcTableRow *row, const VmfcPowerLabel *label,
		       GError **error)
{
	gsize room = file->run->len + file->columns->keys->len + LABEL_ROOM;
	guint n_columns = file->columns->names->len;

	if (row->line != NULL)
		room += VMFC_CELL_ROOM(row->line_length) + n_columns * VMFC_CELL_ROOM(0);
	else
		for (guint i = 0; i < n_columns; i++)
			room += VMFC_CELL_ROOM(get_cell(file, row, i)->length) + 1;
	gchar *at = vmfc_atomic_file_reserve(file->draft, room, error);
	if (at == NULL)
		return FALSE;
	gchar *end = file->form == VMFC_FORM_CSV ? write_csv_row(file, row, label, at)
						 : write_json_row(file, row, label, at);
	vmfc_atomic_file_commit(file->draft, end);
	file->n_rows++;
	return vmfc_atomic_file_settle(file->draft, error);
}

gboolean
vmfc_training_file_publish(VmfcTrainingFile *file, VmfcRunFiles *set, GError **error)
{
	if (file->form == VMFC_FORM_JSON &&
	    !vmfc_atomic_file_add(file->draft, file->n_rows > 0 ? "\n]\n" : "]\n", error))
		return FALSE;
	return vmfc_atomic_file_publish(file->draft, set, error);
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/row-clock.h"

#include <math.h>
#include <string.h>

#include "rows/diagnosis.h"
#include "rows/iso-time.h"
#include "rows/json-reader.h"
#include "rows/table-reader.h"

/* In 1973. A smaller number is a time since the start of a run. */
#define MIN_EPOCH 1e8
/* In 5138. A larger number is not in seconds. */
#define MAX_EPOCH 1e11
/* The years 1 to 9999, which is the range of GDateTime. */
#define MIN_SHOWN (-62135596800.0)
#define MAX_SHOWN VMFC_MAX_TIME
/* If so many rows at the start have no time, the file is rejected. */
#define MAX_ROWS_WITHOUT_TIME 1000
/* A longer time is not a window, in s. */
#define MAX_WINDOW 86400.0
/* UTC offsets are multiples of a quarter of an hour. */
#define ZONE_STEP 900

static const gchar *const column_names[VMFC_N_ROW_CLOCKS] = {
	[VMFC_ROW_CLOCK_ABSOLUTE] = "timestamp_absolute",
	[VMFC_ROW_CLOCK_EPOCH] = "timestamp",
	[VMFC_ROW_CLOCK_ISO] = "timestamp_iso",
};

static const gchar *const length_names[VMFC_N_ROW_LENGTHS] = {
	[VMFC_ROW_LENGTH_MEASURED] = "time_delta_seconds",
	[VMFC_ROW_LENGTH_ASKED_FOR] = "collection_interval",
};

/* Returns: the name of the column */
const gchar *
vmfc_row_clock_get_name(VmfcRowClockKind kind)
{
	return column_names[kind];
}

static gboolean
read_iso(const VmfcTableRow *row, gint column, gdouble *time, gboolean *has_zone)
{
	if (column < 0)
		return FALSE;
	const VmfcTableCell *cell = &row->cells[column];
	return cell->kind != VMFC_CELL_MISSING &&
	       vmfc_iso_time_parse(cell->text, cell->length, time, has_zone);
}

/* Returns: %FALSE if the row has no time. A guess could be wrong. */
gboolean
vmfc_row_clock_read(const VmfcRowClock *clock, const VmfcTableRow *row, gdouble *time)
{
	VmfcTableCell cell = row->cells[clock->column];
	gboolean flag;

	if (clock->kind == VMFC_ROW_CLOCK_ISO) {
		if (!read_iso(row, (gint)clock->column, time, &flag))
			return FALSE;
		if (!flag)
			*time -= clock->zone;
		return TRUE;
	}
	/* an error of an ulp is a quarter of a microsecond */
	return vmfc_cell_look(&cell, time, &flag) && *time >= MIN_EPOCH && *time <= MAX_EPOCH;
}

/* Returns: the length of the window that ends with a row, in s; 0 if it is unknown */
gdouble
vmfc_row_clock_read_length(const VmfcRowClock *clock, const VmfcTableRow *row)
{
	for (guint i = 0; i < VMFC_N_ROW_LENGTHS; i++) {
		gint column = clock->length_columns[i];
		gdouble length = column >= 0 ? vmfc_cell_get_number(&row->cells[column]) : NAN;
		if (length > 0 && length <= MAX_WINDOW)
			return length;
	}
	return 0;
}

/* What the time columns contain, for the error message. */
typedef struct {
	gboolean any;	  /* whether there was a row */
	gdouble greatest; /* number; -infinity if there was none */
	gchar *text;	  /* what is wrong with the first invalid one; NULL for none */
	guint column;	  /* of that one */
} Attempt;

/* Whether the only row is an incomplete one at the end of the file. */
static gboolean
is_only_row_cut_off(VmfcTable *table, gboolean is_named)
{
	gboolean is_lists;

	if (table->n_cut_off == 0 || !table->is_json)
		return table->n_cut_off > 0;
	g_autofree gchar *member = vmfc_json_reader_find_member(table, &is_lists);
	return is_named && member == NULL;
}

/* Returns: (transfer full) (nullable): what is wrong with the names of the columns */
static gchar *
explain_names(const VmfcTable *table, gboolean is_named)
{
	gchar *text = table->is_json || is_named ? NULL : vmfc_diagnosis_explain_header(table);

	for (guint i = 0; text == NULL && i < VMFC_N_ROW_CLOCKS; i++)
		text = vmfc_diagnosis_explain_near_name(table, column_names[i]);
	return text;
}

static gboolean
set_no_clock(VmfcTable *table, const Attempt *attempt, GError **error)
{
	const gchar *path = table->source->path;
	gboolean is_named = FALSE;

	for (guint i = 0; i < VMFC_N_ROW_CLOCKS; i++)
		is_named |= vmfc_table_find(table, column_names[i]) >= 0;
	g_autofree gchar *header = explain_names(table, is_named);

	if (header != NULL)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "%s %s", path, header);
	else if (attempt->text != NULL)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "%s %s", path, attempt->text);
	else if (!attempt->any && table->n_uneven > 0)
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_IO,
			"%s has no row with as many cells as line 1 has names (%u): a comma in a "
			"number splits it into two cells",
			path, table->columns->len);
	else if (!attempt->any && is_only_row_cut_off(table, is_named))
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s has only one row, which is incomplete or lacks its line feed: add "
			    "the line feed if the row is complete",
			    path);
	else if (!attempt->any && table->n_cut_off == 0)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s has no rows: give a file with rows in it", path);
	else if (attempt->greatest > MAX_EPOCH)
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_IO,
			"%s has no valid time: its times are too large for seconds: divide them, "
			"by 1000 if they are milliseconds",
			path);
	else if (attempt->greatest >= 0)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s has no absolute time: its timestamp counts from the start of its "
			    "run; it needs timestamp_absolute or timestamp_iso",
			    path);
	else {
		g_autofree gchar *what = vmfc_diagnosis_explain_object(table);
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "%s %s", path, what);
	}
	return FALSE;
}

/* Notes what is wrong with the first time that cannot be read. */
static void
note_attempt(Attempt *attempt, const VmfcTable *table, guint column, gboolean is_iso,
	     VmfcTableCell cell)
{
	gdouble number;
	gboolean flag;

	if (vmfc_cell_look(&cell, &number, &flag)) {
		attempt->greatest = MAX(attempt->greatest, number);
		return;
	}
	if (cell.kind == VMFC_CELL_MISSING || cell.kind == VMFC_CELL_LIST || attempt->text != NULL)
		return;
	attempt->column = column;
	if (!is_iso && vmfc_diagnosis_is_number_in_text(&cell)) {
		attempt->text = vmfc_diagnosis_explain_number(table, column, &cell);
		return;
	}
	const gchar *wanted =
		"in seconds since the epoch; texts such as 2025-09-10T14:59:58.959+00:00 "
		"belong in timestamp_iso";
	if (is_iso)
		wanted = "as 2025-09-10T14:59:58.959+00:00";
	g_autofree gchar *text = vmfc_diagnosis_show(cell.text, cell.length);
	attempt->text = g_strdup_printf("line %" G_GUINT64_FORMAT ": %s is '%s', but must be %s",
					vmfc_buffered_file_find_line(table->source, cell.text),
					vmfc_table_get_name(table, column), text, wanted);
}

/*
 * Finds the columns with the time and the length of windows. Reads the first rows, then rewinds the
 * table.
 */
gboolean
vmfc_row_clock_init(VmfcRowClock *clock, VmfcTable *table, GError **error)
{
	const VmfcTableRow *row;
	Attempt attempt = {.greatest = -INFINITY};

	clock->iso_column = vmfc_table_find(table, column_names[VMFC_ROW_CLOCK_ISO]);
	clock->zone = 0;
	for (guint i = 0; i < VMFC_N_ROW_LENGTHS; i++)
		clock->length_columns[i] = vmfc_table_find(table, length_names[i]);
	for (guint i = 0; i < MAX_ROWS_WITHOUT_TIME; i++) {
		if (!vmfc_table_reader_next(table, &row, error))
			return FALSE;
		if (row == NULL)
			break;
		attempt.any = TRUE;
		for (guint kind = 0; kind < VMFC_N_ROW_CLOCKS; kind++) {
			gint column = vmfc_table_find(table, column_names[kind]);
			gdouble naive;
			gboolean has_zone = TRUE;
			if (column < 0)
				continue;
			clock->kind = kind;
			clock->column = (guint)column;
			if (!vmfc_row_clock_read(clock, row, &clock->first)) {
				note_attempt(&attempt, table, (guint)column,
					     kind == VMFC_ROW_CLOCK_ISO, row->cells[column]);
				continue;
			}
			if (kind == VMFC_ROW_CLOCK_ISO)
				read_iso(row, column, &naive, &has_zone);
			clock->needs_zone = !has_zone;
			if (attempt.text != NULL && attempt.column != clock->column)
				g_warning("%s %s; vmfc uses %s as the time", table->source->path,
					  attempt.text, column_names[kind]);
			g_free(attempt.text);
			return vmfc_table_reader_rewind(table, error);
		}
	}
	set_no_clock(table, &attempt, error);
	g_free(attempt.text);
	return FALSE;
}

/*
 * Finds the UTC offset, in seconds east of UTC, of ISO times without a zone, if another column has
 * the time too. Reads all rows, then rewinds the table.
 *
 * @zone: (out): of the first such row; NaN if there is none
 * @last: (out): of the last such row; it differs if summer time began or ended between them
 */
gboolean
vmfc_row_clock_find_zone(const VmfcRowClock *clock, VmfcTable *table, gdouble *zone, gdouble *last,
			 GError **error)
{
	const VmfcTableRow *row = NULL;

	*zone = *last = NAN;
	if (clock->kind == VMFC_ROW_CLOCK_ISO || clock->iso_column < 0)
		return TRUE;
	do {
		gdouble time;
		gdouble naive;
		gboolean has_zone;
		if (!vmfc_table_reader_next(table, &row, error))
			return FALSE;
		if (row == NULL || !vmfc_row_clock_read(clock, row, &time) ||
		    !read_iso(row, clock->iso_column, &naive, &has_zone) || has_zone)
			continue;
		*last = round((naive - time) / ZONE_STEP) * ZONE_STEP;
		if (isnan(*zone))
			*zone = *last;
	} while (row != NULL);
	return vmfc_table_reader_rewind(table, error);
}

/* @naive: a local time of this machine, as if in UTC. Returns: its UTC offset in seconds */
static gdouble
get_machine_zone(gdouble naive)
{
	g_autoptr(GTimeZone) local = g_time_zone_new_local();
	gint interval = g_time_zone_find_interval(local, G_TIME_TYPE_STANDARD, (gint64)naive);
	return interval < 0 ? 0 : g_time_zone_get_offset(local, interval);
}

/*
 * When summer time ends, an hour occurs twice: the clock is set back by an hour (by half an hour on
 * Lord Howe Island), minus the time between two rows.
 */
static gboolean
is_set_back(gdouble step)
{
	return (step > -3601 && step < -3300) || (step > -1801 && step < -1500);
}

/* Whether a local time of this machine occurs twice. */
static gboolean
is_ambiguous(gdouble naive)
{
	g_autoptr(GTimeZone) local = g_time_zone_new_local();
	gint as_standard = g_time_zone_find_interval(local, G_TIME_TYPE_STANDARD, (gint64)naive);
	gint as_daylight = g_time_zone_find_interval(local, G_TIME_TYPE_DAYLIGHT, (gint64)naive);
	return as_standard != as_daylight;
}

static gboolean
set_ambiguous_time(const VmfcTable *table, const VmfcRowClock *clock, const VmfcTableRow *row,
		   const gchar *what, GError **error)
{
	g_set_error(
		error, VMFC_ERROR, VMFC_ERROR_IO,
		"%s line %" G_GUINT64_FORMAT
		": its local time %s, as at the end of summer time, so that two instants have the "
		"same time: give a file with timestamp_absolute, such as the old tool's JSON, or "
		"cut it there",
		table->source->path,
		vmfc_buffered_file_find_line(table->source, row->cells[clock->column].text), what);
	return FALSE;
}

/*
 * Checks that local times without a zone are not ambiguous. Reads all rows, then rewinds the table.
 *
 * @is_of_machine: they are local times of this machine
 */
gboolean
vmfc_row_clock_check_local(const VmfcRowClock *clock, VmfcTable *table, gboolean is_of_machine,
			   GError **error)
{
	const VmfcTableRow *row = NULL;
	gdouble last = NAN;

	do {
		gdouble naive;
		if (!vmfc_table_reader_next(table, &row, error))
			return FALSE;
		if (row == NULL || !vmfc_row_clock_read(clock, row, &naive))
			continue;
		if (is_set_back(naive - last))
			return set_ambiguous_time(table, clock, row, "is set back", error);
		if (is_of_machine && isnan(last) && is_ambiguous(naive))
			return set_ambiguous_time(table, clock, row,
						  "is in the hour that occurs twice", error);
		last = naive;
	} while (row != NULL);
	return vmfc_table_reader_rewind(table, error);
}

/* Like vmfc_row_clock_find_zone() for local times of this machine. @clock: without a zone yet */
gboolean
vmfc_row_clock_find_machine_zone(const VmfcRowClock *clock, VmfcTable *table, gdouble *zone,
				 gdouble *last, GError **error)
{
	const VmfcTableRow *row = NULL;
	gdouble naive = clock->first;

	*zone = get_machine_zone(naive);
	do {
		if (!vmfc_table_reader_next(table, &row, error))
			return FALSE;
		if (row != NULL)
			vmfc_row_clock_read(clock, row, &naive);
	} while (row != NULL);
	*last = get_machine_zone(naive);
	return vmfc_table_reader_rewind(table, error);
}

/* Returns: (transfer full): ISO 8601 in UTC, to the millisecond */
gchar *
vmfc_row_clock_format(gdouble time)
{
	if (isnan(time))
		return g_strdup("never");
	/* an offset may move it out of the range */
	time = CLAMP(time, MIN_SHOWN, MAX_SHOWN);
	gdouble whole = floor(time);
	g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc((gint64)whole);
	g_autofree gchar *text = g_date_time_format(date, "%Y-%m-%dT%H:%M:%S");
	return g_strdup_printf("%s.%03dZ", text, (gint)((time - whole) * 1000));
}

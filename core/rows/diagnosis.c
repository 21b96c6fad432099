/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/diagnosis.h"

#include <string.h>
#include <unistd.h>

#include "rows/cell-write.h"
#include "rows/iso-time.h"
#include "rows/json-reader.h"

/* Maximum length of a text in a message, in bytes. */
#define MAX_SHOWN 24
/* The first bytes of a text are never 0. */
#define N_BYTES_CHECKED 4
/* Maximum number of columns in a message. */
#define MAX_NAMES 6

/* Returns: (transfer full): the beginning of a text for a message, without control characters */
gchar *
vmfc_diagnosis_show(const gchar *text, gsize length)
{
	g_autofree gchar *valid = g_utf8_make_valid(text, (gssize)MIN(length, MAX_SHOWN));
	g_autofree gchar *shown = vmfc_table_show_name(valid);
	return g_strconcat(shown, length > MAX_SHOWN ? "..." : "", NULL);
}

/* --------------------------------------------------------------- bytes */

#define NO_TEXT "is not text: give a file of features or power in CSV or JSON"

static const struct {
	const gchar *magic;
	guint length;
	const gchar *sentence;
} kinds[] = {
	{"\x1f\x8b", 2, "is compressed: decompress it with gunzip first"},
	{"\xfd\x37zXZ", 5, "is compressed: decompress it with unxz first"},
	{"\x28\xb5\x2f\xfd", 4, "is compressed: decompress it with unzstd first"},
	{"BZh", 3, "is compressed: decompress it with bunzip2 first"},
	{"PK\x03\x04", 4,
	 "is a zip archive or a spreadsheet: extract it with unzip, or save the spreadsheet as "
	 "CSV"},
	{"\xd0\xcf\x11\xe0", 4, "is a spreadsheet: save it as CSV"},
	{"\x89PNG", 4, NO_TEXT},
	{"\x7f"
	 "ELF",
	 4, NO_TEXT},
	{"%PDF", 4, NO_TEXT},
	{"PAR1", 4, "is a Parquet file: convert it to CSV or JSON"},
	{"\x89HDF", 4, "is an HDF5 file: convert it to CSV or JSON"},
	{"SQLite format 3", 15, "is a database: export the rows as CSV or JSON"},
	{"\xff\xfe", 2, "is in UTF-16: convert it with iconv -f UTF-16 -t UTF-8"},
	{"\xfe\xff", 2, "is in UTF-16: convert it with iconv -f UTF-16 -t UTF-8"},
};

static gboolean
is_utf16(const VmfcBufferedFile *source)
{
	return source->end >= 4 && (source->buffer[0] == '\0') != (source->buffer[1] == '\0') &&
	       (source->buffer[2] == '\0') == (source->buffer[0] == '\0') &&
	       (source->buffer[3] == '\0') == (source->buffer[1] == '\0');
}

static const gchar *
find_kind(const VmfcBufferedFile *source)
{
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (source->end >= kinds[i].length &&
		    memcmp(source->buffer, kinds[i].magic, kinds[i].length) == 0)
			return kinds[i].sentence;
	}
	if (is_utf16(source))
		return source->buffer[0] == '\0'
			       ? "is in UTF-16: convert it with iconv -f UTF-16BE -t UTF-8"
			       : "is in UTF-16: convert it with iconv -f UTF-16LE -t UTF-8";
	if (memchr(source->buffer, '\0', MIN(source->end, N_BYTES_CHECKED)) != NULL)
		return NO_TEXT;
	return NULL;
}

/* @source: its beginning has been read. Returns: %FALSE with @error set if it is not text */
gboolean
vmfc_diagnosis_check_bytes(const VmfcBufferedFile *source, GError **error)
{
	const gchar *sentence = find_kind(source);

	if (sentence != NULL)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "%s %s", source->path, sentence);
	return sentence == NULL;
}

/* -------------------------------------------------------------- header */

/* Returns: (nullable): what is wrong with a header that has only one name */
static gchar *
explain_only_name(const gchar *name)
{
	static const struct {
		gchar separator;
		const gchar *what;
	} separators[] = {{';', "semicolons"}, {'\t', "tabs"}, {'|', "bars"}};

	for (guint i = 0; i < G_N_ELEMENTS(separators); i++) {
		if (strchr(name, separators[i].separator) != NULL)
			return g_strdup_printf("line 1: its cells are separated by %s, but must be "
					       "separated by commas: save it with commas between "
					       "cells and a point in numbers",
					       separators[i].what);
	}
	return NULL;
}

static gboolean
is_value(const gchar *name)
{
	gdouble time;
	gboolean has_zone;
	gchar *end;

	g_ascii_strtod(name, &end);
	return (end > name && *end == '\0') ||
	       vmfc_iso_time_parse(name, strlen(name), &time, &has_zone);
}

/*
 * @known: the name of a column that the table does not have
 *
 * Returns: (transfer full) (nullable): a message about a column with nearly this name
 */
gchar *
vmfc_diagnosis_explain_near_name(const VmfcTable *table, const gchar *known)
{
	for (guint i = 0; i < table->columns->len; i++) {
		g_autofree gchar *plain = g_strdup(vmfc_table_get_name(table, i));
		g_strstrip(plain);
		if (g_ascii_strcasecmp(plain, known) != 0 ||
		    g_str_equal(vmfc_table_get_name(table, i), known))
			continue;
		g_autofree gchar *shown = vmfc_table_show_name(vmfc_table_get_name(table, i));
		return g_strdup_printf(
			"has a column '%s': rename it to '%s', in small letters and without "
			"blanks",
			shown, known);
	}
	return NULL;
}

/*
 * @table: of CSV, without a time column, or with a column twice
 *
 * Returns: (transfer full) (nullable): what its first line is instead of a header
 */
gchar *
vmfc_diagnosis_explain_header(const VmfcTable *table)
{
	const gchar *first = table->columns->len > 0 ? vmfc_table_get_name(table, 0) : "";

	if (g_str_has_prefix(first, "sep="))
		return g_strdup(
			"line 1: it tells Excel the separator of cells: remove it, and save "
			"the file with commas between cells, a point in numbers, and names "
			"in its first line");
	if (first[0] == '<')
		return g_strdup("is a web page or XML: give a file of features or power in CSV or "
				"JSON");
	if (first[0] == '#')
		return g_strdup("line 1: it begins with #, but must name the columns: remove "
				"comments");
	if (is_value(first))
		return g_strdup("line 1: it contains values, but must name the columns: put a line "
				"with the names before it");
	return table->columns->len == 1 ? explain_only_name(first) : NULL;
}

/* Returns: (transfer full): the first columns, so that the user recognises the file */
static gchar *
list_columns(const VmfcTable *table)
{
	g_autoptr(GString) list = g_string_new(NULL);

	for (guint i = 0; i < MIN(table->columns->len, MAX_NAMES); i++) {
		const gchar *name = vmfc_table_get_name(table, i);
		g_autofree gchar *shown = vmfc_diagnosis_show(name, strlen(name));
		g_string_append_printf(list, "%s%s", i > 0 ? ", " : "", shown);
	}
	if (table->columns->len > MAX_NAMES)
		g_string_append(list, ", ...");
	return g_string_free(g_steal_pointer(&list), FALSE);
}

/*
 * @table: of JSON or CSV, without a time column
 *
 * Returns: (transfer full): what is wrong with it
 */
gchar *
vmfc_diagnosis_explain_object(VmfcTable *table)
{
	gboolean is_lists = FALSE;

	if (table->is_json && vmfc_table_find(table, "generator") >= 0)
		return g_strdup(
			"describes a run, but does not contain its rows: give the file that does, "
			"for example vm_features.json instead of vm_features.meta.json");
	g_autofree gchar *member = table->is_json ? vmfc_json_reader_find_member(table, &is_lists)
						  : NULL;
	if (member != NULL && is_lists)
		return g_strdup(
			"is one object that contains columns, but must be a list with an object "
			"for each row: with pandas, write it by to_json(orient=\"records\")");
	if (member != NULL) {
		g_autofree gchar *shown = vmfc_diagnosis_show(member, strlen(member));
		return g_strdup_printf(
			"has its rows inside the member '%s' of one object, but must be "
			"only the list of rows: extract it with jq '.[\"%s\"]'",
			shown, shown);
	}
	g_autofree gchar *list = list_columns(table);
	return g_strdup_printf("has no time column: it needs timestamp_absolute or timestamp "
			       "(seconds since the epoch) or timestamp_iso, but has %s",
			       table->columns->len > 0 ? list : "no columns");
}

/* --------------------------------------------------------------- cells */

static gboolean
has_decimal_comma(const gchar *text)
{
	gsize digits = strspn(text, "-0123456789");
	return digits > 0 && text[digits] == ',' && text[digits + 1] != '\0' &&
	       strspn(text + digits + 1, "0123456789") == strlen(text + digits + 1);
}

/* Whether a text contains a number: "1.5" in JSON, or 1,5. */
gboolean
vmfc_diagnosis_is_number_in_text(const VmfcTableCell *cell)
{
	if (cell->kind != VMFC_CELL_TEXT || cell->length == 0 || cell->length > MAX_SHOWN ||
	    cell->text[0] == '\0' || strchr("+-.0123456789 ", cell->text[0]) == NULL)
		return FALSE;
	g_autofree gchar *text = vmfc_cell_get_text(cell);
	g_strstrip(text);
	gchar *end;
	g_ascii_strtod(text, &end);
	return has_decimal_comma(text) || (end > text && *end == '\0');
}

/* Returns: (transfer full): what is wrong with a cell that is a text instead of a number */
gchar *
vmfc_diagnosis_explain_number(const VmfcTable *table, guint column, const VmfcTableCell *cell)
{
	g_autofree gchar *text = vmfc_cell_get_text(cell);
	g_autofree gchar *shown = vmfc_diagnosis_show(text, strlen(text));
	g_autofree gchar *name = vmfc_table_show_name(vmfc_table_get_name(table, column));
	const gchar *remedy = "which is not a number";
	gsize length = strlen(text);

	g_strstrip(text);
	if (has_decimal_comma(text))
		remedy = "with a comma in the number: write a point";
	else if (cell->is_json && vmfc_diagnosis_is_number_in_text(cell))
		remedy = "in quotes, so it is a text: write numbers without quotes";
	else if (strlen(text) < length && vmfc_diagnosis_is_number_in_text(cell))
		remedy = "with a blank around the number: remove it";
	else if (vmfc_diagnosis_is_number_in_text(cell))
		remedy = "but a number must look like 12.5 or 1e-3, without +, leading 0 or 0x";
	return g_strdup_printf("line %" G_GUINT64_FORMAT ": %s is '%s', %s",
			       vmfc_buffered_file_find_line(table->source, cell->text), name, shown,
			       remedy);
}

/* ---------------------------------------------------------------- JSON */

/* Sets @error to the place where a file is not JSON. */
void
vmfc_diagnosis_set_broken(const VmfcTable *table, GError **error)
{
	gchar text[MAX_SHOWN + 2] = {0};
	const gchar *at = table->source->buffer + table->broken_at;
	goffset offset = vmfc_buffered_file_find_offset(table->source, at);
	gssize length = pread(table->source->fd, text, sizeof text - 1, offset);
	guint64 line = vmfc_buffered_file_find_line(table->source, at);

	length = MAX(length, 0);
	text[length] = '\0';
	gsize to_end = strcspn(text, "\r\n");
	if (table->is_no_object) /* the first word of it */
		to_end = MIN(to_end, 1 + strcspn(text + 1, ", ]}"));
	g_autofree gchar *shown = vmfc_diagnosis_show(text, to_end);
	if (table->is_no_object && text[0] == ']')
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s line %" G_GUINT64_FORMAT ": after row %" G_GUINT64_FORMAT
			    ", the last, there is a comma: remove it",
			    table->source->path, line, table->n_rows);
	else if (table->is_no_object)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s line %" G_GUINT64_FORMAT ": after row %" G_GUINT64_FORMAT
			    " there is %s, but a row must be an object in { }: remove it",
			    table->source->path, line, table->n_rows, shown);
	else
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s line %" G_GUINT64_FORMAT ": after row %" G_GUINT64_FORMAT
			    " it is not JSON, from '%s' on: repair or remove the rest",
			    table->source->path, line, table->n_rows, shown);
}

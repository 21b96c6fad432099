/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "metrics/metric-name.h"

#include <string.h>

#define PREFIX "vmfc_"

/*
 * Units of columns, and the base units that Prometheus recommends
 * (prometheus.io/docs/practices/naming). A unit that is not here is not part of the name.
 */
static const struct {
	const gchar *unit;
	const gchar *word; /* for the unit in names of columns */
	const gchar *base;
	gdouble multiplier;
	gdouble divisor;
} units[] = {
	{"percent", "percent", "ratio", 1, 100},  {"GiB", "gb", "bytes", 1024.0 * 1024 * 1024, 1},
	{"MiB", "mb", "bytes", 1024.0 * 1024, 1}, {"KiB", "kb", "bytes", 1024, 1},
	{"bytes", "bytes", "bytes", 1, 1},	  {"s", "seconds", "seconds", 1, 1},
	{"ms", "ms", "seconds", 1, 1e3},	  {"us", "us", "seconds", 1, 1e6},
	{"ns", "ns", "seconds", 1, 1e9},	  {"W", "watts", "watts", 1, 1},
	{"J", "joules", "joules", 1, 1},	  {"Hz", "hertz", "hertz", 1, 1},
};

/* Ends of a name that have a meaning in the format. A plural says the same without one. */
static const gchar *const reserved[] = {"_count", "_sum", "_bucket", "_created", "_info"};

/* Returns: where the word stands between underscores; -1: nowhere */
static gssize
find_word(const gchar *text, const gchar *word)
{
	gsize length = strlen(word);

	for (const gchar *at = strstr(text, word); at != NULL; at = strstr(at + 1, word)) {
		gboolean begins = at > text && at[-1] == '_';
		if (begins && (at[length] == '_' || at[length] == '\0'))
			return at - text;
	}
	return -1;
}

/* Removes a word with the underscore before it. */
static void
remove_word(GString *text, const gchar *word)
{
	gssize at = find_word(text->str, word);

	if (at > 0)
		g_string_erase(text, at - 1, (gssize)strlen(word) + 1);
}

static void
remove_end(GString *text, const gchar *end)
{
	if (g_str_has_suffix(text->str, end) && text->len > strlen(end))
		g_string_truncate(text, text->len - strlen(end));
}

/* A name that ends in `_count` becomes a plural; one with another reserved end only gets an s. */
static void
replace_reserved_end(GString *text)
{
	for (guint i = 0; i < G_N_ELEMENTS(reserved); i++) {
		if (!g_str_has_suffix(text->str, reserved[i]))
			continue;
		if (i == 0)
			remove_end(text, reserved[i]);
		g_string_append(text, g_str_has_suffix(text->str, "s") ? "es" : "s");
	}
}

static void
init(VmfcMetricName *name, const VmfcColumn *column, gboolean with_word)
{
	g_autoptr(GString) text = g_string_new(column->name);

	*name = (VmfcMetricName){.unit = "", .multiplier = 1, .divisor = 1};
	name->is_counter = column->kind == VMFC_KIND_COUNTER;
	remove_end(text, "_total");
	for (guint i = 0; i < G_N_ELEMENTS(units); i++) {
		if (!g_str_equal(column->unit, units[i].unit))
			continue;
		if (!with_word)
			remove_word(text, units[i].word);
		name->unit = units[i].base;
		name->multiplier = units[i].multiplier;
		name->divisor = units[i].divisor;
	}
	if (!name->is_counter) /* which gets an end of its own */
		replace_reserved_end(text);
	if (name->unit[0] != '\0')
		g_string_append_printf(text, "_%s", name->unit);
	else if (g_str_has_suffix(text->str, "_ratio") && !name->is_counter)
		name->unit = "ratio";
	name->family = g_strconcat(PREFIX, text->str, NULL);
}

/* The unit moves to the end of the name, as the base unit. */
void
vmfc_metric_name_init(VmfcMetricName *name, const VmfcColumn *column)
{
	init(name, column, FALSE);
}

/* Keeps the unit where it is as well: for a column whose other name is taken. */
void
vmfc_metric_name_init_whole(VmfcMetricName *name, const VmfcColumn *column)
{
	init(name, column, TRUE);
}

void
vmfc_metric_name_clear(VmfcMetricName *name)
{
	g_clear_pointer(&name->family, g_free);
}

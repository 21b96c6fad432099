/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "page.h"

#include <string.h>

#include "../scan.h"
#include "vmfc/vmfc-plugin.h"

/* Labels hold a path at most (PATH_MAX); a line that is longer by far is none of Kepler's. */
#define LONGEST_LINE (64 * 1024)
/* More processes than a machine has; they bound the memory that a page can cost, to 64 MiB. */
#define MOST_SAMPLES (1024 * 1024)
/* Thirty thousand years: no process has used that much. */
#define MOST_SECONDS 1e12
#define PREFIX	     "kepler_"

/*
 * What Kepler's releases call the CPU time of a process: since 0.10; FEATURES of the tool before
 * vmfc; and up to 0.9 what eBPF counted, in milliseconds.
 */
static const struct {
	const gchar *name;
	gdouble seconds; /* in one unit of the sample */
} names[] = {
	{"kepler_process_cpu_seconds_total", 1},
	{"kepler_process_cpu_seconds", 1},
	{"kepler_process_bpf_cpu_time_ms_total", 1e-3},
};

void
kepler_page_init(KeplerPage *page, KeplerSeries *series)
{
	*page = (KeplerPage){
		.series = series,
		.seed = ((guint64)g_random_int() << 32) | g_random_int(),
		.cut = g_string_new(NULL),
		.name = -1,
	};
}

void
kepler_page_clear(KeplerPage *page)
{
	g_string_free(page->cut, TRUE);
}

/* @most_at_first_sight: see kepler_series_begin() */
void
kepler_page_begin(KeplerPage *page, gdouble most_at_first_sight)
{
	kepler_series_begin(page->series, most_at_first_sight);
	g_string_truncate(page->cut, 0);
	page->n_lines = 0;
	page->n_samples = 0;
	page->is_kepler = FALSE;
	page->has_end = FALSE;
	page->name = -1;
}

/* Returns: (nullable): what the CPU time of a process is called in this page */
const gchar *
kepler_page_get_name(const KeplerPage *page)
{
	return page->name >= 0 ? names[page->name].name : NULL;
}

/* ------------------------------------------------------------- labels */

static guint64
hash_bytes(guint64 hash, const gchar *bytes, gsize length)
{
	guint64 word;

	hash += length;
	for (; length >= sizeof(word); bytes += sizeof(word), length -= sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		hash = vmfc_scan_mix(hash ^ word);
	}
	word = 0;
	memcpy(&word, bytes, length);
	return vmfc_scan_mix(hash ^ word);
}

static void
skip_blanks(VmfcScan *line)
{
	while (line->at < line->end && (*line->at == ' ' || *line->at == '\t'))
		line->at++;
}

static gboolean
skip_char(VmfcScan *line, gchar wanted)
{
	skip_blanks(line);
	if (line->at == line->end || *line->at != wanted)
		return FALSE;
	line->at++;
	return TRUE;
}

static gboolean
is_name_char(gchar c)
{
	return g_ascii_isalnum(c) || c == '_' || c == ':';
}

static gboolean
scan_label_name(VmfcScan *line, VmfcScan *name)
{
	skip_blanks(line);
	name->at = line->at;
	while (line->at < line->end && is_name_char(*line->at))
		line->at++;
	name->end = line->at;
	return name->end > name->at;
}

/*
 * A value in quotes, in which \\, \" and \n stand for a backslash, a quote and a newline. Nothing
 * can be written in two ways, so that the text as it stands tells values apart.
 */
static gboolean
scan_label_value(VmfcScan *line, VmfcScan *value)
{
	if (!skip_char(line, '"'))
		return FALSE;
	value->at = line->at;
	for (;;) {
		const gchar *quote = memchr(line->at, '"', (gsize)(line->end - line->at));
		if (quote == NULL)
			return FALSE;
		const gchar *escaped = quote;
		while (escaped > value->at && escaped[-1] == '\\')
			escaped--;
		line->at = quote + 1;
		value->end = quote;
		if ((quote - escaped) % 2 == 0)
			return TRUE;
	}
}

/* The labels in braces, in any order: their sum tells one set from another. */
static gboolean
scan_labels(VmfcScan *line, guint64 seed, guint64 *identity)
{
	VmfcScan name, value;

	*identity = seed;
	if (!skip_char(line, '{'))
		return TRUE;
	while (!skip_char(line, '}')) {
		if (!scan_label_name(line, &name) || !skip_char(line, '=') ||
		    !scan_label_value(line, &value))
			return FALSE;
		guint64 hash = hash_bytes(seed, name.at, vmfc_scan_length(&name));
		*identity += hash_bytes(hash, value.at, vmfc_scan_length(&value));
		skip_blanks(line);
		if (line->at < line->end && *line->at != '}' && !skip_char(line, ','))
			return FALSE;
	}
	return TRUE;
}

/* ------------------------------------------------------------- values */

/* The next word as what Go's strconv.ParseFloat takes: 1e+06, NaN, +Inf. */
static gboolean
scan_any_float(VmfcScan *line, gdouble *value)
{
	gchar text[64];
	gchar *end;
	VmfcScan word;

	if (!vmfc_scan_word(line, &word) || vmfc_scan_length(&word) >= sizeof(text))
		return FALSE;
	memcpy(text, word.at, vmfc_scan_length(&word));
	text[vmfc_scan_length(&word)] = '\0';
	*value = g_ascii_strtod(text, &end);
	return *end == '\0' && end > text;
}

static gboolean
scan_value(VmfcScan *line, gdouble *value)
{
	VmfcScan common = *line;

	if (!vmfc_scan_float(&common, value))
		return scan_any_float(line, value);
	*line = common;
	return TRUE;
}

/* Behind the value there may be a time, and in OpenMetrics an exemplar. */
static gboolean
scan_rest(VmfcScan *line)
{
	gdouble timestamp;

	skip_blanks(line);
	if (line->at < line->end && *line->at != '#' && !scan_any_float(line, &timestamp))
		return FALSE;
	skip_blanks(line);
	return line->at == line->end || *line->at == '#';
}

/* -------------------------------------------------------------- lines */

/* Which of the names a line begins with; its scan goes on behind it. Returns: -1 for none */
static gint
scan_name(VmfcScan *line)
{
	for (gint i = 0; i < (gint)G_N_ELEMENTS(names); i++) {
		gsize length = strlen(names[i].name);
		if (vmfc_scan_length(line) < length ||
		    memcmp(line->at, names[i].name, length) != 0 ||
		    (vmfc_scan_length(line) > length && is_name_char(line->at[length])))
			continue;
		line->at += length;
		return i;
	}
	return -1;
}

static gboolean
set_bad_line(const KeplerPage *page, const gchar *why, GError **error)
{
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		    "line %" G_GUINT64_FORMAT " of the page %s", page->n_lines, why);
	return FALSE;
}

static gboolean
add_sample(KeplerPage *page, VmfcScan *line, GError **error)
{
	guint64 identity;
	gdouble value;

	if (!scan_labels(line, page->seed, &identity) || !scan_value(line, &value) ||
	    !scan_rest(line))
		return set_bad_line(page, "is no sample", error);
	/* a sum without this one would be too small; NaN is not within these bounds either */
	if (!(value >= 0 && value <= MOST_SECONDS))
		return set_bad_line(page, "has no number of CPU seconds", error);
	if (page->n_samples++ == MOST_SAMPLES)
		return set_bad_line(page, "is one process more than can be counted", error);
	if (!kepler_series_add(page->series, identity, value * names[page->name].seconds))
		return set_bad_line(page, "repeats an earlier one", error);
	return TRUE;
}

static gboolean
add_line(KeplerPage *page, VmfcScan line, GError **error)
{
	static const gchar end[] = "# EOF";

	page->n_lines++;
	skip_blanks(&line);
	if (line.at == line.end)
		return TRUE;
	if (*line.at == '#') {
		page->has_end |= vmfc_scan_equals(&line, end);
		return TRUE;
	}
	if (vmfc_scan_length(&line) < strlen(PREFIX) ||
	    memcmp(line.at, PREFIX, strlen(PREFIX)) != 0)
		return TRUE;
	page->is_kepler = TRUE;
	gint name = scan_name(&line);
	if (name < 0 || (page->name >= 0 && name != page->name))
		return TRUE;
	page->name = name;
	return add_sample(page, &line, error);
}

static gboolean
keep_cut(KeplerPage *page, const gchar *text, gsize length, GError **error)
{
	if (page->cut->len + length > LONGEST_LINE) {
		page->n_lines++;
		return set_bad_line(page, "has no end", error);
	}
	g_string_append_len(page->cut, text, (gssize)length);
	return TRUE;
}

/* The next piece of the page, wherever it was cut. */
gboolean
kepler_page_add(KeplerPage *page, const gchar *text, gsize length, GError **error)
{
	VmfcScan rest = vmfc_scan_new(text, length);
	VmfcScan line;

	if (page->cut->len > 0 && vmfc_scan_line(&rest, &line)) {
		if (!keep_cut(page, line.at, vmfc_scan_length(&line), error) ||
		    !add_line(page, vmfc_scan_new(page->cut->str, page->cut->len), error))
			return FALSE;
		g_string_truncate(page->cut, 0);
	}
	while (vmfc_scan_line(&rest, &line)) {
		if (!add_line(page, line, error))
			return FALSE;
	}
	return keep_cut(page, rest.at, vmfc_scan_length(&rest), error);
}

/* The page is over. Returns: whether it tells the CPU seconds of processes */
gboolean
kepler_page_end(KeplerPage *page, KeplerEnd end, GError **error)
{
	if (page->cut->len > 0 && end != KEPLER_END_OF_LINE &&
	    !add_line(page, vmfc_scan_new(page->cut->str, page->cut->len), error))
		return FALSE;
	if (!page->is_kepler) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    "what answers is not Kepler: its page has no metric " PREFIX "...");
		return FALSE;
	}
	if ((end == KEPLER_END_OF_LINE && page->cut->len > 0) ||
	    (end == KEPLER_END_MARKED && !page->has_end)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "the page was cut off");
		return FALSE;
	}
	if (page->n_samples == 0) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    "Kepler's page has no %s: it has just started, or 'process' is not "
			    "among its metrics levels (exporter.prometheus.metricsLevel)",
			    names[0].name);
		return FALSE;
	}
	return TRUE;
}

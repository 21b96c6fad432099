/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "text.h"

#include "vmfc/vmfc-plugin.h"

/* Labels contain at most a path (PATH_MAX); a much longer line is not one of Kepler's. */
#define MAX_LINE (64 * 1024)
#define PREFIX	 "kepler_"
/* OpenMetrics 1.0, "EOF" */
#define END_MARK "# EOF"

/* ------------------------------------------------------------- labels */

/* A number that identifies a text. Without @hash, no page can make two texts with one number. */
guint64
kepler_hash(guint64 hash, const VmfcScan *text)
{
	const gchar *bytes = text->at;
	gsize length = vmfc_scan_length(text);
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
 * A value in quotes, in which \\, \" and \n stand for a backslash, a quote and a newline. Every
 * value has exactly one escaped form, so the escaped texts can be compared.
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

/* Whether a metric has a name; its scan continues after it. */
gboolean
kepler_scan_metric(VmfcScan *line, const gchar *name)
{
	gsize length = strlen(name);

	if (vmfc_scan_length(line) < length || memcmp(line->at, name, length) != 0 ||
	    (vmfc_scan_length(line) > length && is_name_char(line->at[length])))
		return FALSE;
	line->at += length;
	return TRUE;
}

/* Whether labels follow, in braces. */
gboolean
kepler_scan_labels(VmfcScan *line)
{
	return skip_char(line, '{');
}

/* The next label. @value: as on the page, escaped */
KeplerLabel
kepler_scan_label(VmfcScan *line, VmfcScan *name, VmfcScan *value)
{
	if (skip_char(line, '}'))
		return KEPLER_LABEL_NONE;
	if (!scan_label_name(line, name) || !skip_char(line, '=') || !scan_label_value(line, value))
		return KEPLER_LABEL_BROKEN;
	skip_blanks(line);
	if (line->at < line->end && *line->at != '}' && !skip_char(line, ','))
		return KEPLER_LABEL_BROKEN;
	return KEPLER_LABEL_FOUND;
}

/* ------------------------------------------------------------- values */

/*
 * The next word, in the format of Go's strconv.ParseFloat: 1e+06, NaN, +Inf, which are valid
 * samples but not numbers for base/number-text.h.
 */
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

/* The number of a sample. A time may follow, and in OpenMetrics an exemplar. */
static gboolean
scan_number(VmfcScan *line, gdouble *value)
{
	VmfcScan common = *line;

	if (!vmfc_scan_float(&common, value))
		return scan_any_float(line, value);
	*line = common;
	return TRUE;
}

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

/* The text after the labels: a number, and perhaps a time and an exemplar. */
gboolean
kepler_scan_value(VmfcScan *line, gdouble *value)
{
	return scan_number(line, value) && scan_rest(line);
}

/* -------------------------------------------------------------- lines */

void
kepler_text_init(KeplerText *text, KeplerLineFunc line, KeplerWholeFunc whole, gpointer user_data)
{
	*text = (KeplerText){
		.line = line,
		.whole = whole,
		.user_data = user_data,
		.cut = g_string_new(NULL),
	};
}

void
kepler_text_clear(KeplerText *text)
{
	g_string_free(text->cut, TRUE);
}

void
kepler_text_begin(KeplerText *text)
{
	g_string_truncate(text->cut, 0);
	text->is_kepler = FALSE;
	text->has_end = FALSE;
}

/*
 * The message does not name the line: that changes from page to page, and would be a new reason
 * each time.
 */
gboolean
kepler_text_set_bad_line(const gchar *why, GError **error)
{
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "a line of the page %s", why);
	return FALSE;
}

static gboolean
add_line(KeplerText *text, VmfcScan line, GError **error)
{
	skip_blanks(&line);
	if (line.at == line.end)
		return TRUE;
	text->has_end = vmfc_scan_equals(&line, END_MARK);
	if (*line.at == '#')
		return TRUE;
	if (vmfc_scan_length(&line) < strlen(PREFIX) ||
	    memcmp(line.at, PREFIX, strlen(PREFIX)) != 0)
		return TRUE;
	text->is_kepler = TRUE;
	return text->line(line, text->user_data, error);
}

static gboolean
keep_cut(KeplerText *text, const gchar *piece, gsize length, GError **error)
{
	if (text->cut->len + length > MAX_LINE)
		return kepler_text_set_bad_line("is too long", error);
	g_string_append_len(text->cut, piece, (gssize)length);
	return TRUE;
}

/* Takes the next piece of the page, of any size. */
gboolean
kepler_text_add(KeplerText *text, const gchar *piece, gsize length, GError **error)
{
	VmfcScan rest = vmfc_scan_new(piece, length);
	VmfcScan line;

	if (text->cut->len > 0 && vmfc_scan_line(&rest, &line)) {
		if (!keep_cut(text, line.at, vmfc_scan_length(&line), error) ||
		    !add_line(text, vmfc_scan_new(text->cut->str, text->cut->len), error))
			return FALSE;
		g_string_truncate(text->cut, 0);
	}
	while (vmfc_scan_line(&rest, &line)) {
		if (!add_line(text, line, error))
			return FALSE;
	}
	return keep_cut(text, rest.at, vmfc_scan_length(&rest), error);
}

/*
 * OpenMetrics 1.0, "EOF": the marker is the last line. In Prometheus' text format it is a comment,
 * which no server writes into the middle of a page.
 */
static gboolean
check_end(const KeplerText *text, KeplerEnd end, GError **error)
{
	if (end == KEPLER_END_TOLD || text->has_end)
		return TRUE;
	g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    end == KEPLER_END_MARKED
				    ? "the page was cut off: its last line is not '# EOF'; see the "
				      "log of Kepler, or of a proxy in front of it"
				    : "vmfc does not know whether the page is complete: its server "
				      "announces no length, and the last line is not '# EOF'. "
				      "Request Kepler's page directly with --kepler-url, or "
				      "configure the proxy in front of it for HTTP/1.1");
	return FALSE;
}

/* Ends the page. Returns: whether it was complete and contained the expected values */
gboolean
kepler_text_end(KeplerText *text, KeplerEnd end, GError **error)
{
	VmfcScan cut = vmfc_scan_new(text->cut->str, text->cut->len);

	/*
	 * a last line without a newline is a part of a line, unless the page is known to be
	 * complete
	 */
	if (text->cut->len > 0 && end != KEPLER_END_TOLD)
		text->has_end = vmfc_scan_equals(&cut, END_MARK);
	else if (text->cut->len > 0 && !add_line(text, cut, error))
		return FALSE;
	if (end == KEPLER_END_MARKED && !check_end(text, end, error))
		return FALSE;
	if (!text->is_kepler) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    "the server is not Kepler: its page has no metric " PREFIX
			    "...; give the address of Kepler's page with --kepler-url; it usually "
			    "ends with /metrics");
		return FALSE;
	}
	return check_end(text, end, error) && text->whole(text->user_data, error);
}

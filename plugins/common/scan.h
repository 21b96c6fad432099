/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>
#include <string.h>

/*
 * Reads a text of /proc or /sys piece by piece, without changing or copying it. It refuses text of
 * an unexpected form, so that a damaged file gives no number instead of a wrong one. For texts that
 * are one number, such as options, use base/number-text.h.
 */
typedef struct {
	const gchar *at;
	const gchar *end;
} VmfcScan;

/*
 * A number whose sum over a set, in any order, identifies the set: the finalizer of splitmix64
 * (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
 */
static inline guint64
vmfc_scan_mix(guint64 value)
{
	value += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
	value = (value ^ (value >> 30)) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
	value = (value ^ (value >> 27)) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
	return value ^ (value >> 31);
}

static inline VmfcScan
vmfc_scan_new(const gchar *text, gsize length)
{
	return (VmfcScan){text, text + length};
}

/* The next complete line. A line without a newline was cut off and does not count. */
static inline gboolean
vmfc_scan_line(VmfcScan *text, VmfcScan *line)
{
	const gchar *newline = memchr(text->at, '\n', (gsize)(text->end - text->at));
	if (newline == NULL)
		return FALSE;
	*line = (VmfcScan){text->at, newline};
	text->at = newline + 1;
	return TRUE;
}

/* Whether the text ends with the last complete line. */
static inline gboolean
vmfc_scan_is_done(const VmfcScan *text)
{
	return text->at == text->end;
}

static inline void
vmfc_scan_skip_blanks(VmfcScan *line)
{
	while (line->at < line->end && (*line->at == ' ' || *line->at == '\t'))
		line->at++;
}

/* The next run of characters that are not blanks. */
static inline gboolean
vmfc_scan_word(VmfcScan *line, VmfcScan *word)
{
	vmfc_scan_skip_blanks(line);
	word->at = line->at;
	while (line->at < line->end && *line->at != ' ' && *line->at != '\t')
		line->at++;
	word->end = line->at;
	return word->end > word->at;
}

static inline gsize
vmfc_scan_length(const VmfcScan *word)
{
	return (gsize)(word->end - word->at);
}

static inline gboolean
vmfc_scan_equals(const VmfcScan *word, const gchar *text)
{
	return vmfc_scan_length(word) == strlen(text) &&
	       memcmp(word->at, text, vmfc_scan_length(word)) == 0;
}

/*
 * The next digits, if they are a number from 0 to the largest gint64. 19 digits are less than 2^64;
 * the kernel writes no leading zeros.
 */
static inline gboolean
vmfc_scan_digits(VmfcScan *line, gint64 *value)
{
	const gchar *first = line->at;
	const gchar *at = first;
	guint64 sum = 0;

	for (; at < line->end && (guchar)(*at - '0') < 10; at++)
		sum = sum * 10 + (guint64)(*at - '0');
	line->at = at;
	if (at == first || at - first > 19 || sum > G_MAXINT64)
		return FALSE;
	*value = (gint64)sum;
	return TRUE;
}

/* The next word, if it is a number from 0 to the largest gint64. */
static inline gboolean
vmfc_scan_int(VmfcScan *line, gint64 *value)
{
	gint64 number;

	vmfc_scan_skip_blanks(line);
	if (!vmfc_scan_digits(line, &number) ||
	    (line->at < line->end && *line->at != ' ' && *line->at != '\t'))
		return FALSE;
	*value = number;
	return TRUE;
}

/*
 * The next word, if it is a decimal number such as 0.17, of at most 15 digits. Then numerator and
 * denominator are exact, and their quotient is the nearest double, as from strtod(3).
 */
static inline gboolean
vmfc_scan_float(VmfcScan *line, gdouble *value)
{
	VmfcScan word;
	gint64 digits = 0;
	gint64 scale = 1;
	gboolean point = FALSE;

	if (!vmfc_scan_word(line, &word) || !g_ascii_isdigit(*word.at) ||
	    vmfc_scan_length(&word) > 16)
		return FALSE;
	for (; word.at < word.end; word.at++) {
		if (*word.at == '.' && !point) {
			point = TRUE;
			continue;
		}
		if (!g_ascii_isdigit(*word.at))
			return FALSE;
		digits = digits * 10 + (*word.at - '0');
		scale *= point ? 10 : 1;
	}
	*value = (gdouble)digits / (gdouble)scale;
	return digits < G_GINT64_CONSTANT(1000000000000000);
}

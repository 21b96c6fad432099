/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/cell.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DIGITS 19 /* that always fit into a guint64 */
#define EXACT	   (G_GUINT64_CONSTANT(1) << 53)

static const gdouble powers[] = {1e0,  1e1,  1e2,  1e3,	 1e4,  1e5,  1e6,  1e7,
				 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
				 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* Reads digits. Those that do not fit into @mantissa are skipped. Returns: how many were skipped */
static gint
take_digits(const gchar **at, const gchar *end, guint64 *mantissa, gint *n_digits)
{
	const gchar *p = *at;
	gint n_skipped = 0;

	for (; p < end && (guchar)(*p - '0') < 10; p++) {
		if (*n_digits >= MAX_DIGITS) {
			n_skipped++;
			continue;
		}
		*mantissa = *mantissa * 10 + (guint64)(*p - '0');
		*n_digits += *mantissa != 0;
	}
	*at = p;
	return n_skipped;
}

static gboolean
take_exponent(const gchar **at, const gchar *end, gint *exponent)
{
	const gchar *p = *at + 1;
	gboolean negative = p < end && *p == '-';
	gint value = 0;

	if (p < end && (*p == '-' || *p == '+'))
		p++;
	const gchar *first = p;
	for (; p < end && g_ascii_isdigit(*p); p++)
		value = MIN(value * 10 + (*p - '0'), 99999);
	*exponent += negative ? -value : value;
	*at = p;
	return p > first;
}

/*
 * Reads a number in the form of JSON (RFC 8259, 6). Most texts of floats have more digits than a
 * double can represent. The value is then off by an ulp or two. This is enough to decide that it is
 * not the minimum or maximum of its column, and takes a tenth of the time of strtod(3).
 *
 * @text: the byte after @length must not be a part of a number
 * @value: (out): infinite if it is too large for a double
 * @is_exact: (out): whether *@value is the nearest double
 */
static gboolean
scan_number(const gchar *text, gsize length, gdouble *value, gboolean *is_exact)
{
	const gchar *end = text + length;
	const gchar *p = text + (text[0] == '-');
	guint64 mantissa = 0;
	gint n_digits = 0;

	const gchar *whole = p;
	gint exponent = take_digits(&p, end, &mantissa, &n_digits);
	gboolean is_whole_exact = exponent == 0;
	if (p == whole || (*whole == '0' && p > whole + 1))
		return FALSE;
	if (p < end && *p == '.') {
		const gchar *fraction = ++p;
		gint n_skipped = take_digits(&p, end, &mantissa, &n_digits);
		is_whole_exact &= n_skipped == 0;
		exponent -= (gint)(p - fraction) - n_skipped;
		if (p == fraction)
			return FALSE;
	}
	if (p < end && (*p == 'e' || *p == 'E') && !take_exponent(&p, end, &exponent))
		return FALSE;
	if (p != end)
		return FALSE;
	if (mantissa == 0) {
		*value = 0;
		*is_exact = is_whole_exact;
		return TRUE;
	}
	if (exponent < -22 || exponent > 22) {
		*value = strtod(text, NULL);
		*is_exact = TRUE;
		return TRUE;
	}
	gdouble magnitude = exponent < 0 ? (gdouble)mantissa / powers[-exponent]
					 : (gdouble)mantissa * powers[exponent];
	*value = text[0] == '-' ? -magnitude : magnitude;
	*is_exact = is_whole_exact && mantissa <= EXACT;
	return TRUE;
}

static gboolean
is_one_of(const VmfcTableCell *cell, const gchar *const *texts, guint n_texts)
{
	for (guint i = 0; i < n_texts; i++) {
		if (strlen(texts[i]) == cell->length &&
		    g_ascii_strncasecmp(cell->text, texts[i], cell->length) == 0)
			return TRUE;
	}
	return FALSE;
}

static void
classify_plain(VmfcTableCell *cell)
{
	static const gchar *const truths[] = {"true", "false"};
	static const gchar *const non_finite[] = {"nan",  "-nan",     "inf",
						  "-inf", "infinity", "-infinity"};

	cell->kind = VMFC_CELL_TEXT;
	if (cell->is_quoted)
		return;
	if (is_one_of(cell, truths, G_N_ELEMENTS(truths)))
		cell->kind = VMFC_CELL_TRUTH;
	else if (is_one_of(cell, non_finite, G_N_ELEMENTS(non_finite)))
		cell->kind = VMFC_CELL_MISSING;
}

/*
 * Finds the kind of a cell whose file does not tell it.
 *
 * @value: (out): the number, perhaps not exactly; see scan_number()
 *
 * Returns: whether it is a number
 */
gboolean
vmfc_cell_look(VmfcTableCell *cell, gdouble *value, gboolean *is_exact)
{
	if ((cell->kind == VMFC_CELL_NUMBER || cell->kind == VMFC_CELL_PLAIN) &&
	    scan_number(cell->text, cell->length, value, is_exact)) {
		/* in CSV also in quotes; 1e400 counts as Infinity */
		cell->kind = isfinite(*value) ? VMFC_CELL_NUMBER : VMFC_CELL_MISSING;
		return cell->kind == VMFC_CELL_NUMBER;
	}
	if (cell->kind == VMFC_CELL_PLAIN)
		classify_plain(cell);
	return FALSE;
}

/* Returns: the nearest double; NaN if the cell is not a number */
gdouble
vmfc_cell_get_number(const VmfcTableCell *cell)
{
	gdouble value;
	gboolean is_exact;

	if (cell->kind != VMFC_CELL_NUMBER && cell->kind != VMFC_CELL_PLAIN)
		return NAN;
	if (!scan_number(cell->text, cell->length, &value, &is_exact) || !isfinite(value))
		return NAN;
	return is_exact ? value : strtod(cell->text, NULL);
}

/* Whether the cell is true or 1. */
gboolean
vmfc_cell_is_true(const VmfcTableCell *cell)
{
	return (cell->length == 4 && g_ascii_strncasecmp(cell->text, "true", 4) == 0) ||
	       (cell->length == 1 && cell->text[0] == '1');
}

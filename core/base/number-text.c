/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/number-text.h"

#include <math.h>
#include <string.h>

gsize
vmfc_number_text_format_int(gint64 value, gchar text[VMFC_NUMBER_SIZE])
{
	gchar reversed[VMFC_NUMBER_SIZE];
	guint64 rest = value < 0 ? -(guint64)value : (guint64)value;
	gsize n = 0;
	gsize length = 0;

	do {
		reversed[n++] = (gchar)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0)
		text[length++] = '-';
	while (n > 0)
		text[length++] = reversed[--n];
	text[length] = '\0';
	return length;
}

#ifdef __SIZEOF_INT128__
/* The bit of a double's mantissa that is not stored. */
#define HIDDEN_BIT (G_GUINT64_CONSTANT(1) << 52)

/*
 * Digits after the point, by the free-format algorithm of Steele and White ("How to Print
 * Floating-Point Numbers Accurately", 1990): stop as soon as no other double is nearer to the
 * digits so far. A fraction of a double is a multiple of a power of two, so the division by its
 * denominator is a shift. The macro is used once for each integer width that represents the
 * fraction exactly.
 */
#define DEFINE_FORMAT_FRACTION(name, Wide)                                                         \
	static gsize name(Wide fraction, Wide above, Wide below, guint shift, gboolean even,       \
			  gchar *text)                                                             \
	{                                                                                          \
		const Wide one = (Wide)1 << shift;                                                 \
		gsize length = 0;                                                                  \
                                                                                                   \
		for (;;) {                                                                         \
			fraction *= 10;                                                            \
			above *= 10;                                                               \
			below *= 10;                                                               \
			guint digit = (guint)(fraction >> shift);                                  \
			fraction &= one - 1;                                                       \
                                                                                                   \
			gboolean low = even ? fraction <= below : fraction < below;                \
			gboolean high = even ? fraction + above >= one : fraction + above > one;   \
			if (low || high) {                                                         \
				if (high && (!low || 2 * fraction > one ||                         \
					     (2 * fraction == one && digit % 2)))                  \
					digit++;                                                   \
				text[length++] = (gchar)('0' + digit);                             \
				return length;                                                     \
			}                                                                          \
			text[length++] = (gchar)('0' + digit);                                     \
		}                                                                                  \
	}

/* from 1/64 on: ten times a number below 2^60 fits into 64 bits */
#define MAX_SHIFT 60
DEFINE_FORMAT_FRACTION(format_fraction, guint64)
/* from 1e-4 on */
DEFINE_FORMAT_FRACTION(format_small_fraction, unsigned __int128)

/* Values from 1e-4 to 2^53: all digits before the point are significant. */
static gsize
format_common(gdouble value, gchar text[VMFC_NUMBER_SIZE])
{
	gdouble magnitude = fabs(value);
	gsize length = 0;

	if (signbit(value))
		text[length++] = '-';
	gint64 whole = (gint64)magnitude;
	length += vmfc_number_text_format_int(whole, text + length);
	text[length++] = '.';
	if (magnitude == (gdouble)whole) {
		text[length++] = '0';
	} else {
		/*
		 * value = mantissa × 2^exponent. The margins are half the distance to the
		 * neighbours, doubled like the fraction so that they stay whole. Below a power of
		 * two the neighbour is only half as far.
		 */
		guint64 bits;
		memcpy(&bits, &magnitude, sizeof(bits));
		guint shift = 1075 - (guint)(bits >> 52) + 2;
		guint64 mantissa = (bits & (HIDDEN_BIT - 1)) | HIDDEN_BIT;
		guint64 below = mantissa == HIDDEN_BIT ? 1 : 2;
		gboolean even = mantissa % 2 == 0;
		if (shift <= MAX_SHIFT)
			length += format_fraction((mantissa << 2) & (((guint64)1 << shift) - 1), 2,
						  below, shift, even, text + length);
		else
			length += format_small_fraction(mantissa << 2, 2, below, shift, even,
							text + length);
	}
	text[length] = '\0';
	return length;
}
#endif

/* Very large and very small values are rare, so the slower C library formats them. */
static gsize
format_extreme(gdouble value, gchar text[VMFC_NUMBER_SIZE])
{
	for (gint precision = 1; precision <= 17; precision++) {
		gchar format[8];
		g_snprintf(format, sizeof(format), "%%.%dg", precision);
		g_ascii_formatd(text, VMFC_NUMBER_SIZE, format, value);
		if (g_ascii_strtod(text, NULL) == value)
			break;
	}
	if (strpbrk(text, ".e") == NULL)
		g_strlcat(text, ".0", VMFC_NUMBER_SIZE);
	return strlen(text);
}

gsize
vmfc_number_text_format_float(gdouble value, gchar text[VMFC_NUMBER_SIZE])
{
#ifdef __SIZEOF_INT128__ /* 64-bit machines */
	gdouble magnitude = fabs(value);
	if (magnitude == 0 || (magnitude >= 1e-4 && magnitude < 0x1p53))
		return format_common(value, text);
#endif
	return format_extreme(value, text);
}

gboolean
vmfc_number_text_parse_int(const gchar *text, gint64 *value)
{
	return g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, value, NULL);
}

gboolean
vmfc_number_text_parse_float(const gchar *text, gdouble *value)
{
	gchar *end;

	/* strtod() also accepts leading spaces, hexadecimal, nan and inf */
	if (text[0] == '\0' || strspn(text, "0123456789.+-eE") != strlen(text))
		return FALSE;
	*value = g_ascii_strtod(text, &end);
	return *end == '\0' && isfinite(*value);
}

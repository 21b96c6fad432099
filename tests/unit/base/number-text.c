/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/number-text.h"

#include <math.h>
#include <string.h>

#define N_RANDOM 20000

static void
assert_text(gdouble value, const gchar *expected)
{
	gchar text[VMFC_NUMBER_SIZE];
	gsize length = vmfc_number_text_format_float(value, text);
	g_assert_cmpstr(text, ==, expected);
	g_assert_cmpuint(length, ==, strlen(expected));
}

static void
test_known_floats(void)
{
	assert_text(0.0, "0.0");
	assert_text(1.0, "1.0");
	assert_text(-1.5, "-1.5");
	assert_text(0.1, "0.1");
	assert_text(0.1 + 0.2, "0.30000000000000004");
	assert_text(100.0 / 3, "33.333333333333336");
	assert_text(1692984532.123456, "1692984532.123456");
	assert_text(0.0001, "0.0001");
	assert_text(9007199254740991.0, "9007199254740991.0");
	assert_text(9007199254740992.0, "9007199254740992.0");
	assert_text(0.5, "0.5");
	assert_text(1e-7, "1e-07");
	assert_text(1.7976931348623157e308, "1.7976931348623157e+308");
	assert_text(5e-324, "5e-324");
	assert_text(2.9999999999999996, "2.9999999999999996");
	/* of two texts that are as short and as near, the one that ends with an even digit */
	assert_text(1125899906842624.25, "1125899906842624.2");
	assert_text(1125899906842624.75, "1125899906842624.8");
	/* where wider integers are needed */
	assert_text(0.015625, "0.015625");
	assert_text(0.015625000000000003, "0.015625000000000003");
	assert_text(0.015624999999999998, "0.015624999999999998");
}

static guint
count_digits(const gchar *text)
{
	guint n = 0;
	gboolean leading = TRUE;
	for (; *text != '\0' && *text != 'e'; text++) {
		if (!g_ascii_isdigit(*text))
			continue;
		leading &= *text == '0';
		n += leading ? 0 : 1;
	}
	return n;
}

/* The fewest digits with which the C library's correctly rounded text reads back. */
static guint
fewest_digits(gdouble value)
{
	gchar text[64];
	for (guint precision = 1; precision < 17; precision++) {
		g_snprintf(text, sizeof(text), "%.*e", (gint)precision - 1, value);
		if (g_ascii_strtod(text, NULL) == value)
			return precision;
	}
	return 17;
}

static void
assert_shortest(gdouble value)
{
	gchar text[VMFC_NUMBER_SIZE];
	vmfc_number_text_format_float(value, text);
	if (g_ascii_strtod(text, NULL) != value)
		g_error("%.17g became %s", value, text);
	/* an integral float ends in ".0", and zeros before the point are digits as well */
	if (strchr(text, 'e') == NULL && value == floor(value))
		return;
	if (count_digits(text) > fewest_digits(value))
		g_error("%.17g became %s, which is not the shortest text", value, text);
}

static void
test_random_floats(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(42);

	for (guint i = 0; i < N_RANDOM; i++) {
		guint64 bits = ((guint64)g_rand_int(random) << 32) | g_rand_int(random);
		gdouble value;
		memcpy(&value, &bits, sizeof(value));
		if (isfinite(value) && fabs(value) >= 1e-300)
			assert_shortest(value);
		assert_shortest(g_rand_double_range(random, 0, 100));
		assert_shortest(g_rand_double(random) * pow(10, g_rand_int_range(random, -4, 16)));
		assert_shortest(round(g_rand_double(random) * 1e5) / 1e3);
	}
}

static void
test_powers_of_two(void)
{
	for (gint exponent = -13; exponent < 53; exponent++) {
		assert_shortest(ldexp(1, exponent));
		assert_shortest(nextafter(ldexp(1, exponent), 0));
		assert_shortest(nextafter(ldexp(1, exponent), 1e300));
	}
}

static void
test_ints(void)
{
	static const gint64 values[] = {0, 1, -1, 10, 1234567890123, G_MAXINT64, G_MININT64};
	for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
		gchar text[VMFC_NUMBER_SIZE];
		gint64 back;
		g_assert_cmpuint(vmfc_number_text_format_int(values[i], text), ==, strlen(text));
		g_assert_true(vmfc_number_text_parse_int(text, &back));
		g_assert_cmpint(back, ==, values[i]);
	}
}

static void
test_parse(void)
{
	static const gchar *const wrong[] = {"",     " 1",    "1 ",  "nan",  "inf",
					     "0x10", "1e999", "--1", "1.2.3"};
	gdouble value;
	gint64 integer;

	for (guint i = 0; i < G_N_ELEMENTS(wrong); i++)
		g_assert_false(vmfc_number_text_parse_float(wrong[i], &value));
	g_assert_true(vmfc_number_text_parse_float("1e-3", &value));
	g_assert_cmpfloat(value, ==, 0.001);
	/* the nearest double, also where that is a small one */
	g_assert_true(vmfc_number_text_parse_float("5e-324", &value));
	g_assert_cmpfloat(value, ==, 5e-324);
	g_assert_true(vmfc_number_text_parse_float("1e-400", &value));
	g_assert_cmpfloat(value, ==, 0);
	g_assert_false(vmfc_number_text_parse_int("1.5", &integer));
	g_assert_false(vmfc_number_text_parse_int("9223372036854775808", &integer));
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/number/known-floats", test_known_floats);
	g_test_add_func("/number/random-floats", test_random_floats);
	g_test_add_func("/number/powers-of-two", test_powers_of_two);
	g_test_add_func("/number/ints", test_ints);
	g_test_add_func("/number/parse", test_parse);
	return g_test_run();
}

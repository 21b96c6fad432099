/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The parts of which the reader of Kepler's page is made, each at its limits. */

#include <math.h>
#include <string.h>

#include "kepler/looks.h"
#include "kepler/series.h"
#include "kepler/table.h"
#include "vmfc/vmfc-plugin.h"

#define LONGEST	 65536
#define NS_PER_S G_GINT64_CONSTANT(1000000000)
#define SEED	 G_GUINT64_CONSTANT(0x9e3779b97f4a7c15)

/* ------------------------------------------------------------------ text */

typedef struct {
	KeplerText text;
	GString *lines;
	gboolean is_whole;
} Reader;

static gboolean
take_line(VmfcScan line, gpointer user_data, G_GNUC_UNUSED GError **error)
{
	Reader *reader = user_data;

	g_string_append_len(reader->lines, line.at, (gssize)vmfc_scan_length(&line));
	g_string_append_c(reader->lines, '|');
	return TRUE;
}

static gboolean
take_whole(gpointer user_data, G_GNUC_UNUSED GError **error)
{
	return ((Reader *)user_data)->is_whole;
}

static void
set_up(Reader *reader, G_GNUC_UNUSED gconstpointer data)
{
	reader->lines = g_string_new(NULL);
	reader->is_whole = TRUE;
	kepler_text_init(&reader->text, take_line, take_whole, reader);
}

static void
tear_down(Reader *reader, G_GNUC_UNUSED gconstpointer data)
{
	kepler_text_clear(&reader->text);
	g_string_free(reader->lines, TRUE);
}

static gboolean
add_text(Reader *reader, const gchar *text)
{
	return kepler_text_add(&reader->text, text, strlen(text), NULL);
}

/* Of a line that is cut into pieces no more than its maximum is kept. */
static void
test_longest_line(Reader *reader, G_GNUC_UNUSED gconstpointer data)
{
	for (gsize excess = 0; excess < 2; excess++) {
		g_autofree gchar *one = g_strnfill(LONGEST - 1000, 'x');
		g_autofree gchar *other = g_strnfill(1000 + excess, 'x');
		g_autofree gchar *end = g_strconcat(other, "\n", NULL);
		kepler_text_begin(&reader->text);
		g_assert_true(add_text(reader, one));
		g_assert_cmpint(add_text(reader, other), ==, excess == 0);
		kepler_text_begin(&reader->text);
		g_assert_true(add_text(reader, one));
		g_assert_cmpint(add_text(reader, end), ==, excess == 0);
	}
}

/* What is known of a page, and what is kept of its last line, is forgotten with it. */
static void
test_next_page(Reader *reader, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const pages[] = {"kepler_a 1\n# EOF\nkepler_", "b 1\n", "kepler_c 1\n"};
	static const gchar *const lines[] = {"kepler_a 1|", "", "kepler_c 1|"};

	for (guint i = 0; i < G_N_ELEMENTS(pages); i++) {
		g_autoptr(GError) error = NULL;
		g_string_truncate(reader->lines, 0);
		kepler_text_begin(&reader->text);
		g_assert_false(reader->text.is_kepler || reader->text.has_end);
		g_assert_true(add_text(reader, pages[i]));
		g_assert_cmpstr(reader->lines->str, ==, lines[i]);
		g_assert_cmpint(reader->text.is_kepler, ==, i != 1);
		g_assert_false(kepler_text_end(&reader->text, KEPLER_END_UNTOLD, &error));
		g_assert_cmpint(g_str_has_prefix(error->message, "the server is not Kepler"), ==,
				i == 1);
	}
}

static void
test_prefix(Reader *reader, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *text;
		gboolean is_kepler;
	} cases[] = {
		{"kepler_\n", TRUE},	   {"kepler_x", TRUE},	   {"kepler\n", FALSE},
		{"keplerx_x 1\n", FALSE},  {"# kepler_\n", FALSE}, {" \t\n", FALSE},
		{" \tkepler_x 1\n", TRUE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		kepler_text_begin(&reader->text);
		g_assert_true(add_text(reader, cases[i].text));
		g_assert_cmpint(kepler_text_end(&reader->text, KEPLER_END_TOLD, NULL), ==,
				cases[i].is_kepler);
	}
	/* a page that is complete may lack what its reader is for */
	reader->is_whole = FALSE;
	kepler_text_begin(&reader->text);
	g_assert_true(add_text(reader, "kepler_x 1\n"));
	g_assert_false(kepler_text_end(&reader->text, KEPLER_END_TOLD, NULL));
}

static gboolean
scan_value(const gchar *text, gdouble *value)
{
	VmfcScan line = vmfc_scan_new(text, strlen(text));
	return kepler_scan_value(&line, value);
}

/* Numbers in any form, of up to 63 characters. */
static void
test_values(G_GNUC_UNUSED Reader *reader, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *text;
		gdouble value;
	} good[] = {
		{" 1", 1}, {"\t2.5 \t", 2.5}, {" +3 4 ", 3}, {" 1e3 #", 1000}, {" -1 -2 #x", -1}};
	static const gchar *const bad[] = {"", " ", " x", " 1 2 3", " 1 x", " #", " 1e3#"};
	gdouble value;

	for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
		g_assert_true(scan_value(good[i].text, &value));
		g_assert_cmpfloat(value, ==, good[i].value);
	}
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(scan_value(bad[i], &value));
	g_assert_true(scan_value(" NaN", &value) && isnan(value));
	for (gsize length = 62; length < 66; length++) {
		g_autofree gchar *zeros = g_strnfill(length - 2, '0');
		g_autofree gchar *text = g_strdup_printf("+%s7", zeros);
		g_autofree gchar *time = g_strdup_printf("1 %s", text);
		g_assert_cmpint(scan_value(text, &value), ==, length < 64);
		g_assert_cmpint(scan_value(time, &value), ==, length < 64);
	}
}

/* A number for a text tells texts apart, and their lengths. */
static void
test_hash(G_GNUC_UNUSED Reader *reader, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar bytes[] = "abcdefghijklmnop\0\0\0\0\0\0\0\0";
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
							   NULL);

	for (gsize from = 0; from < 3; from++) {
		for (gsize length = 0; length <= 20; length++) {
			VmfcScan text = vmfc_scan_new(bytes + from, length);
			guint64 hash = kepler_hash(SEED, &text);
			g_assert_cmpuint(hash, ==, kepler_hash(SEED, &text));
			g_assert_cmpuint(hash, !=, kepler_hash(SEED + 1, &text));
			/* an empty text is one wherever it stands */
			if (length > 0 || from == 0)
				g_assert_true(
					g_hash_table_add(seen, g_memdup2(&hash, sizeof(hash))));
		}
	}
}

/* ----------------------------------------------------------------- table */

static void
test_table(G_GNUC_UNUSED Reader *reader, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		guint n_samples;
		guint n_slots;
	} sizes[] = {{0, 64}, {48, 64}, {49, 128}, {100, 128}, {101, 256}};
	KeplerTable table = {0};

	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
		kepler_table_reset(&table, sizes[i].n_samples);
		g_assert_cmpuint(table.n_slots, ==, sizes[i].n_slots);
		g_assert_cmpuint(table.n_used, ==, 0);
	}
	kepler_table_reset(&table, 0);
	for (guint i = 1; i <= 200; i++) {
		kepler_table_put(&table, 7, (guint64)i << 32 | 1, i);
		g_assert_cmpuint(table.n_used, ==, i);
		g_assert_cmpuint(table.n_slots, ==,
				 i <= 48    ? 64
				 : i <= 100 ? 128
				 : i <= 204 ? 256
					    : 0);
		for (guint j = 1; j <= i; j++) {
			KeplerGroup group;
			kepler_table_find(&table, 7, (guint64)j << 32 | 99, &group);
			g_assert_cmpuint(group.n, ==, 1);
			g_assert_cmpfloat(group.samples[0]->value, ==, j);
		}
	}
	g_free(table.slots);
}

/* Samples of one number form a group, which has a maximum; samples without a number are alone. */
static void
test_groups(G_GNUC_UNUSED Reader *reader, G_GNUC_UNUSED gconstpointer data)
{
	KeplerTable table = {0};
	KeplerGroup group;

	kepler_table_reset(&table, 0);
	for (guint i = 1; i <= KEPLER_MAX_OF_ONE + 1; i++) {
		kepler_table_put(&table, 7, (guint64)5 << 32 | i, i);
		kepler_table_put(&table, 7, KEPLER_IDENTITY_OTHER | (guint64)5 << 32 | i, 100 + i);
		kepler_table_find(&table, 7, (guint64)5 << 32, &group);
		g_assert_cmpuint(group.n, ==, MIN(i, KEPLER_MAX_OF_ONE));
		for (guint j = 0; j < group.n; j++)
			g_assert_cmpfloat(group.samples[j]->value, ==, j + 1);
		kepler_table_find(&table, 7, KEPLER_IDENTITY_OTHER | (guint64)5 << 32 | i, &group);
		g_assert_cmpuint(group.n, ==, 1);
		g_assert_cmpfloat(group.samples[0]->value, ==, 100 + i);
	}
	g_free(table.slots);
}

/* ----------------------------------------------------------------- looks */

static void
add_look_line(KeplerLooks *looks, const gchar *line)
{
	kepler_looks_add(looks, vmfc_scan_new(line, strlen(line)));
}

/* A page whose zones have grown by 10 J each, which took @spans. */
static void
show_zones(KeplerLooks *looks, gdouble joules, const gdouble *spans, guint n)
{
	kepler_looks_begin(looks);
	for (guint i = 0; i < n; i++) {
		g_autofree gchar *energy = g_strdup_printf(
			"kepler_node_cpu_joules_total{zone=\"%u\",path=\"x\"} %.17g", i, joules);
		g_autofree gchar *power = g_strdup_printf(
			"kepler_node_cpu_watts{path=\"x\",zone=\"%u\"} %.17g", i, 10 / spans[i]);
		add_look_line(looks, energy);
		add_look_line(looks, power);
	}
	kepler_looks_end(looks);
}

/* Two zones that agree to 1e-5 give the time between two updates. */
static void
test_spans(G_GNUC_UNUSED Reader *reader, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		gdouble spans[3];
		guint n;
		gdouble span;
	} cases[] = {
		{{2, 2, 2}, 3, 2},
		{{2, 2}, 2, 2},
		{{2}, 1, NAN},
		{{2}, 0, 0},
		{{2, 2.0000199}, 2, 2.0000199},
		{{2, 2.000021}, 2, NAN},
		{{2.0000199, 2}, 2, 2.0000199},
		{{2.000021, 2}, 2, NAN},
		{{2, 2, 2.1}, 3, NAN},
		{{1.9, 2, 2}, 3, NAN},
		{{2, INFINITY}, 2, NAN},
		{{2, INFINITY, 2}, 3, 2},
		{{2, -2, 2}, 3, 2},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		KeplerLooks looks = {.seed = 5};
		show_zones(&looks, 100, cases[i].spans, cases[i].n);
		g_assert_true(isnan(looks.span));
		g_assert_false(looks.has_looked);
		show_zones(&looks, 110, cases[i].spans, cases[i].n);
		g_assert_cmpint(looks.has_looked, ==, cases[i].n > 0);
		g_test_message("case %u", i);
		if (isnan(cases[i].span))
			g_assert_true(isnan(looks.span));
		else
			g_assert_cmpfloat_with_epsilon(looks.span, cases[i].span, 1e-12);
		/* the same again: Kepler has not looked */
		show_zones(&looks, 110, cases[i].spans, cases[i].n);
		g_assert_false(looks.has_looked);
		g_assert_cmpfloat(looks.span, ==, 0);
	}
}

/* Zones that do not fit are left out, and so are those that the page before did not have. */
static void
test_zones(G_GNUC_UNUSED Reader *reader, G_GNUC_UNUSED gconstpointer data)
{
	gdouble spans[KEPLER_MAX_ZONES + 1];
	KeplerLooks looks = {.seed = 5};

	for (guint i = 0; i <= KEPLER_MAX_ZONES; i++)
		spans[i] = i < KEPLER_MAX_ZONES ? 2 : 9;
	for (guint i = 0; i < 2; i++) {
		show_zones(&looks, 100 + 10 * i, spans, KEPLER_MAX_ZONES + 1);
		g_assert_cmpuint(looks.now.n_zones, ==, KEPLER_MAX_ZONES);
	}
	g_assert_cmpfloat_with_epsilon(looks.span, 2, 1e-12);
	spans[KEPLER_MAX_ZONES - 1] = 9;
	show_zones(&looks, 120, spans, KEPLER_MAX_ZONES);
	g_assert_true(isnan(looks.span));
	spans[2] = 9;
	show_zones(&looks, 130, spans, 2);
	show_zones(&looks, 140, spans, 3);
	g_assert_cmpfloat_with_epsilon(looks.span, 2, 1e-12);
}

/* What else the node shows tells only that Kepler has looked. */
/* What a page shows of one process, which no other page of the test has. */
static void
add_page(KeplerSeries *series, KeplerIdentity identity, gdouble value, gint64 now)
{
	kepler_series_begin(series);
	g_assert_true(kepler_series_add(series, identity, value));
	kepler_series_end(series, now, 4);
}

/* A page that is not used counts once more, with all that it continues. */
static void
test_unused_page(G_GNUC_UNUSED Reader *reader, G_GNUC_UNUSED gconstpointer data)
{
	KeplerSeries series;

	kepler_series_init(&series);
	add_page(&series, 5, 7, NS_PER_S);
	kepler_series_take(&series, NS_PER_S);
	add_page(&series, 6, 0.25, 2 * NS_PER_S);
	kepler_series_take(&series, 2 * NS_PER_S);
	for (guint i = 0; i < 3; i++) {
		kepler_series_begin(&series);
		g_assert_true(kepler_series_add(&series, 5, 7.5)); /* was away */
		g_assert_true(kepler_series_add(&series, 6, 0.5));
		kepler_series_end(&series, 3 * NS_PER_S, 4);
		g_assert_cmpfloat(series.growth, ==, 0.75);
		g_assert_true(series.has_changed);
	}
	kepler_series_clear(&series);
}

/* A process that was not shown for less than a minute is known. */
static void
test_away_time(G_GNUC_UNUSED Reader *reader, G_GNUC_UNUSED gconstpointer data)
{
	for (gint64 more = -1; more <= 0; more++) {
		KeplerSeries series;
		gint64 now = 60 * NS_PER_S + more;
		kepler_series_init(&series);
		add_page(&series, 5, 7, 0);
		kepler_series_take(&series, 0);
		add_page(&series, 6, 1, NS_PER_S);
		kepler_series_take(&series, NS_PER_S);
		g_assert_cmpuint(series.away.n_used, ==, 1);
		add_page(&series, 6, 1, now);
		kepler_series_take(&series, now);
		g_assert_cmpuint(series.away.n_used, ==, more < 0 ? 1 : 0);
		kepler_series_clear(&series);
	}
}

static void
test_other_lines(G_GNUC_UNUSED Reader *reader, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *line;
		gboolean has_looked;
		gboolean has_joules;
		guint n_zones;
	} cases[] = {
		{"kepler_node_", TRUE, FALSE, 0},
		{"kepler_node", FALSE, FALSE, 0},
		{"kepler_process_cpu_watts 1", FALSE, FALSE, 0},
		{"kepler_node_cpu_usage_ratio 0.5", TRUE, FALSE, 0},
		{"kepler_node_cpu_joules_total 7", TRUE, TRUE, 1},
		{"kepler_node_cpu_joules_total{zone=\"a\"} 7", TRUE, TRUE, 1},
		{"kepler_node_cpu_joules_total{zone=\"a\"} x", TRUE, TRUE, 0},
		{"kepler_node_cpu_joules_total{zone=} 7", TRUE, TRUE, 0},
		{"kepler_node_cpu_joules_totals{zone=\"a\"} 7", TRUE, FALSE, 0},
		{"kepler_node_cpu_watts{zone=\"a\"} 7", TRUE, FALSE, 1},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		KeplerLooks looks = {.seed = 5};
		kepler_looks_begin(&looks);
		kepler_looks_end(&looks);
		kepler_looks_begin(&looks);
		add_look_line(&looks, cases[i].line);
		kepler_looks_end(&looks);
		g_test_message("%s", cases[i].line);
		g_assert_cmpint(looks.has_looked, ==, cases[i].has_looked);
		g_assert_cmpint(looks.now.has_joules, ==, cases[i].has_joules);
		g_assert_cmpuint(looks.now.n_zones, ==, cases[i].n_zones);
	}
}

#define ADD(path, test) g_test_add("/kepler-parts/" path, Reader, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("longest-line", test_longest_line);
	ADD("next-page", test_next_page);
	ADD("prefix", test_prefix);
	ADD("values", test_values);
	ADD("hash", test_hash);
	ADD("table", test_table);
	ADD("groups", test_groups);
	ADD("spans", test_spans);
	ADD("zones", test_zones);
	ADD("other-lines", test_other_lines);
	ADD("unused-page", test_unused_page);
	ADD("away-time", test_away_time);
	return g_test_run();
}

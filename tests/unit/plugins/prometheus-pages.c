/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Of which record the pages are, what the start page shows of the last ones, and whether they come.
 */

#include "prometheus/pages.h"

#include <math.h>
#include <string.h>

#include "prometheus/history.h"
#include "prometheus/start-page.h"
#include "record/schema.h"
#include "still-clock.h"

#define S G_USEC_PER_SEC

/* Metrics of some columns, whose values the test sets itself. */
typedef struct {
	VmfcSchema *schema;
	VmfcMetrics *metrics;
	VmfcMetricValues values;
} Run;

/* @columns: gauges with fractions, and their units */
static void
run_init(Run *run, const gchar *const *columns)
{
	const VmfcMetricsSetup setup = {.version = "1", .run = "now"};

	run->schema = vmfc_schema_new();
	for (guint i = 0; columns[i] != NULL; i += 2) {
		const VmfcColumn column = {columns[i], columns[i + 1], VMFC_KIND_GAUGE,
					   VMFC_TYPE_FLOAT};
		g_assert_nonnull(vmfc_schema_add(run->schema, "test", &column, NULL));
	}
	vmfc_schema_freeze(run->schema);
	run->metrics = vmfc_metrics_new(run->schema, &setup);
	vmfc_metric_values_init(&run->values, run->metrics->sources->len, run->metrics->texts->len);
	now = 1000 * (gint64)S;
}

static void
run_clear(Run *run)
{
	vmfc_metric_values_clear(&run->values);
	vmfc_metrics_free(run->metrics);
	vmfc_schema_free(run->schema);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

/* @index: of the column. @value: in its unit; NaN: missing */
static void
set(Run *run, guint index, gdouble value)
{
	/* before the columns is the number of the records */
	run->values.numbers[index + 1] = (VmfcMetricValue){!isnan(value), FALSE, .d = value};
}

/* --------------------------------------------------------------- start page */

static gchar *
render(const History *history)
{
	GString *html = g_string_new(NULL);

	start_page_append(html, history, "1.2");
	g_assert_true(g_str_has_suffix(html->str, "</body></html>\n"));
	return g_string_free(html, FALSE);
}

static void
assert_has(const gchar *html, const gchar *text)
{
	if (strstr(html, text) == NULL)
		g_error("%s is not in %s", text, html);
}

/* How often a text is there. */
static guint
count(const gchar *html, const gchar *text)
{
	guint n = 0;

	for (const gchar *at = strstr(html, text); at != NULL; at = strstr(at + 1, text))
		n++;
	return n;
}

static const gchar *const estimated[] = {"cpu_utilization",
					 "percent",
					 "estimated_watts_package",
					 "W",
					 "estimated_watts_core",
					 "W",
					 "rapl_package_watts",
					 "W",
					 NULL};

static void
add(Run *run, History *history, gdouble cpu, gdouble package, gdouble core)
{
	set(run, 0, cpu);
	set(run, 1, package);
	set(run, 2, core);
	set(run, 3, 1000);
	history_add(history, &run->values);
	now += S;
}

/* Where a value is missing the line ends; the newest is at the right, and in the legend. */
static void
test_lines(void)
{
	g_auto(Run) run = {0};
	g_autofree History *history = g_new0(History, 1);

	run_init(&run, estimated);
	history_init(history, run.metrics);
	g_autofree gchar *empty = render(history);
	assert_has(empty, "<h1>vmfc 1.2</h1>");
	assert_has(empty, "The first window has not ended yet.");
	g_assert_null(strstr(empty, "svg viewBox"));
	add(&run, history, 10, 12, 3);
	add(&run, history, NAN, 6, 6);
	add(&run, history, 30, 0, NAN);
	g_autofree gchar *html = render(history);
	assert_has(html, "<h2>CPU use</h2>\n<p> <span style=\"color:#1f77b4\">30 %</span></p>");
	assert_has(html, ">100 %</text>");
	assert_has(html, "stroke=\"#1f77b4\" points=\"636.1,108.0 \"/><polyline");
	assert_has(html, "stroke=\"#1f77b4\" points=\"640.0,84.0 \"/></svg>");
	assert_has(html, "<h2>Estimated power</h2>\n<p> <span style=\"color:#1f77b4\">package 0 W"
			 "</span> <span style=\"color:#d62728\">core missing</span></p>");
	assert_has(html, ">20 W</text>");
	assert_has(html, "stroke=\"#1f77b4\" points=\"636.1,48.0 638.1,84.0 640.0,120.0 \"/>");
	assert_has(html, "stroke=\"#d62728\" points=\"636.1,102.0 638.1,84.0 \"/></svg>");
	g_assert_cmpuint(count(html, "<polyline"), ==, 4);
}

/* What is older than five minutes is not in the picture. */
static void
test_age(void)
{
	g_auto(Run) run = {0};
	g_autofree History *history = g_new0(History, 1);

	run_init(&run, estimated);
	history_init(history, run.metrics);
	add(&run, history, 10, NAN, NAN);
	now += S;
	add(&run, history, 20, NAN, NAN);
	now += 299 * S;
	add(&run, history, 30, NAN, NAN);
	g_autofree gchar *html = render(history);
	assert_has(html, "points=\"60.0,96.0 640.0,84.0 \"/></svg>");
	g_assert_cmpuint(count(html, "<polyline"), ==, 1);
}

/* The axis ends at a round number that is no less than the highest value. */
static void
test_top(void)
{
	static const struct {
		gdouble watts;
		const gchar *top;
	} cases[] = {
		{NAN, ">1 W<"},	  {0, ">1 W<"},	    {0.003, ">0.005 W<"}, {0.5, ">0.5 W<"},
		{1, ">1 W<"},	  {1.01, ">2 W<"},  {2.5, ">5 W<"},	  {5.1, ">10 W<"},
		{100, ">100 W<"}, {101, ">200 W<"}, {999, ">1000 W<"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(Run) run = {0};
		g_autofree History *history = g_new0(History, 1);
		run_init(&run, estimated);
		history_init(history, run.metrics);
		add(&run, history, NAN, NAN, cases[i].watts);
		add(&run, history, NAN, 0, NAN);
		g_autofree gchar *html = render(history);
		assert_has(html, cases[i].top);
	}
}

/* Estimated power comes first, then the best meter that this machine has. */
static void
test_sources(void)
{
	static const gchar *const columns[] = {"kepler_vm_cpu_watts_package",
					       "W",
					       "vm_cpu_watts_package",
					       "W",
					       "rapl_package_watts",
					       "W",
					       NULL};
	static const gchar *const none[] = {"memory_free", "bytes", NULL};

	for (guint n = 1; n <= 3; n++) {
		const gchar *some[7] = {NULL};
		g_auto(Run) run = {0};
		g_autofree History *history = g_new0(History, 1);
		memcpy(some, columns, 2 * n * sizeof(some[0]));
		run_init(&run, some);
		history_init(history, run.metrics);
		for (guint i = 0; i < n; i++)
			set(&run, i, i + 1);
		history_add(history, &run.values);
		g_assert_cmpuint(history->n_lines, ==, 1);
		g_assert_cmpstr(history->names[0], ==, "package");
		g_assert_cmpfloat(history_get(history, 0)->watts[0], ==, n);
		g_autofree gchar *html = render(history);
		assert_has(html, "<h2>Measured power</h2>");
		g_assert_null(strstr(html, "CPU use"));
	}
	g_auto(Run) run = {0};
	g_autofree History *history = g_new0(History, 1);
	run_init(&run, none);
	history_init(history, run.metrics);
	history_add(history, &run.values);
	g_autofree gchar *html = render(history);
	g_assert_null(strstr(html, "<svg"));
}

/* -------------------------------------------------------------------- pages */

static gchar *
unpack(GBytes *packed)
{
	g_autoptr(GZlibDecompressor) decompressor = g_zlib_decompressor_new(
		G_ZLIB_COMPRESSOR_FORMAT_GZIP);
	gsize size;
	const guint8 *from = g_bytes_get_data(packed, &size);
	gchar *to = g_malloc0(65536);
	gsize n_read;
	gsize n_written;

	g_assert_cmpint(g_converter_convert(G_CONVERTER(decompressor), from, size, to, 65535,
					    G_CONVERTER_INPUT_AT_END, &n_read, &n_written, NULL),
			==, G_CONVERTER_FINISHED);
	return to;
}

/* Each page, packed or not, has the text or does not. */
static void
assert_pages(Pages *pages, const gchar *text, gboolean has)
{
	for (guint kind = 0; kind < N_PAGES; kind++) {
		g_autofree gchar *page = unpack(pages_get(pages, kind, TRUE));
		gsize size;
		const gchar *plain = g_bytes_get_data(pages_get(pages, kind, FALSE), &size);
		g_assert_cmpmem(plain, size, page, strlen(page));
		g_assert_cmpint(strstr(page, text) != NULL, ==, has);
		g_assert_cmpint(g_str_has_suffix(page, "# EOF\n"), ==, kind == PAGE_OPENMETRICS);
		g_assert_cmpint(g_str_has_prefix(page, "<!DOCTYPE"), ==, kind == PAGE_START);
	}
}

/* All pages are of the last record that was added. */
static void
test_pages(void)
{
	g_auto(Run) run = {0};
	run_init(&run, estimated);
	Pages *pages = pages_new(run.metrics, "1.2", 1000000000);

	assert_pages(pages, "12.25", FALSE);
	set(&run, 1, 12.25);
	assert_pages(pages, "12.25", FALSE);
	pages_add(pages, &run.values);
	assert_pages(pages, "12.25", TRUE);
	set(&run, 1, 36.5);
	assert_pages(pages, "36.5", FALSE);
	now += S;
	pages_add(pages, &run.values);
	assert_pages(pages, "36.5", TRUE);
	assert_pages(pages, "12.25", FALSE);
	g_assert_true(pages_get(pages, PAGE_TEXT, TRUE) == pages_get(pages, PAGE_TEXT, TRUE));
	pages_free(pages);
}

static void
assert_health(Pages *pages, gboolean good, const gchar *expected)
{
	gboolean is_good;
	g_autofree gchar *text = pages_get_health(pages, &is_good);

	g_assert_cmpstr(text, ==, expected);
	g_assert_cmpint(is_good, ==, good);
}

/* Three windows may be missing, and five seconds more. */
static void
test_health(void)
{
	g_auto(Run) run = {0};
	run_init(&run, estimated);
	Pages *pages = pages_new(run.metrics, "1.2", 20 * G_GINT64_CONSTANT(1000000000));

	assert_health(pages, TRUE, "waiting for the first record\n");
	now += 65 * S;
	assert_health(pages, TRUE, "waiting for the first record\n");
	now++;
	assert_health(pages, FALSE, "no record for 65 s\n");
	pages_add(pages, &run.values);
	assert_health(pages, TRUE, "ok\n");
	now += 65 * S;
	assert_health(pages, TRUE, "ok\n");
	now += S;
	assert_health(pages, FALSE, "no record for 66 s\n");
	pages_free(pages);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/prometheus-pages/lines", test_lines);
	g_test_add_func("/prometheus-pages/age", test_age);
	g_test_add_func("/prometheus-pages/top", test_top);
	g_test_add_func("/prometheus-pages/sources", test_sources);
	g_test_add_func("/prometheus-pages/pages", test_pages);
	g_test_add_func("/prometheus-pages/health", test_health);
	return g_test_run();
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "page.h"

#include "vmfc/vmfc-plugin.h"

/* More processes than a machine has; they bound the memory that a page can cost, to 64 MiB. */
#define MOST_SAMPLES (1024 * 1024)
/* Thirty thousand years: no process has used that much. */
#define MOST_SECONDS 1e12

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

/* Returns: (nullable): what the CPU time of a process is called in this page */
const gchar *
kepler_page_get_name(const KeplerPage *page)
{
	return page->name >= 0 ? names[page->name].name : NULL;
}

/* The labels, in any order: their sum tells one set from another. */
static gboolean
scan_identity(VmfcScan *line, guint64 seed, guint64 *identity)
{
	VmfcScan name, value;
	KeplerLabel label;

	*identity = seed;
	if (!kepler_scan_labels(line))
		return TRUE;
	while ((label = kepler_scan_label(line, &name, &value)) == KEPLER_LABEL_FOUND)
		*identity += kepler_hash(kepler_hash(seed, &name), &value);
	return label == KEPLER_LABEL_NONE;
}

/* Which of the names a line begins with; its scan goes on behind it. Returns: -1 for none */
static gint
scan_name(VmfcScan *line)
{
	for (gint i = 0; i < (gint)G_N_ELEMENTS(names); i++) {
		if (kepler_scan_metric(line, names[i].name))
			return i;
	}
	return -1;
}

static gboolean
add_sample(KeplerPage *page, VmfcScan *line, GError **error)
{
	guint64 identity;
	gdouble value;

	if (!scan_identity(line, page->seed, &identity) || !kepler_scan_value(line, &value))
		return kepler_text_set_bad_line(&page->text, "is no sample", error);
	/* a sum without this one would be too small; NaN is not within these bounds either */
	if (!(value >= 0 && value <= MOST_SECONDS))
		return kepler_text_set_bad_line(&page->text, "has no number of CPU seconds", error);
	if (page->n_samples++ == MOST_SAMPLES)
		return kepler_text_set_bad_line(&page->text,
						"is one process more than can be counted", error);
	if (!kepler_series_add(page->series, identity, value * names[page->name].seconds))
		return kepler_text_set_bad_line(&page->text, "repeats an earlier one", error);
	return TRUE;
}

static gboolean
add_line(VmfcScan line, gpointer user_data, GError **error)
{
	KeplerPage *page = user_data;
	gint name = scan_name(&line);

	if (name < 0 || (page->name >= 0 && name != page->name))
		return TRUE;
	page->name = name;
	return add_sample(page, &line, error);
}

static gboolean
check_whole(gpointer user_data, GError **error)
{
	if (((KeplerPage *)user_data)->n_samples > 0)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		    "Kepler's page has no %s: it has just started, or 'process' is not "
		    "among its metrics levels (exporter.prometheus.metricsLevel)",
		    names[0].name);
	return FALSE;
}

void
kepler_page_init(KeplerPage *page, KeplerSeries *series)
{
	*page = (KeplerPage){
		.series = series,
		.seed = ((guint64)g_random_int() << 32) | g_random_int(),
		.name = -1,
	};
	kepler_text_init(&page->text, add_line, check_whole, page);
}

void
kepler_page_clear(KeplerPage *page)
{
	kepler_text_clear(&page->text);
}

/* @most_at_first_sight: see kepler_series_begin() */
void
kepler_page_begin(KeplerPage *page, gdouble most_at_first_sight)
{
	kepler_series_begin(page->series, most_at_first_sight);
	kepler_text_begin(&page->text);
	page->n_samples = 0;
	page->name = -1;
}

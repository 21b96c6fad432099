/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "page.h"

#include "vmfc/vmfc-plugin.h"

/* More processes than a machine has. The limit keeps the memory for a page below 64 MiB. */
#define MAX_SAMPLES (1024 * 1024)
/* Thirty thousand years: no process has used that much. */
#define MAX_SECONDS 1e12

/*
 * The names of a process' CPU time: in Kepler 0.10 and later; in FEATURES of the tool before vmfc;
 * and up to 0.9, counted by eBPF in milliseconds.
 */
static const struct {
	const gchar *name;
	gdouble seconds; /* seconds per unit of the sample */
	gboolean is_bpf;
} names[] = {
	{"kepler_process_cpu_seconds_total", 1, FALSE},
	{"kepler_process_cpu_seconds", 1, FALSE},
	{"kepler_process_bpf_cpu_time_ms_total", 1e-3, TRUE},
};

/* The labels that identify the process of a sample. */
typedef struct {
	gint64 pid;	   /* -1: no numeric pid */
	guint64 container; /* a hash */
	gboolean is_kernel_processes;
} Owner;

/* Returns: (nullable): the name of a process' CPU time on this page */
const gchar *
kepler_page_get_name(const KeplerPage *page)
{
	return page->name >= 0 ? names[page->name].name : NULL;
}

/* -------------------------------------------------------- identification */

static gint64
parse_pid(const VmfcScan *value)
{
	VmfcScan rest = *value;
	gint64 pid;

	return vmfc_scan_int(&rest, &pid) && vmfc_scan_is_done(&rest) && pid >= 0 && pid <= G_MAXINT
		       ? pid
		       : -1;
}

/*
 * The kernel identifies a process by its pid. Kepler's other labels follow /proc/PID/comm and
 * /proc/PID/exe, which change while a process runs (internal/resource/informer.go,
 * populateProcessFields). Up to 0.9 they are command and container_id
 * (pkg/metrics/consts/consts.go).
 */
static gboolean
scan_owner(VmfcScan *line, guint64 seed, Owner *owner)
{
	VmfcScan name, value;
	KeplerLabel label;

	*owner = (Owner){.pid = -1};
	if (!kepler_scan_labels(line))
		return TRUE;
	while ((label = kepler_scan_label(line, &name, &value)) == KEPLER_LABEL_FOUND) {
		if (vmfc_scan_equals(&name, "pid"))
			owner->pid = parse_pid(&value);
		else if (vmfc_scan_equals(&name, "container_id"))
			owner->container = kepler_hash(seed, &value);
		else if (vmfc_scan_equals(&value, "kernel_processes"))
			owner->is_kernel_processes = TRUE;
	}
	return label == KEPLER_LABEL_NONE;
}

/* A sample without a pid is identified by all its labels, in any order. @line: is well-formed */
static KeplerIdentity
hash_labels(VmfcScan line, guint64 seed)
{
	VmfcScan name, value;
	guint64 hash = seed;

	if (kepler_scan_labels(&line)) {
		while (kepler_scan_label(&line, &name, &value) == KEPLER_LABEL_FOUND)
			hash += kepler_hash(kepler_hash(seed, &name), &value);
	}
	return hash | KEPLER_IDENTITY_OTHER;
}

/*
 * Up to 0.9 Kepler counts the idle task as a process: as pid 0, or as part of pid 1, which contains
 * all kernel tasks. The name of pid 1 is mostly kernel_processes, but can be the name of the first
 * kernel task that Kepler finds (pkg/collector/resourceutilization/bpf/process_bpf_collector.go).
 *
 * Returns: whether the sample belongs to the idle task
 */
static gboolean
record_idle(KeplerPage *page, const Owner *owner)
{
	if (owner->is_kernel_processes || (names[page->name].is_bpf && owner->pid == 1))
		page->has_kernel = TRUE;
	if (owner->pid != 0)
		return FALSE;
	page->has_idle = TRUE;
	return TRUE;
}

/* Whether the page contains the idle task's time, mixed with that of other tasks. */
gboolean
kepler_page_has_mixed_idle(const KeplerPage *page)
{
	return page->has_kernel && !page->has_idle;
}

/* ------------------------------------------------------------ lines */

/* Which of the names a line begins with; the scan continues after it. Returns: -1 for none */
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
	VmfcScan labels = *line;
	Owner owner;
	gdouble value;

	if (!scan_owner(line, page->seed, &owner) || !kepler_scan_value(line, &value))
		return kepler_text_set_bad_line("is not a valid sample", error);
	/* a sum without this one would be too small; NaN is not within these bounds either */
	if (!(value >= 0 && value <= MAX_SECONDS))
		return kepler_text_set_bad_line("has no valid number of CPU seconds", error);
	if (page->n_samples++ == MAX_SAMPLES)
		return kepler_text_set_bad_line("exceeds the maximum number of processes", error);
	if (record_idle(page, &owner))
		return TRUE;
	KeplerIdentity identity = owner.pid >= 0 ? (KeplerIdentity)owner.pid << 32 |
							   (guint32)owner.container
						 : hash_labels(labels, page->seed);
	if (!kepler_series_add(page->series, identity, value * names[page->name].seconds))
		return kepler_text_set_bad_line("repeats a process more often than Kepler does",
						error);
	return TRUE;
}

static gboolean
add_line(VmfcScan line, gpointer user_data, GError **error)
{
	KeplerPage *page = user_data;
	VmfcScan whole = line;
	gint name = scan_name(&line);

	if (name < 0)
		kepler_looks_add(&page->looks, whole);
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
		    "Kepler's page has no %s: Kepler has just started, 'process' is not among its "
		    "metrics levels (exporter.prometheus.metricsLevel), or it may not read /proc; "
		    "see its log",
		    names[0].name);
	return FALSE;
}

void
kepler_page_init(KeplerPage *page, KeplerSeries *series)
{
	guint64 seed = ((guint64)g_random_int() << 32) | g_random_int();

	*page = (KeplerPage){.series = series, .looks.seed = seed, .seed = seed, .name = -1};
	kepler_series_init(series);
	kepler_text_init(&page->text, add_line, check_whole, page);
}

void
kepler_page_clear(KeplerPage *page)
{
	kepler_text_clear(&page->text);
}

void
kepler_page_begin(KeplerPage *page)
{
	kepler_series_begin(page->series);
	kepler_looks_begin(&page->looks);
	kepler_text_begin(&page->text);
	page->n_samples = 0;
	page->name = -1;
	page->has_idle = FALSE;
	page->has_kernel = FALSE;
}

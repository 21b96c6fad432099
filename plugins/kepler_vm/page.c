/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "page.h"

#include <math.h>

#include "vmfc/vmfc-plugin.h"

/* More VMs and zones than a host has. The limits bound the memory for a page. */
#define MAX_SAMPLES 8192
/* Larger values are invalid: the limits are a million watts, and that for thirty years. */
#define MAX_WATTS  1e6
#define MAX_JOULES 1e15
/* Of a VM's name; libvirt's are shorter. */
#define NAME_SIZE 256
/* Of the names in a message. */
#define MAX_NAMED 200

/* The relevant labels of one sample. */
typedef struct {
	gchar id[NAME_SIZE];
	gchar name[NAME_SIZE];
	gchar zone_name[NAME_SIZE];
	gint zone; /* -1: a zone without a column in vmfc */
	gboolean is_over;
} Labels;

/* ------------------------------------------------------------- labels */

/* Removes the backslashes; cuts what does not fit. */
static void
unescape(const VmfcScan *value, gchar text[NAME_SIZE])
{
	gsize n = 0;

	for (const gchar *at = value->at; at < value->end && n + 1 < NAME_SIZE; at++) {
		if (*at == '\\' && at + 1 < value->end)
			at++;
		text[n++] = *at;
	}
	text[n] = '\0';
}

static gint
find_zone(const gchar *name)
{
	for (gint i = 0; i < VMFC_N_ZONES; i++) {
		if (g_str_equal(name, vmfc_zone_get_name(i)))
			return i;
	}
	return -1;
}

/* In any order. Kepler shows a VM that has ended for a while, with its last values. */
static gboolean
scan_labels(VmfcScan *line, Labels *labels)
{
	VmfcScan name, value;
	KeplerLabel label;

	*labels = (Labels){0};
	if (!kepler_scan_labels(line))
		return FALSE;
	while ((label = kepler_scan_label(line, &name, &value)) == KEPLER_LABEL_FOUND) {
		if (vmfc_scan_equals(&name, "vm_id"))
			unescape(&value, labels->id);
		else if (vmfc_scan_equals(&name, "vm_name"))
			unescape(&value, labels->name);
		else if (vmfc_scan_equals(&name, "zone"))
			unescape(&value, labels->zone_name);
		else if (vmfc_scan_equals(&name, "state"))
			labels->is_over = !vmfc_scan_equals(&value, "running");
	}
	labels->zone = find_zone(labels->zone_name);
	return label == KEPLER_LABEL_NONE;
}

/* The vm_id identifies a VM: its name may change while it runs. */
static guint64
get_vm(const VmPage *self, const Labels *labels)
{
	const gchar *told_by = labels->id[0] != '\0' ? labels->id : labels->name;
	VmfcScan text = vmfc_scan_new(told_by, strlen(told_by));

	return kepler_hash(self->seed, &text);
}

/* ----------------------------------------------------------------- VMs */

/* Returns: whether it is not in the set yet */
static gboolean
add_to_set(GHashTable *set, guint64 vm)
{
	if (g_hash_table_contains(set, &vm))
		return FALSE;
	return g_hash_table_add(set, g_memdup2(&vm, sizeof(vm)));
}

static void
add_other(VmPage *self, const Labels *labels)
{
	if (self->other_names->len <= MAX_NAMED && add_to_set(self->others, get_vm(self, labels)))
		names_append_shown(self->other_names,
				   labels->name[0] != '\0' ? labels->name : labels->id);
}

static void
add_zone(VmPage *self, const gchar *name)
{
	g_autoptr(GString) shown = g_string_new(NULL);

	names_append_shown(shown, name);
	if (self->zones->len > MAX_NAMED || strstr(self->zones->str, shown->str) != NULL)
		return;
	g_string_append_printf(self->zones, "%s%s", self->zones->len > 0 ? ", " : "", shown->str);
}

/* Returns: whether the VM is selected */
static gboolean
add_to_vms(VmPage *self, const Labels *labels)
{
	guint64 vm = get_vm(self, labels);
	NamesMatch match = names_match(self->names, labels->id, labels->name);

	if (match == NAMES_NONE) {
		add_other(self, labels);
		return FALSE;
	}
	self->any_listed |= match == NAMES_LISTED;
	self->any_whole |= match == NAMES_WHOLE;
	if (add_to_set(self->vms, vm))
		self->vm_sum += vmfc_scan_mix(vm);
	add_zone(self, labels->zone_name);
	return TRUE;
}

static VmSample *
find_sample(const VmPage *self, const Labels *labels)
{
	const VmSample fresh = {
		.identity = vmfc_scan_mix(get_vm(self, labels) + (guint64)labels->zone),
		.zone = (VmfcZone)labels->zone,
		.watts = NAN,
		.joules = NAN,
	};

	for (guint i = 0; i < self->samples->len; i++) {
		VmSample *sample = &g_array_index(self->samples, VmSample, i);
		if (sample->identity == fresh.identity)
			return sample;
	}
	g_array_append_val(self->samples, fresh);
	return &g_array_index(self->samples, VmSample, self->samples->len - 1);
}

static gboolean
set_sample(VmPage *self, const Labels *labels, gboolean is_joules, gdouble value, GError **error)
{
	gdouble most = is_joules ? MAX_JOULES : MAX_WATTS;

	/* a sum without this one would be too small; NaN is not within these bounds either */
	if (!(value >= 0 && value <= most))
		return kepler_text_set_bad_line(is_joules ? "has no valid number of joules"
							  : "has no valid number of watts",
						error);
	VmSample *sample = find_sample(self, labels);
	gdouble *to = is_joules ? &sample->joules : &sample->watts;
	if (!isnan(*to))
		return kepler_text_set_bad_line("repeats an earlier one", error);
	*to = value;
	return TRUE;
}

static gboolean
add_vm(VmPage *self, VmfcScan line, gboolean is_joules, GError **error)
{
	Labels labels;
	gdouble value;

	if (!scan_labels(&line, &labels) || !kepler_scan_value(&line, &value))
		return kepler_text_set_bad_line("is not a valid sample of a VM", error);
	self->any_vm = TRUE;
	if (labels.is_over)
		return TRUE;
	self->any_vm_joules |= is_joules;
	self->any_vm_energy |= value > 0;
	if (!add_to_vms(self, &labels))
		return TRUE;
	if (labels.zone >= 0 && !set_sample(self, &labels, is_joules, value, error))
		return FALSE;
	if (self->samples->len > MAX_SAMPLES || g_hash_table_size(self->vms) > MAX_SAMPLES)
		return kepler_text_set_bad_line("exceeds the maximum number of VMs", error);
	return TRUE;
}

/* ---------------------------------------------------------------- host */

static gboolean
begins_with(const VmfcScan *line, const gchar *text)
{
	return vmfc_scan_length(line) > strlen(text) && memcmp(line->at, text, strlen(text)) == 0;
}

static void
add_host_watts(VmPage *self, const Labels *labels, gdouble value)
{
	self->any_watts = TRUE;
	self->any_power |= value > 0;
	if (labels->zone < 0)
		return;
	gdouble *watts = &self->zone_watts[labels->zone];
	/* one per package */
	*watts = isnan(*watts) ? value : *watts + value;
}

/* Invalid numbers here are ignored: the VMs' values do not depend on them. */
static void
add_host(VmPage *self, VmfcScan line)
{
	VmfcScan rest = line;
	gboolean is_watts = kepler_scan_metric(&rest, "kepler_node_cpu_watts");
	gboolean is_active = !is_watts &&
			     kepler_scan_metric(&rest, "kepler_node_cpu_active_joules_total");
	Labels labels;
	gdouble value;

	self->values += kepler_hash(self->seed, &line);
	if (is_active || kepler_scan_metric(&rest, "kepler_node_cpu_joules_total") ||
	    kepler_scan_metric(&rest, "kepler_node_cpu_idle_joules_total")) {
		self->any_counter = TRUE;
		self->counters += kepler_hash(self->seed, &line);
	}
	if ((!is_watts && !is_active) || !scan_labels(&rest, &labels) ||
	    !kepler_scan_value(&rest, &value) || !isfinite(value))
		return;
	if (is_watts)
		add_host_watts(self, &labels, value);
	else
		self->active_joules += value;
}

/* ---------------------------------------------------------------- page */

static gint
compare_samples(gconstpointer a, gconstpointer b)
{
	const VmSample *first = a;
	const VmSample *second = b;

	return (first->identity > second->identity) - (first->identity < second->identity);
}

/* @seed: the server that makes the page does not know it */
void
vm_page_init(VmPage *page, const Names *names, guint64 seed)
{
	*page = (VmPage){
		.names = names,
		.seed = seed,
		.samples = g_array_new(FALSE, FALSE, sizeof(VmSample)),
		.vms = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL),
		.zones = g_string_new(NULL),
		.no_zone = g_string_new(NULL),
		.others = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL),
		.other_names = g_string_new(NULL),
	};
}

void
vm_page_clear(VmPage *page)
{
	g_array_unref(page->samples);
	g_hash_table_unref(page->vms);
	g_string_free(page->zones, TRUE);
	g_string_free(page->no_zone, TRUE);
	g_hash_table_unref(page->others);
	g_string_free(page->other_names, TRUE);
}

void
vm_page_begin(VmPage *page)
{
	VmPage fresh = {
		.names = page->names,
		.seed = page->seed,
		.samples = g_array_set_size(page->samples, 0),
		.vms = page->vms,
		.zones = g_string_truncate(page->zones, 0),
		.no_zone = page->no_zone,
		.others = page->others,
		.other_names = g_string_truncate(page->other_names, 0),
	};

	g_hash_table_remove_all(page->vms);
	g_hash_table_remove_all(page->others);
	for (guint i = 0; i < VMFC_N_ZONES; i++)
		fresh.zone_watts[i] = NAN;
	*page = fresh;
}

gboolean
vm_page_add_line(VmPage *page, VmfcScan line, GError **error)
{
	if (begins_with(&line, "kepler_node_cpu_"))
		add_host(page, line);
	if (!begins_with(&line, "kepler_vm_"))
		return TRUE;
	page->values += kepler_hash(page->seed, &line);
	if (kepler_scan_metric(&line, "kepler_vm_cpu_watts"))
		return add_vm(page, line, FALSE, error);
	if (kepler_scan_metric(&line, "kepler_vm_cpu_joules_total"))
		return add_vm(page, line, TRUE, error);
	return TRUE;
}

/* All lines were read. Returns: whether the page shows VMs, and which ones are selected */
gboolean
vm_page_end(VmPage *page, GError **error)
{
	if (!page->any_vm) {
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			"Kepler's page has no kepler_vm_cpu_watts: no VM runs on its host, or 'vm' "
			"is not among its metrics levels (exporter.prometheus.metricsLevel)");
		return FALSE;
	}
	if (page->any_whole && page->any_listed) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--vm-names matches one VM as a single name, and other VMs as a list: "
			    "put names that contain commas in double quotes");
		return FALSE;
	}
	g_string_printf(page->no_zone, "Kepler does not show this zone for the VMs; it shows %s",
			page->zones->str);
	g_array_sort(page->samples, compare_samples);
	return TRUE;
}

/* Returns: (transfer full): why a page shows no selected VM, as a sentence */
gchar *
vm_page_explain(const VmPage *page)
{
	if (page->other_names->len == 0)
		return g_strdup("Kepler shows no running VM");
	return g_strdup_printf(
		"Kepler shows no VM that matches --vm-names or --vm-pattern; it shows %s",
		page->other_names->str);
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "machines.h"

#include <math.h>

#include "vmfc/vmfc-plugin.h"

#define NS_PER_S 1e9
/* More VMs and zones than a host has; they bound the memory that a page can cost. */
#define MOST_SAMPLES 8192
/* Nothing draws more: a million watts, and that for thirty years. */
#define MOST_WATTS  1e6
#define MOST_JOULES 1e15
/* Of a VM's name; libvirt's are shorter. */
#define NAME_SIZE 256
/* Of the names in a sentence. */
#define MOST_NAMED 200

/* The labels of one sample that matter. */
typedef struct {
	gchar id[NAME_SIZE];
	gchar name[NAME_SIZE];
	guint64 vm;
	gint zone; /* -1: another one */
	gboolean is_over;
} Labels;

/* ------------------------------------------------------------- labels */

/* Without its backslashes; what does not fit is cut. */
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
find_zone(const VmfcScan *value)
{
	for (gint i = 0; i < N_POWER_ZONES; i++) {
		if (vmfc_scan_equals(value, power_zone_get_name(i)))
			return i;
	}
	return -1;
}

/* In any order. A VM that is over is shown on for a while, with what it used at last. */
static gboolean
scan_labels(const Machines *self, VmfcScan *line, Labels *labels)
{
	VmfcScan name, value;
	KeplerLabel label;

	*labels = (Labels){.zone = -1, .vm = self->seed};
	if (!kepler_scan_labels(line))
		return FALSE;
	while ((label = kepler_scan_label(line, &name, &value)) == KEPLER_LABEL_FOUND) {
		if (vmfc_scan_equals(&name, "vm_id")) {
			unescape(&value, labels->id);
			labels->vm += kepler_hash(self->seed + 1, &value);
		} else if (vmfc_scan_equals(&name, "vm_name")) {
			unescape(&value, labels->name);
			labels->vm += kepler_hash(self->seed + 2, &value);
		} else if (vmfc_scan_equals(&name, "zone")) {
			labels->zone = find_zone(&value);
		} else if (vmfc_scan_equals(&name, "state")) {
			labels->is_over = !vmfc_scan_equals(&value, "running");
		}
	}
	return label == KEPLER_LABEL_NONE;
}

static gboolean
is_wanted(const Machines *self, const Labels *labels)
{
	for (guint i = 0; self->names[i] != NULL; i++) {
		if (self->names[i][0] == '\0')
			continue;
		if (g_str_equal(self->names[i], labels->name) ||
		    g_ascii_strcasecmp(self->names[i], labels->id) == 0)
			return TRUE;
	}
	/* GLib turns a text around for some patterns, which it can only do with UTF-8 */
	if (self->pattern != NULL)
		return g_utf8_validate(labels->name, -1, NULL) &&
		       g_pattern_spec_match_string(self->pattern, labels->name);
	return self->anybody;
}

static gboolean
is_printable(const gchar *name)
{
	for (const gchar *at = name; *at != '\0'; at++) {
		if (g_ascii_iscntrl(*at))
			return FALSE;
	}
	return g_utf8_validate(name, -1, NULL);
}

static void
note_other(Machines *self, const Labels *labels)
{
	const gchar *name = labels->name[0] != '\0' ? labels->name : labels->id;

	if (labels->zone != POWER_ZONE_PACKAGE || self->others->len > MOST_NAMED ||
	    !is_printable(name))
		return;
	g_string_append_printf(self->others, "%s%s", self->others->len > 0 ? ", " : "", name);
}

/* -------------------------------------------------------------- lines */

static MachinesSample *
find_sample(const Machines *self, const Labels *labels)
{
	guint64 identity = vmfc_scan_mix(labels->vm + (guint64)labels->zone);
	const MachinesSample fresh = {
		.identity = identity,
		.vm = labels->vm,
		.zone = (PowerZone)labels->zone,
		.watts = NAN,
		.joules = NAN,
	};

	for (guint i = 0; i < self->now->len; i++) {
		MachinesSample *sample = &g_array_index(self->now, MachinesSample, i);
		if (sample->identity == identity)
			return sample;
	}
	g_array_append_val(self->now, fresh);
	return &g_array_index(self->now, MachinesSample, self->now->len - 1);
}

static gboolean
add_sample(Machines *self, VmfcScan line, gboolean is_joules, GError **error)
{
	gdouble most = is_joules ? MOST_JOULES : MOST_WATTS;
	Labels labels;
	gdouble value;

	if (!scan_labels(self, &line, &labels) || !kepler_scan_value(&line, &value))
		return kepler_text_set_bad_line(&self->text, "is no sample of a VM", error);
	self->has_metrics = TRUE;
	if (labels.is_over || labels.zone < 0)
		return TRUE;
	if (!is_wanted(self, &labels)) {
		if (!is_joules)
			note_other(self, &labels);
		return TRUE;
	}
	/* a sum without this one would be too small; NaN is not within these bounds either */
	if (!(value >= 0 && value <= most))
		return kepler_text_set_bad_line(
			&self->text,
			is_joules ? "has no number of joules" : "has no number of watts", error);
	MachinesSample *sample = find_sample(self, &labels);
	gdouble *to = is_joules ? &sample->joules : &sample->watts;
	if (!isnan(*to))
		return kepler_text_set_bad_line(&self->text, "repeats an earlier one", error);
	if (self->now->len > MOST_SAMPLES)
		return kepler_text_set_bad_line(&self->text, "is one VM more than can be counted",
						error);
	*to = value;
	return TRUE;
}

/* Kepler's looks at the machine change these, even where no VM does anything. */
static gboolean
tells_looks(const VmfcScan *line)
{
	static const gchar node[] = "kepler_node_cpu_";
	static const gchar vm[] = "kepler_vm_";

	return (vmfc_scan_length(line) > strlen(node) &&
		memcmp(line->at, node, strlen(node)) == 0) ||
	       (vmfc_scan_length(line) > strlen(vm) && memcmp(line->at, vm, strlen(vm)) == 0);
}

static gboolean
add_line(VmfcScan line, gpointer user_data, GError **error)
{
	Machines *self = user_data;

	if (tells_looks(&line))
		self->signature += kepler_hash(self->seed, &line);
	if (kepler_scan_metric(&line, "kepler_vm_cpu_watts"))
		return add_sample(self, line, FALSE, error);
	if (kepler_scan_metric(&line, "kepler_vm_cpu_joules_total"))
		return add_sample(self, line, TRUE, error);
	return TRUE;
}

static gboolean
check_whole(gpointer user_data, GError **error)
{
	const Machines *self = user_data;

	if (!self->has_metrics) {
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			"Kepler's page has no kepler_vm_cpu_watts: no VM runs where it looks, or "
			"'vm' is not among its metrics levels (exporter.prometheus.metricsLevel)");
		return FALSE;
	}
	return TRUE;
}

/* Returns: (transfer full): why a page that is whole shows no VM that is wanted, as a sentence */
gchar *
machines_explain(const Machines *machines)
{
	if (machines->others->len == 0)
		return g_strdup("Kepler shows no VM that runs");
	return g_strdup_printf(
		"Kepler shows no VM that --vm-names or --vm-pattern asks for; it shows "
		"%s",
		machines->others->str);
}

/* ------------------------------------------------------------ figures */

static gint
compare_samples(gconstpointer a, gconstpointer b)
{
	const MachinesSample *first = a;
	const MachinesSample *second = b;

	return (first->identity > second->identity) - (first->identity < second->identity);
}

static guint
count_vms(const GArray *samples)
{
	g_autoptr(GHashTable) vms = g_hash_table_new(g_int64_hash, g_int64_equal);

	for (guint i = 0; i < samples->len; i++)
		g_hash_table_add(vms, &g_array_index(samples, MachinesSample, i).vm);
	return g_hash_table_size(vms);
}

/* A sum without one of its parts is none. */
static void
sum_watts(const GArray *samples, guint n_vms, gdouble watts[N_POWER_ZONES])
{
	guint n_parts[N_POWER_ZONES] = {0};

	for (guint i = 0; i < N_POWER_ZONES; i++)
		watts[i] = 0;
	for (guint i = 0; i < samples->len; i++) {
		const MachinesSample *sample = &g_array_index(samples, MachinesSample, i);
		watts[sample->zone] += sample->watts;
		n_parts[sample->zone]++;
	}
	for (guint i = 0; i < N_POWER_ZONES; i++)
		watts[i] = n_parts[i] > 0 && n_parts[i] == n_vms ? watts[i] : NAN;
}

/*
 * What the VMs have used since. Where one has come or gone, or a counter has gone backwards because
 * it counts anew, nobody knows what the sum has grown by.
 */
static void
sum_growth(const Machines *self, gdouble growth[N_POWER_ZONES])
{
	gboolean same = self->any_before && self->now->len == self->before->len;

	for (guint i = 0; i < N_POWER_ZONES; i++)
		growth[i] = NAN;
	for (guint i = 0; same && i < self->now->len; i++)
		same = g_array_index(self->now, MachinesSample, i).identity ==
		       g_array_index(self->before, MachinesSample, i).identity;
	for (guint i = 0; same && i < self->now->len; i++)
		growth[g_array_index(self->now, MachinesSample, i).zone] = 0;
	for (guint i = 0; same && i < self->now->len; i++) {
		const MachinesSample *sample = &g_array_index(self->now, MachinesSample, i);
		gdouble more = sample->joules -
			       g_array_index(self->before, MachinesSample, i).joules;
		growth[sample->zone] += more >= 0 ? more : NAN;
	}
}

static void
settle_last(Machines *self, gboolean taken)
{
	if (!taken || (self->any_before && !self->differs))
		return;
	GArray *before = self->before;
	self->before = self->now;
	self->now = before;
	self->seen_to_change = self->any_before;
	self->any_before = TRUE;
	self->signature_before = self->signature;
	self->changed = self->sent;
}

static void
machines_begin(gpointer user_data, gboolean taken, gint64 now)
{
	Machines *self = user_data;

	settle_last(self, taken);
	kepler_text_begin(&self->text);
	g_array_set_size(self->now, 0);
	g_string_truncate(self->others, 0);
	self->signature = 0;
	self->has_metrics = FALSE;
	self->sent = now;
}

static void
machines_end(gpointer user_data, gboolean good)
{
	Machines *self = user_data;
	MachinesFigures *figures = &self->figures;

	if (!good)
		return;
	g_array_sort(self->now, compare_samples);
	self->differs = self->any_before && self->signature != self->signature_before;
	figures->n_vms = count_vms(self->now);
	sum_watts(self->now, figures->n_vms, figures->watts);
	sum_growth(self, figures->growth);
	gdouble since = (gdouble)(self->sent - self->changed) / NS_PER_S;
	/* when the first page had changed is not known: its span would be too short */
	figures->span = self->differs && self->seen_to_change ? since : 0;
	figures->has_changed = self->differs;
	figures->age = self->differs ? 0 : self->seen_to_change ? since : -1;
}

/*
 * @names: separated by commas, may be empty
 * @pattern: likewise, with * and ?
 * @reader: (out): for the scraper
 */
void
machines_init(Machines *machines, const gchar *names, const gchar *pattern, KeplerReader *reader)
{
	*machines = (Machines){
		.names = g_strsplit(names, ",", -1),
		.pattern = pattern[0] != '\0' ? g_pattern_spec_new(pattern) : NULL,
		.anybody = names[0] == '\0' && pattern[0] == '\0',
		.seed = ((guint64)g_random_int() << 32) | g_random_int(),
		.now = g_array_new(FALSE, FALSE, sizeof(MachinesSample)),
		.before = g_array_new(FALSE, FALSE, sizeof(MachinesSample)),
		.others = g_string_new(NULL),
	};
	for (guint i = 0; machines->names[i] != NULL; i++)
		g_strstrip(machines->names[i]);
	kepler_text_init(&machines->text, add_line, check_whole, machines);
	*reader = (KeplerReader){&machines->text, machines_begin, machines_end, machines};
}

void
machines_clear(Machines *machines)
{
	kepler_text_clear(&machines->text);
	g_strfreev(machines->names);
	g_clear_pointer(&machines->pattern, g_pattern_spec_free);
	g_array_unref(machines->now);
	g_array_unref(machines->before);
	g_string_free(machines->others, TRUE);
}

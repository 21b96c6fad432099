/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/pull/machine.h"

#include <string.h>

#define NAME_LABEL "__name__"
#define EXPORTED   "exported_"
#define MAX_NAME   100 /* of a file, without what is around it */
#define HASH_SIZE  8

/* Labels that a series has besides those of its machine. */
static const gchar *const run_labels[] = {"version", "run", "hostname", "workload", "phase", NULL};
static const gchar *const model_labels[] = {"model", NULL};
static const gchar *const zone_labels[] = {"zone", NULL};
static const gchar *const no_labels[] = {NULL};

static const struct {
	const gchar *metric;
	const gchar *const *labels;
} own_labels[] = {
	{"vmfc_run_info", run_labels},
	{"vmfc_model_info", model_labels},
	{"vmfc_power_watts", zone_labels},
	{"vmfc_power_low_watts", zone_labels},
	{"vmfc_power_high_watts", zone_labels},
	{"vmfc_energy_joules_total", zone_labels},
	{"vmfc_power_missing_seconds_total", zone_labels},
	{"vmfc_power_in_range", zone_labels},
};

static const gchar *const *
get_own_labels(const gchar *metric)
{
	for (guint i = 0; i < G_N_ELEMENTS(own_labels); i++) {
		if (g_str_equal(metric, own_labels[i].metric))
			return own_labels[i].labels;
	}
	return no_labels;
}

/*
 * Prometheus gives the label of a series a prefix if the machine has one with the same name: a
 * cloud has zones, too (prometheus.io/docs/prometheus/latest/configuration, "honor_labels").
 *
 * @name: of a label that not all series of a machine have
 *
 * Returns: "": the series does not have it
 */
const gchar *
vmfc_machine_get_label(const VmfcMachine *machine, const VmfcSeries *series, const gchar *name)
{
	g_autofree gchar *exported = g_strconcat(EXPORTED, name, NULL);

	return vmfc_series_get_label(series, g_hash_table_contains(machine->labels, name) ? exported
											  : name);
}

static gboolean
is_own(const VmfcMachine *machine, const gchar *const *own, const gchar *name)
{
	if (!g_str_has_prefix(name, EXPORTED))
		return g_strv_contains(own, name);
	const gchar *rest = name + strlen(EXPORTED);
	return g_strv_contains(own, rest) && g_hash_table_contains(machine->labels, rest);
}

/* Whether the series has all labels of the machine, and besides them only its own. */
gboolean
vmfc_machine_has(const VmfcMachine *machine, const VmfcSeries *series)
{
	const gchar *const *own = get_own_labels(vmfc_series_get_label(series, NAME_LABEL));
	GHashTableIter iter;
	gpointer name;
	gpointer value;
	guint n_shared = 0;

	g_hash_table_iter_init(&iter, series->labels);
	while (g_hash_table_iter_next(&iter, &name, &value)) {
		const gchar *expected = g_hash_table_lookup(machine->labels, name);
		if (g_str_equal(name, NAME_LABEL))
			continue;
		if (expected != NULL && g_str_equal(expected, value))
			n_shared++;
		else if (expected != NULL || !is_own(machine, own, name))
			return FALSE;
	}
	return n_shared == g_hash_table_size(machine->labels);
}

/* Quotes a text as PromQL wants it. */
void
vmfc_machine_append_quoted(GString *text, const gchar *value)
{
	g_string_append_c(text, '"');
	for (const gchar *at = value; *at != '\0'; at++) {
		if (*at == '\n')
			g_string_append(text, "\\n");
		else if (*at == '"' || *at == '\\')
			g_string_append_printf(text, "\\%c", *at);
		else
			g_string_append_c(text, *at);
	}
	g_string_append_c(text, '"');
}

/* @name_pattern: a regular expression for the names of metrics */
gchar *
vmfc_machine_build_selector(const VmfcMachine *machine, const gchar *name_pattern)
{
	return g_strdup_printf("{" NAME_LABEL "=~\"%s\"%s%s}", name_pattern,
			       machine->key[0] != '\0' ? "," : "", machine->key);
}

/* ---------------------------------------------------------------- list */

static gchar *
build_key(GHashTable *labels)
{
	g_autoptr(GString) key = g_string_new(NULL);
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(labels), (GCompareFunc)strcmp);

	for (GList *name = names; name != NULL; name = name->next) {
		if (g_str_equal(name->data, NAME_LABEL))
			continue;
		g_string_append_printf(key, "%s%s=", key->len > 0 ? "," : "",
				       (const gchar *)name->data);
		vmfc_machine_append_quoted(key, g_hash_table_lookup(labels, name->data));
	}
	return g_string_free(g_steal_pointer(&key), FALSE);
}

static void
machine_free(VmfcMachine *machine)
{
	g_hash_table_unref(machine->labels);
	g_free(machine->key);
	g_free(machine->name);
	g_free(machine);
}

/* What the server says must not choose a path: other bytes than these become _. */
static gchar *
build_safe_name(const gchar *text)
{
	static const gchar good[] =
		"-_.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	g_autofree gchar *name = g_strndup(text, MAX_NAME);

	return g_strdup(g_strcanon(name, good, '_'));
}

/* The label that names a machine best; its text may be of several machines. */
static const gchar *
find_best_label(const VmfcMachine *machine)
{
	static const gchar *const best[] = {"vm_id", "vm_name", "instance", "host", "job"};

	for (guint i = 0; i < G_N_ELEMENTS(best); i++) {
		const gchar *value = g_hash_table_lookup(machine->labels, best[i]);
		if (value != NULL)
			return value;
	}
	return "vm";
}

/* Two machines can have one name, and different texts can become one: a hash tells them apart. */
static gchar *
build_name(const VmfcMachine *machine, gboolean is_shared)
{
	const gchar *text = find_best_label(machine);
	g_autofree gchar *safe = build_safe_name(text);

	if (!is_shared && g_str_equal(safe, text))
		return g_steal_pointer(&safe);
	g_autofree gchar *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, machine->key, -1);
	return g_strdup_printf("%s-%.*s", safe, HASH_SIZE, hash);
}

/* A server could choose labels so that two names are one. */
static void
make_unique(VmfcMachine *machine, GHashTable *names)
{
	if (g_hash_table_contains(names, machine->name)) {
		g_free(machine->name);
		machine->name = g_compute_checksum_for_string(G_CHECKSUM_SHA256, machine->key, -1);
	}
	g_hash_table_add(names, machine->name);
}

static gint
compare_keys(gconstpointer a, gconstpointer b)
{
	return strcmp((*(VmfcMachine *const *)a)->key, (*(VmfcMachine *const *)b)->key);
}

/* @series: one or more of each machine, all with one name; those of a machine are alike */
GPtrArray *
vmfc_machine_list_new(const GPtrArray *series)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)machine_free);
	g_autoptr(GHashTable) keys = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) counts = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < series->len; i++) {
		const VmfcSeries *one = series->pdata[i];
		VmfcMachine *machine = g_new0(VmfcMachine, 1);
		machine->labels = g_hash_table_ref(one->labels);
		g_hash_table_remove(machine->labels, NAME_LABEL);
		machine->key = build_key(machine->labels);
		if (g_hash_table_contains(keys, machine->key)) {
			machine_free(machine);
			continue;
		}
		g_hash_table_add(keys, machine->key);
		g_ptr_array_add(list, machine);
		gchar *text = (gchar *)find_best_label(machine);
		guint n = GPOINTER_TO_UINT(g_hash_table_lookup(counts, text));
		/* NOLINTNEXTLINE(performance-no-int-to-ptr): of the macro */
		g_hash_table_insert(counts, text, GUINT_TO_POINTER(n + 1));
	}
	g_ptr_array_sort(list, compare_keys);
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	for (guint i = 0; i < list->len; i++) {
		VmfcMachine *machine = list->pdata[i];
		const gchar *text = find_best_label(machine);
		guint n = GPOINTER_TO_UINT(g_hash_table_lookup(counts, text));
		machine->name = build_name(machine, n > 1);
		make_unique(machine, names);
	}
	return list;
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/feature-list.h"

#include <string.h>

#include "base/nearest.h"
#include "vmfc/vmfc-plugin.h"

/* Features that are not plain columns, and those that are used by default. */
typedef struct {
	const gchar *name;
	VmfcFeatureForm form;
	const gchar *unit;
	gboolean is_positive; /* 0 means that it was never counted */
	gboolean is_default;
	const gchar *sum;
	const gchar *columns[3];
	const gchar *optional_columns[4];
} Known;

/*
 * The first ones are what models are made from unless the user says otherwise: what tells power on
 * machines and workloads that were not seen. More features are better on those that were seen and
 * worse on others.
 */
static const Known known[] = {
	{
		.name = "busy",
		.form = VMFC_FEATURE_SHARE,
		.is_default = TRUE,
		.sum = "cpu_busy",
		.columns = {"cpu_user_time", "cpu_system_time"},
		.optional_columns = {"cpu_nice_time", "cpu_irq", "cpu_softirq"},
	},
	{
		.name = "cpu_cycles",
		.form = VMFC_FEATURE_RATE,
		.unit = "1/s",
		.is_positive = TRUE,
		.is_default = TRUE,
		.columns = {"cpu_cycles"},
	},
	{
		.name = "instructions",
		.form = VMFC_FEATURE_RATE,
		.unit = "1/s",
		.is_positive = TRUE,
		.is_default = TRUE,
		.columns = {"instructions"},
	},
	{
		.name = "node_process_cpu_seconds_rate",
		.form = VMFC_FEATURE_VALUE,
		.unit = "s/s",
		.is_default = TRUE,
		.columns = {"node_process_cpu_seconds_rate"},
	},
	{
		.name = "user",
		.form = VMFC_FEATURE_SHARE,
		.columns = {"cpu_user_time"},
		.optional_columns = {"cpu_nice_time"},
	},
	{
		.name = "system",
		.form = VMFC_FEATURE_SHARE,
		.columns = {"cpu_system_time"},
		.optional_columns = {"cpu_irq", "cpu_softirq"},
	},
};

/* Shares of all CPU time, in percent. */
static const gchar *const shares[] = {
	"cpu_user_time",
	"cpu_system_time",
	"cpu_nice_time",
	"cpu_iowait",
	"cpu_irq",
	"cpu_softirq",
	"cpu_steal",
	"cpu_idle",
	"cpu_busy",
	"cpu_utilization",
	NULL,
};

static const gchar *const of_perf[] = {
	"cpu_cycles",
	"instructions",
	"cache_references",
	"cache_misses",
	"branches",
	"branch_misses",
	"page_faults",
	"context_switches",
	"instructions_per_cycle",
	"cache_miss_ratio",
	"branch_miss_ratio",
	"pmc_running_ratio",
	"ref_cycles",
	NULL,
};

static const gchar *const of_cpu[] = {"busy",		"user",	      "system",
				      "cpu_efficiency", "core_count", NULL};

static const gchar *const source_names[VMFC_N_SOURCES] = {"perf", "cpu", "proc", "kepler"};

static const Known *
find_known(const gchar *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
		if (g_str_equal(known[i].name, name))
			return &known[i];
	}
	return NULL;
}

static VmfcSource
find_source(const gchar *name)
{
	if (g_strv_contains(of_perf, name))
		return VMFC_SOURCE_PERF;
	if (g_strv_contains(of_cpu, name) || g_strv_contains(shares, name))
		return VMFC_SOURCE_CPU;
	return g_str_has_prefix(name, "node_process_") ? VMFC_SOURCE_KEPLER : VMFC_SOURCE_PROC;
}

/* --------------------------------------------------------------- making */

static const gchar *
get_share_unit(VmfcFeatureForm form)
{
	return form == VMFC_FEATURE_CPUS ? "CPUs" : "1";
}

static VmfcFeature *
make_known(const Known *form)
{
	VmfcFeature *feature = vmfc_feature_new(
		form->name, form->unit != NULL ? form->unit : get_share_unit(form->form),
		form->form);

	g_strfreev(feature->columns);
	feature->columns = g_strdupv((gchar **)form->columns);
	g_strfreev(feature->optional_columns);
	feature->optional_columns = g_strdupv((gchar **)form->optional_columns);
	feature->sum_column = g_strdup(form->sum);
	feature->is_positive = form->is_positive;
	return feature;
}

/* @unit: (nullable): that of the column, where it is known */
static VmfcFeature *
make_column(const gchar *name, const gchar *kind, const gchar *unit)
{
	VmfcFeatureForm form = g_strv_contains(shares, name)  ? VMFC_FEATURE_SHARE
			       : g_str_equal(kind, "counter") ? VMFC_FEATURE_RATE
							      : VMFC_FEATURE_VALUE;
	const gchar *made = form == VMFC_FEATURE_SHARE	? get_share_unit(form)
			    : form == VMFC_FEATURE_RATE ? "1/s"
							: unit;
	VmfcFeature *feature = vmfc_feature_new(name, made, form);
	const gchar *const columns[] = {name, NULL};

	g_strfreev(feature->columns);
	feature->columns = g_strdupv((gchar **)columns);
	return feature;
}

static gboolean
is_there(const Known *form, const VmfcFeatureColumns *columns)
{
	if (form->sum != NULL && columns->has_column(form->sum, columns->data))
		return TRUE;
	for (guint i = 0; form->columns[i] != NULL; i++) {
		if (!columns->has_column(form->columns[i], columns->data))
			return FALSE;
	}
	return TRUE;
}

static void
add_feature(VmfcFeatureList *list, VmfcFeature *feature)
{
	VmfcSource source = find_source(feature->name);

	g_ptr_array_add(list->features, feature);
	g_array_append_val(list->sources, source);
}

static gboolean
set_unknown(const gchar *option, const gchar *name, GError **error)
{
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--%s names %s, which is not a column of the training sets; features that are "
		    "made of several columns are busy, user and system",
		    option, name);
	return FALSE;
}

static gboolean
has_feature(const VmfcFeatureList *list, const gchar *name)
{
	for (guint i = 0; i < list->features->len; i++) {
		const VmfcFeature *feature = list->features->pdata[i];
		if (g_str_equal(feature->name, name))
			return TRUE;
	}
	return FALSE;
}

static gboolean
add_named(VmfcFeatureList *list, const gchar *name, const VmfcFeatureColumns *columns,
	  GError **error)
{
	const Known *form = find_known(name);

	if (has_feature(list, name))
		return TRUE;
	if (list->features->len == VMFC_MODEL_MAX_FEATURES) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--features names more than %d features, which is as many as a model "
			    "may have",
			    VMFC_MODEL_MAX_FEATURES);
		return FALSE;
	}
	if (form != NULL ? !is_there(form, columns) : !columns->has_column(name, columns->data))
		return set_unknown("features", name, error);
	if (form != NULL) {
		add_feature(list, make_known(form));
		return TRUE;
	}
	const gchar *kind = columns->get_kind(name, columns->data, error);
	const gchar *unit;
	if (kind == NULL || !columns->get_unit(name, columns->data, &unit, error))
		return FALSE;
	add_feature(list, make_column(name, kind, unit));
	return TRUE;
}

static gboolean
is_excluded(gchar *const *excluded, const gchar *name)
{
	return excluded != NULL && g_strv_contains((const gchar *const *)excluded, name);
}

static gboolean
check_excluded(gchar *const *excluded, const VmfcFeatureColumns *columns, GError **error)
{
	for (guint i = 0; excluded != NULL && excluded[i] != NULL; i++) {
		if (find_known(excluded[i]) == NULL &&
		    !columns->has_column(excluded[i], columns->data))
			return set_unknown("exclude", excluded[i], error);
	}
	return TRUE;
}

static gboolean
add_all(VmfcFeatureList *list, gchar *const *names, gchar *const *excluded,
	const VmfcFeatureColumns *columns, GError **error)
{
	if (!check_excluded(excluded, columns, error))
		return FALSE;
	for (guint i = 0; names == NULL && i < G_N_ELEMENTS(known); i++) {
		if (known[i].is_default && is_there(&known[i], columns) &&
		    !is_excluded(excluded, known[i].name))
			add_feature(list, make_known(&known[i]));
	}
	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		if (!is_excluded(excluded, names[i]) && !add_named(list, names[i], columns, error))
			return FALSE;
	}
	if (list->features->len > 0)
		return TRUE;
	g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "there is no feature to train from: the training sets need the columns "
			    "cpu_user_time and cpu_system_time, or cpu_busy; name others with "
			    "--features");
	return FALSE;
}

/*
 * @names: (nullable): %NULL for the usual ones that are there
 * @excluded: (nullable)
 */
VmfcFeatureList *
vmfc_feature_list_new(gchar *const *names, gchar *const *excluded,
		      const VmfcFeatureColumns *columns, GError **error)
{
	g_autoptr(VmfcFeatureList) list = g_new0(VmfcFeatureList, 1);

	list->features = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_feature_free);
	list->sources = g_array_new(FALSE, FALSE, sizeof(VmfcSource));
	return add_all(list, names, excluded, columns, error) ? g_steal_pointer(&list) : NULL;
}

/* @features: of VmfcFeature, those of a model. Returns: (transfer full) */
VmfcFeatureList *
vmfc_feature_list_new_of(const GPtrArray *features)
{
	VmfcFeatureList *list = g_new0(VmfcFeatureList, 1);

	list->features = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_feature_free);
	list->sources = g_array_new(FALSE, FALSE, sizeof(VmfcSource));
	for (guint i = 0; i < features->len; i++)
		add_feature(list, vmfc_feature_copy(features->pdata[i]));
	return list;
}

void
vmfc_feature_list_free(VmfcFeatureList *list)
{
	g_ptr_array_unref(list->features);
	g_array_unref(list->sources);
	g_free(list);
}

/* Shares of a machine become CPUs: every row tells how many it has. */
void
vmfc_feature_list_use_cpus(VmfcFeatureList *list)
{
	for (guint i = 0; i < list->features->len; i++) {
		VmfcFeature *feature = list->features->pdata[i];
		if (feature->form != VMFC_FEATURE_SHARE)
			continue;
		feature->form = VMFC_FEATURE_CPUS;
		g_free(feature->unit);
		feature->unit = g_strdup(get_share_unit(VMFC_FEATURE_CPUS));
	}
}

/* ----------------------------------------------------------- sub-models */

static void
feature_set_free(gpointer data)
{
	VmfcFeatureSet *set = data;

	g_free(set->name);
	g_array_unref(set->features);
	g_free(set);
}

static gchar *
build_name(guint used)
{
	g_autoptr(GString) name = g_string_new(NULL);

	/* the group proc has the plugin cpu in it */
	if ((used & 1U << VMFC_SOURCE_PROC) != 0)
		used &= ~(1U << VMFC_SOURCE_CPU);
	for (guint i = 0; i < VMFC_N_SOURCES; i++) {
		if ((used & 1U << i) != 0)
			g_string_append_printf(name, "%s%s", name->len > 0 ? "," : "",
					       source_names[i]);
	}
	return g_string_free(g_steal_pointer(&name), FALSE);
}

static VmfcFeatureSet *
build_set(const VmfcFeatureList *list, guint sources)
{
	VmfcFeatureSet *set = g_new0(VmfcFeatureSet, 1);
	guint used = 0;

	set->features = g_array_new(FALSE, FALSE, sizeof(guint));
	for (guint i = 0; i < list->features->len; i++) {
		guint source = 1U << g_array_index(list->sources, VmfcSource, i);
		if ((sources & source) == 0)
			continue;
		g_array_append_val(set->features, i);
		used |= source;
	}
	set->name = build_name(used);
	return set;
}

static gboolean
has_set(const GPtrArray *sets, const VmfcFeatureSet *set)
{
	for (guint i = 0; i < sets->len; i++) {
		const VmfcFeatureSet *other = sets->pdata[i];
		if (other->features->len == set->features->len &&
		    memcmp(other->features->data, set->features->data,
			   set->features->len * sizeof(guint)) == 0)
			return TRUE;
	}
	return FALSE;
}

/* Those with more features first. */
static gint
compare_sets(gconstpointer one, gconstpointer other)
{
	const VmfcFeatureSet *a = *(VmfcFeatureSet *const *)one;
	const VmfcFeatureSet *b = *(VmfcFeatureSet *const *)other;
	gint more = (gint)b->features->len - (gint)a->features->len;
	return more != 0 ? more : strcmp(a->name, b->name);
}

/*
 * What each set of plugins can give: everything has the plugin cpu, but perf and Kepler are not
 * everywhere.
 *
 * Returns: (transfer full): of VmfcFeatureSet, no two of which have the same features
 */
GPtrArray *
vmfc_feature_list_build_sets(const VmfcFeatureList *list)
{
	GPtrArray *sets = g_ptr_array_new_with_free_func(feature_set_free);

	for (guint sources = 0; sources < 1U << VMFC_N_SOURCES; sources++) {
		VmfcFeatureSet *set = build_set(list, sources);
		/* every run with another plugin can have this one as well */
		gboolean has_cpu = (sources & 1U << VMFC_SOURCE_CPU) != 0;
		if (!has_cpu || set->features->len == 0 || has_set(sets, set))
			feature_set_free(set);
		else
			g_ptr_array_add(sets, set);
	}
	g_ptr_array_sort(sets, compare_sets);
	return sets;
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "step.h"

#include <math.h>
#include <string.h>

#include "common/option-number.h"
#include "vmfc/vmfc-plugin.h"

/* A larger share of the memory would take memory that other programs need. */
#define MAX_MEMORY 0.75
#define MAX_DISK   0.5
/* With less memory no stressor runs at all. */
#define MIN_BYTES (G_GUINT64_CONSTANT(1) << 20)
#define PER_CPU	  "/cpus"
/* Larger files only take longer to remove. */
#define MAX_DISK_BYTES (G_GUINT64_CONSTANT(1) << 30)

void
stress_step_free(StressStep *step)
{
	g_free(step->phase);
	g_free(step->stressors);
	g_free(step);
}

/*
 * @name: `PREFIX`, optionally followed by `N%`, and by `/cpus` for a part of that per CPU
 * @most: the largest share
 * @whole, @limit: bytes
 *
 * Returns: whether it was understood
 */
static gboolean
append_share(GString *text, const gchar *name, const gchar *prefix, gdouble most, guint64 whole,
	     guint64 limit, guint n_cpus)
{
	gdouble percent;

	if (!g_str_has_prefix(name, prefix))
		return FALSE;
	gboolean is_for_each = g_str_has_suffix(name, PER_CPU);
	g_autofree gchar *share = g_strdup(name + strlen(prefix));
	if (is_for_each)
		share[strlen(share) - strlen(PER_CPU)] = '\0';
	if (!vmfc_option_number_parse_percent(share, 0, most * 100, &percent))
		return FALSE;
	gdouble bytes = percent / 100 * (gdouble)whole;
	if (bytes > (gdouble)limit)
		bytes = (gdouble)limit;
	bytes /= is_for_each ? n_cpus : 1;
	g_string_append_printf(text, "%" G_GUINT64_FORMAT, MAX((guint64)bytes, MIN_BYTES));
	return TRUE;
}

/* @name: the text between the braces */
static gboolean
append_value(GString *text, const gchar *name, const StressStep *step,
	     const StressMachineShare *size, GError **error)
{
	guint n_cpus = stress_step_count_cpus(step, size);

	if (g_str_equal(name, "cpus"))
		g_string_append_printf(text, "%u", n_cpus);
	else if (g_str_equal(name, "level") && !isnan(step->level))
		g_string_append_printf(text, "%g", step->level);
	else if (!append_share(text, name, STRESS_MEMORY, MAX_MEMORY, size->memory, G_MAXUINT64,
			       n_cpus) &&
		 !append_share(text, name, STRESS_DISK, MAX_DISK, size->disk, MAX_DISK_BYTES,
			       n_cpus)) {
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_USAGE,
			"'{%s}' is unknown; known are {cpus}, {memory:N%%} up to %g%%, {disk:N%%} "
			"up to %g%%, both also with /cpus, and {level} in a step with levels",
			name, MAX_MEMORY * 100, MAX_DISK * 100);
		return FALSE;
	}
	return TRUE;
}

/* Returns: (transfer full): @argument with numbers instead of `{...}` */
static gchar *
replace(const gchar *argument, const StressStep *step, const StressMachineShare *size,
	GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const gchar *rest = argument;
	const gchar *open;

	while ((open = strchr(rest, '{')) != NULL) {
		const gchar *close = strchr(open, '}');
		if (close == NULL) {
			g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "'%s' lacks a }",
				    argument);
			return NULL;
		}
		g_string_append_len(text, rest, open - rest);
		g_autofree gchar *name = g_strndup(open + 1, (gsize)(close - open - 1));
		if (!append_value(text, name, step, size, error))
			return NULL;
		rest = close + 1;
	}
	g_string_append(text, rest);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* Returns: number of CPUs of a step, at least one */
guint
stress_step_count_cpus(const StressStep *step, const StressMachineShare *size)
{
	return (guint)CLAMP(llround(step->cpu_share * size->n_cpus), 1, MAX(size->n_cpus, 1));
}

/* Returns: target load of a step in percent of the whole machine; NaN without one */
gdouble
stress_step_get_target(const StressStep *step, const StressMachineShare *size)
{
	return step->target * stress_step_count_cpus(step, size) / MAX(size->n_machine, 1);
}

/*
 * Returns: (transfer full): stress-ng's arguments for the step, empty for an idle step; %NULL with
 *   @error set
 */
gchar **
stress_step_build_arguments(const StressStep *step, const StressMachineShare *size, GError **error)
{
	g_auto(GStrv) arguments = NULL;
	g_autoptr(GError) reason = NULL;

	if (step->stressors[0] == '\0' || step->level == 0)
		return g_new0(gchar *, 1);
	if (!g_shell_parse_argv(step->stressors, NULL, &arguments, &reason)) {
		g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_USAGE, reason->message);
		return NULL;
	}
	for (guint i = 0; arguments[i] != NULL; i++) {
		gchar *argument = replace(arguments[i], step, size, error);
		if (argument == NULL)
			return NULL;
		g_free(arguments[i]);
		arguments[i] = argument;
	}
	return g_steal_pointer(&arguments);
}

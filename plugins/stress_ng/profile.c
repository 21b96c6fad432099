/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "profile.h"

#include <math.h>
#include <string.h>

#include "base/regular-file.h"
#include "common/option-number.h"
#include "vmfc/vmfc-plugin.h"

#define NS_PER_S     1e9
#define HEAD	     "workload"
#define HEAD_SECONDS "10"
#define MAX_STEPS    10000
#define MAX_FILE     (4 * 1024 * 1024)

static const gchar *const head_keys[] = {"summary", "seconds", "order", NULL};
static const gchar *const step_keys[] = {"stressors", "seconds",     "levels",
					 "cpus",      "target_load", NULL};

void
stress_profile_free(StressProfile *profile)
{
	g_free(profile->summary);
	g_ptr_array_unref(profile->steps);
	g_free(profile);
}

/* -------------------------------------------------- positions of errors */

/* A file that is being read. */
typedef struct {
	const gchar *path;
	GStrv lines;
	GKeyFile *keys;
} Source;

static void
source_clear(Source *source)
{
	g_strfreev(source->lines);
	g_clear_pointer(&source->keys, g_key_file_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Source, source_clear)

/* Returns: (nullable): the name in `[NAME]`; changes @line */
static gchar *
get_group(gchar *line)
{
	gsize length = strlen(line);

	if (line[0] != '[' || length < 2 || line[length - 1] != ']')
		return NULL;
	line[length - 1] = '\0';
	return line + 1;
}

static gboolean
line_has_key(const gchar *line, const gchar *key)
{
	gsize length = strlen(key);

	return strncmp(line, key, length) == 0 && (line[length] == '=' || line[length] == ' ');
}

/*
 * GKeyFile does not give line numbers.
 *
 * @key: (nullable): %NULL for the line with the group's name
 *
 * Returns: the number of the line, from 1
 */
static guint
find_line(const Source *source, const gchar *group, const gchar *key)
{
	gboolean inside = FALSE;
	guint found = 1;

	for (guint i = 0; source->lines[i] != NULL; i++) {
		g_autofree gchar *line = g_strstrip(g_strdup(source->lines[i]));
		const gchar *name = get_group(line);
		if (name != NULL)
			inside = g_str_equal(name, group);
		if (!inside)
			continue;
		if (name != NULL)
			found = i + 1;
		else if (key != NULL && line_has_key(line, key))
			return i + 1;
	}
	return found;
}

static gboolean G_GNUC_PRINTF(4, 5)
	refuse(const Source *source, guint line, GError **error, const gchar *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree gchar *text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "%s, line %u: %s", source->path, line,
		    text);
	return FALSE;
}

/* Checks what GKeyFile would accept, or report without a line number. */
static gboolean
check_lines(const Source *source, GError **error)
{
	g_autoptr(GHashTable) groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; source->lines[i] != NULL; i++) {
		g_autofree gchar *line = g_strstrip(g_strdup(source->lines[i]));
		const gchar *equals = strchr(line, '=');
		if (line[0] == '\0' || line[0] == '#')
			continue;
		const gchar *name = get_group(line);
		if (name == NULL && (equals == NULL || equals == line))
			return refuse(source, i + 1, error,
				      "'%s' is not [STEP], KEY=VALUE or a comment with #", line);
		if (name == NULL && g_hash_table_size(groups) == 0)
			return refuse(source, i + 1, error,
				      "a key stands before the first [...]; the file must begin "
				      "with [" HEAD "]");
		if (name != NULL && !g_hash_table_add(groups, g_strdup(name)))
			return refuse(source, i + 1, error, "[%s] occurs twice", name);
		if (name != NULL) {
			g_hash_table_remove_all(keys);
			continue;
		}
		gchar *key = g_strchomp(g_strndup(line, (gsize)(equals - line)));
		if (!g_hash_table_add(keys, key))
			return refuse(source, i + 1, error, "%s= occurs twice in its section", key);
	}
	return TRUE;
}

static gboolean
check_keys(const Source *source, const gchar *group, const gchar *const *known, GError **error)
{
	g_auto(GStrv) keys = g_key_file_get_keys(source->keys, group, NULL, NULL);

	for (guint i = 0; keys[i] != NULL; i++) {
		if (g_strv_contains(known, keys[i]))
			continue;
		g_autofree gchar *list = g_strjoinv(", ", (gchar **)known);
		return refuse(source, find_line(source, group, keys[i]), error,
			      "[%s] has no key '%s'; known keys are: %s", group, keys[i], list);
	}
	return TRUE;
}

/* -------------------------------------------------------------- values */

/* Returns: (transfer full): the value, or @otherwise when there is none */
static gchar *
get_text(const Source *source, const gchar *group, const gchar *key, const gchar *otherwise)
{
	gchar *value = g_key_file_get_value(source->keys, group, key, NULL);
	return value != NULL ? g_strstrip(value) : g_strdup(otherwise);
}

/* Sets the value of @key of @group, if there is one. */
static gboolean
read_number(const Source *source, const gchar *group, const gchar *key, gdouble least, gdouble most,
	    gdouble *value, GError **error)
{
	g_autofree gchar *text = get_text(source, group, key, NULL);

	if (text == NULL || vmfc_option_number_parse_number(text, least, most, value))
		return TRUE;
	return refuse(source, find_line(source, group, key), error,
		      "%s is '%s', but must be a number from %g to %g", key, text, least, most);
}

static gboolean
read_share(const Source *source, const gchar *group, gdouble *share, GError **error)
{
	g_autofree gchar *text = get_text(source, group, "cpus", "100%");
	gdouble percent;

	if (vmfc_option_number_parse_percent(text, 0.1, 100, &percent)) {
		*share = percent / 100;
		return TRUE;
	}
	return refuse(source, find_line(source, group, "cpus"), error,
		      "cpus must be a share of the machine's CPUs, from 0.1%% to 100%%");
}

/* --------------------------------------------------------------- steps */

static void
add_step(StressProfile *profile, const StressStep *model, const gchar *group, const gchar *level)
{
	StressStep *step = g_memdup2(model, sizeof(*model));

	step->phase = level != NULL ? g_strdup_printf("%s=%s", group, level) : g_strdup(group);
	step->stressors = g_strdup(model->stressors);
	g_ptr_array_add(profile->steps, step);
}

/* Adds a step for each level; the level is the target load. */
static gboolean
add_levels(StressProfile *profile, const Source *source, const StressStep *model,
	   const gchar *group, const gchar *text, GError **error)
{
	g_auto(GStrv) levels = g_strsplit_set(text, " \t", -1);
	gboolean any = FALSE;

	for (guint i = 0; levels[i] != NULL; i++) {
		StressStep step = *model;
		if (levels[i][0] == '\0')
			continue;
		if (!vmfc_option_number_parse_number(levels[i], 0, 100, &step.level))
			return refuse(source, find_line(source, group, "levels"), error,
				      "the level '%s' must be a number from 0 to 100", levels[i]);
		step.target = step.level;
		add_step(profile, &step, group, levels[i]);
		any = TRUE;
	}
	if (any)
		return TRUE;
	return refuse(source, find_line(source, group, "levels"), error,
		      "levels is empty; write for example levels=25 50 75");
}

/* Whether the arguments of a step are valid, on any machine. */
static gboolean
check_stressors(const Source *source, const gchar *group, const StressStep *model,
		gboolean has_levels, GError **error)
{
	const StressMachineShare size = {1, 1, 1, 1};
	StressStep step = *model;
	g_autoptr(GError) reason = NULL;

	step.level = has_levels ? 1 : NAN;
	g_auto(GStrv) arguments = stress_step_build_arguments(&step, &size, &reason);
	if (arguments != NULL)
		return TRUE;
	return refuse(source, find_line(source, group, "stressors"), error, "stressors: %s",
		      reason->message);
}

static gboolean
read_step(StressProfile *profile, const Source *source, const gchar *group, gdouble seconds,
	  GError **error)
{
	StressStep model = {.level = NAN, .target = NAN};
	g_autofree gchar *levels = get_text(source, group, "levels", NULL);
	g_autofree gchar *stressors = get_text(source, group, "stressors", NULL);

	if (!check_keys(source, group, step_keys, error))
		return FALSE;
	if (stressors == NULL)
		return refuse(source, find_line(source, group, NULL), error,
			      "[%s] lacks stressors=, the arguments of stress-ng; leave the value "
			      "empty for an idle step",
			      group);
	model.stressors = stressors;
	if (!read_number(source, group, "seconds", STRESS_STEP_MIN, STRESS_STEP_MAX, &seconds,
			 error) ||
	    !read_number(source, group, "target_load", 0, 100, &model.target, error) ||
	    !read_share(source, group, &model.cpu_share, error) ||
	    !check_stressors(source, group, &model, levels != NULL, error))
		return FALSE;
	model.length = llround(seconds * NS_PER_S);
	if (levels != NULL && !isnan(model.target))
		return refuse(
			source, find_line(source, group, "target_load"), error,
			"levels and target_load exclude each other: a level is the target load");
	if (levels != NULL)
		return add_levels(profile, source, &model, group, levels, error);
	add_step(profile, &model, group, NULL);
	return TRUE;
}

static gboolean
read_head(StressProfile *profile, const Source *source, gdouble *seconds, GError **error)
{
	g_autofree gchar *order = get_text(source, HEAD, "order", "file");

	if (!g_key_file_has_group(source->keys, HEAD))
		return refuse(source, 1, error, "[" HEAD "] with a summary is missing");
	profile->summary = get_text(source, HEAD, "summary", NULL);
	if (!check_keys(source, HEAD, head_keys, error) ||
	    !read_number(source, HEAD, "seconds", STRESS_STEP_MIN, STRESS_STEP_MAX, seconds, error))
		return FALSE;
	if (profile->summary == NULL || profile->summary[0] == '\0')
		return refuse(source, find_line(source, HEAD, "summary"), error,
			      "summary= is missing: describe the workload in one line");
	profile->is_random = g_str_equal(order, "random");
	if (profile->is_random || g_str_equal(order, "file"))
		return TRUE;
	return refuse(source, find_line(source, HEAD, "order"), error,
		      "order is '%s', but must be file or random", order);
}

static gboolean
read_profile(StressProfile *profile, const Source *source, GError **error)
{
	gdouble seconds = g_ascii_strtod(HEAD_SECONDS, NULL);

	if (!read_head(profile, source, &seconds, error))
		return FALSE;
	g_auto(GStrv) groups = g_key_file_get_groups(source->keys, NULL);
	for (guint i = 0; groups[i] != NULL; i++) {
		if (!g_str_equal(groups[i], HEAD) &&
		    !read_step(profile, source, groups[i], seconds, error))
			return FALSE;
	}
	if (profile->steps->len == 0 || profile->steps->len > MAX_STEPS)
		return refuse(source, 1, error, "there are %u steps, but must be 1 to %d",
			      profile->steps->len, MAX_STEPS);
	return TRUE;
}

/*
 * @path: of a file in the form that README.md describes
 *
 * Returns: (transfer full): %NULL with @error set, which names the line
 */
StressProfile *
stress_profile_new(const gchar *path, GError **error)
{
	g_autoptr(StressProfile) profile = g_new0(StressProfile, 1);
	g_auto(Source) source = {.path = path, .keys = g_key_file_new()};
	g_autofree gchar *text = NULL;
	g_autoptr(GError) reason = NULL;

	profile->steps = g_ptr_array_new_with_free_func((GDestroyNotify)stress_step_free);
	text = vmfc_regular_file_read(path, MAX_FILE, NULL, &reason);
	if (text == NULL) {
		g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_USAGE, reason->message);
		return NULL;
	}
	source.lines = g_strsplit(text, "\n", -1);
	if (!check_lines(&source, error))
		return NULL;
	if (!g_key_file_load_from_data(source.keys, text, (gsize)-1, G_KEY_FILE_NONE, &reason)) {
		refuse(&source, 1, error, "%s", reason->message);
		return NULL;
	}
	return read_profile(profile, &source, error) ? g_steal_pointer(&profile) : NULL;
}

/* Returns: (transfer full): the summary of a file, even if the rest of the file is invalid */
gchar *
stress_profile_read_summary(const gchar *path)
{
	g_autoptr(GKeyFile) keys = g_key_file_new();
	g_autofree gchar *summary = NULL;

	g_autofree gchar *text = vmfc_regular_file_read(path, MAX_FILE, NULL, NULL);

	if (text != NULL && g_key_file_load_from_data(keys, text, (gsize)-1, G_KEY_FILE_NONE, NULL))
		summary = g_key_file_get_value(keys, HEAD, "summary", NULL);
	return summary != NULL ? g_steal_pointer(&summary) : g_strdup(path);
}

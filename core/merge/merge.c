/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "merge/merge.h"

#include <math.h>
#include <stdio.h>
#include <sys/stat.h>

#include "merge/merge-report.h"
#include "merge/sample.h"

/* If more rows are out of order, the file is not sorted. */
#define MOST_UNORDERED 0.5
/* A lag of less than this part of a window harms nobody. */
#define SMALL_LAG 0.5

static void
join_clear(VmfcJoin *join)
{
	g_clear_pointer(&join->files, g_ptr_array_unref);
	g_clear_pointer(&join->train, g_ptr_array_unref);
	g_clear_pointer(&join->test, g_ptr_array_unref);
	vmfc_split_clear(&join->split);
	vmfc_quality_clear(&join->quality);
	vmfc_power_clear(&join->power);
	g_clear_pointer(&join->features, vmfc_table_free);
	g_clear_pointer(&join->power.table, vmfc_table_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmfcJoin, join_clear)

/* Of the output: the whole set and its parts in each form, and the report. */
static const gchar *const parts[] = {"", ".train", ".test"};
#define N_TRAINING_FILES (G_N_ELEMENTS(parts) * VMFC_N_FORMS)
#define N_OUTPUTS	 (N_TRAINING_FILES + 1)

/* Returns: (transfer full): what the name of that file ends with */
static gchar *
build_extension(guint output)
{
	if (output == N_TRAINING_FILES)
		return g_strdup(".report.json");
	return g_strconcat(parts[output / VMFC_N_FORMS], ".",
			   vmfc_form_get_name(output % VMFC_N_FORMS), NULL);
}

/* ------------------------------------------------------------- opening */

/* Local times without a zone: from the other file, which may tell it; else they are this machine's.
 */
static gboolean
find_zone(VmfcRowTime *clock, VmfcTable *table, const VmfcRowTime *other, VmfcTable *other_table,
	  GError **error)
{
	gdouble zone;
	gdouble last;

	if (!clock->needs_zone)
		return TRUE;
	if (!vmfc_row_time_find_zone(other, other_table, &zone, &last, error))
		return FALSE;
	gboolean from_other = !isnan(zone);
	if (!from_other && !vmfc_row_time_find_machine_zone(clock, table, &zone, &last, error))
		return FALSE;
	if (zone != last) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s has local times that do not say their zone, and the clocks were "
			    "changed by %.0f minutes meanwhile: give a file that has "
			    "timestamp_absolute, as the old tool's JSON, or cut it there",
			    table->source->path, fabs(last - zone) / 60);
		return FALSE;
	}
	clock->zone = zone;
	clock->first -= zone;
	guint minutes = (guint)(fabs(zone) / 60);
	g_message("%s has local times that do not say their zone; taken as UTC%c%02u:%02u, %s",
		  table->source->path, zone < 0 ? '-' : '+', minutes / 60, minutes % 60,
		  from_other ? "as in the other file" : "as on this machine");
	return TRUE;
}

static gboolean
is_same_file(const gchar *path, const VmfcTable *table)
{
	struct stat one;
	struct stat other;
	return stat(path, &one) == 0 && fstat(table->source->fd, &other) == 0 &&
	       one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/*
 * Nobody wants what is read to be renamed because the result takes its name, or because it looks
 * like a part of an earlier merge.
 */
static gboolean
check_output(const VmfcJoin *join, VmfcOutputSet *set, GError **error)
{
	for (guint i = 0; i < N_OUTPUTS; i++) {
		g_autofree gchar *extension = build_extension(i);
		g_autofree gchar *path = vmfc_output_set_build_path(set, extension);
		if (!is_same_file(path, join->features) && !is_same_file(path, join->power.table))
			continue;
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--output would write or rename %s, which is to be read: choose "
			    "another name",
			    path);
		return FALSE;
	}
	return TRUE;
}

static gboolean
check_labels(const VmfcTable *features, GError **error)
{
	static const gchar *const names[] = {"power_method", "power_stale", "time_diff"};

	for (guint i = 0; i < G_N_ELEMENTS(names) + VMFC_N_ZONES; i++) {
		g_autofree gchar *name = i < VMFC_N_ZONES
						 ? g_strconcat("power_watts_",
							       vmfc_power_get_zone_name(i), NULL)
						 : g_strdup(names[i - VMFC_N_ZONES]);
		if (vmfc_table_find(features, name) < 0)
			continue;
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_IO,
			"%s has the column %s, as a file that was merged already: give what was "
			"recorded in the machine",
			features->source->path, name);
		return FALSE;
	}
	return TRUE;
}

static gboolean
open_tables(VmfcJoin *join, GError **error)
{
	const VmfcMergeArguments *wish = join->wish;
	VmfcPower *power = &join->power;

	join->features = vmfc_table_open(wish->features, error);
	if (join->features == NULL || !vmfc_row_time_init(&join->clock, join->features, error) ||
	    !check_labels(join->features, error))
		return FALSE;
	power->table = vmfc_table_open(wish->power, error);
	if (power->table == NULL || !vmfc_row_time_init(&power->clock, power->table, error))
		return FALSE;
	if (!find_zone(&join->clock, join->features, &power->clock, power->table, error) ||
	    !find_zone(&power->clock, power->table, &join->clock, join->features, error))
		return FALSE;
	return vmfc_power_init(power, power->table, wish->source, wish->longest_gap, error);
}

/* Which zone threshold and lag go by. */
static gboolean
choose_zone(VmfcJoin *join, GError **error)
{
	guint zone = 0;

	if (join->wish->zone >= 0)
		zone = (guint)join->wish->zone;
	else
		while (join->power.zones[zone].column < 0)
			zone++;
	join->zone = zone;
	if (join->power.zones[zone].column >= 0)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
		    "--power-zone %s: %s has no power of that zone", vmfc_power_get_zone_name(zone),
		    join->power.table->source->path);
	return FALSE;
}

/* ------------------------------------------------------------- the lag */

static gboolean
use_lag(VmfcJoin *join, VmfcLag *lag, GError **error)
{
	const VmfcMergeArguments *wish = join->wish;
	VmfcPower *power = &join->power;

	power->shift = wish->offset;
	if (!vmfc_sample_estimate_lag(join->features, &join->clock, power, join->zone,
				      wish->longest_lag, lag, error))
		return FALSE;
	if (!lag->is_found && wish->estimate_offset) {
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_IO,
			"--estimate-offset: no lag can be told: %s; give it with --offset, or do "
			"without",
			lag->reason);
		return FALSE;
	}
	lag->seconds += wish->offset; /* between the clocks as they are */
	lag->other += wish->offset;
	if (lag->is_found && !isnan(lag->other))
		g_message("the load comes and goes regularly: a lag of %.1f s would fit as well as "
			  "%.1f s",
			  lag->other, lag->seconds);
	if (wish->estimate_offset)
		power->shift = lag->seconds;
	return TRUE;
}

/* After the merge, when the windows are known. */
static void
tell_lag(const VmfcJoin *join, const VmfcLag *lag)
{
	gdouble rest = lag->seconds - join->power.shift;
	gdouble window = join->quality.longest_window;

	if (lag->is_found && fabs(rest) > SMALL_LAG * window)
		g_message("power is %.2f s %s the features, with windows of %.2f s: "
			  "--estimate-offset takes that out",
			  fabs(rest), rest < 0 ? "ahead of" : "behind", window);
}

/* --------------------------------------------------------------- files */

static GPtrArray *
create_files(const VmfcJoin *join, VmfcOutputSet *set, const gchar *part, GError **error)
{
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(
		(GDestroyNotify)vmfc_training_file_free);

	for (guint i = 0; i < VMFC_N_FORMS; i++) {
		if (!join->wish->forms[i])
			continue;
		VmfcTrainingFile *file = vmfc_training_file_new(set, part, i, join->features,
								&join->power, error);
		if (file == NULL)
			return NULL;
		g_ptr_array_add(files, file);
	}
	return g_steal_pointer(&files);
}

static gboolean
create_all(VmfcJoin *join, VmfcOutputSet *set, GError **error)
{
	join->files = create_files(join, set, "", error);
	if (join->files == NULL || join->wish->test_share == 0)
		return join->files != NULL;
	join->train = create_files(join, set, ".train", error);
	if (join->train == NULL)
		return FALSE;
	join->test = create_files(join, set, ".test", error);
	return join->test != NULL;
}

static gboolean
publish_files(GPtrArray *files, VmfcOutputSet *set, GError **error)
{
	for (guint i = 0; files != NULL && i < files->len; i++) {
		VmfcTrainingFile *file = files->pdata[i];
		if (!vmfc_training_file_publish(file, set, error))
			return FALSE;
		printf("%s: %" G_GUINT64_FORMAT " rows\n", file->draft->path, file->n_rows);
	}
	return TRUE;
}

/* What an earlier merge has written stays together, also what this one does not write. */
static gboolean
keep_earlier(VmfcOutputSet *set, GError **error)
{
	g_autofree gchar *report = vmfc_output_set_build_path(set, ".report.json");
	gboolean any = g_file_test(report, G_FILE_TEST_EXISTS);

	for (guint i = 0; any && i < N_TRAINING_FILES; i++) {
		g_autofree gchar *extension = build_extension(i);
		if (!vmfc_output_set_keep_old(set, extension, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
publish_all(VmfcJoin *join, VmfcOutputSet *set, const VmfcLag *lag, GError **error)
{
	g_autoptr(VmfcDraft) report = vmfc_draft_new(set, ".report.json", error);
	g_autofree gchar *text = vmfc_merge_report_to_json(join, lag);

	if (report == NULL || !vmfc_draft_add(report, text, error) || !keep_earlier(set, error) ||
	    !publish_files(join->files, set, error) || !publish_files(join->train, set, error) ||
	    !publish_files(join->test, set, error) || !vmfc_draft_publish(report, set, error))
		return FALSE;
	printf("%s\n", report->path);
	return TRUE;
}

/* ----------------------------------------------------------- what is odd */

static void
tell_table(const VmfcTable *table)
{
	if (table->is_cut)
		g_warning("%s ends within a row, as when its writer was killed: its "
			  "%" G_GUINT64_FORMAT " whole rows are used",
			  table->source->path, table->n_rows);
	if (table->n_uneven > 0)
		g_warning(
			"%s has %" G_GUINT64_FORMAT
			" rows with more or fewer cells than its first line has names (first: row "
			"%" G_GUINT64_FORMAT "): they are left out",
			table->source->path, table->n_uneven, table->uneven_at);
}

static gboolean
tell_order(const VmfcTable *table, guint64 n_rows, guint64 n_unordered, guint64 at, guint64 n_same,
	   GError **error)
{
	const gchar *path = table->source->path;

	if ((gdouble)n_unordered > MOST_UNORDERED * (gdouble)n_rows) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s is not in the order of time: %" G_GUINT64_FORMAT
			    " of %" G_GUINT64_FORMAT
			    " rows are earlier than one before them (first: row %" G_GUINT64_FORMAT
			    "); sort it",
			    path, n_unordered, n_rows, at);
		return FALSE;
	}
	if (n_unordered > 0)
		g_warning(
			"%s has %" G_GUINT64_FORMAT
			" rows that are earlier than one before them (first: row %" G_GUINT64_FORMAT
			"): they are left out; sort it to keep them",
			path, n_unordered, at);
	if (n_same > 0)
		g_warning("%s has %" G_GUINT64_FORMAT
			  " rows with the time of the row before them: they are left out",
			  path, n_same);
	return TRUE;
}

static gboolean
set_unmatched(const VmfcJoin *join, GError **error)
{
	const VmfcQuality *quality = &join->quality;
	const VmfcPower *power = &join->power;
	g_autofree gchar *from = vmfc_row_time_format(quality->first_time);
	g_autofree gchar *to = vmfc_row_time_format(quality->last_time);
	g_autofree gchar *power_from = vmfc_row_time_format(power->first_time);
	g_autofree gchar *power_to = vmfc_row_time_format(power->last_time);

	if (quality->last_time < power->first_time || quality->first_time > power->last_time)
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_IO,
			"%s (%s to %s) and %s (%s to %s) have no time in common: give files of one "
			"run, or --offset %.0f if only the clocks differ",
			join->wish->features, from, to, join->wish->power, power_from, power_to,
			power->shift + power->first_time - quality->first_time);
	else if (quality->n_unmatched[VMFC_UNMATCHED_THRESHOLD] > 0)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "no row is left: all are below --min-power-threshold %g",
			    join->wish->least_power);
	else if (power->n_no_value == power->n_rows)
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_IO,
			"%s has no value of power in any of its %" G_GUINT64_FORMAT " rows: %s",
			join->wish->power, power->n_rows,
			join->wish->source >= 0
				? "without --power-source other columns are used as well"
				: "vmfc on the host says at its start what is missing there and "
				  "why, and so does vmfc --check");
	else
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "no row is left: there is no power within --tolerance %g s of any "
			    "window of "
			    "%s",
			    join->wish->tolerance, join->wish->features);
	return FALSE;
}

static gboolean
tell_all(const VmfcJoin *join, GError **error)
{
	const VmfcQuality *quality = &join->quality;
	const VmfcPower *power = &join->power;

	tell_table(join->features);
	tell_table(power->table);
	if (!tell_order(join->features, quality->n_rows,
			quality->n_unmatched[VMFC_UNMATCHED_UNORDERED], quality->unordered_at,
			quality->n_unmatched[VMFC_UNMATCHED_SAME_TIME], error) ||
	    !tell_order(power->table, power->n_rows, power->n_unordered, power->unordered_at,
			power->n_same_time, error))
		return FALSE;
	if (power->n_no_vm > 0)
		g_message(
			"%s: in %" G_GUINT64_FORMAT
			" rows no virtual machine was found (vm_count 0); their power is taken as "
			"missing, not as 0",
			power->table->source->path, power->n_no_vm);
	if (power->n_impossible > 0)
		g_warning("%s has %" G_GUINT64_FORMAT
			  " values of power that are below 0 or above a million watts: they are "
			  "taken as missing; look at what wrote them",
			  power->table->source->path, power->n_impossible);
	if (quality->n_matched == 0)
		return set_unmatched(join, error);
	const guint64 *n_rows = join->split.n_rows;
	if (join->wish->test_share > 0 &&
	    (n_rows[VMFC_PART_TRAIN] == 0 || n_rows[VMFC_PART_TEST] == 0))
		g_warning("--split: there is nothing for %s, as none of the rows chosen for it has "
			  "power; try another --seed or share",
			  n_rows[VMFC_PART_TEST] == 0 ? "testing" : "training");
	return TRUE;
}

/* Returns: %FALSE with a sentence for the user in @error; then no file has appeared */
gboolean
vmfc_merge_run(const VmfcMergeArguments *wish, GError **error)
{
	g_autoptr(VmfcOutputSet) set = vmfc_output_set_new(wish->output, 0);
	g_auto(VmfcJoin) join = {.wish = wish};
	VmfcLag lag = {0};

	if (!open_tables(&join, error) || !check_output(&join, set, error) ||
	    !choose_zone(&join, error))
		return FALSE;
	vmfc_quality_init(&join.quality, join.features);
	gboolean done = use_lag(&join, &lag, error) &&
			(wish->test_share == 0 ||
			 vmfc_split_init(&join.split, join.features, &join.clock, wish->test_share,
					 wish->seed, error)) &&
			create_all(&join, set, error) && vmfc_join_run(&join, error) &&
			tell_all(&join, error) && publish_all(&join, set, &lag, error);
	if (done) {
		g_autofree gchar *text = vmfc_merge_report_to_text(&join, &lag);
		fputs(text, stdout);
		tell_lag(&join, &lag);
	}
	vmfc_lag_clear(&lag);
	return done;
}

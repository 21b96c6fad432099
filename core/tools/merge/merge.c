/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/merge.h"

#include <malloc.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/regular-file.h"
#include "tools/merge/merge-report.h"
#include "tools/merge/merge-summary.h"
#include "tools/merge/training-meta.h"
#include "output/path-check.h"

/* Bytes. */
#define LARGE (128 * 1024)

static void
join_clear(VmfcJoin *join)
{
	g_clear_pointer(&join->files, g_ptr_array_unref);
	g_clear_pointer(&join->train, g_ptr_array_unref);
	g_clear_pointer(&join->test, g_ptr_array_unref);
	vmfc_split_clear(&join->split);
	vmfc_columns_clear(&join->columns);
	g_clear_pointer(&join->pairs, g_ptr_array_unref);
	g_clear_pointer(&join->spill, vmfc_spill_file_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmfcJoin, join_clear)

/* The outputs are the whole set and its parts in each form, the report, and the meta file. */
static const gchar *const parts[] = {"", ".train", ".test"};
#define N_TRAINING_FILES (G_N_ELEMENTS(parts) * VMFC_N_FORMS)
#define N_OUTPUTS	 (N_TRAINING_FILES + 2)

/* Returns: (transfer full): the extension of that output */
static gchar *
build_extension(guint output)
{
	if (output == N_TRAINING_FILES)
		return g_strdup(".report.json");
	if (output > N_TRAINING_FILES)
		return g_strdup(".meta.json");
	return g_strconcat(parts[output / VMFC_N_FORMS], ".",
			   vmfc_form_get_name(output % VMFC_N_FORMS), NULL);
}

/* ------------------------------------------------------------- opening */

/* Raises the limit of open files, because each run has two files open until the end. */
static void
raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* Files in several folders often have the same name. The second NAME becomes NAME_2. */
static void
make_unique(GHashTable *names, VmfcPair *pair)
{
	g_autofree gchar *name = g_strdup(pair->run);

	for (guint i = 2; g_hash_table_contains(names, name); i++) {
		g_free(name);
		name = g_strdup_printf("%s_%u", pair->run, i);
	}
	g_free(pair->run);
	pair->run = g_steal_pointer(&name);
	g_hash_table_add(names, pair->run);
}

/*
 * Warns about a file that is given twice. Its rows are in the set twice, and a split by time may
 * put them into both parts.
 *
 * @files: of features, by device and inode
 */
static void
warn_duplicate(GHashTable *files, const VmfcPair *pair)
{
	struct stat info;

	if (fstat(pair->features->source->fd, &info) == 0 &&
	    !g_hash_table_add(files, g_strdup_printf("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT,
						     (guint64)info.st_dev, (guint64)info.st_ino)))
		g_warning("%s is given twice: its rows are in the training set twice",
			  pair->features->source->path);
}

/* Reads the meta files of both files. @pair: its columns have been added */
static void
read_meta(VmfcJoin *join, VmfcPair *pair)
{
	const VmfcPair *first = join->pairs->pdata[0];
	g_autoptr(JsonNode) features = vmfc_input_meta_read(&pair->features_meta, pair->features,
							    &pair->clock);

	if (features != NULL)
		vmfc_columns_describe(&join->columns, pair->features,
				      json_node_get_object(features));
	/* one power file for all runs is read only once */
	if (pair != first && join->options->power[1] == NULL) {
		pair->power_meta.reason = g_strdup(first->power_meta.reason);
		return;
	}
	/* checked here; its contents are read again for the meta file of the set */
	JsonNode *power = vmfc_input_meta_read(&pair->power_meta, pair->power.table,
					       &pair->power.clock);
	g_clear_pointer(&power, json_node_unref);
}

static gboolean
open_pairs(VmfcJoin *join, GError **error)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	raise_file_limit();
	if (join->options->features[1] != NULL) {
		join->spill = vmfc_spill_file_new(join->options->output, error);
		if (join->spill == NULL)
			return FALSE;
	}
	for (guint i = 0; join->options->features[i] != NULL; i++) {
		VmfcPair *pair = vmfc_pair_open(join->options, i, error);
		if (pair == NULL)
			return FALSE;
		g_ptr_array_add(join->pairs, pair);
		make_unique(names, pair);
		warn_duplicate(files, pair);
		pair->spill = join->spill;
		if (!vmfc_columns_add_run(&join->columns, pair->features, &pair->power, error))
			return FALSE;
		read_meta(join, pair);
		if (!vmfc_pair_put_aside(pair, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
is_same_file(const gchar *path, const VmfcTable *table)
{
	return vmfc_regular_file_is_open_as(path, table->source->fd);
}

static gboolean
is_meta(const gchar *path, const VmfcInputMeta *meta)
{
	return meta->reason == NULL && vmfc_regular_file_is_same(path, meta->path);
}

static gboolean
is_input(const VmfcJoin *join, const gchar *path)
{
	for (guint i = 0; i < join->pairs->len; i++) {
		const VmfcPair *pair = join->pairs->pdata[i];
		if (is_same_file(path, pair->features) || is_same_file(path, pair->power.table) ||
		    is_meta(path, &pair->features_meta) || is_meta(path, &pair->power_meta))
			return TRUE;
	}
	return FALSE;
}

/*
 * An input must not be renamed because an output has its name, or because it looks like a part of
 * an earlier merge.
 */
static gboolean
check_output(const VmfcJoin *join, VmfcRunFiles *set, GError **error)
{
	for (guint i = 0; i < N_OUTPUTS; i++) {
		g_autofree gchar *extension = build_extension(i);
		g_autofree gchar *path = vmfc_run_files_build_path(set, extension);
		if (!is_input(join, path))
			continue;
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--output would write or rename %s, which is an input: choose another "
			    "name",
			    path);
		return FALSE;
	}
	/* the longest name */
	g_autofree gchar *report = vmfc_run_files_build_path(set, ".report.json");
	return vmfc_path_check(report, FALSE, error);
}

static GPtrArray *
create_files(const VmfcJoin *join, VmfcRunFiles *set, const gchar *part, GError **error)
{
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(
		(GDestroyNotify)vmfc_training_file_free);

	for (guint i = 0; i < VMFC_N_FORMS; i++) {
		if (!join->options->forms[i])
			continue;
		VmfcTrainingFile *file = vmfc_training_file_new(set, part, i, &join->columns,
								error);
		if (file == NULL)
			return NULL;
		g_ptr_array_add(files, file);
	}
	return g_steal_pointer(&files);
}

static gboolean
create_all(VmfcJoin *join, VmfcRunFiles *set, GError **error)
{
	join->files = create_files(join, set, "", error);
	if (join->files == NULL || join->options->test_share == 0)
		return join->files != NULL;
	join->train = create_files(join, set, ".train", error);
	if (join->train == NULL)
		return FALSE;
	join->test = create_files(join, set, ".test", error);
	return join->test != NULL;
}

static gboolean
publish_files(GPtrArray *files, VmfcRunFiles *set, GError **error)
{
	for (guint i = 0; files != NULL && i < files->len; i++) {
		VmfcTrainingFile *file = files->pdata[i];
		if (!vmfc_training_file_publish(file, set, error))
			return FALSE;
		printf("%s: %" G_GUINT64_FORMAT " rows\n", file->draft->path, file->n_rows);
	}
	return TRUE;
}

/* Renames all files of an earlier merge together, also those that this merge does not write. */
static gboolean
rename_earlier(VmfcRunFiles *set, GError **error)
{
	g_autofree gchar *report = vmfc_run_files_build_path(set, ".report.json");
	gboolean any = g_file_test(report, G_FILE_TEST_EXISTS);

	for (guint i = 0; any && i < N_TRAINING_FILES; i++) {
		g_autofree gchar *extension = build_extension(i);
		if (!vmfc_run_files_keep_old(set, extension, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
publish_all(VmfcJoin *join, VmfcRunFiles *set, GError **error)
{
	g_autoptr(VmfcAtomicFile) report = vmfc_atomic_file_new(set, ".report.json", error);
	g_autoptr(VmfcAtomicFile) meta = NULL;

	if (report == NULL || !vmfc_merge_report_write(join, report, error))
		return FALSE;
	meta = vmfc_atomic_file_new(set, ".meta.json", error);
	if (meta == NULL || !vmfc_training_meta_write(join, meta, error) ||
	    !rename_earlier(set, error) || !publish_files(join->files, set, error) ||
	    !publish_files(join->train, set, error) || !publish_files(join->test, set, error) ||
	    !vmfc_atomic_file_publish(report, set, error) ||
	    !vmfc_atomic_file_publish(meta, set, error))
		return FALSE;
	printf("%s\n%s\n", report->path, meta->path);
	return TRUE;
}

/* -------------------------------------------------------------- warnings */

/* Two plugins or tools do not measure the same as the power of a zone. */
static void
warn_mixed_sources(const VmfcJoin *join)
{
	const VmfcPair *first = join->pairs->pdata[0];

	for (guint i = 1; i < join->pairs->len; i++) {
		const VmfcPair *pair = join->pairs->pdata[i];
		if (vmfc_power_is_alike(&first->power, &pair->power))
			continue;
		g_autofree gchar *one = vmfc_pair_build_power_column(first);
		g_autofree gchar *other = vmfc_pair_build_power_column(pair);
		g_warning("the labels of %s are from %s, those of %s from %s, which do not measure "
			  "the same: record all runs the same way, or choose with --power-source",
			  first->run, one, pair->run, other);
		return;
	}
}

static void
warn_empty_part(const VmfcJoin *join)
{
	const guint64 *n_rows = join->split.n_rows;

	if (join->options->test_share > 0 &&
	    (n_rows[VMFC_PART_TRAIN] == 0 || n_rows[VMFC_PART_TEST] == 0))
		g_warning("--split: no rows for %s, because none of the rows chosen for it has "
			  "power; try another --seed or share",
			  n_rows[VMFC_PART_TEST] == 0 ? "testing" : "training");
}

/* ------------------------------------------------------------- the merge */

static gboolean
run_pair(VmfcJoin *join, VmfcPair *pair, GError **error)
{
	if (!vmfc_pair_take_back(pair, error))
		return FALSE;
	vmfc_columns_find_origin(&join->columns, pair->features, &pair->origin);
	return vmfc_pair_find_lag(pair, join->options, error) && vmfc_join_run(join, pair, error) &&
	       vmfc_pair_check(pair, join->options, error) && vmfc_pair_put_aside(pair, error);
}

/*
 * Returns large blocks to the system when they are freed. Else glibc raises its threshold to the
 * largest freed block and keeps that memory (mallopt(3), M_MMAP_THRESHOLD).
 */
static void
limit_heap(void)
{
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, LARGE);
#endif
}

/* Returns: %FALSE with a message for the user in @error; then there are no new files */
gboolean
vmfc_merge_run(const VmfcMergeArguments *options, GError **error)
{
	static const gchar *const extensions[] = {".json", ".jsonl", ".csv", NULL};
	g_autoptr(VmfcRunFiles) set = vmfc_run_files_new(options->output, extensions, 0);
	g_auto(VmfcJoin) join = {.options = options};

	limit_heap();
	join.pairs = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_pair_free);
	vmfc_columns_init(&join.columns);
	if (!open_pairs(&join, error) || !check_output(&join, set, error))
		return FALSE;
	warn_mixed_sources(&join);
	if (options->test_share > 0 &&
	    !vmfc_split_init(&join.split, join.pairs, options->test_share, options->seed, error))
		return FALSE;
	if (!create_all(&join, set, error))
		return FALSE;
	for (guint i = 0; i < join.pairs->len; i++) {
		if (!run_pair(&join, join.pairs->pdata[i], error))
			return FALSE;
	}
	warn_empty_part(&join);
	if (!publish_all(&join, set, error))
		return FALSE;
	vmfc_merge_summary_print(&join);
	for (guint i = 0; i < join.pairs->len; i++)
		vmfc_pair_report_lag(join.pairs->pdata[i]);
	return TRUE;
}

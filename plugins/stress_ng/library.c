/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "library.h"

#include <string.h>

#define SUFFIX ".conf"

/* Returns: (transfer full): the folders of profiles; the first folder with a name is used for it */
static gchar **
list_folders(VmfcContext *context)
{
	const gchar *given = vmfc_context_get_string(context, "profiles");
	g_autofree gchar *own = vmfc_context_build_data_path(context, "workloads");
	g_autofree gchar *of_user = g_build_filename(g_get_user_config_dir(), "vmfc", "workloads",
						     NULL);
	g_autofree gchar *all = g_strconcat(given[0] != '\0' ? given : of_user, ":", own, NULL);

	return g_strsplit(all, ":", -1);
}

static gint
compare_names(gconstpointer left, gconstpointer right)
{
	return g_strcmp0(*(const gchar *const *)left, *(const gchar *const *)right);
}

/*
 * Returns: (transfer full) (nullable): the path of the profile of that name; the user's profiles
 *   come first
 */
static gchar *
find_path(GStrv folders, const gchar *name)
{
	for (guint i = 0; folders[i] != NULL; i++) {
		g_autofree gchar *path = g_strconcat(folders[i], "/", name, SUFFIX, NULL);
		if (g_file_test(path, G_FILE_TEST_EXISTS))
			return g_steal_pointer(&path);
	}
	return NULL;
}

/* Offers the profiles of one folder, sorted by name. @known: those that were offered before */
static void
list_folder(VmfcContext *context, GStrv folders, const gchar *folder, GHashTable *known)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const gchar *file;

	while (dir != NULL && (file = g_dir_read_name(dir)) != NULL) {
		if (g_str_has_suffix(file, SUFFIX) && file[0] != '.')
			g_ptr_array_add(names, g_strndup(file, strlen(file) - strlen(SUFFIX)));
	}
	g_ptr_array_sort(names, compare_names);
	for (guint i = 0; i < names->len; i++) {
		const gchar *name = names->pdata[i];
		g_autofree gchar *path = find_path(folders, name);
		if (path == NULL || !g_hash_table_add(known, g_strdup(name)))
			continue;
		g_autofree gchar *summary = stress_profile_read_summary(path);
		vmfc_context_add_workload(context, name, summary);
	}
}

/* Offers all profiles, vmfc's own first. */
void
stress_library_list(VmfcContext *context)
{
	g_auto(GStrv) folders = list_folders(context);
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = g_strv_length(folders); i > 0; i--)
		list_folder(context, folders, folders[i - 1], known);
}

/* Returns: (transfer full): the profile of the workload; %NULL with @error set */
StressProfile *
stress_library_open(VmfcContext *context, GError **error)
{
	const gchar *name = vmfc_context_get_workload(context);
	g_auto(GStrv) folders = list_folders(context);

	g_autofree gchar *path = find_path(folders, name);
	if (path != NULL)
		return stress_profile_new(path, error);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "stress_ng has no profile '%s'; --list-workloads lists all profiles", name);
	return NULL;
}

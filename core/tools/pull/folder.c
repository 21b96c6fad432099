/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/pull/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/document.h"
#include "base/error.h"
#include "output/new-file.h"
#include "tools/pull/csv-text.h"
#include "vmfc/vmfc-plugin.h"

#define NAME	 "pull.json"
#define MAX_SIZE (64 * 1024)
#define MS_PER_S 1e3

static const gchar *const keys[VMFC_PULL_N_TEXTS] = {
	[VMFC_PULL_URL] = "url",
	[VMFC_PULL_MATCH] = "match",
	[VMFC_PULL_START] = "start",
	[VMFC_PULL_END] = "end",
};

static gboolean
lock(VmfcPullFolder *folder, GError **error)
{
	if (g_mkdir_with_parents(folder->path, 0777) < 0) {
		vmfc_set_file_error(error, "created", folder->path, errno);
		return FALSE;
	}
	folder->lock = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder->lock < 0) {
		vmfc_set_file_error(error, "opened", folder->path, errno);
		return FALSE;
	}
	/* a file system without locks is no error */
	if (flock(folder->lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
		    "another vmfc pull writes to %s: wait until it ends, or name another folder "
		    "with --output",
		    folder->path);
	return FALSE;
}

/* Whether the files in the folder, if there are some, are of the same request. */
static gboolean
check(const VmfcPullFolder *folder, GError **error)
{
	g_autofree gchar *path = g_build_filename(folder->path, NAME, NULL);
	g_autoptr(GError) reason = NULL;

	if (!g_file_test(path, G_FILE_TEST_EXISTS))
		return TRUE;
	g_autoptr(JsonNode) root = vmfc_document_read(path, MAX_SIZE, &reason);
	JsonObject *object = root != NULL && JSON_NODE_HOLDS_OBJECT(root)
				     ? json_node_get_object(root)
				     : NULL;
	for (guint i = 0; i < VMFC_PULL_N_TEXTS; i++) {
		const gchar *text = object != NULL ? vmfc_document_get_string(object, keys[i])
						   : NULL;
		if (text == NULL) {
			g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
				    "%s does not say what was pulled into the folder (%s): name "
				    "another folder with --output",
				    path, reason != NULL ? reason->message : "it is damaged");
			return FALSE;
		}
		if (g_str_equal(text, folder->texts[i]))
			continue;
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "%s has files of a pull whose --%s is %s, not %s: name another folder "
			    "with --output, or remove this one",
			    folder->path, keys[i], text, folder->texts[i]);
		return FALSE;
	}
	return TRUE;
}

static gchar *
show_time(gint64 time)
{
	g_autoptr(GString) text = g_string_new(NULL);

	vmfc_csv_text_append_iso(text, (gdouble)time / MS_PER_S);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/*
 * Creates and locks the folder, and refuses one with files of another request.
 *
 * @url: of the server, without a password
 */
gboolean
vmfc_pull_folder_open(VmfcPullFolder *folder, const VmfcPullArguments *arguments, const gchar *url,
		      GError **error)
{
	*folder = (VmfcPullFolder){
		.path = g_strdup(arguments->output),
		.lock = -1,
		.texts = {[VMFC_PULL_URL] = g_strdup(url),
			  [VMFC_PULL_MATCH] = g_strdup(arguments->match),
			  [VMFC_PULL_START] = show_time(arguments->start),
			  [VMFC_PULL_END] = show_time(arguments->end)},
	};
	return lock(folder, error) && check(folder, error);
}

/* Writes down what is asked for, before there is a file of it. */
gboolean
vmfc_pull_folder_begin(const VmfcPullFolder *folder, GError **error)
{
	g_autofree gchar *path = g_build_filename(folder->path, NAME, NULL);
	JsonObject *object = json_object_new();

	for (guint i = 0; i < VMFC_PULL_N_TEXTS; i++)
		json_object_set_string_member(object, keys[i], folder->texts[i]);
	g_autofree gchar *text = vmfc_document_to_text(object);
	json_object_unref(object);
	return g_file_test(path, G_FILE_TEST_EXISTS) ||
	       vmfc_new_file_replace_alone(path, text, error);
}

void
vmfc_pull_folder_clear(VmfcPullFolder *folder)
{
	if (folder->lock >= 0)
		close(folder->lock);
	folder->lock = -1;
	g_clear_pointer(&folder->path, g_free);
	for (guint i = 0; i < VMFC_PULL_N_TEXTS; i++)
		g_clear_pointer(&folder->texts[i], g_free);
}

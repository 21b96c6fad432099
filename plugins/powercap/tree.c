/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "powercap/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "powercap/place.h"
#include "powercap/totals.h"
#include "powercap/zone-folder.h"
#include "vmfc/vmfc-plugin.h"

#define TOTALS	    "totals"
#define TOTALS_MODE 0600

struct _PowercapTree {
	gchar *path;
	gint folder;
	gint totals_fd; /* locked */
	guint64 totals[VMFC_N_ZONES];
	PowercapFolders folders;
	PowercapZone zones[VMFC_N_ZONES];
};

static void
close_fd(gint fd)
{
	if (fd >= 0)
		close(fd);
}

static void
tree_free(PowercapTree *tree)
{
	for (guint i = 0; i < VMFC_N_ZONES; i++)
		powercap_zone_clear(&tree->zones[i]);
	close_fd(tree->folders.classes);
	close_fd(tree->folders.devices);
	g_free(tree->folders.classes_path);
	g_free(tree->folders.devices_path);
	close_fd(tree->totals_fd);
	close_fd(tree->folder);
	g_free(tree->path);
	g_free(tree);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PowercapTree, tree_free)

/* -------------------------------------------------------------- totals */

/* Returns: whether there is nothing in the folder, also when that cannot be found out */
static gboolean
is_empty(gint folder)
{
	gint copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *entry;
	gboolean empty = TRUE;

	if (dir == NULL) {
		close_fd(copy);
		return TRUE;
	}
	while (empty && (entry = readdir(dir)) != NULL)
		empty = g_str_equal(entry->d_name, ".") || g_str_equal(entry->d_name, "..");
	closedir(dir);
	return empty;
}

/* The file of the totals is also the lock, which the kernel takes back when vmfc is killed. */
static gboolean
lock_totals(PowercapTree *tree, GError **error)
{
	if (!powercap_place_has(tree->folder, TOTALS) && !is_empty(tree->folder)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "powercap.path is %s, which contains other files: name an empty "
			    "folder, or one that does not exist",
			    tree->path);
		return FALSE;
	}
	tree->totals_fd = powercap_place_open_file(tree->folder, tree->path, TOTALS, TOTALS_MODE,
						   error);
	if (tree->totals_fd < 0)
		return FALSE;
	if (flock(tree->totals_fd, LOCK_EX | LOCK_NB) == 0)
		return TRUE;
	if (errno == EWOULDBLOCK)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "another vmfc writes to %s: stop it, or name another folder with --set "
			    "powercap.path=",
			    tree->path);
	else
		powercap_place_set_errno(tree->path, TOTALS, "cannot be locked", error);
	return FALSE;
}

static gboolean
read_totals(PowercapTree *tree, GError **error)
{
	gchar text[POWERCAP_TOTALS_SIZE + 1];
	gssize length = pread(tree->totals_fd, text, sizeof(text), 0);

	if (length < 0) {
		powercap_place_set_errno(tree->path, TOTALS, "cannot be read", error);
		return FALSE;
	}
	if (powercap_totals_parse(text, (gsize)length, tree->totals))
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		    "%s/%s is damaged, so the counters could go back: stop all programs that read "
		    "them, and remove %s",
		    tree->path, TOTALS, tree->path);
	return FALSE;
}

guint64
powercap_tree_get_total(const PowercapTree *tree, VmfcZone zone)
{
	return tree->totals[zone];
}

/* Keeps the totals for the next run. Must be called before a counter shows any of them. */
gboolean
powercap_tree_keep_totals(PowercapTree *tree, const guint64 totals[VMFC_N_ZONES], GError **error)
{
	gchar text[POWERCAP_TOTALS_SIZE + 1];

	powercap_totals_format(totals, text);
	if (pwrite(tree->totals_fd, text, POWERCAP_TOTALS_SIZE, 0) == POWERCAP_TOTALS_SIZE)
		return TRUE;
	powercap_place_set_errno(tree->path, TOTALS, "cannot be written", error);
	return FALSE;
}

/* -------------------------------------------------------------- opening */

/* Returns: a descriptor of the last of the folders; -1 with @error set */
static gint
open_chain(const PowercapTree *tree, const gchar *const *names, gchar **path, GError **error)
{
	gint folder = tree->folder;

	*path = g_strdup(tree->path);
	for (guint i = 0; names[i] != NULL && folder >= 0; i++) {
		gint inner = powercap_place_open_folder(folder, *path, names[i], error);
		gchar *inner_path = g_build_filename(*path, names[i], NULL);
		if (folder != tree->folder)
			close(folder);
		g_free(*path);
		*path = inner_path;
		folder = inner;
	}
	return folder;
}

static gboolean
open_folders(PowercapTree *tree, GError **error)
{
	static const gchar *const classes[] = {"class", "powercap", NULL};
	static const gchar *const devices[] = {"devices", "virtual", "powercap", POWERCAP_CONTROL,
					       NULL};
	PowercapFolders *folders = &tree->folders;

	folders->classes = open_chain(tree, classes, &folders->classes_path, error);
	if (folders->classes < 0)
		return FALSE;
	folders->devices = open_chain(tree, devices, &folders->devices_path, error);
	return folders->devices >= 0 &&
	       powercap_write_text(folders->devices, folders->devices_path, "enabled", "1\n",
				   error) &&
	       powercap_place_link(folders->devices, folders->devices_path, "subsystem",
				   "../../../../class/powercap", error);
}

static gboolean
reset_zones(PowercapTree *tree, GError **error)
{
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		if (!powercap_zone_reset(&tree->zones[i], &tree->folders, error))
			return FALSE;
	}
	return powercap_place_link(tree->folders.classes, tree->folders.classes_path,
				   POWERCAP_CONTROL, POWERCAP_CONTROL_TARGET, error);
}

/*
 * Opens the tree, and creates it if it is missing. It shows no zone.
 *
 * @mode: of the files with energy and power
 */
PowercapTree *
powercap_tree_open(const gchar *path, mode_t mode, GError **error)
{
	g_autoptr(PowercapTree) tree = g_new0(PowercapTree, 1);

	tree->path = g_strdup(path);
	tree->totals_fd = -1;
	tree->folders = (PowercapFolders){.classes = -1, .devices = -1, .mode = mode};
	for (guint i = 0; i < VMFC_N_ZONES; i++)
		powercap_zone_init(&tree->zones[i], i);
	tree->folder = powercap_place_open(path, error);
	if (tree->folder < 0 || !lock_totals(tree, error) || !read_totals(tree, error) ||
	    !powercap_tree_keep_totals(tree, tree->totals, error) || !open_folders(tree, error) ||
	    !reset_zones(tree, error))
		return NULL;
	return g_steal_pointer(&tree);
}

/* Removes the links: a tree that stands still reads as 0 W. */
gboolean
powercap_tree_close(PowercapTree *tree, GError **error)
{
	gboolean closed = TRUE;

	for (guint i = 0; i < VMFC_N_ZONES; i++)
		closed &= powercap_tree_hide(tree, i, closed ? error : NULL);
	closed &= powercap_place_unlink(tree->folders.classes, tree->folders.classes_path,
					POWERCAP_CONTROL, POWERCAP_CONTROL_TARGET,
					closed ? error : NULL);
	tree_free(tree);
	return closed;
}

/* ------------------------------------------------------------- writing */

/* @text: what the zone's file `vmfc` contains */
gboolean
powercap_tree_describe(PowercapTree *tree, VmfcZone zone, const gchar *text, GError **error)
{
	return powercap_zone_describe(&tree->zones[zone], &tree->folders, text, error);
}

/* @energy: µJ, without wraps: not more than what powercap_tree_keep_totals() has written */
gboolean
powercap_tree_show(PowercapTree *tree, VmfcZone zone, guint64 energy, GError **error)
{
	return powercap_zone_open(&tree->zones[zone], &tree->folders, error) &&
	       powercap_zone_show(&tree->zones[zone], &tree->folders, energy, error);
}

/* @watts: NaN: not known */
gboolean
powercap_tree_set_watts(PowercapTree *tree, VmfcZone zone, gdouble watts, GError **error)
{
	return powercap_zone_open(&tree->zones[zone], &tree->folders, error) &&
	       powercap_zone_set_watts(&tree->zones[zone], watts, error);
}

gboolean
powercap_tree_hide(PowercapTree *tree, VmfcZone zone, GError **error)
{
	return powercap_zone_hide(&tree->zones[zone], &tree->folders, error);
}

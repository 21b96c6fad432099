/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "powercap/zone-folder.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "powercap/counter.h"
#include "powercap/place.h"

/* Digits of the range. The digits are at the start of the file, so none crosses 16 bytes. */
#define ENERGY_WIDTH 16
#define WATTS_WIDTH  20
#define TEXT_MODE    0444

/*
 * As drivers/powercap/intel_rapl_common.c and powercap_sys.c of the kernel lay them out. The
 * numbers of the parts are always the same, so that they mean the same with each model.
 */
static const struct {
	const gchar *name;   /* what the file `name` contains */
	const gchar *link;   /* in class/powercap, and the name of the folder */
	const gchar *parent; /* the folder that it is in; NULL: the control type's */
	const gchar *target; /* of the link */
	const gchar *back;   /* of the link `subsystem` */
} layout[VMFC_N_ZONES] = {
	[VMFC_ZONE_PACKAGE] = {"package-0", "intel-rapl:0", NULL,
			       POWERCAP_CONTROL_TARGET "/intel-rapl:0",
			       "../../../../../class/powercap"},
	[VMFC_ZONE_CORE] = {"core", "intel-rapl:0:0", "intel-rapl:0",
			    POWERCAP_CONTROL_TARGET "/intel-rapl:0/intel-rapl:0:0",
			    "../../../../../../class/powercap"},
	[VMFC_ZONE_UNCORE] = {"uncore", "intel-rapl:0:1", "intel-rapl:0",
			      POWERCAP_CONTROL_TARGET "/intel-rapl:0/intel-rapl:0:1",
			      "../../../../../../class/powercap"},
	[VMFC_ZONE_DRAM] = {"dram", "intel-rapl:0:2", "intel-rapl:0",
			    POWERCAP_CONTROL_TARGET "/intel-rapl:0/intel-rapl:0:2",
			    "../../../../../../class/powercap"},
	[VMFC_ZONE_PSYS] = {"psys", "intel-rapl:1", NULL, POWERCAP_CONTROL_TARGET "/intel-rapl:1",
			    "../../../../../class/powercap"},
};

void
powercap_zone_init(PowercapZone *zone, VmfcZone which)
{
	*zone = (PowercapZone){.zone = which, .energy = -1, .watts = -1};
}

void
powercap_zone_clear(PowercapZone *zone)
{
	if (zone->energy >= 0)
		close(zone->energy);
	if (zone->watts >= 0)
		close(zone->watts);
	g_free(zone->path);
	powercap_zone_init(zone, zone->zone);
}

/* ------------------------------------------------------------- opening */

/* Replaces what a file contains. */
gboolean
powercap_write_text(gint at, const gchar *path, const gchar *name, const gchar *text,
		    GError **error)
{
	gint fd = powercap_place_open_file(at, path, name, TEXT_MODE, error);

	if (fd < 0)
		return FALSE;
	gssize length = (gssize)strlen(text);
	gboolean written = ftruncate(fd, 0) == 0 && pwrite(fd, text, (gsize)length, 0) == length;
	if (!written)
		powercap_place_set_errno(path, name, "cannot be written", error);
	close(fd);
	return written;
}

/* The kernel's zones can be disabled, these cannot. No file sets a limit. */
static gboolean
write_constants(const PowercapZone *zone, gint folder, GError **error)
{
	g_autofree gchar *range = g_strdup_printf("%" G_GUINT64_FORMAT "\n", POWERCAP_RANGE);
	g_autofree gchar *name = g_strconcat(layout[zone->zone].name, "\n", NULL);

	return powercap_write_text(folder, zone->path, "max_energy_range_uj", range, error) &&
	       powercap_write_text(folder, zone->path, "enabled", "1\n", error) &&
	       powercap_write_text(folder, zone->path, "name", name, error) &&
	       powercap_place_link(folder, zone->path, "subsystem", layout[zone->zone].back, error);
}

/* Opens the folder of the zone, and creates it if it is missing. */
static gint
open_folder(PowercapZone *zone, const PowercapFolders *folders, GError **error)
{
	const gchar *parent = layout[zone->zone].parent;
	const gchar *name = layout[zone->zone].link;

	g_free(zone->path);
	zone->path = g_build_filename(folders->devices_path, parent != NULL ? parent : name,
				      parent != NULL ? name : NULL, NULL);
	if (parent == NULL)
		return powercap_place_open_folder(folders->devices, folders->devices_path, name,
						  error);
	gint outer = powercap_place_open_folder(folders->devices, folders->devices_path, parent,
						error);
	if (outer < 0)
		return -1;
	g_autofree gchar *outer_path = g_build_filename(folders->devices_path, parent, NULL);
	gint inner = powercap_place_open_folder(outer, outer_path, name, error);
	close(outer);
	return inner;
}

/* Opens the files of the zone. The counter stays empty until powercap_zone_show(). */
gboolean
powercap_zone_open(PowercapZone *zone, const PowercapFolders *folders, GError **error)
{
	if (zone->energy >= 0)
		return TRUE;
	gint folder = open_folder(zone, folders, error);
	if (folder < 0)
		return FALSE;
	gboolean opened = write_constants(zone, folder, error);
	if (opened)
		zone->watts = powercap_place_open_file(folder, zone->path, "watts", folders->mode,
						       error);
	if (zone->watts >= 0)
		zone->energy = powercap_place_open_file(folder, zone->path, "energy_uj",
							folders->mode, error);
	close(folder);
	if (zone->energy >= 0)
		return TRUE;
	powercap_zone_clear(zone);
	return FALSE;
}

static gboolean
exists(const PowercapZone *zone, const PowercapFolders *folders)
{
	const gchar *parent = layout[zone->zone].parent;
	g_autofree gchar *path = parent != NULL
					 ? g_build_filename(parent, layout[zone->zone].link, NULL)
					 : g_strdup(layout[zone->zone].link);

	return powercap_place_has(folders->devices, path);
}

/* Takes back what a vmfc that was killed has left. */
gboolean
powercap_zone_reset(PowercapZone *zone, const PowercapFolders *folders, GError **error)
{
	const gchar *link = layout[zone->zone].link;

	if (!powercap_place_unlink(folders->classes, folders->classes_path, link,
				   layout[zone->zone].target, error))
		return FALSE;
	return !exists(zone, folders) || (powercap_zone_open(zone, folders, error) &&
					  powercap_zone_hide(zone, folders, error));
}

/* Writes the file that says where the energy comes from. */
gboolean
powercap_zone_describe(PowercapZone *zone, const PowercapFolders *folders, const gchar *text,
		       GError **error)
{
	gint folder = open_folder(zone, folders, error);
	if (folder < 0)
		return FALSE;
	gboolean written = powercap_write_text(folder, zone->path, "vmfc", text, error);
	close(folder);
	return written;
}

/* ------------------------------------------------------------- writing */

/*
 * Writes in place, because some readers keep the file open. The text always has the same length, so
 * that nothing of an old one is left after it. The blanks come after the digits, because readers
 * take zeros in front for octal.
 */
static gboolean
write_in_place(gint fd, const PowercapZone *zone, const gchar *name, const gchar *text, gint length,
	       GError **error)
{
	if (pwrite(fd, text, (gsize)length, 0) == length)
		return TRUE;
	powercap_place_set_errno(zone->path, name, "cannot be written", error);
	return FALSE;
}

/*
 * A program that has the file open reads nothing. The file keeps its block: otherwise vmfc could
 * not write it again on a disk that has become full.
 */
static gboolean
empty(gint fd, const PowercapZone *zone, const gchar *name, GError **error)
{
	if (ftruncate(fd, 0) == 0) {
		/* not every file system supports it */
		(void)fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, MAX(ENERGY_WIDTH, WATTS_WIDTH) + 1);
		return TRUE;
	}
	powercap_place_set_errno(zone->path, name, "cannot be emptied", error);
	return FALSE;
}

/*
 * Shows the counter, and then the link to it.
 *
 * @energy: µJ, without wraps
 */
gboolean
powercap_zone_show(PowercapZone *zone, const PowercapFolders *folders, guint64 energy,
		   GError **error)
{
	gchar text[ENERGY_WIDTH + 2];
	gint length = snprintf(text, sizeof(text), "%-*" G_GUINT64_FORMAT "\n", ENERGY_WIDTH,
			       energy % POWERCAP_RANGE);

	if (!write_in_place(zone->energy, zone, "energy_uj", text, length, error))
		return FALSE;
	if (!zone->is_linked)
		zone->is_linked = powercap_place_link(folders->classes, folders->classes_path,
						      layout[zone->zone].link,
						      layout[zone->zone].target, error);
	return zone->is_linked;
}

/* @watts: NaN: not known */
gboolean
powercap_zone_set_watts(PowercapZone *zone, gdouble watts, GError **error)
{
	gchar text[WATTS_WIDTH + 2];
	gchar number[WATTS_WIDTH + 1];

	if (!(watts >= 0 && watts < 1e9))
		return empty(zone->watts, zone, "watts", error);
	g_ascii_formatd(number, sizeof(number), "%.6f", watts);
	gint length = snprintf(text, sizeof(text), "%-*s\n", WATTS_WIDTH, number);
	return write_in_place(zone->watts, zone, "watts", text, length, error);
}

/*
 * Removes the link, and empties the files for those who have them open. One unreadable zone makes
 * some readers fail for all, so the link goes first.
 */
gboolean
powercap_zone_hide(PowercapZone *zone, const PowercapFolders *folders, GError **error)
{
	gboolean hidden = powercap_place_unlink(folders->classes, folders->classes_path,
						layout[zone->zone].link, layout[zone->zone].target,
						error);

	zone->is_linked = !hidden;
	if (zone->energy < 0)
		return hidden;
	/* an error of the first is the one that the user sees */
	hidden &= empty(zone->energy, zone, "energy_uj", hidden ? error : NULL);
	hidden &= empty(zone->watts, zone, "watts", hidden ? error : NULL);
	return hidden;
}

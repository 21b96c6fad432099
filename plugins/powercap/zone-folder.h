/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/power-zone.h"

#include <sys/types.h>

/* The folder of one zone, and its flat link, as the kernel lays them out for RAPL. */
typedef struct {
	VmfcZone zone;
	gchar *path; /* of the folder */
	gint energy; /* descriptors; -1: the folder was not opened */
	gint watts;
	gboolean is_linked;
} PowercapZone;

/* Where the tree is, and what is the same for all zones. */
typedef struct {
	gchar *classes_path; /* of class/powercap */
	gint classes;
	gchar *devices_path; /* of devices/virtual/powercap/intel-rapl */
	gint devices;
	mode_t mode; /* of the files with energy and power */
} PowercapFolders;

#define POWERCAP_CONTROL	"intel-rapl"
#define POWERCAP_CONTROL_TARGET "../../devices/virtual/powercap/" POWERCAP_CONTROL

void
powercap_zone_init(PowercapZone *zone, VmfcZone which);
void
powercap_zone_clear(PowercapZone *zone);
gboolean
powercap_zone_open(PowercapZone *zone, const PowercapFolders *folders, GError **error);
gboolean
powercap_zone_reset(PowercapZone *zone, const PowercapFolders *folders, GError **error);
gboolean
powercap_zone_describe(PowercapZone *zone, const PowercapFolders *folders, const gchar *text,
		       GError **error);
gboolean
powercap_zone_show(PowercapZone *zone, const PowercapFolders *folders, guint64 energy,
		   GError **error);
gboolean
powercap_zone_set_watts(PowercapZone *zone, gdouble watts, GError **error);
gboolean
powercap_zone_hide(PowercapZone *zone, const PowercapFolders *folders, GError **error);
gboolean
powercap_write_text(gint at, const gchar *path, const gchar *name, const gchar *text,
		    GError **error);

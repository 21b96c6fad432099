/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/*
 * The properties of one device in sysfs: @folder contains all devices of the kind, @name is the
 * device's name as /proc writes it, @entry is the path of a file or folder below the device's own.
 * Nothing allocates.
 */

gboolean
vmfc_sysfs_has(const gchar *folder, const gchar *name, const gchar *entry);
gboolean
vmfc_sysfs_has_below(const gchar *folder, const gchar *name, const gchar *entry,
		     const gchar *prefix);
gboolean
vmfc_sysfs_build_path(const gchar *folder, const gchar *name, const gchar *entry, gchar *path,
		      gsize size);
gboolean
vmfc_sysfs_read(const gchar *folder, const gchar *name, const gchar *entry, gchar *text,
		gsize size);
gint64
vmfc_sysfs_read_int(const gchar *folder, const gchar *name, const gchar *entry, gint64 otherwise);

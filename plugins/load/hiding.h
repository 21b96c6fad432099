/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>
#include <sys/types.h>

/* What a mount of procfs hides of the processes of others. proc(5), mount option hidepid. */
typedef enum {
	LOAD_HIDES_UNKNOWN,  /* the mount is not listed */
	LOAD_HIDES_NOTHING,  /* that their folders cannot be entered (hidepid=1) hides none */
	LOAD_HIDES_OTHERS,   /* but from a group, and from who may trace them */
	LOAD_HIDES_UNTRACED, /* but from who may trace them */
} LoadHiding;

LoadHiding
load_parse_mounts(const gchar *text, dev_t device, gint64 *gid);
gboolean
load_hides_from_us(gint folder);

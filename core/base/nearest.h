/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* Finds the known name that is nearest to a mistyped one. */
typedef struct {
	const gchar *word; /* as the user gave it */
	gchar *name;	   /* NULL: none is near */
	guint distance;
} VmfcNearest;

void
vmfc_nearest_init(VmfcNearest *nearest, const gchar *word);
void
vmfc_nearest_clear(VmfcNearest *nearest);
void
vmfc_nearest_try(VmfcNearest *nearest, const gchar *name);
gchar *
vmfc_nearest_to_text(const VmfcNearest *nearest);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmfcNearest, vmfc_nearest_clear)

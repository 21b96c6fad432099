/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "powercap/tree.h"

/* What a record says of one zone. */
typedef struct {
	gboolean has_energy; /* that of the window is known */
	gdouble joules;
	gdouble watts; /* NaN: not known */
} PowercapWindow;

/* A thread that makes the counters of a tree grow, so that its folder cannot delay the writer. */
typedef struct _PowercapFeeder PowercapFeeder;

PowercapFeeder *
powercap_feeder_new(PowercapTree *tree, gint64 interval, gint64 step, GError **error);
gboolean
powercap_feeder_add(PowercapFeeder *feeder, const PowercapWindow windows[VMFC_N_ZONES],
		    const gchar *origin, GError **error);
gboolean
powercap_feeder_free(PowercapFeeder *feeder, GError **error);

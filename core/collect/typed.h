/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "collect/options.h"

/* Options with a value. */
enum {
	DURATION,
	OUTPUT,
	META,
	ROTATE,
	ROTATE_KEEP,
	INTERVAL,
	FSYNC,
	PLUGINS,
	FORMAT,
	START_TIME,
	GRACE,
	TARGET_ZONES,
	PLUGIN_PATH,
	ROOT,
	KEPLER_URL,
	VM_NAMES,
	VM_PATTERN,
	STRESS_WORKLOAD,
	SEED,
	N_TEXTS,
};

enum {
	SHUFFLE,
	NO_SYNC,
	REALTIME,
	VERBOSE,
	N_FLAGS,
};

/* What the user typed or wrote into the config file, before it is understood. */
typedef struct {
	gchar *texts[N_TEXTS]; /* NULL where nothing was said and there is no default */
	gboolean flags[N_FLAGS];
	VmfcAction action;
	GPtrArray *settings; /* of VmfcSetting */
	gchar *help;
} VmfcTyped;

VmfcTyped *
vmfc_typed_new(GStrv arguments, GError **error);
void
vmfc_typed_free(VmfcTyped *typed);
const gchar *
vmfc_typed_get_name(guint text);
const gchar *
vmfc_typed_get_default(guint text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcTyped, vmfc_typed_free)

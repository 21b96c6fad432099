/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/merge/power.h"
#include "tools/merge/training-file.h"

/* What the user asked `vmfc merge` for, checked. */
typedef struct {
	GStrv features; /* a file a run */
	GStrv power;	/* as many, or one for all runs */
	gchar *output;
	gchar *format; /* as it was given; NULL: it follows from the output */
	gboolean forms[VMFC_N_FORMS];
	gdouble tolerance; /* s */
	gdouble offset;	   /* s */
	gboolean estimate_offset;
	gdouble longest_lag; /* s */
	gdouble longest_gap; /* s; 0 for the usual */
	gdouble least_power; /* W */
	gint zone;	     /* that the threshold and the lag go by; -1: the first that is there */
	gint source;	     /* of power; -1: the best */
	gdouble test_share;  /* 0: no split */
	gint64 seed;	     /* 32 bits of it */
	gboolean verbose;
	gchar *help; /* that was asked for, and nothing else */
} VmfcMergeArguments;

VmfcMergeArguments *
vmfc_merge_arguments_parse(GStrv arguments, GError **error);
const gchar *
vmfc_merge_arguments_get_power(const VmfcMergeArguments *arguments, guint run);
void
vmfc_merge_arguments_free(VmfcMergeArguments *arguments);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcMergeArguments, vmfc_merge_arguments_free)

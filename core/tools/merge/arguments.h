/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/merge/power.h"
#include "tools/merge/training-file.h"

/* The options of `vmfc merge`, checked. */
typedef struct {
	GStrv features; /* one file per run */
	GStrv power;	/* as many, or one for all runs */
	gchar *output;
	gchar *format; /* as the user gave it; NULL: it follows from the output */
	gboolean forms[VMFC_N_FORMS];
	gdouble tolerance; /* s */
	gdouble offset;	   /* s */
	gboolean estimate_offset;
	gdouble max_lag;    /* s */
	gdouble max_gap;    /* s; 0: the default */
	gdouble min_power;  /* W */
	gint zone;	    /* for the threshold and the lag; -1: the first in the file */
	gint source;	    /* of power; -1: the best */
	gdouble test_share; /* 0: no split */
	gint64 seed;	    /* 32 bits */
	gboolean verbose;
	gchar *help; /* NULL: not requested */
} VmfcMergeArguments;

VmfcMergeArguments *
vmfc_merge_arguments_parse(GStrv arguments, GError **error);
const gchar *
vmfc_merge_arguments_get_power(const VmfcMergeArguments *arguments, guint run);
void
vmfc_merge_arguments_free(VmfcMergeArguments *arguments);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcMergeArguments, vmfc_merge_arguments_free)

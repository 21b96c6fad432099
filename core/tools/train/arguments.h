/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "model/model.h"

/* What the user asked `vmfc train` for, checked. */
typedef struct {
	GStrv files; /* training sets; with --evaluate what is estimated */
	gchar *output;
	gchar *label;	/* (nullable) */
	gchar *group;	/* (nullable) */
	GStrv zones;	/* (nullable) */
	GStrv features; /* (nullable) */
	GStrv excluded; /* (nullable) */
	gboolean families[VMFC_N_FAMILIES];
	gchar *family_list; /* as it was given; NULL: the usual ones */
	gint64 seed;
	gdouble interval_share;
	gint64 max_rows;
	gint64 threads;	    /* 0: one for each CPU */
	gchar *test;	    /* (nullable) */
	gchar *predictions; /* (nullable) */
	gchar *evaluated;   /* (nullable): a model */
	gdouble margin;	    /* with evaluated: as a share of the range */
	gboolean other_machine;
	gchar *export_form; /* (nullable) */
	gchar *import_form; /* (nullable) */
	gboolean verbose;
	gchar *help; /* that was asked for, and nothing else */
} VmfcTrainArguments;

VmfcTrainArguments *
vmfc_train_arguments_parse(GStrv arguments, GError **error);
void
vmfc_train_arguments_free(VmfcTrainArguments *arguments);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcTrainArguments, vmfc_train_arguments_free)

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/host-info.h"
#include "power/zone.h"

#define POWER_N_DIGITS 12

#define POWER_REMEDY_MACHINE                                                                       \
	"Train a model on a machine like this one, or take its estimates all the same with --set " \
	"power.other_machine=true"

/* A model, and how it fits this machine and this run. */
typedef struct {
	VmfcContext *context;
	VmfcModel *model;
	GPtrArray *zones;	    /* of PowerZone */
	const gchar *other_machine; /* (nullable): how this one differs; interned */
	const gchar *other_cpus;    /* the reason where only the number of CPUs differs; interned */
	gint64 n_cpus;		    /* of this machine at the start */
	gboolean takes_other_machine;
	gchar digits[POWER_N_DIGITS + 1]; /* of the hash of the model's file */
} PowerFit;

PowerFit *
power_fit_new(VmfcContext *context, VmfcModel *model, const VmfcHostInfo *machine);
void
power_fit_free(PowerFit *fit);
gboolean
power_fit_continue(PowerFit *fit, const PowerFit *before, GError **error);
void
power_fit_start(PowerFit *fit, guint model_column);
gboolean
power_fit_is_refused(const PowerFit *fit);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PowerFit, power_fit_free)

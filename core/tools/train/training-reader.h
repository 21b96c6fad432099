/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/train/training-set.h"

/* What is to be read. */
typedef struct {
	GStrv paths;
	const gchar *label; /* (nullable): the column; %NULL: power_watts_ZONE */
	const gchar *group; /* (nullable): the column; %NULL: stress_workload */
	GStrv zones;	    /* (nullable): %NULL: all */
	GStrv features;	    /* (nullable): %NULL: the usual ones */
	GStrv excluded;	    /* (nullable) */
} VmfcTrainingOptions;

VmfcTrainingSet *
vmfc_training_reader_read(const VmfcTrainingOptions *options, GError **error);
VmfcTrainingSet *
vmfc_training_reader_read_for(const GPtrArray *features, const gchar *const *zones,
			      const VmfcTrainingOptions *options, GError **error);

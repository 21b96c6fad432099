/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "merge/arguments.h"
#include "merge/quality.h"
#include "merge/split.h"

/* Everything of one merge, between the command line and the files. */
typedef struct {
	const VmfcMergeArguments *wish;
	VmfcTable *features;
	VmfcRowTime clock;
	VmfcPower power;
	guint zone; /* that threshold and lag go by */
	VmfcQuality quality;
	VmfcSplit split;
	GPtrArray *files; /* of VmfcTrainingFile: the whole set */
	GPtrArray *train;
	GPtrArray *test;
} VmfcJoin;

gboolean
vmfc_join_run(VmfcJoin *join, GError **error);

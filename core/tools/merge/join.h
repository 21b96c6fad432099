/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/merge/pair.h"
#include "tools/merge/split.h"
#include "tools/merge/training-file.h"

/* Everything of one merge, between the command line and the files. */
typedef struct {
	const VmfcMergeArguments *options;
	VmfcSpillFile *spill; /* NULL for a single run */
	GPtrArray *pairs;     /* of VmfcPair, in the order of the command line */
	VmfcColumns columns;
	VmfcSplit split;
	GPtrArray *files; /* of VmfcTrainingFile: the whole set */
	GPtrArray *train;
	GPtrArray *test;
} VmfcJoin;

gboolean
vmfc_join_run(VmfcJoin *join, VmfcPair *pair, GError **error);
void
vmfc_join_add_up(const VmfcJoin *join, VmfcMergeStats *sum);
const gchar *
vmfc_join_describe_split(const VmfcJoin *join);

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/host-info.h"
#include "collect/options.h"
#include "collect/summary.h"

/* The contents of NAME.meta.json. None of it is owned. */
typedef struct {
	const VmfcHostInfo *machine;
	const VmfcOptions *options;
	VmfcSchema *schema;
	const gchar *const *command_line;
	const gchar *workload;
	gint64 start_time;		/* CLOCK_REALTIME of the first deadline, ns */
	const VmfcSummary *summary;	/* NULL at the start of the run */
	const VmfcWriterResult *result; /* likewise */
} VmfcMeta;

gchar *
vmfc_meta_to_text(const VmfcMeta *meta);

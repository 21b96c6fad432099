/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "collect/collector.h"
#include "fake-clock.h"
#include "collect/plugin-set.h"
#include "collect/options.h"
#include "output/append-file.h"
#include "collect/writer.h"

/* All of a run but its clock and its main loop: the test lets it tick. */
typedef struct {
	VmfcSchema *schema;
	VmfcSourceFiles *files;
	VmfcWorkloadLabels *labels;
	VmfcRunFiles *outputs;
	VmfcPluginSet *plugins;
	VmfcCollector *collector;
	VmfcWriter *writer;
	VmfcRun run;
	guint n_delivered; /* records, to the writer */
	guint n_written;   /* records, through all sinks; atomic */
} Harness;

void
harness_open(Harness *harness, const VmfcOptions *options, const VmfcClock *clock);
void
harness_close(Harness *harness);

/* A harness on a fake clock, which stands at one deadline after the other. */
typedef struct {
	Harness harness;
	FakeClock clock;
	VmfcTicker ticker;
} FakeRun;

VmfcOptions *
fake_run_parse(gchar *argv[]);
void
fake_run_open(FakeRun *run, const VmfcOptions *options);
void
fake_run_tick(FakeRun *run);

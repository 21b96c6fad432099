/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* Bins of each power of two: a quantile is off by 1/256 at most. */
#define VMFC_SKETCH_BINS 128
/* So many numbers are kept as they are, and then a quantile is exact. */
#define VMFC_SKETCH_FEW 32
/* Powers of two, of either sign. */
#define VMFC_SKETCH_POWERS 2048

/*
 * Counts numbers by their size, in bounded memory, for quantiles and histograms. The bins of a
 * power of two need memory only if a number is in them. Numbers of more powers than there is memory
 * for are only counted, and then no quantile is known, unless there are few numbers.
 */
typedef struct {
	guint64 n;
	guint64 n_zero;
	guint64 n_other;
	gdouble few[VMFC_SKETCH_FEW]; /* the first numbers */
	guint8 max_pages;
	guint8 n_pages;
	guint8 pages[2][VMFC_SKETCH_POWERS]; /* 0: none; negative numbers are the second */
	guint64 *counts;		     /* of the bins, page by page */
} VmfcSketch;

/* One bar of a histogram: numbers from `from` to below `to`. */
typedef struct {
	gdouble from;
	gdouble to;
	guint64 n;
} VmfcSketchBar;

VmfcSketch *
vmfc_sketch_new(guint max_pages);
void
vmfc_sketch_free(VmfcSketch *sketch);
void
vmfc_sketch_add(VmfcSketch *sketch, gdouble value);
gdouble
vmfc_sketch_find_quantile(const VmfcSketch *sketch, gdouble share);
gdouble
vmfc_sketch_find_median(const VmfcSketch *sketch);
GArray *
vmfc_sketch_list_bars(const VmfcSketch *sketch);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcSketch, vmfc_sketch_free)

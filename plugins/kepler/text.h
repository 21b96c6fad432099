/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "common/scan.h"

/*
 * Called for each line of a metric of Kepler's.
 *
 * @line: begins with kepler_
 */
typedef gboolean (*KeplerLineFunc)(VmfcScan line, gpointer user_data, GError **error);

/* Called after a complete text. Returns: whether it contained the expected values */
typedef gboolean (*KeplerWholeFunc)(gpointer user_data, GError **error);

/* A text that is read piece by piece: Prometheus' exposition format, or OpenMetrics. */
typedef struct {
	KeplerLineFunc line;
	KeplerWholeFunc whole;
	gpointer user_data;
	GString *cut;	    /* the unfinished line of the last piece */
	gboolean is_kepler; /* any metric of Kepler's was seen */
	gboolean has_end;   /* the last line so far is OpenMetrics' "# EOF" */
} KeplerText;

/* What shows that a page is complete. */
typedef enum {
	KEPLER_END_TOLD,   /* the transfer gives its length: the last line may lack its newline */
	KEPLER_END_UNTOLD, /* the transfer gives no length: only a last line "# EOF" can show it */
	KEPLER_END_MARKED, /* OpenMetrics: the last line is "# EOF" */
} KeplerEnd;

typedef enum {
	KEPLER_LABEL_NONE, /* number of values */
	KEPLER_LABEL_FOUND,
	KEPLER_LABEL_BROKEN,
} KeplerLabel;

/*
 * The receiver of pages. The scraper's own thread calls its functions and those of the text. The
 * main thread may read their results from an answer until the next request.
 */
typedef struct {
	KeplerText *text;
	/*
	 * Begins the text before a page is requested.
	 * @taken: the last answer was used in a record: growth counts from it
	 * @now: CLOCK_MONOTONIC, ns
	 */
	void (*begin)(gpointer user_data, gboolean taken, gint64 now);
	/* @good: the page is complete and contains the expected values */
	void (*end)(gpointer user_data, gboolean good);
	gpointer user_data;
} KeplerReader;

void
kepler_text_init(KeplerText *text, KeplerLineFunc line, KeplerWholeFunc whole, gpointer user_data);
void
kepler_text_clear(KeplerText *text);
void
kepler_text_begin(KeplerText *text);
gboolean
kepler_text_add(KeplerText *text, const gchar *piece, gsize length, GError **error);
gboolean
kepler_text_end(KeplerText *text, KeplerEnd end, GError **error);
gboolean
kepler_text_set_bad_line(const gchar *why, GError **error);

gboolean
kepler_scan_metric(VmfcScan *line, const gchar *name);
gboolean
kepler_scan_labels(VmfcScan *line);
KeplerLabel
kepler_scan_label(VmfcScan *line, VmfcScan *name, VmfcScan *value);
gboolean
kepler_scan_value(VmfcScan *line, gdouble *value);
guint64
kepler_hash(guint64 hash, const VmfcScan *text);

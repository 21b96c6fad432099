/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "scrape.h"

/* Of a sampler that asks a Kepler: when it asks, and what became of it. */
typedef struct {
	VmfcContext *context;
	KeplerScraper *scraper;
	guint64 period; /* ticks from one request to the next */
	guint64 pause;	/* periods to wait where nobody listens; 0: somebody does */
	guint64 most_pause;
	guint64 next_tick; /* the next one at which to ask */
	gboolean answered; /* in a check: the answer is there */
	GError *failure;   /* why there was no answer the last time */
	gboolean absent;   /* because nobody listened */
} KeplerSchedule;

/* The options that each such sampler has, before its own. */
#define KEPLER_OPTIONS(url_help)                                                                   \
	{"url", VMFC_OPTION_STRING, "http://localhost:28282/metrics", url_help},                   \
		{"scrape_interval", VMFC_OPTION_DURATION, "1",                                     \
		 "seconds from one request to the next, where ticks come faster"},                 \
		{"time_limit", VMFC_OPTION_DURATION, "10",                                         \
		 "seconds that an answer may take, where --grace does not end first"},             \
		{"size_limit", VMFC_OPTION_INT, "256", "MiB that a page may have, unpacked"},      \
		{"token_file", VMFC_OPTION_STRING, "", "file with a bearer token to send along"},  \
	{                                                                                          \
		"ca_file", VMFC_OPTION_STRING, "",                                                 \
			"file with the authorities (PEM) that https trusts instead of the "        \
			"system's"                                                                 \
	}

/* What each of them is called on vmfc's command line. */
#define KEPLER_ALIAS                                                                               \
	{                                                                                          \
		"kepler-url", "url", "URL",                                                        \
			"Kepler's metrics (default: http://localhost:28282/metrics)"               \
	}

gboolean
kepler_schedule_open(KeplerSchedule *asking, VmfcContext *context, const gchar *plugin,
		     const KeplerReader *reader, KeplerAnsweredFunc answered, gpointer user_data,
		     GError **error);
void
kepler_schedule_close(KeplerSchedule *asking);
gboolean
kepler_schedule_check(KeplerSchedule *asking, GError **error);
VmfcAnswer
kepler_schedule_sample(KeplerSchedule *asking, VmfcRecord *record, GError **error);
void
kepler_schedule_steal_answer(KeplerSchedule *asking, KeplerAnswer *answer);
void
kepler_schedule_report_failure(const KeplerSchedule *asking, guint n_columns, const gchar *set_up);
GError *
kepler_schedule_add_hint(GError *error, gboolean absent, const gchar *hint);

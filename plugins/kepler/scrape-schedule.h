/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "scrape.h"

/* When a sampler requests Kepler's page, and the result. */
typedef struct {
	VmfcContext *context;
	KeplerScraper *scraper;
	guint64 period; /* ticks from one request to the next */
	guint64 pause;	/* ticks to wait while no server listens; 0: a server listens */
	guint64 most_pause;
	guint64 next_tick; /* tick of the next request */
	gboolean answered; /* in a check: the answer was received */
	GError *failure;   /* why the last request had no answer */
	gboolean absent;   /* because no server listened */
} KeplerSchedule;

/* The options that each such sampler has, before its other ones. */
#define KEPLER_OPTIONS(url_help)                                                                   \
	{"url", VMFC_OPTION_STRING, "http://localhost:28282/metrics", url_help},                   \
		{"scrape_interval", VMFC_OPTION_DURATION, "1",                                     \
		 "seconds between two requests, when ticks are more frequent"},                    \
		{"time_limit", VMFC_OPTION_DURATION, "10",                                         \
		 "timeout of an answer in seconds; --grace applies if it is shorter"},             \
		{"size_limit", VMFC_OPTION_INT, "256",                                             \
		 "maximum size of a page in MiB, uncompressed"},                                   \
		{"token_file", VMFC_OPTION_STRING, "", "file with a bearer token to send"},        \
	{                                                                                          \
		"ca_file", VMFC_OPTION_STRING, "",                                                 \
			"file with the certificate authorities (PEM) that https trusts instead "   \
			"of the system's"                                                          \
	}

/* Their aliases on vmfc's command line. */
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

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * The sampler of Kepler's page in a run, with a test in place of the thread that requests it: see
 * the wrapped functions in meson.build.
 */

#pragma once

#include <string.h>

#include "kepler/scrape-schedule.h"
#include "plugin/context.h"
#include "plugin/setting.h"
#include "record/record.h"

#define NS_PER_S G_GINT64_CONSTANT(1000000000)

extern const VmfcPlugin vmfc_plugin;

/* In place of the thread. */
static struct {
	KeplerSource *source;
	KeplerReader reader;
	KeplerAnsweredFunc answered;
	gpointer user_data;
	gboolean is_busy; /* with the last request */
	gboolean answers_at_once;
	KeplerAnswer answer; /* the next one */
	guint n_started;
	guint n_asked;
	guint64 tick; /* of the last request */
	guint n_taken;
	gboolean is_taken; /* the last answer */
} scraper;

#pragma GCC visibility push(default)
KeplerScraper *
__wrap_kepler_scraper_new(KeplerSource *source, const KeplerReader *reader,
			  KeplerAnsweredFunc answered, gpointer user_data, GError **error);
gboolean
__wrap_kepler_scraper_start(KeplerScraper *self, GError **error);
void
__wrap_kepler_scraper_free(KeplerScraper *self);
gboolean
__wrap_kepler_scraper_ask(KeplerScraper *self, guint64 tick);
void
__wrap_kepler_scraper_steal_answer(KeplerScraper *self, KeplerAnswer *answer);
void
__wrap_kepler_scraper_take(KeplerScraper *self);
#pragma GCC visibility pop

KeplerScraper *
__wrap_kepler_scraper_new(KeplerSource *source, const KeplerReader *reader,
			  KeplerAnsweredFunc answered, gpointer user_data,
			  G_GNUC_UNUSED GError **error)
{
	/* that of a run that a test has beside its own */
	g_clear_pointer(&scraper.source, kepler_source_free);
	scraper.source = source;
	scraper.reader = *reader;
	scraper.answered = answered;
	scraper.user_data = user_data;
	return (KeplerScraper *)&scraper;
}

gboolean
__wrap_kepler_scraper_start(G_GNUC_UNUSED KeplerScraper *self, G_GNUC_UNUSED GError **error)
{
	scraper.n_started++;
	return TRUE;
}

void
__wrap_kepler_scraper_free(G_GNUC_UNUSED KeplerScraper *self)
{
	g_clear_pointer(&scraper.source, kepler_source_free);
	g_clear_error(&scraper.answer.error);
}

gboolean
__wrap_kepler_scraper_ask(G_GNUC_UNUSED KeplerScraper *self, guint64 tick)
{
	if (scraper.is_busy)
		return FALSE;
	scraper.n_asked++;
	scraper.tick = scraper.answer.tick = tick;
	if (scraper.answers_at_once)
		scraper.answered(scraper.user_data);
	return TRUE;
}

void
__wrap_kepler_scraper_steal_answer(G_GNUC_UNUSED KeplerScraper *self, KeplerAnswer *answer)
{
	*answer = scraper.answer;
	scraper.answer = (KeplerAnswer){0};
}

void
__wrap_kepler_scraper_take(G_GNUC_UNUSED KeplerScraper *self)
{
	scraper.n_taken++;
	scraper.is_taken = TRUE;
}

/* -------------------------------------------------------------------- a run */

typedef struct {
	VmfcRun run;
	VmfcContext *context;
	VmfcRow *row;
	gboolean is_late; /* the record was closed before the answer */
	guint n_finished;
	GError *error; /* of the last answer */
} Fixture;

static inline VmfcRecord *
resume(VmfcContext *context, G_GNUC_UNUSED guint64 tick)
{
	const Fixture *fixture = context->driver_data;

	context->record.row = fixture->row;
	return fixture->is_late ? NULL : &context->record;
}

static inline void
finish(VmfcContext *context, guint64 tick, const GError *error)
{
	Fixture *fixture = context->driver_data;

	g_assert_cmpuint(tick, ==, scraper.tick);
	fixture->n_finished++;
	g_clear_error(&fixture->error);
	fixture->error = error != NULL ? g_error_copy(error) : NULL;
}

static inline void
forget_scraper(void)
{
	g_clear_pointer(&scraper.source, kepler_source_free);
	memset(&scraper, 0, sizeof(scraper));
}

static inline void
close_run(Fixture *fixture)
{
	g_clear_error(&fixture->error);
	g_clear_pointer(&fixture->row, vmfc_row_free);
	g_clear_pointer(&fixture->context, vmfc_context_free);
	g_ptr_array_unref((GPtrArray *)fixture->run.settings);
	vmfc_schema_free(fixture->run.schema);
}

/* @options: name, value, name, value, %NULL; @interval, @grace: in seconds */
static inline gboolean
open_run(Fixture *fixture, const gchar *const *options, gdouble interval, gdouble grace,
	 GError **error)
{
	static const VmfcDriver driver = {.resume = resume, .finish = finish};
	GPtrArray *settings = vmfc_setting_list_new();

	for (guint i = 0; options != NULL && options[i] != NULL; i += 2)
		vmfc_setting_list_add(settings, vmfc_plugin.name, options[i], options[i + 1],
				      "--set", FALSE);
	*fixture = (Fixture){.run.schema = vmfc_schema_new(),
			     .run.settings = settings,
			     .run.interval = (gint64)(interval * (gdouble)NS_PER_S),
			     .run.grace = (gint64)(grace * (gdouble)NS_PER_S),
			     .run.is_check = scraper.answers_at_once};
	fixture->context = vmfc_context_new(&fixture->run, &vmfc_plugin, error);
	if (fixture->context == NULL)
		return FALSE;
	vmfc_context_set_driver(fixture->context, &driver, fixture);
	if (!vmfc_context_open(fixture->context, error))
		return FALSE;
	vmfc_schema_freeze(fixture->run.schema);
	vmfc_context_freeze(fixture->context);
	fixture->row = vmfc_row_new(fixture->run.schema);
	return vmfc_context_start(fixture->context, error);
}

static inline void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	forget_scraper();
	open_run(fixture, NULL, 1, 0.8, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(scraper.n_started, ==, 1);
}

static inline void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	close_run(fixture);
}

static inline VmfcAnswer
sample(Fixture *fixture, guint64 tick, GError **error)
{
	VmfcRecord *record = &fixture->context->record;

	vmfc_row_clear(fixture->row, fixture->run.schema);
	fixture->row->tick = tick;
	record->row = fixture->row;
	VmfcAnswer answer = vmfc_plugin.sampler->sample(fixture->context->instance, record, error);
	record->row = NULL;
	return answer;
}

/* @failure: (transfer full) (nullable) */
static inline void
answer(GError *failure, gboolean absent)
{
	scraper.answer.error = failure;
	scraper.answer.absent = absent;
	scraper.answered(scraper.user_data);
}

/* What is known of a column: its state, and why it is missing. */
static inline void
assert_state(const Fixture *fixture, guint column, VmfcState state, const gchar *reason,
	     const gchar *remedy)
{
	const VmfcDeclaration *declaration = fixture->context->declarations->pdata[column];

	g_assert_cmpint(declaration->state, ==, state);
	g_assert_true(reason == NULL ? declaration->reason == NULL
				     : g_pattern_match_simple(reason, declaration->reason));
	g_assert_true(remedy == NULL ? declaration->remedy == NULL
				     : g_pattern_match_simple(remedy, declaration->remedy));
}

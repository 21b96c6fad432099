/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "scrape-schedule.h"

#define NS_PER_S 1e9
/* When no server listens, the requests become rarer and rarer. */
#define MAX_PAUSE 10.0
/* Limits of an option, in ns. */
#define MIN_DURATION (gint64)(NS_PER_S / 1000)
#define MAX_DURATION (gint64)(3600 * NS_PER_S)
/* A check takes no longer, whatever the answer. */
#define CHECK_MS 3000

/* ------------------------------------------------------------ options */

static KeplerSource *
read_source(VmfcContext *context, const gchar *plugin, GError **error)
{
	g_autoptr(KeplerSource) source = g_new0(KeplerSource, 1);
	gint64 limit = vmfc_context_get_duration(context, "time_limit");
	gint64 mebibytes = vmfc_context_get_int(context, "size_limit");

	source->plugin = plugin;
	source->url = g_strdup(vmfc_context_get_string(context, "url"));
	source->token_file = g_strdup(vmfc_context_get_string(context, "token_file"));
	source->ca_file = g_strdup(vmfc_context_get_string(context, "ca_file"));
	if (limit < MIN_DURATION || limit > MAX_DURATION) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "option %s.time_limit is %g, but must be from 0.001 to 3600 seconds",
			    plugin, (gdouble)limit / NS_PER_S);
		return NULL;
	}
	if (mebibytes < 1 || mebibytes > 1024 * 1024) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "option %s.size_limit is %" G_GINT64_FORMAT
			    ", but must be from 1 to 1048576 MiB",
			    plugin, mebibytes);
		return NULL;
	}
	/* a little less than the core's grace time, so that vmfc can report what took too long */
	gint64 grace = vmfc_context_get_grace(context) / 16 * 15;
	source->time_limit = MIN(limit, grace);
	source->more_time = limit < grace ? g_strdup_printf("--set %s.time_limit=SECONDS", plugin)
					  : g_strdup("a longer --interval, or --grace,");
	source->size_limit = (guint64)mebibytes << 20;
	return g_steal_pointer(&source);
}

static gboolean
set_period(KeplerSchedule *self, const gchar *plugin, GError **error)
{
	gint64 wanted = vmfc_context_get_duration(self->context, "scrape_interval");
	gdouble seconds = (gdouble)wanted / NS_PER_S;
	gdouble interval = (gdouble)vmfc_context_get_interval(self->context) / NS_PER_S;

	if (wanted < MIN_DURATION || wanted > MAX_DURATION) {
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_USAGE,
			"option %s.scrape_interval is %g, but must be from 0.001 to 3600 seconds",
			plugin, seconds);
		return FALSE;
	}
	/* whole ticks, at least as far apart as the option says, apart from rounding */
	self->period = (guint64)(seconds / interval + 0.999);
	self->period = MAX(self->period, 1);
	vmfc_context_set_period(self->context, self->period);
	self->most_pause = (guint64)(MAX_PAUSE / ((gdouble)self->period * interval));
	return TRUE;
}

/* ------------------------------------------------------------ opening */

static void
record_answer(gpointer data)
{
	((KeplerSchedule *)data)->answered = TRUE;
}

/*
 * Called when all columns are added.
 *
 * @plugin: the plugin that has the options
 * @answered: called after each kepler_schedule_sample() that returned %VMFC_ANSWER_PENDING
 */
gboolean
kepler_schedule_open(KeplerSchedule *asking, VmfcContext *context, const gchar *plugin,
		     const KeplerReader *reader, KeplerAnsweredFunc answered, gpointer user_data,
		     GError **error)
{
	gboolean is_check = vmfc_context_is_check(context);
	KeplerSource *source = read_source(context, plugin, error);

	if (source == NULL)
		return FALSE;
	*asking = (KeplerSchedule){.context = context};
	asking->scraper = kepler_scraper_new(source, reader, is_check ? record_answer : answered,
					     is_check ? asking : user_data, error);
	return asking->scraper != NULL && set_period(asking, plugin, error);
}

void
kepler_schedule_close(KeplerSchedule *asking)
{
	g_clear_pointer(&asking->scraper, kepler_scraper_free);
	g_clear_error(&asking->failure);
}

/* ------------------------------------------------------------ answers */

/* Reduces the requests when no server listens, and restores their rate when one does. */
static void
set_pause(KeplerSchedule *self, gboolean absent)
{
	self->pause = absent ? MIN(self->pause * 2 + 1, self->most_pause) : 0;
	self->next_tick += self->pause * self->period;
}

/* @answer: (out): its error becomes the caller's */
void
kepler_schedule_steal_answer(KeplerSchedule *asking, KeplerAnswer *answer)
{
	kepler_scraper_steal_answer(asking->scraper, answer);
	g_clear_error(&asking->failure);
	asking->failure = answer->error != NULL ? g_error_copy(answer->error) : NULL;
	asking->absent = answer->absent;
	set_pause(asking, answer->absent);
}

/* Sets the state of the columns after a request without an answer. */
void
kepler_schedule_report_failure(const KeplerSchedule *asking, guint n_columns, const gchar *set_up)
{
	const GError *failure = asking->failure;
	gboolean denied = g_error_matches(failure, VMFC_ERROR, VMFC_ERROR_DENIED);
	/* a server that answers something else needs another remedy */
	gboolean is_missing = asking->absent ||
			      g_error_matches(failure, VMFC_ERROR, VMFC_ERROR_FORMAT);

	for (guint i = 0; i < n_columns && failure != NULL; i++)
		vmfc_context_set_state(asking->context, i,
				       denied ? VMFC_STATE_DENIED : VMFC_STATE_UNSUPPORTED,
				       failure->message, is_missing ? set_up : NULL);
}

/*
 * @error: (transfer full) (nullable):
 * @hint: what to do when no server listens
 */
GError *
kepler_schedule_add_hint(GError *error, gboolean absent, const gchar *hint)
{
	g_autoptr(GError) plain = error;

	if (!absent)
		return g_steal_pointer(&plain);
	return g_error_new(plain->domain, plain->code, "%s. %s", plain->message, hint);
}

static gboolean
give_up(gpointer data)
{
	kepler_scraper_give_up(((KeplerSchedule *)data)->scraper);
	return G_SOURCE_CONTINUE;
}

/* Requests once and waits for the answer: a check does nothing else. */
gboolean
kepler_schedule_check(KeplerSchedule *asking, GError **error)
{
	KeplerAnswer answer;

	if (!kepler_scraper_start(asking->scraper, error))
		return FALSE;
	kepler_scraper_ask(asking->scraper, 0);
	guint timer = g_timeout_add(CHECK_MS, give_up, asking);
	while (!asking->answered)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(timer);
	kepler_schedule_steal_answer(asking, &answer);
	g_clear_error(&answer.error);
	return TRUE;
}

VmfcAnswer
kepler_schedule_sample(KeplerSchedule *asking, VmfcRecord *record, GError **error)
{
	guint64 tick = vmfc_record_get_tick(record);

	if (tick < asking->next_tick)
		return VMFC_ANSWER_NOT_DUE;
	asking->next_tick = tick + asking->period;
	if (kepler_scraper_ask(asking->scraper, tick))
		return VMFC_ANSWER_PENDING;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "the previous request is not complete yet");
	return VMFC_ANSWER_FAILED;
}

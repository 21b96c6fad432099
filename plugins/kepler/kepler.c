/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "scrape.h"

#define NS_PER_S 1e9
/* Where nobody listens, it is looked less and less often whether somebody has come. */
#define LONGEST_PAUSE 10.0
/* Kepler looks anew twice in that time by default, in ns. */
#define LONG_LOOK (10 * (gint64)NS_PER_S)
/* A check takes no longer, whatever answers. */
#define CHECK_MS 3000

#define SET_UP                                                                                     \
	"Run Kepler 0.10 or newer in this machine. It finds no power meter in a virtual machine, " \
	"so that its config file must say dev: {fake-cpu-meter: {enabled: true}} (later "          \
	"releases: "                                                                               \
	"cpu: {preferredMeters: [fake]}), and exporter.prometheus.metricsLevel must hold "         \
	"process; "                                                                                \
	"its watts are invented then, the CPU seconds, of which alone vmfc makes use, are real. "  \
	"If it listens elsewhere, give its address with --kepler-url"

enum {
	TOTAL,
	DELTA,
	RATE,
	SCRAPE_SECONDS,
	N_COLUMNS,
};

#define FIGURE(name, unit, text)                                                                   \
	{                                                                                          \
		name, unit, VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE, "--kepler-url", text          \
	}

static const VmfcColumn columns[N_COLUMNS] = {
	[TOTAL] = FIGURE("node_process_cpu_seconds_total", "s",
			 "CPU seconds of all processes that Kepler shows, since each began"),
	[DELTA] = FIGURE("node_process_cpu_seconds_delta", "s",
			 "CPU seconds of all processes since the last answer"),
	[RATE] = FIGURE("node_process_cpu_seconds_rate", "s/s",
			"node_process_cpu_seconds_delta / time between the two answers"),
	[SCRAPE_SECONDS] = FIGURE("kepler_scrape_seconds", "s",
				  "from the request to the end of the answer"),
};

static const VmfcOption options[] = {
	{"url", VMFC_OPTION_STRING, "http://localhost:28282/metrics",
	 "where Kepler's metrics are; the same as --kepler-url"},
	{"scrape_interval", VMFC_OPTION_FLOAT, "1",
	 "seconds from one request to the next, where ticks come faster"},
	{"time_limit", VMFC_OPTION_FLOAT, "10",
	 "seconds that an answer may take, where --grace does not end first"},
	{"size_limit", VMFC_OPTION_INT, "256", "MiB that a page may have, unpacked"},
	{"token_file", VMFC_OPTION_STRING, "", "file with a bearer token to send along"},
	{"ca_file", VMFC_OPTION_STRING, "",
	 "file with the authorities (PEM) that https trusts instead of the system's"},
	{NULL},
};

/* When Kepler was seen to have looked anew at the processes. */
typedef struct {
	guint n_answers;
	guint n_changes;
	gint64 first_change; /* CLOCK_MONOTONIC, ns */
	gint64 last_change;
	gint64 first_answer;
	gint64 last_answer;
} Refresh;

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
	Refresh refresh;
} Kepler;

static void
kepler_close(gpointer data)
{
	Kepler *self = data;
	g_clear_pointer(&self->scraper, kepler_scraper_free);
	g_clear_error(&self->failure);
	g_free(self);
}

/* ------------------------------------------------------------ answers */

static void
note_refresh(Refresh *refresh, const KeplerAnswer *answer)
{
	if (refresh->n_answers++ == 0)
		refresh->first_answer = answer->sent;
	refresh->last_answer = answer->sent;
	if (!answer->changed)
		return;
	if (refresh->n_changes++ == 0)
		refresh->first_change = answer->sent;
	refresh->last_change = answer->sent;
}

static void
set_figures(VmfcRecord *record, const KeplerAnswer *answer)
{
	vmfc_record_set_float(record, TOTAL, answer->total);
	vmfc_record_set_float(record, SCRAPE_SECONDS, answer->duration);
	/* without another look of Kepler's nothing is known of the growth, nor after a jump */
	if (!answer->changed || !answer->plausible)
		return;
	vmfc_record_set_float(record, DELTA, answer->growth);
	vmfc_record_set_float(record, RATE, answer->growth / answer->span);
}

/* Asks less often where nobody listens, and as often as before where somebody does. */
static void
set_pause(Kepler *self, gboolean absent)
{
	self->pause = absent ? MIN(self->pause * 2 + 1, self->most_pause) : 0;
	self->next_tick += self->pause * self->period;
}

static void
note_failure(Kepler *self, const KeplerAnswer *answer)
{
	g_clear_error(&self->failure);
	self->failure = answer->error != NULL ? g_error_copy(answer->error) : NULL;
	self->absent = answer->absent;
}

/* What became of the columns when there was no answer at all. */
static void
report_failure(Kepler *self)
{
	const GError *failure = self->failure;
	gboolean denied = g_error_matches(failure, VMFC_ERROR, VMFC_ERROR_DENIED);
	/* whoever is there and answers something else has other needs */
	gboolean is_missing = self->absent ||
			      g_error_matches(failure, VMFC_ERROR, VMFC_ERROR_FORMAT);

	for (guint i = 0; i < N_COLUMNS && failure != NULL; i++)
		vmfc_context_set_state(self->context, i,
				       denied ? VMFC_STATE_DENIED : VMFC_STATE_UNSUPPORTED,
				       failure->message, is_missing ? SET_UP : NULL);
}

/* @error: (transfer full) (nullable): */
static GError *
add_hint(GError *error, gboolean absent)
{
	g_autoptr(GError) plain = error;

	if (!absent)
		return g_steal_pointer(&plain);
	return g_error_new(plain->domain, plain->code,
			   "%s. Is Kepler running in this machine? vmfc --check says how to set it "
			   "up, --plugins perf,proc does without",
			   plain->message);
}

static void
kepler_answered(gpointer data)
{
	Kepler *self = data;
	KeplerAnswer answer;

	kepler_scraper_steal_answer(self->scraper, &answer);
	note_failure(self, &answer);
	g_autoptr(GError) error = add_hint(answer.error, answer.absent);
	set_pause(self, answer.absent);
	VmfcRecord *record = vmfc_context_resume(self->context, answer.tick);
	if (record != NULL && error == NULL) {
		set_figures(record, &answer);
		note_refresh(&self->refresh, &answer);
		if (self->refresh.n_answers == 1)
			vmfc_context_describe(self->context, TOTAL, "metric", answer.name);
		/* what Kepler has not looked at anew grows on, until it does */
		if (self->refresh.n_answers == 1 || answer.changed)
			kepler_scraper_take(self->scraper);
	}
	vmfc_context_finish(self->context, answer.tick, error);
}

/* -------------------------------------------------------------- check */

static void
note_answered(gpointer data)
{
	((Kepler *)data)->answered = TRUE;
}

static gboolean
give_up(gpointer data)
{
	kepler_scraper_give_up(((Kepler *)data)->scraper);
	return G_SOURCE_CONTINUE;
}

/* Asks once and waits for it: nothing else is being done. */
static gboolean
check(Kepler *self, GError **error)
{
	KeplerAnswer answer;

	if (!kepler_scraper_start(self->scraper, error))
		return FALSE;
	kepler_scraper_ask(self->scraper, 0);
	guint timer = g_timeout_add(CHECK_MS, give_up, self);
	while (!self->answered)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(timer);
	kepler_scraper_steal_answer(self->scraper, &answer);
	note_failure(self, &answer);
	g_clear_error(&answer.error);
	report_failure(self);
	return TRUE;
}

/* ------------------------------------------------------------ sampler */

static KeplerSource *
read_source(VmfcContext *context, GError **error)
{
	g_autoptr(KeplerSource) source = g_new0(KeplerSource, 1);
	gdouble seconds = vmfc_context_get_float(context, "time_limit");
	gint64 mebibytes = vmfc_context_get_int(context, "size_limit");

	source->url = g_strdup(vmfc_context_get_string(context, "url"));
	source->token_file = g_strdup(vmfc_context_get_string(context, "token_file"));
	source->ca_file = g_strdup(vmfc_context_get_string(context, "ca_file"));
	if (seconds < 0.001 || seconds > 3600) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): g_autoptr frees it */
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "option kepler.time_limit is %g, but must be 0.001 to 3600 seconds",
			    seconds);
		return NULL;
	}
	if (mebibytes < 1 || mebibytes > 1024 * 1024) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "option kepler.size_limit is %" G_GINT64_FORMAT
			    ", but must be 1 to 1048576 MiB",
			    mebibytes);
		return NULL;
	}
	/* a little less than the core waits, so that what it was that took too long can be told */
	gint64 grace = vmfc_context_get_grace(context) / 16 * 15;
	gint64 limit = (gint64)(seconds * NS_PER_S);
	source->time_limit = MIN(limit, grace);
	source->more_time = limit < grace ? "--set kepler.time_limit=SECONDS"
					  : "a longer --interval, or --grace,";
	source->size_limit = (guint64)mebibytes << 20;
	return g_steal_pointer(&source);
}

static gboolean
set_period(Kepler *self, GError **error)
{
	gdouble seconds = vmfc_context_get_float(self->context, "scrape_interval");
	gdouble interval = (gdouble)vmfc_context_get_interval(self->context) / NS_PER_S;

	if (seconds < 0.001 || seconds > 3600) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "option kepler.scrape_interval is %g, but must be 0.001 to 3600 "
			    "seconds",
			    seconds);
		return FALSE;
	}
	/* whole ticks, at least as far apart as was asked for, give or take a rounding */
	self->period = (guint64)(seconds / interval + 0.999);
	self->period = MAX(self->period, 1);
	self->most_pause = (guint64)(LONGEST_PAUSE / ((gdouble)self->period * interval));
	return TRUE;
}

static gpointer
kepler_open(VmfcContext *context, GError **error)
{
	gboolean is_check = vmfc_context_is_check(context);

	for (guint i = 0; i < N_COLUMNS; i++)
		vmfc_context_add_column(context, &columns[i]);
	KeplerSource *source = read_source(context, error);
	if (source == NULL)
		return NULL;
	Kepler *self = g_new0(Kepler, 1);
	self->context = context;
	self->scraper = kepler_scraper_new(source, is_check ? note_answered : kepler_answered, self,
					   error);
	if (self->scraper == NULL || !set_period(self, error) ||
	    (is_check && !check(self, error))) {
		kepler_close(self);
		return NULL;
	}
	return self;
}

static gboolean
kepler_start(gpointer data, GError **error)
{
	return kepler_scraper_start(((Kepler *)data)->scraper, error);
}

static VmfcAnswer
kepler_sample(gpointer data, VmfcRecord *record, GError **error)
{
	Kepler *self = data;
	guint64 tick = vmfc_record_get_tick(record);
	if (tick < self->next_tick)
		return VMFC_ANSWER_NOT_DUE;
	self->next_tick = tick + self->period;
	if (kepler_scraper_ask(self->scraper, tick))
		return VMFC_ANSWER_PENDING;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "the request before is not over yet");
	return VMFC_ANSWER_FAILED;
}

static void
kepler_stop(gpointer data)
{
	Kepler *self = data;
	const Refresh *refresh = &self->refresh;
	g_autofree gchar *text = NULL;

	if (refresh->n_answers == 0)
		report_failure(self);
	if (refresh->n_answers < 2)
		return;
	if (refresh->n_changes == 0 && refresh->last_answer - refresh->first_answer >= LONG_LOOK)
		g_warning("Kepler's page was the same in all %u answers, so that its delta and "
			  "rate are missing: does Kepler hang?",
			  refresh->n_answers);
	if (refresh->n_changes >= 2)
		text = g_strdup_printf("every %.3g s (%u changes in %u answers)",
				       (gdouble)(refresh->last_change - refresh->first_change) /
					       NS_PER_S / (refresh->n_changes - 1),
				       refresh->n_changes, refresh->n_answers);
	else
		text = g_strdup_printf("not told (%u changes in %u answers within %.3g s)",
				       refresh->n_changes, refresh->n_answers,
				       (gdouble)(refresh->last_answer - refresh->first_answer) /
					       NS_PER_S);
	vmfc_context_describe(self->context, TOTAL, "refresh_seen", text);
}

static const VmfcSampler sampler = {
	.open = kepler_open,
	.start = kepler_start,
	.sample = kepler_sample,
	.stop = kepler_stop,
	.close = kepler_close,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "kepler",
	.version = VMFC_VERSION,
	.license = "Apache-2.0",
	.summary = "CPU seconds of all processes, as Kepler's exporter in this machine tells them",
	.rank = 70,
	.options = options,
	.sampler = &sampler,
};

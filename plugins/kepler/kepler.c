/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "scrape-schedule.h"
#include "seconds.h"

#define NS_PER_S 1e9
/* So many looks are seen before it is said that Kepler does not tell when it looked. */
#define ENOUGH_CHANGES 3

#define SET_UP                                                                                     \
	"Run Kepler 0.10 or newer in this machine. It finds no power meter in a virtual machine, " \
	"so that its config file must say dev: {fake-cpu-meter: {enabled: true}} (later "          \
	"releases: cpu: {preferredMeters: [fake]}), "                                              \
	"exporter.prometheus.metricsLevel must hold node and process, and monitor: {interval: "    \
	"0s, staleness: 0s} makes it look when vmfc asks; "                                        \
	"its watts are invented then, the CPU seconds, of which alone vmfc makes use, are real. "  \
	"If it listens elsewhere, give its address with --kepler-url"

#define HINT                                                                                       \
	"Is Kepler running in this machine? vmfc --check says how to set it up, --plugins "        \
	"perf,proc does without"

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
	KEPLER_OPTIONS("where Kepler's metrics are; the same as --kepler-url"),
	{NULL},
};

/* In Kepler's config file: it looks at the processes whenever it is asked, and only then. */
#define LOOK_WHEN_ASKED                                                                            \
	"Write monitor: {interval: 0s, staleness: 0s} into Kepler's config file, so that it "      \
	"looks at the processes when vmfc asks"

#define TELL_LOOKS "Let exporter.prometheus.metricsLevel in Kepler's config file hold node as well"

/* Why there is no growth, by what a page tells; constant texts, for the core counts windows by
 * them. */
static const struct {
	VmfcState state;
	const gchar *reason;
	const gchar *remedy;
} withheld[] = {
	[KEPLER_GROWTH_FIRST] = {VMFC_STATE_OK,
				 "the first answer has none before it to compare with", NULL},
	[KEPLER_GROWTH_TOLD] = {VMFC_STATE_OK, NULL, NULL},
	[KEPLER_GROWTH_NO_LOOK] = {VMFC_STATE_UNSUPPORTED,
				   "Kepler has not looked at the processes since the answer before",
				   LOOK_WHEN_ASKED},
	[KEPLER_GROWTH_UNKNOWN] = {VMFC_STATE_UNSUPPORTED,
				   "Kepler's page is the same as before and does not tell whether "
				   "Kepler has looked since: it lacks kepler_node_cpu_joules_total",
				   TELL_LOOKS},
	[KEPLER_GROWTH_OFF] =
		{VMFC_STATE_UNSUPPORTED,
		 "Kepler answered with what it saw shortly before it was asked, which "
		 "is another time's growth",
		 LOOK_WHEN_ASKED},
	[KEPLER_GROWTH_TOO_MUCH] =
		{VMFC_STATE_IMPLAUSIBLE,
		 "the processes grew by more CPU seconds than this machine's CPUs "
		 "can give in the time",
		 "If this Kepler is this machine's: " LOOK_WHEN_ASKED},
	[KEPLER_GROWTH_MIXED_IDLE] = {VMFC_STATE_IMPLAUSIBLE,
				      "this release of Kepler counts the idle task among its "
				      "kernel_processes",
				      "Use Kepler 0.10 or newer, or start this one with "
				      "ENABLE_EBPF_CGROUPID=false and without "
				      "EXCLUDE_SWAPPER_PROCESS"},
};

/* When Kepler was seen to have looked at the processes again. */
typedef struct {
	guint n_answers;
	guint n_changes;
	guint n_timed;	     /* of these, that Kepler's page told the time between the looks */
	gint64 first_change; /* CLOCK_MONOTONIC, ns */
	gint64 last_change;
	gint64 first_answer;
	gint64 last_answer;
} Refresh;

typedef struct {
	VmfcContext *context;
	KeplerSeconds seconds;
	KeplerSchedule asking;
	Refresh refresh;
} Kepler;

static void
kepler_close(gpointer data)
{
	Kepler *self = data;
	kepler_schedule_close(&self->asking);
	kepler_seconds_clear(&self->seconds);
	g_free(self);
}

/* ------------------------------------------------------------ answers */

static void
note_refresh(Refresh *refresh, const KeplerAnswer *answer, const KeplerSeconds *seconds)
{
	gboolean has_looked = seconds->growth_is == KEPLER_GROWTH_TOLD ||
			      seconds->growth_is == KEPLER_GROWTH_OFF;

	if (refresh->n_answers++ == 0)
		refresh->first_answer = answer->sent;
	refresh->last_answer = answer->sent;
	if (!has_looked)
		return;
	if (refresh->n_changes++ == 0)
		refresh->first_change = answer->sent;
	refresh->last_change = answer->sent;
	refresh->n_timed += seconds->is_timed;
}

/*
 * Kepler that looks by its own clock too can answer with what it saw before, and where its page
 * does not tell that time, growth of too little and too much time passes for a window's.
 */
static void
warn_of_untimed(const Kepler *self)
{
	if (self->refresh.n_changes == ENOUGH_CHANGES && self->refresh.n_timed == 0)
		g_warning("Kepler's page does not tell when Kepler looked at the processes, so "
			  "that node_process_cpu_seconds_delta may be off by up to Kepler's "
			  "monitor.staleness. " TELL_LOOKS ", or: " LOOK_WHEN_ASKED);
}

/* @growth: %KEPLER_GROWTH_TOLD: nothing is withheld */
static void
set_states(Kepler *self, KeplerGrowth growth)
{
	for (guint column = TOTAL; column <= RATE; column++) {
		gboolean is_whole = column == TOTAL && growth != KEPLER_GROWTH_MIXED_IDLE;
		KeplerGrowth of_column = is_whole ? KEPLER_GROWTH_TOLD : growth;
		vmfc_context_set_state(self->context, column, withheld[of_column].state,
				       withheld[of_column].reason, withheld[of_column].remedy);
	}
}

static void
set_figures(Kepler *self, VmfcRecord *record, const KeplerAnswer *answer)
{
	const KeplerSeconds *seconds = &self->seconds;

	set_states(self, seconds->growth_is);
	vmfc_record_set_float(record, SCRAPE_SECONDS, answer->duration);
	if (seconds->growth_is != KEPLER_GROWTH_MIXED_IDLE)
		vmfc_record_set_float(record, TOTAL, seconds->total);
	if (seconds->growth_is != KEPLER_GROWTH_TOLD)
		return;
	vmfc_record_set_float(record, DELTA, seconds->growth);
	vmfc_record_set_float(record, RATE, seconds->growth / seconds->span);
}

static void
kepler_answered(gpointer data)
{
	Kepler *self = data;
	KeplerAnswer answer;

	kepler_schedule_steal_answer(&self->asking, &answer);
	g_autoptr(GError) error = kepler_schedule_add_hint(answer.error, answer.absent, HINT);
	VmfcRecord *record = vmfc_context_resume(self->context, answer.tick);
	if (error != NULL) {
		/* what holds is said by the error */
		set_states(self, KEPLER_GROWTH_TOLD);
	} else if (record != NULL) {
		set_figures(self, record, &answer);
		note_refresh(&self->refresh, &answer, &self->seconds);
		warn_of_untimed(self);
		if (self->refresh.n_answers == 1)
			vmfc_context_describe(self->context, TOTAL, "metric", self->seconds.name);
		if (self->seconds.is_of_use)
			kepler_scraper_take(self->asking.scraper);
	}
	vmfc_context_finish(self->context, answer.tick, error);
}

/* ------------------------------------------------------------ sampler */

static gboolean
check(Kepler *self, GError **error)
{
	if (!kepler_schedule_check(&self->asking, error))
		return FALSE;
	kepler_schedule_report_failure(&self->asking, N_COLUMNS, SET_UP);
	return TRUE;
}

static gpointer
kepler_open(VmfcContext *context, GError **error)
{
	Kepler *self = g_new0(Kepler, 1);
	KeplerReader reader;

	self->context = context;
	for (guint i = 0; i < N_COLUMNS; i++)
		vmfc_context_add_column(context, &columns[i]);
	kepler_seconds_init(&self->seconds, &reader);
	if (!kepler_schedule_open(&self->asking, context, "kepler", &reader, kepler_answered, self,
				  error) ||
	    (vmfc_context_is_check(context) && !check(self, error))) {
		kepler_close(self);
		return NULL;
	}
	return self;
}

static gboolean
kepler_start(gpointer data, GError **error)
{
	return kepler_scraper_start(((Kepler *)data)->asking.scraper, error);
}

static VmfcAnswer
kepler_sample(gpointer data, VmfcRecord *record, GError **error)
{
	return kepler_schedule_sample(&((Kepler *)data)->asking, record, error);
}

static void
describe_refresh(const Kepler *self)
{
	const Refresh *refresh = &self->refresh;
	g_autofree gchar *text = NULL;
	g_autofree gchar *timed = g_strdup_printf("by Kepler's page in %u of %u windows",
						  refresh->n_timed, refresh->n_changes);

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
	vmfc_context_describe(self->context, DELTA, "looks_timed", timed);
}

static void
kepler_stop(gpointer data)
{
	Kepler *self = data;
	const Refresh *refresh = &self->refresh;

	if (refresh->n_answers == 0)
		kepler_schedule_report_failure(&self->asking, N_COLUMNS, SET_UP);
	if (refresh->n_answers < 2)
		return;
	describe_refresh(self);
}

static const VmfcSampler sampler = {
	.open = kepler_open,
	.start = kepler_start,
	.sample = kepler_sample,
	.stop = kepler_stop,
	.close = kepler_close,
};

static const VmfcAlias aliases[] = {
	KEPLER_ALIAS,
	{NULL},
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
	.aliases = aliases,
};

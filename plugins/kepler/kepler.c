/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "scrape-schedule.h"
#include "seconds.h"

#define NS_PER_S 1e9
/*
 * After this many new values without a time, vmfc warns that Kepler does not say when it read the
 * processes.
 */
#define ENOUGH_CHANGES 3

#define SET_UP                                                                                     \
	"Run Kepler 0.10 or newer in this machine. It finds no power meter in a virtual machine, " \
	"so set dev: {fake-cpu-meter: {enabled: true}} in its config file (later releases: cpu: "  \
	"{preferredMeters: [fake]}), include node and process in "                                 \
	"exporter.prometheus.metricsLevel, and set monitor: {interval: 0s, staleness: 0s}, so "    \
	"that it reads the processes when vmfc requests its page. Its watts are invented then, "   \
	"but vmfc uses its CPU seconds only, and these are measured. If Kepler listens "           \
	"elsewhere, give its address with --kepler-url"

#define HINT                                                                                       \
	"Is Kepler running in this machine? vmfc --check says how to set it up; --plugins "        \
	"perf,proc runs without it"

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
			 "CPU seconds of all processes on Kepler's page, since each of them began"),
	[DELTA] = FIGURE("node_process_cpu_seconds_delta", "s",
			 "growth of the CPU seconds of all processes since the last answer"),
	[RATE] = FIGURE("node_process_cpu_seconds_rate", "s/s",
			"node_process_cpu_seconds_delta / time between the two answers"),
	[SCRAPE_SECONDS] = FIGURE("kepler_scrape_seconds", "s",
				  "time from the request to the end of the answer"),
};

static const VmfcOption options[] = {
	KEPLER_OPTIONS("address of Kepler's metrics; same as --kepler-url"),
	{NULL},
};

/* With this in Kepler's config file Kepler reads the processes at each request, and only then. */
#define UPDATE_AT_REQUEST                                                                          \
	"Set monitor: {interval: 0s, staleness: 0s} in Kepler's config file, so that it reads "    \
	"the processes at each request of vmfc"

#define ADD_NODE_LEVEL "Include node in exporter.prometheus.metricsLevel in Kepler's config file"

/* Why a growth is missing. The texts are constant, because the core counts windows by text. */
static const struct {
	VmfcState state;
	const gchar *reason;
	const gchar *remedy;
} withheld[] = {
	[KEPLER_GROWTH_FIRST] = {VMFC_STATE_OK,
				 "the first answer cannot be compared with an earlier one", NULL},
	[KEPLER_GROWTH_TOLD] = {VMFC_STATE_OK, NULL, NULL},
	[KEPLER_GROWTH_NO_LOOK] = {VMFC_STATE_UNSUPPORTED,
				   "Kepler has not read the processes since the last answer",
				   UPDATE_AT_REQUEST},
	[KEPLER_GROWTH_UNKNOWN] =
		{VMFC_STATE_UNSUPPORTED,
		 "Kepler's page is unchanged and does not say whether Kepler has read the "
		 "processes again: it lacks kepler_node_cpu_joules_total",
		 ADD_NODE_LEVEL},
	[KEPLER_GROWTH_OFF] = {VMFC_STATE_UNSUPPORTED,
			       "Kepler's page contains values from shortly before the request, so "
			       "that its growth belongs to another time than the window",
			       UPDATE_AT_REQUEST},
	[KEPLER_GROWTH_TOO_MUCH] = {VMFC_STATE_IMPLAUSIBLE,
				    "the CPU seconds of the processes grew by more than this "
				    "machine's CPUs can give in the time",
				    "If this Kepler runs on this machine: " UPDATE_AT_REQUEST},
	[KEPLER_GROWTH_MIXED_IDLE] =
		{VMFC_STATE_IMPLAUSIBLE,
		 "this release of Kepler includes the idle task in its kernel_processes",
		 "Use Kepler 0.10 or newer, or start this one with "
		 "ENABLE_EBPF_CGROUPID=false and without "
		 "EXCLUDE_SWAPPER_PROCESS"},
};

/* How Kepler's new values were timed. */
typedef struct {
	guint n_answers;
	guint n_changes;
	guint n_timed;	     /* of these, the changes whose time Kepler's page gave */
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
record_refresh(Refresh *refresh, const KeplerAnswer *answer, const KeplerSeconds *seconds)
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
 * A Kepler that also reads the processes by its own clock can answer with earlier values. If its
 * page does not give the time of these, a growth of a shorter or longer time is taken for that of
 * the window.
 */
static void
warn_of_untimed(const Kepler *self)
{
	if (self->refresh.n_changes == ENOUGH_CHANGES && self->refresh.n_timed == 0)
		g_warning("Kepler's page does not say when Kepler read the processes, so that "
			  "node_process_cpu_seconds_delta may be off by up to Kepler's "
			  "monitor.staleness. " ADD_NODE_LEVEL ", or: " UPDATE_AT_REQUEST);
}

/* @growth: %KEPLER_GROWTH_TOLD: the growth is written */
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
		/* the error gives the reason */
		set_states(self, KEPLER_GROWTH_TOLD);
	} else if (record != NULL) {
		set_figures(self, record, &answer);
		record_refresh(&self->refresh, &answer, &self->seconds);
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
		text = g_strdup_printf("unknown (%u changes in %u answers within %.3g s)",
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
	.summary = "CPU seconds of all processes, from Kepler's exporter in this machine",
	.rank = 70,
	.options = options,
	.sampler = &sampler,
	.aliases = aliases,
};

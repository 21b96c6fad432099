/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "asking.h"
#include "seconds.h"

#define NS_PER_S 1e9
/* Kepler looks anew twice in that time by default, in ns. */
#define LONG_LOOK (10 * (gint64)NS_PER_S)

#define SET_UP                                                                                     \
	"Run Kepler 0.10 or newer in this machine. It finds no power meter in a virtual machine, " \
	"so that its config file must say dev: {fake-cpu-meter: {enabled: true}} (later "          \
	"releases: "                                                                               \
	"cpu: {preferredMeters: [fake]}), and exporter.prometheus.metricsLevel must hold "         \
	"process; "                                                                                \
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
	KeplerSeconds seconds;
	KeplerAsking asking;
	Refresh refresh;
} Kepler;

static void
kepler_close(gpointer data)
{
	Kepler *self = data;
	kepler_asking_close(&self->asking);
	kepler_seconds_clear(&self->seconds);
	g_free(self);
}

/* ------------------------------------------------------------ answers */

static void
note_refresh(Refresh *refresh, const KeplerAnswer *answer, gboolean changed)
{
	if (refresh->n_answers++ == 0)
		refresh->first_answer = answer->sent;
	refresh->last_answer = answer->sent;
	if (!changed)
		return;
	if (refresh->n_changes++ == 0)
		refresh->first_change = answer->sent;
	refresh->last_change = answer->sent;
}

static void
set_figures(VmfcRecord *record, const KeplerAnswer *answer, const KeplerSeconds *seconds)
{
	vmfc_record_set_float(record, TOTAL, seconds->total);
	vmfc_record_set_float(record, SCRAPE_SECONDS, answer->duration);
	/* without another look of Kepler's nothing is known of the growth, nor after a jump */
	if (!seconds->changed || !seconds->plausible)
		return;
	vmfc_record_set_float(record, DELTA, seconds->growth);
	vmfc_record_set_float(record, RATE, seconds->growth / seconds->span);
}

static void
kepler_answered(gpointer data)
{
	Kepler *self = data;
	KeplerAnswer answer;

	kepler_asking_steal_answer(&self->asking, &answer);
	g_autoptr(GError) error = kepler_asking_add_hint(answer.error, answer.absent, HINT);
	VmfcRecord *record = vmfc_context_resume(self->context, answer.tick);
	if (record != NULL && error == NULL) {
		set_figures(record, &answer, &self->seconds);
		note_refresh(&self->refresh, &answer, self->seconds.changed);
		if (self->refresh.n_answers == 1)
			vmfc_context_describe(self->context, TOTAL, "metric", self->seconds.name);
		/* what Kepler has not looked at anew grows on, until it does */
		if (self->refresh.n_answers == 1 || self->seconds.changed)
			kepler_scraper_take(self->asking.scraper);
	}
	vmfc_context_finish(self->context, answer.tick, error);
}

/* ------------------------------------------------------------ sampler */

static gboolean
check(Kepler *self, GError **error)
{
	if (!kepler_asking_check(&self->asking, error))
		return FALSE;
	kepler_asking_report_failure(&self->asking, N_COLUMNS, SET_UP);
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
	if (!kepler_asking_open(&self->asking, context, "kepler", &reader, kepler_answered, self,
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
	return kepler_asking_sample(&((Kepler *)data)->asking, record, error);
}

static void
kepler_stop(gpointer data)
{
	Kepler *self = data;
	const Refresh *refresh = &self->refresh;
	g_autofree gchar *text = NULL;

	if (refresh->n_answers == 0)
		kepler_asking_report_failure(&self->asking, N_COLUMNS, SET_UP);
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

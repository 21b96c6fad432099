/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "kepler/scrape-schedule.h"
#include "vm-series.h"

#define DEFAULT_PORT 28282

#define SET_UP                                                                                     \
	"Run Kepler on the bare-metal host, as root, with vm in "                                  \
	"exporter.prometheus.metricsLevel, and run vmfc on the same host. Older setups listen on " \
	"port 28283, others on other ports: give the address with --kepler-url"
#define HINT "Is Kepler running on this host? vmfc --check says how to set it up"
#define OLD_PORT_HINT                                                                              \
	"Is Kepler running on this host? Older setups listen on port 28283: --kepler-url "         \
	"http://localhost:28283/metrics"

/* The columns of each zone, in order. */
enum {
	WATTS,
	JOULES = VMFC_N_ZONES,
	DELTA_WATTS = 2 * VMFC_N_ZONES,
	COUNT = 3 * VMFC_N_ZONES,
	AGE,
	N_COLUMNS,
};

#define FIGURE(name, unit, text)                                                                   \
	{                                                                                          \
		name, unit, VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE, "--kepler-url", text          \
	}
#define ZONE(index, zone, text)                                                                    \
	[WATTS + (index)] = FIGURE("kepler_vm_cpu_watts_" zone, "W",                               \
				   "kepler_vm_cpu_watts of all selected VMs, zone " zone           \
				   "; " text),                                                     \
		 [JOULES + (index)] = FIGURE("kepler_vm_cpu_joules_" zone, "J",                    \
					     "growth of their kepler_vm_cpu_joules_total since "   \
					     "Kepler's previous update, zone " zone "; " text),    \
		 [DELTA_WATTS + (index)] = FIGURE("kepler_vm_cpu_delta_watts_" zone, "W",          \
						  "kepler_vm_cpu_joules_" zone                     \
						  " / time between the two updates")

static const VmfcColumn columns[N_COLUMNS] = {
	ZONE(VMFC_ZONE_PACKAGE, VMFC_ZONE_NAME_PACKAGE, VMFC_ZONE_ABOUT_PACKAGE),
	ZONE(VMFC_ZONE_CORE, VMFC_ZONE_NAME_CORE, VMFC_ZONE_ABOUT_CORE),
	ZONE(VMFC_ZONE_DRAM, VMFC_ZONE_NAME_DRAM, VMFC_ZONE_ABOUT_DRAM),
	ZONE(VMFC_ZONE_UNCORE, VMFC_ZONE_NAME_UNCORE, VMFC_ZONE_ABOUT_UNCORE),
	ZONE(VMFC_ZONE_PSYS, VMFC_ZONE_NAME_PSYS, VMFC_ZONE_ABOUT_PSYS),
	[COUNT] = {"kepler_vm_count", "1", VMFC_KIND_GAUGE, VMFC_TYPE_INT, FALSE, "--kepler-url",
		   "selected VMs that run"},
	[AGE] = FIGURE(
		"kepler_vm_age_seconds", "s",
		"time since the values last changed; Kepler repeats them between its updates"),
};

static const VmfcOption options[] = {
	KEPLER_OPTIONS("address of the metrics of the host's Kepler; same as --kepler-url"),
	{"vm_names", VMFC_OPTION_STRING, "",
	 "names or UUIDs of VMs, separated by commas; put a name that contains a comma in double "
	 "quotes; same as --vm-names"},
	{"vm_pattern", VMFC_OPTION_STRING, "",
	 "pattern of names of VMs, with * and ?; same as --vm-pattern"},
	{NULL},
};

typedef struct {
	VmfcContext *context;
	VmSeries machines;
	KeplerSchedule asking;
	gboolean is_default_port;
	gboolean any_answer;
} KeplerVm;

static void
kepler_vm_close(gpointer data)
{
	KeplerVm *self = data;
	kepler_schedule_close(&self->asking);
	vm_series_clear(&self->machines);
	g_free(self);
}

/* -------------------------------------------------------------- reasons */

#define MORE_LOOKS                                                                                 \
	"Set monitor.staleness in Kepler's config file below the time between two requests "       \
	"(kepler_vm.scrape_interval): then Kepler 0.10 and newer updates at each request"

static const struct {
	VmfcState state;
	const gchar *text; /* NULL: no message, or the page has the text */
	const gchar *remedy;
} reasons[N_MACHINES_REASONS] = {
	[VM_SERIES_NO_LOOK_BEFORE] = {VMFC_STATE_OK,
				      "the first update of Kepler, or the first one with a VM, "
				      "cannot be compared with an earlier one"},
	[VM_SERIES_NO_SPAN] = {VMFC_STATE_OK, "the time of Kepler's previous update is not known: "
					      "the first answer contained it"},
	[VM_SERIES_NO_ZONE] = {VMFC_STATE_UNSUPPORTED},
	[VM_SERIES_PART_OF_ZONE] = {VMFC_STATE_UNSUPPORTED,
				    "Kepler shows this zone for some of the VMs only"},
	[VM_SERIES_FIRST_LOOK] = {VMFC_STATE_IMPLAUSIBLE,
				  "Kepler has updated only once, or its power meter stands still: "
				  "it shows 0 W for all",
				  "If that continues, see its log"},
	[VM_SERIES_DEAD_ZONE] =
		{VMFC_STATE_IMPLAUSIBLE,
		 "Kepler shows 0 W in this zone for the whole host: its meter stands "
		 "still"},
	[VM_SERIES_REPEATED] = {VMFC_STATE_UNSUPPORTED,
				"Kepler repeats its page until its next update, and joules are "
				"known once per update",
				MORE_LOOKS},
	[VM_SERIES_STALE] = {VMFC_STATE_IMPLAUSIBLE,
			     "Kepler has repeated its page for longer than three of its updates "
			     "take: its values are too old",
			     "Check whether Kepler hangs, and monitor.interval in its config file"},
	[VM_SERIES_OTHER_VMS] = {VMFC_STATE_UNSUPPORTED,
				 "a VM was added or removed since Kepler's previous update"},
	[VM_SERIES_BACKWARDS] =
		{VMFC_STATE_IMPLAUSIBLE,
		 "the joules of a VM went backwards: Kepler or the VM was restarted"},
	[VM_SERIES_TOO_MUCH] = {VMFC_STATE_IMPLAUSIBLE,
				"Kepler shows more power than a host can draw",
				"See its log, and what its power meter reads"},
};

static void
set_state(KeplerVm *self, guint column, VmSeriesReason reason)
{
	const gchar *text = reason == VM_SERIES_NO_ZONE ? self->machines.page->no_zone->str
							: reasons[reason].text;

	vmfc_context_set_state(self->context, column, reasons[reason].state, text,
			       reasons[reason].remedy);
}

/* When no VM is shown at all, one sentence applies to all columns. */
static void
set_states(KeplerVm *self)
{
	const VmSeriesFigures *figures = &self->machines.figures;
	VmSeriesReason of_age = VM_SERIES_KNOWN;

	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		VmSeriesReason watts = figures->watts[i].reason;
		VmSeriesReason growth = figures->growth[i].reason;
		gboolean has_span = growth != VM_SERIES_KNOWN || figures->span > 0;
		VmSeriesReason of_watts = has_span ? growth : VM_SERIES_NO_SPAN;
		gboolean any = figures->n_vms > 0;
		set_state(self, WATTS + i, any ? watts : VM_SERIES_KNOWN);
		set_state(self, JOULES + i, any ? growth : VM_SERIES_KNOWN);
		set_state(self, DELTA_WATTS + i, any ? of_watts : VM_SERIES_KNOWN);
		/*
		 * no age before the first observed update: all answers repeat one page, or it is
		 * the first
		 */
		if (any && (growth == VM_SERIES_REPEATED || growth == VM_SERIES_STALE ||
			    growth == VM_SERIES_NO_LOOK_BEFORE))
			of_age = growth;
	}
	set_state(self, AGE, figures->age < 0 ? of_age : VM_SERIES_KNOWN);
}

/* The error is the reason, and not what the last answer lacked. */
static void
forget_states(KeplerVm *self)
{
	for (guint i = 0; i < N_COLUMNS; i++)
		set_state(self, i, VM_SERIES_KNOWN);
}

static void
set_figures(VmfcRecord *record, const VmSeriesFigures *figures)
{
	vmfc_record_set_int(record, COUNT, figures->n_vms);
	if (figures->n_vms == 0)
		return;
	if (figures->age >= 0)
		vmfc_record_set_float(record, AGE, figures->age);
	/* an unknown value is NaN, and remains missing */
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		vmfc_record_set_float(record, WATTS + i, figures->watts[i].value);
		vmfc_record_set_float(record, JOULES + i, figures->growth[i].value);
		if (figures->span > 0)
			vmfc_record_set_float(record, DELTA_WATTS + i,
					      figures->growth[i].value / figures->span);
	}
}

/* -------------------------------------------------------------- answers */

static void
kepler_vm_answered(gpointer data)
{
	KeplerVm *self = data;
	KeplerAnswer answer;

	kepler_schedule_steal_answer(&self->asking, &answer);
	g_autoptr(GError) error = kepler_schedule_add_hint(
		answer.error, answer.absent, self->is_default_port ? OLD_PORT_HINT : HINT);
	VmfcRecord *record = vmfc_context_resume(self->context, answer.tick);
	if (error != NULL) {
		forget_states(self);
	} else if (record != NULL) {
		set_figures(record, &self->machines.figures);
		set_states(self);
		self->any_answer = TRUE;
		kepler_scraper_take(self->asking.scraper);
		if (self->machines.figures.n_vms == 0) {
			g_autofree gchar *why = vm_page_explain(self->machines.page);
			error = g_error_new_literal(VMFC_ERROR, VMFC_ERROR_UNSUPPORTED, why);
		}
	}
	vmfc_context_finish(self->context, answer.tick, error);
}

static gboolean
check(KeplerVm *self, GError **error)
{
	if (!kepler_schedule_check(&self->asking, error))
		return FALSE;
	kepler_schedule_report_failure(&self->asking, N_COLUMNS, SET_UP);
	if (self->asking.failure != NULL)
		return TRUE;
	set_states(self);
	if (self->machines.figures.n_vms > 0)
		return TRUE;
	g_autofree gchar *why = vm_page_explain(self->machines.page);
	for (guint i = 0; i < N_COLUMNS; i++) {
		if (i != COUNT)
			vmfc_context_set_state(self->context, i, VMFC_STATE_UNSUPPORTED, why, NULL);
	}
	return TRUE;
}

static gpointer
kepler_vm_open(VmfcContext *context, GError **error)
{
	const gchar *pattern = vmfc_context_get_string(context, "vm_pattern");

	if (!g_utf8_validate(pattern, -1, NULL)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--vm-pattern is not UTF-8, but the names of VMs are");
		return NULL;
	}
	KeplerVm *self = g_new0(KeplerVm, 1);
	g_autofree gchar *port = g_strdup_printf(":%d", DEFAULT_PORT);
	KeplerReader reader;

	self->context = context;
	self->is_default_port = strstr(vmfc_context_get_string(context, "url"), port) != NULL;
	for (guint i = 0; i < N_COLUMNS; i++)
		vmfc_context_add_column(context, &columns[i]);
	for (guint i = 0; i < COUNT; i++)
		vmfc_context_describe(context, i, "lies_within",
				      vmfc_zone_get_outer(i % VMFC_N_ZONES));
	if (!vm_series_init(&self->machines, vmfc_context_get_string(context, "vm_names"), pattern,
			    &reader, error) ||
	    !kepler_schedule_open(&self->asking, context, "kepler_vm", &reader, kepler_vm_answered,
				  self, error) ||
	    (vmfc_context_is_check(context) && !check(self, error))) {
		kepler_vm_close(self);
		return NULL;
	}
	return self;
}

static gboolean
kepler_vm_start(gpointer data, GError **error)
{
	return kepler_scraper_start(((KeplerVm *)data)->asking.scraper, error);
}

static VmfcAnswer
kepler_vm_sample(gpointer data, VmfcRecord *record, GError **error)
{
	return kepler_schedule_sample(&((KeplerVm *)data)->asking, record, error);
}

static void
kepler_vm_stop(gpointer data)
{
	KeplerVm *self = data;

	if (!self->any_answer)
		kepler_schedule_report_failure(&self->asking, N_COLUMNS, SET_UP);
}

static const VmfcSampler sampler = {
	.open = kepler_vm_open,
	.start = kepler_vm_start,
	.sample = kepler_vm_sample,
	.stop = kepler_vm_stop,
	.close = kepler_vm_close,
};

static const VmfcAlias aliases[] = {
	KEPLER_ALIAS,
	{"vm-names", "vm_names", "LIST",
	 "VMs whose power vmfc collects from the host's Kepler: names or UUIDs"},
	{"vm-pattern", "vm_pattern", "PATTERN",
	 "The same for all VMs with matching names, for example 'web-*'"},
	{NULL},
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "kepler_vm",
	.version = VMFC_VERSION,
	.license = "Apache-2.0",
	.summary = "power of VMs, from Kepler on their host",
	.group = "host",
	.rank = 85,
	.options = options,
	.sampler = &sampler,
	.aliases = aliases,
};

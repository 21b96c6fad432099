/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "counters.h"
#include "kernel-counts.h"
#include "parse.h"
#include "pmu-check.h"

enum {
	/* the first columns are the events, but for the last event */
	INSTRUCTIONS_PER_CYCLE = PERF_REF_CYCLES,
	CACHE_MISS_RATIO,
	BRANCH_MISS_RATIO,
	RUNNING_RATIO,
	REF_CYCLES,
	N_COLUMNS,
};

#define TOOK_TURNS                                                                                 \
	"more events than counters: each event was counted for a part of the time and scaled"
/* Of 4 ms each. The run must start soon, and reports later findings later. */
#define WAITS_OF_RUN   5
#define WAITS_OF_CHECK 50

#define EVENT(name, text)                                                                          \
	{                                                                                          \
		name, "1", VMFC_KIND_COUNTER, VMFC_TYPE_INT, FALSE, "perf_event_open", text        \
	}
#define KERNEL_COUNT(name, source, text)                                                           \
	{                                                                                          \
		name, "1", VMFC_KIND_COUNTER, VMFC_TYPE_INT, FALSE, source, text                   \
	}
#define RATIO(name, text)                                                                          \
	{                                                                                          \
		name, "1", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE, "perf_event_open", text        \
	}

static const VmfcColumn columns[N_COLUMNS] = {
	[PERF_CYCLES] = EVENT("cpu_cycles", "CPU cycles, user and kernel, all CPUs"),
	[PERF_INSTRUCTIONS] = EVENT("instructions", "instructions, user and kernel, all CPUs"),
	[PERF_CACHE_REFERENCES] = EVENT("cache_references", "accesses to the last level cache"),
	[PERF_CACHE_MISSES] = EVENT("cache_misses", "misses of the last level cache"),
	[PERF_BRANCHES] = EVENT("branches", "branch instructions, user and kernel, all CPUs"),
	[PERF_BRANCH_MISSES] = EVENT("branch_misses", "mispredicted branches"),
	[PERF_PAGE_FAULTS] = KERNEL_COUNT("page_faults", "/proc/vmstat",
					  "page faults, minor and major, all CPUs"),
	[PERF_CONTEXT_SWITCHES] = KERNEL_COUNT("context_switches", "/proc/stat",
					       "context switches, all CPUs"),
	[INSTRUCTIONS_PER_CYCLE] = RATIO("instructions_per_cycle", "instructions / cpu_cycles"),
	[CACHE_MISS_RATIO] = RATIO("cache_miss_ratio", "cache_misses / cache_references, 0 to 1"),
	[BRANCH_MISS_RATIO] = RATIO("branch_miss_ratio", "branch_misses / branches, 0 to 1"),
	[RUNNING_RATIO] = RATIO("pmc_running_ratio", "smallest time running / time enabled of the "
						     "hardware events; below 1 counts are scaled"),
	[REF_CYCLES] = EVENT("ref_cycles", "reference cycles, all CPUs: cpu_cycles / ref_cycles is "
					   "the frequency relative to the nominal one"),
};

/*
 * Both sides of a ratio are counted during the same time. The last group is for events that the
 * user chose.
 */
static const PerfEventId groups[PERF_N_GROUPS][PERF_PAIR] = {
	{PERF_CYCLES, PERF_INSTRUCTIONS},
	{PERF_CACHE_REFERENCES, PERF_CACHE_MISSES},
	{PERF_BRANCHES, PERF_BRANCH_MISSES},
	{PERF_PAGE_FAULTS, PERF_CONTEXT_SWITCHES},
};

typedef struct {
	guint column;
	PerfEventId numerator;
	PerfEventId denominator;
	gboolean is_part; /* the numerator is a part of the denominator */
} Ratio;

static const Ratio ratios[] = {
	{INSTRUCTIONS_PER_CYCLE, PERF_INSTRUCTIONS, PERF_CYCLES, FALSE},
	{CACHE_MISS_RATIO, PERF_CACHE_MISSES, PERF_CACHE_REFERENCES, TRUE},
	{BRANCH_MISS_RATIO, PERF_BRANCH_MISSES, PERF_BRANCHES, TRUE},
};

static const VmfcOption options[] = {
	{"cpu_cycles", VMFC_OPTION_STRING, "perf::PERF_COUNT_HW_CPU_CYCLES",
	 "libpfm4 name of the event"},
	{"instructions", VMFC_OPTION_STRING, "perf::PERF_COUNT_HW_INSTRUCTIONS",
	 "libpfm4 name of the event"},
	{"cache_references", VMFC_OPTION_STRING, "perf::PERF_COUNT_HW_CACHE_REFERENCES",
	 "libpfm4 name of the event"},
	{"cache_misses", VMFC_OPTION_STRING, "perf::PERF_COUNT_HW_CACHE_MISSES",
	 "libpfm4 name of the event"},
	{"branches", VMFC_OPTION_STRING, "perf::PERF_COUNT_HW_BRANCH_INSTRUCTIONS",
	 "libpfm4 name of the event"},
	{"branch_misses", VMFC_OPTION_STRING, "perf::PERF_COUNT_HW_BRANCH_MISSES",
	 "libpfm4 name of the event"},
	{"page_faults", VMFC_OPTION_STRING, "",
	 "libpfm4 event to count instead of pgfault in /proc/vmstat"},
	{"context_switches", VMFC_OPTION_STRING, "",
	 "libpfm4 event to count instead of ctxt in /proc/stat"},
	{"ref_cycles", VMFC_OPTION_STRING, "perf::PERF_COUNT_HW_REF_CPU_CYCLES",
	 "libpfm4 name of the event"},
	{"use_events", VMFC_OPTION_BOOL, "true",
	 "count events; false: only page faults and context switches, from /proc"},
	{NULL},
};

typedef struct {
	VmfcContext *context;
	PerfEvent events[PERF_N_EVENTS];
	PerfCounters counters;
	PerfKernelCounts kernel_counts;
	VmfcFile *online;
	gchar *online_text;		     /* the CPUs on which the groups were opened */
	gboolean multiplexed[PERF_N_EVENTS]; /* in any window so far */
} Perf;

static void
perf_close(gpointer data)
{
	Perf *self = data;
	perf_counters_clear(&self->counters);
	g_array_unref(self->counters.cpus);
	perf_events_clear(self->events);
	g_free(self->online_text);
	g_free(self);
}

/* ------------------------------------------------------------ opening */

static gboolean
find_cpus(Perf *self, GError **error)
{
	gsize length;

	self->online = vmfc_context_open_file(self->context, "sys/devices/system/cpu/online",
					      error);
	if (self->online == NULL)
		return FALSE;
	const gchar *text = vmfc_file_read(self->online, &length, error);
	if (text == NULL)
		return FALSE;
	if (!perf_parse_cpu_list(text, length, self->counters.cpus)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    "/sys/devices/system/cpu/online is not a list of CPUs");
		return FALSE;
	}
	self->online_text = g_strndup(text, length);
	return TRUE;
}

static guint
column_of(PerfEventId id)
{
	return id == PERF_REF_CYCLES ? REF_CYCLES : id;
}

/* Sets the state of every column. */
static void
report_states(Perf *self)
{
	for (guint i = 0; i < PERF_N_EVENTS; i++) {
		const PerfEvent *event = &self->events[i];
		if (perf_event_is_named(event)) {
			g_autofree gchar *encoding = g_strdup_printf(
				"%s: type %u, config 0x%llx", event->name, event->attr.type,
				(unsigned long long)event->attr.config);
			vmfc_context_describe(self->context, column_of(i), "counted_by",
					      "perf_event_open");
			vmfc_context_describe(self->context, column_of(i), "encoding", encoding);
		}
		if (event->state != VMFC_STATE_OK)
			vmfc_context_set_state(self->context, column_of(i), event->state,
					       event->reason, event->remedy);
	}
	for (guint i = 0; i < G_N_ELEMENTS(ratios); i++) {
		const PerfEvent *side = &self->events[ratios[i].denominator];
		if (side->state == VMFC_STATE_OK)
			side = &self->events[ratios[i].numerator];
		if (side->state != VMFC_STATE_OK)
			vmfc_context_set_state(self->context, ratios[i].column, side->state,
					       side->reason, side->remedy);
	}
	for (guint i = 0; i < PERF_N_HARDWARE; i++) {
		if (self->events[i].state == VMFC_STATE_OK)
			return;
	}
	vmfc_context_set_state(self->context, RUNNING_RATIO, self->events[0].state,
			       self->events[0].reason, self->events[0].remedy);
}

static void
set_flaw(Perf *self, guint column, PerfFlaw flaw, gboolean multiplexed)
{
	const PerfFlawText *text = perf_flaw_get_text(flaw);

	if (flaw == PERF_FLAW_NONE && multiplexed)
		vmfc_context_set_state(self->context, column, VMFC_STATE_MULTIPLEXED, TOOK_TURNS,
				       NULL);
	else
		vmfc_context_set_state(self->context, column, text->state, text->reason,
				       text->remedy);
}

static void
set_event_flaws(Perf *self, const PerfWindow *window)
{
	for (guint i = 0; i < self->counters.n_groups; i++) {
		const PerfGroup *shape = &self->counters.shape[i];
		for (guint j = 0; j < shape->n_events; j++) {
			PerfEventId id = shape->events[j];
			self->multiplexed[id] |= window->multiplexed[id] &&
						 perf_event_is_hardware(id);
			set_flaw(self, column_of(id), window->flaws[id], self->multiplexed[id]);
		}
	}
	/* it may be removed during a run */
	const PerfEvent *extra = &self->events[PERF_REF_CYCLES];
	if (extra->state != VMFC_STATE_OK)
		vmfc_context_set_state(self->context, REF_CYCLES, extra->state, extra->reason,
				       extra->remedy);
	if (window->has_hardware)
		set_flaw(self, RUNNING_RATIO, window->times, FALSE);
}

/* Sets the ratio of two counts of this window, or why it is missing. */
static PerfFlaw
divide(const VmfcRecord *record, const Ratio *ratio, gdouble *value)
{
	gdouble numerator, denominator;

	if (!vmfc_record_get_delta(record, ratio->numerator, &numerator) ||
	    !vmfc_record_get_delta(record, ratio->denominator, &denominator))
		return PERF_FLAW_NO_START;
	if (denominator <= 0)
		return PERF_FLAW_DENOMINATOR;
	*value = numerator / denominator;
	return ratio->is_part && numerator > denominator ? PERF_FLAW_PART : PERF_FLAW_NONE;
}

/* @record: (nullable): %NULL before the first window */
static void
set_ratios(Perf *self, const PerfWindow *window, VmfcRecord *record)
{
	for (guint i = 0; i < G_N_ELEMENTS(ratios); i++) {
		const Ratio *ratio = &ratios[i];
		PerfFlaw flaw = window->flaws[ratio->denominator];
		gdouble value;
		if (self->events[ratio->denominator].state != VMFC_STATE_OK ||
		    self->events[ratio->numerator].state != VMFC_STATE_OK)
			continue;
		if (flaw == PERF_FLAW_NONE)
			flaw = window->flaws[ratio->numerator];
		if (flaw == PERF_FLAW_NONE && record != NULL) {
			flaw = divide(record, ratio, &value);
			if (flaw == PERF_FLAW_NONE)
				vmfc_record_set_float(record, ratio->column, value);
		}
		set_flaw(self, ratio->column, flaw, FALSE);
	}
}

/* A first reading, so that `--check` and the start of a run find the events that never count. */
static void
read_first(Perf *self)
{
	guint n_waits = vmfc_context_is_check(self->context) ? WAITS_OF_CHECK : WAITS_OF_RUN;
	PerfWindow window;

	perf_counters_wait(&self->counters, &window, n_waits);
	/* multiplexed events: each is counted in some window */
	for (guint i = 0; i < PERF_N_EVENTS; i++) {
		if (window.flaws[i] == PERF_FLAW_NO_TURN)
			window.flaws[i] = PERF_FLAW_NONE;
	}
	set_event_flaws(self, &window);
	set_ratios(self, &window, NULL);
}

/* Finds the events that can be counted here. Returns: %FALSE when the user's options are invalid */
static gboolean
choose_events(Perf *self, GError **error)
{
	g_autoptr(GError) no_events = NULL;
	const gchar *reason;
	PerfEventId failed;

	for (guint i = 0; i < PERF_N_EVENTS; i++) {
		self->events[i].name = vmfc_context_get_string(self->context, options[i].name);
		self->events[i].is_default = g_str_equal(self->events[i].name, options[i].value);
		if (!perf_event_is_hardware(i) || perf_event_is_named(&self->events[i]))
			continue;
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "option perf.%s is empty: give the name of an event of libpfm4",
			    options[i].name);
		return FALSE;
	}
	if (!perf_events_encode(self->events, &failed, &reason)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "option perf.%s: libpfm4 does not know the event '%s': %s",
			    options[failed].name, self->events[failed].name, reason);
		return FALSE;
	}
	if (!vmfc_context_get_bool(self->context, "use_events")) {
		g_set_error(&no_events, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
			    "switched off with perf.use_events");
	} else if (find_cpus(self, &no_events)) {
		perf_events_try(self->events, g_array_index(self->counters.cpus, guint, 0));
		perf_pmu_check(self->events, groups, PERF_N_GROUPS - 1);
	}
	for (guint i = 0; i < PERF_N_EVENTS && no_events != NULL; i++) {
		if (perf_event_is_named(&self->events[i]))
			perf_event_refuse(&self->events[i], VMFC_STATE_UNSUPPORTED,
					  no_events->message, NULL);
	}
	return TRUE;
}

static gpointer
perf_open(VmfcContext *context, GError **error)
{
	Perf *self = g_new0(Perf, 1);

	self->context = context;
	self->counters.cpus = g_array_new(FALSE, FALSE, sizeof(guint));
	for (guint i = 0; i < N_COLUMNS; i++) {
		VmfcColumn column = columns[i];
		if (i <= PERF_CONTEXT_SWITCHES &&
		    vmfc_context_get_string(context, options[i].name)[0] != '\0')
			column.source = "perf_event_open";
		vmfc_context_add_column(context, &column);
	}
	if (!choose_events(self, error)) {
		perf_close(self);
		return NULL;
	}
	perf_counters_init(&self->counters, self->events, groups, PERF_N_GROUPS);
	perf_counters_open_first(&self->counters);
	perf_kernel_counts_open(&self->kernel_counts, context, self->events);
	report_states(self);
	read_first(self);
	return self;
}

/* ----------------------------------------------------------- sampling */

/*
 * The set of CPUs has changed, or a CPU gave nothing: all events are opened again, and the counts
 * of this window are unknown. While a CPU is added or removed this may fail; then a later tick
 * tries again.
 */
static void
reopen(Perf *self, const gchar *online, gsize length)
{
	if (!perf_parse_cpu_list(online, length, self->counters.cpus))
		return;
	g_free(self->online_text);
	self->online_text = g_strndup(online, length);
	perf_counters_open(&self->counters);
}

static gboolean
cpus_changed(Perf *self, const gchar **online, gsize *length)
{
	*online = self->counters.n_groups > 0 ? vmfc_file_read(self->online, length, NULL) : NULL;
	return *online != NULL && strcmp(*online, self->online_text) != 0;
}

static void
set_counts(Perf *self, const PerfWindow *window, VmfcRecord *record)
{
	for (guint i = 0; i < self->counters.n_groups; i++) {
		const PerfGroup *shape = &self->counters.shape[i];
		for (guint j = 0; j < shape->n_events; j++) {
			PerfEventId id = shape->events[j];
			vmfc_record_set_int(record, column_of(id), self->counters.totals[id]);
			if (window->flaws[id] != PERF_FLAW_NONE)
				vmfc_record_restart(record, column_of(id));
		}
	}
	if (window->has_hardware && window->times == PERF_FLAW_NONE)
		vmfc_record_set_float(record, RUNNING_RATIO, window->running_ratio);
}

static VmfcAnswer
perf_sample(gpointer data, VmfcRecord *record, GError **error)
{
	Perf *self = data;
	PerfWindow window;
	const gchar *online;
	gsize length;

	perf_counters_read(&self->counters, &window);
	gboolean changed = cpus_changed(self, &online, &length);
	if (changed)
		perf_counters_lose(&self->counters, &window, PERF_FLAW_AWAY);
	if (changed || (online != NULL && perf_counters_should_reopen(&self->counters)))
		reopen(self, online, length);
	set_counts(self, &window, record);
	gboolean complete = perf_kernel_counts_sample(&self->kernel_counts, record, error);
	set_event_flaws(self, &window);
	set_ratios(self, &window, record);
	return complete ? VMFC_ANSWER_DONE : VMFC_ANSWER_FAILED;
}

static const VmfcSampler sampler = {
	.open = perf_open,
	.sample = perf_sample,
	.close = perf_close,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "perf",
	.version = VMFC_VERSION,
	.license = "Apache-2.0",
	.summary = "hardware and software performance counters of all CPUs",
	.rank = 10,
	.options = options,
	.sampler = &sampler,
};

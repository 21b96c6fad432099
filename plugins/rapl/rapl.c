/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "zones.h"

#define NS_PER_S 1e9
#define UJ_PER_J 1e6
#define SOURCE	 "/sys/class/powercap"

/* The columns of one zone, for all sockets or for one. */
enum {
	JOULES,
	WATTS,
	CLOCK, /* hidden: time of the energy reading */
	N_PARTS,
};

/* What a zone measures, and how it overlaps others. */
static const gchar *const zones[VMFC_N_ZONES] = {
	[VMFC_ZONE_PACKAGE] = "the CPU sockets as a whole; " VMFC_ZONE_ABOUT_PACKAGE,
	[VMFC_ZONE_CORE] = "the CPU cores; " VMFC_ZONE_ABOUT_CORE,
	[VMFC_ZONE_DRAM] = "the memory; " VMFC_ZONE_ABOUT_DRAM,
	[VMFC_ZONE_UNCORE] = "the graphics unit in the socket (PP1); " VMFC_ZONE_ABOUT_UNCORE,
	[VMFC_ZONE_PSYS] = "the whole platform; " VMFC_ZONE_ABOUT_PSYS,
};

typedef struct {
	VmfcContext *context;
	RaplMeters *meters;
	guint *columns; /* the first column of each meter; 0: it has no separate columns */
} Rapl;

static void
rapl_close(gpointer data)
{
	Rapl *self = data;
	rapl_meters_free(self->meters);
	g_free(self->columns);
	g_free(self);
}

/* @socket: (nullable): %NULL for the sum of all. Returns: the first of the columns */
static guint
add_columns(VmfcContext *context, VmfcZone zone, const gchar *socket)
{
	g_autofree gchar *prefix = g_strdup_printf("rapl_%s%s%s", vmfc_zone_get_name(zone),
						   socket != NULL ? "_" : "",
						   socket != NULL ? socket : "");
	g_autofree gchar *joules = g_strconcat(prefix, "_joules", NULL);
	g_autofree gchar *watts = g_strconcat(prefix, "_watts", NULL);
	g_autofree gchar *clock = g_strconcat(prefix, "_clock", NULL);
	g_autofree gchar *about = g_strdup_printf("energy of %s%s (%s)",
						  socket != NULL ? "one socket's zone "
								 : "all sockets' zones ",
						  vmfc_zone_get_name(zone), zones[zone]);
	g_autofree gchar *rate = g_strconcat(joules, " / time between its two readings", NULL);
	const VmfcColumn columns[N_PARTS] = {
		[JOULES] = {joules, "J", VMFC_KIND_COUNTER, VMFC_TYPE_FLOAT, FALSE, SOURCE, about},
		[WATTS] = {watts, "W", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE, SOURCE, rate},
		[CLOCK] = {clock, "ns", VMFC_KIND_COUNTER, VMFC_TYPE_INT, TRUE, SOURCE,
			   "basis of the watts"},
	};
	guint first = vmfc_context_add_column(context, &columns[0]);

	for (guint i = 1; i < N_PARTS; i++)
		vmfc_context_add_column(context, &columns[i]);
	for (guint i = 0; i <= WATTS; i++)
		vmfc_context_describe(context, first + i, "lies_within", vmfc_zone_get_outer(zone));
	return first;
}

/* @why: (nullable): %NULL when it is known */
static void
set_state(VmfcContext *context, guint column, const RaplWhy *why)
{
	if (why == NULL)
		vmfc_context_set_state(context, column, VMFC_STATE_OK, NULL, NULL);
	else
		vmfc_context_set_state(context, column, why->state, why->reason, why->remedy);
}

static void
describe(VmfcContext *context, const RaplMeter *meter, guint first)
{
	const gchar *folder = meter->n_views > 0 ? meter->views[meter->current].folder
						 : meter->folder;

	for (guint i = 0; i <= WATTS; i++)
		vmfc_context_describe(context, first + i, "counter", folder);
}

static void
add_sums(VmfcContext *context, const RaplMeters *meters)
{
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		guint first = add_columns(context, i, NULL);
		for (guint j = 0; j <= WATTS; j++)
			set_state(context, first + j, rapl_meters_explain(meters, i));
	}
}

/* If a zone exists only once, the columns of the sum are its columns. */
static void
add_meter(Rapl *self, guint i)
{
	const RaplMeter *meter = &self->meters->meters[i];

	if (rapl_meters_count(self->meters, meter->name.zone) == 1) {
		describe(self->context, meter, meter->name.zone * N_PARTS);
		return;
	}
	guint first = add_columns(self->context, meter->name.zone, meter->name.socket);
	self->columns[i] = first;
	describe(self->context, meter, first);
	for (guint j = 0; j <= WATTS; j++)
		set_state(self->context, first + j,
			  rapl_meter_explain(meter, self->meters->interval));
}

static gpointer
rapl_open(VmfcContext *context, G_GNUC_UNUSED GError **error)
{
	Rapl *self = g_new0(Rapl, 1);

	self->context = context;
	self->meters = rapl_meters_new(context);
	self->columns = g_new0(guint, self->meters->n_meters);
	add_sums(context, self->meters);
	for (guint i = 0; i < self->meters->n_meters; i++)
		add_meter(self, i);
	return self;
}

/* Returns: %FALSE when the power in the window is unknown */
static gboolean
get_watts(const VmfcRecord *record, guint first, gdouble *watts)
{
	gdouble joules, nanoseconds;

	if (!vmfc_record_get_delta(record, first + JOULES, &joules) ||
	    !vmfc_record_get_delta(record, first + CLOCK, &nanoseconds) || nanoseconds <= 0)
		return FALSE;
	*watts = joules / (nanoseconds / NS_PER_S);
	return TRUE;
}

/* A fault remains the reason until a window is complete again. */
static void
set_zone(const Rapl *self, VmfcRecord *record, guint first, const RaplSum *sum, gint64 now)
{
	static const RaplWhy slow = {
		VMFC_STATE_IMPLAUSIBLE,
		(gchar *)"the counter is updated less often than once per window",
		"Use a longer --interval",
	};
	gdouble watts;

	if (sum->why != NULL) {
		set_state(self->context, first + JOULES, sum->why);
		set_state(self->context, first + WATTS, sum->why);
	}
	if (sum->reading == RAPL_MISSING)
		return;
	vmfc_record_set_float(record, first + JOULES, (gdouble)sum->total / UJ_PER_J);
	vmfc_record_set_int(record, first + CLOCK, now);
	if (sum->reading == RAPL_RESTARTED)
		vmfc_record_restart(record, first + JOULES);
	if (!get_watts(record, first, &watts))
		return;
	set_state(self->context, first + JOULES, NULL);
	set_state(self->context, first + WATTS, watts > sum->most_watts ? &slow : NULL);
	if (watts <= sum->most_watts)
		vmfc_record_set_float(record, first + WATTS, watts);
}

static void
set_meter(const Rapl *self, VmfcRecord *record, guint i, gint64 now)
{
	const RaplMeter *meter = &self->meters->meters[i];
	guint first = self->columns[i] > 0 ? self->columns[i] : meter->name.zone * N_PARTS;

	if (meter->has_switched)
		describe(self->context, meter, first);
	if (self->columns[i] == 0)
		return;
	const RaplSum own = {
		.reading = meter->reading,
		.total = meter->total,
		.most_watts = meter->n_views > 0 ? meter->views[meter->current].most_watts : 0,
		.why = meter->why,
	};
	set_zone(self, record, first, &own, now);
}

static VmfcAnswer
rapl_sample(gpointer data, VmfcRecord *record, G_GNUC_UNUSED GError **error)
{
	Rapl *self = data;
	RaplSum sums[VMFC_N_ZONES];
	gint64 now = vmfc_context_get_time(self->context);

	rapl_meters_read(self->meters, now);
	rapl_meters_sum(self->meters, sums);
	for (guint i = 0; i < VMFC_N_ZONES; i++)
		set_zone(self, record, i * N_PARTS, &sums[i], now);
	for (guint i = 0; i < self->meters->n_meters; i++)
		set_meter(self, record, i, now);
	return VMFC_ANSWER_DONE;
}

static const VmfcSampler sampler = {
	.open = rapl_open,
	.sample = rapl_sample,
	.close = rapl_close,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "rapl",
	.version = VMFC_VERSION,
	.license = "Apache-2.0",
	.summary = "energy and power of this host's CPU sockets, measured by RAPL",
	.group = "host",
	.rank = 75,
	.sampler = &sampler,
};

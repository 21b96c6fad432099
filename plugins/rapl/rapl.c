/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "zones.h"

#define NS_PER_S 1e9
#define UJ_PER_J 1e6
#define SOURCE	 "/sys/class/powercap"

/* What is shown of one zone, of all sockets or of one. */
enum {
	JOULES,
	WATTS,
	CLOCK, /* hidden: when the energy was read */
	N_PARTS,
};

/* What a zone measures, and how it overlaps others. */
static const gchar *const zones[N_POWER_ZONES] = {
	[POWER_ZONE_PACKAGE] = "the CPU sockets as a whole; " POWER_ZONE_ABOUT_PACKAGE,
	[POWER_ZONE_CORE] = "the CPU cores; " POWER_ZONE_ABOUT_CORE,
	[POWER_ZONE_DRAM] = "the memory; " POWER_ZONE_ABOUT_DRAM,
	[POWER_ZONE_UNCORE] = "the graphics unit in the socket (PP1); " POWER_ZONE_ABOUT_UNCORE,
	[POWER_ZONE_PSYS] = "the whole platform; " POWER_ZONE_ABOUT_PSYS,
};

typedef struct {
	VmfcContext *context;
	RaplMeters *meters;
	RaplReading *readings; /* of each meter, at this tick */
	guint *columns;	       /* the first one of each meter; 0: it has none of its own */
} Rapl;

static void
rapl_close(gpointer data)
{
	Rapl *self = data;
	rapl_meters_free(self->meters);
	g_free(self->readings);
	g_free(self->columns);
	g_free(self);
}

/* @socket: (nullable): %NULL for the sum of all. Returns: the first of the columns */
static guint
add_columns(VmfcContext *context, PowerZone zone, const gchar *socket)
{
	g_autofree gchar *prefix = g_strdup_printf("rapl_%s%s%s", power_zone_get_name(zone),
						   socket != NULL ? "_" : "",
						   socket != NULL ? socket : "");
	g_autofree gchar *joules = g_strconcat(prefix, "_joules", NULL);
	g_autofree gchar *watts = g_strconcat(prefix, "_watts", NULL);
	g_autofree gchar *clock = g_strconcat(prefix, "_clock", NULL);
	g_autofree gchar *about = g_strdup_printf("energy of %s%s (%s)",
						  socket != NULL ? "one socket's zone "
								 : "all sockets' zones ",
						  power_zone_get_name(zone), zones[zone]);
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
		vmfc_context_describe(context, first + i, "lies_within",
				      power_zone_get_outer(zone));
	return first;
}

static void
set_state(VmfcContext *context, guint first, VmfcState state, const gchar *reason,
	  const gchar *remedy)
{
	vmfc_context_set_state(context, first + JOULES, state, reason, remedy);
	vmfc_context_set_state(context, first + WATTS, state, reason, remedy);
}

/* A counter that can start over twice within a window tells nothing. */
static void
check_interval(VmfcContext *context, const RaplMeter *meter, guint first)
{
	gint64 longest = rapl_meter_get_longest(meter);

	if (vmfc_context_get_interval(context) < longest)
		return;
	g_autofree gchar *remedy = g_strdup_printf("Use an --interval below %.0f",
						   (gdouble)longest / NS_PER_S);
	set_state(context, first, VMFC_STATE_UNSUPPORTED,
		  "the counter could start over more than once within one window", remedy);
}

static void
describe_meter(VmfcContext *context, const RaplMeters *meters, const RaplMeter *meter, guint first)
{
	for (guint i = 0; i <= WATTS; i++)
		vmfc_context_describe(context, first + i, "counter", meter->folder);
	if (meter->file == NULL)
		set_state(context, first, VMFC_STATE_DENIED, meters->denied->message,
			  RAPL_READ_REMEDY);
	else
		check_interval(context, meter, first);
}

static void
add_sums(VmfcContext *context, const RaplMeters *meters)
{
	const gchar *reason, *remedy;
	VmfcState state;

	for (guint i = 0; i < N_POWER_ZONES; i++) {
		guint first = add_columns(context, i, NULL);
		if (rapl_meters_explain(meters, i, &state, &reason, &remedy))
			set_state(context, first, state, reason, remedy);
	}
}

static gpointer
rapl_open(VmfcContext *context, G_GNUC_UNUSED GError **error)
{
	Rapl *self = g_new0(Rapl, 1);

	self->context = context;
	self->meters = rapl_meters_new(context);
	self->readings = g_new0(RaplReading, self->meters->n_meters);
	self->columns = g_new0(guint, self->meters->n_meters);
	add_sums(context, self->meters);
	for (guint i = 0; i < self->meters->n_meters; i++) {
		const RaplMeter *meter = &self->meters->meters[i];
		guint sum = meter->name.zone * N_PARTS;
		if (rapl_meters_count(self->meters, meter->name.zone) == 1) {
			describe_meter(context, self->meters, meter, sum);
			continue;
		}
		if (meter->file != NULL)
			check_interval(context, meter, sum);
		self->columns[i] = add_columns(context, meter->name.zone, meter->name.socket);
		describe_meter(context, self->meters, meter, self->columns[i]);
	}
	return self;
}

static void
set_zone(VmfcRecord *record, guint first, RaplReading reading, gint64 total, gint64 now)
{
	gdouble joules, nanoseconds;

	if (reading == RAPL_MISSING)
		return;
	vmfc_record_set_float(record, first + JOULES, (gdouble)total / UJ_PER_J);
	vmfc_record_set_int(record, first + CLOCK, now);
	if (reading == RAPL_RESTARTED)
		vmfc_record_restart(record, first + JOULES);
	if (vmfc_record_get_delta(record, first + JOULES, &joules) &&
	    vmfc_record_get_delta(record, first + CLOCK, &nanoseconds) && nanoseconds > 0)
		vmfc_record_set_float(record, first + WATTS, joules / (nanoseconds / NS_PER_S));
}

/* Of the counters that could be opened, whether all could be read. */
static gboolean
check_readings(const Rapl *self, GError **error)
{
	for (guint i = 0; i < self->meters->n_meters; i++) {
		const RaplMeter *meter = &self->meters->meters[i];
		if (self->readings[i] != RAPL_MISSING || meter->file == NULL)
			continue;
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    "/%s/energy_uj is gone or holds no number", meter->folder);
		return FALSE;
	}
	return TRUE;
}

static VmfcAnswer
rapl_sample(gpointer data, VmfcRecord *record, GError **error)
{
	Rapl *self = data;
	RaplSum sums[N_POWER_ZONES];
	gint64 now = vmfc_context_get_time(self->context);

	rapl_meters_read(self->meters, now, self->readings);
	rapl_meters_sum(self->meters, self->readings, sums);
	for (guint i = 0; i < N_POWER_ZONES; i++)
		set_zone(record, i * N_PARTS, sums[i].reading, sums[i].total, now);
	for (guint i = 0; i < self->meters->n_meters; i++) {
		if (self->columns[i] > 0)
			set_zone(record, self->columns[i], self->readings[i],
				 self->meters->meters[i].total, now);
	}
	return check_readings(self, error) ? VMFC_ANSWER_DONE : VMFC_ANSWER_FAILED;
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
	.summary = "energy and power of this host's CPU sockets, as RAPL measures them",
	.group = "host",
	.rank = 75,
	.sampler = &sampler,
};

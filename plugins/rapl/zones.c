/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "zones.h"

#define POWERCAP "sys/class/powercap"
#define NS_PER_S 1e9
#define UJ_PER_J 1e6
/*
 * No zone draws more, in watts: sockets are sold with up to 500 W, and peak at less than the double
 * of that; psys measures a whole machine with all that is in it. What would be more is no energy:
 * the counter was reset.
 */
#define MOST_WATTS	2000.0
#define MOST_WATTS_PSYS 10000.0

static gdouble
get_most_watts(const RaplMeter *meter)
{
	return meter->name.zone == POWER_ZONE_PSYS ? MOST_WATTS_PSYS : MOST_WATTS;
}

/* Returns: the ns within which the counter cannot have started over more than once */
gint64
rapl_meter_get_longest(const RaplMeter *meter)
{
	return (gint64)((gdouble)meter->range / UJ_PER_J / get_most_watts(meter) * NS_PER_S);
}

/* ------------------------------------------------------------ finding */

static gchar *
read_file(VmfcContext *context, const gchar *folder, const gchar *name, gsize *length)
{
	g_autofree gchar *relative = g_build_filename(folder, name, NULL);
	g_autofree gchar *path = vmfc_context_build_path(context, relative);
	gchar *text = NULL;

	return g_file_get_contents(path, &text, length, NULL) ? text : NULL;
}

static gboolean
read_name(VmfcContext *context, const gchar *folder, RaplName *name)
{
	gsize length;
	g_autofree gchar *text = read_file(context, folder, "name", &length);

	return text != NULL && rapl_parse_name(text, length, name);
}

/* A zone within a socket is called core or dram: which socket it is, the zone above it says. */
static gboolean
find_socket(VmfcContext *context, RaplMeter *meter)
{
	RaplName above;

	if (meter->name.socket[0] != '\0')
		return TRUE;
	if (meter->name.zone == POWER_ZONE_PSYS) {
		g_strlcpy(meter->name.socket, "0", RAPL_SOCKET_SIZE);
		return TRUE;
	}
	g_autofree gchar *folder = g_strdup(meter->folder);
	*strrchr(folder, ':') = '\0';
	if (strchr(folder, ':') == NULL || !read_name(context, folder, &above) ||
	    above.socket[0] == '\0')
		return FALSE;
	g_strlcpy(meter->name.socket, above.socket, RAPL_SOCKET_SIZE);
	return TRUE;
}

/*
 * On AMD the zone core is fed by a register that each core has for itself, and that the kernel
 * reads on the first CPU of the socket alone (MSR_AMD_CORE_ENERGY_STATUS in intel_rapl_msr.c): it
 * would pass for the energy of all cores, and is that of one.
 */
static gboolean
has_core_of_one(VmfcContext *context)
{
	gsize length;
	g_autofree gchar *text = read_file(context, "proc", "cpuinfo", &length);

	return text != NULL &&
	       (strstr(text, "AuthenticAMD") != NULL || strstr(text, "HygonGenuine") != NULL);
}

/* Whether the zone in a folder is one that can be measured; then its counter is opened. */
static gboolean
open_meter(VmfcContext *context, RaplMeters *meters, RaplMeter *meter)
{
	g_autofree gchar *path = g_build_filename(meter->folder, "energy_uj", NULL);
	g_autoptr(GError) error = NULL;
	gsize length;

	g_autofree gchar *range = read_file(context, meter->folder, "max_energy_range_uj", &length);
	if (range == NULL || !rapl_parse_energy(range, length, &meter->range) || meter->range == 0)
		return FALSE;
	meter->file = vmfc_context_open_file(context, path, &error);
	if (meter->file == NULL && !g_error_matches(error, VMFC_ERROR, VMFC_ERROR_DENIED))
		return FALSE;
	if (meter->file == NULL && meters->denied == NULL)
		meters->denied = g_steal_pointer(&error);
	return TRUE;
}

static const RaplMeter *
find_same(const GArray *meters, const RaplMeter *meter)
{
	for (guint i = 0; i < meters->len; i++) {
		const RaplMeter *other = &g_array_index(meters, RaplMeter, i);
		if (other->name.zone == meter->name.zone &&
		    g_str_equal(other->name.socket, meter->name.socket))
			return other;
	}
	return NULL;
}

/* By zone, then by socket: 2 before 10. */
static gint
compare_meters(gconstpointer a, gconstpointer b)
{
	const RaplName *first = &((const RaplMeter *)a)->name;
	const RaplName *second = &((const RaplMeter *)b)->name;

	if (first->zone != second->zone)
		return (gint)first->zone - (gint)second->zone;
	gsize lengths[] = {strlen(first->socket), strlen(second->socket)};
	if (lengths[0] != lengths[1])
		return lengths[0] < lengths[1] ? -1 : 1;
	return strcmp(first->socket, second->socket);
}

/* intel-rapl:0 before intel-rapl-mmio:0, which is another view of the same socket. */
static gint
compare_folders(gconstpointer a, gconstpointer b)
{
	const gchar *first = *(const gchar *const *)a;
	const gchar *second = *(const gchar *const *)b;
	gboolean others[] = {!g_str_has_prefix(first, "intel-rapl:"),
			     !g_str_has_prefix(second, "intel-rapl:")};

	return others[0] != others[1] ? (gint)others[0] - (gint)others[1] : strcmp(first, second);
}

static GPtrArray *
list_folders(VmfcContext *context)
{
	GPtrArray *folders = g_ptr_array_new_with_free_func(g_free);
	g_autofree gchar *path = vmfc_context_build_path(context, POWERCAP);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const gchar *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		if (rapl_is_zone_folder(name))
			g_ptr_array_add(folders, g_strdup(name));
	}
	g_ptr_array_sort(folders, compare_folders);
	return folders;
}

/* Returns: (transfer full): none where the machine has no RAPL */
RaplMeters *
rapl_meters_new(VmfcContext *context)
{
	RaplMeters *self = g_new0(RaplMeters, 1);
	g_autoptr(GPtrArray) folders = list_folders(context);
	g_autoptr(GArray) found = g_array_new(FALSE, TRUE, sizeof(RaplMeter));

	self->one_core = has_core_of_one(context);
	for (guint i = 0; i < folders->len; i++) {
		RaplMeter meter = {.last = -1};
		meter.folder = g_build_filename(POWERCAP, folders->pdata[i], NULL);
		if (read_name(context, meter.folder, &meter.name) &&
		    !(self->one_core && meter.name.zone == POWER_ZONE_CORE) &&
		    find_socket(context, &meter) && find_same(found, &meter) == NULL &&
		    open_meter(context, self, &meter))
			g_array_append_val(found, meter);
		else
			g_free(meter.folder);
	}
	g_array_sort(found, compare_meters);
	self->n_meters = found->len;
	self->meters = (RaplMeter *)(gpointer)g_array_free(g_steal_pointer(&found), FALSE);
	return self;
}

void
rapl_meters_free(RaplMeters *meters)
{
	for (guint i = 0; i < meters->n_meters; i++)
		g_free(meters->meters[i].folder);
	g_free(meters->meters);
	g_clear_error(&meters->denied);
	g_free(meters);
}

/* Returns: how many sockets have the zone */
guint
rapl_meters_count(const RaplMeters *meters, PowerZone zone)
{
	guint n = 0;

	for (guint i = 0; i < meters->n_meters; i++)
		n += meters->meters[i].name.zone == zone ? 1 : 0;
	return n;
}

/*
 * Why a zone will stay missing.
 *
 * @reason: (out): lives as long as @meters
 *
 * Returns: %FALSE when it will not
 */
gboolean
rapl_meters_explain(const RaplMeters *meters, PowerZone zone, VmfcState *state,
		    const gchar **reason, const gchar **remedy)
{
	gboolean readable = TRUE;

	for (guint i = 0; i < meters->n_meters; i++)
		readable &= meters->meters[i].name.zone != zone || meters->meters[i].file != NULL;
	*state = readable ? VMFC_STATE_UNSUPPORTED : VMFC_STATE_DENIED;
	if (!readable) {
		*reason = meters->denied->message;
		*remedy = RAPL_READ_REMEDY;
		return TRUE;
	}
	if (meters->n_meters == 0) {
		*reason = "there are no RAPL zones below /" POWERCAP;
		*remedy = RAPL_ABSENT_REMEDY;
		return TRUE;
	}
	if (zone == POWER_ZONE_CORE && meters->one_core) {
		*state = VMFC_STATE_IMPLAUSIBLE;
		*reason = "on AMD the zone core measures one core of each socket, not all";
		*remedy = NULL;
		return TRUE;
	}
	*reason = "RAPL of this machine's CPUs has no such zone";
	*remedy = NULL;
	return rapl_meters_count(meters, zone) == 0;
}

/* ------------------------------------------------------------ reading */

/*
 * How much a counter has grown. One that went backwards has started over at its range, once, as
 * intel_rapl_common.c of the kernel has it; unless that would be more than can be drawn: it was
 * reset then.
 *
 * Returns: %FALSE when it cannot be told
 */
static gboolean
get_growth(const RaplMeter *meter, gint64 energy, gint64 span, gint64 *growth)
{
	gdouble most = (gdouble)span / NS_PER_S * get_most_watts(meter) * UJ_PER_J;

	*growth = energy - meter->last;
	if (*growth < 0)
		*growth += meter->range;
	return *growth >= 0 && (gdouble)*growth <= most && most < (gdouble)meter->range;
}

/* @now: CLOCK_MONOTONIC, ns */
RaplReading
rapl_meter_read(RaplMeter *meter, gint64 now)
{
	gint64 energy, growth;
	gsize length;
	const gchar *text = meter->file != NULL ? vmfc_file_read(meter->file, &length, NULL) : NULL;

	if (text == NULL || !rapl_parse_energy(text, length, &energy))
		return RAPL_MISSING;
	gboolean goes_on = meter->last >= 0 &&
			   get_growth(meter, energy, now - meter->last_time, &growth);
	meter->last = energy;
	meter->last_time = now;
	if (!goes_on)
		return RAPL_RESTARTED;
	meter->total += growth;
	return RAPL_GOES_ON;
}

/* @readings: (out): one for each meter */
void
rapl_meters_read(RaplMeters *meters, gint64 now, RaplReading *readings)
{
	for (guint i = 0; i < meters->n_meters; i++)
		readings[i] = rapl_meter_read(&meters->meters[i], now);
}

/* A sum without one of its parts would be a lie. */
void
rapl_meters_sum(const RaplMeters *meters, const RaplReading *readings, RaplSum sums[N_POWER_ZONES])
{
	for (guint i = 0; i < N_POWER_ZONES; i++)
		sums[i] = (RaplSum){RAPL_MISSING, 0};
	for (guint i = 0; i < meters->n_meters; i++) {
		const RaplMeter *meter = &meters->meters[i];
		RaplSum *sum = &sums[meter->name.zone];
		gboolean is_first = i == 0 || meter[-1].name.zone != meter->name.zone;
		sum->reading = is_first ? readings[i] : MIN(sum->reading, readings[i]);
		sum->total += meter->total;
	}
}

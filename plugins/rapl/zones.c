/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "zones.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#include "base/regular-file.h"
#include "compare.h"

#define POWERCAP "sys/class/powercap"
/* For `--check`, ns: the longest standstill of a counter, and a little more. */
#define WAIT_TIME (450 * G_GINT64_CONSTANT(1000000))
/* A file of sysfs is a page; /proc/cpuinfo of 8192 CPUs is 12 MiB. */
#define MAX_FILE (64 * 1024 * 1024)

/* ------------------------------------------------------------ finding */

/* Returns: whether the zone says what it is, in known words or not */
static gboolean
read_name(VmfcContext *context, const gchar *folder, RaplName *name, gboolean *is_known)
{
	g_autofree gchar *relative = g_build_filename(folder, "name", NULL);
	g_autofree gchar *path = vmfc_context_build_path(context, relative);
	g_autofree gchar *text = NULL;
	gsize length;

	*is_known = FALSE;
	text = vmfc_regular_file_read(path, MAX_FILE, &length, NULL);
	if (text == NULL || length == 0)
		return FALSE;
	*is_known = rapl_parse_name(text, length, name);
	return TRUE;
}

/* A mount over sysfs, a file of a user or of a simulator, is not a measurement. */
static gboolean
is_foreign(VmfcContext *context, const gchar *relative)
{
	g_autofree gchar *path = vmfc_context_build_path(context, relative);
	struct statfs info;

	/* below --root the user decides what the files are */
	return path[0] == '/' && g_str_equal(path + 1, relative) && statfs(path, &info) == 0 &&
	       info.f_type != SYSFS_MAGIC;
}

/*
 * The plugin powercap shows energy in the same layout. Its zones have one file more, which says
 * that; no meter has it.
 */
static gboolean
is_of_vmfc(VmfcContext *context, const gchar *folder)
{
	g_autofree gchar *relative = g_build_filename(folder, "vmfc", NULL);
	g_autofree gchar *path = vmfc_context_build_path(context, relative);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

/*
 * On AMD each core has its own register for the zone core. The kernel reads only the one of the
 * first CPU of the socket (MSR_AMD_CORE_ENERGY_STATUS in intel_rapl_msr.c). Its value would be
 * taken for the energy of all cores, but is that of one.
 */
static gboolean
has_core_of_one(VmfcContext *context)
{
	g_autofree gchar *path = vmfc_context_build_path(context, "proc/cpuinfo");
	g_autofree gchar *text = vmfc_regular_file_read(path, MAX_FILE, NULL, NULL);

	return text != NULL &&
	       (strstr(text, "AuthenticAMD") != NULL || strstr(text, "HygonGenuine") != NULL);
}

/* @reason: (transfer full) */
static void
set_defect(RaplMeter *meter, VmfcState state, gchar *reason, const gchar *remedy)
{
	g_free(meter->defect.reason);
	meter->defect = (RaplWhy){state, reason, remedy};
}

/*
 * A zone within a socket is called core or dram; the zone above it names the socket. A part of no
 * known socket cannot be identified.
 */
static void
find_socket(VmfcContext *context, RaplMeter *meter)
{
	RaplName above;
	gboolean is_known;
	gchar *socket = meter->name.socket;

	if (socket[0] != '\0')
		return;
	if (meter->name.zone == VMFC_ZONE_PSYS) {
		g_strlcpy(socket, "0", RAPL_SOCKET_SIZE);
		return;
	}
	g_autofree gchar *folder = g_strdup(meter->folder);
	*strrchr(folder, ':') = '\0';
	if (strchr(folder, ':') != NULL && read_name(context, folder, &above, &is_known) &&
	    is_known && above.socket[0] != '\0') {
		g_strlcpy(socket, above.socket, RAPL_SOCKET_SIZE);
		return;
	}
	g_strlcpy(socket, strchr(meter->folder, ':') + 1, RAPL_SOCKET_SIZE);
	g_strdelimit(socket, ":", '_');
	set_defect(meter, VMFC_STATE_UNSUPPORTED,
		   g_strdup_printf("/%s belongs to no known socket", meter->folder), NULL);
}

/* Opens the counter in a folder: another view of the meter, or a fault if there is no counter. */
static void
open_view(VmfcContext *context, RaplMeter *meter, const gchar *folder)
{
	g_autofree gchar *path = g_build_filename(folder, "energy_uj", NULL);
	g_autoptr(GError) error = NULL;
	VmfcFile *file = vmfc_context_open_file(context, path, &error);
	gint64 range;

	if (file == NULL) {
		gboolean denied = g_error_matches(error, VMFC_ERROR, VMFC_ERROR_DENIED);
		set_defect(meter, denied ? VMFC_STATE_DENIED : VMFC_STATE_UNSUPPORTED,
			   g_strdup(error->message), denied ? RAPL_READ_REMEDY : NULL);
	} else if (is_foreign(context, path)) {
		set_defect(meter, VMFC_STATE_IMPLAUSIBLE,
			   g_strdup_printf("/%s is not on sysfs, and so not a measurement", path),
			   RAPL_FOREIGN_REMEDY);
	} else if (!rapl_read_number(context, folder, "max_energy_range_uj", &range) ||
		   range == 0) {
		set_defect(
			meter, VMFC_STATE_UNSUPPORTED,
			g_strdup_printf(
				"/%s/max_energy_range_uj does not contain the range of the counter",
				folder),
			NULL);
	} else {
		rapl_meter_add_view(meter, context, g_strdup(folder), file, range);
	}
}

static RaplMeter *
find_same(GArray *meters, const RaplName *name)
{
	for (guint i = 0; i < meters->len; i++) {
		RaplMeter *other = &g_array_index(meters, RaplMeter, i);
		if (other->name.zone == name->zone && g_str_equal(other->name.socket, name->socket))
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

/* Whether two zones belong to one driver: then they are not two views of one zone. */
static gboolean
is_same_driver(const gchar *first, const gchar *second)
{
	gsize length = (gsize)(strchr(first, ':') - first) + 1;

	return strncmp(first, second, length) == 0;
}

static gboolean
has_zone_of_other_driver(GArray *meters, const RaplMeter *meter)
{
	for (guint i = 0; i < meters->len; i++) {
		const RaplMeter *other = &g_array_index(meters, RaplMeter, i);
		if (other->name.zone == meter->name.zone &&
		    !is_same_driver(other->folder, meter->folder))
			return TRUE;
	}
	return FALSE;
}

/* Two counters have the same name: it is not known whether one of them is meant, or both. */
static void
record_twin(RaplMeter *meter, const gchar *folder)
{
	g_autofree gchar *reason = g_strdup_printf("/%s and /%s have the same name", meter->folder,
						   folder);
	g_autofree gchar *first = g_strdup(meter->folder);
	RaplName name = meter->name;

	rapl_meter_clear(meter);
	*meter = (RaplMeter){.name = name, .folder = g_steal_pointer(&first), .whole = -1};
	set_defect(meter, VMFC_STATE_IMPLAUSIBLE, g_steal_pointer(&reason), NULL);
}

static void
add_folder(VmfcContext *context, RaplMeters *self, GArray *found, const gchar *folder)
{
	RaplMeter fresh = {.whole = -1};
	gboolean is_known;

	if (!read_name(context, folder, &fresh.name, &is_known)) {
		gboolean is_sub = strchr(folder, ':') != strrchr(folder, ':');
		gchar **nameless = is_sub ? &self->nameless_sub : &self->nameless;
		if (*nameless == NULL)
			*nameless = g_strdup_printf("/%s/name cannot be read, so vmfc does not "
						    "know what that zone measures",
						    folder);
		return;
	}
	if (!is_known || (self->one_core && fresh.name.zone == VMFC_ZONE_CORE))
		return;
	fresh.folder = g_strdup(folder);
	find_socket(context, &fresh);
	RaplMeter *same = find_same(found, &fresh.name);
	/* a zone that only another driver knows is part of a zone of the first driver */
	if (same == NULL && !has_zone_of_other_driver(found, &fresh)) {
		if (fresh.defect.reason == NULL)
			open_view(context, &fresh, folder);
		g_array_append_val(found, fresh);
		return;
	}
	if (same != NULL && is_same_driver(same->folder, folder))
		record_twin(same, folder);
	else if (same != NULL)
		open_view(context, same, folder);
	rapl_meter_clear(&fresh);
}

static void
drop_all(GArray *found)
{
	for (guint i = 0; i < found->len; i++)
		rapl_meter_clear(&g_array_index(found, RaplMeter, i));
	g_array_set_size(found, 0);
}

/* ---------------------------------------------------------- explaining */

static void
set_absent(RaplMeters *self, VmfcZone zone, VmfcState state, const gchar *reason,
	   const gchar *remedy)
{
	self->absent[zone] = (RaplWhy){state, g_strdup(reason), remedy};
}

static void
explain_zone(RaplMeters *self, VmfcZone zone)
{
	gboolean is_whole = zone == VMFC_ZONE_PACKAGE || zone == VMFC_ZONE_PSYS;
	const gchar *nameless = is_whole ? self->nameless : self->nameless_sub;

	if (self->is_foreign)
		set_absent(self, zone, VMFC_STATE_IMPLAUSIBLE,
			   "/" POWERCAP " is not sysfs, and so not a measurement",
			   RAPL_FOREIGN_REMEDY);
	else if (self->is_of_vmfc)
		set_absent(self, zone, VMFC_STATE_IMPLAUSIBLE,
			   "vmfc itself writes the zones below /" POWERCAP
			   " (plugin powercap), so they are not a meter",
			   RAPL_OF_VMFC_REMEDY);
	else if (nameless != NULL)
		set_absent(self, zone, VMFC_STATE_UNSUPPORTED, nameless, NULL);
	else if (self->n_meters == 0)
		set_absent(self, zone, VMFC_STATE_UNSUPPORTED,
			   "there are no RAPL zones below /" POWERCAP, RAPL_ABSENT_REMEDY);
	else if (zone == VMFC_ZONE_CORE && self->one_core)
		set_absent(self, zone, VMFC_STATE_IMPLAUSIBLE,
			   "on AMD the zone core measures one core of each socket, not all cores",
			   NULL);
	else if (rapl_meters_count(self, zone) == 0)
		set_absent(self, zone, VMFC_STATE_UNSUPPORTED,
			   "RAPL on this machine's CPUs has no such zone", NULL);
}

/* Returns: (transfer full): an empty list when the machine has no RAPL */
RaplMeters *
rapl_meters_new(VmfcContext *context)
{
	RaplMeters *self = g_new0(RaplMeters, 1);
	g_autoptr(GPtrArray) folders = list_folders(context);
	g_autoptr(GArray) found = g_array_new(FALSE, TRUE, sizeof(RaplMeter));
	gint64 left = WAIT_TIME;

	self->interval = vmfc_context_get_interval(context);
	self->one_core = has_core_of_one(context);
	self->is_foreign = is_foreign(context, POWERCAP);
	for (guint i = 0; i < folders->len && !self->is_foreign; i++) {
		g_autofree gchar *folder = g_build_filename(POWERCAP, folders->pdata[i], NULL);
		self->is_of_vmfc |= is_of_vmfc(context, folder);
		if (!self->is_of_vmfc)
			add_folder(context, self, found, folder);
	}
	if (self->is_of_vmfc)
		drop_all(found);
	g_array_sort(found, compare_meters);
	self->n_meters = found->len;
	self->meters = (RaplMeter *)(gpointer)g_array_free(g_steal_pointer(&found), FALSE);
	for (guint i = 0; i < VMFC_N_ZONES; i++)
		explain_zone(self, i);
	for (guint i = 0; i < self->n_meters && vmfc_context_is_check(context); i++)
		rapl_meter_wait(&self->meters[i], context, &left);
	rapl_find_wholes(self->meters, self->n_meters);
	return self;
}

void
rapl_meters_free(RaplMeters *meters)
{
	for (guint i = 0; i < meters->n_meters; i++)
		rapl_meter_clear(&meters->meters[i]);
	g_free(meters->meters);
	for (guint i = 0; i < VMFC_N_ZONES; i++)
		g_free(meters->absent[i].reason);
	g_free(meters->nameless);
	g_free(meters->nameless_sub);
	g_free(meters);
}

/* Returns: number of sockets that have the zone */
guint
rapl_meters_count(const RaplMeters *meters, VmfcZone zone)
{
	guint n = 0;

	for (guint i = 0; i < meters->n_meters; i++)
		n += meters->meters[i].name.zone == zone ? 1 : 0;
	return n;
}

/* Returns: (nullable): why the sum of a zone is missing, as far as that is known now */
const RaplWhy *
rapl_meters_explain(const RaplMeters *meters, VmfcZone zone)
{
	const RaplWhy *why = meters->absent[zone].reason != NULL ? &meters->absent[zone] : NULL;

	for (guint i = 0; i < meters->n_meters && why == NULL; i++) {
		if (meters->meters[i].name.zone == zone)
			why = rapl_meter_explain(&meters->meters[i], meters->interval);
	}
	return why;
}

/* ------------------------------------------------------------ reading */

/* @time: CLOCK_MONOTONIC, ns */
void
rapl_meters_read(RaplMeters *meters, gint64 time)
{
	for (guint i = 0; i < meters->n_meters; i++)
		rapl_meter_read(&meters->meters[i], time);
	rapl_compare(meters->meters, meters->n_meters);
}

/* A sum without one of its parts would be wrong. */
void
rapl_meters_sum(const RaplMeters *meters, RaplSum sums[VMFC_N_ZONES])
{
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		gboolean is_absent = meters->absent[i].reason != NULL;
		sums[i] = (RaplSum){
			.reading = is_absent ? RAPL_MISSING : RAPL_GOES_ON,
			.why = is_absent ? &meters->absent[i] : NULL,
		};
	}
	for (guint i = 0; i < meters->n_meters; i++) {
		const RaplMeter *meter = &meters->meters[i];
		RaplSum *sum = &sums[meter->name.zone];
		/* the reason of the part that is missing most */
		if (meter->why != NULL && (sum->why == NULL || meter->reading < sum->reading))
			sum->why = meter->why;
		sum->reading = MIN(sum->reading, meter->reading);
		sum->total += meter->total;
		if (meter->n_views > 0)
			sum->most_watts += meter->views[meter->current].most_watts;
	}
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "meter.h"

#include "base/regular-file.h"

#define NS_PER_S 1e9
/* of sysfs: a page */
#define MAX_FILE  65536
#define NS_PER_MS G_GINT64_CONSTANT(1000000)
#define NS_PER_US 1000
#define UJ_PER_J  1e6
/*
 * Maximum power of a zone, in watts. Sockets are sold with up to 500 W, and their peaks are below
 * the double of that. psys measures a whole machine.
 */
#define MAX_WATTS      2000.0
#define MAX_WATTS_PSYS 10000.0
/*
 * If the kernel knows the thermal design power, the limit is this multiple of it: processors for
 * laptops peak at several times their design power for some ms. The limit is never below MIN_WATTS,
 * because some firmware states a power that is far too low.
 */
#define DESIGN_FACTOR 10
#define MIN_WATTS     500.0
/*
 * A zone that draws power changes its counter within this time. The processor updates the counter
 * about every ms (Intel SDM 3B, "Platform Specific Power Management Support"), some counters less
 * often: this is 400 times that, and even 10 mW are 65 steps of 61 µJ in it. It is below half a
 * second, so that the common windows of 0.5 and 1 s never show the energy of a stopped counter.
 */
#define STILL_TIME (400 * NS_PER_MS)
/* Maximum delay of a reading, caused by other processes. */
#define SLACK_TIME (10 * NS_PER_MS)
#define WAIT_STEP  (10 * NS_PER_MS)

#define STILL_REMEDY                                                                               \
	"Unload and load its kernel module (intel_rapl_msr), or update kernel and firmware; a "    \
	"virtual machine with such a counter has no meter"

/* ------------------------------------------------------------ opening */

gboolean
rapl_read_number(VmfcContext *context, const gchar *folder, const gchar *name, gint64 *number)
{
	g_autofree gchar *relative = g_build_filename(folder, name, NULL);
	g_autofree gchar *path = vmfc_context_build_path(context, relative);
	gsize length;
	g_autofree gchar *text = vmfc_regular_file_read(path, MAX_FILE, &length, NULL);

	return text != NULL && rapl_parse_energy(text, length, number);
}

/* Returns: ns within which the counter cannot wrap around more than once */
static gint64
get_longest(const RaplView *view)
{
	return (gint64)((gdouble)view->range / UJ_PER_J / view->most_watts * NS_PER_S);
}

/*
 * Returns: (nullable): why it cannot be measured in this run, as far as that is known before the
 *   first tick
 */
const RaplWhy *
rapl_meter_explain(const RaplMeter *meter, gint64 interval)
{
	if (meter->n_views == 0)
		return &meter->defect;
	const RaplView *view = &meter->views[meter->current];
	return interval >= get_longest(view) ? &view->whys[RAPL_LONG_WINDOW] : meter->why;
}

static void
set_why(RaplView *view, RaplFault fault, const gchar *what, const gchar *remedy)
{
	view->whys[fault] = (RaplWhy){
		VMFC_STATE_IMPLAUSIBLE,
		g_strdup_printf("/%s/energy_uj %s", view->folder, what),
		remedy,
	};
}

/* Ticks allocate nothing, so all possible reasons are made before the first one. */
static void
prepare_reasons(RaplView *view)
{
	g_autofree gchar *too_much = g_strdup_printf(
		"grows faster than %.0f W, the maximum for its zone", view->most_watts);

	gdouble longest = (gdouble)get_longest(view) / NS_PER_S;

	view->remedy = g_strdup_printf("Use an --interval below %.*f", longest < 10 ? 3 : 0,
				       longest);
	set_why(view, RAPL_UNREADABLE, "has disappeared or contains no number", NULL);
	view->whys[RAPL_UNREADABLE].state = VMFC_STATE_UNSUPPORTED;
	set_why(view, RAPL_STILL, "stands still, although its zone always draws power",
		STILL_REMEDY);
	set_why(view, RAPL_TOO_MUCH, too_much, NULL);
	set_why(view, RAPL_BACKWARDS, "went backwards, but not at the end of its range", NULL);
	set_why(view, RAPL_CONTRADICTS,
		"contradicts another zone: a part shows more than its whole", NULL);
	view->whys[RAPL_LONG_WINDOW] = (RaplWhy){
		VMFC_STATE_UNSUPPORTED,
		g_strdup("the counter could wrap around more than once within one window"),
		view->remedy,
	};
}

static gdouble
get_max_watts(VmfcContext *context, VmfcZone zone, const gchar *folder)
{
	gint64 design; /* µW */

	if (zone == VMFC_ZONE_PSYS)
		return MAX_WATTS_PSYS;
	if (!rapl_read_number(context, folder, "constraint_0_max_power_uw", &design) || design == 0)
		return MAX_WATTS;
	return CLAMP((gdouble)design / UJ_PER_J * DESIGN_FACTOR, MIN_WATTS, MAX_WATTS);
}

/* @folder: (transfer full): below the root; @file: its energy_uj */
void
rapl_meter_add_view(RaplMeter *meter, VmfcContext *context, gchar *folder, VmfcFile *file,
		    gint64 range)
{
	RaplView view = {
		.folder = folder,
		.file = file,
		.range = range,
		.most_watts = get_max_watts(context, meter->name.zone, folder),
		.last = -1,
	};

	if (!rapl_read_number(context, folder, "energy_uj", &view.found))
		view.found = -1;
	prepare_reasons(&view);
	meter->views = g_renew(RaplView, meter->views, meter->n_views + 1);
	meter->views[meter->n_views++] = view;
}

void
rapl_meter_clear(RaplMeter *meter)
{
	for (guint i = 0; i < meter->n_views; i++) {
		RaplView *view = &meter->views[i];
		for (guint fault = 0; fault < N_RAPL_FAULTS; fault++)
			g_free(view->whys[fault].reason);
		g_free(view->remedy);
		g_free(view->folder);
	}
	g_clear_pointer(&meter->views, g_free);
	meter->n_views = 0;
	g_clear_pointer(&meter->defect.reason, g_free);
	g_clear_pointer(&meter->folder, g_free);
}

/* ------------------------------------------------------------ reading */

/* A graphics unit may be off. All other zones draw power as long as the machine runs. */
static gboolean
may_stand_still(VmfcZone zone)
{
	return zone == VMFC_ZONE_UNCORE;
}

/*
 * The growth of a counter. A counter that went backwards has wrapped around once at the end of its
 * range, as in intel_rapl_common.c of the kernel. If the growth is more than the zone can draw, the
 * counter was reset instead. A value above the range shows that the range is wrong.
 *
 * @since: the earliest time of the energy that @last shows: a counter is not updated at every
 *   reading
 *
 * Returns: what is wrong with it; %N_RAPL_FAULTS: nothing
 */
static RaplFault
get_growth(const RaplView *view, gint64 last, gint64 since, gint64 *growth)
{
	gdouble span = (gdouble)(view->last_time - since + SLACK_TIME) / NS_PER_S;
	gdouble most = span * view->most_watts * UJ_PER_J;

	*growth = view->last - last;
	if (view->last_time - since > get_longest(view))
		return RAPL_LONG_WINDOW;
	if (*growth >= 0)
		return (gdouble)*growth <= most ? N_RAPL_FAULTS : RAPL_TOO_MUCH;
	*growth += view->range;
	return last <= view->range && *growth >= 0 && (gdouble)*growth <= most ? N_RAPL_FAULTS
									       : RAPL_BACKWARDS;
}

/*
 * @is_first: no tick has read it before
 *
 * Returns: what is wrong with it; %N_RAPL_FAULTS: nothing
 */
static RaplFault
read_view(RaplView *view, VmfcZone zone, gint64 time, gboolean is_first, gint64 *growth)
{
	/* one that may be off for hours shows all energy that was used until STILL_TIME ago */
	gint64 since = MAX(view->moved_time, view->last_time - STILL_TIME);
	gint64 energy, last = view->last;
	gsize length;
	const gchar *text = vmfc_file_read(view->file, &length, NULL);

	*growth = 0;
	if (text == NULL || !rapl_parse_energy(text, length, &energy))
		return RAPL_UNREADABLE;
	gboolean moves = last >= 0 && last != energy;
	view->last = energy;
	view->last_time = time;
	view->has_moved |= moves;
	if (moves || last < 0 || is_first)
		view->moved_time = time;
	if (last < 0 || is_first)
		return N_RAPL_FAULTS;
	if (!moves && !may_stand_still(zone) && time - view->moved_time >= STILL_TIME)
		return RAPL_STILL;
	return get_growth(view, last, since, growth);
}

/*
 * Reads the other views of a meter. If the current view fails, the first working view replaces it
 * for the rest of the run.
 *
 * Returns: what is wrong with the meter now; a negative growth is not known
 */
static RaplFault
read_others(RaplMeter *meter, gint64 time, RaplFault fault, gint64 *growth)
{
	guint own = meter->current;

	for (guint i = 0; i < meter->n_views; i++) {
		RaplView *view = &meter->views[i];
		gint64 grown, read_time = view->last_time;
		if (i == own)
			continue;
		RaplFault other = read_view(view, meter->name.zone, time, !meter->is_open, &grown);
		if (fault == N_RAPL_FAULTS || other != N_RAPL_FAULTS ||
		    !(view->has_moved || !meter->is_open))
			continue;
		*growth = read_time == meter->last_time ? grown : -1;
		meter->why = *growth < 0 ? &meter->views[own].whys[fault] : NULL;
		fault = N_RAPL_FAULTS;
		meter->current = i;
		meter->has_switched = TRUE;
	}
	return fault;
}

/* Sets that the reading of this tick is wrong. */
void
rapl_meter_blame(RaplMeter *meter, RaplReading reading, RaplFault fault)
{
	meter->reading = reading;
	meter->why = &meter->views[meter->current].whys[fault];
}

/* Returns: whether all its counters still have the same value as when they were opened */
static gboolean
is_unchanged(const RaplMeter *meter, VmfcContext *context)
{
	gint64 energy;

	for (guint i = 0; i < meter->n_views; i++) {
		const RaplView *view = &meter->views[i];
		/* not through the file, which is read once per tick */
		if (!rapl_read_number(context, view->folder, "energy_uj", &energy) ||
		    energy != view->found)
			return FALSE;
	}
	return meter->n_views > 0 && !may_stand_still(meter->name.zone);
}

/*
 * For `--check`: waits until a counter changes, but no longer than necessary.
 *
 * @left: (inout): ns, for all meters together
 */
void
rapl_meter_wait(RaplMeter *meter, VmfcContext *context, gint64 *left)
{
	while (is_unchanged(meter, context)) {
		if (*left <= 0) {
			rapl_meter_blame(meter, RAPL_MISSING, RAPL_STILL);
			return;
		}
		g_usleep(WAIT_STEP / NS_PER_US);
		*left -= WAIT_STEP;
	}
}

/* @time: CLOCK_MONOTONIC, ns */
void
rapl_meter_read(RaplMeter *meter, gint64 time)
{
	gboolean is_first = !meter->is_open;
	gint64 growth;

	meter->reading = RAPL_MISSING;
	meter->has_switched = FALSE;
	meter->why = meter->n_views == 0 ? &meter->defect : NULL;
	if (meter->n_views == 0)
		return;
	RaplFault fault = read_view(&meter->views[meter->current], meter->name.zone, time, is_first,
				    &growth);
	if (meter->n_views > 1 && (is_first || fault == RAPL_UNREADABLE || fault == RAPL_STILL))
		fault = read_others(meter, time, fault, &growth);
	meter->last_time = time;
	if (fault == RAPL_UNREADABLE || fault == RAPL_STILL) {
		rapl_meter_blame(meter, RAPL_MISSING, fault);
		return;
	}
	meter->is_open = TRUE;
	meter->reading = RAPL_RESTARTED;
	if (fault != N_RAPL_FAULTS) {
		rapl_meter_blame(meter, RAPL_RESTARTED, fault);
	} else if (!is_first && growth >= 0) {
		meter->reading = RAPL_GOES_ON;
		meter->total += growth;
	}
}

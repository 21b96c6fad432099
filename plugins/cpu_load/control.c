/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "control.h"

#include <math.h>
#include <string.h>

#include "common/scan.h"

#define IDLE	 3 /* place among the numbers of a line of /proc/stat, proc(5) */
#define N_FIELDS 8 /* those behind are in the first two already */
/* The least that one look mends of what is wrong: the kernel's counts are coarse. */
#define LEAST_GAIN 0.15
/* From this many of the kernel's ticks on it can be told how busy a CPU was. */
#define LEAST_TICKS 50
/* What is wrong by more than this is so in earnest. */
#define LARGE	   0.1
#define LARGE_GAIN 0.7
/* What is lost between two turns is little. */
#define MAX_MORE 0.25

/*
 * @text: of /proc/stat
 *
 * Returns: %FALSE when there is no such line, as of a CPU that is offline
 */
gboolean
cpu_times_parse(const gchar *text, guint cpu, CpuTimes *times)
{
	gchar name[32];

	g_snprintf(name, sizeof(name), "\ncpu%u ", cpu);
	const gchar *line = strstr(text, name);
	if (line == NULL)
		return FALSE;
	line += strlen(name);
	VmfcScan fields = vmfc_scan_new(line, strcspn(line, "\n"));
	*times = (CpuTimes){0};
	for (guint i = 0; i < N_FIELDS; i++) {
		gint64 value;
		if (!vmfc_scan_int(&fields, &value))
			return FALSE;
		times->total += value;
		if (i == IDLE)
			times->idle = value;
	}
	return TRUE;
}

/* Returns: 0 to 1, as in the column cpu_utilization; NaN after too short a time to tell */
gdouble
cpu_times_get_utilisation(const CpuTimes *from, const CpuTimes *to)
{
	gint64 total = to->total - from->total;
	gint64 idle = to->idle - from->idle;

	if (total < LEAST_TICKS || idle < 0)
		return NAN;
	return 1 - CLAMP((gdouble)idle / (gdouble)total, 0, 1);
}

/*
 * What a CPU was busy too much or too little, also by others, is taken from or added to what is
 * asked of it, look by look: the first look counts for half, later ones for less, and none for too
 * little for the control to follow what others do.
 *
 * @achieved: 0 to 1 like @target; NaN leaves everything as it is
 */
void
control_look(Control *control, gdouble target, gdouble achieved)
{
	/* what is asked for nothing or everything teaches nothing */
	if (isnan(achieved) || target <= 0 || target >= 1)
		return;
	gdouble error = target - achieved;
	control->n_looks++;
	gdouble gain = MAX(1.0 / (control->n_looks + 1),
			   fabs(error) > LARGE ? LARGE_GAIN : LEAST_GAIN);
	/* less than nothing cannot be asked for: it would only have to be unlearnt later */
	control->correction = CLAMP(control->correction + gain * error, -target, MAX_MORE);
}

/* Returns: for how much of its time the CPU is to be kept busy, 0 to 1 */
gdouble
control_get_duty(const Control *control, gdouble target)
{
	/* who is asked for nothing does nothing, and for all does all there is */
	if (target <= 0 || target >= 1)
		return CLAMP(target, 0, 1);
	return CLAMP(target + control->correction, 0, 1);
}

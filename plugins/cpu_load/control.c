/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "control.h"

#include <math.h>
#include <string.h>

#include "common/scan.h"

#define IDLE	 3 /* position among the numbers of a line of /proc/stat, proc(5) */
#define N_FIELDS 8 /* the numbers after these are part of the first two */
/* Minimum share of the error that one step corrects: the kernel's counts are coarse. */
#define MIN_GAIN 0.15
/* From this number of kernel ticks on the utilisation is known well enough. */
#define MIN_TICKS 50
/* A larger error is a real one, not noise. */
#define LARGE	   0.1
#define LARGE_GAIN 0.7
/* The loss between two turns is small. */
#define MAX_MORE 0.25

/*
 * @text: of /proc/stat
 *
 * Returns: %FALSE when the CPU has no line, for example because it is offline
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

/* Returns: 0 to 1, as in the column cpu_utilization; NaN when the time was too short */
gdouble
cpu_times_get_utilisation(const CpuTimes *from, const CpuTimes *to)
{
	gint64 total = to->total - from->total;
	gint64 idle = to->idle - from->idle;

	if (total < MIN_TICKS || idle < 0)
		return NAN;
	return 1 - CLAMP((gdouble)idle / (gdouble)total, 0, 1);
}

/*
 * Corrects the duty by the error of the CPU's utilisation, step by step. Load of others counts too.
 * The first step corrects half of the error, later steps less, but never so little that the control
 * cannot follow a change of that load.
 *
 * @achieved: 0 to 1 like @target; NaN changes nothing
 */
void
control_update(Control *control, gdouble target, gdouble achieved)
{
	/* a target of 0 or 1 gives no information */
	if (isnan(achieved) || target <= 0 || target >= 1)
		return;
	gdouble error = target - achieved;
	control->n_looks++;
	gdouble gain = MAX(1.0 / (control->n_looks + 1),
			   fabs(error) > LARGE ? LARGE_GAIN : MIN_GAIN);
	/* a negative duty is impossible: the control would only have to undo it later */
	control->correction = CLAMP(control->correction + gain * error, -target, MAX_MORE);
}

/* Returns: the share of its time for which the CPU is to be busy, 0 to 1 */
gdouble
control_get_duty(const Control *control, gdouble target)
{
	/* a target of 0 means no work, a target of 1 means full work */
	if (target <= 0 || target >= 1)
		return CLAMP(target, 0, 1);
	return CLAMP(target + control->correction, 0, 1);
}

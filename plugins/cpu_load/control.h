/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* What one CPU has done since the machine started, in the kernel's ticks. */
typedef struct {
	gint64 total;
	gint64 idle;
} CpuTimes;

/* What the control knows of one CPU. */
typedef struct {
	gdouble correction; /* added to a target of 0 to 1 */
	guint n_looks;
} Control;

gboolean
cpu_times_parse(const gchar *text, guint cpu, CpuTimes *times);
gdouble
cpu_times_get_utilisation(const CpuTimes *from, const CpuTimes *to);
void
control_update(Control *control, gdouble target, gdouble achieved);
gdouble
control_get_duty(const Control *control, gdouble target);

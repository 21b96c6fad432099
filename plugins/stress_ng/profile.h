/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "step.h"

/* A workload for stress-ng: steps, one after the other, that repeat. */
typedef struct {
	gchar *summary;
	GPtrArray *steps; /* of StressStep, at least one */
	gboolean is_random;
} StressProfile;

StressProfile *
stress_profile_new(const gchar *path, GError **error);
void
stress_profile_free(StressProfile *profile);
gchar *
stress_profile_read_summary(const gchar *path);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StressProfile, stress_profile_free)

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/* Threads that keep CPUs at a certain utilisation. */
typedef struct _LoadGenerator LoadGenerator;

LoadGenerator *
load_generator_new(VmfcContext *context, guint n_cpus, GError **error);
void
load_generator_free(LoadGenerator *generator);
void
load_generator_finish(LoadGenerator *generator);
void
load_generator_set_target(LoadGenerator *generator, gdouble percent);

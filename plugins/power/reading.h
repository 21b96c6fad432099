/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "model/model.h"

/* A model that is read on a separate thread, while ticks continue. */
typedef struct _PowerReading PowerReading;

PowerReading *
power_reading_new(const gchar *path, GSource *done);
gboolean
power_reading_is_done(PowerReading *reading);
VmfcModel *
power_reading_finish(PowerReading *reading, GError **error);

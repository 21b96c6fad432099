/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "common/devices.h"

gboolean
disk_parse_diskstats(const gchar *text, gsize length, VmfcDevices *devices);

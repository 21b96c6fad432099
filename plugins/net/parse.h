/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "common/devices.h"

gboolean
net_parse_dev(const gchar *text, gsize length, VmfcDevices *devices);

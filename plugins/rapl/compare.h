/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "meter.h"

void
rapl_find_wholes(RaplMeter *meters, guint n_meters);
void
rapl_compare(RaplMeter *meters, guint n_meters);

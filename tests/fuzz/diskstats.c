/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Any text as /proc/diskstats. */

#include "disk/parse.h"

#include "devices.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_devices(disk_parse_diskstats, data, size);
	return 0;
}

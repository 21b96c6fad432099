/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Any text as /proc/net/dev. */

#include "net/parse.h"

#include "devices.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_devices(net_parse_dev, data, size);
	return 0;
}

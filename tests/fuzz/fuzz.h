/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <stddef.h>
#include <stdint.h>

/* What a fuzzer is made of: called with any text; ends the process when something is wrong. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

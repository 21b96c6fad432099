/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <glib.h>

/* What the fuzzers of options know of plugins. */
#define FUZZ_INDEX "[kepler]\nkind=sampler\nalias-kepler-url=url;URL;Where\n[csv]\nkind=sink\n"

/* What a fuzzer is made of: called with any text; ends the process when something is wrong. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * A part of a text, in memory that ends where it ends: what a file of /proc would be had it been
 * cut off there. The first byte of the data chooses where.
 */
static inline gchar *
fuzz_cut(const uint8_t *data, size_t size, gsize *length)
{
	*length = size > 1 ? (size - 1) * data[0] / 255 : 0;
	gchar *part = g_malloc(MAX(*length, 1));
	if (*length > 0)
		memcpy(part, data + 1, *length);
	return part;
}

/* A file with that content that has no name but a path. @fd: to be closed afterwards */
static inline gchar *
fuzz_file(const uint8_t *data, size_t size, gint *fd)
{
	*fd = memfd_create("fuzz", MFD_CLOEXEC);
	g_assert_cmpint(*fd, >=, 0);
	g_assert_cmpint(write(*fd, data, size), ==, (gssize)size);
	return g_strdup_printf("/proc/self/fd/%d", *fd);
}

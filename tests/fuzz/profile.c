/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Any text as a workload profile: it is refused with its place, or has steps. */

#include "stress_ng/profile.h"
#include "vmfc/vmfc-plugin.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gint fd;
	g_autofree gchar *path = fuzz_file(data, size, &fd);
	g_autoptr(GError) error = NULL;
	g_autoptr(StressProfile) profile = stress_profile_new(path, &error);

	g_free(stress_profile_read_summary(path));
	close(fd);
	if (profile == NULL) {
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
		g_assert_nonnull(strstr(error->message, path));
		return 0;
	}
	g_assert_no_error(error);
	g_assert_cmpuint(profile->steps->len, >, 0);
	g_assert_nonnull(profile->summary);
	return 0;
}

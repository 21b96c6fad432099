/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Any text as the stat, the schedstat, the name and the command line of a process. */

#include "qemu/parse.h"

#include "fuzz.h"

static void
check_label(const gchar *label, gsize size)
{
	g_assert_cmpuint(strnlen(label, size), <, size);
	g_assert_true(g_utf8_validate(label, -1, NULL));
	for (const gchar *at = label; *at != '\0'; at++)
		g_assert_false(g_ascii_iscntrl(*at));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gsize length;
	g_autofree gchar *part = fuzz_cut(data, size, &length);
	gint64 nanoseconds;
	QemuLabels labels;
	QemuStat stat;

	if (qemu_parse_stat(part, length, &stat)) {
		g_assert_cmpint(stat.cpu_ticks, >=, 0);
		g_assert_cmpint(stat.start, >=, 0);
	}
	if (qemu_parse_schedstat(part, length, &nanoseconds))
		g_assert_cmpint(nanoseconds, >=, 0);
	qemu_is_vcpu(part, length);
	if (!qemu_parse_command(part, length, &labels))
		return 0;
	check_label(labels.name, QEMU_NAME_SIZE);
	check_label(labels.uuid, QEMU_UUID_SIZE);
	g_assert_true(labels.name[0] == '\0' || qemu_labels_match(&labels, labels.name));
	return 0;
}

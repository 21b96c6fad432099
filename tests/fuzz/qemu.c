/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Any text as the stat, the schedstat, the name and the command line of a process. */

#include "qemu/parse.h"

#include "fuzz.h"

static void
check_label(const VmfcScan *text)
{
	gchar label[QEMU_LABEL_SIZE];

	qemu_print(text, label, sizeof(label));
	g_assert_cmpuint(strnlen(label, sizeof(label)), <, sizeof(label));
	g_assert_true(g_utf8_validate(label, -1, NULL));
	for (const gchar *at = label; *at != '\0'; at = g_utf8_next_char(at))
		g_assert_true(g_unichar_isprint(g_utf8_get_char(at)));
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
	if (qemu_parse_uid(part, length, &nanoseconds))
		g_assert_cmpint(nanoseconds, >=, 0);
	qemu_is_vcpu(part, length);
	g_autofree gchar *path = g_strndup(part, length);
	qemu_parse_program(path, strlen(path));
	if (!qemu_parse_command(part, length, length % 4, length % 2 == 0, &labels))
		return 0;
	check_label(&labels.name);
	check_label(&labels.uuid);
	g_autofree gchar *name = g_strndup(labels.name.at, vmfc_scan_length(&labels.name));
	g_assert_true(name[0] == '\0' || qemu_labels_match(&labels, name));
	return 0;
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "qemu/parse.h"

static void
test_stat(void)
{
	/* a process of a kernel 6.18, with other names */
	static const gchar rest[] =
		" S 1 11117 2050 0 -1 138412416 8064 0 42 0 300 70 0 0 20 0 4 0 55094 1428287488 "
		"12384 18446744073709551615 1 1 0 0 0 0 268444224 4100 16451 0 0 0 17 0 0 0 0 0 0 "
		"1 1 "
		"1 1 1 1 1 0\n";
	static const gchar *const names[] = {"(qemu-system-x86)", "(a) b (c)", "())", "(\n S 1 2)"};
	QemuStat stat;

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree gchar *text = g_strconcat("11120 ", names[i], rest, NULL);
		g_assert_true(qemu_parse_stat(text, strlen(text), &stat));
		g_assert_true(stat.is_alive);
		g_assert_cmpint(stat.cpu_ticks, ==, 370);
		g_assert_cmpint(stat.start, ==, 55094);
		/* cut off anywhere it tells nothing */
		for (gsize length = 0; length < strlen(text); length++)
			g_assert_false(qemu_parse_stat(text, length, &stat));
	}
	g_autofree gchar *zombie = g_strdup_printf("1 (x) Z%s", rest + 2);
	g_assert_true(qemu_parse_stat(zombie, strlen(zombie), &stat));
	g_assert_false(stat.is_alive);
	g_assert_false(qemu_parse_stat("1 (x) S a b c\n", 14, &stat));
}

static void
test_schedstat(void)
{
	gint64 nanoseconds;

	g_assert_true(qemu_parse_schedstat("304754340 3523875 71\n", 21, &nanoseconds));
	g_assert_cmpint(nanoseconds, ==, 304754340);
	g_assert_false(qemu_parse_schedstat("304754340 3523875 71", 20, &nanoseconds));
	g_assert_false(qemu_parse_schedstat("-1 0 0\n", 7, &nanoseconds));
	g_assert_false(qemu_parse_schedstat("", 0, &nanoseconds));
}

static void
test_vcpus(void)
{
	static const struct {
		const gchar *name;
		gboolean is_vcpu;
	} cases[] = {
		{"CPU 0/KVM\n", TRUE},
		{"CPU 127/KVM\n", TRUE},
		{"CPU 1/TCG\n", TRUE},
		{"CPU 0\n", FALSE},
		{"CPU /KVM\n", FALSE},
		{"CPU x/KVM\n", FALSE},
		{"CPU 0/KVM", FALSE},
		{"IO mon_iothread\n", FALSE},
		{"qemu-system-x86\n", FALSE},
		{"worker\n", FALSE},
		{"", FALSE},
		{"vhost-123\n", FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(qemu_is_vcpu(cases[i].name, strlen(cases[i].name)), ==,
				cases[i].is_vcpu);
}

/* Arguments are separated by | here, by NULs there. */
static gboolean
parse_command(const gchar *line, QemuLabels *labels)
{
	g_autofree gchar *text = g_strdup(line);
	gsize length = strlen(text);

	return qemu_parse_command(g_strdelimit(text, "|", '\0'), length + 1, labels);
}

static void
test_commands(void)
{
	static const struct {
		const gchar *line;
		const gchar *name; /* NULL: no VM */
		const gchar *uuid;
	} cases[] = {
		{"/usr/bin/qemu-system-x86_64|-name|guest=vm-1,debug-threads=on|-S|-uuid|4dea22b3",
		 "vm-1", "4dea22b3"},
		{"/usr/libexec/qemu-kvm|-name|guest=a=b|-m|1", "a=b", ""},
		{"qemu-system-aarch64|--name|plain|--uuid|U", "plain", "U"},
		{"kvm|-name|plain,process=other", "plain", ""},
		{"qemu-system-x86_64|-name|process=p,guest=second", "second", ""},
		{"qemu-system-x86_64|-name|debug-threads=on", "", ""},
		{"qemu-system-x86_64|-name|guest=one,,two,debug-threads=on", "one,two", ""},
		{"qemu-system-x86_64|-m|1", "", ""},
		{"qemu-system-x86_64|-name", "", ""},
		{"qemu-system-x86_64|-name|", "", ""},
		{"qemu-system-x86_64|-name|tab\there", "tab?here", ""},
		{"qemu-system-x86_64|-name|bad\xff", "bad", ""},
		{"/usr/bin/qemu-img|create|-name|x", NULL, NULL},
		{"sudo|qemu-system-x86_64|-name|x", NULL, NULL},
		{"vi|/tmp/qemu-system-x86_64", NULL, NULL},
		{"qemu-x86_64|-name|x", NULL, NULL},
		{"", NULL, NULL},
	};
	QemuLabels labels;

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		gboolean is_vm = parse_command(cases[i].line, &labels);
		g_assert_cmpint(is_vm, ==, cases[i].name != NULL);
		if (!is_vm)
			continue;
		g_assert_cmpstr(labels.name, ==, cases[i].name);
		g_assert_cmpstr(labels.uuid, ==, cases[i].uuid);
	}
	g_assert_false(qemu_parse_command("", 0, &labels));
	g_autofree gchar *name = g_strnfill(10000, 'n');
	g_autofree gchar *line = g_strconcat("qemu-kvm|-name|", name, "|-uuid|", name, NULL);
	g_assert_true(parse_command(line, &labels));
	g_assert_cmpuint(strlen(labels.name), ==, QEMU_NAME_SIZE - 1);
	g_assert_cmpuint(strlen(labels.uuid), ==, QEMU_UUID_SIZE - 1);
}

static void
test_match(void)
{
	static const QemuLabels labels = {"vm-1", "4DEA22B3-1d52-d8f3-2516-782e98ab3fa0"};
	static const QemuLabels none = {"", ""};

	g_assert_true(qemu_labels_match(&labels, "vm-1"));
	g_assert_true(qemu_labels_match(&labels, "4dea22b3-1D52-d8f3-2516-782e98ab3fa0"));
	g_assert_false(qemu_labels_match(&labels, "VM-1"));
	g_assert_false(qemu_labels_match(&labels, "vm-10"));
	g_assert_false(qemu_labels_match(&labels, "vm"));
	g_assert_false(qemu_labels_match(&none, ""));
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/qemu/stat", test_stat);
	g_test_add_func("/qemu/schedstat", test_schedstat);
	g_test_add_func("/qemu/vcpus", test_vcpus);
	g_test_add_func("/qemu/commands", test_commands);
	g_test_add_func("/qemu/match", test_match);
	return g_test_run();
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "qemu/growth.h"
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
	g_autofree gchar *waiting = g_strdup_printf("1 (x) D%s", rest + 2);
	g_assert_true(qemu_parse_stat(waiting, strlen(waiting), &stat));
	g_assert_true(stat.is_alive && stat.waits_for_disk);
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

static void
test_uid(void)
{
	static const gchar text[] = "Name:\tx\nUmask:\t0022\nUid:\t64055\t64055\t0\t0\nGid:\t7\n";
	gint64 uid;

	g_assert_true(qemu_parse_uid(text, strlen(text), &uid));
	g_assert_cmpint(uid, ==, 64055);
	g_assert_false(qemu_parse_uid("Name:\tUid: 1\n", 13, &uid));
	g_assert_false(qemu_parse_uid("Uid:\t1", 6, &uid));
	g_assert_false(qemu_parse_uid("", 0, &uid));
}

/* What runs, by the path of its program, and what a process is called. */
static void
test_programs(void)
{
	static const gchar *const machines[] = {
		"/usr/bin/qemu-system-x86_64",
		"/usr/bin/qemu-system-x86_64 (deleted)",
		"/usr/libexec/qemu-kvm",
		"/usr/libexec/qemu-kvm;65a1b2c3 (deleted)",
		"/usr/bin/qemu-kvm-one",
		"/usr/bin/kvm-spice",
		"/usr/bin/kvm",
		"/usr/bin/qemu",
		"/usr/lib/xen/bin/qemu-dm",
		"/nix/store/abc-qemu-9.1/bin/.qemu-system-x86_64-wrapped",
		"/opt/a b/qemu-system-riscv64",
		"qemu-system-x86",
	};
	static const gchar *const others[] = {
		"/usr/bin/qemu-img",
		"/usr/bin/qemu-nbd",
		"/usr/bin/qemu-ga",
		"/usr/bin/qemu-storage-daemon",
		"/usr/bin/qemu-x86_64",
		"/usr/bin/firecracker",
		"/usr/bin/cloud-hypervisor",
		"/usr/bin/kvmtool",
		"/usr/bin/kvm-ok",
		"kvm-pit/200",
		"/usr/bin/bash (deleted)",
		"/qemu-system-x86_64/bash",
		"",
		"/usr/bin/python3.11",
		"/usr/bin/virtqemud",
		"(deleted)",
	};
	static const gchar *const loaders[] = {
		"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1 (deleted)",
		"/lib/ld-musl-x86_64.so.1",    "/lib64/ld64.so.2",
		"/usr/lib/ld-2.31.so",	       "/lib/ld.so.1",
	};

	for (guint i = 0; i < G_N_ELEMENTS(machines); i++)
		g_assert_cmpint(qemu_parse_program(machines[i], strlen(machines[i])), ==,
				QEMU_PROGRAM_QEMU);
	for (guint i = 0; i < G_N_ELEMENTS(others); i++)
		g_assert_cmpint(qemu_parse_program(others[i], strlen(others[i])), ==,
				QEMU_PROGRAM_OTHER);
	for (guint i = 0; i < G_N_ELEMENTS(loaders); i++)
		g_assert_cmpint(qemu_parse_program(loaders[i], strlen(loaders[i])), ==,
				QEMU_PROGRAM_LOADER);
}

/* Arguments are separated by | here, by NULs there. */
static gboolean
parse_command(gchar *line, QemuProgram program, gboolean has_name, QemuLabels *labels)
{
	gsize length = strlen(line);

	return qemu_parse_command(g_strdelimit(line, "|", '\0'), length + 1, program, has_name,
				  labels);
}

static void
assert_text(const VmfcScan *text, const gchar *wanted)
{
	g_autofree gchar *copy = g_strndup(text->at, vmfc_scan_length(text));

	g_assert_cmpstr(copy, ==, wanted);
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
		{"qemu-system-x86_64|-name|,,|-uuid|U", ",", "U"},
		{"qemu-system-x86_64|-m|1", "", ""},
		{"qemu-system-x86_64|-name", "", ""},
		{"qemu-system-x86_64|-name|", "", ""},
		{"qemu-system-x86_64|-name|tab\there", "tab\there", ""},
		{"qemu-system-x86_64|-name|bad\xff", "bad\xff", ""},
		/* the UUID of the machine alone, wherever it stands */
		{"kvm|-smbios|type=1,uuid=4dea22b3|-name|a", "a", "4dea22b3"},
		{"kvm|-smbios|uuid=4dea22b3,manufacturer=a,,uuid=b,type=1", "", "4dea22b3"},
		{"kvm|-smbios|type=1,serial=7|-smbios|type=3,uuid=5|-smbios|type=1,uuid=6", "",
		 "6"},
		{"kvm|-smbios|type=2,uuid=5", "", ""},
		{"kvm|-smbios|type=11,uuid=5", "", ""},
		{"kvm|-smbios|file=/x", "", ""},
		/* what asks what QEMU can do is no machine */
		{"/usr/bin/qemu-system-x86_64|-S|-no-user-config|-nodefaults|-nographic|-machine|"
		 "none,accel=kvm:tcg|-qmp|unix:/x",
		 NULL, NULL},
		{"qemu-system-x86_64|-M|none", NULL, NULL},
		{"qemu-system-x86_64|-machine|accel=kvm,type=none", NULL, NULL},
		{"qemu-system-x86_64|-machine|help", NULL, NULL},
		{"qemu-system-x86_64|-machine|none-such|-name|a", "a", ""},
		{"qemu-system-x86_64|-machine|pc,x=none|-name|a", "a", ""},
		{"qemu-system-x86_64|-append|-machine none", "", ""},
		/* the loader in front of it */
		{"/lib64/ld-linux-x86-64.so.2|--library-path|/x|/x/qemu-system-x86_64|-name|a", "a",
		 ""},
		{"/lib64/ld-linux-x86-64.so.2|--argv0|n|--inhibit-cache|/x/qemu-kvm|-name|a", "a",
		 ""},
		{"/lib/ld-musl-x86_64.so.1|--library-path=/x|--|/x/kvm|-name|a", "a", ""},
		{"/lib64/ld-linux-x86-64.so.2|/bin/bash|/usr/bin/kvm", NULL, NULL},
		{"/lib64/ld-linux-x86-64.so.2|--library-path|/x/qemu-system-x86_64", NULL, NULL},
		{"/lib64/ld-linux-x86-64.so.2", NULL, NULL},
		{"/usr/bin/qemu-img|create|-name|x", NULL, NULL},
		{"sudo|qemu-system-x86_64|-name|x", NULL, NULL},
		{"vi|/tmp/qemu-system-x86_64", NULL, NULL},
		{"qemu-x86_64|-name|x", NULL, NULL},
		{"", NULL, NULL},
	};
	QemuLabels labels;

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree gchar *line = g_strdup(cases[i].line);
		gboolean is_vm = parse_command(line, QEMU_PROGRAM_UNKNOWN, FALSE, &labels);
		g_assert_cmpint(is_vm, ==, cases[i].name != NULL);
		if (!is_vm)
			continue;
		assert_text(&labels.name, cases[i].name);
		assert_text(&labels.uuid, cases[i].uuid);
	}
	g_assert_false(qemu_parse_command((gchar[]){""}, 0, QEMU_PROGRAM_QEMU, TRUE, &labels));
}

/* What the program is counts for more than what the command line begins with. */
static void
test_evidence(void)
{
	static const struct {
		const gchar *line;
		QemuProgram program;
		gboolean has_name;
		gboolean is_vm;
	} cases[] = {
		{"web1|-name|a", QEMU_PROGRAM_QEMU, FALSE, TRUE},
		{"qemu-system-x86_64|-name|a", QEMU_PROGRAM_OTHER, TRUE, FALSE},
		{"web1|-name|a", QEMU_PROGRAM_UNKNOWN, TRUE, TRUE},
		{"web1|-name|a", QEMU_PROGRAM_UNKNOWN, FALSE, FALSE},
		/* a script that has started it: the process of QEMU is another one */
		{"/bin/sh|/usr/bin/kvm|-name|a", QEMU_PROGRAM_UNKNOWN, TRUE, FALSE},
		{"/bin/sh|-e|/usr/bin/kvm|-name|a", QEMU_PROGRAM_UNKNOWN, TRUE, FALSE},
		{"web1|/x/qemu-system-x86_64|-name|a", QEMU_PROGRAM_LOADER, FALSE, TRUE},
		{"web1|/x/sleep|7", QEMU_PROGRAM_LOADER, FALSE, FALSE},
	};
	QemuLabels labels;

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree gchar *line = g_strdup(cases[i].line);
		g_assert_cmpint(parse_command(line, cases[i].program, cases[i].has_name, &labels),
				==, cases[i].is_vm);
	}
}

static VmfcScan
scan(const gchar *text)
{
	return vmfc_scan_new(text, strlen(text));
}

static void
test_match(void)
{
	const QemuLabels labels = {scan("vm-1"), scan("4DEA22B3-1d52-d8f3-2516-782e98ab3fa0")};
	const QemuLabels none = {scan(""), scan("")};

	g_assert_true(qemu_labels_match(&labels, "vm-1"));
	g_assert_true(qemu_labels_match(&labels, "4dea22b3-1D52-d8f3-2516-782e98ab3fa0"));
	g_assert_false(qemu_labels_match(&labels, "4dea22b3-1D52-d8f3-2516-782e98ab3fa"));
	g_assert_false(qemu_labels_match(&labels, "VM-1"));
	g_assert_false(qemu_labels_match(&labels, "vm-10"));
	g_assert_false(qemu_labels_match(&labels, "vm"));
	g_assert_false(qemu_labels_match(&none, ""));
	/* of any length, and told apart at its end */
	g_autofree gchar *name = g_strnfill(10000, 'n');
	g_autofree gchar *other = g_strconcat(name, "n", NULL);
	g_autofree gchar *line = g_strconcat("qemu-kvm|-name|", name, NULL);
	QemuLabels long_ones;
	g_assert_true(parse_command(line, QEMU_PROGRAM_UNKNOWN, FALSE, &long_ones));
	g_assert_true(qemu_labels_match(&long_ones, name));
	g_assert_false(qemu_labels_match(&long_ones, other));
}

static void
test_printing(void)
{
	static const struct {
		const gchar *text;
		const gchar *shown;
	} cases[] = {
		{"büro-prüf", "büro-prüf"},
		{"日本 🖥", "日本 🖥"},
		{"a\tb\nc\x7f\x1b[2J", "a?b?c??[2J"},
		{"a\xc2\x9b"
		 "2Jb",
		 "a?2Jb"}, /* U+009B */
		{"a\xe2\x80\xae"
		 "b\xe2\x81\xa6",
		 "a?b?"},				/* U+202E, U+2066 */
		{"a\xe2\x80\x8b\xef\xbb\xbf", "a??"},	/* U+200B, U+FEFF */
		{"a\xe2\x80\xa8\xe2\x80\xa9z", "a??z"}, /* U+2028, U+2029 */
		{"a\xf3\xa0\x81\x81z", "a?z"},		/* U+E0041 */
		{"a\xff\xc3", "a??"},
		{"a\xed\xa0\x80z", "a???z"}, /* a surrogate */
		{"", ""},
	};
	gchar label[QEMU_LABEL_SIZE];
	VmfcScan text;

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		text = scan(cases[i].text);
		qemu_print(&text, label, sizeof(label));
		g_assert_cmpstr(label, ==, cases[i].shown);
	}
	/* cut between two letters */
	g_autoptr(GString) name = g_string_new("a");
	for (guint i = 0; i < 1000; i++)
		g_string_append(name, "ü");
	text = scan(name->str);
	qemu_print(&text, label, sizeof(label));
	g_assert_true(g_utf8_validate(label, -1, NULL));
	g_assert_true(g_str_has_suffix(label, "ü..."));
}

/* CPU time that goes back, or that no machine could give. */
static void
test_growth(void)
{
	static const gint64 second = G_GINT64_CONSTANT(1000000000);
	static const struct {
		gint64 cpu;
		gint64 vcpu;
		gboolean cpu_is_good;
		gboolean vcpu_is_good;
	} cases[] = {
		{50, 40, TRUE, TRUE},  /* whatever it was before */
		{54, 42, TRUE, TRUE},  /* 4 CPUs, two of them the VM's */
		{54, 42, TRUE, TRUE},  /* it is stopped */
		{59, 43, FALSE, TRUE}, /* 5 s on 4 CPUs in 1 s */
		{60, 46, TRUE, FALSE}, /* 3 s by 2 threads */
		{59, 46, FALSE, TRUE}, /* backwards */
		{60, 45, TRUE, FALSE}, {61, 46, TRUE, TRUE},
	};
	Growth growth = {0};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const QemuTimes times = {
			.cpu = cases[i].cpu * second, .vcpu = cases[i].vcpu * second, .n_vcpus = 2};
		const RaplWhy *vcpu_why;
		gint64 now = (100 + i) * second;
		const RaplWhy *why = growth_judge(&growth, &times, 4, now, now + 1000, &vcpu_why);
		g_assert_cmpint(why == NULL, ==, cases[i].cpu_is_good);
		g_assert_cmpint(vcpu_why == NULL, ==, cases[i].vcpu_is_good);
	}
}

/*
 * @growth: of the first thing that is compared; the last reading was a second ago
 * @n_before: CPUs at that reading
 */
static void
assert_limit_after(guint n_before, gint64 base, gint64 growth, guint n_cpus, guint n_vcpus,
		   gint64 slack, gboolean is_good)
{
	static const gint64 second = G_GINT64_CONSTANT(1000000000);
	Growth last = {0};
	const RaplWhy *vcpu_why;
	QemuTimes times = {base, base, slack, slack, FALSE, n_vcpus};

	g_assert_null(growth_judge(&last, &times, n_before, 9 * second, 9 * second, &vcpu_why));
	g_assert_null(vcpu_why);
	times.cpu += growth;
	times.vcpu += growth;
	const RaplWhy *why = growth_judge(&last, &times, n_cpus, 10 * second - 500, 10 * second,
					  &vcpu_why);
	g_assert_cmpint(why == NULL, ==, is_good);
	g_assert_cmpint(vcpu_why == NULL, ==, is_good);
}

static void
assert_limit(gint64 base, gint64 growth, guint n_cpus, guint n_vcpus, gint64 slack,
	     gboolean is_good)
{
	assert_limit_after(1, base, growth, n_cpus, n_vcpus, slack, is_good);
}

/* A CPU gives a second a second, with a margin of 1 % and of 1 ms for each. */
static void
test_growth_limits(void)
{
	for (guint n = 1; n < 5; n++) {
		for (gint64 slack = 0; slack <= 20000000; slack += 20000000) {
			gint64 most = n * G_GINT64_CONSTANT(1011000000) + slack;
			assert_limit(0, most, n, n, slack, TRUE);
			assert_limit(0, most + 100, n, n, slack, FALSE);
			assert_limit(77, most + 100, n, n, slack, FALSE);
		}
	}
	assert_limit(0, 0, 1, 1, 0, TRUE);
	assert_limit(77, -1, 1, 1, 0, FALSE);
	assert_limit(1, -1, 1, 1, 0, FALSE);
	/* a CPU that was removed in the window may have worked in it */
	assert_limit_after(3, 0, 3 * G_GINT64_CONSTANT(1011000000), 1, 3, 0, TRUE);
	assert_limit_after(3, 0, 3 * G_GINT64_CONSTANT(1011000000) + 100, 1, 3, 0, FALSE);
}

/* A label with room for 20 characters, its end, and three dots that it may need. */
static void
test_label_room(void)
{
	static const gchar name[] = "abcdefghijklmnopqrst";
	VmfcScan text = vmfc_scan_new(name, 20);

	for (gsize size = 8; size < 40; size++) {
		gchar label[64];
		qemu_print(&text, label, size);
		g_assert_cmpuint(strlen(label), <, size);
		g_assert_cmpint(g_str_equal(label, name), ==, size >= 24);
		g_assert_cmpint(g_str_has_suffix(label, "..."), ==, size < 24);
		g_assert_cmpint(strncmp(label, name, MIN(size - 4, 20)), ==, 0);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/qemu/stat", test_stat);
	g_test_add_func("/qemu/schedstat", test_schedstat);
	g_test_add_func("/qemu/vcpus", test_vcpus);
	g_test_add_func("/qemu/uid", test_uid);
	g_test_add_func("/qemu/programs", test_programs);
	g_test_add_func("/qemu/commands", test_commands);
	g_test_add_func("/qemu/evidence", test_evidence);
	g_test_add_func("/qemu/printing", test_printing);
	g_test_add_func("/qemu/growth", test_growth);
	g_test_add_func("/qemu/growth-limits", test_growth_limits);
	g_test_add_func("/qemu/label-room", test_label_room);
	g_test_add_func("/qemu/match", test_match);
	return g_test_run();
}

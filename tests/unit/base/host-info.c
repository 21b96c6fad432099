/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What a run's meta file says of the machine, from the files of machines of the test's own. */

#include "base/host-info.h"

#include <string.h>
#include <sys/utsname.h>

#include <glib/gstdio.h>

typedef struct {
	gchar *root;
	GPtrArray *paths; /* that were created, the folders first */
} Fixture;

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_unsetenv("KUBERNETES_SERVICE_HOST");
	fixture->root = g_dir_make_tmp("vmfc-host-XXXXXX", NULL);
	fixture->paths = g_ptr_array_new_with_free_func(g_free);
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint i = fixture->paths->len; i > 0; i--)
		g_remove(fixture->paths->pdata[i - 1]);
	g_assert_cmpint(g_rmdir(fixture->root), ==, 0);
	g_ptr_array_unref(fixture->paths);
	g_free(fixture->root);
}

/* @path: below the root */
static void
put(Fixture *fixture, const gchar *path, const gchar *text)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);
	g_autoptr(GString) at = g_string_new(fixture->root);

	for (guint i = 0; parts[i + 1] != NULL; i++) {
		g_string_append_printf(at, "/%s", parts[i]);
		if (g_mkdir(at->str, 0700) == 0)
			g_ptr_array_add(fixture->paths, g_strdup(at->str));
	}
	g_string_append_printf(at, "/%s", parts[g_strv_length(parts) - 1]);
	if (!g_file_test(at->str, G_FILE_TEST_EXISTS))
		g_ptr_array_add(fixture->paths, g_strdup(at->str));
	g_assert_true(g_file_set_contents(at->str, text, -1, NULL));
}

/* Each fact under its own name, without quotes and blanks. */
static void
test_facts(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	struct utsname names;

	put(fixture, "etc/os-release",
	    "NAME=\"Debian\"\nPRETTY_NAME_X=\"no\"\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n");
	put(fixture, "proc/cpuinfo",
	    "processor\t: 0\nmodel\t\t: 85\nmodel name\t: A CPU @ 2.00GHz: fast\nflags\t: a\n"
	    "processor\t: 1\nmodel name\t: Another\n");
	put(fixture, "sys/devices/system/clocksource/clocksource0/current_clocksource",
	    " kvm-clock\n");
	put(fixture, "proc/device-tree/hypervisor/compatible", "linux,kvm");
	g_autoptr(VmfcHostInfo) by_tree = vmfc_host_info_new(fixture->root);
	g_assert_cmpstr(by_tree->hypervisor, ==, "linux,kvm");
	put(fixture, "sys/hypervisor/type", "xen\n");
	g_autoptr(VmfcHostInfo) info = vmfc_host_info_new(fixture->root);
	g_assert_cmpint(uname(&names), ==, 0);
	g_assert_cmpstr(info->hostname, ==, names.nodename);
	g_assert_cmpstr(info->kernel, ==, names.release);
	g_assert_cmpstr(info->architecture, ==, names.machine);
	g_assert_cmpstr(info->os, ==, "Debian GNU/Linux 12");
	g_assert_cmpstr(info->cpu_model, ==, "A CPU @ 2.00GHz: fast");
	g_assert_cmpstr(info->clock_source, ==, "kvm-clock");
	g_assert_cmpstr(info->hypervisor, ==, "xen");
	g_assert_cmpstr(info->container, ==, "none");
	g_assert_cmpint(info->n_cpus, ==, (glong)g_get_num_processors());
}

/* What a machine does not say is unknown, and not another thing that it says. */
static void
test_unknown(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const cases[][2] = {
		{"", "unknown"},
		{"CPU implementer\t: 0x41\n", "unknown"},
		{"CPU part\t: 0xd0c\n", "unknown"},
		{"CPU implementer\t: 0x41\nCPU part\t: 0xd0c\n", "implementer 0x41 part 0xd0c"},
		{"CPU part\t: 0xd0c\nCPU implementer\t: 0x41\nmodel name\t: Arm\n", "Arm"},
		{"a model name\t: no\nmodel names\t: no\n", "unknown"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		put(fixture, "proc/cpuinfo", cases[i][0]);
		g_autoptr(VmfcHostInfo) info = vmfc_host_info_new(fixture->root);
		g_assert_cmpstr(info->cpu_model, ==, cases[i][1]);
		g_assert_cmpstr(info->os, ==, "unknown");
		g_assert_cmpstr(info->clock_source, ==, "unknown");
	}
}

/* The first of the marks of containers that is there. */
static void
test_containers(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const marks[][3] = {
		{".dockerenv", "", "docker"},
		{"run/.containerenv", "", "podman"},
		{NULL, "10.0.0.1", "kubernetes"},
		{"run/systemd/container", "lxc\n", "lxc"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(marks); i++) {
		if (marks[i][0] != NULL)
			put(fixture, marks[i][0], marks[i][1]);
		else
			g_setenv("KUBERNETES_SERVICE_HOST", marks[i][1], TRUE);
		g_autoptr(VmfcHostInfo) info = vmfc_host_info_new(fixture->root);
		g_assert_cmpstr(info->container, ==, marks[i][2]);
	}
	g_unsetenv("KUBERNETES_SERVICE_HOST");
}

/* A folder in the place of a file is a mistake that the user is told. */
static void
test_folder(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	put(fixture, "etc/os-release/file", "");
	g_test_expect_message(
		"vmfc", G_LOG_LEVEL_WARNING,
		"*/etc/os-release is a folder*; vmfc records what it would read there as "
		"unknown");
	g_autoptr(VmfcHostInfo) info = vmfc_host_info_new(fixture->root);
	g_test_assert_expected_messages();
	g_assert_cmpstr(info->os, ==, "unknown");
}

#define ADD(path, func) g_test_add("/host-info/" path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("facts", test_facts);
	ADD("unknown", test_unknown);
	ADD("containers", test_containers);
	ADD("folder", test_folder);
	return g_test_run();
}

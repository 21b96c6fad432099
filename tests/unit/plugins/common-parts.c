/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Small things that plugins share, each at its edges. */

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/deadline-source.h"
#include "common/kernel-events.h"
#include "common/option-number.h"
#include "common/sysfs.h"
#include "common/timed-wait.h"
#include "remove-folder.h"

#define NS_PER_S G_GINT64_CONSTANT(1000000000)

/* ------------------------------------------------------------------- sysfs */

typedef struct {
	gchar *folder;
} Fixture;

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->folder = g_dir_make_tmp("vmfc-common-XXXXXX", NULL);
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	remove_folder(fixture->folder);
	g_free(fixture->folder);
}

static void
write_entry(const Fixture *fixture, const gchar *path, const gchar *text)
{
	g_autofree gchar *file = g_build_filename(fixture->folder, path, NULL);
	g_autofree gchar *folder = g_path_get_dirname(file);

	g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
	g_assert_true(g_file_set_contents(file, text, -1, NULL));
}

/* A slash in a name is another character in a path, but those of the folder and entry stay. */
static void
test_paths(G_GNUC_UNUSED Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar whole[] = "/s/b/cciss!c0d0/queue/x";
	gchar path[100];

	for (gsize size = sizeof(whole) - 2; size <= sizeof(whole) + 1; size++) {
		gboolean fits = vmfc_sysfs_build_path("/s/b", "cciss/c0d0", "queue/x", path, size);
		g_assert_cmpint(fits, ==, size >= sizeof(whole));
		if (fits)
			g_assert_cmpstr(path, ==, whole);
	}
	g_assert_true(vmfc_sysfs_build_path("/s", "sda", "", path, sizeof(path)));
	g_assert_cmpstr(path, ==, "/s/sda/");
}

static void
test_has(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	write_entry(fixture, "a!b/queue/size", "1\n");
	g_assert_true(vmfc_sysfs_has(fixture->folder, "a/b", "queue/size"));
	g_assert_true(vmfc_sysfs_has(fixture->folder, "a/b", ""));
	g_assert_false(vmfc_sysfs_has(fixture->folder, "a/b", "queue/sizes"));
	g_assert_false(vmfc_sysfs_has(fixture->folder, "a", ""));
}

/* Also the last of many entries; what begins with a dot is none. */
static void
test_has_below(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	write_entry(fixture, "sda/slaves/.hidden", "");
	g_assert_false(vmfc_sysfs_has_below(fixture->folder, "sda", "slaves", ""));
	g_assert_false(vmfc_sysfs_has_below(fixture->folder, "sda", "slaves", "."));
	for (guint i = 0; i < 200; i++) {
		g_autofree gchar *path = g_strdup_printf("sda/slaves/other-device-%u", i);
		write_entry(fixture, path, "");
	}
	g_assert_true(vmfc_sysfs_has_below(fixture->folder, "sda", "slaves", ""));
	g_assert_false(vmfc_sysfs_has_below(fixture->folder, "sda", "slaves", "lower_"));
	write_entry(fixture, "sda/slaves/lower_eth0", "");
	g_assert_true(vmfc_sysfs_has_below(fixture->folder, "sda", "slaves", "lower_"));
	g_assert_true(vmfc_sysfs_has_below(fixture->folder, "sda", "slaves", "other-device-199"));
	/* no folder, or no folder but a file */
	g_assert_false(vmfc_sysfs_has_below(fixture->folder, "sdb", "slaves", ""));
	g_assert_false(vmfc_sysfs_has_below(fixture->folder, "sda", "slaves/.hidden", ""));
}

/* Without its line feed, and no more than there is room for. */
static void
test_read(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *text;
		const gchar *read;
	} cases[] = {
		{"", ""},
		{"\n", ""},
		{"a\n", "a"},
		{"a", "a"},
		{"a\n\n", "a\n"},
		{"123456\n", "123456"},
		{"1234567\n", "1234567"},
		{"12345678\n", "1234567"},
	};
	gchar text[8];

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		write_entry(fixture, "sda/x", cases[i].text);
		g_assert_true(vmfc_sysfs_read(fixture->folder, "sda", "x", text, sizeof(text)));
		g_assert_cmpstr(text, ==, cases[i].read);
	}
	g_assert_false(vmfc_sysfs_read(fixture->folder, "sda", "y", text, sizeof(text)));
	g_assert_false(vmfc_sysfs_read(fixture->folder, "sda", "", text, sizeof(text)));
}

static void
test_read_int(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *text;
		gint64 value; /* -7: there is none */
	} cases[] = {
		{"0\n", 0},
		{"12\n", 12},
		{"-1\n", -1},
		{"0x1003\n", 0x1003},
		{"0xff", 255},
		{"010\n", 10},
		{"\n", -7},
		{"", -7},
		{"12 13\n", -7},
		{"x\n", -7},
		{"12x\n", -7},
		{"0x\n", -7},
		{"9223372036854775807\n", G_MAXINT64},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		write_entry(fixture, "sda/x", cases[i].text);
		g_test_message("%s", cases[i].text);
		g_assert_cmpint(vmfc_sysfs_read_int(fixture->folder, "sda", "x", -7), ==,
				cases[i].value);
	}
	g_assert_cmpint(vmfc_sysfs_read_int(fixture->folder, "sda", "y", 5), ==, 5);
}

/* ------------------------------------------------------------ kernel events */

static gboolean
concerns(const gchar *message, gsize length)
{
	return length == 3 && memcmp(message, "yes", 3) == 0;
}

static void
send_messages(gint fd, const gchar *text, guint n)
{
	for (guint i = 0; i < n; i++)
		g_assert_cmpint(send(fd, text, strlen(text), 0), ==, (gssize)strlen(text));
}

/* Messages are read up to the last, whichever of them concerns; too many may concern as well. */
static void
test_events(G_GNUC_UNUSED Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	gint ends[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), ==, 0);
	g_assert_false(vmfc_kernel_events_drain(ends[0], concerns));
	g_assert_false(vmfc_kernel_events_drain(ends[0], NULL));
	for (guint i = 0; i < 3; i++) {
		for (guint j = 0; j < 3; j++)
			send_messages(ends[1], i == j ? "yes" : "no", 1);
		g_assert_true(vmfc_kernel_events_drain(ends[0], concerns));
		g_assert_false(vmfc_kernel_events_drain(ends[0], NULL));
	}
	send_messages(ends[1], "no", 2);
	g_assert_false(vmfc_kernel_events_drain(ends[0], concerns));
	send_messages(ends[1], "no", 1);
	g_assert_true(vmfc_kernel_events_drain(ends[0], NULL));
	/* whatever goes wrong but that there is none, messages may have been lost */
	close(ends[0]);
	g_assert_true(vmfc_kernel_events_drain(ends[0], concerns));
	close(ends[1]);
}

/* ----------------------------------------------------------------- numbers */

static void
test_numbers(G_GNUC_UNUSED Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *text;
		gdouble value; /* -1: it is none from 1 to 100 */
	} cases[] = {
		{"1", 1},      {"100", 100},	{"100.0", 100}, {"50.5", 50.5},
		{"0.999", -1}, {"100.001", -1}, {"0", -1},	{"", -1},
		{"-5", -1},    {"+5", -1},	{"5 ", -1},	{"5e1", -1},
		{".", -1},     {"5.5.5", -1},	{"inf", -1},	{"5%", -1},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree gchar *percent = g_strconcat(cases[i].text, "%", NULL);
		gdouble value = -1;
		g_test_message("'%s'", cases[i].text);
		g_assert_cmpint(vmfc_option_number_parse_number(cases[i].text, 1, 100, &value), ==,
				cases[i].value > 0);
		if (cases[i].value > 0)
			g_assert_cmpfloat(value, ==, cases[i].value);
		g_assert_cmpint(vmfc_option_number_parse_percent(percent, 1, 100, &value), ==,
				cases[i].value > 0);
		if (cases[i].value > 0)
			g_assert_cmpfloat(value, ==, cases[i].value);
		if (!g_str_has_suffix(cases[i].text, "%"))
			g_assert_false(
				vmfc_option_number_parse_percent(cases[i].text, 1, 100, &value));
	}
}

/* ------------------------------------------------------------------- times */

static gboolean
count_call(gpointer user_data)
{
	++*(guint *)user_data;
	return G_SOURCE_REMOVE;
}

/* Never before its time: that is rounded up to the µs that the main loop counts in. */
static void
test_deadlines(G_GNUC_UNUSED Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gint64 times[] = {0, 1, 999, 1000, 1001, 1999, 5 * NS_PER_S, -5};
	static const gint64 ready[] = {0, 1, 1, 1, 2, 2, 5000000, 0};
	guint n_calls = 0;

	for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
		guint id = vmfc_deadline_source_add(times[i], count_call, &n_calls);
		GSource *source = g_main_context_find_source_by_id(NULL, id);
		g_assert_cmpint(g_source_get_ready_time(source), ==, ready[i]);
		g_source_remove(id);
	}
	g_assert_cmpuint(n_calls, ==, 0);
	vmfc_deadline_source_add(1, count_call, &n_calls);
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_cmpuint(n_calls, ==, 1);
}

/* A time that is over ends the wait; another one does not begin in the wrong second. */
static void
test_timed_wait(G_GNUC_UNUSED Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t condition;
	struct timespec now;

	timed_wait_init(&condition);
	pthread_mutex_lock(&lock);
	clock_gettime(CLOCK_MONOTONIC, &now);
	gint64 begin = (gint64)now.tv_sec * NS_PER_S + now.tv_nsec;
	g_assert_false(timed_wait_until(&condition, &lock, begin - 1));
	g_assert_false(timed_wait_until(&condition, &lock, 5));
	/* woken for no reason it waits again */
	while (timed_wait_until(&condition, &lock, begin + 5000000))
		;
	clock_gettime(CLOCK_MONOTONIC, &now);
	g_assert_cmpint((gint64)now.tv_sec * NS_PER_S + now.tv_nsec, >=, begin + 5000000);
	pthread_mutex_unlock(&lock);
	pthread_cond_destroy(&condition);
}

#define ADD(path, test) g_test_add("/common-parts/" path, Fixture, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("paths", test_paths);
	ADD("has", test_has);
	ADD("has-below", test_has_below);
	ADD("read", test_read);
	ADD("read-int", test_read_int);
	ADD("events", test_events);
	ADD("numbers", test_numbers);
	ADD("deadlines", test_deadlines);
	ADD("timed-wait", test_timed_wait);
	return g_test_run();
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* When a trace changes the load, on a clock of the test. */

#include <math.h>

#include <glib/gstdio.h>

#include "plugin/context.h"
#include "plugin/setting.h"
#include "vmfc/vmfc-plugin.h"

#define SECOND G_GINT64_CONSTANT(1000000000)
/* When the trace is to begin. */
#define BEGIN (7000 * SECOND)

/* In place of the core's, GLib's and the generator's, see meson.build. */
static struct {
	gint64 now;	 /* CLOCK_MONOTONIC, ns */
	GString *course; /* what the load is told, and when, in s since BEGIN */
	guint alarm;	 /* a source that never fires; 0: none */
	gint64 time;	 /* when it should */
	GSourceFunc callback;
	gpointer user_data;
	gdouble target;
} world;

#pragma GCC visibility push(default)
gint64
__wrap_g_get_monotonic_time(void);
guint
__wrap_vmfc_cpus_count_usable(void);
guint
__wrap_vmfc_cpus_count_online(void);
guint
__wrap_vmfc_deadline_source_add(gint64 time, GSourceFunc callback, gpointer user_data);
gpointer
__wrap_load_generator_new(VmfcContext *context, guint n_cpus, GError **error);
void
__wrap_load_generator_free(gpointer generator);
void
__wrap_load_generator_finish(gpointer generator);
void
__wrap_load_generator_set_target(gpointer generator, gdouble percent);
#pragma GCC visibility pop

gint64
__wrap_g_get_monotonic_time(void)
{
	return world.now / 1000;
}

guint
__wrap_vmfc_cpus_count_usable(void)
{
	return 2;
}

guint
__wrap_vmfc_cpus_count_online(void)
{
	return 8;
}

guint
__wrap_vmfc_deadline_source_add(gint64 time, GSourceFunc callback, gpointer user_data)
{
	world.time = time;
	world.callback = callback;
	world.user_data = user_data;
	world.alarm = g_timeout_add_seconds(100000, callback, user_data);
	return world.alarm;
}

gpointer
__wrap_load_generator_new(G_GNUC_UNUSED VmfcContext *context, guint n_cpus,
			  G_GNUC_UNUSED GError **error)
{
	g_assert_cmpuint(n_cpus, ==, 2);
	return &world;
}

void
__wrap_load_generator_free(G_GNUC_UNUSED gpointer generator)
{
	g_string_append(world.course, "freed ");
}

void
__wrap_load_generator_finish(G_GNUC_UNUSED gpointer generator)
{
	g_string_append(world.course, "finish ");
}

void
__wrap_load_generator_set_target(G_GNUC_UNUSED gpointer generator, gdouble percent)
{
	world.target = percent;
	g_string_append_printf(world.course, "%g@%g ", percent,
			       (gdouble)(world.now - BEGIN) / (gdouble)SECOND);
}

/* Of the whole machine, of which the trace can use a quarter. */
static void
set_target_load(G_GNUC_UNUSED VmfcContext *context, gdouble percent)
{
	g_assert_cmpfloat(percent, ==, world.target / 4);
}

static void
begin_transition(G_GNUC_UNUSED VmfcContext *context)
{
	g_string_append(world.course, "transition ");
}

typedef struct {
	gchar *path;
	VmfcRun run;
	VmfcContext *context;
} Fixture;

/* @speed: (nullable): of the trace; @repeat: (nullable): "true" */
static void
open_trace(Fixture *fixture, const gchar *text, const gchar *speed, const gchar *repeat)
{
	static const VmfcDriver driver = {.begin_transition = begin_transition,
					  .set_target_load = set_target_load};
	VmfcSetting settings[] = {{(gchar *)"trace", (gchar *)"speed", (gchar *)speed},
				  {(gchar *)"trace", (gchar *)"repeat", (gchar *)repeat}};
	g_autoptr(GPtrArray) list = g_ptr_array_new();
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(settings); i++) {
		if (settings[i].value != NULL)
			g_ptr_array_add(list, &settings[i]);
	}
	fixture->run.settings = list;
	fixture->context = vmfc_context_new(&fixture->run, &vmfc_plugin, &error);
	g_assert_no_error(error);
	g_assert_true(g_file_set_contents(fixture->path, text, -1, NULL));
	vmfc_context_set_driver(fixture->context, &driver, fixture);
	vmfc_context_set_workload(fixture->context, "trace", fixture->path);
	g_assert_true(vmfc_context_open(fixture->context, &error));
	g_assert_no_error(error);
	fixture->run.settings = NULL;
}

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	gint fd = g_file_open_tmp("vmfc-trace-XXXXXX", &fixture->path, NULL);

	g_assert_true(g_close(fd, NULL));
	world = (typeof(world)){.course = g_string_new(NULL)};
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	vmfc_context_free(fixture->context);
	g_unlink(fixture->path);
	g_free(fixture->path);
	g_string_free(world.course, TRUE);
}

static void
assert_course(const gchar *expected)
{
	g_assert_cmpstr(world.course->str, ==, expected);
	g_string_truncate(world.course, 0);
}

/* @late: s after the time at which the trace should have begun */
static void
start(Fixture *fixture, gdouble late)
{
	world.now = BEGIN + (gint64)(late * 1e9);
	fixture->context->begin = BEGIN;
	g_assert_true(vmfc_context_start(fixture->context, NULL));
}

/* The deadline passes; @late: s */
static void
go_on(gdouble late)
{
	g_source_remove(world.alarm);
	world.alarm = 0;
	world.now = world.time + (gint64)(late * 1e9);
	world.callback(world.user_data);
}

/* Each point at its time since the begin, whenever the calls came. */
static void
test_times(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	open_trace(fixture, "100,10\n110,20\n115,30\n145,40\n", NULL, NULL);
	start(fixture, 0.25);
	assert_course("10@0.25 ");
	go_on(0.5);
	go_on(0);
	go_on(0);
	/* the last point lasts as long as the one before it */
	assert_course("20@10.5 30@15 40@45 ");
	go_on(0);
	assert_course("finish transition ");
	g_assert_cmpint(world.now, ==, BEGIN + 75 * SECOND);
}

/* Points that have passed are skipped: it goes on where it should be. */
static void
test_skips(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	open_trace(fixture, "0,10\n10,20\n20,30\n30,40\n", NULL, NULL);
	start(fixture, 0);
	go_on(9.75);
	assert_course("10@0 20@19.75 ");
	go_on(10);
	assert_course("40@30 ");
	g_assert_cmpint(world.time, ==, BEGIN + 40 * SECOND);
	/* one that begins too late begins in its middle */
	vmfc_context_stop(fixture->context);
	start(fixture, 12);
	assert_course("freed 20@12 ");
	g_assert_cmpint(world.time, ==, BEGIN + 20 * SECOND);
}

/* At another speed, and again and again. */
static void
test_repeats(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	open_trace(fixture, "0,10\n10,20\n", "4", "true");
	start(fixture, 0);
	for (guint i = 0; i < 3; i++)
		go_on(0);
	assert_course("10@0 20@2.5 10@5 20@7.5 ");
}

/* A single point lasts a second. */
static void
test_one_point(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	open_trace(fixture, "50,10\n", "2", NULL);
	start(fixture, 0);
	go_on(0);
	assert_course("10@0 finish transition ");
	g_assert_cmpint(world.now, ==, BEGIN + SECOND / 2);
}

/* A part that ends before its trace goes on there the next time; one that is over starts again. */
static void
test_parts(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const VmfcWorkload *workload = vmfc_plugin.workload;

	open_trace(fixture, "0,10\n10,20\n20,30\n", NULL, NULL);
	start(fixture, 0);
	workload->finish(fixture->context->instance);
	vmfc_context_stop(fixture->context);
	assert_course("10@0 finish freed ");
	start(fixture, 0);
	go_on(0);
	assert_course("20@0 30@10 ");
	/* the end of its last point and that of the part at once: it ends once */
	go_on(0);
	workload->finish(fixture->context->instance);
	vmfc_context_stop(fixture->context);
	assert_course("finish transition freed ");
	start(fixture, 0);
	assert_course("10@0 ");
	/* what is stopped in its last point is over, too */
	go_on(0);
	go_on(0);
	workload->finish(fixture->context->instance);
	vmfc_context_stop(fixture->context);
	assert_course("20@10 30@20 finish freed ");
	start(fixture, 0);
	assert_course("10@0 ");
}

#define ADD(path, func) g_test_add("/trace-play/" path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("times", test_times);
	ADD("skips", test_skips);
	ADD("repeats", test_repeats);
	ADD("one-point", test_one_point);
	ADD("parts", test_parts);
	return g_test_run();
}

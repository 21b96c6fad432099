/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What the thread writes into which zone, when, and what it does when that fails. */

#include "powercap/feeder.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "vmfc/vmfc-plugin.h"

#define S	 G_GINT64_CONSTANT(1000000000)
#define EARLIER	 1000 /* µJ, of an earlier run */
#define SOURCE_A "source a\n"
#define SOURCE_B "source b\n"

/* of the tree; not of GLib, whose locks the thread sanitizer does not see */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

/* In place of the tree, see meson.build. What it was told is read while the thread is at rest. */
static struct {
	guint n_kept; /* how often the totals were kept: once for each record that was taken */
	guint n_held; /* the thread waits when it has kept them for this record; 0: for none */
	guint64 kept[VMFC_N_ZONES];
	guint64 shown[VMFC_N_ZONES];
	gdouble watts[VMFC_N_ZONES];
	gboolean is_shown[VMFC_N_ZONES];
	guint n_described[VMFC_N_ZONES];
	guint n_shown;
	guint n_hidden;
	gchar origin[100];
	const gchar *fails; /* the name of a function */
} tree;

#pragma GCC visibility push(default)
guint64
__wrap_powercap_tree_get_total(const PowercapTree *self, VmfcZone zone);
gboolean
__wrap_powercap_tree_keep_totals(PowercapTree *self, const guint64 totals[VMFC_N_ZONES],
				 GError **error);
gboolean
__wrap_powercap_tree_describe(PowercapTree *self, VmfcZone zone, const gchar *text, GError **error);
gboolean
__wrap_powercap_tree_set_watts(PowercapTree *self, VmfcZone zone, gdouble watts, GError **error);
gboolean
__wrap_powercap_tree_show(PowercapTree *self, VmfcZone zone, guint64 energy, GError **error);
gboolean
__wrap_powercap_tree_hide(PowercapTree *self, VmfcZone zone, GError **error);
#pragma GCC visibility pop

static gboolean
succeed(const gchar *name, GError **error)
{
	if (g_strcmp0(tree.fails, name) != 0)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "cannot %s", name);
	return FALSE;
}

guint64
__wrap_powercap_tree_get_total(G_GNUC_UNUSED const PowercapTree *self, VmfcZone zone)
{
	return zone == VMFC_ZONE_CORE ? EARLIER : 0;
}

gboolean
__wrap_powercap_tree_keep_totals(G_GNUC_UNUSED PowercapTree *self,
				 const guint64 totals[VMFC_N_ZONES], GError **error)
{
	pthread_mutex_lock(&lock);
	tree.n_kept++;
	memcpy(tree.kept, totals, sizeof(tree.kept));
	pthread_cond_broadcast(&changed);
	while (tree.n_held == tree.n_kept)
		pthread_cond_wait(&changed, &lock);
	gboolean kept = succeed("keep", error);
	pthread_mutex_unlock(&lock);
	return kept;
}

gboolean
__wrap_powercap_tree_describe(G_GNUC_UNUSED PowercapTree *self, VmfcZone zone, const gchar *text,
			      GError **error)
{
	g_strlcpy(tree.origin, text, sizeof(tree.origin));
	tree.n_described[zone]++;
	return succeed("describe", error);
}

gboolean
__wrap_powercap_tree_set_watts(G_GNUC_UNUSED PowercapTree *self, VmfcZone zone, gdouble watts,
			       GError **error)
{
	tree.watts[zone] = watts;
	return succeed("set", error);
}

/* What is shown was kept before: it never goes back. */
gboolean
__wrap_powercap_tree_show(G_GNUC_UNUSED PowercapTree *self, VmfcZone zone, guint64 energy,
			  GError **error)
{
	g_assert_cmpuint(energy, <=, tree.kept[zone]);
	g_assert_cmpuint(energy, >=, tree.shown[zone]);
	pthread_mutex_lock(&lock);
	tree.shown[zone] = energy;
	tree.is_shown[zone] = TRUE;
	tree.n_shown++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	return succeed("show", error);
}

gboolean
__wrap_powercap_tree_hide(G_GNUC_UNUSED PowercapTree *self, VmfcZone zone, GError **error)
{
	tree.is_shown[zone] = FALSE;
	tree.n_hidden++;
	return succeed("hide", error);
}

/* ---------------------------------------------------------------- a feeder */

static PowercapFeeder *
open_feeder(gint64 interval, gint64 step)
{
	g_autoptr(GError) error = NULL;

	memset(&tree, 0, sizeof(tree));
	PowercapFeeder *feeder = powercap_feeder_new(NULL, interval, step, &error);
	g_assert_no_error(error);
	return feeder;
}

/* A record: J and W of the package and of the cores; NAN: no energy. */
static gboolean
add(PowercapFeeder *feeder, gdouble package, gdouble core, const gchar *origin, GError **error)
{
	const PowercapWindow windows[VMFC_N_ZONES] = {
		[VMFC_ZONE_PACKAGE] = {!isnan(package), package, 2 * package},
		[VMFC_ZONE_CORE] = {!isnan(core), core, 3 * core},
	};
	return powercap_feeder_add(feeder, windows, origin, error);
}

/* Lets the thread go on, up to the record of this number. 0: to the end */
static void
hold(guint n)
{
	pthread_mutex_lock(&lock);
	tree.n_held = n;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

/* The same, until the thread has taken it, and written all before it, but nothing of it. */
static gboolean
add_and_wait(PowercapFeeder *feeder, gdouble package, gdouble core, const gchar *origin,
	     GError **error)
{
	guint n = tree.n_kept + 1;

	hold(n);
	gboolean good = add(feeder, package, core, origin, error);
	pthread_mutex_lock(&lock);
	while (tree.n_kept < n)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	return good;
}

/* Returns: (transfer full) (nullable): what it could not do */
static GError *
end(PowercapFeeder *feeder)
{
	GError *error = NULL;

	hold(0);
	g_assert_cmpint(powercap_feeder_free(feeder, &error), ==, error == NULL);
	return error;
}

static void
end_well(PowercapFeeder *feeder)
{
	g_autoptr(GError) error = end(feeder);
	g_assert_no_error(error);
}

/* Energy of earlier runs counts, a zone without energy is not shown, and what is last is written.
 */
static void
test_records(void)
{
	for (guint n = 1; n < 4; n++) {
		PowercapFeeder *feeder = open_feeder(S, 0);
		for (guint i = 0; i < n; i++)
			g_assert_true(add_and_wait(feeder, NAN, 1.5, SOURCE_A, NULL));
		end_well(feeder);
		g_assert_cmpuint(tree.n_kept, ==, n);
		g_assert_cmpuint(tree.kept[VMFC_ZONE_CORE], ==, EARLIER + 1500000 * n);
		g_assert_cmpuint(tree.shown[VMFC_ZONE_CORE], ==, EARLIER + 1500000 * n);
		g_assert_cmpfloat(tree.watts[VMFC_ZONE_CORE], ==, 4.5);
		/* where the energy comes from is written once */
		g_assert_cmpuint(tree.n_described[VMFC_ZONE_CORE], ==, 1);
		g_assert_cmpstr(tree.origin, ==, SOURCE_A);
		g_assert_false(tree.is_shown[VMFC_ZONE_PACKAGE]);
		g_assert_cmpuint(tree.kept[VMFC_ZONE_PACKAGE], ==, 0);
		g_assert_cmpuint(tree.n_described[VMFC_ZONE_PACKAGE], ==, 0);
		g_assert_cmpuint(tree.n_hidden, ==, 0);
	}
}

/* A zone that has no energy is hidden, once; when it has, it is described again. */
static void
test_comes_and_goes(void)
{
	PowercapFeeder *feeder = open_feeder(S, 0);

	add_and_wait(feeder, 1, 2, SOURCE_A, NULL);
	add_and_wait(feeder, NAN, 2, SOURCE_A, NULL);
	add_and_wait(feeder, NAN, 2, SOURCE_A, NULL);
	/* the record before is written when the next one is taken */
	add_and_wait(feeder, 3, 2, SOURCE_A, NULL);
	g_assert_cmpuint(tree.n_hidden, ==, 1);
	g_assert_cmpuint(tree.n_described[VMFC_ZONE_CORE], ==, 1);
	end_well(feeder);
	g_assert_true(tree.is_shown[VMFC_ZONE_PACKAGE]);
	g_assert_cmpuint(tree.shown[VMFC_ZONE_PACKAGE], ==, 4000000);
	g_assert_cmpuint(tree.n_described[VMFC_ZONE_PACKAGE], ==, 2);
	g_assert_cmpuint(tree.n_described[VMFC_ZONE_CORE], ==, 1);
	g_assert_cmpuint(tree.shown[VMFC_ZONE_CORE], ==, EARLIER + 8000000);
}

/* Energy that no window can have is not shown, nor kept. */
static void
test_too_much(void)
{
	PowercapFeeder *feeder = open_feeder(S, 0);

	add_and_wait(feeder, 1, 2, SOURCE_A, NULL);
	add_and_wait(feeder, 1e10, 2, SOURCE_A, NULL);
	end_well(feeder);
	g_assert_false(tree.is_shown[VMFC_ZONE_PACKAGE]);
	g_assert_cmpuint(tree.kept[VMFC_ZONE_PACKAGE], ==, 1000000);
	g_assert_true(tree.is_shown[VMFC_ZONE_CORE]);
	g_assert_cmpuint(tree.kept[VMFC_ZONE_CORE], ==, EARLIER + 4000000);
}

/* Another model: every zone says so. */
static void
test_origin(void)
{
	PowercapFeeder *feeder = open_feeder(S, 0);

	add_and_wait(feeder, 1, 2, SOURCE_A, NULL);
	add_and_wait(feeder, 1, 2, SOURCE_B, NULL);
	add_and_wait(feeder, 1, 2, SOURCE_B, NULL);
	end_well(feeder);
	g_assert_cmpstr(tree.origin, ==, SOURCE_B);
	for (guint i = VMFC_ZONE_PACKAGE; i <= VMFC_ZONE_CORE; i++)
		g_assert_cmpuint(tree.n_described[i], ==, 2);
}

/* Records that come while the thread is busy are one to it: all energy, the last power. */
static void
test_busy(void)
{
	PowercapFeeder *feeder = open_feeder(S, 0);

	add_and_wait(feeder, 1, 2, SOURCE_A, NULL);
	add(feeder, 10, NAN, SOURCE_A, NULL);
	add(feeder, NAN, 20, SOURCE_A, NULL);
	add(feeder, 30, 40, SOURCE_B, NULL);
	/* the last records are not lost at the end either */
	end_well(feeder);
	g_assert_cmpuint(tree.n_kept, ==, 2);
	g_assert_cmpuint(tree.shown[VMFC_ZONE_PACKAGE], ==, 41000000);
	g_assert_cmpuint(tree.shown[VMFC_ZONE_CORE], ==, EARLIER + 62000000);
	g_assert_cmpfloat(tree.watts[VMFC_ZONE_PACKAGE], ==, 60);
	g_assert_cmpfloat(tree.watts[VMFC_ZONE_CORE], ==, 120);
	g_assert_cmpstr(tree.origin, ==, SOURCE_B);
	/* whether a zone is shown is what the last of them says */
	feeder = open_feeder(S, 0);
	add_and_wait(feeder, 1, 2, SOURCE_A, NULL);
	add(feeder, 4, 5, SOURCE_A, NULL);
	add(feeder, 6, NAN, SOURCE_A, NULL);
	end_well(feeder);
	g_assert_true(tree.is_shown[VMFC_ZONE_PACKAGE]);
	g_assert_false(tree.is_shown[VMFC_ZONE_CORE]);
	g_assert_cmpuint(tree.kept[VMFC_ZONE_CORE], ==, EARLIER + 7000000);
}

/* Whatever fails hides the zones, so that none stands still; it is told with the next record. */
static void
test_failures(void)
{
	static const gchar *const names[] = {"keep", "describe", "set", "show"};

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		PowercapFeeder *feeder = open_feeder(S, 0);
		g_autofree gchar *message = g_strdup_printf("cannot %s", names[i]);
		g_autoptr(GError) error = NULL;
		g_assert_true(add_and_wait(feeder, 1, 2, SOURCE_A, NULL));
		g_assert_true(add_and_wait(feeder, 1, 2, SOURCE_A, NULL));
		tree.fails = names[i];
		/* a failure is told with the next record, or with the one after */
		for (guint n = 0; n < 4; n++)
			add_and_wait(feeder, 1, 2, n % 2 == 0 ? SOURCE_B : SOURCE_A,
				     error == NULL ? &error : NULL);
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_IO);
		g_assert_cmpstr(error->message, ==, message);
		g_autoptr(GError) last = end(feeder);
		g_assert_cmpstr(last->message, ==, message);
		g_assert_false(tree.is_shown[VMFC_ZONE_PACKAGE]);
		g_assert_false(tree.is_shown[VMFC_ZONE_CORE]);
		/* no energy is lost */
		g_assert_cmpuint(tree.kept[VMFC_ZONE_CORE], ==, EARLIER + 12000000);
	}
}

/* In steps: never back, never ahead, and all of it in the end. */
static void
test_steps(void)
{
	PowercapFeeder *feeder = open_feeder(S / 20, S / 100);

	add(feeder, 1, NAN, SOURCE_A, NULL);
	pthread_mutex_lock(&lock);
	while (tree.shown[VMFC_ZONE_PACKAGE] < 1000000)
		pthread_cond_wait(&changed, &lock);
	/* on a busy machine a step may show all that is left */
	g_assert_cmpuint(tree.n_shown, >=, 2);
	g_assert_cmpuint(tree.n_shown, <=, 6);
	pthread_mutex_unlock(&lock);
	end_well(feeder);
	g_assert_cmpuint(tree.shown[VMFC_ZONE_PACKAGE], ==, 1000000);
	g_assert_cmpuint(tree.n_shown, <=, 6);
}

/* A step that is no shorter than the records is none. */
static void
test_no_steps(void)
{
	static const gint64 steps[] = {0, S, 2 * S};

	for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
		PowercapFeeder *feeder = open_feeder(S, steps[i]);
		add(feeder, 1, NAN, SOURCE_A, NULL);
		end_well(feeder);
		g_assert_cmpuint(tree.shown[VMFC_ZONE_PACKAGE], ==, 1000000);
		g_assert_cmpuint(tree.n_shown, ==, 1);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/powercap-feeder/records", test_records);
	g_test_add_func("/powercap-feeder/comes-and-goes", test_comes_and_goes);
	g_test_add_func("/powercap-feeder/too-much", test_too_much);
	g_test_add_func("/powercap-feeder/origin", test_origin);
	g_test_add_func("/powercap-feeder/busy", test_busy);
	g_test_add_func("/powercap-feeder/failures", test_failures);
	g_test_add_func("/powercap-feeder/steps", test_steps);
	g_test_add_func("/powercap-feeder/no-steps", test_no_steps);
	return g_test_run();
}

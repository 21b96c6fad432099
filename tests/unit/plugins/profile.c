/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "stress_ng/profile.h"

#include <math.h>

#include "../../text-file.h"
#include "vmfc/vmfc-plugin.h"

#define SECOND G_GINT64_CONSTANT(1000000000)

#define MIB (G_GUINT64_CONSTANT(1) << 20)

static const StressMachineShare machine = {
	.n_cpus = 8, .n_machine = 16, .memory = 1000 * MIB, .disk = 4000 * MIB};

static StressProfile *
read_text(const gchar *text, GError **error)
{
	g_autofree gchar *path = text_file_new("vmfc-XXXXXX.conf", text);
	StressProfile *profile = stress_profile_new(path, error);
	if (error != NULL && *error != NULL)
		g_assert_true(g_str_has_prefix((*error)->message, path));
	g_unlink(path);
	return profile;
}

static StressProfile *
make(const gchar *text)
{
	g_autoptr(GError) error = NULL;
	StressProfile *profile = read_text(text, &error);
	g_assert_no_error(error);
	return profile;
}

/* @arguments: as they stand in a command line */
static void
assert_step(const StressProfile *profile, guint place, const gchar *phase, gdouble target,
	    gdouble seconds, const gchar *arguments)
{
	g_autoptr(GError) error = NULL;
	const StressStep *step = profile->steps->pdata[place];
	g_auto(GStrv) built = stress_step_build_arguments(step, &machine, &error);
	g_assert_no_error(error);
	g_autofree gchar *joined = g_strjoinv(" ", built);

	g_assert_cmpstr(step->phase, ==, phase);
	if (isnan(target))
		g_assert_true(isnan(stress_step_get_target(step, &machine)));
	else
		g_assert_cmpfloat(stress_step_get_target(step, &machine), ==, target);
	g_assert_cmpint(step->length, ==, llround(seconds * (gdouble)SECOND));
	g_assert_cmpstr(joined, ==, arguments);
}

static void
test_steps(void)
{
	g_autoptr(StressProfile) profile = make("# a comment\n"
						"[workload]\n"
						"summary=what it does\n"
						"\n"
						"[one]\n"
						"stressors=--cpu {cpus} --cpu-method 'a b'\n"
						"target_load=100\n"
						"[two]\n"
						"seconds=2.5\n"
						"cpus=25%\n"
						"target_load = 100\n"
						"stressors = --cpu {cpus}\n"
						"[three]\n"
						"stressors=\n");
	g_assert_cmpstr(profile->summary, ==, "what it does");
	g_assert_false(profile->is_random);
	g_assert_cmpuint(profile->steps->len, ==, 3);
	assert_step(profile, 0, "one", 50, 10, "--cpu 8 --cpu-method a b");
	assert_step(profile, 1, "two", 12.5, 2.5, "--cpu 2");
	assert_step(profile, 2, "three", NAN, 10, "");
}

static void
test_levels(void)
{
	g_autoptr(StressProfile) profile = make("[workload]\nsummary=s\nseconds=3\norder=random\n"
						"[load]\nlevels=0 12.5  100\n"
						"stressors=--cpu {cpus} --cpu-load {level}\n");
	g_assert_true(profile->is_random);
	assert_step(profile, 0, "load=0", 0, 3, "");
	assert_step(profile, 1, "load=12.5", 6.25, 3, "--cpu 8 --cpu-load 12.5");
	assert_step(profile, 2, "load=100", 50, 3, "--cpu 8 --cpu-load 100");
}

static void
test_sizes(void)
{
	g_autoptr(StressProfile) profile = make(
		"[workload]\nsummary=s\n[a]\n"
		"stressors=--vm-bytes {memory:50%} --hdd-bytes={disk:0.5%}b "
		"{memory:40%/cpus} {memory:0%}\n");
	assert_step(profile, 0, "a", NAN, 10,
		    "--vm-bytes 524288000 --hdd-bytes=20971520b 52428800 1048576");
	/* a whole terabyte that is free is not to be written full */
	const StressMachineShare large = {
		.n_cpus = 1, .n_machine = 1, .disk = G_GUINT64_CONSTANT(1) << 50};
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) built = stress_step_build_arguments(profile->steps->pdata[0], &large, &error);
	g_assert_cmpstr(built[2], ==, "--hdd-bytes=1073741824b");
}

static void
assert_refused(const gchar *text, guint line, const gchar *sentence)
{
	g_autoptr(GError) error = NULL;
	g_autofree gchar *place = g_strdup_printf(", line %u: ", line);

	g_assert_null(read_text(text, &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
	g_test_message("%s", error->message);
	g_assert_nonnull(strstr(error->message, place));
	g_assert_nonnull(strstr(error->message, sentence));
}

#define HEAD "[workload]\nsummary=s\n"

static void
test_mistakes(void)
{
	assert_refused("", 1, "[workload] with a summary is missing");
	assert_refused("x=1\n", 1, "a key stands before the first [...]");
	assert_refused("[workload]\n\nsummary\n", 3, "'summary' is not [STEP], KEY=VALUE");
	assert_refused("[workload]\n[a]\nstressors=\n", 1, "summary= is missing");
	assert_refused(HEAD, 1, "there are 0 steps");
	assert_refused(HEAD "order=up\n[a]\nstressors=\n", 3, "order is 'up'");
	assert_refused(HEAD "secnds=1\n[a]\nstressors=\n", 3, "has no key 'secnds'");
	assert_refused(HEAD "seconds=x\n[a]\nstressors=\n", 3, "seconds is 'x'");
	assert_refused(HEAD "[a]\ntarget_load=5\n", 3, "[a] lacks stressors=");
	assert_refused(HEAD "[a]\nstressors=\n[a]\nstressors=\n", 5, "[a] occurs twice");
	assert_refused(HEAD "[a]\nstressors=\nstressors = x\n", 5, "stressors= occurs twice");
	assert_refused(HEAD "[a]\nstressors=\nseconds=0\n", 5, "seconds is '0'");
	assert_refused(HEAD "[a]\nstressors=\nseconds=-1\n", 5, "seconds is '-1'");
	assert_refused(HEAD "[a]\nstressors=\ntarget_load=101\n", 5, "from 0 to 100");
	assert_refused(HEAD "[a]\nstressors=\ncpus=2\n", 5, "from 0.1% to 100%");
	assert_refused(HEAD "[a]\nstressors=\ncpus=200%\n", 5, "from 0.1% to 100%");
	assert_refused(HEAD "[a]\nlevels=1 x\nstressors=\n", 4, "the level 'x' must be");
	assert_refused(HEAD "[a]\nlevels=\nstressors=\n", 4, "levels is empty");
	assert_refused(HEAD "[a]\nlevels=1\ntarget_load=2\nstressors=\n", 5, "exclude each other");
	assert_refused(HEAD "[a]\nstressors=--cpu {cpu}\n", 4, "'{cpu}' is unknown");
	assert_refused(HEAD "[a]\nstressors=--cpu {cpus\n", 4, "lacks a }");
	assert_refused(HEAD "[a]\nstressors=--cpu {level}\n", 4, "'{level}' is unknown");
	assert_refused(HEAD "[a]\nstressors={memory:90%}\n", 4, "{memory:N%} up to 75%");
	assert_refused(HEAD "[a]\nstressors={memory:%}\n", 4, "is unknown");
	assert_refused(HEAD "[a]\nstressors=--x 'y\n", 4, "stressors: ");
}

static void
test_no_file(void)
{
	g_autoptr(GError) error = NULL;
	g_assert_null(stress_profile_new("/nowhere/x.conf", &error));
	g_assert_nonnull(strstr(error->message, "/nowhere/x.conf"));
	g_autofree gchar *summary = stress_profile_read_summary("/nowhere/x.conf");
	g_assert_cmpstr(summary, ==, "/nowhere/x.conf");
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/profile/steps", test_steps);
	g_test_add_func("/profile/levels", test_levels);
	g_test_add_func("/profile/sizes", test_sizes);
	g_test_add_func("/profile/mistakes", test_mistakes);
	g_test_add_func("/profile/no-file", test_no_file);
	return g_test_run();
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "workload/sequence.h"

#include <string.h>

#include "vmfc/vmfc-plugin.h"

#define SECOND G_GINT64_CONSTANT(1000000000)

static VmfcSequence *
make(const gchar *text, gint64 duration)
{
	g_autoptr(GError) error = NULL;
	VmfcSequence *sequence = vmfc_sequence_new(text, duration * SECOND, SECOND, &error);
	g_assert_no_error(error);
	return sequence;
}

/* @parts: what is to hold at 0, 1, 2 ... seconds, one letter each */
static void
assert_course(VmfcSequence *sequence, const gchar *parts)
{
	for (guint i = 0; parts[i] != '\0'; i++) {
		VmfcPosition position;
		vmfc_sequence_find(sequence, i * SECOND, &position);
		const VmfcPart *part = sequence->parts->pdata[position.part];
		g_assert_cmpint(part->name[0], ==, parts[i]);
		g_assert_cmpint(position.begin, <=, i * SECOND);
		g_assert_cmpint(position.end, >, i * SECOND);
		g_assert_cmpint(position.iteration, ==, i * SECOND / sequence->length);
	}
}

static void
test_durations(void)
{
	g_autoptr(VmfcSequence) sequence = make("a:2, b:3", 12);
	assert_course(sequence, "aabbbaabbbaa");
	/* the same times, with units */
	g_autoptr(VmfcSequence) units = make("a:2000ms,b:0.05m", 12);
	assert_course(units, "aabbbaabbbaa");
	g_autoptr(VmfcSequence) hours = make("cpu_intensive:5m,load=45:1h30m,idle:1d", 0);
	const VmfcPart *loaded = hours->parts->pdata[1];
	g_assert_cmpstr(loaded->argument, ==, "45");
	g_assert_cmpint(loaded->length, ==, 5400 * SECOND);
	g_assert_cmpint(hours->length, ==, (300 + 5400 + 86400) * SECOND);
	/* 1.001 x 1e9 is a little less than whole in floating point */
	g_autoptr(VmfcSequence) fraction = make("a:1.001", 0);
	g_assert_cmpint(fraction->length, ==, 1001000000);
}

static void
test_shares(void)
{
	g_autoptr(VmfcSequence) equal = make("a,b,c", 9);
	assert_course(equal, "aaabbbccc");
	g_autoptr(VmfcSequence) rest = make("a,b:4,c", 10);
	assert_course(rest, "aaabbbbcccaaa");
	/* nothing is left over at the end */
	g_autoptr(VmfcSequence) thirds = make("a,b,c", 10);
	g_assert_cmpint(thirds->length, ==, 10 * SECOND);
}

static void
test_alone(void)
{
	g_autoptr(VmfcSequence) run = make("a", 10);
	g_assert_cmpint(run->length, ==, 10 * SECOND);
	g_autoptr(VmfcSequence) endless = make("a", 0);
	VmfcPosition position;
	vmfc_sequence_find(endless, G_MAXINT64 / 2, &position);
	g_assert_cmpint(position.iteration, ==, 0);
	g_assert_cmpint(position.end, ==, G_MAXINT64);
	g_autoptr(VmfcSequence) loops = make("a:2", 0);
	assert_course(loops, "aaaaaa");
}

/* A part holds up to the last nanosecond before the next one. */
static void
test_borders(void)
{
	g_autoptr(VmfcSequence) sequence = make("a:2,b:3", 12);
	VmfcPosition position;

	vmfc_sequence_find(sequence, 2 * SECOND - 1, &position);
	g_assert_cmpuint(position.part, ==, 0);
	vmfc_sequence_find(sequence, 2 * SECOND, &position);
	g_assert_cmpuint(position.part, ==, 1);
	vmfc_sequence_find(sequence, 5 * SECOND - 1, &position);
	g_assert_cmpuint(position.part, ==, 1);
	g_assert_cmpint(position.iteration, ==, 0);
	g_assert_cmpint(position.end, ==, 5 * SECOND);
	vmfc_sequence_find(sequence, 5 * SECOND, &position);
	g_assert_cmpuint(position.part, ==, 0);
	g_assert_cmpint(position.iteration, ==, 1);
}

/* Each of the orders of three parts is drawn, and about as often as the others. */
static void
test_shuffle_all(void)
{
	g_autoptr(VmfcSequence) sequence = make("a:1,b:1,c:1", 0);
	guint n_drawn[27] = {0};

	vmfc_sequence_shuffle(sequence, 11);
	for (guint turn = 0; turn < 600; turn++) {
		guint order = 0;
		for (guint i = 0; i < 3; i++) {
			VmfcPosition position;
			vmfc_sequence_find(sequence, (turn * 3 + i) * SECOND, &position);
			order = order * 3 + position.part;
		}
		n_drawn[order]++;
	}
	static const guint orders[] = {5, 7, 11, 15, 19, 21};
	for (guint i = 0; i < G_N_ELEMENTS(orders); i++) {
		g_assert_cmpuint(n_drawn[orders[i]], >, 60);
		g_assert_cmpuint(n_drawn[orders[i]], <, 140);
	}
}

/* What begins ahead of its time is the first part. */
static void
test_before_its_time(void)
{
	g_autoptr(VmfcSequence) sequence = make("a:2,b:3", 12);
	VmfcPosition position;
	vmfc_sequence_find(sequence, -SECOND / 2, &position);
	g_assert_cmpuint(position.part, ==, 0);
	g_assert_cmpint(position.iteration, ==, 0);
	g_assert_cmpint(position.end, ==, 2 * SECOND);
	/* also when that is longer before than the sequence lasts */
	vmfc_sequence_find(sequence, -6 * SECOND, &position);
	g_assert_cmpuint(position.part, ==, 0);
	g_assert_cmpint(position.iteration, ==, 0);
	g_assert_cmpint(position.begin, ==, 0);
}

static void
test_arguments(void)
{
	g_autoptr(VmfcSequence) sequence = make("load=45:2,trace=/a/b=c.csv,none:1", 10);
	const VmfcPart *parts[] = {sequence->parts->pdata[0], sequence->parts->pdata[1],
				   sequence->parts->pdata[2]};
	g_assert_cmpstr(parts[0]->name, ==, "load");
	g_assert_cmpstr(parts[0]->argument, ==, "45");
	g_assert_cmpstr(parts[1]->argument, ==, "/a/b=c.csv");
	g_assert_cmpint(parts[1]->length, ==, 7 * SECOND);
	g_assert_null(parts[2]->argument);
	/* the last colon is before the time */
	g_autoptr(VmfcSequence) colons = make("trace=a:b.csv:1e6", 0);
	const VmfcPart *part = colons->parts->pdata[0];
	g_assert_cmpstr(part->argument, ==, "a:b.csv");
	g_assert_cmpint(part->length, ==, 1000000 * SECOND);
}

static gchar *
draw(guint32 seed, guint n_seconds)
{
	g_autoptr(VmfcSequence) sequence = make("a:1,b:1,c:1,d:1,e:1", 0);
	g_autoptr(GString) course = g_string_new(NULL);

	vmfc_sequence_shuffle(sequence, seed);
	for (guint i = 0; i < n_seconds; i++) {
		VmfcPosition position;
		vmfc_sequence_find(sequence, i * SECOND, &position);
		const VmfcPart *part = sequence->parts->pdata[position.part];
		g_string_append(course, part->name);
	}
	return g_strdup(course->str);
}

static void
test_shuffle(void)
{
	g_autofree gchar *course = draw(7, 50);
	g_autofree gchar *again = draw(7, 50);
	g_autofree gchar *other = draw(8, 50);
	gboolean differ = FALSE;

	g_assert_cmpstr(course, ==, again);
	g_assert_cmpstr(course, !=, other);
	/* each turn has each part once, and not all have the same order */
	for (guint i = 0; i < 50; i += 5) {
		for (const gchar *part = "abcde"; *part != '\0'; part++) {
			g_autofree gchar *turn = g_strndup(course + i, 5);
			g_assert_nonnull(strchr(turn, *part));
			differ |= strncmp(turn, course, 5) != 0;
		}
	}
	g_assert_true(differ);
	/* nor is the order of a turn that of the one before it: one of 120 is, by chance */
	guint n_same = 0;
	for (guint i = 5; i < 50; i += 5)
		n_same += strncmp(course + i, course + i - 5, 5) == 0;
	g_assert_cmpuint(n_same, ==, 0);
}

/* The order of a turn is the same, whether or not anybody has looked at those before. */
static void
test_shuffle_skips(void)
{
	g_autofree gchar *course = draw(7, 50);
	g_autoptr(VmfcSequence) sequence = make("a:1,b:1,c:1,d:1,e:1", 0);
	VmfcPosition position;

	vmfc_sequence_shuffle(sequence, 7);
	vmfc_sequence_find(sequence, 48 * SECOND, &position);
	const VmfcPart *part = sequence->parts->pdata[position.part];
	g_assert_cmpint(part->name[0], ==, course[48]);
	g_assert_cmpint(position.iteration, ==, 9);
}

static void
assert_refused(const gchar *text, gint64 duration, const gchar *sentence)
{
	g_autoptr(GError) error = NULL;
	g_assert_null(vmfc_sequence_new(text, duration * SECOND, SECOND, &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
	g_assert_nonnull(strstr(error->message, sentence));
	g_assert_null(strchr(error->message, '\n'));
}

static void
test_mistakes(void)
{
	g_autoptr(GString) many = g_string_new("a:1");

	assert_refused("", 10, "has an empty part");
	assert_refused("a,,b", 10, "has an empty part");
	assert_refused("a,", 10, "has an empty part");
	assert_refused(":5", 10, "has an empty part");
	assert_refused("=5:5", 10, "has an empty part");
	assert_refused("a:", 10, "in 'a:', '' must be a number of seconds above 0");
	assert_refused("a:0", 10, "'0' must be a number of seconds above 0");
	assert_refused("a:-5", 10, "'-5' must be");
	assert_refused("a:abc", 10, "'abc' must be");
	assert_refused("a:inf", 10, "'inf' must be");
	assert_refused("a:1e300", 10, "'1e300' must be");
	assert_refused("a:1e7", 0, "'1e7' must be");
	assert_refused("a:1h30", 10,
		       "'1h30' must be a number of seconds above 0 and up to 1000000, "
		       "or a time with units, for example a:60 or a:1h30m");
	assert_refused("a:0m", 10, "'0m' must be");
	assert_refused("a:-5m", 10, "'-5m' must be");
	assert_refused("a:5 m", 10, "'5 m' must be");
	assert_refused("a:1m1h", 10, "'1m1h' must be");
	assert_refused("a:12d", 0, "'12d' must be");
	assert_refused("a:500ms", 10, "0.5 s for 'a' is shorter than one window of 1 s");
	assert_refused("a:0.5", 10, "0.5 s for 'a' is shorter than one window of 1 s");
	assert_refused("a:1e-12", 10, "shorter than one window");
	assert_refused("a:20", 10, "'a' takes 20 s, but --duration is 10 s");
	assert_refused("a:10,b", 10, "leave no time of --duration 10 for 'b'");
	assert_refused("a:20,b", 10, "leave no time of --duration 10 for 'b'");
	assert_refused("a,b", 0, "'b' has no duration, and --duration 0 has no end: give");
	assert_refused("a,b,c", 2, "0.666667 s for 'a' is shorter than one window");
	for (guint i = 1; i < 1000; i++)
		g_string_append(many, ",a:1");
	g_autoptr(VmfcSequence) longest = make(many->str, 0);
	g_assert_cmpint(longest->length, ==, 1000 * SECOND);
	g_string_append(many, ",a:1");
	assert_refused(many->str, 0, "has more than 1000 parts");
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sequence/durations", test_durations);
	g_test_add_func("/sequence/shares", test_shares);
	g_test_add_func("/sequence/alone", test_alone);
	g_test_add_func("/sequence/before-its-time", test_before_its_time);
	g_test_add_func("/sequence/arguments", test_arguments);
	g_test_add_func("/sequence/borders", test_borders);
	g_test_add_func("/sequence/shuffle-all", test_shuffle_all);
	g_test_add_func("/sequence/shuffle", test_shuffle);
	g_test_add_func("/sequence/shuffle-skips", test_shuffle_skips);
	g_test_add_func("/sequence/mistakes", test_mistakes);
	return g_test_run();
}

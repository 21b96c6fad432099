/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cpu/check.h"

#define MS	    G_GINT64_CONSTANT(1000000)
#define TICK_MS	    10
#define MAX_CPUS    600
#define FIRST_TOTAL 1000

/* CPUs that count 10 ms ticks, and somebody who looks at them. */
typedef struct {
	CpuCheck check;
	guint n_cpus;
	gint64 now; /* ms */
	gint64 ticks[MAX_CPUS];
	gint invalid; /* the CPU whose line is not all numbers; -1: none */
} Machine;

static void
machine_open(Machine *machine, guint n_cpus)
{
	*machine = (Machine){.n_cpus = n_cpus, .now = 5000, .invalid = -1};
	for (guint i = 0; i < n_cpus; i++)
		machine->ticks[i] = FIRST_TOTAL;
	cpu_check_init(&machine->check, 1000 / TICK_MS, n_cpus);
}

/* @before, @after: how long the reader waits for a CPU around its look at the file, in ms */
static CpuVerdict
look(Machine *machine, gint64 before, gint64 after)
{
	g_autoptr(GString) text = g_string_new(NULL);
	CpuReading now = {0};
	gint64 total = 0;

	for (guint i = 0; i < machine->n_cpus; i++) {
		g_string_append_printf(text, "cpu%u %" G_GINT64_FORMAT " %s 0 0\n", i,
				       machine->ticks[i], (gint)i == machine->invalid ? "4x" : "0");
		total += machine->ticks[i];
	}
	g_autofree gchar *all = g_strdup_printf("cpu  %" G_GINT64_FORMAT " 0 0 0\n", total);
	g_string_prepend(text, all);
	g_string_append(text, "intr 1\n");
	now.text = text->str;
	now.length = text->len;
	now.instant = (CpuInstant){(machine->now - before) * MS, (machine->now + after) * MS};
	cpu_parse_stat(now.text, now.length, &now.times);
	g_assert_cmpuint(now.times.n_cpus, ==, machine->n_cpus);
	return cpu_check_window(&machine->check, &now);
}

static void
pass(Machine *machine, gint64 ms)
{
	machine->now += ms;
	for (guint i = 0; i < machine->n_cpus; i++)
		machine->ticks[i] += ms / TICK_MS;
}

/* A reader that had to wait knows less of when it read, and must not make a fault of that. */
static void
test_late(void)
{
	Machine machine;

	machine_open(&machine, 2);
	g_assert_cmpint(look(&machine, 0, 0), ==, CPU_PLAUSIBLE);
	for (guint i = 0; i < 20; i++) {
		pass(&machine, 1000);
		g_assert_cmpint(look(&machine, 0, i % 2 == 0 ? 900 : 0), ==, CPU_PLAUSIBLE);
		pass(&machine, 1000);
		g_assert_cmpint(look(&machine, i % 3 == 0 ? 900 : 0, 0), ==, CPU_PLAUSIBLE);
	}
	cpu_check_clear(&machine.check);
}

/* The clock goes on while the machine stands still, or the other way round. */
static void
test_pause(void)
{
	Machine machine;

	machine_open(&machine, 2);
	look(&machine, 0, 0);
	machine.now += 10000;
	pass(&machine, 1000);
	g_assert_cmpint(look(&machine, 0, 0), ==, CPU_TOO_LITTLE);
	pass(&machine, 1000);
	g_assert_cmpint(look(&machine, 0, 0), ==, CPU_PLAUSIBLE);
	pass(&machine, 10000);
	machine.now -= 9000;
	g_assert_cmpint(look(&machine, 0, 0), ==, CPU_TOO_MUCH);
	pass(&machine, 1000);
	g_assert_cmpint(look(&machine, 0, 0), ==, CPU_PLAUSIBLE);
	cpu_check_clear(&machine.check);
}

/* One in many is seen, as long as there is room for all of them. */
static void
test_one_of_many(void)
{
	Machine machine;

	machine_open(&machine, 128);
	look(&machine, 0, 0);
	pass(&machine, 1000);
	machine.ticks[77] -= 90;
	g_assert_cmpint(look(&machine, 0, 0), ==, CPU_TOO_LITTLE);
	pass(&machine, 1000);
	machine.ticks[5] += 6000;
	g_assert_cmpint(look(&machine, 0, 0), ==, CPU_TOO_MUCH);
	pass(&machine, 1000);
	g_assert_cmpint(look(&machine, 0, 0), ==, CPU_PLAUSIBLE);
	/* more come than there is room for: the sum is judged alone */
	machine.n_cpus = MAX_CPUS;
	look(&machine, 0, 0);
	pass(&machine, 1000);
	g_assert_cmpint(look(&machine, 0, 0), ==, CPU_PLAUSIBLE);
	machine.n_cpus = 128;
	look(&machine, 0, 0);
	pass(&machine, 1000);
	machine.ticks[77] -= 90;
	g_assert_cmpint(look(&machine, 0, 0), ==, CPU_TOO_LITTLE);
	cpu_check_clear(&machine.check);
}

/* Short windows are told apart by nothing but a jump; what lasts is found over several. */
static void
test_short(void)
{
	Machine machine;

	machine_open(&machine, 2);
	look(&machine, 0, 0);
	for (guint i = 0; i < 1000; i++) {
		machine.now += 1;
		if (i % 10 == i / 100) {
			machine.ticks[0]++;
			machine.ticks[1]++;
		}
		g_assert_cmpint(look(&machine, 0, 0), ==, CPU_PLAUSIBLE);
	}
	machine.now += 1;
	machine.ticks[0] += 40;
	g_assert_cmpint(look(&machine, 0, 0), ==, CPU_TOO_MUCH);
	for (guint i = 0; i < 499; i++) {
		machine.now += 1;
		g_assert_cmpint(look(&machine, 0, 0), ==, CPU_PLAUSIBLE);
	}
	for (guint i = 0; i < 1100; i++) {
		machine.now += 1;
		g_assert_cmpint(look(&machine, 0, 0), ==, CPU_TOO_LITTLE);
	}
	pass(&machine, 1000);
	g_assert_cmpint(look(&machine, 0, 0), ==, CPU_PLAUSIBLE);
	cpu_check_clear(&machine.check);
}

/*
 * Where one line cannot be read, the CPUs are not judged one by one: neither in this window nor in
 * the next, which has no earlier reading of that line. No value of an older reading takes its
 * place.
 */
static void
test_invalid_line(void)
{
	for (gint invalid = 0; invalid < 4; invalid++) {
		for (gint still = 0; still < 4; still++) {
			Machine machine;
			machine_open(&machine, 4);
			look(&machine, 0, 0);
			pass(&machine, 1000);
			g_assert_cmpint(look(&machine, 0, 0), ==, CPU_PLAUSIBLE);
			machine.invalid = invalid;
			pass(&machine, 1000);
			machine.ticks[still] -= 90;
			g_assert_cmpint(look(&machine, 0, 0), ==, CPU_PLAUSIBLE);
			machine.invalid = -1;
			pass(&machine, 1000);
			machine.ticks[still] -= 90;
			g_assert_cmpint(look(&machine, 0, 0), ==, CPU_PLAUSIBLE);
			/* from reading to reading again */
			pass(&machine, 1000);
			g_assert_cmpint(look(&machine, 0, 0), ==, CPU_PLAUSIBLE);
			pass(&machine, 1000);
			machine.ticks[still] -= 90;
			g_assert_cmpint(look(&machine, 0, 0), ==, CPU_TOO_LITTLE);
			cpu_check_clear(&machine.check);
		}
	}
}

static void
assert_each(const gchar *text, guint n_cpus, gboolean is_known)
{
	gint64 each[4] = {0};

	g_assert_cmpint(cpu_parse_each(text, strlen(text), n_cpus, each), ==, is_known);
	for (guint i = 0; is_known && i < n_cpus; i++)
		g_assert_cmpint(each[i], ==, 10 * (i + 1));
}

static void
test_each(void)
{
	static const gchar good[] =
		"cpu  60 0 0 0\ncpu0 1 2 3 4\ncpu1 20\ncpu2 5 5 5 5 5 5 0 0 9 9\n"
		"intr 1\n";

	assert_each(good, 3, TRUE);
	assert_each(good, 2, TRUE);
	assert_each(good, 4, FALSE);
	assert_each("cpu0 1 2 3 4\ncpu1 2x\ncpu2 30\n", 3, FALSE);
	assert_each("cpu0 1 2 3 -4\ncpu1 20\ncpu2 30\n", 3, FALSE);
	assert_each("cpu0 10\ncpu1 20\ncpu2 99999999999999999999\n", 3, FALSE);
	assert_each("cpu0 10\ncpu1 9223372036854775807 1\n", 2, FALSE);
	assert_each("", 1, FALSE);
}

/* What the line of all CPUs must have. @n_fields: 0: its times are not known */
static void
assert_fields(const gchar *all, guint n_fields, gint64 total)
{
	g_autofree gchar *text = g_strdup_printf("cpu  %s\ncpu0 1 2 3 4\ncpu3 1 2 3 4\nintr 1\n",
						 all);
	CpuTimes times;

	cpu_parse_stat(text, strlen(text), &times);
	g_assert_cmpuint(times.n_cpus, ==, 2);
	g_assert_cmpuint(times.n_fields, ==, n_fields);
	if (n_fields > 0)
		g_assert_cmpint(times.total, ==, total);
}

static void
test_fields(void)
{
	assert_fields("1 2 3 4 5 6 7 8 9 10", 8, 36);
	assert_fields("1 2 3 4 5 6 7 8", 8, 36);
	assert_fields("1 2 3 4 5 6 7", 7, 28);
	assert_fields("1 2 3 4", 4, 10);
	assert_fields("1 2 3", 0, 0);
	assert_fields("", 0, 0);
	assert_fields("1 2 3 4 5x 6 7 8", 0, 0);
	assert_fields("1 2 3 4 5 6 7 -8", 0, 0);
	assert_fields("9223372036854775800 2 3 4", 0, 0);
}

/* One CPU whose number is invalid among others: the list is not known. */
static void
test_list(void)
{
	static const struct {
		const gchar *text;
		guint n_cpus;
	} lists[] = {
		{"cpu  1 2 3 4\ncpu0 1\ncpu1 1\ncpu2 1\nintr 1\n", 3},
		{"cpu  1 2 3 4\ncpu0 1\ncpu1x 1\ncpu2 1\nintr 1\n", 0},
		{"cpu  1 2 3 4\ncpu0 1\ncpu1 1\ncpu99999999999999999999 1\nintr 1\n", 0},
		{"cpu  1 2 3 4\ncpu0 1\ncpu1 1\n", 0},
		{"cpu  1 2 3 4\ncpu0 1\n\ncpu1 1\nintr 1\n", 2},
		{"cpu  1 2 3 4\nintr 1\n", 0},
	};

	for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
		CpuTimes times;
		cpu_parse_stat(lists[i].text, strlen(lists[i].text), &times);
		g_assert_cmpuint(times.n_cpus, ==, lists[i].n_cpus);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cpu/late", test_late);
	g_test_add_func("/cpu/pause", test_pause);
	g_test_add_func("/cpu/one-of-many", test_one_of_many);
	g_test_add_func("/cpu/short", test_short);
	g_test_add_func("/cpu/invalid-line", test_invalid_line);
	g_test_add_func("/cpu/each", test_each);
	g_test_add_func("/cpu/fields", test_fields);
	g_test_add_func("/cpu/list", test_list);
	return g_test_run();
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What answers of the host's Kepler become: the columns, and why they are missing. */

#include <math.h>

#include "kepler-scraper.h"

/* of the zones that Kepler shows here, and of one that it does not */
enum { PACKAGE, CORE, DRAM, N_ZONES = 5 };

/* The columns, in order. */
enum {
	WATTS,
	JOULES = N_ZONES,
	DELTA_WATTS = 2 * N_ZONES,
	COUNT = 3 * N_ZONES,
	AGE,
	N_COLUMNS,
};

static const gchar no_zone[] = "Kepler does not show this zone for the VMs; it shows package, core";
static const gchar first[] = "the first update of Kepler, or the first one with a VM, *";
static const gchar repeated[] = "Kepler repeats its page until its next update, *";

static void
add_vm(GString *page, const gchar *vm, gdouble joules)
{
	static const gchar *const zones[] = {"package", "core"};

	for (guint i = 0; i < G_N_ELEMENTS(zones); i++) {
		gdouble part = i == CORE ? joules / 2 : joules;
		g_autofree gchar *labels = g_strdup_printf(
			"{vm_id=\"u-%s\",vm_name=\"%s\",state=\"running\",zone=\"%s\"}", vm, vm,
			zones[i]);
		g_string_append_printf(page, "kepler_vm_cpu_joules_total%s %.3f\n", labels, part);
		g_string_append_printf(page, "kepler_vm_cpu_watts%s %.3f\n", labels, part / 10);
	}
}

/*
 * Answers with the page of an update, whose request was sent at a time. The watts of a VM are a
 * tenth of its joules, and its cores have half of both.
 *
 * @a, @b: joules of a VM; NAN: it does not run. One has ended.
 */
static void
answer_page(Fixture *fixture, gdouble at, guint update, gdouble a, gdouble b)
{
	g_autoptr(GString) page = g_string_new(NULL);
	gint64 sent = 100 * NS_PER_S + (gint64)(at * (gdouble)NS_PER_S);

	g_string_printf(page, "kepler_node_cpu_joules_total{zone=\"package\"} %u\n", update);
	g_string_append(page,
			"kepler_vm_cpu_watts{vm_id=\"u\",vm_name=\"old\",state=\"terminated\","
			"zone=\"package\"} 99\n");
	if (!isnan(a))
		add_vm(page, "a", a);
	if (!isnan(b))
		add_vm(page, "b", b);
	g_assert_cmpint(sample(fixture, (guint64)(10 * at), NULL), ==, VMFC_ANSWER_PENDING);
	scraper.reader.begin(scraper.reader.user_data, scraper.is_taken, sent);
	scraper.is_taken = FALSE;
	g_assert_true(kepler_text_add(scraper.reader.text, page->str, page->len, NULL));
	g_assert_true(kepler_text_end(scraper.reader.text, KEPLER_END_TOLD, NULL));
	scraper.reader.end(scraper.reader.user_data, TRUE);
	answer(NULL, FALSE);
}

/* @value: NAN: missing, for this reason */
static void
assert_value(const Fixture *fixture, guint column, gdouble value, VmfcState state,
	     const gchar *reason)
{
	const VmfcRecord *record = &fixture->context->record;

	g_test_message("column %u", column);
	g_assert_cmpint(vmfc_record_has(record, column), ==, !isnan(value));
	if (column == COUNT)
		g_assert_cmpint(vmfc_record_get_int(record, column), ==, (gint64)value);
	else if (!isnan(value))
		g_assert_cmpfloat_with_epsilon(vmfc_record_get_float(record, column), value, 1e-9);
	const VmfcDeclaration *declaration = fixture->context->declarations->pdata[column];
	g_assert_cmpint(declaration->state, ==, state);
	g_assert_true(reason == NULL ? declaration->reason == NULL
				     : declaration->reason != NULL &&
					       g_pattern_match_simple(reason, declaration->reason));
}

static void
assert_known(const Fixture *fixture, guint column, gdouble value)
{
	assert_value(fixture, column, value, VMFC_STATE_OK, NULL);
}

/* Nothing is known, and the columns have no reason of their own. */
static void
assert_nothing(const Fixture *fixture)
{
	for (guint i = 0; i < N_COLUMNS; i++) {
		const VmfcDeclaration *declaration = fixture->context->declarations->pdata[i];
		g_assert_cmpint(declaration->state, ==, VMFC_STATE_OK);
		g_assert_null(declaration->reason);
		g_assert_true(i == COUNT || !vmfc_record_has(&fixture->context->record, i));
	}
}

/* Joules once for each update, their power from the second one that was seen to come. */
static void
test_values(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	answer_page(fixture, 0, 1, 100, 10);
	assert_known(fixture, WATTS + PACKAGE, 11);
	assert_known(fixture, WATTS + CORE, 5.5);
	assert_value(fixture, JOULES + CORE, NAN, VMFC_STATE_OK, first);
	assert_value(fixture, DELTA_WATTS + CORE, NAN, VMFC_STATE_OK, first);
	assert_value(fixture, AGE, NAN, VMFC_STATE_OK, first);
	answer_page(fixture, 1, 2, 106, 10);
	assert_known(fixture, WATTS + PACKAGE, 11.6);
	assert_known(fixture, JOULES + PACKAGE, 6);
	assert_known(fixture, JOULES + CORE, 3);
	assert_value(fixture, DELTA_WATTS + PACKAGE, NAN, VMFC_STATE_OK,
		     "the time of Kepler's previous update is not known: *");
	assert_known(fixture, AGE, 0);
	answer_page(fixture, 2, 2, 106, 10);
	assert_known(fixture, WATTS + PACKAGE, 11.6);
	assert_value(fixture, JOULES + PACKAGE, NAN, VMFC_STATE_UNSUPPORTED, repeated);
	assert_value(fixture, DELTA_WATTS + PACKAGE, NAN, VMFC_STATE_UNSUPPORTED, repeated);
	assert_known(fixture, AGE, 1);
	answer_page(fixture, 3, 3, 109, 12);
	assert_known(fixture, JOULES + PACKAGE, 5);
	assert_known(fixture, DELTA_WATTS + PACKAGE, 2.5);
	assert_known(fixture, DELTA_WATTS + CORE, 1.25);
	assert_known(fixture, AGE, 0);
	assert_known(fixture, COUNT, 2);
	for (guint i = 0; i < COUNT; i += N_ZONES)
		assert_value(fixture, i + DRAM, NAN, VMFC_STATE_UNSUPPORTED, no_zone);
	g_assert_no_error(fixture->error);
	g_assert_cmpuint(scraper.n_taken, ==, 4);
	g_assert_cmpuint(fixture->n_finished, ==, 4);
}

/* An answer that does not come is the reason, and not what the one before lacked. */
static void
test_failure(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	answer_page(fixture, 0, 1, 100, 10);
	answer_page(fixture, 1, 1, 100, 10);
	assert_value(fixture, AGE, NAN, VMFC_STATE_UNSUPPORTED, repeated);
	/* too old, after three times the default of Kepler's interval */
	answer_page(fixture, 20, 1, 100, 10);
	assert_value(fixture, WATTS + CORE, NAN, VMFC_STATE_IMPLAUSIBLE,
		     "Kepler has repeated its page for longer than *");
	assert_value(fixture, AGE, NAN, VMFC_STATE_IMPLAUSIBLE,
		     "Kepler has repeated its page for longer than *");
	assert_value(fixture, WATTS + DRAM, NAN, VMFC_STATE_UNSUPPORTED, no_zone);
	g_assert_cmpint(sample(fixture, 210, NULL), ==, VMFC_ANSWER_PENDING);
	answer(g_error_new_literal(VMFC_ERROR, VMFC_ERROR_IO, "gone"), FALSE);
	g_assert_error(fixture->error, VMFC_ERROR, VMFC_ERROR_IO);
	g_assert_cmpuint(scraper.n_taken, ==, 3);
	assert_nothing(fixture);
	/* what is there when it is back is told as before */
	answer_page(fixture, 22, 2, 103, 10);
	assert_known(fixture, WATTS + CORE, 5.65);
	assert_known(fixture, JOULES + CORE, 1.5);
	assert_value(fixture, WATTS + DRAM, NAN, VMFC_STATE_UNSUPPORTED, no_zone);
}

/* Of several VMs one goes back, whichever it is, and however much the others use. */
static void
test_backwards(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	gdouble joules[] = {100, 100};

	answer_page(fixture, 0, 1, joules[0], joules[1]);
	for (guint i = 0; i < 4; i++) {
		joules[i % 2] -= 5;
		joules[1 - i % 2] += 50;
		answer_page(fixture, 2 * i + 1, 2 * i + 2, joules[0], joules[1]);
		assert_value(fixture, JOULES + PACKAGE, NAN, VMFC_STATE_IMPLAUSIBLE,
			     "the joules of a VM went backwards: *");
		joules[0] += 2;
		answer_page(fixture, 2 * i + 2, 2 * i + 3, joules[0], joules[1]);
		assert_known(fixture, JOULES + PACKAGE, 2);
	}
}

/* 20 kW, since the last page that showed the update before that one. */
static void
test_too_much(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gdouble growths[] = {39000, 41000};

	for (guint i = 0; i < G_N_ELEMENTS(growths); i++) {
		close_run(fixture);
		set_up(fixture, NULL);
		answer_page(fixture, 0, 1, 100, 10);
		answer_page(fixture, 10, 1, 100, 10);
		/* this update came between 10 and 11 */
		answer_page(fixture, 11, 2, 100, 10);
		answer_page(fixture, 12, 3, 100 + growths[i], 10);
		assert_value(fixture, JOULES + PACKAGE, i == 0 ? growths[i] : NAN,
			     i == 0 ? VMFC_STATE_OK : VMFC_STATE_IMPLAUSIBLE,
			     i == 0 ? NULL : "Kepler shows more power than a host can draw");
	}
}

/* Without a VM there are 0 of them, one sentence tells why, and no growth goes on after it. */
static void
test_no_vm(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	answer_page(fixture, 0, 1, 100, NAN);
	answer_page(fixture, 1, 2, 101, NAN);
	assert_known(fixture, JOULES + PACKAGE, 1);
	for (guint i = 2; i < 4; i++) {
		answer_page(fixture, i, i + 1, NAN, NAN);
		g_assert_error(fixture->error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED);
		assert_known(fixture, COUNT, 0);
		assert_nothing(fixture);
	}
	/* the VM of that name is back */
	answer_page(fixture, 4, 5, 150, NAN);
	g_assert_no_error(fixture->error);
	assert_known(fixture, COUNT, 1);
	assert_known(fixture, WATTS + PACKAGE, 15);
	assert_value(fixture, JOULES + PACKAGE, NAN, VMFC_STATE_UNSUPPORTED,
		     "a VM was added or removed since *");
	assert_value(fixture, DELTA_WATTS + PACKAGE, NAN, VMFC_STATE_UNSUPPORTED,
		     "a VM was added or removed since *");
	answer_page(fixture, 5, 6, 152, NAN);
	assert_known(fixture, JOULES + PACKAGE, 2);
	assert_known(fixture, DELTA_WATTS + PACKAGE, 2);
}

/* An answer that comes after its record is in none, and the next one has its growth. */
static void
test_late(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	answer_page(fixture, 0, 1, 100, 10);
	answer_page(fixture, 1, 2, 101, 10);
	fixture->is_late = TRUE;
	answer_page(fixture, 2, 3, 102, 10);
	g_assert_cmpuint(fixture->n_finished, ==, 3);
	g_assert_cmpuint(scraper.n_taken, ==, 2);
	for (guint i = 0; i < N_COLUMNS; i++)
		g_assert_false(vmfc_record_has(&fixture->context->record, i));
	fixture->is_late = FALSE;
	answer_page(fixture, 3, 4, 104, 10);
	assert_known(fixture, JOULES + PACKAGE, 3);
	assert_known(fixture, DELTA_WATTS + PACKAGE, 1.5);
}

/* A run that had an answer has columns that are there; one without tells what to set up. */
static void
test_end(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint n = 0; n < 2; n++) {
		close_run(fixture);
		set_up(fixture, NULL);
		if (n > 0)
			answer_page(fixture, 0, 1, 100, 10);
		g_assert_cmpint(sample(fixture, 10, NULL), ==, VMFC_ANSWER_PENDING);
		answer(g_error_new_literal(VMFC_ERROR, VMFC_ERROR_IO, "gone"), TRUE);
		vmfc_context_stop(fixture->context);
		if (n > 0)
			assert_nothing(fixture);
		for (guint i = 0; n == 0 && i < N_COLUMNS; i++)
			assert_state(fixture, i, VMFC_STATE_UNSUPPORTED, "gone",
				     "Run Kepler on the bare-metal host, *");
	}
}

#define ADD(path, test)                                                                            \
	g_test_add("/kepler_vm-sampler/" path, Fixture, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("values", test_values);
	ADD("failure", test_failure);
	ADD("backwards", test_backwards);
	ADD("too-much", test_too_much);
	ADD("no-vm", test_no_vm);
	ADD("late", test_late);
	ADD("end", test_end);
	return g_test_run();
}

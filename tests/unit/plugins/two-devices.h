/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * A run of a sampler that sums the counts of devices, on a machine with two of them, and the tests
 * that hold for any kind of devices: the sum, counts that cannot be, a device that comes or goes,
 * and a damaged list.
 */

#pragma once

#include <string.h>

#include "sampler-run.h"

/* A kind of devices. Amounts are in the unit of the columns. */
typedef struct {
	const gchar *names[2]; /* of the columns, in the order of the counts */
	const gchar *list;     /* the file with the counts of all devices */
	const gchar *head;     /* what the list begins with */
	/* adds a device's line to the list; @device: 0 or 1 */
	void (*add_line)(GString *list, guint device, const gint64 counts[2]);
	gdouble unit;	     /* in counts */
	gint64 counts[2][2]; /* the first ones */
	gdouble most;	     /* that is accepted from a device in a window */
	gdouble too_much;
	/* why the columns are missing */
	const gchar *changed;
	const gchar *backwards;
	const gchar *too_fast;
	const gchar *damaged[4]; /* lists */
} DeviceKind;

typedef struct {
	SamplerRun run;
	const DeviceKind *kind;
	gint64 counts[2][2];
	gboolean has_second;
} TwoDevices;

static inline void
two_devices_write(const TwoDevices *self)
{
	g_autoptr(GString) list = g_string_new(self->kind->head);

	for (guint i = 0; i < (self->has_second ? 2 : 1); i++)
		self->kind->add_line(list, i, self->counts[i]);
	sampler_run_write(&self->run, self->kind->list, list->str);
}

/* The caller then writes what else the sampler reads. */
static inline void
two_devices_init(TwoDevices *self, const DeviceKind *kind)
{
	*self = (TwoDevices){.kind = kind, .has_second = TRUE};
	memcpy(self->counts, kind->counts, sizeof(self->counts));
	sampler_run_init(&self->run);
	two_devices_write(self);
}

static inline void
two_devices_open(TwoDevices *self)
{
	g_autoptr(GError) error = NULL;

	sampler_run_open(&self->run, &error);
	g_assert_no_error(error);
	sampler_run_tick(&self->run, 1);
}

static inline void
tear_down(TwoDevices *self, G_GNUC_UNUSED gconstpointer data)
{
	sampler_run_clear(&self->run);
}

/* A window in which the counts of the first device grow, and those of the second. */
static inline VmfcAnswer
pass_in(TwoDevices *self, gdouble seconds, gdouble first_0, gdouble first_1, gdouble second_0,
	gdouble second_1)
{
	const gdouble growths[2][2] = {{first_0, first_1}, {second_0, second_1}};

	for (guint i = 0; i < 4; i++)
		self->counts[i / 2][i % 2] += (gint64)llround(growths[i / 2][i % 2] *
							      self->kind->unit);
	two_devices_write(self);
	return sampler_run_tick(&self->run, seconds);
}

static inline VmfcAnswer
pass(TwoDevices *self, gdouble first_0, gdouble first_1, gdouble second_0, gdouble second_1)
{
	return pass_in(self, 1, first_0, first_1, second_0, second_1);
}

static inline void
assert_missing(TwoDevices *self, VmfcState state, const gchar *reason)
{
	for (guint i = 0; i < 2; i++) {
		sampler_run_assert(&self->run, self->kind->names[i], NAN);
		sampler_run_assert_state(&self->run, self->kind->names[i], state, reason);
	}
}

static inline void
assert_moved(TwoDevices *self, gdouble first, gdouble second)
{
	sampler_run_assert(&self->run, self->kind->names[0], first);
	sampler_run_assert(&self->run, self->kind->names[1], second);
	for (guint i = 0; i < 2; i++)
		sampler_run_assert_state(&self->run, self->kind->names[i], VMFC_STATE_OK, NULL);
}

/* Each of the four counts that goes back, and one that grows by more than a device can. */
static inline void
test_counts(TwoDevices *self, G_GNUC_UNUSED gconstpointer data)
{
	for (guint i = 0; i < 8; i++) {
		gdouble growth[4] = {1, 1, 1, 1};
		growth[i % 4] = i < 4 ? -1 : self->kind->too_much;
		pass(self, growth[0], growth[1], growth[2], growth[3]);
		assert_missing(self, VMFC_STATE_IMPLAUSIBLE,
			       i < 4 ? self->kind->backwards : self->kind->too_fast);
		pass(self, 1, 2, 4, 8);
		assert_moved(self, 5, 10);
	}
	pass(self, self->kind->most, 1, 1, 1);
	assert_moved(self, self->kind->most + 1, 2);
}

static inline void
test_list(TwoDevices *self, G_GNUC_UNUSED gconstpointer data)
{
	for (guint i = 0; i < 2; i++) {
		self->has_second = i > 0;
		pass(self, 1, 2, 4, 8);
		assert_missing(self, VMFC_STATE_IMPLAUSIBLE, self->kind->changed);
		pass(self, 1, 2, 4, 8);
		assert_moved(self, i > 0 ? 5 : 1, i > 0 ? 10 : 2);
	}
}

/* A list that is cut, empty, or has a line that is: that is an error, and nothing is guessed. */
static inline void
test_damage(TwoDevices *self, G_GNUC_UNUSED gconstpointer data)
{
	for (guint i = 0; i < G_N_ELEMENTS(self->kind->damaged); i++) {
		sampler_run_write(&self->run, self->kind->list, self->kind->damaged[i]);
		g_assert_cmpint(sampler_run_tick(&self->run, 1), ==, VMFC_ANSWER_FAILED);
		g_assert_error(self->run.error, VMFC_ERROR, VMFC_ERROR_FORMAT);
		/* the error is the reason */
		assert_missing(self, VMFC_STATE_OK, NULL);
		pass(self, 1, 2, 4, 8);
		sampler_run_assert(&self->run, self->kind->names[0], NAN);
		pass(self, 1, 2, 4, 8);
		assert_moved(self, 5, 10);
	}
}

/* A list that cannot be read is the reason of its window, and not what was wrong before. */
static inline void
test_read_fails(TwoDevices *self, G_GNUC_UNUSED gconstpointer data)
{
	pass(self, 1, 2, 4, 8);
	assert_moved(self, 5, 10);
	pass(self, self->kind->too_much, 2, 4, 8);
	assert_missing(self, VMFC_STATE_IMPLAUSIBLE, self->kind->too_fast);
	gint fd = sampler_run_break(&self->run, self->kind->list);
	for (guint i = 0; i < 2; i++) {
		g_assert_cmpint(pass(self, 1, 2, 4, 8), ==, VMFC_ANSWER_FAILED);
		g_assert_error(self->run.error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED);
		assert_missing(self, VMFC_STATE_OK, NULL);
	}
	sampler_run_mend(&self->run, self->kind->list, fd);
	pass(self, 1, 2, 4, 8);
	sampler_run_assert(&self->run, self->kind->names[0], NAN);
	pass(self, 1, 2, 4, 8);
	assert_moved(self, 5, 10);
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* A collector with two samplers that do what a test tells them to, on a fake clock. */

#pragma once

#include "collect/missing.h"
#include "collector-run.h"

/* A sampler that does what the test tells it to. */
typedef struct {
	VmfcContext *context;
	VmfcAnswer answer;
	gint64 total;
	const gchar *doubt; /* of the gauge; NULL: none */
	const gchar *usual; /* why it is left out; NULL: it is not */
	gboolean leaves_out;
	const gchar *fault; /* why it fails; NULL: the usual reason */
	gboolean restarts;  /* its counter */
	guint64 tick;	    /* of its last call */
	guint n_calls;
} Puppet;

static inline Puppet *
puppet_new(VmfcContext *context, const gchar *const *names)
{
	const VmfcColumn columns[] = {
		{.name = names[0], .kind = VMFC_KIND_COUNTER, .type = VMFC_TYPE_INT},
		{.name = names[1], .type = VMFC_TYPE_FLOAT},
		/* what is not set of these is not missing */
		{.name = names[2], .type = VMFC_TYPE_FLOAT, .hidden = TRUE},
		{.name = names[3], .kind = VMFC_KIND_LABEL, .type = VMFC_TYPE_STRING},
	};
	Puppet *self = g_new0(Puppet, 1);
	self->context = context;
	for (guint i = 0; i < G_N_ELEMENTS(columns); i++)
		vmfc_context_add_column(context, &columns[i]);
	return self;
}

static inline gpointer
left_open(VmfcContext *context, G_GNUC_UNUSED GError **error)
{
	static const gchar *const names[] = {"left_total", "left_gauge", "left_hidden",
					     "left_label"};
	return puppet_new(context, names);
}

static inline gpointer
right_open(VmfcContext *context, G_GNUC_UNUSED GError **error)
{
	static const gchar *const names[] = {"right_total", "right_gauge", "right_hidden",
					     "right_label"};
	return puppet_new(context, names);
}

static inline void
puppet_fill(Puppet *self, VmfcRecord *record)
{
	vmfc_record_set_int(record, 0, self->total);
	if (self->restarts)
		vmfc_record_restart(record, 0);
	const gchar *reason = self->doubt != NULL ? self->doubt : self->usual;
	if (self->doubt == NULL && !self->leaves_out)
		vmfc_record_set_float(record, 1, (gdouble)self->total / 2);
	vmfc_context_set_state(self->context, 1,
			       self->doubt != NULL ? VMFC_STATE_IMPLAUSIBLE : VMFC_STATE_OK, reason,
			       reason != NULL ? "Tune it" : NULL);
}

static inline VmfcAnswer
puppet_sample(gpointer data, VmfcRecord *record, GError **error)
{
	Puppet *self = data;
	self->n_calls++;
	self->tick = vmfc_record_get_tick(record);
	if (self->answer == VMFC_ANSWER_DONE)
		puppet_fill(self, record);
	if (self->answer == VMFC_ANSWER_FAILED)
		g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_IO,
				    self->fault != NULL ? self->fault : "the strings are cut");
	return self->answer;
}

static const VmfcSampler left_sampler = {left_open, NULL, puppet_sample, NULL, g_free};
static const VmfcSampler right_sampler = {right_open, NULL, puppet_sample, NULL, g_free};
static const VmfcPlugin left_plugin = {.name = "left", .sampler = &left_sampler};
static const VmfcPlugin right_plugin = {.name = "right", .sampler = &right_sampler};

static inline void
set_up(Fixture *fixture, gconstpointer no_sync)
{
	fixture_init(fixture, no_sync == NULL);
	add_sampler(fixture, &left_plugin);
	add_sampler(fixture, &right_plugin);
	fixture_start(fixture);
}

static inline Puppet *
left(const Fixture *fixture)
{
	return get_sampler(fixture, 0);
}

static inline Puppet *
right(const Fixture *fixture)
{
	return get_sampler(fixture, 1);
}

/* The tick of deadline @index begins @late ns after it; both puppets have counted @total. */
static inline void
tick(Fixture *fixture, guint64 index, gint64 late, gint64 total)
{
	left(fixture)->total = total;
	right(fixture)->total = 10 * total;
	fixture_tick(fixture, index, late);
}

/* The user gets one warning in that tick. */
static inline void
tick_and_warn(Fixture *fixture, guint64 index, gint64 late, gint64 total, const gchar *warning)
{
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, warning);
	tick(fixture, index, late, total);
	g_test_assert_expected_messages();
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* One part of a sequence: `NAME[=ARGUMENT][:SECONDS]`. */
typedef struct {
	gchar *name;
	gchar *argument; /* NULL: none */
	gint64 length;	 /* ns; G_MAXINT64 for a part without an end */
} VmfcPart;

/* Where a sequence stands at some instant; times in ns from its begin. */
typedef struct {
	guint part; /* place in the list of parts */
	gint64 iteration;
	gint64 begin;
	gint64 end; /* G_MAXINT64: never */
} VmfcPosition;

/* Parts that follow one another and start over until the run ends. */
typedef struct {
	GPtrArray *parts; /* of VmfcPart, as they were written */
	gint64 length;	  /* of all of them; G_MAXINT64 without an end */
	GRand *random;	  /* NULL: in the order in which they were written */
	guint *order;	  /* places in @parts */
	gint64 ordered;	  /* the iteration that @order is for */
} VmfcSequence;

VmfcSequence *
vmfc_sequence_new(const gchar *text, gint64 duration, gint64 interval, GError **error);
void
vmfc_sequence_free(VmfcSequence *sequence);
void
vmfc_sequence_shuffle(VmfcSequence *sequence, guint32 seed);
void
vmfc_sequence_find(VmfcSequence *sequence, gint64 time, VmfcPosition *position);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcSequence, vmfc_sequence_free)

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
	gint64 length;	 /* ns; G_MAXINT64: without an end */
} VmfcPart;

/* A position in a sequence; times in ns since its start. */
typedef struct {
	guint part; /* index of the part */
	gint64 iteration;
	gint64 begin;
	gint64 end; /* G_MAXINT64: never */
} VmfcPosition;

/* Parts that run one after the other, and repeat until the run ends. */
typedef struct {
	GPtrArray *parts; /* of VmfcPart, in the given order */
	gint64 length;	  /* of all parts; G_MAXINT64: without an end */
	GRand *random;	  /* NULL: the given order */
	guint *order;	  /* indexes into @parts */
	gint64 ordered;	  /* the iteration of @order */
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

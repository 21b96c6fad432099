/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* How much was sent, or lost. */
typedef struct {
	guint64 n_records;
	guint64 n_samples;
} Amount;

/* The compressed message of one record, or of the stale markers at the end of a run. */
typedef struct {
	GBytes *packed;
	Amount amount;
	guint64 file;	   /* of the spool, which has it as well; 0: none */
	guint64 end;	   /* offset after it in that file */
	gboolean is_tried; /* it was sent, and it is unknown whether it has arrived */
} Frame;

Frame *
frame_new(GBytes *packed, const Amount *amount);
void
frame_free(Frame *frame);
void
amount_add(Amount *sum, const Amount *amount);
void
amount_subtract(Amount *sum, const Amount *amount);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Frame, frame_free)

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "frame.h"

/* @packed: (transfer full): */
Frame *
frame_new(GBytes *packed, const Amount *amount)
{
	Frame *frame = g_new0(Frame, 1);

	frame->packed = packed;
	frame->amount = *amount;
	return frame;
}

void
frame_free(Frame *frame)
{
	g_bytes_unref(frame->packed);
	g_free(frame);
}

void
amount_add(Amount *sum, const Amount *amount)
{
	sum->n_records += amount->n_records;
	sum->n_samples += amount->n_samples;
}

/* A file whose marks are damaged can have more than was counted: nothing falls below 0. */
void
amount_subtract(Amount *sum, const Amount *amount)
{
	sum->n_records -= MIN(amount->n_records, sum->n_records);
	sum->n_samples -= MIN(amount->n_samples, sum->n_samples);
}

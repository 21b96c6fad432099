/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "remote/remote-answer.h"

/* Says once what changes: the receiver fails, it answers again, it refuses something. */
typedef struct {
	const gchar *address;
	gboolean is_stored; /* what waits, in the spool */
	gsize size;	    /* bytes that may wait */
	gint64 failing_since;
	gboolean has_refused;
} DeliveryLog;

void
delivery_log_failure(DeliveryLog *log, const VmfcRemoteAnswer *answer);
void
delivery_log_answer(DeliveryLog *log);
void
delivery_log_refusal(DeliveryLog *log, const VmfcRemoteAnswer *answer);

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "delivery-log.h"

void
delivery_log_failure(DeliveryLog *log, const VmfcRemoteAnswer *answer)
{
	if (log->failing_since > 0)
		return;
	log->failing_since = g_get_monotonic_time();
	g_warning("%s; records wait %s until it takes them, the last %" G_GSIZE_FORMAT
		  " MiB at most",
		  answer->reason, log->is_stored ? "in the spool" : "in memory", log->size >> 20);
}

/* It has answered, and does not ask to try again. */
void
delivery_log_answer(DeliveryLog *log)
{
	if (log->failing_since > 0)
		g_message("%s answers again after %.1f s", log->address,
			  (gdouble)(g_get_monotonic_time() - log->failing_since) / G_USEC_PER_SEC);
	log->failing_since = 0;
}

void
delivery_log_refusal(DeliveryLog *log, const VmfcRemoteAnswer *answer)
{
	if (!log->has_refused)
		g_warning("%s; what it refuses is lost there and counted", answer->reason);
	log->has_refused = TRUE;
}

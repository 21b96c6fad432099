/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "common/deadline-source.h"

#define NS_PER_US 1000

static gboolean
alarm_dispatch(G_GNUC_UNUSED GSource *source, GSourceFunc callback, gpointer user_data)
{
	return callback(user_data);
}

static GSourceFuncs alarm_funcs = {.dispatch = alarm_dispatch};

/*
 * Calls back once at an instant. g_timeout_add() counts from now instead, so that a chain of
 * timeouts drifts. A tick that is due at the same instant comes first.
 *
 * @time: CLOCK_MONOTONIC, ns
 * @callback: returns %G_SOURCE_REMOVE
 *
 * Returns: the source's ID, for g_source_remove()
 */
guint
vmfc_deadline_source_add(gint64 time, GSourceFunc callback, gpointer user_data)
{
	GSource *source = g_source_new(&alarm_funcs, sizeof(GSource));

	g_source_set_callback(source, callback, user_data, NULL);
	g_source_set_ready_time(source, (MAX(time, 0) + NS_PER_US - 1) / NS_PER_US);
	guint id = g_source_attach(source, NULL);
	g_source_unref(source);
	return id;
}

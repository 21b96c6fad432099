/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/*
 * A program that runs as a workload, and all that it starts in turn. None of it outlives vmfc,
 * however that ends: a process of our own, the guard, stands in between and ends the rest.
 */
typedef struct _VmfcChild VmfcChild;

/*
 * @error: (nullable): why it has ended when nobody asked it to; %NULL when it was asked to, or is
 *   done with its work
 */
typedef void (*VmfcChildEndedFunc)(const GError *error, gpointer user_data);

/*
 * It is about to be run, which can be some time after its start; or it goes on after somebody has
 * stopped it. The workload says its phase again then, which ends the transition.
 */
typedef void (*VmfcChildRunningFunc)(gpointer user_data);

/*
 * @context: of the workload, which is in transition while it is stopped, and from the instant at
 *   which it ends unasked
 * @folder: (nullable): the path of a folder that does not exist: it is made for it to run in, and
 *   removed with all that is in it when it has ended
 * @is_quiet: nothing of what it prints reaches the user, but for the reason why it failed
 * @running: (nullable): called from the main context
 * @ended: called from the main context, once, when nothing of it runs any more
 */
typedef struct {
	VmfcContext *context;
	const gchar *const *argv;
	const gchar *folder;
	gboolean is_quiet;
	VmfcChildRunningFunc running;
	VmfcChildEndedFunc ended;
	gpointer user_data;
} VmfcChildSetup;

VmfcChild *
vmfc_child_start(const VmfcChildSetup *setup, GError **error);
void
vmfc_child_finish(VmfcChild *child);
gboolean
vmfc_child_is_alive(const VmfcChild *child);
gchar *
vmfc_child_find_message(const gchar *text);
void
vmfc_child_free(VmfcChild *child);

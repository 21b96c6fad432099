/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/*
 * A program that runs as a workload, with all processes that it starts. None of them outlives vmfc,
 * however vmfc ends: a process of our own, the guard, is their parent and ends them.
 */
typedef struct _VmfcChild VmfcChild;

/*
 * @error: (nullable): why it has ended by itself; %NULL when vmfc ended it, or when its work is
 *   done
 */
typedef void (*VmfcChildEndedFunc)(const GError *error, gpointer user_data);

/*
 * The program is about to be run, which can be some time after the start, or it continues after it
 * was stopped. The workload then sets its phase again, which ends the transition.
 */
typedef void (*VmfcChildRunningFunc)(gpointer user_data);

/*
 * @context: of the workload. The workload is in transition while the program is stopped, and from
 *   the instant at which the program ends by itself
 * @folder: (nullable): the path of a folder that does not exist. The guard makes it, runs the
 *   program in it, and removes it with its contents when the program has ended
 * @is_quiet: vmfc shows no output of the program, except the reason of a failure
 * @running: (nullable): called from the main context
 * @ended: called from the main context, once, when no process of the program runs any more
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

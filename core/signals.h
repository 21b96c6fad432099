/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

#define VMFC_N_SIGNALS 3

/* What ends a run: SIGINT, SIGTERM and SIGHUP. */
typedef struct {
	guint sources[VMFC_N_SIGNALS]; /* 0: not caught */
	void (*interrupted)(gpointer user_data);
	gpointer user_data;
} VmfcSignals;

void
vmfc_signals_catch(VmfcSignals *signals, void (*callback)(gpointer user_data), gpointer user_data);
void
vmfc_signals_release(VmfcSignals *signals);
void
vmfc_signals_let_next_end(VmfcSignals *signals);

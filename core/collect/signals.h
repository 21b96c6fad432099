/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

#define VMFC_N_SIGNALS 3

/* Signals that end a run (SIGINT, SIGTERM, SIGHUP), and the one after a stop (SIGCONT). */
typedef struct {
	guint sources[VMFC_N_SIGNALS]; /* 0: not caught */
	void (*interrupted)(gpointer user_data);
	gint continued_fd;	/* a signalfd(2) */
	guint continued_source; /* 0: SIGCONT is not watched */
	void (*continued)(gpointer user_data);
	gpointer user_data;
} VmfcSignals;

void
vmfc_signals_watch_continue(VmfcSignals *signals, void (*callback)(gpointer user_data),
			    gpointer user_data);
void
vmfc_signals_ignore_continue(VmfcSignals *signals);
void
vmfc_signals_catch(VmfcSignals *signals, void (*callback)(gpointer user_data), gpointer user_data);
void
vmfc_signals_release(VmfcSignals *signals);
void
vmfc_signals_let_next_end(VmfcSignals *signals);

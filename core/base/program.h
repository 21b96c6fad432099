/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>
#include <signal.h>

#include "base/log.h"

/* Signals whose handler each program of vmfc sets. */
#define VMFC_N_PROGRAM_SIGNALS 3

/* A running program of vmfc: vmfc itself, or one of its tools. */
typedef struct {
	GStrv arguments;     /* as main() got them, the name of the program first */
	gchar *path_warning; /* (nullable) from vmfc_environment_clear() */
	void (*inherited[VMFC_N_PROGRAM_SIGNALS])(int); /* the handlers at the start */
} VmfcProgram;

/*
 * What a tool does. It installs @log when it has read its arguments.
 *
 * Returns: %FALSE with a sentence in @error
 */
typedef gboolean (*VmfcToolFunc)(GStrv arguments, VmfcLog *log, GError **error);

void
vmfc_program_start(VmfcProgram *program, gint argc, gchar *argv[]);
void
vmfc_program_restore_signals(const VmfcProgram *program);
void
vmfc_program_print_error(const GError *error);
gint
vmfc_program_fail(const GError *error);
gint
vmfc_program_finish(gint code);
gint
vmfc_program_run_tool(VmfcToolFunc run, gint argc, gchar *argv[]);
void
vmfc_program_clear(VmfcProgram *program);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmfcProgram, vmfc_program_clear)

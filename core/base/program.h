/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>
#include <signal.h>
#include <stdio.h>

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

/*
 * All of a tool's main.c but for its includes.
 *
 * Arguments: a type with the members help (a text to print instead of running; NULL: run) and
 *   verbose, and with an autoptr
 * parse: of GStrv; gives Arguments, or NULL with a sentence in its error
 * run: of Arguments; gives whether it was successful
 */
#define VMFC_DEFINE_TOOL(Arguments, parse, run)                                                    \
	static gboolean run_tool(GStrv words, VmfcLog *log, GError **error)                        \
	{                                                                                          \
		g_autoptr(Arguments) arguments = parse(words, error);                              \
                                                                                                   \
		if (arguments == NULL)                                                             \
			return FALSE;                                                              \
		if (arguments->help != NULL) {                                                     \
			fputs(arguments->help, stdout);                                            \
			return TRUE;                                                               \
		}                                                                                  \
		log->verbose = arguments->verbose;                                                 \
		vmfc_log_install(log);                                                             \
		return run(arguments, error);                                                      \
	}                                                                                          \
                                                                                                   \
	int main(int argc, char *argv[])                                                           \
	{                                                                                          \
		return vmfc_program_run_tool(run_tool, argc, argv);                                \
	}

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

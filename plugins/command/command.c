/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "common/child.h"
#include "vmfc/vmfc-plugin.h"

static const VmfcOption options[] = {
	{"run", VMFC_OPTION_STRING, "",
	 "command to run, quoted as in a shell but without a shell, unless command=... gives it"},
	{"quiet", VMFC_OPTION_BOOL, "false", "discard the output of the command"},
	{NULL},
};

typedef struct {
	VmfcContext *context;
	gchar **command;  /* the first word is a path; empty in a check */
	VmfcChild *child; /* NULL while it is not running */
} Command;

static void
command_close(gpointer data)
{
	Command *self = data;
	g_strfreev(self->command);
	g_free(self);
}

/* Replaces the name of the program by its path. */
static gboolean
find_program(gchar **command, GError **error)
{
	gchar *path = g_find_program_in_path(command[0]);

	if (path == NULL) {
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_USAGE,
			"workload command: program '%s' not found, neither in PATH nor as a path",
			command[0]);
		return FALSE;
	}
	g_free(command[0]);
	command[0] = path;
	return TRUE;
}

static gboolean
read_command(Command *self, GError **error)
{
	const gchar *argument = vmfc_context_get_argument(self->context);
	const gchar *text = argument != NULL ? argument
					     : vmfc_context_get_string(self->context, "run");
	g_autoptr(GError) reason = NULL;

	if (text[0] == '\0' && vmfc_context_is_check(self->context))
		return TRUE;
	if (text[0] == '\0') {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "workload command: no command given; set it, for example with --set "
			    "command.run='sysbench cpu run'");
		return FALSE;
	}
	if (g_shell_parse_argv(text, NULL, &self->command, &reason))
		return find_program(self->command, error);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "workload command: '%s': %s", text,
		    reason->message);
	return FALSE;
}

static gpointer
command_open(VmfcContext *context, GError **error)
{
	Command *self = g_new0(Command, 1);

	self->context = context;
	if (read_command(self, error))
		return self;
	command_close(self);
	return NULL;
}

static void
command_ended(const GError *error, gpointer user_data)
{
	Command *self = user_data;

	g_clear_pointer(&self->child, vmfc_child_free);
	vmfc_context_end_workload(self->context, error);
}

static void
command_runs(gpointer data)
{
	Command *self = data;
	g_autofree gchar *name = g_path_get_basename(self->command[0]);

	vmfc_context_set_phase(self->context, name);
}

static gboolean
command_start(gpointer data, GError **error)
{
	Command *self = data;
	const VmfcChildSetup setup = {
		.context = self->context,
		.argv = (const gchar *const *)self->command,
		.is_quiet = vmfc_context_get_bool(self->context, "quiet"),
		.running = command_runs,
		.ended = command_ended,
		.user_data = self,
	};

	self->child = vmfc_child_start(&setup, error);
	if (self->child == NULL)
		return FALSE;
	command_runs(self);
	return TRUE;
}

static void
command_finish(gpointer data)
{
	Command *self = data;

	if (self->child != NULL)
		vmfc_child_finish(self->child);
	else
		vmfc_context_end_workload(self->context, NULL);
}

static void
command_stop(gpointer data)
{
	Command *self = data;
	g_clear_pointer(&self->child, vmfc_child_free);
}

static const VmfcWorkload workload = {
	.open = command_open,
	.start = command_start,
	.stop = command_stop,
	.close = command_close,
	.finish = command_finish,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "command",
	.version = VMFC_VERSION,
	.license = "Apache-2.0",
	.summary = "runs a command of your choice, for a fixed time or until it ends",
	.options = options,
	.workload = &workload,
};

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/push/arguments.h"

#include "base/option-table.h"
#include "remote/remote-labels.h"
#include "vmfc/vmfc-plugin.h"

#define MAX_TIMEOUT  3600
#define MAX_PATIENCE 86400

#define FIELD(name) G_STRUCT_OFFSET(VmfcPushArguments, name)

/* In the order of --help. */
static const VmfcOptionEntry entries[] = {
	{"url", 0, VMFC_ENTRY_TEXT, FIELD(url), NULL, "URL",
	 "Address of a receiver of Prometheus remote write"},
	{"label", 'l', VMFC_ENTRY_LIST, FIELD(labels), NULL, "NAME=VALUE",
	 "Label of all series, for example vm_id=UUID; may be given several times"},
	{"token-file", 0, VMFC_ENTRY_TEXT, FIELD(token_file), NULL, "FILE",
	 "File with a bearer token for the receiver"},
	{"ca-file", 0, VMFC_ENTRY_TEXT, FIELD(ca_file), NULL, "FILE",
	 "Certificates of the authorities that sign the receiver's certificate"},
	{"timeout", 0, VMFC_ENTRY_DURATION, FIELD(timeout), "30", "SECONDS",
	 "Maximum time of one request (default: 30)", .minimum = 1, .maximum = MAX_TIMEOUT},
	{"patience", 0, VMFC_ENTRY_DURATION, FIELD(patience), "60", "SECONDS",
	 "How long to try again while the receiver does not answer (default: 60)", .minimum = 0,
	 .maximum = MAX_PATIENCE},
	{"verbose", 'v', VMFC_ENTRY_FLAG, FIELD(verbose), NULL, NULL, "More messages"},
	{"help", 'h', VMFC_ENTRY_HELP, FIELD(help), NULL, NULL, "Show this help"},
	{0},
};

static const VmfcOptionTable table = {
	.program = "vmfc push",
	.required = "--url=URL",
	.summary =
		"vmfc push sends files of records to a receiver of Prometheus remote write, with "
		"the times at which they were recorded.",
	.entries = entries,
	.words = "FILE...",
	.words_field = FIELD(files),
};

static gboolean
set_missing(const gchar *what, GError **error)
{
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "%s missing, for example: vmfc push vm_features.json "
		    "--url http://localhost:9090/api/v1/write",
		    what);
	return FALSE;
}

static gboolean
check_labels(const VmfcPushArguments *arguments, GError **error)
{
	g_autoptr(GArray) labels = vmfc_remote_labels_new();

	for (guint i = 0; arguments->labels != NULL && arguments->labels[i] != NULL; i++) {
		if (!vmfc_remote_labels_parse(labels, arguments->labels[i], "--label", error))
			return FALSE;
	}
	return TRUE;
}

/*
 * @arguments: argv of main(), without `push`
 *
 * Returns: (transfer full): %NULL with a message for the user in @error
 */
VmfcPushArguments *
vmfc_push_arguments_parse(GStrv arguments, GError **error)
{
	g_autoptr(VmfcPushArguments) parsed = g_new0(VmfcPushArguments, 1);

	if (!vmfc_option_table_parse(&table, arguments, parsed, error))
		return NULL;
	if (parsed->help != NULL)
		return g_steal_pointer(&parsed);
	if (parsed->files == NULL || parsed->files[0] == NULL) {
		set_missing("a file of records is", error);
		return NULL;
	}
	if (parsed->url == NULL) {
		set_missing("--url is", error);
		return NULL;
	}
	return check_labels(parsed, error) ? g_steal_pointer(&parsed) : NULL;
}

void
vmfc_push_arguments_free(VmfcPushArguments *arguments)
{
	g_strfreev(arguments->files);
	g_free(arguments->url);
	g_strfreev(arguments->labels);
	g_free(arguments->token_file);
	g_free(arguments->ca_file);
	g_free(arguments->help);
	g_free(arguments);
}

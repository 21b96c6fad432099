/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "inspect/inspect.h"

#include <stdio.h>

#include "inspect/check.h"
#include "base/mask.h"
#include "inspect/list-commands.h"
#include "inspect/list-metrics.h"

/* Returns: (transfer full): the answer to the user's option; %NULL with @error set */
static gchar *
build_report(const VmfcOptions *options, gboolean *is_good, GError **error)
{
	VmfcRegistry *registry = options->registry;

	switch (options->action) {
	case VMFC_ACTION_LIST_PLUGINS:
		return vmfc_list_plugins(registry, options);
	case VMFC_ACTION_NAME_PLUGINS:
		return vmfc_list_plugin_names(registry);
	case VMFC_ACTION_LIST_WORKLOADS:
		return vmfc_list_workloads(registry, options, error);
	case VMFC_ACTION_NAME_WORKLOADS:
		return vmfc_list_workload_names(registry, options, error);
	case VMFC_ACTION_LIST_FEATURES:
		return vmfc_list_features(registry, options, error);
	case VMFC_ACTION_LIST_METRICS:
		return vmfc_list_metrics(registry, options, error);
	default:
		return vmfc_check_report(registry, options, is_good, error);
	}
}

/*
 * Prints the answer to --check or one of the --list options.
 *
 * Returns: the exit code; 2 with @error set
 */
gint
vmfc_inspect_run(const VmfcOptions *options, GError **error)
{
	gboolean is_good = TRUE;
	g_autofree gchar *text = build_report(options, &is_good, error);

	if (text == NULL)
		return 2;
	g_autofree gchar *masked = vmfc_mask(text);
	fputs(masked, stdout);
	return options->action == VMFC_ACTION_CHECK_STRICTLY && !is_good ? 1 : 0;
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Any text as an answer of Prometheus' interface: refused with a reason, or rows of valid CSV. */

#include "base/document.h"
#include "fuzz.h"
#include "tools/pull/feature-rows.h"
#include "tools/pull/power-rows.h"
#include "vmfc/vmfc-plugin.h"

#define MOST ((gsize)4 << 20)
#define TO   2000000000000

static void
check_error(const GPtrArray *list, GError **error)
{
	g_assert_true((list == NULL) == (*error != NULL));
	if (list == NULL)
		g_assert_true(g_error_matches(*error, VMFC_ERROR, VMFC_ERROR_FORMAT) ||
			      g_error_matches(*error, VMFC_ERROR, VMFC_ERROR_IO));
	g_clear_error(error);
}

static void
check_machine(const VmfcMachine *machine, const VmfcPullNames *names, const GPtrArray *series)
{
	g_autoptr(VmfcPullFeatures) features = vmfc_pull_features_new(machine, names, series);
	g_autofree gchar *header = vmfc_pull_features_build_header(features);
	g_autofree gchar *selector = vmfc_machine_build_selector(machine, "x");
	g_autoptr(GString) rows = g_string_new(NULL);

	g_assert_true(g_str_has_suffix(selector, "}"));
	g_assert_null(strpbrk(machine->name, "/\n"));
	g_assert_cmpuint(strlen(machine->name), <=, 120);
	g_assert_true(g_str_has_suffix(header, "\n"));
	guint n_rows = vmfc_pull_features_add(features, series, 0, rows);
	g_assert_true((n_rows == 0) == (rows->len == 0));
	g_assert_null(strstr(rows->str, "nan"));
	g_assert_null(strstr(rows->str, "inf,"));
}

static void
check_samples(const GPtrArray *series)
{
	g_autoptr(VmfcPullNames) names = vmfc_pull_names_new();
	g_autoptr(GPtrArray) machines = vmfc_machine_list_new(series);
	g_autoptr(VmfcPullPower) power = vmfc_pull_power_new(series);
	g_autoptr(GString) rows = g_string_new(NULL);

	for (guint i = 0; i < machines->len; i++)
		check_machine(machines->pdata[i], names, series);
	vmfc_pull_power_add(power, series, 0, rows);
	g_assert_null(strchr(rows->str, 'f'));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree gchar *text = g_malloc(size + 1);
	g_autoptr(GError) error = NULL;

	memcpy(text, data, size);
	text[size] = '\0';
	g_autoptr(JsonNode) root = vmfc_document_parse(text, size, MOST, NULL);
	if (root == NULL)
		return 0;
	g_autoptr(GPtrArray) list = vmfc_answer_parse_list(root, &error);
	check_error(list, &error);
	g_autoptr(GPtrArray) series = vmfc_answer_parse_samples(root, -1, TO, &error);
	check_error(series, &error);
	if (series != NULL)
		check_samples(series);
	return 0;
}

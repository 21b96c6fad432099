/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* One plugin per reason for which the loader refuses one: built once for each CASE_. */

#include "vmfc/vmfc-plugin.h"

static gpointer
broken_open(VmfcContext *context, G_GNUC_UNUSED GError **error)
{
#ifdef CASE_column_taken
	const VmfcColumn column = {.name = "core_count", .type = VMFC_TYPE_INT};
#else
	const VmfcColumn column = {.name = "broken",
				   .unit = "1",
				   .type = VMFC_TYPE_INT,
				   .source = "here",
				   .description = "always 7"};
#endif
	vmfc_context_add_column(context, &column);
	return g_new0(gint, 1);
}

G_GNUC_UNUSED static VmfcAnswer
broken_sample(G_GNUC_UNUSED gpointer self, VmfcRecord *record, G_GNUC_UNUSED GError **error)
{
	vmfc_record_set_int(record, 0, 7);
	return VMFC_ANSWER_DONE;
}

G_GNUC_UNUSED static const VmfcSampler sampler = {
	.open = broken_open,
#ifndef CASE_no_function
	.sample = broken_sample,
#endif
	.close = g_free,
};

#ifdef CASE_two_tables
static const VmfcSink sink = {0};
#endif

#ifdef CASE_no_symbol
VMFC_API const VmfcPlugin some_plugin;
#define vmfc_plugin some_plugin
#endif

const VmfcPlugin vmfc_plugin = {
#ifdef CASE_other_major
	.abi_major = VMFC_ABI_MAJOR + 1,
#else
	.abi_major = VMFC_ABI_MAJOR,
#endif
#ifdef CASE_newer_minor
	.abi_minor = VMFC_ABI_MINOR + 1,
#else
	.abi_minor = VMFC_ABI_MINOR,
#endif
#ifdef CASE_wrong_name
	.name = "somebody_else",
#else
	.name = G_STRINGIFY(NAME),
#endif
#ifndef CASE_no_version
	.version = "1",
#endif
#ifndef CASE_no_licence
	.license = "Apache-2.0",
#endif
#ifndef CASE_no_summary
	.summary = "for the tests of the loader",
#endif
	.rank = 200,
#ifndef CASE_no_table
	.sampler = &sampler,
#endif
#ifdef CASE_two_tables
	.sink = &sink,
#endif
};

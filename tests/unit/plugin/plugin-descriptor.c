/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "plugin/plugin-descriptor.h"

#include <string.h>

/* Whole plugins, of which each test spoils a copy; nothing of them is called. */

static gpointer
sink_open(G_GNUC_UNUSED VmfcContext *context, G_GNUC_UNUSED const VmfcSchema *schema,
	  G_GNUC_UNUSED GError **error)
{
	return NULL;
}

static gboolean
sink_write(G_GNUC_UNUSED gpointer self, G_GNUC_UNUSED const VmfcRecord *record,
	   G_GNUC_UNUSED GError **error)
{
	return FALSE;
}

static gboolean
sink_close(G_GNUC_UNUSED gpointer self, G_GNUC_UNUSED GError **error)
{
	return FALSE;
}

static const VmfcOption options[] = {{"size", VMFC_OPTION_INT, "1", "how large"}, {NULL}};

static VmfcSink
make_sink(const gchar *extension)
{
	return (VmfcSink){.open = sink_open,
			  .write = sink_write,
			  .close = sink_close,
			  .extension = extension};
}

static VmfcPlugin
make_plugin(const VmfcSink *sink, const VmfcAlias *aliases)
{
	return (VmfcPlugin){
		.abi_major = VMFC_ABI_MAJOR,
		.abi_minor = VMFC_ABI_MINOR,
		.name = "tray",
		.version = "1",
		.license = "Apache-2.0",
		.summary = "is checked",
		.options = options,
		.sink = sink,
		.aliases = aliases,
	};
}

/* @says: a part of the reason; NULL: it is not refused */
static void
check(const VmfcPlugin *plugin, const gchar *says)
{
	g_autoptr(GError) refusal = vmfc_plugin_descriptor_check(plugin, "tray");

	if (says == NULL) {
		g_assert_no_error(refusal);
		return;
	}
	g_assert_error(refusal, VMFC_ERROR, VMFC_ERROR_PLUGIN);
	g_test_message("%s", refusal->message);
	g_assert_nonnull(strstr(refusal->message, says));
}

static void
test_aliases(void)
{
	static const struct {
		VmfcAlias alias;
		const gchar *says;
	} cases[] = {
		{{"tray-size", "size", "N", "How large"}, NULL},
		{{"t9", "size", "N", "How large"}, NULL},
		{{"tray-size", NULL, "N", "How large"}, "of its alias --tray-size: fill it in"},
		{{"tray-size", "size", NULL, "How large"}, "of its alias --tray-size: fill it in"},
		{{"tray-size", "size", "N", NULL}, "of its alias --tray-size: fill it in"},
		{{"tray-size", "width", "N", "How wide"},
		 "its alias --tray-size stands for the option 'width', which it does not declare"},
		{{"--tray-size", "size", "N", "How large"},
		 "aliases begin with a lower case letter"},
		{{"tray_size", "size", "N", "How large"}, "aliases begin with a lower case letter"},
		{{"", "size", "N", "How large"}, "aliases begin with a lower case letter"},
	};
	const VmfcSink sink = make_sink(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const VmfcAlias aliases[] = {
			{"tray-first", "size", "N", "How large"}, cases[i].alias, {NULL}};
		const VmfcPlugin plugin = make_plugin(&sink, aliases);
		check(&plugin, cases[i].says);
	}
}

static void
test_extensions(void)
{
	static const gchar *const good[] = {".tray", ".tray.json", NULL};
	static const gchar *const bad[] = {"tray", "", ".", ".a/b"};

	for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
		const VmfcSink sink = make_sink(good[i]);
		const VmfcPlugin plugin = make_plugin(&sink, NULL);
		check(&plugin, NULL);
	}
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		const VmfcSink sink = make_sink(bad[i]);
		const VmfcPlugin plugin = make_plugin(&sink, NULL);
		check(&plugin, "an extension begins with a dot and has no slash");
	}
}

/* What stands where a newer minor has a field is not looked at. */
static void
test_older(void)
{
	const VmfcSink sink = make_sink("no extension");
	const VmfcAlias aliases[] = {{"NO ALIAS", NULL, NULL, NULL}, {NULL}};
	VmfcPlugin plugin = make_plugin(&sink, aliases);

	plugin.abi_minor = 4;
	check(&plugin, NULL);
}

/* ---------------------------------------------------- what may not be left out */

static gpointer
part_open(G_GNUC_UNUSED VmfcContext *context, G_GNUC_UNUSED GError **error)
{
	return NULL;
}

static gboolean
part_start(G_GNUC_UNUSED gpointer self, G_GNUC_UNUSED GError **error)
{
	return FALSE;
}

static VmfcAnswer
part_sample(G_GNUC_UNUSED gpointer self, G_GNUC_UNUSED VmfcRecord *record,
	    G_GNUC_UNUSED GError **error)
{
	return VMFC_ANSWER_DONE;
}

static void
part_end(G_GNUC_UNUSED gpointer self)
{
}

static void
test_sampler_functions(void)
{
	static const VmfcSampler whole = {
		.open = part_open, .sample = part_sample, .close = part_end};
	VmfcSampler lacking[] = {whole, whole, whole};

	lacking[0].open = NULL;
	lacking[1].sample = NULL;
	lacking[2].close = NULL;
	VmfcPlugin plugin = make_plugin(NULL, NULL);
	plugin.sampler = &whole;
	check(&plugin, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(lacking); i++) {
		plugin.sampler = &lacking[i];
		check(&plugin, "it lacks open, sample or close of its sampler: fill it in");
	}
}

static void
test_workload_functions(void)
{
	static const VmfcWorkload whole = {
		.open = part_open, .start = part_start, .stop = part_end, .close = part_end};
	VmfcWorkload lacking[] = {whole, whole, whole, whole};

	lacking[0].open = NULL;
	lacking[1].start = NULL;
	lacking[2].stop = NULL;
	lacking[3].close = NULL;
	VmfcPlugin plugin = make_plugin(NULL, NULL);
	plugin.workload = &whole;
	check(&plugin, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(lacking); i++) {
		plugin.workload = &lacking[i];
		check(&plugin, "it lacks open, start, stop or close of its workload: fill it in");
	}
}

static void
test_sink_functions(void)
{
	const VmfcSink whole = make_sink(NULL);
	VmfcSink lacking[] = {whole, whole, whole};

	lacking[0].open = NULL;
	lacking[1].write = NULL;
	lacking[2].close = NULL;
	for (guint i = 0; i < G_N_ELEMENTS(lacking); i++) {
		const VmfcPlugin plugin = make_plugin(&lacking[i], NULL);
		check(&plugin, "it lacks open, write or close of its sink: fill it in");
	}
}

/* @field: of @plugin; what it is without it */
static void
check_without(const VmfcPlugin *plugin, gsize field, const gchar *says)
{
	VmfcPlugin lacking = *plugin;

	*(const gchar **)((gchar *)&lacking + field) = NULL;
	check(&lacking, says);
}

static void
test_fields(void)
{
	const VmfcSink sink = make_sink(NULL);
	const VmfcSampler sampler = {.open = part_open, .sample = part_sample, .close = part_end};
	VmfcPlugin plugin = make_plugin(&sink, NULL);

	check_without(&plugin, G_STRUCT_OFFSET(VmfcPlugin, name), "it calls itself ''");
	check_without(&plugin, G_STRUCT_OFFSET(VmfcPlugin, version), "it lacks a version");
	check_without(&plugin, G_STRUCT_OFFSET(VmfcPlugin, license), "it lacks a licence");
	check_without(&plugin, G_STRUCT_OFFSET(VmfcPlugin, summary), "it lacks a summary");
	check_without(&plugin, G_STRUCT_OFFSET(VmfcPlugin, options), NULL);
	check_without(&plugin, G_STRUCT_OFFSET(VmfcPlugin, sink), "it has 0 of the tables");
	plugin.sampler = &sampler;
	check(&plugin, "it has 2 of the tables sampler, workload and sink: exactly one");
}

/* Of the last option as of the first. */
static void
test_options(void)
{
	static const VmfcOption lacking[][3] = {
		{{"size", VMFC_OPTION_INT, "1", "how large"}, {"a", 0, NULL, "what"}, {NULL}},
		{{"size", VMFC_OPTION_INT, "1", "how large"}, {"a", 0, "1", NULL}, {NULL}},
		{{"size", VMFC_OPTION_INT, NULL, "how large"}, {"a", 0, "1", "what"}, {NULL}},
	};
	const VmfcSink sink = make_sink(NULL);
	VmfcPlugin plugin = make_plugin(&sink, NULL);

	for (guint i = 0; i < G_N_ELEMENTS(lacking); i++) {
		plugin.options = lacking[i];
		check(&plugin, "it lacks the default or the help of an option");
	}
}

static void
test_versions(void)
{
	const VmfcSink sink = make_sink(NULL);
	VmfcPlugin plugin = make_plugin(&sink, NULL);

	plugin.abi_minor = VMFC_ABI_MINOR + 1;
	check(&plugin, "use a newer vmfc");
	plugin.abi_minor = 0;
	check(&plugin, NULL);
	plugin.abi_major = VMFC_ABI_MAJOR + 1;
	check(&plugin, "build it again");
	plugin.abi_major = VMFC_ABI_MAJOR - 1;
	check(&plugin, "build it again");
	plugin = make_plugin(&sink, NULL);
	plugin.name = "trays";
	check(&plugin, "it calls itself 'trays': name the file trays.so");
	plugin.name = "core";
	g_autoptr(GError) refusal = vmfc_plugin_descriptor_check(&plugin, "core");
	g_assert_error(refusal, VMFC_ERROR, VMFC_ERROR_PLUGIN);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plugin-descriptor/aliases", test_aliases);
	g_test_add_func("/plugin-descriptor/extensions", test_extensions);
	g_test_add_func("/plugin-descriptor/older", test_older);
	g_test_add_func("/plugin-descriptor/sampler", test_sampler_functions);
	g_test_add_func("/plugin-descriptor/workload", test_workload_functions);
	g_test_add_func("/plugin-descriptor/sink", test_sink_functions);
	g_test_add_func("/plugin-descriptor/fields", test_fields);
	g_test_add_func("/plugin-descriptor/options", test_options);
	g_test_add_func("/plugin-descriptor/versions", test_versions);
	return g_test_run();
}

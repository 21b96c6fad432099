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

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plugin-descriptor/aliases", test_aliases);
	g_test_add_func("/plugin-descriptor/extensions", test_extensions);
	g_test_add_func("/plugin-descriptor/older", test_older);
	return g_test_run();
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/option-table.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/nearest.h"
#include "base/regular-file.h"
#include "vmfc/vmfc-plugin.h"

#define LARGEST_CONFIG (1024 * 1024)
/* The layout of --help: as wide as the terminal, within limits; the column of the texts. */
#define MIN_HELP_WIDTH 80
#define MAX_HELP_WIDTH 100
#define HELP_COLUMN    33

/* The given values, before they are parsed. */
typedef struct {
	const VmfcOptionTable *table;
	GPtrArray *values;	  /* of VmfcOptionValue, in the given order */
	VmfcOptionValue **latest; /* of each entry; NULL: not given */
	gboolean skips_unknown;	  /* skips options that the table does not have */
	guint n_skipped;
} Given;

static void
value_free(VmfcOptionValue *value)
{
	g_free(value->text);
	g_free(value);
}

static void
given_init(Given *given, const VmfcOptionTable *table)
{
	guint n_entries = 0;

	while (table->entries[n_entries].name != NULL)
		n_entries++;
	*given = (Given){.table = table};
	given->values = g_ptr_array_new_with_free_func((GDestroyNotify)value_free);
	given->latest = g_new0(VmfcOptionValue *, n_entries);
}

static void
given_clear(Given *given)
{
	g_ptr_array_unref(given->values);
	g_free(given->latest);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Given, given_clear)

static VmfcOptionValue *
get_latest(const Given *given, const VmfcOptionEntry *entry)
{
	return given->latest[entry - given->table->entries];
}

static void
add_value(Given *given, const VmfcOptionEntry *entry, const gchar *text, gboolean from_config)
{
	VmfcOptionValue *value = g_new0(VmfcOptionValue, 1);

	value->entry = entry;
	value->text = g_strdup(text);
	value->from_config = from_config;
	g_ptr_array_add(given->values, value);
	given->latest[entry - given->table->entries] = value;
}

/* --------------------------------------------------------- command line */

/* @option: with its dashes */
static gboolean
has_name(const VmfcOptionEntry *entry, const gchar *option)
{
	if (option[1] != '-')
		return option[1] == entry->letter;
	gboolean found = g_str_equal(option + 2, entry->name);
	for (guint i = 0; i < G_N_ELEMENTS(entry->aliases); i++)
		found |= g_strcmp0(option + 2, entry->aliases[i]) == 0;
	return found;
}

/* An option of the command line. */
static gboolean
take_option(const gchar *option, const gchar *text, gpointer data, G_GNUC_UNUSED GError **error)
{
	Given *given = data;
	const VmfcOptionEntry *entry = given->table->entries;

	while (!has_name(entry, option))
		entry++;
	if (text == NULL)
		text = entry->alone != NULL ? entry->alone : "true";
	add_value(given, entry, text, FALSE);
	return TRUE;
}

static gint
get_flags(const VmfcOptionEntry *entry)
{
	if (entry->argument == NULL)
		return G_OPTION_FLAG_NO_ARG;
	return entry->alone != NULL ? G_OPTION_FLAG_FILENAME | G_OPTION_FLAG_OPTIONAL_ARG
				    : G_OPTION_FLAG_FILENAME;
}

/* Adds an option for GLib, and hidden ones for its other names. */
static void
append_entries(GArray *entries, const VmfcOptionEntry *entry)
{
	GOptionEntry option = {
		.long_name = entry->name,
		.short_name = entry->letter,
		.flags = get_flags(entry),
		.arg = G_OPTION_ARG_CALLBACK,
		.arg_data = take_option,
		.arg_description = entry->argument,
	};

	g_array_append_val(entries, option);
	option.short_name = 0;
	option.flags |= G_OPTION_FLAG_HIDDEN;
	for (guint i = 0; i < G_N_ELEMENTS(entry->aliases) && entry->aliases[i] != NULL; i++) {
		option.long_name = entry->aliases[i];
		g_array_append_val(entries, option);
	}
}

static GOptionContext *
make_context(Given *given)
{
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GOptionGroup) group = g_option_group_new("main", "", "", given, NULL);
	g_autoptr(GArray) entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));

	for (const VmfcOptionEntry *entry = given->table->entries; entry->name != NULL; entry++)
		append_entries(entries, entry);
	g_option_group_add_entries(group, (const GOptionEntry *)entries->data);
	g_option_context_set_main_group(context, g_steal_pointer(&group));
	/* GLib's own --help would end the process */
	g_option_context_set_help_enabled(context, FALSE);
	return g_steal_pointer(&context);
}

/* Turns an error of GLib into a sentence of vmfc, with the nearest option. */
static void
set_bad_option(const VmfcOptionTable *table, const GError *reason, GError **error)
{
	const gchar *word = strstr(reason->message, "--");
	gboolean is_unknown = word != NULL && g_error_matches(reason, G_OPTION_ERROR,
							      G_OPTION_ERROR_UNKNOWN_OPTION);
	g_autofree gchar *name = is_unknown ? g_strndup(word, strcspn(word, "=")) : g_strdup("");
	g_auto(VmfcNearest) nearest;

	vmfc_nearest_init(&nearest, name);
	for (const VmfcOptionEntry *entry = table->entries; is_unknown && entry->name != NULL;
	     entry++) {
		g_autofree gchar *option = g_strconcat("--", entry->name, NULL);
		vmfc_nearest_try(&nearest, option);
	}
	g_autofree gchar *hint = vmfc_nearest_to_text(&nearest);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "%c%s%s; %s --help shows all options",
		    g_ascii_tolower(reason->message[0]), reason->message + 1, hint, table->program);
}

/* Returns: (transfer full): without the "--" that GLib leaves before words that look like options
 */
static GStrv
take_words(gchar *const *rest)
{
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();
	gboolean is_after = FALSE;

	for (guint i = 0; rest[i] != NULL; i++) {
		if (is_after || !g_str_equal(rest[i], "--"))
			g_strv_builder_add(words, rest[i]);
		else
			is_after = TRUE;
	}
	return g_strv_builder_end(words);
}

static gboolean
parse_arguments(GOptionContext *context, const VmfcOptionTable *table, GStrv arguments,
		GStrv *words, GError **error)
{
	g_auto(GStrv) rest = g_strdupv(arguments);
	g_autoptr(GError) reason = NULL;

	if (!g_option_context_parse_strv(context, &rest, &reason)) {
		set_bad_option(table, reason, error);
		return FALSE;
	}
	if (rest == NULL || rest[0] == NULL || rest[1] == NULL)
		return TRUE;
	if (table->words != NULL) {
		*words = take_words(rest + 1);
		return TRUE;
	}
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "'%s' is not an option; %s --help shows all options", rest[1], table->program);
	return FALSE;
}

/* ----------------------------------------------------------------- help */

static void
append_wrapped(GString *help, const gchar *text, guint indent)
{
	guint width = CLAMP(vmfc_log_get_width(STDOUT_FILENO), MIN_HELP_WIDTH, MAX_HELP_WIDTH);
	g_autofree gchar *spaces = g_strnfill(indent, ' ');
	g_autofree gchar *wrapped = vmfc_log_wrap(text, width, spaces);

	g_string_append_printf(help, "%s\n", wrapped);
}

static void
append_option(GString *help, const VmfcOptionEntry *entry)
{
	const gchar letter[] = {'-', entry->letter, ',', ' ', '\0'};
	g_autoptr(GString) names = g_string_new(entry->letter != 0 ? letter : NULL);

	g_string_append_printf(names, "--%s", entry->name);
	if (entry->argument != NULL)
		g_string_append_printf(names, entry->alone != NULL ? "[=%s]" : "=%s",
				       entry->argument);
	g_autoptr(GString) line = g_string_new(NULL);
	g_string_printf(line, "  %-*s %s", HELP_COLUMN - 3, names->str, entry->help);
	for (guint i = 0; i < G_N_ELEMENTS(entry->aliases) && entry->aliases[i] != NULL; i++)
		g_string_append_printf(line, "; also --%s", entry->aliases[i]);
	append_wrapped(help, line->str, HELP_COLUMN);
}

/* Returns: (transfer full): the text of --help */
static gchar *
make_help(const VmfcOptionTable *table)
{
	GString *help = g_string_new("Usage:\n  ");
	gboolean has_times = FALSE;

	g_string_append_printf(
		help, "%s%s%s%s%s [OPTION...]\n\n", table->program, table->words != NULL ? " " : "",
		table->words != NULL ? table->words : "", table->required != NULL ? " " : "",
		table->required != NULL ? table->required : "");
	append_wrapped(help, table->summary, 0);
	for (const VmfcOptionEntry *entry = table->entries; entry->name != NULL; entry++) {
		if (entry->heading != NULL || entry == table->entries)
			g_string_append_printf(help, "\n%s:\n",
					       entry->heading != NULL ? entry->heading : "Options");
		append_option(help, entry);
		has_times |= entry->type == VMFC_ENTRY_DURATION ||
			     entry->type == VMFC_ENTRY_SECONDS;
	}
	g_string_append_printf(help, "\n%s%s%s",
			       has_times ? "SECONDS can have units: 100ms, 5m, 1h30m, 2d.\n" : "",
			       table->description != NULL ? table->description : "",
			       table->description != NULL ? "\n" : "");
	return g_string_free(help, FALSE);
}

/* ---------------------------------------------------------- config file */

static gboolean
set_bad_key(const VmfcOptionTable *table, const gchar *path, const gchar *key, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);

	for (const VmfcOptionEntry *entry = table->entries; entry->name != NULL; entry++) {
		if (!entry->command_line_only)
			g_string_append_printf(known, "%s%s", known->len > 0 ? ", " : "",
					       entry->name);
	}
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "%s: [%s] has no key '%s'; it has: %s",
		    path, table->config_group, key, known->str);
	return FALSE;
}

/* A key of the program's group in the config file; the command line wins. */
static gboolean
take_key(Given *given, const gchar *path, const gchar *key, const gchar *text, GError **error)
{
	for (const VmfcOptionEntry *entry = given->table->entries; entry->name != NULL; entry++) {
		if (entry->command_line_only || !g_str_equal(key, entry->name))
			continue;
		if (get_latest(given, entry) == NULL)
			add_value(given, entry, text, TRUE);
		return TRUE;
	}
	if (given->skips_unknown)
		given->n_skipped++;
	return given->skips_unknown || set_bad_key(given->table, path, key, error);
}

static GKeyFile *
load_config(const gchar *path, GError **error)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) reason = NULL;
	gsize length;
	g_autofree gchar *text = vmfc_regular_file_read(path, LARGEST_CONFIG, &length, &reason);

	if (text == NULL) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "the config file %s",
			    reason->message);
		return NULL;
	}
	if (!g_key_file_load_from_data(file, text, length, G_KEY_FILE_NONE, &reason)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "the config file %s cannot be used: %s", path, reason->message);
		return NULL;
	}
	return g_steal_pointer(&file);
}

static gboolean
read_config(Given *given, const gchar *path, gpointer fields, GError **error)
{
	const VmfcOptionTable *table = given->table;
	g_autoptr(GKeyFile) file = load_config(path, error);

	if (file == NULL)
		return FALSE;
	g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);
	for (guint i = 0; groups[i] != NULL; i++) {
		g_auto(GStrv) keys = g_key_file_get_keys(file, groups[i], NULL, NULL);
		for (guint j = 0; keys != NULL && keys[j] != NULL; j++) {
			g_autofree gchar *text = g_key_file_get_value(file, groups[i], keys[j],
								      NULL);
			if (!g_str_equal(groups[i], table->config_group))
				table->take_other_key(fields, groups[i], keys[j], text);
			/* trailing blanks are not part of the value */
			else if (!take_key(given, path, keys[j], g_strchomp(text), error))
				return FALSE;
		}
	}
	return TRUE;
}

/* ------------------------------------------------------------ all of it */

static const VmfcOptionValue *
find_type(const Given *given, VmfcEntryType type)
{
	for (const VmfcOptionEntry *entry = given->table->entries; entry->name != NULL; entry++) {
		if (entry->type == type && get_latest(given, entry) != NULL)
			return get_latest(given, entry);
	}
	return NULL;
}

static void
add_defaults(Given *given)
{
	for (const VmfcOptionEntry *entry = given->table->entries; entry->name != NULL; entry++) {
		if (entry->value != NULL && get_latest(given, entry) == NULL)
			add_value(given, entry, entry->value, FALSE);
	}
}

/* The last value of an option wins, but a list keeps all values. */
static gboolean
store_values(const Given *given, const gchar *config, gpointer fields, GError **error)
{
	for (guint i = 0; i < given->values->len; i++) {
		const VmfcOptionValue *value = given->values->pdata[i];
		if (value->entry->type != VMFC_ENTRY_LIST &&
		    value != get_latest(given, value->entry))
			continue;
		if (vmfc_option_entry_store(value, fields, error))
			continue;
		if (value->from_config)
			g_prefix_error(error, "%s: ", config);
		return FALSE;
	}
	return TRUE;
}

/*
 * Fills @fields like vmfc_option_table_parse(), but skips what it does not understand and checks
 * nothing.
 *
 * Returns: whether there are options or keys that the table does not have
 */
gboolean
vmfc_option_table_skim(const VmfcOptionTable *table, GStrv arguments, gpointer fields)
{
	g_auto(Given) given;
	g_auto(GStrv) rest = g_strdupv(arguments);

	given_init(&given, table);
	given.skips_unknown = TRUE;
	g_autoptr(GOptionContext) context = make_context(&given);
	g_option_context_set_ignore_unknown_options(context, TRUE);
	if (!g_option_context_parse_strv(context, &rest, NULL))
		return FALSE;
	for (guint i = 1; rest[0] != NULL && rest[i] != NULL; i++)
		given.n_skipped += g_str_has_prefix(rest[i], "-") ? 1 : 0;
	const VmfcOptionValue *config = find_type(&given, VMFC_ENTRY_CONFIG);
	if (config != NULL && !read_config(&given, config->text, fields, NULL))
		return FALSE;
	store_values(&given, NULL, fields, NULL);
	return given.n_skipped > 0;
}

/*
 * Fills @fields from the command line, which wins, the config file and the defaults. With --help
 * only the text of --help is stored.
 *
 * @arguments: starts with the name of the program
 * @fields: the struct with the fields of the entries
 *
 * Returns: %FALSE with a sentence for the user in @error
 */
gboolean
vmfc_option_table_parse(const VmfcOptionTable *table, GStrv arguments, gpointer fields,
			GError **error)
{
	g_auto(Given) given;
	g_auto(GStrv) words = NULL;

	given_init(&given, table);
	g_autoptr(GOptionContext) context = make_context(&given);
	if (!parse_arguments(context, table, arguments, &words, error))
		return FALSE;
	const VmfcOptionValue *help = find_type(&given, VMFC_ENTRY_HELP);
	if (help != NULL) {
		g_autofree gchar *text = make_help(table);
		const VmfcOptionValue shown = {help->entry, text, FALSE};
		return vmfc_option_entry_store(&shown, fields, error);
	}
	const VmfcOptionValue *config = find_type(&given, VMFC_ENTRY_CONFIG);
	if (config != NULL && !read_config(&given, config->text, fields, error))
		return FALSE;
	add_defaults(&given);
	if (table->words != NULL)
		G_STRUCT_MEMBER(GStrv, fields, table->words_field) = g_steal_pointer(&words);
	return store_values(&given, config != NULL ? config->text : NULL, fields, error);
}

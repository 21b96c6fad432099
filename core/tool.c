/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * `vmfc NAME ...` runs the program vmfc-NAME, as git and cargo do. The program replaces this
 * process, so its exit code and its signals are those of vmfc.
 */

#include "tool.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file-trust.h"
#include "base/install-path.h"
#include "base/nearest.h"
#include "tool-table.h"
#include "vmfc/vmfc-plugin.h"

#define PREFIX "vmfc-"

/* The tools of vmfc itself, from their meson.build. */
static const struct {
	const gchar *name;
	const gchar *summary;
} own_tools[] = {VMFC_TOOLS};

/* -------------------------------------------------------------- rights */

static gboolean
has_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	if (syscall(SYS_capget, &header, data) != 0)
		return TRUE;
	for (guint i = 0; i < G_N_ELEMENTS(data); i++) {
		if (data[i].permitted != 0)
			return TRUE;
	}
	return FALSE;
}

/*
 * Returns: whether a tool would get rights from vmfc that the user who set PATH may not have.
 *   Ambient capabilities count, too: execve(2) passes them on.
 */
static gboolean
is_privileged(void)
{
	return vmfc_file_trust_is_privileged() || has_capabilities();
}

/* ---------------------------------------------------------------- files */

static gboolean
is_name(const gchar *name)
{
	gsize length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
	return length > 0 && name[length] == '\0';
}

static gboolean
is_program(const gchar *path)
{
	return g_file_test(path, G_FILE_TEST_IS_REGULAR) &&
	       g_file_test(path, G_FILE_TEST_IS_EXECUTABLE);
}

/* Skips empty and relative entries of PATH, which depend on the current folder. */
static void
append_path(GPtrArray *folders)
{
	const gchar *path = g_getenv("PATH");
	g_auto(GStrv) entries = g_strsplit(path != NULL ? path : "", ":", -1);

	for (guint i = 0; entries[i] != NULL; i++) {
		if (g_path_is_absolute(entries[i]))
			g_ptr_array_add(folders, g_strdup(entries[i]));
	}
}

/* Returns: the folders of tools; the first tool of a name wins */
static GPtrArray *
find_folders(void)
{
	GPtrArray *folders = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(folders, vmfc_install_path_find_tools());
	if (!is_privileged())
		append_path(folders);
	return folders;
}

/* Returns: (transfer full) (nullable): the path of the program vmfc-NAME */
static gchar *
find_program(const GPtrArray *folders, const gchar *name)
{
	g_autofree gchar *file = g_strconcat(PREFIX, name, NULL);

	for (guint i = 0; is_name(name) && i < folders->len; i++) {
		g_autofree gchar *path = g_build_filename(folders->pdata[i], file, NULL);
		if (is_program(path))
			return g_steal_pointer(&path);
	}
	return NULL;
}

/* Adds the tools of a folder by name, each with its path. A tool of an earlier folder wins. */
static void
list_folder(GTree *tools, const gchar *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const gchar *file;

	while (dir != NULL && (file = g_dir_read_name(dir)) != NULL) {
		const gchar *name = file + strlen(PREFIX);
		if (!g_str_has_prefix(file, PREFIX) || !is_name(name) ||
		    g_tree_lookup(tools, name) != NULL)
			continue;
		g_autofree gchar *path = g_build_filename(folder, file, NULL);
		if (is_program(path))
			g_tree_insert(tools, g_strdup(name), g_steal_pointer(&path));
	}
}

static gint
compare_names(gconstpointer left, gconstpointer right, G_GNUC_UNUSED gpointer data)
{
	return strcmp(left, right);
}

/* Returns: (transfer full): the paths of all tools, by name */
static GTree *
list_tools(void)
{
	GTree *tools = g_tree_new_full(compare_names, NULL, g_free, g_free);
	g_autoptr(GPtrArray) folders = find_folders();

	for (guint i = 0; i < folders->len; i++)
		list_folder(tools, folders->pdata[i]);
	return tools;
}

/* ------------------------------------------------------------ refusals */

static gboolean
try_name(gpointer name, G_GNUC_UNUSED gpointer path, gpointer nearest)
{
	vmfc_nearest_try(nearest, name);
	return FALSE;
}

/* Names the nearest tool, but does not run it. */
static void
set_unknown(const gchar *name, GError **error)
{
	g_autoptr(GTree) tools = list_tools();
	g_auto(VmfcNearest) nearest;

	vmfc_nearest_init(&nearest, name);
	g_tree_foreach(tools, try_name, &nearest);
	vmfc_nearest_try(&nearest, "help");
	g_autofree gchar *hint = nearest.name != NULL
					 ? g_strdup_printf(" did you mean %s?", nearest.name)
					 : g_strdup("");
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "'%s' is neither an option nor a tool;%s vmfc --help shows all options and "
		    "tools",
		    name, hint);
}

/* Says why vmfc does not run a program vmfc-NAME. */
static void
set_not_found(const gchar *name, const gchar *own_folder, GError **error)
{
	g_autoptr(GPtrArray) folders = g_ptr_array_new_with_free_func(g_free);

	append_path(folders);
	g_autofree gchar *path = find_program(folders, name);
	if (path != NULL) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "vmfc does not run %s, because vmfc runs privileged (as root or with "
			    "capabilities) and then runs only the tools in %s: call the program "
			    "directly, or vmfc as a plain user",
			    path, own_folder);
		return;
	}
	for (guint i = 0; i < G_N_ELEMENTS(own_tools); i++) {
		if (!g_str_equal(own_tools[i].name, name))
			continue;
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "vmfc %s cannot run: the program " PREFIX
			    "%s is missing in %s; install the package vmfc-tools, or build all of "
			    "vmfc",
			    name, name, own_folder);
		return;
	}
	set_unknown(name, error);
}

/*
 * @path: (inout) (transfer full): its links are resolved
 *
 * Returns: %FALSE if others could have written a program that would get rights from vmfc
 */
static gboolean
check_trust(gchar **path, GError **error)
{
	g_autoptr(GError) reason = NULL;
	gchar *real = realpath(*path, NULL);

	if (real != NULL) {
		g_free(*path);
		*path = real;
	}
	if (vmfc_file_trust_check(*path, &reason))
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "vmfc does not run %s: %s", *path,
		    reason->message);
	return FALSE;
}

/* ------------------------------------------------------------------ use */

static gboolean
is_help(const VmfcProgram *program)
{
	return g_str_equal(program->arguments[1], "help");
}

/* Returns: whether the first word names a tool; `vmfc help` alone is about vmfc itself */
gboolean
vmfc_tool_is_requested(const VmfcProgram *program)
{
	const gchar *const *arguments = (const gchar *const *)program->arguments;

	if (arguments[0] == NULL || arguments[1] == NULL || arguments[1][0] == '-')
		return FALSE;
	return !is_help(program) || arguments[2] != NULL;
}

/* Returns: the arguments of the tool; its name is "vmfc NAME", as the user calls it */
static GPtrArray *
build_arguments(const VmfcProgram *program, const gchar *name)
{
	GPtrArray *arguments = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(arguments, g_strdup_printf("vmfc %s", name));
	if (is_help(program))
		g_ptr_array_add(arguments, g_strdup("--help"));
	for (guint i = 2; !is_help(program) && program->arguments[i] != NULL; i++)
		g_ptr_array_add(arguments, g_strdup(program->arguments[i]));
	g_ptr_array_add(arguments, NULL);
	return arguments;
}

/*
 * Runs `vmfc NAME ...` and `vmfc help NAME`. Returns only if that fails, with a sentence in @error.
 */
void
vmfc_tool_run(const VmfcProgram *program, GError **error)
{
	const gchar *name = program->arguments[is_help(program) ? 2 : 1];
	g_autoptr(GPtrArray) folders = find_folders();
	g_autofree gchar *path = find_program(folders, name);

	if (path == NULL) {
		set_not_found(name, folders->pdata[0], error);
		return;
	}
	if (is_privileged() && !check_trust(&path, error))
		return;
	g_autoptr(GPtrArray) arguments = build_arguments(program, name);
	vmfc_program_restore_signals(program);
	execv(path, (gchar **)arguments->pdata);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
		    "%s cannot be run: %s; a script must name its interpreter in its first line",
		    path, g_strerror(errno));
}

static gboolean
append_line(gpointer name, gpointer path, gpointer text)
{
	g_autofree gchar *own_folder = vmfc_install_path_find_tools();
	g_autofree gchar *folder = g_path_get_dirname(path);
	const gchar *summary = path;

	for (guint i = 0; i < G_N_ELEMENTS(own_tools); i++) {
		if (g_str_equal(own_tools[i].name, name) && g_str_equal(folder, own_folder))
			summary = own_tools[i].summary;
	}
	g_string_append_printf(text, "  %-30s %s\n", (const gchar *)name, summary);
	return FALSE;
}

/*
 * Describes tools for `vmfc --help`, without running them: those of vmfc with their summaries,
 * others with their paths.
 *
 * Returns: (transfer full)
 */
gchar *
vmfc_tool_get_help(void)
{
	GString *text = g_string_new("\nTools:\n");
	g_autoptr(GTree) tools = list_tools();

	g_tree_foreach(tools, append_line, text);
	g_string_append(text, "\nvmfc TOOL --help shows the options of a tool.\n");
	return g_string_free(text, FALSE);
}

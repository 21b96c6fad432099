/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/names.h"

#include <string.h>

#include "rows/cell-write.h"

#define OTHERS	   "(all others)"
#define NO_NAME	   "(missing)"
#define MAX_LENGTH 256 /* bytes; a longer one is cut */

/* @shared: (nullable): names of other files */
void
vmfc_names_init(VmfcNames *names, GPtrArray *shared)
{
	*names = (VmfcNames){.names = shared != NULL ? g_ptr_array_ref(shared)
						     : g_ptr_array_new_with_free_func(g_free)};
}

void
vmfc_names_clear(VmfcNames *names)
{
	g_clear_pointer(&names->names, g_ptr_array_unref);
}

static gboolean
is_equal(const gchar *name, const VmfcTableCell *cell)
{
	return strncmp(name, cell->text, cell->length) == 0 && name[cell->length] == '\0';
}

static gchar *
read_name(const VmfcTableCell *cell)
{
	VmfcTableCell part = *cell;
	gboolean is_long = cell->length > MAX_LENGTH;

	part.length = MIN(cell->length, MAX_LENGTH);
	if (is_long) /* an escape may be cut: as it is */
		return g_strndup(cell->text, part.length);
	return vmfc_cell_get_text(&part);
}

/* Returns: the number of the name */
static guint
find(VmfcNames *names, const gchar *name)
{
	for (guint i = 0; i < names->names->len; i++) {
		if (g_str_equal(names->names->pdata[i], name))
			return i;
	}
	if (names->names->len == VMFC_NAMES_MAX)
		return VMFC_NAMES_MAX - 1;
	gboolean is_last = names->names->len == VMFC_NAMES_MAX - 1;
	g_ptr_array_add(names->names, g_strdup(is_last ? OTHERS : name));
	return names->names->len - 1;
}

/* Counts a row. Returns: the number of its name */
guint
vmfc_names_add(VmfcNames *names, const VmfcTableCell *cell)
{
	gboolean is_plain = !cell->is_escaped && cell->length > 0 && cell->length <= MAX_LENGTH;

	if (names->names->len == 0 || !is_plain ||
	    !is_equal(names->names->pdata[names->last], cell)) {
		g_autofree gchar *name = cell->kind == VMFC_CELL_MISSING ? g_strdup(NO_NAME)
									 : read_name(cell);
		names->last = find(names, name);
	}
	names->counts[names->last]++;
	return names->last;
}

/* Each name is at its number; names of other files are left out. */
void
vmfc_names_add_to_section(const VmfcNames *names, VmfcSection *section)
{
	for (guint i = 0; i < names->names->len; i++)
		g_ptr_array_add(section->workloads,
				names->counts[i] > 0 ? g_strdup(names->names->pdata[i]) : NULL);
	if (names->names->len == VMFC_NAMES_MAX && names->counts[VMFC_NAMES_MAX - 1] > 0)
		vmfc_section_add_note(
			section,
			"Only the first %d workloads or groups of the files are "
			"told apart; %" G_GUINT64_FORMAT " rows are of the others, as %s.",
			VMFC_NAMES_MAX - 1, names->counts[VMFC_NAMES_MAX - 1], OTHERS);
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/missing.h"

/* Consecutive windows in which a counter may lack a start, or a ratio its denominator, silently. */
#define MAX_SILENT_WINDOWS 5

/* Reasons of the core, for a missing value for which the plugin gives no reason. */
#define WENT_BACKWARDS "its total went backwards"
#define STARTED_OVER   "its total started over"
#define NO_START       "the reading that opens the window is missing"
#define NO_REASON      "its plugin gives no reason"

/* Stands for all further reasons, if a plugin puts numbers into its reasons. */
#define OTHER_REASONS "other reasons"

static VmfcReason *
find_reason(VmfcDeclaration *declaration, const gchar *text)
{
	const guint last = VMFC_N_REASONS - 1;
	guint i = 0;

	while (i < last && declaration->reasons[i].text != NULL) {
		if (g_str_equal(declaration->reasons[i].text, text))
			return &declaration->reasons[i];
		i++;
	}
	VmfcReason *reason = &declaration->reasons[i];
	if (reason->text == NULL)
		reason->text = g_strdup(i < last ? text : OTHER_REASONS);
	return reason;
}

/* Marks a reason as reported, so that the user does not get the warning again. */
void
vmfc_missing_mark_reported(VmfcContext *context, const gchar *reason)
{
	for (guint i = 0; i < context->declarations->len; i++)
		find_reason(context->declarations->pdata[i], reason)->said = TRUE;
}

/* Called once before the first tick, after the warnings about the reasons that `open` gave. */
void
vmfc_missing_prepare(VmfcContext *context)
{
	for (guint i = 0; i < context->declarations->len; i++) {
		VmfcDeclaration *declaration = context->declarations->pdata[i];
		if (vmfc_declaration_is_missing(declaration) && declaration->reason != NULL)
			find_reason(declaration, declaration->reason)->said = TRUE;
	}
}

static const gchar *
reason_of_counter(const VmfcRecord *record, guint column)
{
	gdouble total, start;

	if (!vmfc_record_get_total(record, column, &total))
		return NO_REASON;
	if (!vmfc_record_get_start(record, column, &start))
		return NO_START;
	return total < start ? WENT_BACKWARDS : STARTED_OVER;
}

/*
 * @at_once: (out): whether to warn in the first such window, not only after several
 *
 * Returns: (nullable): %NULL if no value was due
 */
static const gchar *
reason_of(const VmfcContext *context, guint column, gboolean *at_once)
{
	const VmfcDeclaration *declaration = context->declarations->pdata[column];

	*at_once = TRUE;
	if (vmfc_declaration_is_missing(declaration))
		return declaration->reason != NULL ? declaration->reason : NO_REASON;
	if (context->failed)
		return context->failure;
	if (context->pending || context->not_due)
		return NULL;
	*at_once = FALSE;
	if (declaration->state == VMFC_STATE_OK && declaration->reason != NULL)
		return declaration->reason;
	return declaration->column.kind == VMFC_KIND_COUNTER
		       ? reason_of_counter(&context->record, column)
		       : NO_REASON;
}

/*
 * Warns that columns of a plugin are missing.
 *
 * @columns: their names
 * @reason: (nullable)
 * @remedy: (nullable): a sentence
 */
void
vmfc_missing_warn(const gchar *plugin, const gchar *columns, const gchar *reason,
		  const gchar *remedy)
{
	g_warning("%s: %s%s%s. Missing: %s", plugin, reason != NULL ? reason : NO_REASON,
		  remedy != NULL ? ". " : "", remedy != NULL ? remedy : "", columns);
}

/* Warns about all columns of the plugin that are missing in this window for one reason. */
static void
warn(VmfcContext *context, const gchar *reason)
{
	g_autoptr(GString) names = g_string_new(NULL);
	const gchar *remedy = NULL;

	for (guint i = 0; i < context->declarations->len; i++) {
		VmfcDeclaration *declaration = context->declarations->pdata[i];
		if (declaration->missing_now == NULL ||
		    !g_str_equal(declaration->missing_now->text, reason))
			continue;
		g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "",
				       declaration->column.name);
		find_reason(declaration, reason)->said = TRUE;
		declaration->is_owed = FALSE;
		if (g_strcmp0(declaration->reason, reason) == 0)
			remedy = declaration->remedy;
	}
	vmfc_missing_warn(context->plugin->name, names->str, reason, remedy);
}

/* Returns: whether the user must get a warning about this column */
static gboolean
note_column(VmfcContext *context, guint column, VmfcRow *row)
{
	VmfcDeclaration *declaration = context->declarations->pdata[column];
	gboolean at_once;

	declaration->missing_now = NULL;
	declaration->is_owed = FALSE;
	if (declaration->column.hidden || declaration->column.kind == VMFC_KIND_LABEL)
		return FALSE;
	if (vmfc_record_has(&context->record, column)) {
		declaration->missing_for = 0;
		return FALSE;
	}
	const gchar *text = reason_of(context, column, &at_once);
	if (text == NULL)
		return FALSE;
	VmfcReason *reason = find_reason(declaration, text);
	row->why[declaration->index] = (guint8)(reason - declaration->reasons + 1);
	declaration->missing_now = reason;
	declaration->missing_for++;
	declaration->is_owed = !reason->said &&
			       (at_once || declaration->missing_for > MAX_SILENT_WINDOWS);
	return declaration->is_owed;
}

/*
 * Notes in a finished record which values of the sampler are missing and why. Allocates only if the
 * reason is new.
 */
void
vmfc_missing_note(VmfcContext *context, VmfcRow *row)
{
	gboolean any = FALSE;

	context->record.row = row;
	for (guint i = 0; i < context->declarations->len; i++)
		any |= note_column(context, i, row);
	context->record.row = NULL;
	for (guint i = 0; any && i < context->declarations->len; i++) {
		const VmfcDeclaration *declaration = context->declarations->pdata[i];
		if (declaration->is_owed)
			warn(context, declaration->missing_now->text);
	}
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/option-entry.h"

#include "base/nearest.h"
#include "base/number-text.h"
#include "base/quantity.h"
#include "vmfc/vmfc-plugin.h"

/* ------------------------------------------------------------- messages */

/*
 * Says what a value must be.
 *
 * @form: the valid values, in words
 *
 * Returns: %FALSE, with the sentence in @error
 */
gboolean
vmfc_option_entry_set_error(const VmfcOptionEntry *entry, const gchar *text, const gchar *form,
			    GError **error)
{
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "--%s is '%s', but must be %s",
		    entry->name, text, form);
	return FALSE;
}

/* Lists the valid names of an option, and the nearest to @name. Returns: %FALSE */
gboolean
vmfc_option_entry_set_bad_name(const gchar *option, const gchar *name, const gchar *const *names,
			       GError **error)
{
	g_autofree gchar *joined = g_strjoinv(", ", (gchar **)names);
	gboolean is_one = names[0] != NULL && names[1] == NULL;
	g_autofree gchar *known = is_one ? g_strdup_printf("'%s'", joined)
					 : g_strdup_printf("one of %s", joined);
	g_auto(VmfcNearest) nearest;

	vmfc_nearest_init(&nearest, name);
	for (guint i = 0; names[i] != NULL; i++)
		vmfc_nearest_try(&nearest, names[i]);
	g_autofree gchar *hint = vmfc_nearest_to_text(&nearest);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "--%s is '%s'%s, but must be %s", option,
		    name, hint, known);
	return FALSE;
}

static gboolean
has_limits(const VmfcOptionEntry *entry)
{
	return entry->maximum > entry->minimum;
}

/* @form: the kind of value; the message adds the limits of the entry */
static gboolean
set_bad_number(const VmfcOptionValue *value, const gchar *form, GError **error)
{
	const VmfcOptionEntry *entry = value->entry;

	if (!has_limits(entry))
		return vmfc_option_entry_set_error(entry, value->text, form, error);
	g_autofree gchar *limits = g_strdup_printf("%s from %.15g to %.15g", form, entry->minimum,
						   entry->maximum);
	return vmfc_option_entry_set_error(entry, value->text, limits, error);
}

/* Returns: whether @number, in @unit, is within the limits of the entry */
static gboolean
check_limits(const VmfcOptionValue *value, gdouble number, const gchar *unit, GError **error)
{
	const VmfcOptionEntry *entry = value->entry;

	if (!has_limits(entry) || (number >= entry->minimum && number <= entry->maximum))
		return TRUE;
	g_autofree gchar *limits = g_strdup_printf("from %.15g to %.15g %s", entry->minimum,
						   entry->maximum, unit);
	return vmfc_option_entry_set_error(entry, value->text, limits, error);
}

/* --------------------------------------------------------------- values */

static void
append_text(GStrv *list, const gchar *text)
{
	guint length = *list != NULL ? g_strv_length(*list) : 0;

	*list = g_renew(gchar *, *list, length + 2);
	(*list)[length] = g_strdup(text);
	(*list)[length + 1] = NULL;
}

static gboolean
store_flag(const VmfcOptionValue *value, gboolean *field, GError **error)
{
	*field = g_str_equal(value->text, "true") || g_str_equal(value->text, "1");
	if (*field || g_str_equal(value->text, "false") || g_str_equal(value->text, "0"))
		return TRUE;
	return vmfc_option_entry_set_error(value->entry, value->text, "true or false", error);
}

static gboolean
store_int(const VmfcOptionValue *value, gint64 *field, GError **error)
{
	const VmfcOptionEntry *entry = value->entry;

	if (vmfc_number_text_parse_int(value->text, field) &&
	    (!has_limits(entry) ||
	     ((gdouble)*field >= entry->minimum && (gdouble)*field <= entry->maximum)))
		return TRUE;
	return set_bad_number(value, "a whole number", error);
}

static gboolean
store_float(const VmfcOptionValue *value, gdouble *field, GError **error)
{
	const VmfcOptionEntry *entry = value->entry;

	if (vmfc_number_text_parse_float(value->text, field) &&
	    (!has_limits(entry) || (*field >= entry->minimum && *field <= entry->maximum)))
		return TRUE;
	return set_bad_number(value, "a number", error);
}

static gboolean
store_seconds(const VmfcOptionValue *value, gdouble *field, GError **error)
{
	if (!vmfc_quantity_parse_seconds(value->text, field))
		return vmfc_option_entry_set_error(value->entry, value->text,
						   VMFC_QUANTITY_DURATION, error);
	return check_limits(value, *field, "seconds", error);
}

static gboolean
store_duration(const VmfcOptionValue *value, gint64 *field, GError **error)
{
	gdouble seconds;

	if (!store_seconds(value, &seconds, error))
		return FALSE;
	if (vmfc_quantity_parse_duration(value->text, field))
		return TRUE;
	return vmfc_option_entry_set_error(value->entry, value->text,
					   "0, or from a nanosecond to 292 years", error);
}

static gboolean
store_size(const VmfcOptionValue *value, gint64 *field, GError **error)
{
	if (!vmfc_quantity_parse_size(value->text, field))
		return vmfc_option_entry_set_error(value->entry, value->text, VMFC_QUANTITY_SIZE,
						   error);
	return check_limits(value, (gdouble)*field, "bytes", error);
}

static gboolean
store_choice(const VmfcOptionValue *value, gint *field, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (const VmfcChoice *choice = value->entry->choices; choice->name != NULL; choice++) {
		if (g_str_equal(choice->name, value->text)) {
			*field = choice->value;
			return TRUE;
		}
		if (choice->name[0] != '\0')
			g_ptr_array_add(names, (gpointer)choice->name);
	}
	g_ptr_array_add(names, NULL);
	return vmfc_option_entry_set_bad_name(value->entry->name, value->text,
					      (const gchar *const *)names->pdata, error);
}

/*
 * Parses a value and stores it in its field.
 *
 * @fields: the struct with the fields of all options
 *
 * Returns: %FALSE with a sentence for the user in @error if the value is invalid
 */
gboolean
vmfc_option_entry_store(const VmfcOptionValue *value, gpointer fields, GError **error)
{
	gpointer field = G_STRUCT_MEMBER_P(fields, value->entry->field);

	switch (value->entry->type) {
	case VMFC_ENTRY_TEXT:
	case VMFC_ENTRY_CONFIG:
	case VMFC_ENTRY_HELP:
		g_free(*(gchar **)field);
		*(gchar **)field = g_strdup(value->text);
		return TRUE;
	case VMFC_ENTRY_LIST:
		append_text(field, value->text);
		return TRUE;
	case VMFC_ENTRY_FLAG:
		return store_flag(value, field, error);
	case VMFC_ENTRY_INT:
		return store_int(value, field, error);
	case VMFC_ENTRY_FLOAT:
		return store_float(value, field, error);
	case VMFC_ENTRY_DURATION:
		return store_duration(value, field, error);
	case VMFC_ENTRY_SECONDS:
		return store_seconds(value, field, error);
	case VMFC_ENTRY_SIZE:
		return store_size(value, field, error);
	case VMFC_ENTRY_CHOICE:
		return store_choice(value, field, error);
	case VMFC_ENTRY_OTHER:
		return value->entry->parse(value, fields, error);
	}
	g_return_val_if_reached(FALSE);
}

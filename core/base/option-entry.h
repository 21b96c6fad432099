/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* The type of an option's value, and of its field. */
typedef enum {
	VMFC_ENTRY_TEXT,     /* gchar * */
	VMFC_ENTRY_LIST,     /* GStrv: the option may be given several times */
	VMFC_ENTRY_FLAG,     /* gboolean; without a value on the command line */
	VMFC_ENTRY_INT,	     /* gint64 */
	VMFC_ENTRY_FLOAT,    /* gdouble */
	VMFC_ENTRY_DURATION, /* gint64, in ns */
	VMFC_ENTRY_SECONDS,  /* gdouble: a duration in s, which may be negative */
	VMFC_ENTRY_SIZE,     /* gint64, in bytes */
	VMFC_ENTRY_CHOICE,   /* gint: the value of one of @choices */
	VMFC_ENTRY_CONFIG,   /* gchar *: the path of a file with further options */
	VMFC_ENTRY_HELP,     /* gchar *: the text of --help, if it was requested */
	VMFC_ENTRY_OTHER,    /* @parse stores it */
} VmfcEntryType;

typedef struct {
	const gchar *name; /* "" is the option alone; %NULL ends the list */
	gint value;
} VmfcChoice;

typedef struct _VmfcOptionEntry VmfcOptionEntry;

/* A value that was given for an option. */
typedef struct {
	const VmfcOptionEntry *entry;
	gchar *text;
	gboolean from_config; /* not from the command line or the default */
} VmfcOptionValue;

/* @fields: the struct with the fields of all options */
typedef gboolean (*VmfcEntryParse)(const VmfcOptionValue *value, gpointer fields, GError **error);

/* One option of a command line. */
struct _VmfcOptionEntry {
	const gchar *name;
	gchar letter; /* 0: none */
	VmfcEntryType type;
	gsize field;	       /* G_STRUCT_OFFSET() of its field */
	const gchar *value;    /* the default; %NULL: the field stays as it is */
	const gchar *argument; /* name of the value in --help; %NULL: the option has no value */
	const gchar *help;
	const gchar *alone; /* the value if the option is given without one; %NULL: it needs one */
	gdouble minimum;    /* of a number; of a time in s */
	gdouble maximum;    /* not above the minimum: no limits */
	const VmfcChoice *choices;
	VmfcEntryParse parse;
	const gchar *aliases[2];    /* other names */
	gboolean command_line_only; /* invalid in the config file */
	const gchar *heading; /* of the group in --help that starts here; %NULL: no new group */
};

gboolean
vmfc_option_entry_store(const VmfcOptionValue *value, gpointer fields, GError **error);
gboolean
vmfc_option_entry_set_error(const VmfcOptionEntry *entry, const gchar *text, const gchar *form,
			    GError **error);
gboolean
vmfc_option_entry_set_bad_name(const gchar *option, const gchar *name, const gchar *const *names,
			       GError **error);

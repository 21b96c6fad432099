/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* The selected VMs. */
typedef struct {
	GPtrArray *names; /* of gchar *; names and UUIDs */
	gchar *whole; /* the whole list as one name; NULL: the list has no comma, or it has quotes
		       */
	GPatternSpec *pattern; /* NULL: no pattern */
	gboolean anything;     /* neither names nor a pattern were given */
} Names;

typedef enum {
	NAMES_NONE,
	NAMES_LISTED,  /* it is a name of the list */
	NAMES_WHOLE,   /* it is the whole list, with its commas */
	NAMES_MATCHED, /* by the pattern, or because all are selected */
} NamesMatch;

gboolean
names_init(Names *names, const gchar *list, const gchar *pattern, GError **error);
void
names_clear(Names *names);
NamesMatch
names_match(const Names *names, const gchar *id, const gchar *name);
void
names_append_shown(GString *list, const gchar *name);

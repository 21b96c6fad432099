/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* Which VMs are asked for. */
typedef struct {
	GPtrArray *names;      /* of gchar *; names and UUIDs */
	gchar *whole;	       /* the list as one name; NULL: no comma is in it, or quotes are */
	GPatternSpec *pattern; /* NULL: none was given */
	gboolean anything;     /* neither names nor a pattern were given */
} Names;

typedef enum {
	NAMES_NONE,
	NAMES_LISTED,  /* it is one of the list */
	NAMES_WHOLE,   /* it is the list, commas and all */
	NAMES_MATCHED, /* by the pattern, or because all are asked for */
} NamesMatch;

gboolean
names_init(Names *names, const gchar *list, const gchar *pattern, GError **error);
void
names_clear(Names *names);
NamesMatch
names_match(const Names *names, const gchar *id, const gchar *name);
void
names_append_shown(GString *list, const gchar *name);

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <pthread.h>

#include "vmfc/vmfc-plugin.h"

/* Maximum number of reasons per column; the last one stands for all others. */
#define VMFC_N_REASONS 9

/* Why a column was missing. */
typedef struct {
	gchar *text;
	gboolean said; /* vmfc has logged it */
} VmfcReason;

/* A declared column and its state. The schema owns it. */
typedef struct {
	VmfcColumn column; /* its strings are owned */
	gchar *plugin;
	guint index;	   /* place in the row; valid once the schema is frozen */
	guint string_slot; /* for string columns */
	VmfcState state;
	const gchar *reason; /* interned, like the remedy */
	const gchar *remedy;
	guint64 period;			    /* in ticks; 0 or 1: a value is due at each of them */
	GPtrArray *facts;		    /* of gchar *: key, value, key, value, … */
	VmfcReason reasons[VMFC_N_REASONS]; /* the reasons so far, then zeros */
	const VmfcReason *missing_now;	    /* NULL: not missing in the last window */
	guint missing_for;		    /* windows in a row */
	gboolean is_owed;		    /* a warning is due */
} VmfcDeclaration;

/*
 * The properties of a column that a tick needs, packed so that all columns share a few cache lines.
 */
typedef struct {
	guint8 type;
	guint8 kind;
	guint16 string_slot;
} VmfcTraits;

/*
 * Columns in order of declaration; once frozen, the visible ones first. Rows and records have the
 * same order.
 */
struct _VmfcSchema {
	GPtrArray *declarations;
	VmfcTraits *traits; /* by cell, once frozen */
	guint n_visible;
	guint n_strings;
	gboolean frozen;
	/*
	 * protects states and facts: the main thread changes them, the writer's thread may read
	 * them
	 */
	pthread_mutex_t lock;
};

VmfcSchema *
vmfc_schema_new(void);
void
vmfc_schema_free(VmfcSchema *schema);
VmfcDeclaration *
vmfc_schema_add(VmfcSchema *schema, const gchar *plugin, const VmfcColumn *column, GError **error);
void
vmfc_schema_freeze(VmfcSchema *schema);
guint
vmfc_schema_get_n_cells(const VmfcSchema *schema);
const VmfcDeclaration *
vmfc_schema_get_declaration(const VmfcSchema *schema, guint index);
const VmfcDeclaration *
vmfc_schema_find(const VmfcSchema *schema, const gchar *name);

void
vmfc_declaration_describe(VmfcDeclaration *declaration, const gchar *key, const gchar *value);
VmfcState
vmfc_declaration_get_state(const VmfcSchema *schema, const VmfcDeclaration *declaration,
			   const gchar **reason);
gboolean
vmfc_declaration_has_state(const VmfcDeclaration *declaration, VmfcState state, const gchar *reason,
			   const gchar *remedy);
void
vmfc_declaration_set_state(VmfcDeclaration *declaration, VmfcState state, const gchar *reason,
			   const gchar *remedy);
gboolean
vmfc_declaration_is_missing(const VmfcDeclaration *declaration);

/* @first: one of the columns; @names: all of them, as a list for the user */
typedef void (*VmfcMissingFunc)(const VmfcDeclaration *first, const gchar *names,
				gpointer user_data);
void
vmfc_schema_foreach_missing(const VmfcSchema *schema, VmfcMissingFunc func, gpointer user_data);

const gchar *
vmfc_state_to_string(VmfcState state);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcSchema, vmfc_schema_free)

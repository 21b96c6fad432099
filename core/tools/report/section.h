/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/report/plot.h"

/* A cell of a sheet: a text, or a number where the text is NULL. */
typedef struct {
	gchar *text;
	gdouble number;
} VmfcSheetCell;

/* A table of a report. */
typedef struct {
	gchar *title;
	GPtrArray *headers; /* of names */
	GArray *cells;	    /* of VmfcSheetCell, row by row */
	guint64 n_left_out; /* rows that are not shown */
} VmfcSheet;

/* What a report says about one file, independent of the form in which it is shown. */
typedef struct {
	gchar *kind;	      /* "run", for example */
	gchar *name;	      /* of the file */
	GPtrArray *facts;     /* name and text by turns */
	GPtrArray *notes;     /* sentences */
	GPtrArray *workloads; /* names, in the order of their letters; NULL: no row has it */
	GPtrArray *plots;     /* of VmfcPlot */
	GPtrArray *sheets;    /* of VmfcSheet */
	gchar *card;	      /* (nullable): of a model */
} VmfcSection;

VmfcSection *
vmfc_section_new(const gchar *kind, const gchar *path);
void
vmfc_section_free(VmfcSection *section);
void
vmfc_section_add_fact(VmfcSection *section, const gchar *name, const gchar *text);
void
vmfc_section_add_note(VmfcSection *section, const gchar *format, ...) G_GNUC_PRINTF(2, 3);
VmfcSheet *
vmfc_section_add_sheet(VmfcSection *section, const gchar *title, const gchar *const *headers);
VmfcPlot *
vmfc_section_add_plot(VmfcSection *section, const gchar *name, const gchar *what,
		      const gchar *zone);
void
vmfc_section_make_unique(VmfcSection *section);
void
vmfc_sheet_add_text(VmfcSheet *sheet, const gchar *text);
void
vmfc_sheet_add_number(VmfcSheet *sheet, gdouble number);
guint
vmfc_sheet_get_n_rows(const VmfcSheet *sheet);
const VmfcSheetCell *
vmfc_sheet_get_cell(const VmfcSheet *sheet, guint row, guint column);
gboolean
vmfc_sheet_is_number_column(const VmfcSheet *sheet, guint column);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcSection, vmfc_section_free)

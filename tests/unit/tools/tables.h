/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "../rows/table-of.h"
#include "rows/row-clock.h"
#include "tools/merge/pair.h"
#include "tools/merge/power-choice.h"

/* Returns: (transfer full): one pair, whose features are @text */
static inline VmfcPair *
pair_of(const gchar *text, guint index)
{
	VmfcPair *pair = g_new0(VmfcPair, 1);

	pair->index = index;
	pair->features = table_of(text);
	pair->power.table = table_of("a\n");
	g_assert_true(vmfc_row_clock_init(&pair->clock, pair->features, NULL));
	return pair;
}

static inline GPtrArray *
pairs_of(const gchar *text)
{
	GPtrArray *pairs = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_pair_free);
	g_ptr_array_add(pairs, pair_of(text, 0));
	return pairs;
}

/* All rows of a file of power. */
typedef struct {
	VmfcPower power;
	GArray *rows; /* of VmfcPowerRow */
	VmfcTable *table;
} Read;

/* Reads all rows of a file. @max_gap: s */
static inline void
read_all(Read *read, const gchar *text, gdouble max_gap)
{
	g_autoptr(GError) error = NULL;

	*read = (Read){.table = table_of(text),
		       .rows = g_array_new(FALSE, FALSE, sizeof(VmfcPowerRow))};
	g_assert_true(vmfc_row_clock_init(&read->power.clock, read->table, &error));
	g_assert_true(vmfc_power_open(&read->power, read->table, -1, max_gap, &error));
	g_assert_no_error(error);
	for (;;) {
		VmfcPowerRow row;
		g_assert_true(vmfc_power_read(&read->power, &row, &error));
		if (read->power.is_at_end)
			break;
		g_array_append_val(read->rows, row);
	}
}

static inline void
read_clear(Read *read)
{
	vmfc_power_clear(&read->power);
	g_free(read->power.text);
	g_array_unref(read->rows);
	vmfc_table_free(read->table);
}

static inline const VmfcPowerRow *
row_at(const Read *read, guint i)
{
	g_assert_cmpuint(i, <, read->rows->len);
	return &g_array_index(read->rows, VmfcPowerRow, i);
}

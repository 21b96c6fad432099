/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <string.h>

#include <glib.h>

/* The lines that the card has to have, each once, in this order. */
static inline void
assert_lines(const gchar *card, const gchar *const *lines)
{
	for (guint i = 0; lines[i] != NULL; i++) {
		const gchar *at = strstr(card, lines[i]);
		g_test_message("%s", lines[i]);
		g_assert_nonnull(at);
		card = at + strlen(lines[i]);
	}
}

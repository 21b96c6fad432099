/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/power-zone.h"
#include "common/scan.h"

/* The part of a zone's name that identifies the socket, such as 0 or 0_die_1. */
#define RAPL_SOCKET_SIZE 24

/* The content of a zone's file `name`. */
typedef struct {
	VmfcZone zone;
	gchar socket[RAPL_SOCKET_SIZE]; /* empty when the name has none */
} RaplName;

gboolean
rapl_parse_name(const gchar *text, gsize length, RaplName *name);
gboolean
rapl_parse_energy(const gchar *text, gsize length, gint64 *microjoules);
gboolean
rapl_is_zone_folder(const gchar *name);

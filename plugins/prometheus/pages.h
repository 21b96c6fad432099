/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <gio/gio.h>

#include "metrics/exposition.h"

/*
 * The pages of the server. The writer's thread adds records; the server's thread takes pages, each
 * of which is rendered once per record, and compressed once, when it is requested for the first
 * time.
 */
typedef struct _Pages Pages;

typedef enum {
	PAGE_TEXT = VMFC_EXPOSITION_TEXT,
	PAGE_OPENMETRICS = VMFC_EXPOSITION_OPENMETRICS,
	PAGE_START,
	N_PAGES,
} PageKind;

Pages *
pages_new(const VmfcMetrics *metrics, const gchar *version, gint64 interval);
void
pages_free(Pages *self);
void
pages_add(Pages *self, const VmfcMetricValues *values);
GBytes *
pages_get(Pages *self, PageKind kind, gboolean is_packed);
gchar *
pages_get_health(Pages *self, gboolean *is_good);

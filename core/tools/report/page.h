/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* The largest size of a page. */
#define VMFC_PAGE_MAX_SIZE ((gsize)2000000)

gchar *
vmfc_page_build(const GPtrArray *sections);

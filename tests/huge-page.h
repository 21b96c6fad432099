/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/*
 * Returns: (transfer full): a page of Kepler's with 100,000 processes, each with its CPU seconds
 * and its watts: 46 MB
 */
GString *
huge_page_new(void);

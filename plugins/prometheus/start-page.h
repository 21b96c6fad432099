/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "history.h"

void
start_page_append(GString *html, const History *history, const gchar *version);

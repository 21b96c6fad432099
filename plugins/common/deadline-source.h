/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

guint
vmfc_deadline_source_add(gint64 time, GSourceFunc callback, gpointer user_data);

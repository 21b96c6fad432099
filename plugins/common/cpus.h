/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

guint
vmfc_cpus_count_usable(void);
guint
vmfc_cpus_count_online(void);

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "output-set.h"

VmfcOutput *
vmfc_output_create(VmfcOutputSet *set, const gchar *extension, const gchar *start, GError **error);

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "model/model.h"

VmfcModel *
vmfc_model_parse(const gchar *text, gsize length, GError **error);
VmfcModel *
vmfc_model_read(const gchar *path, GError **error);

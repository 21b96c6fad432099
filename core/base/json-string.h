/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

/* A string as JSON writes it: vmfc_json_append_string(), which plugins call as well. */
#include "vmfc/vmfc-plugin.h"

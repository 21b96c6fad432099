/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "vmfc/vmfc-plugin.h"

G_DEFINE_QUARK(vmfc - error - quark, vmfc_error)

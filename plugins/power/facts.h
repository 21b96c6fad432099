/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "model/model.h"
#include "vmfc/vmfc-plugin.h"

void
power_facts_describe_zone(VmfcContext *context, guint column, const VmfcSubModel *sub_model);
void
power_facts_describe_model(VmfcContext *context, guint column, const VmfcModel *model);

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "model/model.h"

/* What is compared of the machine that rows are of. %NULL or "unknown": it is not known. */
typedef struct {
	const gchar *cpu_model;
	const gchar *architecture;
	const gchar *hypervisor;
} VmfcModelMachine;

gboolean
vmfc_model_knows_machine(const VmfcModel *model);
gchar *
vmfc_model_compare_machine(const VmfcModel *model, const VmfcModelMachine *machine);

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* Facts about the machine for readers of the data. Never NULL: "unknown" or "none" instead. */
typedef struct {
	gchar *hostname;
	gchar *kernel;
	gchar *architecture;
	gchar *os;
	gchar *hypervisor;
	gchar *container;
	gchar *cpu_model;
	gchar *clock_source;
	glong n_cpus;
} VmfcHostInfo;

VmfcHostInfo *
vmfc_host_info_new(const gchar *root);
void
vmfc_host_info_free(VmfcHostInfo *machine);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcHostInfo, vmfc_host_info_free)

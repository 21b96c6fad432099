/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* What a reader of the data may want to know of the machine. Never NULL; "unknown", "none". */
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

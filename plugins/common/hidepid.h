/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>
#include <sys/types.h>

/* What a mount of procfs hides of the processes of others: proc(5), mount option hidepid. */
typedef enum {
	VMFC_HIDEPID_UNKNOWN,	 /* the mount is not listed */
	VMFC_HIDEPID_OFF,	 /* nothing */
	VMFC_HIDEPID_NOACCESS,	 /* their files, but not that they are there */
	VMFC_HIDEPID_INVISIBLE,	 /* them, but from a group, and from who may trace them */
	VMFC_HIDEPID_PTRACEABLE, /* them, but from who may trace them */
} VmfcHidepid;

VmfcHidepid
vmfc_hidepid_parse(const gchar *text, dev_t device, gint64 *gid);
VmfcHidepid
vmfc_hidepid_read(gint folder, gint64 *gid);

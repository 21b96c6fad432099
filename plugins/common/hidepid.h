/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>
#include <sys/types.h>

/* What a mount of procfs hides of other users' processes: proc(5), mount option hidepid. */
typedef enum {
	VMFC_HIDEPID_UNKNOWN,	 /* the mount is not listed */
	VMFC_HIDEPID_OFF,	 /* nothing */
	VMFC_HIDEPID_NOACCESS,	 /* their files, but not their existence */
	VMFC_HIDEPID_INVISIBLE,	 /* the processes, except from a group and from processes that may
				    trace them */
	VMFC_HIDEPID_PTRACEABLE, /* the processes, except from processes that may trace them */
} VmfcHidepid;

VmfcHidepid
vmfc_hidepid_parse(const gchar *text, dev_t device, gint64 *gid);
VmfcHidepid
vmfc_hidepid_read(gint folder, gint64 *gid);

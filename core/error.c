/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "vmfc/vmfc-plugin.h"

/* Any thread may be the first to ask: G_DEFINE_QUARK would let them race. */
GQuark
vmfc_error_quark(void)
{
	static gsize quark;

	if (g_once_init_enter(&quark))
		g_once_init_leave(&quark, g_quark_from_static_string("vmfc-error-quark"));
	return (GQuark)quark;
}

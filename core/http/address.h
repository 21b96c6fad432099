/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* Keeps a path and a query as the user wrote them. */
#define VMFC_ADDRESS_FLAGS                                                                         \
	(G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED_PATH | G_URI_FLAGS_ENCODED_QUERY |         \
	 G_URI_FLAGS_ENCODED_FRAGMENT | G_URI_FLAGS_SCHEME_NORMALIZE)

GUri *
vmfc_address_parse(const gchar *url, const gchar *option, const gchar *example, GError **error);
gchar *
vmfc_address_show(GUri *address);
gchar *
vmfc_address_identify(GUri *address);

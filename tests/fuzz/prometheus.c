/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Any text as the headers of a request, and as the option that says where the server listens. */

#include "prometheus/listen-address.h"
#include "prometheus/negotiate.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree gchar *text = g_strndup((const gchar *)data, size);
	g_auto(ListenAddress) listen = {0};
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(negotiate_format(text), <, VMFC_N_EXPOSITIONS);
	negotiate_gzip(text);
	if (negotiate_is_local_host(text))
		g_assert_true(g_ascii_isalnum(text[0]) || text[0] == '[');
	if (!listen_address_parse(&listen, text, &error)) {
		g_assert_nonnull(error);
		return 0;
	}
	g_assert_no_error(error);
	g_assert_true(listen.path == NULL || listen.addresses->len == 0);
	return 0;
}

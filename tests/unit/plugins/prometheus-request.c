/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Where the server listens, and what it makes of the headers of a request. */

#include "prometheus/listen-address.h"
#include "prometheus/negotiate.h"

#include <string.h>

#include "vmfc/vmfc-plugin.h"

/* Returns: (transfer full): the addresses, with blanks in between, and the path */
static gchar *
describe(const ListenAddress *listen)
{
	GString *text = g_string_new(listen->path);

	for (guint i = 0; i < listen->addresses->len; i++) {
		g_autofree gchar *address = g_socket_connectable_to_string(
			G_SOCKET_CONNECTABLE(listen->addresses->pdata[i]));
		g_string_append_printf(text, "%s%s", i > 0 ? " " : "", address);
	}
	return g_string_free(text, FALSE);
}

static void
test_listen(void)
{
	static const struct {
		const gchar *text;
		const gchar *expected; /* NULL: refused */
		gboolean is_loopback;
	} cases[] = {
		{"", "", FALSE},
		{"localhost:80", "127.0.0.1:80 [::1]:80", TRUE},
		{":80", "127.0.0.1:80 [::1]:80", TRUE},
		{"80", "127.0.0.1:80 [::1]:80", TRUE},
		{"localhost:65535", "127.0.0.1:65535 [::1]:65535", TRUE},
		{"localhost:65536", NULL, FALSE},
		{"localhost:-1", NULL, FALSE},
		{"localhost:", NULL, FALSE},
		{"localhost", NULL, FALSE},
		{"127.1.2.3:1", "127.1.2.3:1", TRUE},
		{"128.0.0.1:1", "128.0.0.1:1", FALSE},
		{"0.0.0.0:0", "0.0.0.0", FALSE},
		{"[::1]:1", "[::1]:1", TRUE},
		{"[::]:1", "[::]:1", FALSE},
		{"[::ffff:127.0.0.1]:1", "[::ffff:127.0.0.1]:1", TRUE},
		{"[::ffff:126.0.0.1]:1", "[::ffff:126.0.0.1]:1", FALSE},
		{"::1:80", NULL, FALSE},
		{"[::1:80", NULL, FALSE},
		{"host.example:80", NULL, FALSE},
		{"./socket", "./socket", FALSE},
		{"/run/socket:80", "/run/socket:80", FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_auto(ListenAddress) listen = {0};
		gboolean good = listen_address_parse(&listen, cases[i].text, &error);
		g_assert_cmpint(good, ==, cases[i].expected != NULL);
		if (!good) {
			g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
			continue;
		}
		g_autofree gchar *text = describe(&listen);
		g_assert_cmpstr(text, ==, cases[i].expected);
		g_assert_cmpint(listen.is_loopback, ==, cases[i].is_loopback);
	}
}

/* The longest path that the kernel takes. */
static void
test_long_path(void)
{
	g_autofree gchar *path = g_strdup_printf("/%0*d", 106, 0);
	g_autofree gchar *longer = g_strconcat(path, "0", NULL);
	g_autoptr(GError) error = NULL;
	g_auto(ListenAddress) listen = {0};
	g_auto(ListenAddress) other = {0};

	g_assert_true(listen_address_parse(&listen, path, NULL));
	g_assert_false(listen_address_parse(&other, longer, &error));
	g_assert_nonnull(strstr(error->message, "longer than the 107 bytes"));
}

static void
test_host(void)
{
	static const gchar *const local[] = {
		"localhost",	 "LocalHost:80", "localhost:",		 "127.0.0.1",
		"127.255.0.1:1", "[::1]",	 "[::ffff:127.0.0.1]:9", "[::ffff:7f00:1]",
	};
	static const gchar *const others[] = {
		"",
		"localhos",
		"localhost1",
		"localhost.",
		"localhost:8a",
		"[localhost]",
		"[::1",
		"::1",
		"[::1]x",
		"[::1]8",
		"0.0.0.0",
		"128.0.0.1",
		"127.0.0",
		"[::ffff:128.0.0.1]",
		"localhost,localhost",
	};

	for (guint i = 0; i < G_N_ELEMENTS(local); i++)
		g_assert_true(negotiate_is_local_host(local[i]));
	for (guint i = 0; i < G_N_ELEMENTS(others); i++)
		g_assert_false(negotiate_is_local_host(others[i]));
}

#define OPEN "application/openmetrics-text"

/* The format that the reader prefers of those that vmfc has, in the version that it has. */
static void
test_format(void)
{
	static const struct {
		const gchar *accept;
		VmfcExposition format;
	} cases[] = {
		{NULL, VMFC_EXPOSITION_TEXT},
		{"", VMFC_EXPOSITION_TEXT},
		{OPEN, VMFC_EXPOSITION_OPENMETRICS},
		{"Application/OpenMetrics-Text; version=1.0.0", VMFC_EXPOSITION_OPENMETRICS},
		{OPEN ";version=0.0.1", VMFC_EXPOSITION_TEXT},
		{OPEN ";q=0", VMFC_EXPOSITION_TEXT},
		{OPEN ";q=0.5,text/plain;q=0.6", VMFC_EXPOSITION_TEXT},
		{OPEN ";q=0.7,text/plain;q=0.6", VMFC_EXPOSITION_OPENMETRICS},
		{OPEN ";q=0.5,text/plain;version=1.0.0;q=0.6", VMFC_EXPOSITION_OPENMETRICS},
		{OPEN ";q=0.5,text/plain;version=0.0.4;q=0.6", VMFC_EXPOSITION_TEXT},
		{OPEN ";q=0.5,*/*;q=0.6", VMFC_EXPOSITION_TEXT},
		{OPEN ";q=0.5,text/*;q=0.6", VMFC_EXPOSITION_TEXT},
		{OPEN ";q=0.5,text/html", VMFC_EXPOSITION_OPENMETRICS},
		{"text/html", VMFC_EXPOSITION_TEXT},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(negotiate_format(cases[i].accept), ==, cases[i].format);
}

static void
test_gzip(void)
{
	static const gchar *const yes[] = {"gzip", "GZIP", "deflate, gzip;q=0.5", "gzip;q=1.0, br"};
	static const gchar *const no[] = {NULL,	      "",	 "identity",
					  "gzip;q=0", "gzipped", "x-gzip, br"};
	g_autofree gchar *blanks = g_strdup_printf("gzip,%4092s", "");
	g_autofree gchar *longest = g_strndup(blanks, 4096);

	for (guint i = 0; i < G_N_ELEMENTS(yes); i++)
		g_assert_true(negotiate_gzip(yes[i]));
	for (guint i = 0; i < G_N_ELEMENTS(no); i++)
		g_assert_false(negotiate_gzip(no[i]));
	g_assert_true(negotiate_gzip(longest));
	g_assert_false(negotiate_gzip(blanks));
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/prometheus-request/listen", test_listen);
	g_test_add_func("/prometheus-request/long-path", test_long_path);
	g_test_add_func("/prometheus-request/host", test_host);
	g_test_add_func("/prometheus-request/format", test_format);
	g_test_add_func("/prometheus-request/gzip", test_gzip);
	return g_test_run();
}

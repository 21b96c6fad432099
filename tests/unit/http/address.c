/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "http/address.h"

#include <string.h>

static const struct {
	const gchar *url;
	const gchar *shown; /* NULL: invalid */
} cases[] = {
	{"http://host:1/write", "http://host:1/write"},
	{"https://user:secret@host/write", "https://host/write"},
	{"https://secret@host/write?key=secret", "https://host/write"},
	{"https://host?key=secret@secret#secret", "https://host/"},
	{"http://[::1]:81/a%20b?secret", "http://[::1]:81/a%20b"},
	{"ftp://user:secret@host/", NULL},
	{"ftp://host/?key=secret", NULL},
	{"ftp://host/?key=secret@secret", NULL},
	{"http://user:secret?secret@host/", NULL},
	{"http://user:secret@secret@host:a/?secret", NULL},
};

static void
test_cases(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GUri) uri = vmfc_address_parse(cases[i].url, "--url", "http://host/",
							 &error);
		if (cases[i].shown == NULL) {
			g_assert_null(uri);
			g_assert_null(strstr(error->message, "secret"));
			continue;
		}
		g_assert_no_error(error);
		g_autofree gchar *shown = vmfc_address_show(uri);
		g_assert_cmpstr(shown, ==, cases[i].shown);
	}
}

static gchar *
identify(const gchar *url)
{
	g_autoptr(GUri) uri = vmfc_address_parse(url, "--url", "http://host/", NULL);
	return vmfc_address_identify(uri);
}

/* Another user or query is another receiver; another password is not. */
static void
test_identity(void)
{
	g_autofree gchar *plain = identify("http://host/write");
	g_autofree gchar *user = identify("http://user:secret@host/write");
	g_autofree gchar *renewed = identify("http://user:secret2@host/write");
	g_autofree gchar *other_user = identify("http://user2:secret@host/write");
	g_autofree gchar *tenant = identify("http://host/write?tenant=secret");
	g_autofree gchar *other_tenant = identify("http://host/write?tenant=secret2");

	g_assert_cmpstr(plain, ==, "http://host/write");
	g_assert_cmpstr(user, ==, renewed);
	g_assert_cmpstr(user, !=, plain);
	g_assert_cmpstr(user, !=, other_user);
	g_assert_null(strstr(user, "secret"));
	g_assert_cmpstr(tenant, !=, other_tenant);
	g_assert_cmpstr(tenant, !=, plain);
	g_assert_null(strstr(tenant, "secret"));
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/address/cases", test_cases);
	g_test_add_func("/address/identity", test_identity);
	return g_test_run();
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What a request needs to be let in, and what is said where others can read it. */

#include "http/authorization.h"

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "count-entries.h"
#include "http/address.h"
#include "http/authorities.h"
#include "http/bearer-token.h"
#include "text-file.h"
#include "vmfc/vmfc-plugin.h"

static GUri *
parse(const gchar *url)
{
	GUri *uri = vmfc_address_parse(url, "--url", "http://host/", NULL);

	g_assert_nonnull(uri);
	return uri;
}

/* User and password of the address, RFC 7617; a token goes before them. */
static void
test_value(void)
{
	static const struct {
		const gchar *url;
		const gchar *token; /* NULL: none */
		const gchar *value; /* NULL: none */
	} cases[] = {
		{"http://host/", NULL, NULL},
		{"http://host/", "", NULL},
		{"http://Aladdin:open%20sesame@host/", NULL, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
		{"http://Aladdin:open%20sesame@host/", "", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
		{"http://user@host/", NULL, "Basic dXNlcjo="},
		{"http://host/", "abc", "Bearer abc"},
		{"http://user:password@host/", "abc", "Bearer abc"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		gboolean has_token = cases[i].token != NULL && cases[i].token[0] != '\0';
		g_autofree gchar *path = has_token ? text_file_new("token-XXXXXX", cases[i].token)
						   : NULL;
		g_autoptr(GUri) uri = parse(cases[i].url);
		g_autofree gchar *value = NULL;
		g_assert_true(vmfc_authorization_read(uri, has_token ? path : cases[i].token,
						      &value, NULL));
		g_assert_cmpstr(value, ==, cases[i].value);
		if (has_token)
			g_unlink(path);
	}
}

/* A token is one line, with blanks around it at most, and is read again for each request. */
static void
test_token(void)
{
	static const struct {
		const gchar *text;
		gsize length;
		const gchar *token; /* NULL: refused */
	} cases[] = {
		{"abc", 3, "abc"},	 {" abc\r\n", 6, "abc"},  {"\n\tabc \n\n", 8, "abc"},
		{"a b", 3, "a b"},	 {"", 0, NULL},		  {" \n", 2, NULL},
		{"abc\ndef\n", 8, NULL}, {"abc\rdef\n", 8, NULL}, {"abc\0", 4, NULL},
		{"\0abc", 4, NULL},
	};
	g_autofree gchar *path = text_file_new("token-XXXXXX", "");
	g_autoptr(GUri) uri = parse("http://user:password@host/");

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree gchar *value = NULL;
		g_assert_true(
			g_file_set_contents(path, cases[i].text, (gssize)cases[i].length, NULL));
		/* a file that is written later is fine at the start */
		g_assert_true(vmfc_bearer_token_check_file(path, NULL));
		g_autofree gchar *token = vmfc_bearer_token_read(path, &error);
		g_assert_cmpstr(token, ==, cases[i].token);
		gboolean good = vmfc_authorization_read(uri, path, &value, NULL);
		/* without its token a request is not sent with the password instead */
		g_assert_cmpint(good, ==, token != NULL);
		g_assert_cmpint(value != NULL, ==, token != NULL);
		if (token != NULL)
			continue;
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT);
		g_assert_nonnull(strstr(error->message, path));
		g_assert_null(strstr(error->message, "def"));
	}
	g_unlink(path);
	g_assert_false(vmfc_bearer_token_check_file(path, NULL));
	g_assert_true(vmfc_bearer_token_check_file("", NULL));
}

/* What passes a network in the clear is told, and not the secret itself. */
static void
test_exposed(void)
{
	static const struct {
		const gchar *url;
		const gchar *token_file;
		gboolean is_exposed;
	} cases[] = {
		{"http://host/", NULL, FALSE},
		{"http://host/", "", FALSE},
		{"http://host/", "/a/token", TRUE},
		{"http://user:secret@host/", NULL, TRUE},
		{"http://user@host/", "", TRUE},
		{"https://user:secret@host/", "/a/token", FALSE},
		{"http://user:secret@localhost:80/", NULL, FALSE},
		{"http://user:secret@127.0.0.1/", "/a/token", FALSE},
		{"http://[::1]/", "/a/token", FALSE},
		{"http://10.0.0.1/", "/a/token", TRUE},
		{"http://localhost.example/", "/a/token", TRUE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GUri) uri = parse(cases[i].url);
		g_autofree gchar *shown = vmfc_address_show(uri);
		g_autofree gchar *said = g_strdup_printf(
			"%s: the token or password is sent without "
			"encryption*use https",
			shown);
		if (cases[i].is_exposed)
			g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, said);
		vmfc_authorization_warn_if_exposed(uri, cases[i].token_file);
		g_test_assert_expected_messages();
	}
}

/* What was opened for authorities that cannot be read is closed. */
static void
test_authorities(void)
{
	g_autofree gchar *path = text_file_new("ca-XXXXXX", "no certificate\n");
	g_autoptr(GError) error = NULL;
	VmfcAuthorities authorities;

	g_assert_true(vmfc_authorities_read(&authorities, "", NULL));
	g_assert_null(authorities.database);
	vmfc_authorities_clear(&authorities);
	/* GLib has opened what it keeps */
	g_assert_false(vmfc_authorities_read(&authorities, path, &error));
	g_assert_nonnull(error);
	guint n_open = count_open();
	for (guint i = 0; i < 3; i++)
		g_assert_false(vmfc_authorities_read(&authorities, path, NULL));
	g_assert_cmpint(truncate(path, 16 * 1024 * 1024 + 1), ==, 0);
	g_clear_error(&error);
	g_assert_false(vmfc_authorities_read(&authorities, path, &error));
	g_assert_nonnull(strstr(error->message, "is larger than 16 MiB"));
	vmfc_authorities_clear(&authorities);
	g_assert_cmpuint(count_open(), ==, n_open);
	g_unlink(path);
	g_assert_false(vmfc_authorities_read(&authorities, path, NULL));
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/authorization/value", test_value);
	g_test_add_func("/authorization/token", test_token);
	g_test_add_func("/authorization/exposed", test_exposed);
	g_test_add_func("/authorization/authorities", test_authorities);
	return g_test_run();
}

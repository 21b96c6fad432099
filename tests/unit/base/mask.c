/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/mask.h"

#include <string.h>

static const struct {
	const gchar *text;
	const gchar *masked; /* NULL: the text itself */
} cases[] = {
	{"http://user:secret@host:1/metrics", "http://***@host:1/metrics"},
	{"HTTPS://user:secret@host", "HTTPS://***@host"},
	{"http://secret@host/", "http://***@host/"},
	{"http://:secret@host/", "http://***@host/"},
	{"http://secret:@host/", "http://***@host/"},
	{"http://user:secret@[::1]:80/", "http://***@[::1]:80/"},
	/* as they are typed, with characters that an address does not allow */
	{"http://user:s3@secret@host/", "http://***@host/"},
	{"http://user:s3/secret@host/", "http://***@host/"},
	{"http://user:12/secret@host/", "http://***@host/"},
	{"http://user:secret?#secret@host/", "http://***@host/"},
	{"http://us/er:secret@host/", "http://us/***@host/"},
	{"http://user:s:secret@host/", "http://***@host/"},
	{"http://user:'secret\"secret@host/", "http://***@host/"},
	{"http://user:secret secret@host/", "http://***@host/"},
	{"http://user:secret @secret@host/", "http://***@host/"},
	{"http://[user:secret@host/", "http://***@host/"},
	{"http://user:secret\xff@host/", "http://***@host/"},
	{"http://user:%40secret%3A@host/", "http://***@host/"},
	{"http://user%3Asecret@host/", "http://***@host/"},
	{"http:/user:secret@host/", "http:/***@host/"},
	{"user:secret@host/", "***@host/"},
	{"kepler.url=user:s@secret@host", "kepler.url=***@host"},
	{"to=http%3A%2F%2Fuser%3Asecret%40host%2F", "to=http%3A%2F%2F***@host%2F"},
	{"http://proxy/?to=http%3A%2F%2Fuser%3Asecret%40host%2F", "http://proxy/?***"},
	/* keys in queries */
	{"http://host/write?key=secret", "http://host/write?***"},
	{"kepler.url=https://host?key=secret&a=b#part", "kepler.url=https://host?***"},
	{"http://host/?key=se'cret\"#secret", "http://host/?***"},
	{"http://user:secret@host/?key=secret", "http://***@host/?***"},
	{"sh -c \"curl 'http://host/?key=secret' -o x\"", "sh -c \"curl 'http://host/?*** -o x\""},
	{"http://h1/?secret http://h2/?secret", "http://h1/?*** http://h2/?***"},
	/* in the middle of something */
	{"command=curl http://user:secret@host/ -o x", "command=curl http://***@host/ -o x"},
	{"sh -c \"curl 'http://user:secret@host/'\":60", "sh -c \"curl 'http://***@host/'\":60"},
	{"a http://u:secret@h1/ and http://u:secret@h2/ too",
	 "a http://***@h1/ and http://***@h2/ too"},
	{"https://user:secret@h1/?next=http://u:secret@h2/", "https://***@h2/"},
	{"https://h1/?next=http://u:secret@h2/", "https://h1/?***"},
	/* what lets nobody in */
	{"http://localhost:28282/metrics", NULL},
	{"http://host/~user@example.org", NULL},
	{"http://host/package@1.2/file", NULL},
	{"http://host:80/ is what user@example.org reads", NULL},
	{"http://host: no answer; user@example.org knows", NULL},
	{"http://[::1]:28282/a@b", NULL},
	{"http://[::1]/ or user@host", NULL},
	{"git clone git@host:project/repository", NULL},
	{"scp user@host:file .", NULL},
	{"docker run image:1.2@sha256:0123456789abcdef", NULL},
	{"http://host/? what is that", NULL},
	{"is it http://host/ or not?", NULL},
	{"60 % of a CPU: cpu_load=60:30,none:10", NULL},
	{"", NULL},
};

static void
test_cases(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const gchar *wanted = cases[i].masked != NULL ? cases[i].masked : cases[i].text;
		g_autofree gchar *masked = vmfc_mask(cases[i].text);
		g_assert_cmpstr(masked, ==, wanted);
		g_autofree gchar *twice = vmfc_mask(masked);
		g_assert_cmpstr(twice, ==, wanted);
	}
}

/* It takes no time that grows out of bounds, whatever a text holds. */
static void
test_long(void)
{
	static const gchar *const parts[] = {"a:", "@", "://", "://a:", "%3A%2F%2F", "a:b@/", "["};

	for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		while (text->len < 8192)
			g_string_append(text, parts[i]);
		g_string_append(text, "@ http://user:secret@host/");
		g_autofree gchar *masked = vmfc_mask(text->str);
		g_assert_null(strstr(masked, "secret"));
	}
}

/* A list of workloads is cut at commas and colons, wherever they stand. */
static void
test_pieces(void)
{
	static const struct {
		const gchar *typed;
		const gchar *message;
		const gchar *masked;
	} pieces[] = {
		{"command=a http://u:secret@h/",
		 "in 'command=a http://u:secret@h/', 'secret@h/' must be a number",
		 "in 'command=a http://***@h/', '***' must be a number"},
		{"command=a http://u:1,secret@h/", "unknown 'secret@h/'; known are: cpu, io",
		 "unknown '***'; known are: cpu, io"},
		{"command=a http://u:secret:1,x@h/", "'secret' has no duration",
		 "'***' has no duration"},
		{"command=a http://u:sec'ret@h/", "in 'sec'ret@h/', 'ret@h/' is missing",
		 "in '***' is missing"},
		{"command=a http://h/,cpy", "unknown 'cpy'", "unknown 'cpy'"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(pieces); i++) {
		g_autoptr(GError) error = g_error_new_literal(G_OPTION_ERROR, 0, pieces[i].message);
		vmfc_mask_pieces(error, pieces[i].typed);
		g_assert_cmpstr(error->message, ==, pieces[i].masked);
	}
	vmfc_mask_pieces(NULL, "http://u:secret@h/");
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mask/cases", test_cases);
	g_test_add_func("/mask/long", test_long);
	g_test_add_func("/mask/pieces", test_pieces);
	return g_test_run();
}

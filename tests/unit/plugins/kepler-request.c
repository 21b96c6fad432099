/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What vmfc asks Kepler's server for, of whom, and over which connection. */

#include "kepler-server.h"

#include <glib/gstdio.h>

/* ----------------------------------------------------------------- messages */

/* To the byte: what the server is asked for, and by which name. */
static void
test_messages(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *url;
		const gchar *begin;
		const gchar *end;
	} cases[] = {
		{"http://there", "GET / HTTP/1.1\r\nHost: there:80\r\n", "\r\n"},
		{"http://there:81/a/b", "GET /a/b HTTP/1.1\r\nHost: there:81\r\n", "\r\n"},
		{"https://there/?", "GET /? HTTP/1.1\r\nHost: there:443\r\n", "\r\n"},
		{"http://there/a?b=%20&c#d", "GET /a?b=%20&c HTTP/1.1\r\nHost: there:80\r\n",
		 "\r\n"},
		{"http://[fe80::1%25eth0]:81/", "GET / HTTP/1.1\r\nHost: [fe80::1]:81\r\n", "\r\n"},
		{"http://[::1]/", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n", "\r\n"},
		{"http://b\xc3\xbc"
		 "cher.example/",
		 "GET / HTTP/1.1\r\nHost: xn--bcher-kva.example:80\r\n", "\r\n"},
		{"http://me:secret@there/", "GET / HTTP/1.1\r\nHost: there:80\r\n",
		 "Authorization: Basic bWU6c2VjcmV0\r\n\r\n"},
		{"http://me@there/", "GET / HTTP/1.1\r\nHost: there:80\r\n",
		 "Authorization: Basic bWU6\r\n\r\n"},
	};
	static const gchar *const headers =
		"User-Agent: vmfc/" VMFC_VERSION "\r\n"
		"Accept: application/openmetrics-text;version=1.0.0, "
		"text/plain;version=0.0.4;q=0.5\r\nAccept-Encoding: identity\r\n";

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree gchar *message = g_strconcat(cases[i].begin, headers, cases[i].end,
							NULL);
		begin_request(fixture, cases[i].url);
		server.answers[0] = OK;
		run_good(fixture, 1);
		g_assert_cmpstr(server.sent[0]->str, ==, message);
	}
}

/* It is read before each request. */
static void
test_token(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const tokens[] = {"first", "second"};
	g_autofree gchar *path = g_build_filename(fixture->folder, "token", NULL);

	fixture->source.token_file = path;
	for (guint i = 0; i < G_N_ELEMENTS(tokens); i++) {
		g_autofree gchar *header = g_strdup_printf("\r\nAuthorization: Bearer %s\r\n\r\n",
							   tokens[i]);
		g_assert_true(g_file_set_contents(path, tokens[i], -1, NULL));
		server.answers[i] = OK;
		run_good(fixture, 1);
		g_assert_true(g_str_has_suffix(server.sent[i]->str, header));
	}
	g_assert_cmpint(g_unlink(path), ==, 0);
	/* without it no request is sent */
	run_bad(fixture, VMFC_ERROR_DENIED, "its token: */token *");
	g_assert_cmpuint(server.n_sent, ==, 2);
}

/* ------------------------------------------------------------------- status */

static void
test_status(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *status;
		gint code;
		const gchar *sentence;
	} cases[] = {
		{"401", VMFC_ERROR_DENIED, "it answers 401: * --set plug.token_file=FILE"},
		{"403", VMFC_ERROR_DENIED, "it answers 403: * --set plug.token_file=FILE"},
		{"404", VMFC_ERROR_IO, "it answers 404: give the address *"},
		{"402", VMFC_ERROR_IO, "it answers 402: see the log *"},
		{"400", VMFC_ERROR_IO, "it answers 400: see the log *"},
		{"405", VMFC_ERROR_IO, "it answers 405: see the log *"},
		{"500", VMFC_ERROR_IO, "it answers 500: see the log *"},
		{"201", VMFC_ERROR_IO, "it answers 201: see the log *"},
		{"299", VMFC_ERROR_IO, "it answers 299: see the log *"},
		{"300", VMFC_ERROR_DENIED, "it redirects to ''*"},
		{"399", VMFC_ERROR_DENIED, "it redirects to ''*"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree gchar *answer = g_strdup_printf(
			"HTTP/1.1 %s x\r\nContent-Length: 0\r\n\r\n", cases[i].status);
		begin_request(fixture, "http://there/");
		server.answers[0] = answer;
		run_bad(fixture, cases[i].code, cases[i].sentence);
		g_assert_false(fixture->absent);
	}
	/* after its head nothing of it is waited for */
	begin_request(fixture, "http://there/");
	server.answers[0] = "HTTP/1.1 204 x\r\n\r\n";
	server.no_read = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CANCELLED, "x");
	run_bad(fixture, VMFC_ERROR_IO, "it answers 204: see the log *");
}

/* ---------------------------------------------------------------- redirects */

static void
answer_redirect(guint i, const gchar *to)
{
	g_autofree gchar *answer = g_strdup_printf(
		"HTTP/1.1 302 x\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", to);

	/* it stays, like the other answers */
	server.answers[i] = g_intern_string(answer);
}

/* Five are followed, each over a connection of its own, and from where the one before led to. */
static void
test_redirects(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GString) folder = g_string_new("/0/");

	for (guint n = 1; n <= 6; n++) {
		begin_request(fixture, "http://there/0/x");
		for (guint i = 0; i < n; i++) {
			g_autofree gchar *to = g_strdup_printf("%u/x?q=%u", i + 1, i + 1);
			answer_redirect(i, to);
		}
		server.answers[n] = OK;
		if (n > 5) {
			run_bad(fixture, VMFC_ERROR_IO, "it redirects more than 5 times: *");
			g_assert_cmpuint(server.n_sent, ==, 6);
			break;
		}
		run_good(fixture, 1);
		g_assert_cmpuint(server.n_sent, ==, n + 1);
		g_assert_cmpuint(server.n_opened, ==, n + 1);
		g_string_append_printf(folder, "%u/", n);
		g_autofree gchar *line = g_strdup_printf("GET %sx?q=%u HTTP/1.1\r\n", folder->str,
							 n);
		g_assert_true(g_str_has_prefix(server.sent[n]->str, line));
		/* the next request begins with the user's address again */
		server.answers[n + 1] = OK;
		run_good(fixture, 1);
		g_assert_true(g_str_has_prefix(server.sent[n + 1]->str, "GET /0/x HTTP/1.1\r\n"));
	}
}

/* To the same host only, and not out of the encryption; what is secret is for one server. */
static void
test_redirect_targets(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *from;
		const gchar *to;
		gboolean is_followed;
		gboolean is_told; /* the password */
	} cases[] = {
		{"http://me:x@there/", "/other", TRUE, TRUE},
		{"http://me:x@there/", "http://there/other", TRUE, TRUE},
		{"http://me:x@there/", "http://there:80/other", TRUE, TRUE},
		{"http://me:x@there:80/", "http://there/other", TRUE, TRUE},
		{"http://me:x@there:81/", "http://there:81/other", TRUE, TRUE},
		{"http://me:x@there:81/", "http://there/other", TRUE, FALSE},
		{"http://me:x@there/", "http://there:443/other", TRUE, FALSE},
		{"https://me:x@there/", "https://there:443/other", TRUE, TRUE},
		{"https://me:x@there/", "https://there:80/other", TRUE, FALSE},
		{"http://me:x@there:82/", "https://there:82/other", TRUE, FALSE},
		{"http://me:x@there/", "https://there/other", TRUE, FALSE},
		{"https://me:x@there/", "http://there/other", FALSE, FALSE},
		{"http://me:x@there/", "http://elsewhere/other", FALSE, FALSE},
		{"http://me:x@there/", "//elsewhere/other", FALSE, FALSE},
		{"http://me:x@there/", "ftp://there/other", FALSE, FALSE},
		{"http://me:x@there/", "http://there:x/", FALSE, FALSE},
		{"http://me:x@there/", "", FALSE, FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("%s to %s", cases[i].from, cases[i].to);
		begin_request(fixture, cases[i].from);
		answer_redirect(0, cases[i].to);
		server.answers[1] = OK;
		if (!cases[i].is_followed) {
			g_autofree gchar *sentence = g_strdup_printf(
				"it redirects to '%s', but vmfc only follows *", cases[i].to);
			run_bad(fixture, VMFC_ERROR_DENIED, sentence);
			g_assert_cmpuint(server.n_sent, ==, 1);
			continue;
		}
		run_good(fixture, 1);
		g_assert_nonnull(strstr(server.sent[0]->str, "\r\nAuthorization: Basic bWU6eA=="));
		g_assert_cmpint(strstr(server.sent[1]->str, "Authorization") != NULL, ==,
				cases[i].is_told);
	}
}

/* --------------------------------------------------------------- connection */

/* One connection serves as many requests as the server lets it. */
static void
test_kept(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *answer;
		gboolean is_good;
		gboolean is_kept;
	} cases[] = {
		{OK, TRUE, TRUE},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n" PAGE "\r\n0\r\n\r\n",
		 TRUE, TRUE},
		{"HTTP/1.0 200 OK\r\nContent-Length: 11\r\n\r\n" PAGE, TRUE, FALSE},
		{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 11\r\n\r\n" PAGE, TRUE,
		 FALSE},
		{"HTTP/1.1 200 OK\r\n\r\n" PAGE "# EOF\n", TRUE, FALSE},
		{"HTTP/1.1 200 OK\r\nConnection: Close, x\r\nContent-Length: 11\r\n\r\n" PAGE, TRUE,
		 FALSE},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n"
		 "b\r\n" PAGE "\r\n0\r\n\r\n",
		 TRUE, FALSE},
		/* a good transfer of a bad page */
		{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na\n", FALSE, FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		begin_request(fixture, "http://there/");
		for (guint n = 1; n <= 3; n++) {
			server.answers[n - 1] = cases[i].answer;
			g_autoptr(GError) error = run(fixture);
			g_assert_cmpint(error == NULL, ==, cases[i].is_good);
			g_assert_cmpint(server.is_open, ==, cases[i].is_kept);
			g_assert_cmpuint(server.n_opened, ==, cases[i].is_kept ? 1 : n);
			g_assert_cmpuint(server.n_sent, ==, n);
		}
	}
}

/* A connection that the server closed at rest is no failure; one that it closes later is. */
static void
test_closed_at_rest(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint i = 0; i < 2; i++) {
		begin_request(fixture, "http://there/");
		server.answers[0] = server.answers[1] = OK;
		run_good(fixture, 1);
		server.is_shut = TRUE;
		server.no_read = i == 0 ? NULL
					: g_error_new_literal(G_IO_ERROR,
							      G_IO_ERROR_CONNECTION_CLOSED,
							      "reset");
		run_good(fixture, 1);
		g_assert_cmpuint(server.n_opened, ==, 2);
		g_assert_cmpuint(server.n_sent, ==, 2);
		/* it has answered a part: another request would be answered twice */
		server.answers[2] = "HTTP/1.1 ";
		run_bad(fixture, VMFC_ERROR_IO, i == 0 ? "the page was cut off: *" : "reset");
		g_assert_cmpuint(server.n_opened, ==, 2);
		g_assert_cmpuint(server.n_sent, ==, 3);
	}
	/* whoever gives up asks no other connection */
	begin_request(fixture, "http://there/");
	server.answers[0] = server.answers[1] = OK;
	run_good(fixture, 1);
	server.is_shut = TRUE;
	server.no_read = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CANCELLED, "x");
	run_bad(fixture, VMFC_ERROR_IO, "no complete page within 3.5 s: a wish raises the limit");
	g_assert_cmpuint(server.n_opened, ==, 1);
	/* a new connection that closes at once is a failure */
	begin_request(fixture, "http://there/");
	server.answers[0] = "";
	run_bad(fixture, VMFC_ERROR_IO, "it closes the connection without an answer: *");
	g_assert_cmpuint(server.n_opened, ==, 1);
}

#define ADD(path, test) g_test_add("/kepler-request/" path, Fixture, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("messages", test_messages);
	ADD("token", test_token);
	ADD("status", test_status);
	ADD("redirects", test_redirects);
	ADD("redirect-targets", test_redirect_targets);
	ADD("kept", test_kept);
	ADD("closed-at-rest", test_closed_at_rest);
	return g_test_run();
}

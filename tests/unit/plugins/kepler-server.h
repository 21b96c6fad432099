/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * One request of Kepler's page after the other, to a server that answers as a test says. There is
 * no network: see the wrapped functions in meson.build.
 */

#pragma once

#include "kepler/request.h"

#include <glib/gstdio.h>
#include <string.h>

#include "http/address.h"

#define NS_PER_S G_GINT64_CONSTANT(1000000000)
#define MIB	 (1024 * 1024)
#define SECRET	 "open-sesame"
#define PAGE	 "kepler_x 1\n"
#define OK	 "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n" PAGE
#define MAX_SENT 16

/* In place of the connection. */
static struct {
	const gchar *answers[MAX_SENT]; /* to one message after the other; "": none */
	gsize lengths[MAX_SENT];	/* 0: up to the end of the text */
	GString *sent[MAX_SENT];
	guint n_sent;
	gsize n_read; /* bytes of the last answer */
	gboolean is_open;
	gboolean is_shut; /* an open connection was closed by the server */
	guint n_opened;
	GError *no_open;
	GError *no_read; /* instead of the end of a connection */
} server;

#pragma GCC visibility push(default)
gboolean
__wrap_kepler_connection_is_open_to(KeplerConnection *connection, GUri *uri);
gboolean
__wrap_kepler_connection_open(KeplerConnection *connection, GUri *uri, GError **error);
void
__wrap_kepler_connection_close(KeplerConnection *connection);
gboolean
__wrap_kepler_connection_send(KeplerConnection *connection, const GString *request, GError **error);
gssize
__wrap_kepler_connection_read(KeplerConnection *connection, gchar *buffer, gsize size,
			      GError **error);
#pragma GCC visibility pop

gboolean
__wrap_kepler_connection_is_open_to(G_GNUC_UNUSED KeplerConnection *connection,
				    G_GNUC_UNUSED GUri *uri)
{
	return server.is_open;
}

gboolean
__wrap_kepler_connection_open(G_GNUC_UNUSED KeplerConnection *connection, G_GNUC_UNUSED GUri *uri,
			      GError **error)
{
	if (server.no_open != NULL) {
		g_propagate_error(error, g_error_copy(server.no_open));
		return FALSE;
	}
	server.is_open = TRUE;
	server.is_shut = FALSE;
	server.n_opened++;
	return TRUE;
}

void
__wrap_kepler_connection_close(G_GNUC_UNUSED KeplerConnection *connection)
{
	server.is_open = FALSE;
}

gboolean
__wrap_kepler_connection_send(G_GNUC_UNUSED KeplerConnection *connection, const GString *request,
			      G_GNUC_UNUSED GError **error)
{
	g_assert_true(server.is_open);
	if (server.is_shut)
		return TRUE;
	g_assert_cmpuint(server.n_sent, <, MAX_SENT);
	server.sent[server.n_sent++] = g_string_new(request->str);
	server.n_read = 0;
	return TRUE;
}

gssize
__wrap_kepler_connection_read(G_GNUC_UNUSED KeplerConnection *connection, gchar *buffer, gsize size,
			      GError **error)
{
	guint i = server.n_sent - 1;
	gsize length = server.lengths[i] > 0 ? server.lengths[i] : strlen(server.answers[i]);
	gsize n = MIN(size, length - server.n_read);

	if ((server.is_shut || n == 0) && server.no_read != NULL) {
		g_propagate_error(error, g_error_copy(server.no_read));
		return -1;
	}
	if (server.is_shut)
		return 0;
	memcpy(buffer, server.answers[i] + server.n_read, n);
	server.n_read += n;
	return (gssize)n;
}

/* -------------------------------------------------------------- one request */

typedef struct {
	KeplerSource source;
	GUri *uri;
	KeplerText text;
	KeplerRequest request;
	guint n_lines;
	gboolean absent;
	gchar *folder;
} Fixture;

static inline gboolean
count_line(G_GNUC_UNUSED VmfcScan line, gpointer user_data, G_GNUC_UNUSED GError **error)
{
	((Fixture *)user_data)->n_lines++;
	return TRUE;
}

static inline gboolean
is_whole(G_GNUC_UNUSED gpointer user_data, G_GNUC_UNUSED GError **error)
{
	return TRUE;
}

static inline void
end_request(Fixture *fixture)
{
	for (guint i = 0; i < server.n_sent; i++)
		g_string_free(server.sent[i], TRUE);
	g_clear_error(&server.no_open);
	g_clear_error(&server.no_read);
	memset(&server, 0, sizeof(server));
	g_clear_pointer(&fixture->uri, g_uri_unref);
	if (fixture->source.url != NULL)
		kepler_request_clear(&fixture->request);
	g_clear_pointer(&fixture->source.url, g_free);
}

/* From now on it is this page that is requested, for the first time. */
static inline void
begin_request(Fixture *fixture, const gchar *url)
{
	end_request(fixture);
	fixture->source.url = g_strdup(url);
	fixture->uri = vmfc_address_parse(url, "--kepler-url", "", NULL);
	g_assert_nonnull(fixture->uri);
	kepler_request_init(&fixture->request, &fixture->source, fixture->uri, NULL,
			    &fixture->text);
}

static inline void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->source = (KeplerSource){
		.plugin = "plug",
		.shown_url = (gchar *)"http://shown/",
		.token_file = (gchar *)"",
		.time_limit = 7 * NS_PER_S / 2,
		.more_time = (gchar *)"a wish",
		.size_limit = MIB,
	};
	fixture->folder = g_dir_make_tmp("vmfc-request-XXXXXX", NULL);
	kepler_text_init(&fixture->text, count_line, is_whole, fixture);
	begin_request(fixture, "http://there/metrics");
}

static inline void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	end_request(fixture);
	kepler_text_clear(&fixture->text);
	g_rmdir(fixture->folder);
	g_free(fixture->folder);
}

static inline GError *
run(Fixture *fixture)
{
	fixture->n_lines = 0;
	kepler_text_begin(&fixture->text);
	return kepler_request_run(&fixture->request, &fixture->absent);
}

/* The next answer is that of a whole page of @n_lines lines. */
static inline void
run_good(Fixture *fixture, guint n_lines)
{
	g_autoptr(GError) error = run(fixture);

	g_assert_no_error(error);
	g_assert_false(fixture->absent);
	g_assert_cmpuint(fixture->n_lines, ==, n_lines);
}

/* @sentence: what follows the address, as a pattern */
static inline void
run_bad(Fixture *fixture, gint code, const gchar *sentence)
{
	g_autoptr(GError) error = run(fixture);
	g_autofree gchar *whole = g_strconcat("http://shown/: ", sentence, NULL);

	g_assert_error(error, VMFC_ERROR, code);
	g_test_message("%s", error->message);
	g_assert_true(g_pattern_match_simple(whole, error->message));
	/* nobody knows what is still to come of it */
	g_assert_false(server.is_open);
}

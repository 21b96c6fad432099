/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * The least that a server with libsoup can be: it gives the text of a file to everybody, without a
 * limit and without a check. Prints the port that it listens at.
 *
 *   plain-server FILE
 */

#include <libsoup/soup.h>
#include <stdio.h>

static void
answer(G_GNUC_UNUSED SoupServer *server, SoupServerMessage *message,
       G_GNUC_UNUSED const gchar *path, G_GNUC_UNUSED GHashTable *query, gpointer data)
{
	soup_server_message_set_status(message, SOUP_STATUS_OK, NULL);
	soup_message_headers_replace(soup_server_message_get_response_headers(message),
				     "Content-Type", "text/plain");
	soup_message_body_append_bytes(soup_server_message_get_response_body(message), data);
}

int
main(int argc, char *argv[])
{
	g_autoptr(SoupServer) server = soup_server_new(NULL, NULL);
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autoptr(GError) error = NULL;
	gchar *text;
	gsize length;

	if (argc != 2 || !g_file_get_contents(argv[1], &text, &length, &error) ||
	    !soup_server_listen_local(server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error)) {
		fprintf(stderr, "%s\n", error != NULL ? error->message : "plain-server FILE");
		return 1;
	}
	g_autoptr(GBytes) page = g_bytes_new_take(text, length);
	soup_server_add_handler(server, NULL, answer, page, NULL);
	GSList *uris = soup_server_get_uris(server);
	printf("%d\n", g_uri_get_port(uris->data));
	fflush(stdout);
	g_slist_free_full(uris, (GDestroyNotify)g_uri_unref);
	g_main_loop_run(loop);
	return 0;
}

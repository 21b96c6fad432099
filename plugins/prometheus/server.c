/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "server.h"

#include <errno.h>
#include <libsoup/soup.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "connections.h"
#include "negotiate.h"
#include "socket-path.h"
#include "vmfc/vmfc-plugin.h"

/* The thread gives way to those that tick and write. */
#define NICE 10
/* A request needs no body. A short one is read, so that its sender gets an answer. */
#define MAX_BODY 65536

#define TEXT_TYPE	 "text/plain; version=0.0.4; charset=utf-8"
#define OPENMETRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define PLAIN_TYPE	 "text/plain; charset=utf-8"
/* The start page has no scripts and loads nothing. */
#define POLICY "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

struct _Server {
	Pages *pages;
	gboolean is_checking_host;
	GPtrArray *sockets; /* of GSocket, bound before the thread runs */
	SocketPath *path;   /* NULL: no Unix socket */
	GMainContext *context;
	GMainLoop *loop;
	GThread *thread;

	/* of the thread */
	Connections *connections;
};

/* ------------------------------------------------------------------ pages */

static void
set_text(SoupServerMessage *message, guint status, const gchar *text)
{
	soup_server_message_set_status(message, status, NULL);
	soup_server_message_set_response(message, PLAIN_TYPE, SOUP_MEMORY_COPY, text, strlen(text));
}

static void
give_page(Server *self, SoupServerMessage *message, PageKind kind, const gchar *type)
{
	SoupMessageHeaders *request = soup_server_message_get_request_headers(message);
	SoupMessageHeaders *response = soup_server_message_get_response_headers(message);
	gboolean wants_gzip = negotiate_gzip(
		soup_message_headers_get_list(request, "Accept-Encoding"));
	GBytes *page = pages_get(self->pages, kind, wants_gzip);

	soup_server_message_set_status(message, SOUP_STATUS_OK, NULL);
	soup_message_headers_replace(response, "Content-Type", type);
	soup_message_headers_replace(response, "Vary", "Accept, Accept-Encoding");
	if (wants_gzip)
		soup_message_headers_replace(response, "Content-Encoding", "gzip");
	soup_message_body_append_bytes(soup_server_message_get_response_body(message), page);
}

static void
give_metrics(Server *self, SoupServerMessage *message)
{
	SoupMessageHeaders *request = soup_server_message_get_request_headers(message);
	const gchar *accept = soup_message_headers_get_list(request, "Accept");
	VmfcExposition format = negotiate_format(accept);

	if (format == VMFC_EXPOSITION_OPENMETRICS)
		give_page(self, message, PAGE_OPENMETRICS, OPENMETRICS_TYPE);
	else
		give_page(self, message, PAGE_TEXT, TEXT_TYPE);
}

static void
give_start(Server *self, SoupServerMessage *message)
{
	soup_message_headers_replace(soup_server_message_get_response_headers(message),
				     "Content-Security-Policy", POLICY);
	give_page(self, message, PAGE_START, "text/html; charset=utf-8");
}

static void
give_health(Server *self, SoupServerMessage *message)
{
	gboolean is_good;
	g_autofree gchar *text = pages_get_health(self->pages, &is_good);

	set_text(message, is_good ? SOUP_STATUS_OK : SOUP_STATUS_SERVICE_UNAVAILABLE, text);
}

static void
answer(G_GNUC_UNUSED SoupServer *server, SoupServerMessage *message, const gchar *path,
       G_GNUC_UNUSED GHashTable *query, gpointer data)
{
	Server *self = data;
	SoupMessageHeaders *response = soup_server_message_get_response_headers(message);

	soup_message_headers_replace(response, "Cache-Control", "no-store");
	soup_message_headers_replace(response, "X-Content-Type-Options", "nosniff");
	if (g_str_equal(path, "/metrics"))
		give_metrics(self, message);
	else if (g_str_equal(path, "/healthz"))
		give_health(self, message);
	else if (g_str_equal(path, "/"))
		give_start(self, message);
	else
		set_text(message, SOUP_STATUS_NOT_FOUND, "vmfc has /, /metrics and /healthz\n");
}

/* ------------------------------------------------------------- refusing */

static gboolean
is_from_other_site(const Server *self, SoupMessageHeaders *request)
{
	/* several headers are one list here, which is not a name of this machine */
	const gchar *host = soup_message_headers_get_list(request, "Host");

	return self->is_checking_host && host != NULL && !negotiate_is_local_host(host);
}

/* Returns: whether the body is longer than MAX_BODY, or its length is not known */
static gboolean
has_long_body(SoupMessageHeaders *request)
{
	SoupEncoding encoding = soup_message_headers_get_encoding(request);

	return encoding != SOUP_ENCODING_NONE &&
	       (encoding != SOUP_ENCODING_CONTENT_LENGTH ||
		soup_message_headers_get_content_length(request) > MAX_BODY);
}

/* Called when the headers are there. With a status, answer() is not called. */
static void
check_request(G_GNUC_UNUSED SoupServer *server, SoupServerMessage *message,
	      G_GNUC_UNUSED const gchar *path, G_GNUC_UNUSED GHashTable *query, gpointer data)
{
	Server *self = data;
	SoupMessageHeaders *request = soup_server_message_get_request_headers(message);
	SoupMessageHeaders *response = soup_server_message_get_response_headers(message);
	const gchar *method = soup_server_message_get_method(message);

	connections_begin_request(self->connections, message);
	soup_message_headers_replace(response, "Connection", "close");
	/* libsoup would answer a long list of ranges with a long text */
	soup_message_headers_remove(request, "Range");
	soup_message_body_set_accumulate(soup_server_message_get_request_body(message), FALSE);
	if (is_from_other_site(self, request)) {
		set_text(
			message, SOUP_STATUS_FORBIDDEN,
			"the Host header is not of this machine: use localhost, or name an address "
			"with prometheus.listen\n");
	} else if (method != SOUP_METHOD_GET && method != SOUP_METHOD_HEAD) {
		soup_message_headers_replace(response, "Allow", "GET, HEAD");
		set_text(message, SOUP_STATUS_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
	}
	if (has_long_body(request))
		connections_refuse(self->connections, message);
}

/* ---------------------------------------------------------------- thread */

/*
 * On any CPU that the process may use, while the writer follows the thread that ticks. Where this
 * is not allowed, the thread competes like any other.
 */
static void
give_way(void)
{
	cpu_set_t cpus;

	if (sched_getaffinity(getpid(), sizeof(cpus), &cpus) == 0)
		sched_setaffinity(0, sizeof(cpus), &cpus);
	if (setpriority(PRIO_PROCESS, 0, NICE) < 0)
		g_info("the server's thread keeps its priority: %s", g_strerror(errno));
}

static gpointer
server_main(gpointer data)
{
	Server *self = data;

	give_way();
	g_main_context_push_thread_default(self->context);
	g_autoptr(SoupServer) server = soup_server_new(NULL, NULL);
	self->connections = connections_new(server, self->context);
	soup_server_add_early_handler(server, NULL, check_request, self, NULL);
	soup_server_add_handler(server, NULL, answer, self, NULL);
	for (guint i = 0; i < self->sockets->len; i++)
		connections_listen(self->connections, self->sockets->pdata[i]);
	g_main_loop_run(self->loop);
	soup_server_disconnect(server);
	connections_free(self->connections);
	while (g_main_context_iteration(self->context, FALSE))
		; /* what libsoup still has to close */
	g_main_context_pop_thread_default(self->context);
	return NULL;
}

/* ------------------------------------------------------------- listening */

/* Returns: (transfer full): a socket that listens; %NULL with @error set */
static GSocket *
listen_at(GSocketAddress *address, GError **error)
{
	g_autoptr(GSocket) listening = g_socket_new(g_socket_address_get_family(address),
						    G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP,
						    error);

	if (listening == NULL || !g_socket_bind(listening, address, TRUE, error) ||
	    !g_socket_listen(listening, error))
		return NULL;
	g_socket_set_blocking(listening, FALSE);
	return g_steal_pointer(&listening);
}

static gboolean
set_listen_error(GSocketAddress *address, const GError *reason, GError **error)
{
	g_autofree gchar *text = g_socket_connectable_to_string(G_SOCKET_CONNECTABLE(address));
	gboolean is_taken = g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);

	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
		    "prometheus.listen: vmfc cannot listen at %s: %s", text,
		    is_taken ? "another program does, perhaps another vmfc; choose another port, "
			       "for example with --set prometheus.listen=localhost:28285"
			     : reason->message);
	return FALSE;
}

/* Port 0 is any free port: the second address gets that of the first one. */
static GSocketAddress *
share_port(GSocketAddress *address, GPtrArray *sockets)
{
	guint16 port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(address));

	if (port != 0 || sockets->len == 0)
		return g_object_ref(address);
	g_autoptr(GSocketAddress) first = g_socket_get_local_address(sockets->pdata[0], NULL);
	return g_inet_socket_address_new(
		g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address)),
		g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(first)));
}

/* A machine without IPv6 has one address less for localhost. */
static gboolean
is_without_family(const GError *reason, guint n_open)
{
	return n_open > 0 && (g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED) ||
			      g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_FAILED) ||
			      strstr(reason->message, g_strerror(EADDRNOTAVAIL)) != NULL);
}

static gboolean
open_sockets(Server *self, const ListenAddress *listen, GError **error)
{
	for (guint i = 0; i < listen->addresses->len; i++) {
		g_autoptr(GSocketAddress) address = share_port(listen->addresses->pdata[i],
							       self->sockets);
		g_autoptr(GError) reason = NULL;
		GSocket *listening = listen_at(address, &reason);
		if (listening != NULL)
			g_ptr_array_add(self->sockets, listening);
		else if (!is_without_family(reason, self->sockets->len))
			return set_listen_error(address, reason, error);
	}
	return TRUE;
}

static gboolean
open_path(Server *self, const gchar *path, GError **error)
{
	GSocket *listening = NULL;

	self->path = socket_path_take(path, &listening, error);
	if (self->path == NULL)
		return FALSE;
	g_socket_set_blocking(listening, FALSE);
	g_ptr_array_add(self->sockets, listening);
	return TRUE;
}

static void
announce(const Server *self, const ListenAddress *listen)
{
	if (listen->path != NULL) {
		g_message("serving metrics at the socket %s", listen->path);
		return;
	}
	g_autoptr(GSocketAddress) address = g_socket_get_local_address(self->sockets->pdata[0],
								       NULL);
	g_autofree gchar *text = g_socket_connectable_to_string(G_SOCKET_CONNECTABLE(address));
	g_message("serving metrics at http://%s/metrics", text);
}

static void
server_free(Server *self)
{
	for (guint i = 0; i < self->sockets->len; i++)
		g_socket_close(self->sockets->pdata[i], NULL);
	g_ptr_array_unref(self->sockets);
	g_clear_pointer(&self->path, socket_path_give_back);
	g_main_loop_unref(self->loop);
	g_main_context_unref(self->context);
	g_free(self);
}

/*
 * @pages: not owned
 *
 * Returns: (transfer full): %NULL with @error set
 */
Server *
server_start(const ListenAddress *listen, Pages *pages, GError **error)
{
	Server *self = g_new0(Server, 1);
	gboolean is_open;

	self->pages = pages;
	self->is_checking_host = listen->is_loopback;
	self->sockets = g_ptr_array_new_with_free_func(g_object_unref);
	self->context = g_main_context_new();
	self->loop = g_main_loop_new(self->context, FALSE);
	is_open = listen->path != NULL ? open_path(self, listen->path, error)
				       : open_sockets(self, listen, error);
	if (is_open)
		self->thread = g_thread_try_new("vmfc-prometheus", server_main, self, error);
	if (self->thread == NULL) {
		server_free(self);
		return NULL;
	}
	announce(self, listen);
	return self;
}

static gboolean
quit(gpointer data)
{
	g_main_loop_quit(data);
	return G_SOURCE_REMOVE;
}

/* Ends all connections at once: the page would be of a run that is over. */
void
server_stop(Server *self)
{
	g_autoptr(GSource) source = g_idle_source_new();

	/* as an event, because the loop may not run yet */
	g_source_set_priority(source, G_PRIORITY_HIGH);
	g_source_set_callback(source, quit, self->loop, NULL);
	g_source_attach(source, self->context);
	g_thread_join(self->thread);
	server_free(self);
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "connections.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

/* When a further one comes, the oldest one is closed. */
#define MAX_CONNECTIONS 64
/* For a request to arrive and its answer to be read, in µs. */
#define REQUEST_TIMEOUT (10 * G_USEC_PER_SEC)
/* Before the next try when no connection can be accepted (no descriptors), in µs. */
#define ACCEPT_PAUSE 20000

struct _Connections {
	SoupServer *server;
	GMainContext *context;
	GPtrArray *listening; /* of GSource */
	GQueue open;	      /* of Connection; the oldest first */
	GQueue shut;	      /* that libsoup has yet to close */
	GSource *timer;
};

typedef struct {
	Connections *owner;
	GSocketConnection *stream; /* libsoup's; a weak reference */
	GSocketAddress *address;   /* tells which connection a message came on */
	gint64 deadline;
	GQueue *queue;
	GList link;
} Connection;

static void
connection_free(Connection *self)
{
	g_queue_unlink(self->queue, &self->link);
	g_object_unref(self->address);
	g_free(self);
}

static void
move(Connection *self, GQueue *queue)
{
	g_queue_unlink(self->queue, &self->link);
	self->queue = queue;
	g_queue_push_tail_link(queue, &self->link);
}

/* libsoup has closed it. */
static void
stream_gone(gpointer data, G_GNUC_UNUSED GObject *stream)
{
	connection_free(data);
}

/* Ends what libsoup is reading or writing there; libsoup then closes it. */
static void
shut(Connection *self)
{
	g_socket_shutdown(g_socket_connection_get_socket(self->stream), TRUE, TRUE, NULL);
	move(self, &self->owner->shut);
}

static void
set_deadline(Connection *self, gint64 timeout)
{
	self->deadline = g_get_monotonic_time() + timeout;
	gint64 ready = g_source_get_ready_time(self->owner->timer);
	if (ready < 0 || ready > self->deadline)
		g_source_set_ready_time(self->owner->timer, self->deadline);
}

/* Closes those whose time is over, and waits for the next. */
static gboolean
time_is_over(gpointer data)
{
	Connections *self = data;
	gint64 now = g_get_monotonic_time();
	gint64 next = -1;

	for (GList *link = self->open.head; link != NULL;) {
		Connection *connection = link->data;
		link = link->next;
		if (connection->deadline <= now)
			shut(connection);
		else if (next < 0 || connection->deadline < next)
			next = connection->deadline;
	}
	g_source_set_ready_time(self->timer, next);
	return G_SOURCE_CONTINUE;
}

static gboolean
dispatch(G_GNUC_UNUSED GSource *source, GSourceFunc callback, gpointer data)
{
	return callback(data);
}

static GSourceFuncs timer_funcs = {.dispatch = dispatch};

Connections *
connections_new(SoupServer *server, GMainContext *context)
{
	Connections *self = g_new0(Connections, 1);

	self->server = server;
	self->context = context;
	self->listening = g_ptr_array_new();
	g_queue_init(&self->open);
	g_queue_init(&self->shut);
	self->timer = g_source_new(&timer_funcs, sizeof(GSource));
	g_source_set_callback(self->timer, time_is_over, self, NULL);
	g_source_attach(self->timer, context);
	return self;
}

/* Call soup_server_disconnect() before. */
void
connections_free(Connections *self)
{
	for (guint i = 0; i < self->listening->len; i++) {
		g_source_destroy(self->listening->pdata[i]);
		g_source_unref(self->listening->pdata[i]);
	}
	g_ptr_array_unref(self->listening);
	while (self->open.head != NULL)
		shut(self->open.head->data);
	while (self->shut.head != NULL) {
		Connection *connection = self->shut.head->data;
		g_object_weak_unref(G_OBJECT(connection->stream), stream_gone, connection);
		connection_free(connection);
	}
	g_source_destroy(self->timer);
	g_source_unref(self->timer);
	g_free(self);
}

/* ------------------------------------------------------------- accepting */

static void
add(Connections *self, GSocket *socket)
{
	g_autoptr(GSocketConnection) stream = g_socket_connection_factory_create_connection(socket);
	g_autoptr(GSocketAddress) local = g_socket_get_local_address(socket, NULL);
	GSocketAddress *remote = g_socket_get_remote_address(socket, NULL);

	if (local == NULL || remote == NULL) {
		g_clear_object(&remote);
		return; /* it has gone already */
	}
	Connection *connection = g_new0(Connection, 1);
	connection->owner = self;
	connection->stream = stream;
	connection->address = remote;
	connection->link.data = connection;
	connection->queue = &self->open;
	g_queue_push_tail_link(connection->queue, &connection->link);
	g_object_weak_ref(G_OBJECT(stream), stream_gone, connection);
	set_deadline(connection, REQUEST_TIMEOUT);
	if (self->open.length > MAX_CONNECTIONS)
		shut(self->open.head->data);
	soup_server_accept_iostream(self->server, G_IO_STREAM(stream), local, remote, NULL);
}

static gboolean
connection_waits(GSocket *listening, G_GNUC_UNUSED GIOCondition condition, gpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GSocket) socket = g_socket_accept(listening, NULL, &error);

	if (socket != NULL) {
		if (g_socket_get_family(socket) != G_SOCKET_FAMILY_UNIX)
			g_socket_set_option(socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
		add(data, socket);
	} else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
		g_usleep(ACCEPT_PAUSE);
	}
	return G_SOURCE_CONTINUE;
}

/*
 * libsoup closes each connection after its answer, as the server's answers say: where it keeps
 * them, libsoup 3.2 does not notice that a client has closed one.
 *
 * @socket: listens, and does not block
 */
void
connections_listen(Connections *self, GSocket *socket)
{
	GSource *source = g_socket_create_source(socket, G_IO_IN, NULL);

	g_source_set_callback(source, G_SOURCE_FUNC(connection_waits), self, NULL);
	g_source_attach(source, self->context);
	g_ptr_array_add(self->listening, source);
}

/* -------------------------------------------------------------- requests */

static Connection *
find(const Connections *self, SoupServerMessage *message)
{
	GSocketAddress *address = soup_server_message_get_remote_address(message);

	for (GList *link = self->open.head; link != NULL; link = link->next) {
		Connection *connection = link->data;
		if (connection->address == address)
			return connection;
	}
	return NULL;
}

/* The headers of a request are there: its body and its answer have their time from now on. */
void
connections_begin_request(Connections *self, SoupServerMessage *message)
{
	Connection *connection = find(self, message);

	if (connection != NULL)
		set_deadline(connection, REQUEST_TIMEOUT);
}

/* Closes the connection of a request that is not worth reading. */
void
connections_refuse(Connections *self, SoupServerMessage *message)
{
	Connection *connection = find(self, message);

	if (connection != NULL)
		shut(connection);
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "request.h"

#include <string.h>

#include "http/address.h"
#include "http/authorities.h"
#include "http/authorization.h"

#define NS_PER_S      1e9
#define PIECE_SIZE    (64 * 1024)
#define MAX_REDIRECTS 5
/*
 * OpenMetrics is preferred to Prometheus' text format, because its last line shows that the page is
 * complete. No compression: within one machine it costs both sides more time than it saves.
 */
#define HEADERS                                                                                    \
	"User-Agent: vmfc/" VMFC_VERSION "\r\n"                                                    \
	"Accept: application/openmetrics-text;version=1.0.0, text/plain;version=0.0.4;q=0.5\r\n"   \
	"Accept-Encoding: identity\r\n"

/* -------------------------------------------------------------- message */

static gboolean
append_authorization(KeplerRequest *self, GError **error)
{
	g_autoptr(GError) reason = NULL;
	g_autofree gchar *value = NULL;

	if (!vmfc_authorization_read(self->uri, self->source->token_file, &value, &reason)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_DENIED, "its token: %s", reason->message);
		return FALSE;
	}
	if (value != NULL)
		g_string_append_printf(self->message, "Authorization: %s\r\n", value);
	return TRUE;
}

static gint
get_port(GUri *uri)
{
	gint port = g_uri_get_port(uri);

	if (port > 0)
		return port;
	return g_str_equal(g_uri_get_scheme(uri), "https") ? 443 : 80;
}

/* Whether the server is the one for which the user gave the token or password, RFC 6454. */
static gboolean
is_same_origin(GUri *left, GUri *right)
{
	return g_str_equal(g_uri_get_scheme(left), g_uri_get_scheme(right)) &&
	       g_str_equal(g_uri_get_host(left), g_uri_get_host(right)) &&
	       get_port(left) == get_port(right);
}

static void
append_host(KeplerRequest *self, GUri *uri)
{
	const gchar *host = g_uri_get_host(uri);
	g_autofree gchar *ascii = g_hostname_to_ascii(host);
	gboolean is_ipv6 = strchr(host, ':') != NULL;

	if (is_ipv6)
		g_string_append_printf(self->message, "Host: [%.*s]", (int)strcspn(host, "%"),
				       host);
	else
		g_string_append_printf(self->message, "Host: %s", ascii != NULL ? ascii : host);
	if (g_uri_get_port(uri) > 0)
		g_string_append_printf(self->message, ":%d", g_uri_get_port(uri));
	g_string_append(self->message, "\r\n");
}

static gboolean
write_message(KeplerRequest *self, GUri *uri, GError **error)
{
	const gchar *path = g_uri_get_path(uri);
	const gchar *query = g_uri_get_query(uri);

	g_string_printf(self->message, "GET %s%s%s HTTP/1.1\r\n", path[0] != '\0' ? path : "/",
			query != NULL ? "?" : "", query != NULL ? query : "");
	append_host(self, uri);
	g_string_append(self->message, HEADERS);
	/* another server of the same host may be less trusted */
	if (is_same_origin(uri, self->uri) && !append_authorization(self, error))
		return FALSE;
	g_string_append(self->message, "\r\n");
	return TRUE;
}

/* ----------------------------------------------------------------- page */

static gboolean
check_size(const KeplerRequest *self, guint64 n_bytes, GError **error)
{
	if (n_bytes <= self->source->size_limit)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		    "the page is larger than %" G_GUINT64_FORMAT
		    " MiB: if it is Kepler's, raise the limit with --set %s.size_limit=MIB",
		    self->source->size_limit >> 20, self->source->plugin);
	return FALSE;
}

static gboolean
add_unpacked(const gchar *piece, gsize length, gpointer user_data, GError **error)
{
	KeplerRequest *self = user_data;

	self->n_unpacked += length;
	return check_size(self, self->n_unpacked, error) &&
	       kepler_text_add(self->text, piece, length, error);
}

static gboolean
add_received(const gchar *piece, gsize length, gpointer user_data, GError **error)
{
	KeplerRequest *self = user_data;

	if (!self->response.is_gzip)
		return add_unpacked(piece, length, user_data, error);
	if (self->n_received == 0)
		kepler_unpacker_begin(&self->unpacker);
	self->n_received += length;
	return check_size(self, self->n_received, error) &&
	       kepler_unpacker_add(&self->unpacker, piece, length, error);
}

/* What shows that the page is complete. */
static KeplerEnd
get_end(const KeplerResponse *response)
{
	if (response->is_openmetrics)
		return KEPLER_END_MARKED;
	return response->framing == KEPLER_FRAMING_CLOSE ? KEPLER_END_UNTOLD : KEPLER_END_TOLD;
}

static gboolean
end_page(KeplerRequest *self, GError **error)
{
	if (self->response.is_gzip && self->n_received > 0 &&
	    !kepler_unpacker_end(&self->unpacker, error))
		return FALSE;
	return kepler_text_end(self->text, get_end(&self->response), error);
}

/* ------------------------------------------------------------- exchange */

/* Sends the message and reads its answer. */
static gboolean
exchange(KeplerRequest *self, GError **error)
{
	kepler_response_begin(&self->response);
	self->any_byte = FALSE;
	self->n_received = 0;
	self->n_unpacked = 0;
	if (!kepler_connection_send(&self->connection, self->message, error))
		return FALSE;
	while (self->response.state != KEPLER_RESPONSE_OVER) {
		gssize n = kepler_connection_read(&self->connection, self->piece, PIECE_SIZE,
						  error);
		if (n < 0)
			return FALSE;
		if (n == 0)
			return kepler_response_end(&self->response, error);
		self->any_byte = TRUE;
		if (!kepler_response_add(&self->response, self->piece, (gsize)n, error))
			return FALSE;
	}
	return TRUE;
}

/*
 * A server may close an idle connection at the instant at which vmfc uses it again. Then no request
 * has reached it, and a new connection serves it.
 */
static gboolean
exchange_again(KeplerRequest *self, GUri *uri, GError **error)
{
	g_autoptr(GError) reason = NULL;

	if (kepler_connection_is_open_to(&self->connection, uri)) {
		if (exchange(self, &reason))
			return TRUE;
		if (self->any_byte || g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
			g_propagate_error(error, g_steal_pointer(&reason));
			return FALSE;
		}
	}
	return kepler_connection_open(&self->connection, uri, error) && exchange(self, error);
}

/*
 * A token must not go to another machine, nor unencrypted.
 *
 * Returns: (transfer full): the target of the redirect
 */
static GUri *
get_redirect(const KeplerRequest *self, GUri *from, GError **error)
{
	g_autofree gchar *shown = g_strescape(self->response.location->str, NULL);
	g_autoptr(GUri) to = g_uri_parse_relative(from, self->response.location->str,
						  VMFC_ADDRESS_FLAGS, NULL);

	if (to == NULL || self->response.location->len == 0 ||
	    g_strcmp0(g_uri_get_host(to), g_uri_get_host(from)) != 0 ||
	    (!g_str_equal(g_uri_get_scheme(to), g_uri_get_scheme(from)) &&
	     !g_str_equal(g_uri_get_scheme(to), "https"))) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_DENIED,
			    "it redirects to '%s', but vmfc only follows redirects on the same "
			    "host: give the right address with --kepler-url",
			    shown);
		return NULL;
	}
	return g_steal_pointer(&to);
}

static gboolean
check_status(const KeplerRequest *self, GError **error)
{
	guint status = self->response.status;

	if (status == 200)
		return TRUE;
	if (status == 401 || status == 403)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_DENIED,
			    "it answers %u: give the file with the bearer token with --set "
			    "%s.token_file=FILE",
			    status, self->source->plugin);
	else if (status == 404)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "it answers 404: give the address of Kepler's page with --kepler-url; "
			    "it usually ends with /metrics");
	else
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "it answers %u: see the log of Kepler, or of a proxy in front of it",
			    status);
	return FALSE;
}

static gboolean
fetch(KeplerRequest *self, GError **error)
{
	g_autoptr(GUri) uri = g_uri_ref(self->uri);

	for (guint n_redirects = 0; n_redirects <= MAX_REDIRECTS; n_redirects++) {
		if (!write_message(self, uri, error) || !exchange_again(self, uri, error))
			return FALSE;
		if (self->response.status < 300 || self->response.status >= 400)
			return check_status(self, error) && end_page(self, error);
		kepler_connection_close(&self->connection);
		GUri *next = get_redirect(self, uri, error);
		if (next == NULL)
			return FALSE;
		g_uri_unref(uri);
		uri = next;
	}
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
		    "it redirects more than %d times: give the address of Kepler's page with "
		    "--kepler-url",
		    MAX_REDIRECTS);
	return FALSE;
}

/* -------------------------------------------------------------- failures */

/* Whether no server listens at the address: an early retry would fail too. */
static gboolean
is_absence(const GError *error)
{
	return error->domain == G_RESOLVER_ERROR ||
	       g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED) ||
	       g_error_matches(error, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE) ||
	       g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE) ||
	       g_error_matches(error, G_IO_ERROR, G_IO_ERROR_HOST_NOT_FOUND);
}

/*
 * Makes a sentence of the failure that begins with the address.
 *
 * Returns: (transfer full):
 */
static GError *
explain(const KeplerRequest *self, const GError *reason)
{
	const KeplerSource *source = self->source;

	if (g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return g_error_new(VMFC_ERROR, VMFC_ERROR_IO,
				   "%s: no complete page within %g s: %s raises the limit",
				   source->shown_url, (gdouble)source->time_limit / NS_PER_S,
				   source->more_time);
	if (g_error_matches(reason, G_TLS_ERROR, G_TLS_ERROR_UNAVAILABLE))
		return g_error_new(VMFC_ERROR, VMFC_ERROR_UNSUPPORTED, "%s: %s", source->shown_url,
				   VMFC_NO_TLS);
	if (g_error_matches(reason, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE))
		return g_error_new(VMFC_ERROR, VMFC_ERROR_DENIED,
				   "%s: the certificate is not trusted (%s): name the authority "
				   "that signed it with --set %s.ca_file=FILE",
				   source->shown_url, reason->message, source->plugin);
	return g_error_new(VMFC_ERROR, reason->domain == VMFC_ERROR ? reason->code : VMFC_ERROR_IO,
			   "%s: %s", source->shown_url, reason->message);
}

/* @source, @uri, @authorities (nullable) and @text must outlive the request */
void
kepler_request_init(KeplerRequest *request, const KeplerSource *source, GUri *uri,
		    GTlsDatabase *authorities, KeplerText *text)
{
	*request = (KeplerRequest){
		.source = source,
		.uri = uri,
		.text = text,
		.cancellable = g_cancellable_new(),
		.message = g_string_new(NULL),
		.piece = g_malloc(PIECE_SIZE),
	};
	kepler_connection_init(&request->connection, authorities, request->cancellable);
	kepler_response_init(&request->response, add_received, request);
	kepler_unpacker_init(&request->unpacker, add_unpacked, request, request->cancellable);
}

void
kepler_request_clear(KeplerRequest *request)
{
	kepler_connection_close(&request->connection);
	kepler_response_clear(&request->response);
	kepler_unpacker_clear(&request->unpacker);
	g_object_unref(request->cancellable);
	g_string_free(request->message, TRUE);
	g_free(request->piece);
}

/*
 * Fetches the page; its text must have been begun. Waits until it is complete, or @cancellable is
 * cancelled.
 *
 * @absent: (out): whether no server listens at the address
 *
 * Returns: (transfer full) (nullable): why there is no page
 */
GError *
kepler_request_run(KeplerRequest *request, gboolean *absent)
{
	g_autoptr(GError) reason = NULL;
	gboolean good = fetch(request, &reason);

	*absent = !good && is_absence(reason);
	if (!good || !request->response.is_kept)
		kepler_connection_close(&request->connection);
	return good ? NULL : explain(request, reason);
}

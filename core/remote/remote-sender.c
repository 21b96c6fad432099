/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "remote/remote-sender.h"

#include <libsoup/soup.h>

#include "config.h"
#include "http/address.h"
#include "http/authorities.h"
#include "http/authorization.h"
#include "http/bearer-token.h"
#include "vmfc/vmfc-plugin.h"

struct _VmfcRemoteSender {
	/* constant */
	GUri *uri;
	gchar *address;	 /* without secrets, for messages */
	gchar *identity; /* tells it from other receivers */
	gchar *token_file;
	gchar *token_option;
	gchar *ca_option;
	VmfcAuthorities authorities;
	guint time_limit; /* ms */

	/* any thread may cancel */
	GCancellable *cancellable;
	gint is_cancelled; /* atomic */

	/* of the thread that sends */
	GMainContext *context;
	SoupSession *session; /* NULL: not connected */
};

/* One request, and its answer. */
typedef struct {
	VmfcRemoteSender *sender;
	VmfcRemoteBegin begin; /* NULL: none */
	gpointer user_data;
	SoupMessage *message;
	GInputStream *stream;
	gchar text[VMFC_REMOTE_ANSWER_SIZE];
	gsize length;
	gboolean is_written; /* a part of the request, at least its head */
	gboolean is_whole;   /* the answer was read to its end */
	gboolean is_late;
	gboolean is_done;
	GError *error;
} Exchange;

/* ------------------------------------------------------------- opening */

static gboolean
check_files(VmfcRemoteSender *self, const VmfcRemoteTarget *target, GError **error)
{
	g_autoptr(GError) reason = NULL;

	if (!vmfc_bearer_token_check_file(target->token_file, &reason)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "%s: %s", target->token_option,
			    reason->message);
		return FALSE;
	}
	if (vmfc_authorities_read(&self->authorities, target->ca_file, &reason))
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "%s: %s", target->ca_option,
		    reason->message);
	return FALSE;
}

/*
 * Warns if a token or password would pass a network without encryption.
 *
 * @target: copied
 *
 * Returns: (transfer full): %NULL with @error set when an address or file is invalid
 */
VmfcRemoteSender *
vmfc_remote_sender_new(const VmfcRemoteTarget *target, GError **error)
{
	g_autoptr(VmfcRemoteSender) sender = g_new0(VmfcRemoteSender, 1);

	sender->authorities.fd = -1;
	sender->cancellable = g_cancellable_new();
	sender->context = g_main_context_new();
	sender->uri = vmfc_address_parse(target->url, target->url_option,
					 "https://metrics.example/api/v1/write", error);
	if (sender->uri == NULL || !check_files(sender, target, error))
		return NULL;
	sender->address = vmfc_address_show(sender->uri);
	sender->identity = vmfc_address_identify(sender->uri);
	sender->token_file = g_strdup(target->token_file);
	sender->token_option = g_strdup(target->token_option);
	sender->ca_option = g_strdup(target->ca_option);
	sender->time_limit = target->time_limit;
	vmfc_authorization_warn_if_exposed(sender->uri, sender->token_file);
	return g_steal_pointer(&sender);
}

/* On the thread that sends, or after vmfc_remote_sender_disconnect(). */
void
vmfc_remote_sender_free(VmfcRemoteSender *sender)
{
	vmfc_remote_sender_disconnect(sender);
	g_main_context_unref(sender->context);
	g_object_unref(sender->cancellable);
	vmfc_authorities_clear(&sender->authorities);
	g_clear_pointer(&sender->uri, g_uri_unref);
	g_free(sender->address);
	g_free(sender->identity);
	g_free(sender->token_file);
	g_free(sender->token_option);
	g_free(sender->ca_option);
	g_free(sender);
}

/* Returns: (transfer none): the address without secrets, for messages */
const gchar *
vmfc_remote_sender_get_address(const VmfcRemoteSender *sender)
{
	return sender->address;
}

/* Returns: (transfer none): what tells the receiver from others, without secrets */
const gchar *
vmfc_remote_sender_get_identity(const VmfcRemoteSender *sender)
{
	return sender->identity;
}

/* ------------------------------------------------------------- request */

static void
connect_session(VmfcRemoteSender *self)
{
	/* no proxy: the address is the receiver's */
	self->session = soup_session_new_with_options("user-agent", "vmfc/" VMFC_VERSION,
						      "max-conns", 1, "timeout", 0, "idle-timeout",
						      60, "proxy-resolver", NULL, NULL);
	/* only a short text is read of an answer, and libsoup asks for no password */
	soup_session_remove_feature_by_type(self->session, SOUP_TYPE_CONTENT_DECODER);
	soup_session_remove_feature_by_type(self->session, SOUP_TYPE_AUTH_MANAGER);
	if (self->authorities.database != NULL)
		soup_session_set_tls_database(self->session, self->authorities.database);
}

static SoupMessage *
build_message(const VmfcRemoteSender *self, GBytes *body, const gchar *authorization)
{
	SoupMessage *message = soup_message_new_from_uri("POST", self->uri);
	SoupMessageHeaders *headers = soup_message_get_request_headers(message);

	soup_message_add_flags(message, SOUP_MESSAGE_NO_REDIRECT);
	soup_message_headers_replace(headers, "Content-Encoding", "snappy");
	soup_message_headers_replace(headers, "X-Prometheus-Remote-Write-Version", "0.1.0");
	if (authorization != NULL)
		soup_message_headers_replace(headers, "Authorization", authorization);
	soup_message_set_request_body_from_bytes(message, "application/x-protobuf", body);
	return message;
}

/* ------------------------------------------------------------ exchange */

static void
end(Exchange *exchange, GError *error)
{
	exchange->error = error;
	exchange->is_done = TRUE;
}

static void
read_more(Exchange *exchange);

static void
has_read(GObject *source, GAsyncResult *result, gpointer user_data)
{
	Exchange *exchange = user_data;
	GError *error = NULL;
	gssize n = g_input_stream_read_finish(G_INPUT_STREAM(source), result, &error);

	if (n > 0) {
		exchange->length += (gsize)n;
		read_more(exchange);
		return;
	}
	exchange->is_whole = n == 0;
	/* the head has said what became of the request */
	g_clear_error(&error);
	end(exchange, NULL);
}

/* Reads the answer's text up to the size that is of use. */
static void
read_more(Exchange *exchange)
{
	gsize room = sizeof(exchange->text) - exchange->length;

	if (room == 0) {
		end(exchange, NULL);
		return;
	}
	g_input_stream_read_async(exchange->stream, exchange->text + exchange->length, room,
				  G_PRIORITY_DEFAULT, exchange->sender->cancellable, has_read,
				  exchange);
}

static void
has_sent(GObject *source, GAsyncResult *result, gpointer user_data)
{
	Exchange *exchange = user_data;
	GError *error = NULL;

	exchange->stream = soup_session_send_finish(SOUP_SESSION(source), result, &error);
	if (exchange->stream == NULL)
		end(exchange, error);
	else
		read_more(exchange);
}

static void
has_connection(G_GNUC_UNUSED SoupMessage *message, gpointer user_data)
{
	Exchange *exchange = user_data;

	if (exchange->begin != NULL)
		exchange->begin(exchange->user_data);
}

static void
has_written(G_GNUC_UNUSED SoupMessage *message, gpointer user_data)
{
	Exchange *exchange = user_data;

	exchange->is_written = TRUE;
}

static gboolean
time_is_over(gpointer user_data)
{
	Exchange *exchange = user_data;

	exchange->is_late = TRUE;
	g_cancellable_cancel(exchange->sender->cancellable);
	return G_SOURCE_REMOVE;
}

static void
run(Exchange *exchange)
{
	VmfcRemoteSender *self = exchange->sender;
	g_autoptr(GSource) timer = g_timeout_source_new(self->time_limit);

	g_source_set_callback(timer, time_is_over, exchange, NULL);
	g_source_attach(timer, self->context);
	soup_session_send_async(self->session, exchange->message, G_PRIORITY_DEFAULT,
				self->cancellable, has_sent, exchange);
	while (!exchange->is_done)
		g_main_context_iteration(self->context, TRUE);
	g_source_destroy(timer);
	/* closing a stream reads the rest of it, which may have no end */
	if (!exchange->is_whole)
		soup_session_abort(self->session);
	g_clear_object(&exchange->stream);
}

static gboolean
is_of_setup(const GError *error)
{
	return g_error_matches(error, G_TLS_ERROR, G_TLS_ERROR_UNAVAILABLE) ||
	       g_error_matches(error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
}

static gchar *
explain_error(const Exchange *exchange)
{
	const VmfcRemoteSender *self = exchange->sender;
	const GError *error = exchange->error;

	if (exchange->is_late)
		return g_strdup_printf("no answer within %g s", self->time_limit / 1e3);
	if (g_error_matches(error, G_TLS_ERROR, G_TLS_ERROR_UNAVAILABLE))
		return g_strdup(VMFC_NO_TLS);
	if (g_error_matches(error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE))
		return g_strdup_printf("the certificate is not trusted (%s): name the file with "
				       "the authority that signed it with %s",
				       error->message, self->ca_option);
	return g_strdup(error->message);
}

static const gchar *
get_remedy(const VmfcRemoteAnswer *answer)
{
	if (answer->result != VMFC_REMOTE_REFUSED)
		return "";
	switch (answer->status) {
	case 401:
	case 403:
		return "; give the file with a bearer token that it accepts with ";
	case 404:
	case 405:
		return "; check the address: Prometheus takes requests at /api/v1/write, if its "
		       "receiver is enabled";
	default:
		break;
	}
	if (answer->status >= 300 && answer->status < 400)
		return "; vmfc follows no redirects: give the address that it redirects to";
	return "";
}

/* Makes a sentence of the reason that begins with the address. */
static void
explain(const VmfcRemoteSender *self, VmfcRemoteAnswer *answer)
{
	gboolean is_token = answer->status == 401 || answer->status == 403;
	g_autofree gchar *reason = answer->reason;

	answer->reason = g_strconcat(self->address, ": ", reason, get_remedy(answer),
				     is_token ? self->token_option : "", NULL);
}

static void
read_answer(Exchange *exchange, VmfcRemoteAnswer *answer)
{
	SoupMessageHeaders *headers = soup_message_get_response_headers(exchange->message);

	if (exchange->error != NULL) {
		*answer = (VmfcRemoteAnswer){
			.result = VMFC_REMOTE_RETRY,
			.retry_after = -1,
			.is_untaken = !exchange->is_written,
			.needs_user = !exchange->is_late && is_of_setup(exchange->error),
			.reason = explain_error(exchange),
		};
		g_clear_error(&exchange->error);
	} else {
		vmfc_remote_answer_read(answer, soup_message_get_status(exchange->message),
					soup_message_headers_get_one(headers, "Retry-After"),
					exchange->text, exchange->length);
	}
}

/*
 * Sends a request and waits for its answer, at most as long as the time limit says.
 *
 * @body: from vmfc_remote_batch_build_body() or vmfc_remote_pack()
 * @begin: (nullable): called when there is a connection, before anything of the request is sent
 * @answer: (out): clear it
 */
void
vmfc_remote_sender_send(VmfcRemoteSender *sender, GBytes *body, VmfcRemoteBegin begin,
			gpointer user_data, VmfcRemoteAnswer *answer)
{
	g_autofree Exchange *exchange = g_new0(Exchange, 1);
	g_autofree gchar *authorization = NULL;
	g_autoptr(GError) error = NULL;

	exchange->sender = sender;
	exchange->begin = begin;
	exchange->user_data = user_data;
	g_main_context_push_thread_default(sender->context);
	if (sender->session == NULL)
		connect_session(sender);
	g_cancellable_reset(sender->cancellable);
	if (g_atomic_int_get(&sender->is_cancelled))
		g_cancellable_cancel(sender->cancellable);
	if (vmfc_authorization_read(sender->uri, sender->token_file, &authorization, &error)) {
		exchange->message = build_message(sender, body, authorization);
		g_signal_connect(exchange->message, "starting", G_CALLBACK(has_connection),
				 exchange);
		g_signal_connect(exchange->message, "wrote-headers", G_CALLBACK(has_written),
				 exchange);
		run(exchange);
		read_answer(exchange, answer);
	} else {
		*answer = (VmfcRemoteAnswer){VMFC_REMOTE_RETRY, .retry_after = -1,
					     .is_untaken = TRUE,
					     .reason = g_strdup(error->message)};
	}
	if (answer->reason != NULL)
		explain(sender, answer);
	g_clear_object(&exchange->message);
	g_main_context_pop_thread_default(sender->context);
}

/* Closes the connection, on the thread that sends. */
void
vmfc_remote_sender_disconnect(VmfcRemoteSender *sender)
{
	if (sender->session == NULL)
		return;
	g_main_context_push_thread_default(sender->context);
	soup_session_abort(sender->session);
	g_clear_object(&sender->session);
	while (g_main_context_iteration(sender->context, FALSE))
		;
	g_main_context_pop_thread_default(sender->context);
}

/* Ends the current request and all later ones. May be called on any thread. */
void
vmfc_remote_sender_cancel(VmfcRemoteSender *sender)
{
	g_atomic_int_set(&sender->is_cancelled, TRUE);
	g_cancellable_cancel(sender->cancellable);
}

/* Whether there are no more requests. May be called on any thread. */
gboolean
vmfc_remote_sender_is_cancelled(VmfcRemoteSender *sender)
{
	return g_atomic_int_get(&sender->is_cancelled);
}

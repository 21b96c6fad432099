/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/pull/client.h"

#include <libsoup/soup.h>
#include <string.h>

#include "http/address.h"
#include "http/authorization.h"
#include "http/bearer-token.h"
#include "tools/pull/answer.h"
#include "vmfc/vmfc-plugin.h"

#define PIECE_SIZE  (64 * 1024)
#define US_PER_NS   1000
#define NS_PER_S    1e9
#define MAX_REASON  4096 /* bytes of an answer that is a refusal */
#define MAX_TRIALS  4
#define FIRST_PAUSE 1 /* s; doubled for each further trial */
#define EXAMPLE	    "http://localhost:9090"

struct _VmfcPullClient {
	GUri *address;
	gchar *shown; /* the address without a password */
	gchar *token_file;
	gint64 timeout; /* ns */
	VmfcAuthorities authorities;
	SoupSession *session;
	gchar *piece;
};

static SoupSession *
create_session(const VmfcPullClient *client)
{
	SoupSession *session = soup_session_new_with_options("user-agent", "vmfc/" VMFC_VERSION,
							     "proxy-resolver", NULL, NULL);

	if (client->authorities.database != NULL)
		soup_session_set_tls_database(session, client->authorities.database);
	return session;
}

/* Returns: (transfer full): %NULL with @error set */
VmfcPullClient *
vmfc_pull_client_new(const VmfcPullServer *server, GError **error)
{
	g_autoptr(VmfcPullClient) client = g_new0(VmfcPullClient, 1);

	client->authorities.fd = -1;
	client->address = vmfc_address_parse(server->url, "--url", EXAMPLE, error);
	if (client->address == NULL)
		return NULL;
	client->shown = vmfc_address_show(client->address);
	client->token_file = g_strdup(server->token_file);
	client->timeout = server->timeout;
	if (server->token_file != NULL && !vmfc_bearer_token_check_file(server->token_file, error))
		return NULL;
	if (!vmfc_authorities_read(&client->authorities,
				   server->ca_file != NULL ? server->ca_file : "", error))
		return NULL;
	client->session = create_session(client);
	client->piece = g_malloc(PIECE_SIZE);
	vmfc_authorization_warn_if_exposed(client->address, client->token_file);
	return g_steal_pointer(&client);
}

void
vmfc_pull_client_free(VmfcPullClient *client)
{
	g_clear_object(&client->session);
	vmfc_authorities_clear(&client->authorities);
	g_clear_pointer(&client->address, g_uri_unref);
	g_free(client->shown);
	g_free(client->token_file);
	g_free(client->piece);
	g_free(client);
}

const gchar *
vmfc_pull_client_get_url(const VmfcPullClient *client)
{
	return client->shown;
}

/* ---------------------------------------------------------- time limit */

/* Cancels a request that takes too long: a server can send one byte a second for ever. */
typedef struct {
	GMutex mutex;
	GCond cond;
	gboolean is_over;
	gint64 deadline; /* us, monotonic */
	GCancellable *cancellable;
	GThread *thread;
} Watchdog;

static gpointer
watch(gpointer data)
{
	Watchdog *watchdog = data;

	g_mutex_lock(&watchdog->mutex);
	while (!watchdog->is_over) {
		if (g_cond_wait_until(&watchdog->cond, &watchdog->mutex, watchdog->deadline))
			continue;
		g_cancellable_cancel(watchdog->cancellable);
		break;
	}
	g_mutex_unlock(&watchdog->mutex);
	return NULL;
}

static void
watchdog_start(Watchdog *watchdog, gint64 timeout)
{
	g_mutex_init(&watchdog->mutex);
	g_cond_init(&watchdog->cond);
	watchdog->is_over = FALSE;
	watchdog->deadline = g_get_monotonic_time() + timeout / US_PER_NS;
	watchdog->cancellable = g_cancellable_new();
	watchdog->thread = g_thread_new("timeout", watch, watchdog);
}

static void
watchdog_stop(Watchdog *watchdog)
{
	g_mutex_lock(&watchdog->mutex);
	watchdog->is_over = TRUE;
	g_cond_signal(&watchdog->cond);
	g_mutex_unlock(&watchdog->mutex);
	g_thread_join(watchdog->thread);
	g_object_unref(watchdog->cancellable);
	g_cond_clear(&watchdog->cond);
	g_mutex_clear(&watchdog->mutex);
}

/* ------------------------------------------------------------- request */

/* Without the user: libsoup would ask for the password of one. */
static SoupMessage *
create_message(const VmfcPullClient *client, const gchar *path, const gchar *query, GError **error)
{
	g_autofree gchar *folder = g_strdup(g_uri_get_path(client->address));

	while (g_str_has_suffix(folder, "/"))
		folder[strlen(folder) - 1] = '\0';
	g_autofree gchar *whole = g_strconcat(folder, path, NULL);
	g_autoptr(GUri) uri = g_uri_build(VMFC_ADDRESS_FLAGS, g_uri_get_scheme(client->address),
					  NULL, g_uri_get_host(client->address),
					  g_uri_get_port(client->address), whole, query, NULL);
	g_autofree gchar *authorization = NULL;
	if (!vmfc_authorization_read(client->address, client->token_file, &authorization, error))
		return NULL;
	SoupMessage *message = soup_message_new_from_uri("GET", uri);
	soup_message_add_flags(message, SOUP_MESSAGE_NO_REDIRECT);
	if (authorization != NULL)
		soup_message_headers_replace(soup_message_get_request_headers(message),
					     "Authorization", authorization);
	return message;
}

/* Returns: whether the text is complete. @max_size: one byte more is read, which shows the excess
 */
static gboolean
read_text(const VmfcPullClient *client, GInputStream *stream, GString *text, gsize max_size,
	  GCancellable *cancellable, GError **error)
{
	while (text->len <= max_size) {
		gssize n = g_input_stream_read(stream, client->piece, PIECE_SIZE, cancellable,
					       error);
		if (n <= 0)
			return n == 0;
		g_string_append_len(text, client->piece, n);
	}
	return TRUE;
}

static gboolean
receive(const VmfcPullClient *client, SoupMessage *message, GString *text, gsize max_size,
	GError **error)
{
	Watchdog watchdog;
	g_autoptr(GError) reason = NULL;

	watchdog_start(&watchdog, client->timeout);
	g_autoptr(GInputStream) stream = soup_session_send(client->session, message,
							   watchdog.cancellable, &reason);
	gboolean good = stream != NULL &&
			read_text(client, stream, text, max_size, watchdog.cancellable, &reason);
	g_clear_object(&stream); /* before its cancellable */
	watchdog_stop(&watchdog);
	if (good)
		return TRUE;
	if (g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "no complete answer within %g s: --timeout raises the limit",
			    (gdouble)client->timeout / NS_PER_S);
	else if (g_error_matches(reason, G_TLS_ERROR, G_TLS_ERROR_UNAVAILABLE))
		g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED, VMFC_NO_TLS);
	else if (g_error_matches(reason, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE))
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_DENIED,
			    "the certificate is not trusted (%s): name the authority that signed "
			    "it with --ca-file",
			    reason->message);
	else
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "%s", reason->message);
	return FALSE;
}

/* -------------------------------------------------------------- answer */

static void
set_no_entry(const VmfcPullClient *client, guint status, GError **error)
{
	if (client->token_file == NULL)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_DENIED,
			    "it answers %u: give the file with the bearer token with --token-file",
			    status);
	else
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_DENIED,
			    "it answers %u to the token in %s: see whether that is valid and may "
			    "read, or name another file with --token-file",
			    status, client->token_file);
}

/* Prometheus gives its reason as JSON, also with a status of failure. */
static gboolean
set_refusal(const VmfcPullClient *client, guint status, const GString *text, GError **error)
{
	g_autoptr(JsonNode) root = NULL;

	if (status >= 300 && status < 400) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_DENIED,
			    "it redirects (%u), which vmfc does not follow: give the right address "
			    "with --url",
			    status);
		return FALSE;
	}
	if (status == 401 || status == 403) {
		set_no_entry(client, status, error);
		return FALSE;
	}
	if (text->len <= MAX_REASON)
		root = vmfc_document_parse(text->str, text->len, MAX_REASON, NULL);
	if (root != NULL && vmfc_answer_get_data(root, error) == NULL && error != NULL &&
	    g_error_matches(*error, VMFC_ERROR, VMFC_ERROR_IO))
		return FALSE;
	g_clear_error(error);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
		    status == 404 ? "it answers %u: --url must be the address of Prometheus' "
				    "interface, without /api/v1"
				  : "it answers %u: see its log",
		    status);
	return FALSE;
}

/*
 * Prometheus refuses a query that would load too many samples with 422, and ends one that takes too
 * long with 503 (prometheus.io/docs/prometheus/latest/querying/api, "Format overview").
 */
static gboolean
is_too_much(guint status, const GString *text)
{
	g_autoptr(JsonNode) root = NULL;

	if (status == SOUP_STATUS_UNPROCESSABLE_ENTITY)
		return TRUE;
	if (status == SOUP_STATUS_SERVICE_UNAVAILABLE && text->len <= MAX_REASON)
		root = vmfc_document_parse(text->str, text->len, MAX_REASON, NULL);
	return root != NULL && JSON_NODE_HOLDS_OBJECT(root) &&
	       g_strcmp0(vmfc_document_get_string(json_node_get_object(root), "errorType"),
			 "timeout") == 0;
}

static gboolean
is_worth_a_trial(guint status, const GString *text)
{
	return (status == 429 || status == 502 || status == 503 || status == 504) &&
	       !is_too_much(status, text);
}

/* Sends one request again while the server is busy. */
static gboolean
ask_patiently(VmfcPullClient *client, const gchar *path, const gchar *query, gsize max_size,
	      GString *text, guint *status, GError **error)
{
	gulong pause = FIRST_PAUSE * G_USEC_PER_SEC;

	for (guint trial = 1;; trial++) {
		g_autoptr(SoupMessage) message = create_message(client, path, query, error);
		g_string_truncate(text, 0);
		if (message == NULL || !receive(client, message, text, max_size, error))
			return FALSE;
		*status = soup_message_get_status(message);
		if (!is_worth_a_trial(*status, text) || trial == MAX_TRIALS)
			return TRUE;
		g_info("%s answers %u: vmfc pull asks again", client->shown, *status);
		g_usleep(pause);
		pause *= 2;
	}
}

/*
 * @query: encoded for an address
 * @answer: (out) (transfer full): a document, if it is VMFC_PULL_ANSWERED
 * @error: set for the other results
 */
VmfcPullResult
vmfc_pull_client_ask(VmfcPullClient *client, const gchar *path, const gchar *query, gsize max_size,
		     JsonNode **answer, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) reason = NULL;
	guint status = 0;
	VmfcPullResult result = VMFC_PULL_FAILED;

	*answer = NULL;
	if (!ask_patiently(client, path, query, max_size, text, &status, &reason)) {
		/* the sentence is there */
	} else if (status != SOUP_STATUS_OK) {
		set_refusal(client, status, text, &reason);
		if (is_too_much(status, text))
			result = VMFC_PULL_TOO_MUCH;
	} else if (text->len > max_size) {
		result = VMFC_PULL_TOO_MUCH;
		g_set_error(&reason, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    "its answer is larger than %g MiB", (gdouble)max_size / (1 << 20));
	} else {
		*answer = vmfc_document_parse(text->str, text->len, max_size, &reason);
		if (*answer != NULL)
			return VMFC_PULL_ANSWERED;
		if (g_error_matches(reason, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED))
			result = VMFC_PULL_TOO_MUCH;
		g_prefix_error(&reason, result == VMFC_PULL_TOO_MUCH
						? "its answer is too large: "
						: "its answer is not valid JSON: ");
	}
	g_return_val_if_fail(reason != NULL, VMFC_PULL_FAILED);
	g_set_error(error, VMFC_ERROR, reason->domain == VMFC_ERROR ? reason->code : VMFC_ERROR_IO,
		    "%s: %s", client->shown, reason->message);
	return result;
}

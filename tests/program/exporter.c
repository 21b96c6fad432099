/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * An exporter like Kepler's in a machine where processes come and go, and in as many ways bad as a
 * path says. It prints the port that it listens at, and for every page that it hands out what the
 * page adds up to and what its processes have used since the page before.
 *
 *   exporter [PORT [CERTIFICATE]]
 *
 * With a certificate, a PEM file that also holds its key, it speaks https.
 */

#include <libsoup/soup.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../huge-page.h"

#define N_PROCESSES 40
#define BOMB_BYTES  ((gsize)1 << 30)
#define CHUNK_SIZE  65536

typedef struct {
	guint pid;
	guint name;   /* a name that has ended is taken by another process later */
	gdouble used; /* CPU seconds; whole hundredths, as the kernel counts */
	gboolean ended;
} Process;

typedef struct {
	GArray *processes;
	GRand *random;
	guint n_pages;
	guint next_pid;
} Exporter;

/* ---------------------------------------------------------- processes */

static gdouble
hundredths(Exporter *self, gint most)
{
	return g_rand_int_range(self->random, 0, most + 1) / 100.0;
}

/* Names that the format must escape. */
static const gchar *const names[] = {"bash",	    "my \\\"quoted\\\" tool", "back\\\\slash",
				     "two\\nlines", "comma,brace}=",	      "\xc3\xa4\xc3\xb6"};

static void
start_process(Exporter *self, gdouble used)
{
	Process process = {.used = used};

	process.pid = self->next_pid++;
	process.name = (guint)g_rand_int_range(self->random, 0, G_N_ELEMENTS(names));
	g_array_append_val(self->processes, process);
}

/* Time goes on. Returns: what all processes have used meanwhile */
static gdouble
advance(Exporter *self)
{
	gdouble growth = 0;

	for (guint i = 0; i < self->processes->len;) {
		Process *process = &g_array_index(self->processes, Process, i);
		/* a few of them work, no more than one CPU can in the 0.1 s from page to page */
		gdouble more = g_rand_int_range(self->random, 0, 10) == 0 ? hundredths(self, 3) : 0;
		if (process->ended) {
			g_array_remove_index_fast(self->processes, i);
			continue;
		}
		/* it is shown once more, with what it has used at last */
		process->ended = g_rand_int_range(self->random, 0, 40) == 0;
		/* another one with the same number and name; its count begins anew */
		if (!process->ended && process->used > 0.05 &&
		    g_rand_int_range(self->random, 0, 40) == 0) {
			process->used = 0.02;
			growth += 0.02;
		} else {
			process->used += more;
			growth += more;
		}
		i++;
	}
	while (self->processes->len < N_PROCESSES) {
		gdouble used = hundredths(self, 5);
		start_process(self, used);
		growth += used;
	}
	/* one that was there for long and was not shown */
	if (self->n_pages % 5 == 3)
		start_process(self, 86400);
	return growth;
}

static gdouble
sum_up(const Exporter *self)
{
	gdouble total = 0;
	for (guint i = 0; i < self->processes->len; i++)
		total += g_array_index(self->processes, Process, i).used;
	return total;
}

/* --------------------------------------------------------------- pages */

static void
append_sample(Exporter *self, GString *page, const Process *process)
{
	gchar *labels[] = {
		g_strdup_printf("pid=\"%u\"", process->pid),
		g_strdup_printf("comm=\"%s\"", names[process->name]),
		g_strdup_printf("exe=\"/usr/bin/%s\"", names[process->name]),
		g_strdup("type=\"regular\""),
		g_strdup("container_id=\"\""),
		g_strdup("vm_id=\"\""),
		g_strdup("node_name=\"vm\""),
	};
	gint first = g_rand_int_range(self->random, 0, G_N_ELEMENTS(labels));

	g_string_append(page, "kepler_process_cpu_seconds_total{");
	for (guint i = 0; i < G_N_ELEMENTS(labels); i++)
		g_string_append_printf(page, "%s%s", i > 0 ? "," : "",
				       labels[(i + (guint)first) % G_N_ELEMENTS(labels)]);
	if (process->used >= 1000)
		g_string_append_printf(page, "} %.6e\n", process->used);
	else
		g_string_append_printf(page, "} %.2f\n", process->used);
	for (guint i = 0; i < G_N_ELEMENTS(labels); i++)
		g_free(labels[i]);
}

/* The node's counters, of which two zones tell the time between the looks. */
static void
append_node(GString *page)
{
	gdouble now = (gdouble)g_get_monotonic_time() / G_USEC_PER_SEC;
	const struct {
		const gchar *zone;
		gdouble watts;
	} zones[] = {{"package", 12.5}, {"core", 8.25}};

	for (guint i = 0; i < G_N_ELEMENTS(zones); i++)
		g_string_append_printf(page,
				       "kepler_node_cpu_joules_total{zone=\"%s\",path=\"p\"} %.9f\n"
				       "kepler_node_cpu_watts{path=\"p\",zone=\"%s\"} %g\n",
				       zones[i].zone, zones[i].watts * now, zones[i].zone,
				       zones[i].watts);
}

static GString *
make_page(Exporter *self)
{
	GString *page = g_string_new("# HELP kepler_build_info Build information\n"
				     "# TYPE kepler_build_info gauge\n"
				     "kepler_build_info{version=\"0.11\"} 1\n\n"
				     "# TYPE kepler_process_cpu_seconds_total counter\n");
	gdouble growth = advance(self);

	append_node(page);
	for (guint i = 0; i < self->processes->len; i++) {
		append_sample(self, page, &g_array_index(self->processes, Process, i));
		if (i % 7 == 0)
			g_string_append(page,
					"# a comment\nkepler_process_cpu_watts{pid=\"1\"} NaN\n");
	}
	/* and no newline at the end */
	g_string_append(page, "kepler_node_cpu_usage_ratio{node_name=\"vm\"} +Inf");
	printf("{\"page\": %u, \"total\": %.2f, \"growth\": %.2f}\n", self->n_pages++, sum_up(self),
	       growth);
	fflush(stdout);
	return page;
}

/* ------------------------------------------------------------- answers */

static void
answer(SoupServerMessage *message, const gchar *type, GString *body)
{
	gsize length = body->len;
	soup_server_message_set_status(message, SOUP_STATUS_OK, NULL);
	soup_server_message_set_response(message, type, SOUP_MEMORY_TAKE,
					 g_string_free(body, FALSE), length);
}

static GString *
compress(const gchar *text, gsize length, gsize repeat)
{
	g_autoptr(GConverter) gzip = G_CONVERTER(
		g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 1));
	g_autoptr(GOutputStream) memory = g_memory_output_stream_new_resizable();
	g_autoptr(GOutputStream) stream = g_converter_output_stream_new(memory, gzip);

	for (gsize i = 0; i < repeat; i++)
		g_output_stream_write_all(stream, text, length, NULL, NULL, NULL);
	g_output_stream_close(stream, NULL, NULL);
	GMemoryOutputStream *result = G_MEMORY_OUTPUT_STREAM(memory);
	return g_string_new_len(g_memory_output_stream_get_data(result),
				(gssize)g_memory_output_stream_get_data_size(result));
}

static void
answer_packed(SoupServerMessage *message, GString *packed)
{
	soup_message_headers_replace(soup_server_message_get_response_headers(message),
				     "Content-Encoding", "gzip");
	answer(message, "text/plain; version=0.0.4", packed);
}

static void
append_endless(SoupServerMessage *message, gpointer data)
{
	static guint n;
	SoupMessageBody *body = soup_server_message_get_response_body(message);
	GString *piece = g_string_sized_new(CHUNK_SIZE);

	while (piece->len < CHUNK_SIZE)
		g_string_append_printf(piece, "kepler_process_cpu_seconds_total{pid=\"%u\"} 1\n",
				       n++);
	gsize length = piece->len;
	soup_message_body_append_take(body, (guchar *)g_string_free(piece, FALSE), length);
	(void)data;
}

/* Behind the back of the server: a page that is cut off in the middle. */
static void
answer_half(Exporter *self, SoupServerMessage *message)
{
	g_autoptr(GIOStream) connection = soup_server_message_steal_connection(message);
	GString *page = make_page(self);
	g_autofree gchar *head = g_strdup_printf(
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %" G_GSIZE_FORMAT
		"\r\n\r\n",
		page->len);
	GOutputStream *stream = g_io_stream_get_output_stream(connection);

	g_output_stream_write_all(stream, head, strlen(head), NULL, NULL, NULL);
	g_output_stream_write_all(stream, page->str, page->len / 2, NULL, NULL, NULL);
	g_io_stream_close(connection, NULL, NULL);
	g_string_free(page, TRUE);
}

static void
answer_byte_by_byte(Exporter *self, SoupServerMessage *message)
{
	SoupMessageBody *body = soup_server_message_get_response_body(message);
	g_autoptr(GString) page = make_page(self);

	/* without it a page in chunks was cut off */
	g_string_append_c(page, '\n');
	soup_server_message_set_status(message, SOUP_STATUS_OK, NULL);
	soup_message_headers_set_encoding(soup_server_message_get_response_headers(message),
					  SOUP_ENCODING_CHUNKED);
	for (gsize i = 0; i < page->len; i++)
		soup_message_body_append(body, SOUP_MEMORY_COPY, page->str + i, 1);
	soup_message_body_complete(body);
}

typedef struct {
	Exporter *self;
	SoupServerMessage *message;
} Late;

static gboolean
answer_late(gpointer data)
{
	Late *late = data;
	answer(late->message, "text/plain", make_page(late->self));
	soup_server_message_unpause(late->message);
	g_object_unref(late->message);
	g_free(late);
	return G_SOURCE_REMOVE;
}

static void
redirect(SoupServerMessage *message, const gchar *to)
{
	soup_server_message_set_redirect(message, SOUP_STATUS_FOUND, to);
}

static gboolean
is_authorized(SoupServerMessage *message)
{
	return g_strcmp0(soup_message_headers_get_one(
				 soup_server_message_get_request_headers(message), "Authorization"),
			 "Bearer open-sesame") == 0;
}

static void
handle(G_GNUC_UNUSED SoupServer *server, SoupServerMessage *message, const char *path,
       GHashTable *query, gpointer data)
{
	Exporter *self = data;
	const gchar *text = "text/plain; version=0.0.4";

	if (g_str_equal(path, "/metrics")) {
		answer(message, text, make_page(self));
	} else if (g_str_equal(path, "/late")) {
		Late *late = g_new0(Late, 1);
		*late = (Late){self, g_object_ref(message)};
		soup_server_message_pause(message);
		g_timeout_add((guint)atoi(g_hash_table_lookup(query, "ms")), answer_late, late);
	} else if (g_str_equal(path, "/stale")) {
		/* each page three times */
		static GString *page;
		static guint n_asked;
		if (n_asked++ % 3 == 0)
			page = make_page(self);
		answer(message, text, g_string_new_len(page->str, (gssize)page->len));
	} else if (g_str_equal(path, "/never")) {
		soup_server_message_pause(message);
	} else if (g_str_equal(path, "/bytes")) {
		answer_byte_by_byte(self, message);
	} else if (g_str_equal(path, "/500")) {
		soup_server_message_set_status(message, SOUP_STATUS_INTERNAL_SERVER_ERROR, NULL);
	} else if (g_str_equal(path, "/loop")) {
		redirect(message, "/loop");
	} else if (g_str_equal(path, "/once")) {
		redirect(message, "/metrics");
	} else if (g_str_equal(path, "/away")) {
		redirect(message, "http://127.0.0.2/metrics");
	} else if (g_str_equal(path, "/endless")) {
		soup_server_message_set_status(message, SOUP_STATUS_OK, NULL);
		soup_message_headers_set_encoding(soup_server_message_get_response_headers(message),
						  SOUP_ENCODING_CHUNKED);
		soup_message_body_set_accumulate(soup_server_message_get_response_body(message),
						 FALSE);
		g_signal_connect(message, "wrote-headers", G_CALLBACK(append_endless), NULL);
		g_signal_connect(message, "wrote-chunk", G_CALLBACK(append_endless), NULL);
	} else if (g_str_equal(path, "/bomb")) {
		static gchar lines[CHUNK_SIZE];
		static GString *packed; /* takes a while */
		memset(lines, '\n', sizeof(lines));
		if (packed == NULL)
			packed = compress(lines, sizeof(lines), BOMB_BYTES / CHUNK_SIZE);
		answer_packed(message, g_string_new_len(packed->str, (gssize)packed->len));
	} else if (g_str_equal(path, "/gzip")) {
		g_autoptr(GString) page = make_page(self);
		answer_packed(message, compress(page->str, page->len, 1));
	} else if (g_str_has_prefix(path, "/openmetrics")) {
		GString *page = make_page(self);
		if (g_str_equal(path, "/openmetrics"))
			g_string_append(page, "\n# EOF\n");
		answer(message, "application/openmetrics-text; version=1.0.0; charset=utf-8", page);
	} else if (g_str_equal(path, "/garbage")) {
		GString *bytes = g_string_new(NULL);
		for (guint i = 0; i < CHUNK_SIZE; i++)
			g_string_append_c(bytes, (gchar)g_rand_int(self->random));
		answer(message, text, bytes);
	} else if (g_str_equal(path, "/html")) {
		answer(message, "text/html", g_string_new("<html>It works!</html>\n"));
	} else if (g_str_equal(path, "/half")) {
		answer_half(self, message);
	} else if (g_str_equal(path, "/token") && !is_authorized(message)) {
		soup_server_message_set_status(message, SOUP_STATUS_UNAUTHORIZED, NULL);
	} else if (g_str_equal(path, "/token")) {
		answer(message, text, make_page(self));
	} else if (g_str_equal(path, "/huge")) {
		static GBytes *page;
		if (page == NULL)
			page = g_string_free_to_bytes(huge_page_new());
		soup_server_message_set_status(message, SOUP_STATUS_OK, NULL);
		soup_message_body_append_bytes(soup_server_message_get_response_body(message),
					       page);
		soup_message_body_complete(soup_server_message_get_response_body(message));
	} else if (g_str_equal(path, "/no-processes")) {
		answer(message, text, g_string_new("kepler_build_info{version=\"0.11\"} 1\n"));
	} else {
		soup_server_message_set_status(message, SOUP_STATUS_NOT_FOUND, NULL);
	}
}

int
main(int argc, char *argv[])
{
	Exporter self = {
		.processes = g_array_new(FALSE, TRUE, sizeof(Process)),
		.random = g_rand_new_with_seed(7),
		.next_pid = 1,
	};
	g_autoptr(SoupServer) server = soup_server_new("server-header", "exporter", NULL);
	g_autoptr(GError) error = NULL;
	guint port = argc > 1 ? (guint)atoi(argv[1]) : 0;

	SoupServerListenOptions how = SOUP_SERVER_LISTEN_IPV4_ONLY;

	if (argc > 2) {
		g_autoptr(GTlsCertificate) own = g_tls_certificate_new_from_file(argv[2], &error);
		g_assert_no_error(error);
		soup_server_set_tls_certificate(server, own);
		how |= SOUP_SERVER_LISTEN_HTTPS;
	}
	if (!soup_server_listen_local(server, port, how, &error)) {
		fprintf(stderr, "%s\n", error->message);
		return 1;
	}
	soup_server_add_handler(server, NULL, handle, &self, NULL);
	GSList *uris = soup_server_get_uris(server);
	printf("%d\n", g_uri_get_port(uris->data));
	fflush(stdout);
	g_slist_free_full(uris, (GDestroyNotify)g_uri_unref);
	g_main_loop_run(g_main_loop_new(NULL, FALSE));
	return 0;
}

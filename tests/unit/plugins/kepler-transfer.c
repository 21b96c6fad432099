/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What counts as a whole page of Kepler's server, how large it may be, and why there is none. */

#include "kepler-server.h"

/* --------------------------------------------------------------------- page */

/* The head of an answer, and a page of @n bytes in lines. Returns: (transfer full): */
static GString *
make_page(const gchar *head, gsize n)
{
	GString *page = g_string_new(NULL);

	while (page->len + 2 * strlen(PAGE) <= n)
		g_string_append(page, PAGE);
	while (page->len + 1 < n)
		g_string_append_c(page, '#');
	g_string_append_c(page, '\n');
	g_autofree gchar *begin = g_strdup_printf(head, page->len);
	return g_string_prepend(page, begin);
}

/* The limit is for each page by itself, to the byte. */
static void
test_size(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar head[] = "HTTP/1.1 200 OK\r\nContent-Length: %" G_GSIZE_FORMAT
				    "\r\n\r\n";

	for (guint excess = 0; excess < 2; excess++) {
		g_autoptr(GString) answer = make_page(head, MIB + excess);
		begin_request(fixture, "http://there/");
		for (guint i = 0; i < 3; i++) {
			server.answers[i] = answer->str;
			g_autoptr(GError) error = run(fixture);
			g_assert_cmpint(error == NULL, ==, excess == 0);
		}
		server.answers[3] = answer->str;
		if (excess > 0)
			run_bad(fixture, VMFC_ERROR_FORMAT,
				"the page is larger than 1 MiB: * --set plug.size_limit=MIB");
	}
}

static GString *
pack(const gchar *text, gsize length)
{
	g_autoptr(GConverter) gzip = G_CONVERTER(
		g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, -1));
	GString *packed = g_string_sized_new(length + 1000);
	gsize n_read, n_written;

	g_assert_cmpint(g_converter_convert(gzip, text, length, packed->str, packed->allocated_len,
					    G_CONVERTER_INPUT_AT_END, &n_read, &n_written, NULL),
			==, G_CONVERTER_FINISHED);
	return g_string_set_size(packed, n_written);
}

/* @length: of the whole page, when it is packed */
static GString *
make_packed(const gchar *text, gsize length, gsize n_shown)
{
	g_autoptr(GString) packed = pack(text, length);
	GString *answer = g_string_new(NULL);

	n_shown = MIN(n_shown, packed->len);
	g_string_printf(answer,
			"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
			"Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n",
			n_shown);
	return g_string_append_len(answer, packed->str, (gssize)n_shown);
}

static void
answer_bytes(guint i, const GString *answer)
{
	server.answers[i] = answer->str;
	server.lengths[i] = answer->len;
}

/* A packed page after a plain one and after one that was damaged; its limit is that of its text. */
static void
test_packed(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GString) small = make_packed(PAGE, strlen(PAGE), G_MAXSIZE);
	g_autoptr(GString) damaged = make_packed(PAGE, strlen(PAGE), 15);
	g_autoptr(GString) nothing = make_packed(PAGE, strlen(PAGE), 0);

	answer_bytes(0, nothing);
	run_bad(fixture, VMFC_ERROR_FORMAT, "the server is not Kepler: *");
	begin_request(fixture, "http://there/");
	server.answers[0] = OK;
	run_good(fixture, 1);
	for (guint i = 1; i < 7; i += 2) {
		answer_bytes(i, small);
		run_good(fixture, 1);
		answer_bytes(i + 1, i < 5 ? damaged : nothing);
		run_bad(fixture, VMFC_ERROR_FORMAT,
			i < 5 ? "the page was cut off: the end of its compressed data *"
			      : "the server is not Kepler: *");
	}
	for (guint excess = 0; excess < 2; excess++) {
		g_autoptr(GString) page = make_page("", MIB + excess);
		g_autoptr(GString) large = make_packed(page->str, page->len, G_MAXSIZE);
		g_assert_cmpuint(large->len, <, MIB / 10);
		begin_request(fixture, "http://there/");
		for (guint i = 0; i < 3; i++) {
			answer_bytes(i, large);
			g_autoptr(GError) error = run(fixture);
			g_assert_cmpint(error == NULL, ==, excess == 0);
		}
	}
	/* nor does it become nothing without end */
	g_autoptr(GString) empty = pack("", 0);
	g_autoptr(GString) endless = g_string_new(
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n");
	while (endless->len < 2 * MIB)
		g_string_append_len(endless, empty->str, (gssize)empty->len);
	begin_request(fixture, "http://there/");
	answer_bytes(0, endless);
	run_bad(fixture, VMFC_ERROR_FORMAT, "the page is larger than 1 MiB: *");
}

/* What shows that a page is whole, for each way of sending one. */
static void
test_ends(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *answer;
		const gchar *sentence; /* NULL: it is whole */
	} cases[] = {
		{"HTTP/1.1 200 OK\r\n\r\n" PAGE "# EOF\n", NULL},
		{"HTTP/1.1 200 OK\r\n\r\n" PAGE, "vmfc does not know whether *"},
		{OK, NULL},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n" PAGE "\r\n0\r\n\r\n",
		 NULL},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n" PAGE "\r\n",
		 "the page was cut off: the connection *"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n" PAGE,
		 "the page was cut off: the connection *"},
		{"HTTP/1.1 200 OK\r\nContent-Type: application/openmetrics-text\r\n"
		 "Content-Length: 11\r\n\r\n" PAGE,
		 "the page was cut off: its last line is not '# EOF'*"},
		{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 11\r\n\r\n" PAGE "x",
		 "its answer is invalid HTTP: the page is longer *"},
		{"HTTP/1.1 200 OK\r\nContent-Type: application/openmetrics-text\r\n"
		 "Content-Length: 17\r\n\r\n" PAGE "# EOF\n",
		 NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		begin_request(fixture, "http://there/");
		server.answers[0] = cases[i].answer;
		if (cases[i].sentence == NULL)
			run_good(fixture, 1);
		else
			run_bad(fixture,
				strstr(cases[i].sentence, "connection") != NULL ? VMFC_ERROR_IO
										: VMFC_ERROR_FORMAT,
				cases[i].sentence);
		/* which is that of the next page no more */
		server.answers[1] = OK;
		run_good(fixture, 1);
	}
}

/* ----------------------------------------------------------------- failures */

/* What kind of failure it is decides when vmfc asks again, and what it says. */
static void
test_failures(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const struct {
		GQuark domain;
		gint failure;
		gboolean is_absent;
		gint code;
		const gchar *sentence;
	} cases[] = {
		{G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, TRUE, VMFC_ERROR_IO, "why"},
		{G_RESOLVER_ERROR, G_RESOLVER_ERROR_TEMPORARY_FAILURE, TRUE, VMFC_ERROR_IO, "why"},
		{G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED, TRUE, VMFC_ERROR_IO, "why"},
		{G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE, TRUE, VMFC_ERROR_IO, "why"},
		{G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE, TRUE, VMFC_ERROR_IO, "why"},
		{G_IO_ERROR, G_IO_ERROR_HOST_NOT_FOUND, TRUE, VMFC_ERROR_IO, "why"},
		{G_IO_ERROR, G_IO_ERROR_TIMED_OUT, FALSE, VMFC_ERROR_IO, "why"},
		{G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, FALSE, VMFC_ERROR_IO, "why"},
		{G_IO_ERROR, G_IO_ERROR_CANCELLED, FALSE, VMFC_ERROR_IO,
		 "no complete page within 3.5 s: a wish raises the limit"},
		{G_TLS_ERROR, G_TLS_ERROR_UNAVAILABLE, FALSE, VMFC_ERROR_UNSUPPORTED,
		 "https is not available here: *"},
		{G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, FALSE, VMFC_ERROR_DENIED,
		 "the certificate is not trusted (why): * --set plug.ca_file=FILE"},
		{G_TLS_ERROR, G_TLS_ERROR_HANDSHAKE, FALSE, VMFC_ERROR_IO, "why"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		begin_request(fixture, "http://there/");
		server.no_open = g_error_new_literal(cases[i].domain, cases[i].failure, "why");
		run_bad(fixture, cases[i].code, cases[i].sentence);
		g_assert_cmpint(fixture->absent, ==, cases[i].is_absent);
		/* that is over as soon as it answers */
		g_clear_error(&server.no_open);
		server.answers[0] = OK;
		run_good(fixture, 1);
	}
}

#define ADD(path, test) g_test_add("/kepler-transfer/" path, Fixture, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("size", test_size);
	ADD("packed", test_packed);
	ADD("ends", test_ends);
	ADD("failures", test_failures);
	return g_test_run();
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "kepler/response.h"
#include "kepler/unpack.h"

#include <string.h>

#include "vmfc/vmfc-plugin.h"

#define OK "HTTP/1.1 200 OK\r\n"

typedef struct {
	KeplerResponse response;
	KeplerUnpacker unpacker;
	GString *page;
} Fixture;

static gboolean
add_page(const gchar *piece, gsize length, gpointer user_data, G_GNUC_UNUSED GError **error)
{
	g_string_append_len(((Fixture *)user_data)->page, piece, (gssize)length);
	return TRUE;
}

static void
fixture_set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->page = g_string_new(NULL);
	kepler_response_init(&fixture->response, add_page, fixture);
	kepler_unpacker_init(&fixture->unpacker, add_page, fixture, NULL);
}

static void
fixture_tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	kepler_response_clear(&fixture->response);
	kepler_unpacker_clear(&fixture->unpacker);
	g_string_free(fixture->page, TRUE);
}

/* --------------------------------------------------------------- framing */

/* A response that comes in pieces. Returns: whether it was whole, and not @error */
static gboolean
read_response(Fixture *fixture, const gchar *text, gsize length, gsize piece, GError **error)
{
	gboolean good = TRUE;

	g_string_truncate(fixture->page, 0);
	kepler_response_begin(&fixture->response);
	for (gsize i = 0; i < length && good; i += piece)
		good = kepler_response_add(&fixture->response, text + i, MIN(piece, length - i),
					   error);
	return good && kepler_response_end(&fixture->response, error);
}

static void
test_framing(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *text;
		const gchar *page;
		KeplerFraming framing;
		gboolean is_kept;
	} cases[] = {
		{OK "Content-Length: 5\r\n\r\na 1\nb", "a 1\nb", KEPLER_FRAMING_LENGTH, TRUE},
		{"HTTP/1.1 200\ncontent-LENGTH:\t5 \n\na 1\nb", "a 1\nb", KEPLER_FRAMING_LENGTH,
		 TRUE},
		{OK "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", "a", KEPLER_FRAMING_LENGTH,
		 TRUE},
		{OK "Content-Length: 1\r\nConnection: x, Close\r\n\r\na", "a",
		 KEPLER_FRAMING_LENGTH, FALSE},
		{"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", "a", KEPLER_FRAMING_LENGTH,
		 FALSE},
		{OK "Content-Length: 0\r\n\r\n", "", KEPLER_FRAMING_LENGTH, TRUE},
		{"HTTP/1.0 200 OK\r\n\r\na 1\n", "a 1\n", KEPLER_FRAMING_CLOSE, FALSE},
		{OK "\r\na 1\n", "a 1\n", KEPLER_FRAMING_CLOSE, FALSE},
		{OK "Transfer-Encoding: Chunked\r\n\r\n2\r\na "
		    "\r\n0a;x=\"y\"\r\n1234567890\r\n0\r\n\r\n",
		 "a 1234567890", KEPLER_FRAMING_CHUNKED, TRUE},
		{OK "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n000\r\nX-Sum: 1\r\nY: 2\r\n\r\n",
		 "a", KEPLER_FRAMING_CHUNKED, TRUE},
		{OK "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n1\r\na\r\n0\r\n\r\n",
		 "a", KEPLER_FRAMING_CHUNKED, FALSE},
		{"HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 103 \r\n\r\n" OK
		 "Content-Length: 1\r\n\r\na",
		 "a", KEPLER_FRAMING_LENGTH, TRUE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		gsize length = strlen(cases[i].text);
		for (gsize piece = length; piece > 0; piece /= 2) {
			g_autoptr(GError) error = NULL;
			gboolean good = read_response(fixture, cases[i].text, length, piece,
						      &error);
			g_assert_no_error(error);
			g_assert_true(good);
			g_assert_cmpstr(fixture->page->str, ==, cases[i].page);
			g_assert_cmpint(fixture->response.framing, ==, cases[i].framing);
			g_assert_cmpint(fixture->response.is_kept, ==, cases[i].is_kept);
		}
		/* and each of its beginnings is known to be one, but where only its end would tell
		 */
		for (gsize n = 0; n < length && cases[i].framing != KEPLER_FRAMING_CLOSE; n++) {
			g_autoptr(GError) error = NULL;
			g_assert_false(read_response(fixture, cases[i].text, n, MAX(n, 1), &error));
			g_assert_error(error, VMFC_ERROR, VMFC_ERROR_IO);
		}
	}
}

static void
test_head(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar metrics[] = OK
		"Content-Type: application/OpenMetrics-text; version=1\r\n"
		"Content-Encoding: x-gzip\r\n\r\n";
	static const gchar plain[] = OK
		"content-type: text/plain\r\nContent-Encoding: identity\r\n\r\n";
	static const gchar moved[] =
		"HTTP/1.1 302 Found\r\nLocation: /a b\r\nContent-Length: 9\r\n\r\n";

	g_assert_true(read_response(fixture, metrics, strlen(metrics), 1, NULL));
	g_assert_true(fixture->response.is_openmetrics && fixture->response.is_gzip);
	g_assert_true(read_response(fixture, plain, strlen(plain), 1, NULL));
	g_assert_false(fixture->response.is_openmetrics || fixture->response.is_gzip);
	/* the page of another answer than 200 is of no use */
	g_assert_true(read_response(fixture, moved, strlen(moved), 1, NULL));
	g_assert_cmpuint(fixture->response.status, ==, 302);
	g_assert_cmpstr(fixture->response.location->str, ==, "/a b");
	g_assert_false(fixture->response.is_kept);
}

static void
test_refused(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *text;
		const gchar *sentence;
	} cases[] = {
		{"SSH-2.0-OpenSSH_9.2\r\n", "*does not begin with a status line*"},
		{"HTTP/2 200 OK\r\n\r\n", "*does not begin with a status line*"},
		{"HTTP/1.1 2000 OK\r\n\r\n", "*does not begin with a status line*"},
		{"\r\nHTTP/1.1 200 OK\r\n\r\n", "*does not begin with a status line*"},
		{"HTTP/1.1 200x\r\n\r\n", "*does not begin with a status line*"},
		{"HTTP/1.1 20\r\n\r\n", "*does not begin with a status line*"},
		{"HTTP/1.2 200 OK\r\n\r\n", "*does not begin with a status line*"},
		{"HTTP/1.1200 OK\r\n\r\n", "*does not begin with a status line*"},
		{"HTTP/1.1 000 OK\r\n\r\n", "*does not begin with a status line*"},
		{"HTTP/1.1 600 OK\r\n\r\n", "*does not begin with a status line*"},
		{"HTTP/1.1 2x0 OK\r\n\r\n", "*does not begin with a status line*"},
		{"HTTP/1.1 20x OK\r\n\r\n", "*does not begin with a status line*"},
		{OK ": 5\r\n\r\n", "*a line that is not a header*"},
		{OK "\tX: 5\r\n\r\n", "*a line that is not a header*"},
		{OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
		 "*is not 'chunked'*"},
		{OK "Content-Length: 0\r\n\r\nx", "*longer than its announced length*"},
		{OK "Content-Length: 5\r\n 6\r\n\r\n", "*a line that is not a header*"},
		{OK "Content-Length : 5\r\n\r\n", "*a line that is not a header*"},
		{OK "rubbish\r\n\r\n", "*a line that is not a header*"},
		{OK "Content-Length: -5\r\n\r\n", "*Content-Length is not a number*"},
		{OK "Content-Length: 5x\r\n\r\n", "*Content-Length is not a number*"},
		{OK "Content-Length: 99999999999999999999\r\n\r\n",
		 "*Content-Length is not a number*"},
		{OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", "*or is given twice*"},
		{OK "Transfer-Encoding: gzip, chunked\r\n\r\n", "*is not 'chunked'*"},
		{OK "Content-Encoding: br\r\n\r\n", "*cannot decompress (Content-Encoding)*"},
		{OK "Content-Encoding: gzip, gzip\r\n\r\n", "*cannot decompress "
							    "(Content-Encoding)*"},
		{OK "Content-Length: 3\r\n\r\na 1\nb 1\n", "*longer than its announced length*"},
		{OK "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nb 1\n", "*longer than its "
									"announced length*"},
		{OK "Transfer-Encoding: chunked\r\n\r\n2\r\na 1\r\n", "*longer than its size*"},
		{OK "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "*chunk of the page has no valid "
								 "size*"},
		{OK "Transfer-Encoding: chunked\r\n\r\n\r\n", "*chunk of the page has no valid "
							      "size*"},
		{OK "Transfer-Encoding: chunked\r\n\r\n-1\r\n", "*chunk of the page has no valid "
								"size*"},
		{OK "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n",
		 "*chunk of the page has no valid size*"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		gsize length = strlen(cases[i].text);
		g_assert_false(read_response(fixture, cases[i].text, length, length, &error));
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT);
		g_assert_true(g_pattern_match_simple(cases[i].sentence, error->message));
	}
}

/* How many interim answers may come before each answer, and what counts as one. */
static void
test_interim(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint n = 15; n <= 17; n++) {
		g_autoptr(GString) text = g_string_new(NULL);
		for (guint i = 0; i < n; i++)
			g_string_append(text, "HTTP/1.1 199 x\r\nContent-Length: 9\r\n\r\n");
		g_string_append(text, OK "Content-Length: 1\r\n\r\na");
		for (guint i = 0; i < 2; i++) {
			g_autoptr(GError) error = NULL;
			g_assert_cmpint(
				read_response(fixture, text->str, text->len, text->len, &error), ==,
				n <= 16);
			g_assert_cmpint(error == NULL, ==, n <= 16);
		}
	}
	static const gchar switching[] = "HTTP/1.1 101 x\r\n\r\n";
	g_assert_true(read_response(fixture, switching, strlen(switching), 7, NULL));
	g_assert_cmpuint(fixture->response.status, ==, 101);
}

/* The size of a chunk that fits, and how long a head may be, to the byte. */
static void
test_sizes(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *size;
		gint64 length; /* -1: refused */
	} cases[] = {
		{"3ffffffffffffff", 0x3ffffffffffffff},
		{"3ffffffffffffffA", 0x3ffffffffffffffa},
		{"400000000000000", 0x400000000000000},
		{"4000000000000000", -1},
		{"1g", -1},
		{" 1 ;x", 1},
		{";x", -1},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree gchar *text = g_strdup_printf(
			OK "Transfer-Encoding: chunked\r\n\r\n%s\r\n", cases[i].size);
		kepler_response_begin(&fixture->response);
		gboolean good = kepler_response_add(&fixture->response, text, strlen(text), NULL);
		g_assert_cmpint(good, ==, cases[i].length >= 0);
		if (good)
			g_assert_cmpint(fixture->response.length, ==, cases[i].length);
	}
	for (gsize excess = 0; excess < 2; excess++) {
		g_autofree gchar *name = g_strnfill(64 * 1024 - strlen(OK) - 4 + excess, 'x');
		g_autofree gchar *text = g_strdup_printf(OK "%s:\n\r\n", name);
		g_assert_cmpint(read_response(fixture, text, strlen(text), strlen(text), NULL), ==,
				excess == 0);
	}
}

/* A page may have many chunks: the limit is for the lines between two of them. */
static void
test_many_chunks(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GString) text = g_string_new(OK "Transfer-Encoding: chunked\r\n\r\n");

	for (guint i = 0; i < 30000; i++)
		g_string_append(text, "1\r\na\r\n");
	g_string_append(text, "0\r\n\r\n");
	g_assert_true(read_response(fixture, text->str, text->len, 1000, NULL));
	g_assert_cmpuint(fixture->page->len, ==, 30000);
}

/* The last of several addresses, without the blanks around it; another header is no length. */
static void
test_other_headers(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar text[] =
		"HTTP/1.1 301 x\r\nLocation: /first\r\nLocation: \t/b \t\r\nContent-Lengths: x\r\n"
		"Connection: keep-alive\r\nContent-Type:\r\nContent-Encoding:\r\n\r\n";
	static const gchar kept[] = OK
		"Connection: keep-alive\r\nContent-Length: 1\r\nContent-Type: "
		"application/openmetrics-text\r\n\r\na";

	g_assert_true(read_response(fixture, text, strlen(text), 3, NULL));
	g_assert_cmpuint(fixture->response.status, ==, 301);
	g_assert_cmpstr(fixture->response.location->str, ==, "/b");
	g_assert_false(fixture->response.is_openmetrics);
	g_assert_true(read_response(fixture, kept, strlen(kept), 3, NULL));
	g_assert_cmpstr(fixture->response.location->str, ==, "");
	g_assert_true(fixture->response.is_openmetrics && fixture->response.is_kept);
}

/* Each digit of the status counts. */
static void
test_status(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const guint statuses[] = {200, 204, 302, 429, 503, 599};

	for (guint i = 0; i < G_N_ELEMENTS(statuses); i++) {
		g_autofree gchar *text = g_strdup_printf(
			"HTTP/1.1 %u x\r\nContent-Length: 0\r\n\r\n", statuses[i]);
		g_assert_true(read_response(fixture, text, strlen(text), strlen(text), NULL));
		g_assert_cmpuint(fixture->response.status, ==, statuses[i]);
	}
}

/* A connection that closes at once, and one that closes later. */
static void
test_closed(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *text;
		const gchar *sentence;
	} cases[] = {
		{"", "it closes the connection without an answer*"},
		{"H", "the page was cut off*"},
		{OK "Content-Length: 1\r\n\r\n", "the page was cut off*"},
		{OK "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n", "the page was cut off*"},
		{OK "Content-Length: 1\r\n", "the page was cut off*"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		gsize length = strlen(cases[i].text);
		g_assert_false(
			read_response(fixture, cases[i].text, length, MAX(length, 1), &error));
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_IO);
		g_assert_true(g_pattern_match_simple(cases[i].sentence, error->message));
	}
}

/* What a server may say without an end has a limit, and no more is kept of it. */
static void
test_endless(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *head;
		const gchar *again;
		const gchar *sentence;
	} cases[] = {
		{"", "HTTP/1.1 100 Continue\r\n\r\n", "*too many interim answers*"},
		{OK, "X: y\r\n", "*its head is too long*"},
		{OK "X: ", "yyyyyyyyyyyyyyyy", "*its head is too long*"},
		{OK "Transfer-Encoding: chunked\r\n\r\n", "000000000", "*its head is too long*"},
		{OK "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n",
		 "*its head is too "
		 "long*"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		gboolean good;
		kepler_response_begin(&fixture->response);
		good = kepler_response_add(&fixture->response, cases[i].head, strlen(cases[i].head),
					   &error);
		for (guint n = 0; n < 100000 && good; n++)
			good = kepler_response_add(&fixture->response, cases[i].again,
						   strlen(cases[i].again), &error);
		g_assert_false(good);
		g_assert_true(g_pattern_match_simple(cases[i].sentence, error->message));
	}
}

/* ---------------------------------------------------------------- packing */

static void
pack(GString *to, const gchar *text, gsize length)
{
	g_autoptr(GZlibCompressor) gzip = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, -1);
	g_autoptr(GOutputStream) memory = g_memory_output_stream_new_resizable();
	g_autoptr(GOutputStream) stream = g_converter_output_stream_new(memory, G_CONVERTER(gzip));

	g_assert_true(g_output_stream_write_all(stream, text, length, NULL, NULL, NULL));
	g_assert_true(g_output_stream_close(stream, NULL, NULL));
	GMemoryOutputStream *result = G_MEMORY_OUTPUT_STREAM(memory);
	g_string_append_len(to, g_memory_output_stream_get_data(result),
			    (gssize)g_memory_output_stream_get_data_size(result));
}

static gboolean
unpack(Fixture *fixture, const gchar *packed, gsize length, gsize piece, GError **error)
{
	gboolean good = TRUE;

	g_string_truncate(fixture->page, 0);
	kepler_unpacker_begin(&fixture->unpacker);
	for (gsize i = 0; i < length && good; i += piece)
		good = kepler_unpacker_add(&fixture->unpacker, packed + i, MIN(piece, length - i),
					   error);
	return good && kepler_unpacker_end(&fixture->unpacker, error);
}

/* One member, and several, an empty one among them; each of their beginnings is known to be one. */
static void
test_members(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar text[] = "kepler_process_cpu_seconds_total{pid=\"1\"} 1\n";
	g_autoptr(GString) packed = g_string_new(NULL);
	g_autoptr(GString) page = g_string_new(NULL);
	gsize ends[4] = {0};

	for (guint n = 1; n < G_N_ELEMENTS(ends); n++) {
		gsize length = n == 2 ? 0 : strlen(text);
		pack(packed, text, length);
		g_string_append_len(page, text, (gssize)length);
		ends[n] = packed->len;
		for (gsize piece = packed->len; piece > 0; piece /= 2) {
			g_autoptr(GError) error = NULL;
			g_assert_true(unpack(fixture, packed->str, packed->len, piece, &error));
			g_assert_no_error(error);
			g_assert_cmpstr(fixture->page->str, ==, page->str);
		}
		for (gsize cut = ends[n - 1] + 1; cut < packed->len; cut++) {
			g_autoptr(GError) error = NULL;
			g_assert_false(unpack(fixture, packed->str, cut, cut, &error));
			g_assert_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT);
		}
	}
}

/* More than a piece of the output, which zlib holds back when there is no more input. */
static void
test_much(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GString) packed = g_string_new(NULL);

	for (gsize length = 64 * 1024 - 1; length <= 256 * 1024; length = length * 2 + 1) {
		g_autofree gchar *text = g_strnfill(length, 'x');
		g_string_truncate(packed, 0);
		pack(packed, text, length);
		g_assert_true(unpack(fixture, packed->str, packed->len, packed->len, NULL));
		g_assert_cmpstr(fixture->page->str, ==, text);
	}
	/* exactly one piece, and a few */
	for (gsize n = 1; n < 4; n++) {
		g_autofree gchar *text = g_strnfill(n * 64 * 1024, 'x');
		g_string_truncate(packed, 0);
		pack(packed, text, n * 64 * 1024);
		for (gsize piece = packed->len; piece > 0; piece /= 2) {
			g_assert_true(unpack(fixture, packed->str, packed->len, piece, NULL));
			g_assert_cmpstr(fixture->page->str, ==, text);
		}
	}
}

/* A page of which nothing comes is not complete because the one before was. */
static void
test_nothing(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GString) packed = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	pack(packed, "a", 1);
	g_assert_true(unpack(fixture, packed->str, packed->len, 1, NULL));
	g_assert_false(unpack(fixture, "", 0, 1, &error));
	g_assert_true(g_str_has_prefix(error->message, "the page was cut off"));
	/* nor does what it began belong to the next one */
	g_assert_false(unpack(fixture, packed->str, 12, 1, NULL));
	g_assert_true(unpack(fixture, packed->str, packed->len, 1, NULL));
	g_assert_cmpstr(fixture->page->str, ==, "a");
}

static void
test_damaged(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar text[] = "kepler_process_cpu_seconds_total{pid=\"1\"} 1\n";
	g_autoptr(GString) packed = g_string_new(NULL);
	GCancellable *cancelled = g_cancellable_new();

	pack(packed, text, strlen(text));
	/* the checksum and the length of the last member, and what follows */
	for (gsize i = packed->len - 8; i <= packed->len; i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GString) damaged = g_string_new_len(packed->str, (gssize)packed->len);
		if (i < packed->len)
			damaged->str[i] = (gchar)~damaged->str[i];
		else
			g_string_append(damaged, "rubbish");
		g_assert_false(unpack(fixture, damaged->str, damaged->len, damaged->len, &error));
		g_assert_true(g_str_has_prefix(error->message, "the compressed page is damaged ("));
	}
	g_assert_false(unpack(fixture, text, strlen(text), strlen(text), NULL));
	/* whoever waits for the page may give up */
	g_cancellable_cancel(cancelled);
	fixture->unpacker.cancellable = cancelled;
	g_assert_false(unpack(fixture, packed->str, packed->len, packed->len, NULL));
	fixture->unpacker.cancellable = NULL;
	g_object_unref(cancelled);
}

int
main(int argc, char *argv[])
{
	static const struct {
		const gchar *path;
		void (*test)(Fixture *fixture, gconstpointer data);
	} tests[] = {
		{"/kepler_http/framing", test_framing},
		{"/kepler_http/head", test_head},
		{"/kepler_http/refused", test_refused},
		{"/kepler_http/endless", test_endless},
		{"/kepler_http/members", test_members},
		{"/kepler_http/much", test_much},
		{"/kepler_http/damaged", test_damaged},
		{"/kepler_http/interim", test_interim},
		{"/kepler_http/sizes", test_sizes},
		{"/kepler_http/many-chunks", test_many_chunks},
		{"/kepler_http/other-headers", test_other_headers},
		{"/kepler_http/closed", test_closed},
		{"/kepler_http/status", test_status},
		{"/kepler_http/nothing", test_nothing},
	};

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, Fixture, NULL, fixture_set_up, tests[i].test,
			   fixture_tear_down);
	return g_test_run();
}

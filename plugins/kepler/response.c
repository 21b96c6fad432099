/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * RFC 9112, "HTTP/1.1", as far as an exporter of metrics uses it. Only the rules of that standard
 * decide where a response ends: a truncated page must not pass for a complete one.
 */

#include "response.h"

#include <string.h>

#include "common/scan.h"
#include "vmfc/vmfc-plugin.h"

/* Of a head, and of the lines between two chunks. Go's server and proxies send less than 8 KiB. */
#define MAX_HEAD (64 * 1024)
/* Interim responses ("100 Continue") before the final one; a server needs none here. */
#define MAX_INTERIM 16

static gboolean
set_broken(GError **error, const gchar *what)
{
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		    "its answer is invalid HTTP: %s; check that --kepler-url is the address of "
		    "Kepler's page",
		    what);
	return FALSE;
}

/* ---------------------------------------------------------------- head */

static gboolean
equals_ignoring_case(const VmfcScan *text, const gchar *wanted)
{
	return vmfc_scan_length(text) == strlen(wanted) &&
	       g_ascii_strncasecmp(text->at, wanted, strlen(wanted)) == 0;
}

static gboolean
is_blank(gchar c)
{
	return c == ' ' || c == '\t';
}

static VmfcScan
strip(VmfcScan text)
{
	while (text.at < text.end && is_blank(*text.at))
		text.at++;
	while (text.end > text.at && is_blank(text.end[-1]))
		text.end--;
	return text;
}

/* The next part of a value whose parts are separated by commas, or its part before a semicolon. */
static gboolean
next_part(VmfcScan *rest, gchar separator, VmfcScan *part)
{
	if (rest->at == rest->end)
		return FALSE;
	const gchar *end = memchr(rest->at, separator, vmfc_scan_length(rest));
	*part = strip((VmfcScan){rest->at, end != NULL ? end : rest->end});
	rest->at = end != NULL ? end + 1 : rest->end;
	return TRUE;
}

/* "HTTP/1.1 200 OK", with any text after the number, or none */
static gboolean
scan_status(KeplerResponse *self, const VmfcScan *line, GError **error)
{
	const gchar *at = line->at;

	if (vmfc_scan_length(line) < strlen("HTTP/1.1 200") || memcmp(at, "HTTP/1.", 7) != 0 ||
	    (at[7] != '0' && at[7] != '1') || at[8] != ' ' || at[9] < '1' || at[9] > '5' ||
	    !g_ascii_isdigit(at[10]) || !g_ascii_isdigit(at[11]) ||
	    (vmfc_scan_length(line) > 12 && at[12] != ' '))
		return set_broken(error, "it does not begin with a status line");
	self->status = (guint)g_ascii_digit_value(at[9]) * 100 +
		       (guint)g_ascii_digit_value(at[10]) * 10 + (guint)g_ascii_digit_value(at[11]);
	self->is_kept = at[7] == '1';
	return TRUE;
}

static gboolean
set_length(KeplerResponse *self, VmfcScan value, GError **error)
{
	gint64 length;

	if (!vmfc_scan_int(&value, &length) || !vmfc_scan_is_done(&value) ||
	    (self->length >= 0 && self->length != length))
		return set_broken(error, "its Content-Length is not a number, or is given twice");
	self->length = length;
	return TRUE;
}

static gboolean
set_transfer(KeplerResponse *self, const VmfcScan *value, GError **error)
{
	if (!equals_ignoring_case(value, "chunked") || self->framing == KEPLER_FRAMING_CHUNKED)
		return set_broken(error, "its Transfer-Encoding is not 'chunked'");
	self->framing = KEPLER_FRAMING_CHUNKED;
	return TRUE;
}

static gboolean
set_packing(KeplerResponse *self, const VmfcScan *value, GError **error)
{
	if (equals_ignoring_case(value, "identity") || vmfc_scan_length(value) == 0)
		return TRUE;
	if (!self->is_gzip &&
	    (equals_ignoring_case(value, "gzip") || equals_ignoring_case(value, "x-gzip"))) {
		self->is_gzip = TRUE;
		return TRUE;
	}
	g_set_error(
		error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		"the page is compressed in a way that vmfc did not request and cannot decompress "
		"(Content-Encoding): configure the server or proxy to send it uncompressed");
	return FALSE;
}

static void
set_connection(KeplerResponse *self, VmfcScan value)
{
	VmfcScan part;

	while (next_part(&value, ',', &part)) {
		if (equals_ignoring_case(&part, "close"))
			self->is_kept = FALSE;
	}
}

static void
set_type(KeplerResponse *self, VmfcScan value)
{
	VmfcScan type;

	self->is_openmetrics = next_part(&value, ';', &type) &&
			       equals_ignoring_case(&type, "application/openmetrics-text");
}

static gboolean
add_header(KeplerResponse *self, const VmfcScan *line, GError **error)
{
	const gchar *colon = memchr(line->at, ':', vmfc_scan_length(line));

	/*
	 * a line that begins with a blank would continue the previous one, which is no longer
	 * allowed
	 */
	if (colon == NULL || colon == line->at || is_blank(line->at[0]) || is_blank(colon[-1]))
		return set_broken(error, "its head has a line that is not a header");
	VmfcScan name = {line->at, colon};
	VmfcScan value = strip((VmfcScan){colon + 1, line->end});
	if (equals_ignoring_case(&name, "content-length"))
		return set_length(self, value, error);
	if (equals_ignoring_case(&name, "transfer-encoding"))
		return set_transfer(self, &value, error);
	if (equals_ignoring_case(&name, "content-encoding"))
		return set_packing(self, &value, error);
	if (equals_ignoring_case(&name, "connection"))
		set_connection(self, value);
	else if (equals_ignoring_case(&name, "content-type"))
		set_type(self, value);
	else if (equals_ignoring_case(&name, "location"))
		g_string_append_len(g_string_truncate(self->location, 0), value.at,
				    (gssize)vmfc_scan_length(&value));
	return TRUE;
}

static void
reset_head(KeplerResponse *self)
{
	self->status = 0;
	self->framing = KEPLER_FRAMING_CLOSE;
	self->is_gzip = FALSE;
	self->is_openmetrics = FALSE;
	self->is_kept = FALSE;
	self->length = -1;
	g_string_truncate(self->location, 0);
}

/* The empty line at the end of the head. */
static gboolean
end_head(KeplerResponse *self, GError **error)
{
	if (self->status == 0)
		return set_broken(error, "it does not begin with a status line");
	if (self->status < 200 && self->status != 101) {
		reset_head(self);
		return self->n_interim++ < MAX_INTERIM ||
		       set_broken(error, "it sends too many interim answers");
	}
	/* RFC 9112, section 6.3: chunks override a length, and such a connection must be closed */
	if (self->framing == KEPLER_FRAMING_CHUNKED && self->length >= 0)
		self->is_kept = FALSE;
	if (self->framing == KEPLER_FRAMING_CLOSE && self->length >= 0)
		self->framing = KEPLER_FRAMING_LENGTH;
	if (self->framing == KEPLER_FRAMING_CLOSE || self->status != 200)
		self->is_kept = FALSE;
	/* of a response without a page the head is enough */
	if (self->status != 200 || (self->framing == KEPLER_FRAMING_LENGTH && self->length == 0))
		self->state = KEPLER_RESPONSE_OVER;
	else if (self->framing == KEPLER_FRAMING_CHUNKED)
		self->state = KEPLER_RESPONSE_CHUNK_SIZE;
	else
		self->state = KEPLER_RESPONSE_BODY;
	self->n_head = 0;
	return TRUE;
}

/* --------------------------------------------------------------- chunks */

/* Hexadecimal, with an optional extension after a semicolon. */
static gboolean
begin_chunk(KeplerResponse *self, const VmfcScan *line, GError **error)
{
	VmfcScan rest = *line;
	VmfcScan size;
	gint64 length = 0;

	if (!next_part(&rest, ';', &size) || vmfc_scan_length(&size) == 0)
		return set_broken(error, "a chunk of the page has no valid size");
	for (; size.at < size.end; size.at++) {
		if (!g_ascii_isxdigit(*size.at) || length >> 58 != 0)
			return set_broken(error, "a chunk of the page has no valid size");
		length = length * 16 + g_ascii_xdigit_value(*size.at);
	}
	self->length = length;
	self->state = length > 0 ? KEPLER_RESPONSE_CHUNK : KEPLER_RESPONSE_TRAILER;
	return TRUE;
}

static gboolean
end_chunk(KeplerResponse *self, const VmfcScan *line, GError **error)
{
	if (vmfc_scan_length(line) > 0)
		return set_broken(error, "a chunk of the page is longer than its size");
	self->state = KEPLER_RESPONSE_CHUNK_SIZE;
	self->n_head = 0;
	return TRUE;
}

/* ---------------------------------------------------------------- lines */

static gboolean
add_line(KeplerResponse *self, const VmfcScan *line, GError **error)
{
	switch (self->state) {
	case KEPLER_RESPONSE_CHUNK_SIZE:
		return begin_chunk(self, line, error);
	case KEPLER_RESPONSE_CHUNK_END:
		return end_chunk(self, line, error);
	case KEPLER_RESPONSE_TRAILER:
		if (vmfc_scan_length(line) == 0)
			self->state = KEPLER_RESPONSE_OVER;
		return TRUE;
	default:
		if (vmfc_scan_length(line) == 0)
			return end_head(self, error);
		return self->status == 0 ? scan_status(self, line, error)
					 : add_header(self, line, error);
	}
}

/* Takes a line, or the part of it that was received. */
static gboolean
take_line(KeplerResponse *self, VmfcScan *rest, GError **error)
{
	const gchar *newline = memchr(rest->at, '\n', vmfc_scan_length(rest));
	const gchar *end = newline != NULL ? newline : rest->end;

	self->n_head += (gsize)(end - rest->at) + 1;
	if (self->n_head > MAX_HEAD)
		return set_broken(error, "its head is too long");
	g_string_append_len(self->line, rest->at, end - rest->at);
	rest->at = newline != NULL ? newline + 1 : rest->end;
	if (newline == NULL)
		return TRUE;
	VmfcScan line = vmfc_scan_new(self->line->str, self->line->len);
	if (line.end > line.at && line.end[-1] == '\r')
		line.end--;
	gboolean good = add_line(self, &line, error);
	g_string_truncate(self->line, 0);
	return good;
}

static gboolean
take_body(KeplerResponse *self, VmfcScan *rest, GError **error)
{
	gsize length = vmfc_scan_length(rest);

	if (self->framing != KEPLER_FRAMING_CLOSE)
		length = (gsize)MIN((gint64)length, self->length);
	if (!self->body(rest->at, length, self->user_data, error))
		return FALSE;
	rest->at += length;
	if (self->framing == KEPLER_FRAMING_CLOSE)
		return TRUE;
	self->length -= (gint64)length;
	if (self->length == 0)
		self->state = self->framing == KEPLER_FRAMING_LENGTH ? KEPLER_RESPONSE_OVER
								     : KEPLER_RESPONSE_CHUNK_END;
	return TRUE;
}

void
kepler_response_init(KeplerResponse *response, KeplerBodyFunc body, gpointer user_data)
{
	*response = (KeplerResponse){
		.body = body,
		.user_data = user_data,
		.location = g_string_new(NULL),
		.line = g_string_new(NULL),
	};
}

void
kepler_response_clear(KeplerResponse *response)
{
	g_string_free(response->location, TRUE);
	g_string_free(response->line, TRUE);
}

void
kepler_response_begin(KeplerResponse *response)
{
	reset_head(response);
	g_string_truncate(response->line, 0);
	response->state = KEPLER_RESPONSE_HEAD;
	response->n_head = 0;
	response->n_interim = 0;
}

/* Takes received bytes in pieces of any size. The response is complete when its state says so. */
gboolean
kepler_response_add(KeplerResponse *response, const gchar *bytes, gsize length, GError **error)
{
	VmfcScan rest = vmfc_scan_new(bytes, length);

	while (rest.at < rest.end && response->state != KEPLER_RESPONSE_OVER) {
		gboolean is_body = response->state == KEPLER_RESPONSE_BODY ||
				   response->state == KEPLER_RESPONSE_CHUNK;
		if (is_body ? !take_body(response, &rest, error)
			    : !take_line(response, &rest, error))
			return FALSE;
	}
	/* either the length or the additional text is wrong: it is not known which */
	if (rest.at < rest.end && response->status == 200)
		return set_broken(error, "the page is longer than its announced length");
	return TRUE;
}

/* The connection was closed. Returns: whether that is the end of the response, as far as known */
gboolean
kepler_response_end(KeplerResponse *response, GError **error)
{
	if (response->state == KEPLER_RESPONSE_BODY && response->framing == KEPLER_FRAMING_CLOSE)
		response->state = KEPLER_RESPONSE_OVER;
	if (response->state == KEPLER_RESPONSE_OVER)
		return TRUE;
	if (response->n_head == 0 && response->state == KEPLER_RESPONSE_HEAD) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "it closes the connection without an answer: check that --kepler-url "
			    "is the address of Kepler's page, and that http or https is right");
		return FALSE;
	}
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
		    "the page was cut off: the connection closed before the announced end; see the "
		    "log of Kepler, or of a proxy in front of it");
	return FALSE;
}

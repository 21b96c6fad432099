/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "remote/remote-answer.h"

#include <libsoup/soup.h>
#include <string.h>

/* A longer pause would be that of a receiver that is out of its mind. */
#define MAX_RETRY_AFTER 600.0
/* Bytes of the text that a message shows. */
#define MAX_SHOWN 200

/*
 * How receivers say that a series has a sample of this time, or a later one. Prometheus: "out of
 * order sample", "duplicate sample for timestamp"; Mimir: "err-mimir-sample-out-of-order",
 * "err-mimir-sample-duplicate-timestamp"; Cortex and Thanos as Prometheus.
 */
static const gchar *const known_texts[] = {"out of order", "out-of-order", "duplicate sample",
					   "duplicate-timestamp"};

/* A number of seconds, or a date: RFC 9110, section 10.2.3. */
static gdouble
read_retry_after(const gchar *text)
{
	guint64 seconds;

	if (text == NULL)
		return -1;
	if (g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT32, &seconds, NULL))
		return MIN((gdouble)seconds, MAX_RETRY_AFTER);
	if (text[0] != '\0' && strspn(text, "0123456789") == strlen(text))
		return MAX_RETRY_AFTER;
	g_autoptr(GDateTime) date = soup_date_time_new_from_http_string(text);
	if (date == NULL)
		return -1;
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	gdouble pause = (gdouble)g_date_time_difference(date, now) / G_TIME_SPAN_SECOND;
	return CLAMP(pause, 0, MAX_RETRY_AFTER);
}

/* Returns: (transfer full): the first line, fit for a terminal */
static gchar *
clean(const gchar *text, gsize length)
{
	g_autofree gchar *valid = g_utf8_make_valid(text, (gssize)length);
	GString *line = g_string_new(NULL);

	g_strstrip(valid);
	for (const gchar *at = valid; *at != '\0' && *at != '\n'; at = g_utf8_next_char(at)) {
		gunichar letter = g_utf8_get_char(at);
		if (g_unichar_isprint(letter) && line->len < MAX_SHOWN)
			g_string_append_unichar(line, letter);
	}
	return g_string_free(line, FALSE);
}

static gboolean
says_known(const gchar *text, gsize length)
{
	g_autofree gchar *copy = g_strndup(text, length);
	g_autofree gchar *lower = g_ascii_strdown(copy, -1);

	for (guint i = 0; i < G_N_ELEMENTS(known_texts); i++) {
		if (strstr(lower, known_texts[i]) != NULL)
			return TRUE;
	}
	return FALSE;
}

/* Whether the answer says that the request was not processed: RFC 9110, RFC 8470, RFC 6585. */
static gboolean
says_untaken(guint status)
{
	return status == 408 || status == 425 || status == 429;
}

static VmfcRemoteResult
judge(guint status)
{
	if (status >= 200 && status < 300)
		return VMFC_REMOTE_SENT;
	/* the specification leaves 429 to the sender; 408 and 425 say that it should try again */
	if (status >= 500 || says_untaken(status))
		return VMFC_REMOTE_RETRY;
	return VMFC_REMOTE_REFUSED;
}

/*
 * Reads what a receiver answered.
 *
 * @answer: (out): without the reason, unless there is one in @text
 * @retry_after: (nullable): the header of that name
 * @text: the begin of the body
 */
void
vmfc_remote_answer_read(VmfcRemoteAnswer *answer, guint status, const gchar *retry_after,
			const gchar *text, gsize length)
{
	*answer = (VmfcRemoteAnswer){
		.result = judge(status),
		.status = status,
		.retry_after = read_retry_after(retry_after),
		.is_untaken = says_untaken(status),
	};
	if (answer->result == VMFC_REMOTE_SENT)
		return;
	answer->is_known = (status == 400 || status == 409) && says_known(text, length);
	g_autofree gchar *shown = clean(text, length);
	answer->reason = g_strdup_printf("it answers %u%s%s", status, shown[0] != '\0' ? ": " : "",
					 shown);
}

void
vmfc_remote_answer_clear(VmfcRemoteAnswer *answer)
{
	g_clear_pointer(&answer->reason, g_free);
}

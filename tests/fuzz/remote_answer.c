/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * What a receiver of remote write answers: two bytes are the status, a line is the header
 * Retry-After, and the rest is the text.
 */

#include "remote/remote-answer.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	guint status = 100 + (data[0] << 8 | data[1]) % 500;
	const gchar *text = (const gchar *)data + 2;
	const gchar *line_end = memchr(text, '\n', size - 2);
	gsize header = line_end != NULL ? (gsize)(line_end - text) : 0;
	g_autofree gchar *retry_after = g_strndup(text, header);
	/* a copy, so that a read beyond its end is seen */
	g_autofree gchar *rest = g_memdup2(text + header, size - 2 - header);
	g_auto(VmfcRemoteAnswer) answer = {0};

	vmfc_remote_answer_read(&answer, status, line_end != NULL ? retry_after : NULL,
				rest != NULL ? rest : "", size - 2 - header);
	g_assert_true((answer.result == VMFC_REMOTE_SENT) == (status >= 200 && status < 300));
	g_assert_true((answer.result == VMFC_REMOTE_SENT) == (answer.reason == NULL));
	g_assert_true(answer.retry_after == -1 ||
		      (answer.retry_after >= 0 && answer.retry_after <= 600));
	if (answer.reason == NULL)
		return 0;
	g_assert_true(g_utf8_validate(answer.reason, -1, NULL));
	g_assert_cmpuint(strlen(answer.reason), <, 300);
	for (const gchar *at = answer.reason; *at != '\0'; at++)
		g_assert_false(g_ascii_iscntrl(*at));
	return 0;
}

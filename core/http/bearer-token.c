/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "http/bearer-token.h"

#include <string.h>

#include "base/regular-file.h"
#include "vmfc/vmfc-plugin.h"

#define MAX_TOKEN (64 * 1024)

/*
 * Whether the file can be read. Its content may come later.
 *
 * @path: empty: none, which is fine
 */
gboolean
vmfc_bearer_token_check_file(const gchar *path, GError **error)
{
	if (path[0] == '\0')
		return TRUE;
	g_autofree gchar *token = vmfc_regular_file_read(path, MAX_TOKEN, NULL, error);
	return token != NULL;
}

/*
 * Reads a token that is sent as `Authorization: Bearer TOKEN`. Tokens are renewed, so it is read
 * before each request.
 *
 * Returns: (transfer full): %NULL with @error set, which names the file
 */
gchar *
vmfc_bearer_token_read(const gchar *path, GError **error)
{
	gsize length;
	g_autofree gchar *token = vmfc_regular_file_read(path, MAX_TOKEN, &length, error);

	if (token == NULL)
		return NULL;
	gboolean has_nul = memchr(token, '\0', length) != NULL;
	g_strstrip(token);
	if (has_nul || token[0] == '\0' || strpbrk(token, "\r\n") != NULL) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    "%s does not contain a bearer token on one line", path);
		return NULL;
	}
	return g_steal_pointer(&token);
}

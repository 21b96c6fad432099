/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "http/authorities.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/regular-file.h"
#include "vmfc/vmfc-plugin.h"

/* The authorities of a system take about a quarter of a MiB. */
#define MAX_CA_FILE (16 * 1024 * 1024)

static GTlsDatabase *
open_database(const gchar *path, gint fd, GError **error)
{
	g_autofree gchar *same = g_strdup_printf("/proc/self/fd/%d", fd);
	g_autoptr(GError) reason = NULL;
	struct stat info;

	if (fstat(fd, &info) == 0 && info.st_size > MAX_CA_FILE) {
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			"%s is larger than %d MiB, too large for a list of certificate authorities",
			path, MAX_CA_FILE >> 20);
		return NULL;
	}
	GTlsDatabase *database = g_tls_file_database_new(same, &reason);
	if (database != NULL)
		return database;
	if (g_error_matches(reason, G_TLS_ERROR, G_TLS_ERROR_UNAVAILABLE))
		g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED, VMFC_NO_TLS);
	else
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    "%s does not contain readable certificates of authorities: give them "
			    "as PEM",
			    path);
	return NULL;
}

/*
 * GLib opens the file by name, and again at each handshake. It gets the name of the descriptor that
 * was examined, proc_pid_fd(5), so that a file that replaces it is not used.
 *
 * @authorities: (out): clear it after the last handshake
 * @path: empty: the system's
 */
gboolean
vmfc_authorities_read(VmfcAuthorities *authorities, const gchar *path, GError **error)
{
	*authorities = (VmfcAuthorities){.fd = -1};
	if (path[0] == '\0')
		return TRUE;
	authorities->fd = vmfc_regular_file_open(path, error);
	if (authorities->fd < 0)
		return FALSE;
	authorities->database = open_database(path, authorities->fd, error);
	if (authorities->database == NULL)
		vmfc_authorities_clear(authorities);
	return authorities->database != NULL;
}

void
vmfc_authorities_clear(VmfcAuthorities *authorities)
{
	g_clear_object(&authorities->database);
	if (authorities->fd >= 0)
		close(authorities->fd);
	authorities->fd = -1;
}

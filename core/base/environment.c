/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/environment.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file-trust.h"
#include "vmfc/vmfc-plugin.h"

#define STANDARD_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define NO_PATH	      "/nonexistent"

/*
 * Variables that make the libraries of this program load code, run programs, read or write files,
 * or check certificates less strictly. A * matches any rest of a name.
 */
static const gchar *const names[] = {
	/* ld.so(8), the C library: sysdeps/generic/unsecvars.h of glibc */
	"LD_*",
	"GLIBC_TUNABLES",
	"GCONV_PATH",
	"GETCONF_DIR",
	"HOSTALIASES",
	"LOCALDOMAIN",
	"LOCPATH",
	"MALLOC_TRACE",
	"NIS_PATH",
	"NLSPATH",
	"RESOLV_HOST_CONF",
	"RES_OPTIONS",
	"TZDIR",
	/* GLib, GIO and the modules of GIO */
	"G_*",
	"GIO_*",
	"GSETTINGS_*",
	"GVFS_*",
	"DBUS_*",
	"DCONF_*",
	"PX_*",
	/* libsoup and its dependencies */
	"SOUP*",
	"SYSPROF_*",
	"KRB5*",
	"GSS_*",
	/* GnuTLS with p11-kit, OpenSSL */
	"GNUTLS_*",
	"P11_KIT_*",
	"PKCS11_*",
	"OPENSSL_*",
	"SSL_CERT_*",
	"SSLKEYLOGFILE",
	"RANDFILE",
	"CTLOG_FILE",
};

static gboolean
is_unsafe(const gchar *setting, gsize length)
{
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		gsize end = strlen(names[i]);
		gboolean is_prefix = names[i][end - 1] == '*';
		if (is_prefix ? strncmp(setting, names[i], end - 1) == 0
			      : length == end && strncmp(setting, names[i], end) == 0)
			return TRUE;
	}
	return FALSE;
}

static void
clear_unsafe(void)
{
	guint i = 0;

	while (environ != NULL && environ[i] != NULL) {
		gsize length = strcspn(environ[i], "=");
		g_autofree gchar *name = g_strndup(environ[i], length);
		/* unsetenv() moves the next variable to this index */
		if (!is_unsafe(name, length) || unsetenv(name) < 0)
			i++;
	}
}

/*
 * Returns: whether only trusted users can put a file into a folder. In a sticky folder other users
 *   cannot replace a file, but they can add one that is found first.
 */
static gboolean
check_folder(const gchar *real, GError **error)
{
	struct stat info;

	if (!vmfc_file_trust_check(real, error))
		return FALSE;
	if (stat(real, &info) == 0 &&
	    ((info.st_mode & S_ISVTX) == 0 || (info.st_mode & (S_IWGRP | S_IWOTH)) == 0))
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_DENIED, "other users can add files to it");
	return FALSE;
}

/* @path: folders separated by colons */
static gboolean
is_trusted(const gchar *path)
{
	g_auto(GStrv) folders = g_strsplit(path, ":", -1);

	for (guint i = 0; folders[i] != NULL; i++) {
		g_autofree gchar *real = realpath(folders[i], NULL);
		if (real == NULL || !check_folder(real, NULL))
			return FALSE;
	}
	return TRUE;
}

/* Users configure library modules (p11-kit) and workload profiles in these folders. */
static void
correct_homes(void)
{
	static const gchar *const homes[] = {"XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_DATA_HOME",
					     "XDG_DATA_DIRS",	"XDG_CACHE_HOME",  "XDG_STATE_HOME",
					     "XDG_RUNTIME_DIR"};
	const gchar *home = getenv("HOME");

	for (guint i = 0; i < G_N_ELEMENTS(homes); i++) {
		const gchar *value = getenv(homes[i]);
		if (value != NULL && !is_trusted(value))
			unsetenv(homes[i]);
	}
	if (home == NULL || is_trusted(home))
		return;
	const struct passwd *user = getpwuid(geteuid());
	setenv("HOME", user != NULL ? user->pw_dir : "/", TRUE);
}

/* Returns: (transfer full) (nullable): a warning about the first folder that is ignored */
static gchar *
correct_path(void)
{
	const gchar *path = getenv("PATH");
	g_auto(GStrv) folders = g_strsplit(path != NULL ? path : STANDARD_PATH, ":", -1);
	g_autoptr(GString) trusted = g_string_new(NULL);
	gchar *sentence = NULL;

	for (guint i = 0; folders[i] != NULL; i++) {
		g_autoptr(GError) error = NULL;
		g_autofree gchar *real = realpath(folders[i], NULL);
		if (real == NULL || !g_path_is_absolute(folders[i]))
			continue;
		if (check_folder(real, &error))
			g_string_append_printf(trusted, "%s%s", trusted->len > 0 ? ":" : "", real);
		else if (sentence == NULL)
			sentence = g_strdup_printf("vmfc ignores the folder %s in PATH: %s",
						   folders[i], error->message);
	}
	/* an empty PATH would mean the current folder, so name one that does not exist */
	const gchar *rest = sentence != NULL || path == NULL ? STANDARD_PATH : NO_PATH;
	setenv("PATH", trusted->len > 0 ? trusted->str : rest, TRUE);
	return sentence;
}

/*
 * Only if vmfc has rights that the user who set the environment may not have (sudo -E, file
 * capabilities): removes variables that would bring code into vmfc. Programs that root's vmfc
 * starts run as root. So vmfc searches them only in folders that no other user can write to.
 * Programs that the vmfc of a user with capabilities starts do not get the capabilities.
 *
 * Call this first in main(), before a library reads the environment.
 *
 * Returns: (transfer full) (nullable): a warning for the user of a workload
 */
gchar *
vmfc_environment_clear(void)
{
	if (!vmfc_file_trust_is_privileged())
		return NULL;
	clear_unsafe();
	if (geteuid() != 0)
		return NULL;
	correct_homes();
	return correct_path();
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/log.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/mask.h"

#define INDENT "  "

static const gchar *
field_value(const GLogField *fields, gsize n_fields, const gchar *key)
{
	for (gsize i = 0; i < n_fields; i++) {
		if (g_str_equal(fields[i].key, key) && fields[i].length < 0)
			return fields[i].value;
	}
	return NULL;
}

/*
 * Returns: whether stderr accepts a line without blocking. A stopped terminal (Ctrl-S) or a pipe
 *   without a reader must delay neither ticks nor records.
 */
gboolean
vmfc_log_can_write(void)
{
	struct pollfd poll_stderr = {.fd = STDERR_FILENO, .events = POLLOUT};
	return poll(&poll_stderr, 1, 0) == 1 && (poll_stderr.revents & POLLOUT) != 0;
}

/* Hides debug messages of libraries, with --verbose as well. */
static gboolean
is_shown(const VmfcLog *log, GLogLevelFlags level, const gchar *domain)
{
	if (level <= G_LOG_LEVEL_MESSAGE)
		return TRUE;
	return log->verbose && (domain == NULL || !(g_str_has_prefix(domain, "GLib") ||
						    g_str_has_prefix(domain, "libsoup")));
}

guint
vmfc_log_get_width(gint fd)
{
	struct winsize size;
	return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/*
 * Breaks lines between words so that they fit into @width characters. A longer word stays whole.
 *
 * @indent: the start of each line after the first
 *
 * Returns: (transfer full): the text
 */
gchar *
vmfc_log_wrap(const gchar *text, guint width, const gchar *indent)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	g_autoptr(GString) wrapped = g_string_new(NULL);
	glong column = 0;

	for (guint i = 0; words[i] != NULL; i++) {
		glong length = g_utf8_strlen(words[i], -1);
		if (i > 0 && column + 1 + length >= (glong)width) {
			g_string_append_printf(wrapped, "\n%s", indent);
			column = (glong)strlen(indent);
		} else if (i > 0) {
			g_string_append_c(wrapped, ' ');
			column++;
		}
		g_string_append(wrapped, words[i]);
		column += length;
	}
	return g_string_free(g_steal_pointer(&wrapped), FALSE);
}

static void
write_to_stderr(const VmfcLog *log, const gchar *line)
{
	if (!log->terminal) {
		fprintf(stderr, "%s\n", line);
		return;
	}
	g_autofree gchar *wrapped = vmfc_log_wrap(line, vmfc_log_get_width(STDERR_FILENO), INDENT);
	fprintf(stderr, "\r\033[K%s\n", wrapped);
}

static GLogWriterOutput
write_line(GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
	VmfcLog *log = user_data;
	const gchar *message = field_value(fields, n_fields, "MESSAGE");
	const gchar *domain = field_value(fields, n_fields, "GLIB_DOMAIN");

	if (message == NULL || !is_shown(log, level, domain))
		return G_LOG_WRITER_HANDLED;
	const gchar *kind = level < G_LOG_LEVEL_WARNING	   ? "error: "
			    : level == G_LOG_LEVEL_WARNING ? "warning: "
							   : "";
	if (!vmfc_log_can_write()) {
		g_atomic_int_inc(&log->n_lost);
		return G_LOG_WRITER_HANDLED;
	}
	gint n_lost = g_atomic_int_and((guint *)&log->n_lost, 0);
	if (n_lost > 0)
		fprintf(stderr, "vmfc: %d messages could not be shown\n", n_lost);
	g_autofree gchar *masked = vmfc_mask(message);
	g_autofree gchar *line = g_strdup_printf("%s: %s%s", domain != NULL ? domain : "vmfc", kind,
						 masked);
	write_to_stderr(log, line);
	return G_LOG_WRITER_HANDLED;
}

/* @log: must live as long as the process */
void
vmfc_log_install(VmfcLog *log)
{
	log->terminal = isatty(STDERR_FILENO) != 0;
	g_log_set_writer_func(write_line, log, NULL);
}

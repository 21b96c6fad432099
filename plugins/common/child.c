/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "common/child.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/child-guard.h"

#define MESSAGE_SIZE 4096

struct _VmfcChild {
	VmfcContext *context;
	gchar *name;
	pid_t guard;  /* 0 after it was reaped: until then no other process has its pid */
	gint life;    /* end of file when the guard has ended */
	gint output;  /* negative: vmfc does not read its output */
	guint source; /* of @life */
	gboolean is_asked;
	gboolean is_alive;	 /* as far as vmfc knows */
	gboolean has_end;	 /* @news says how it ended */
	VmfcChildGuardNews news; /* the newest */
	VmfcChildRunningFunc running;
	VmfcChildEndedFunc ended;
	gpointer user_data;
};

static void
close_file(gint *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* ----------------------------------------------------------- its end */

/*
 * @text: output of a program
 *
 * Returns: (transfer full) (nullable): the first line that is more than information
 */
gchar *
vmfc_child_find_message(const gchar *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		if (g_strstrip(lines[i])[0] != '\0' && strstr(lines[i], ": info:") == NULL)
			return g_utf8_make_valid(lines[i], -1);
	}
	return NULL;
}

/* Returns: (transfer full) (nullable): the message that the program printed */
static gchar *
read_message(const VmfcChild *child)
{
	gchar text[MESSAGE_SIZE];
	gssize length = child->output >= 0 ? read(child->output, text, sizeof(text) - 1) : 0;

	if (length <= 0)
		return NULL;
	text[length] = '\0';
	return vmfc_child_find_message(text);
}

/* Returns: (transfer full) (nullable): what was wrong */
static GError *
explain(const VmfcChild *child)
{
	g_autofree gchar *message = read_message(child);
	const VmfcChildGuardNews *news = &child->news;

	if (child->has_end && news->event == VMFC_CHILD_GUARD_LEFT)
		return g_error_new(
			VMFC_ERROR, VMFC_ERROR_DENIED,
			"a process of %s still runs: vmfc may not end it, or cannot find it. "
			"Records contain its load from now on, whatever their labels say",
			child->name);
	if (child->is_asked)
		return NULL;
	if (!child->has_end)
		return g_error_new(VMFC_ERROR, VMFC_ERROR_IO, "the guard of %s was killed",
				   child->name);
	if (WIFSIGNALED(news->status))
		return g_error_new(VMFC_ERROR, VMFC_ERROR_IO,
				   "%s was killed by another process (%s)", child->name,
				   g_strsignal(WTERMSIG(news->status)));
	gint code = WEXITSTATUS(news->status);
	if (code == 0)
		return NULL;
	if (code == VMFC_CHILD_GUARD_NOT_RUN && message != NULL)
		return g_error_new_literal(VMFC_ERROR, VMFC_ERROR_IO, message);
	return g_error_new(VMFC_ERROR, VMFC_ERROR_IO, "%s failed with exit status %d%s%s",
			   child->name, code, message != NULL ? ": " : "",
			   message != NULL ? message : "");
}

/* Waits for the guard, which has ended or has been told to. */
static void
wait_for_guard(VmfcChild *child)
{
	while (waitpid(child->guard, NULL, 0) < 0 && errno == EINTR)
		;
	child->guard = 0;
}

/* Reads what the guard has reported. Returns: whether the guard will report more */
static gboolean
read_news(VmfcChild *child)
{
	VmfcChildGuardNews news;
	gssize length;

	while ((length = read(child->life, &news, sizeof(news))) == sizeof(news)) {
		if (news.event != VMFC_CHILD_GUARD_RUNNING)
			vmfc_context_begin_transition(child->context);
		if (news.event == VMFC_CHILD_GUARD_RUNNING ||
		    news.event == VMFC_CHILD_GUARD_CONTINUED) {
			if (child->running != NULL && child->source != 0)
				child->running(child->user_data);
		} else if (news.event != VMFC_CHILD_GUARD_STOPPED) {
			child->is_alive = FALSE;
			child->has_end = news.event != VMFC_CHILD_GUARD_DYING;
			child->news = news;
		}
	}
	return length < 0 && errno == EAGAIN;
}

static gboolean
guard_has_news(G_GNUC_UNUSED gint fd, G_GNUC_UNUSED GIOCondition condition, gpointer user_data)
{
	VmfcChild *child = user_data;

	if (read_news(child))
		return G_SOURCE_CONTINUE;
	child->source = 0;
	wait_for_guard(child);
	g_autoptr(GError) error = explain(child);
	child->ended(error, child->user_data); /* the callback may free it */
	return G_SOURCE_REMOVE;
}

/* ---------------------------------------------------------- its start */

/* @pair: both ends. A writer does not wait for a slow reader. */
static gboolean
make_pipe(gint pair[2], GError **error)
{
	if (pipe2(pair, O_CLOEXEC | O_NONBLOCK) == 0)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "cannot create a pipe: %s",
		    g_strerror(errno));
	return FALSE;
}

/* @order: its ends of the pipes, which the guard alone needs */
static gboolean
start_guard(VmfcChild *child, const VmfcChildSetup *setup, VmfcChildGuardOrder *order,
	    GError **error)
{
	gint pair[2];

	if (!make_pipe(pair, error))
		return FALSE;
	child->life = pair[0];
	order->life = pair[1];
	if (setup->is_quiet) {
		if (!make_pipe(pair, error))
			return FALSE;
		child->output = pair[0];
		order->output = pair[1];
	}
	child->guard = vmfc_child_guard_start(order);
	if (child->guard > 0)
		return TRUE;
	child->guard = 0;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "%s cannot be started: %s", child->name,
		    g_strerror(errno));
	return FALSE;
}

/*
 * @setup: the first word of its command is the path of a program
 *
 * Returns: (transfer full): free with vmfc_child_free(); %NULL with @error set
 */
VmfcChild *
vmfc_child_start(const VmfcChildSetup *setup, GError **error)
{
	VmfcChild *child = g_new0(VmfcChild, 1);
	VmfcChildGuardOrder order = {setup->argv, setup->folder, -1, -1};

	child->name = g_path_get_basename(setup->argv[0]);
	child->context = setup->context;
	child->is_alive = TRUE;
	child->life = -1;
	child->output = -1;
	child->running = setup->running;
	child->ended = setup->ended;
	child->user_data = setup->user_data;
	gboolean started = start_guard(child, setup, &order, error);
	close_file(&order.life);
	close_file(&order.output);
	if (!started) {
		vmfc_child_free(child);
		return NULL;
	}
	child->source = g_unix_fd_add(child->life, G_IO_IN | G_IO_HUP, guard_has_news, child);
	return child;
}

/* Whether the program is alive, as far as vmfc knows. */
gboolean
vmfc_child_is_alive(const VmfcChild *child)
{
	return child->is_alive;
}

/* Begins to end it. @ended is called later, with an error if the program had ended before. */
void
vmfc_child_finish(VmfcChild *child)
{
	if (child->guard == 0 || child->is_asked)
		return;
	read_news(child);
	child->is_asked = child->is_alive;
	kill(child->guard, SIGTERM);
}

/*
 * Ends it, if it has not ended, and waits for that. Reports a process that still runs then, and an
 * end by itself that vmfc had not seen.
 */
void
vmfc_child_free(VmfcChild *child)
{
	g_clear_handle_id(&child->source, g_source_remove);
	if (child->guard != 0) {
		vmfc_child_finish(child);
		wait_for_guard(child);
		read_news(child);
		g_autoptr(GError) error = explain(child);
		if (error != NULL)
			vmfc_context_end_workload(child->context, error);
	}
	close_file(&child->life);
	close_file(&child->output);
	g_free(child->name);
	g_free(child);
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/signals.h"

#include <glib-unix.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Before a tick that was due while vmfc was stopped, because the stop was in that tick's window. */
#define CONTINUED_PRIORITY (G_PRIORITY_HIGH - 10)

static const gint numbers[VMFC_N_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

static gboolean
continued(gint fd, G_GNUC_UNUSED GIOCondition condition, gpointer user_data)
{
	VmfcSignals *signals = user_data;
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) == sizeof(info))
		signals->continued(signals->user_data);
	return G_SOURCE_CONTINUE;
}

/*
 * Calls @callback when this process continues after a stop (SIGSTOP, Ctrl-Z). It blocks SIGCONT for
 * that; the kernel continues the process all the same. Must be called before other threads exist,
 * because a thread that does not block the signal would receive it.
 */
void
vmfc_signals_watch_continue(VmfcSignals *signals, void (*callback)(gpointer user_data),
			    gpointer user_data)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCONT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signals->continued_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals->continued_fd < 0)
		return;
	signals->continued = callback;
	signals->user_data = user_data;
	signals->continued_source = g_unix_fd_add_full(CONTINUED_PRIORITY, signals->continued_fd,
						       G_IO_IN, continued, signals, NULL);
}

void
vmfc_signals_ignore_continue(VmfcSignals *signals)
{
	if (signals->continued_source == 0)
		return;
	g_clear_handle_id(&signals->continued_source, g_source_remove);
	close(signals->continued_fd);
}

/* The first signal ends the run; a second one ends the process at once. */
static gboolean
interrupted(gpointer user_data)
{
	VmfcSignals *signals = user_data;
	vmfc_signals_release(signals);
	signals->interrupted(signals->user_data);
	return G_SOURCE_CONTINUE;
}

/* A signal that was ignored at the start stays ignored: nohup(1) needs this. */
void
vmfc_signals_catch(VmfcSignals *signals, void (*callback)(gpointer user_data), gpointer user_data)
{
	signals->interrupted = callback;
	signals->user_data = user_data;
	for (guint i = 0; i < VMFC_N_SIGNALS; i++) {
		struct sigaction before;
		if (sigaction(numbers[i], NULL, &before) < 0 || before.sa_handler != SIG_IGN)
			signals->sources[i] = g_unix_signal_add(numbers[i], interrupted, signals);
	}
}

/* GLib restores the default action of a signal when its last source is removed. */
void
vmfc_signals_release(VmfcSignals *signals)
{
	for (guint i = 0; i < VMFC_N_SIGNALS; i++)
		g_clear_handle_id(&signals->sources[i], g_source_remove);
}

/* After the first signal each of them has its default action, whichever it was. */
static void
ignore_once(G_GNUC_UNUSED int number)
{
	const struct sigaction usual = {.sa_handler = SIG_DFL};

	for (guint i = 0; i < VMFC_N_SIGNALS; i++) {
		struct sigaction now;
		if (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler == ignore_once)
			sigaction(numbers[i], &usual, NULL);
	}
}

/*
 * Called when the run is over and vmfc finishes its files. A first signal has no effect, because
 * vmfc is already ending. A second one ends the process at once.
 */
void
vmfc_signals_let_next_end(VmfcSignals *signals)
{
	const struct sigaction once = {.sa_handler = ignore_once};
	gboolean caught[VMFC_N_SIGNALS];

	for (guint i = 0; i < VMFC_N_SIGNALS; i++)
		caught[i] = signals->sources[i] != 0;
	vmfc_signals_release(signals);
	for (guint i = 0; i < VMFC_N_SIGNALS; i++) {
		if (caught[i])
			sigaction(numbers[i], &once, NULL);
	}
}

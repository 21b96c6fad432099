/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/ticker.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "vmfc/vmfc-plugin.h"

#define NS_PER_S G_GINT64_CONSTANT(1000000000)

/*
 * Finds the next instant of a grid on the wall clock, so that the rows of this machine and of the
 * host have the same instants. The step of the grid is the interval, but at most a second, so that
 * the user waits at most a second and @lead.
 *
 * @lead: minimum time until then, in ns
 *
 * Returns: the instant on CLOCK_MONOTONIC
 */
gint64
vmfc_ticker_align(const VmfcClock *clock, gint64 interval, gint64 lead)
{
	gint64 grid = MIN(interval, NS_PER_S);
	gint64 realtime = clock->realtime(clock->self) + lead;
	return vmfc_clock_find_monotonic(clock, (realtime / grid + 1) * grid);
}

void
vmfc_ticker_init(VmfcTicker *ticker, gint64 t0, gint64 interval)
{
	ticker->t0 = t0;
	ticker->interval = interval;
	ticker->next = 0;
	ticker->last = G_MAXUINT64;
}

/* @last: index of the last deadline */
void
vmfc_ticker_end_at(VmfcTicker *ticker, guint64 last)
{
	ticker->last = last;
}

/* The index of the newest deadline at @now, which is at or after t0. */
static guint64
find_deadline(const VmfcTicker *ticker, gint64 now)
{
	return (guint64)(now - ticker->t0) / (guint64)ticker->interval;
}

/* Whether the last deadline has passed at @now, with or without its tick. */
gboolean
vmfc_ticker_has_ended(const VmfcTicker *ticker, gint64 now)
{
	return now >= ticker->t0 && find_deadline(ticker, now) >= ticker->last;
}

/*
 * A tick that is more than an interval after the last deadline still counts for that deadline.
 * Later instants are not deadlines of the run, so they must not count as missed.
 *
 * Returns: %FALSE if no new deadline has passed at @now
 */
gboolean
vmfc_ticker_advance(VmfcTicker *ticker, gint64 now, VmfcTick *tick)
{
	if (now < ticker->t0)
		return FALSE;
	guint64 index = MIN(find_deadline(ticker, now), ticker->last);
	if (index < ticker->next)
		return FALSE;

	tick->index = index;
	tick->missed = index - ticker->next;
	tick->deadline = ticker->t0 + (gint64)index * ticker->interval;
	tick->begin = now;
	ticker->next = index + 1;
	return TRUE;
}

/* ------------------------------------------------------------- source */

typedef struct {
	GSource source;
	gint fd;
	gpointer tag;
} TickerSource;

static gboolean
ticker_source_check(GSource *source)
{
	return g_source_query_unix_fd(source, ((TickerSource *)source)->tag) != 0;
}

static gboolean
ticker_source_dispatch(GSource *source, GSourceFunc callback, gpointer user_data)
{
	guint64 expirations;
	gssize n = read(((TickerSource *)source)->fd, &expirations, sizeof(expirations));
	if (n < 0)
		return G_SOURCE_CONTINUE;
	return ((VmfcTickFunc)(void (*)(void))callback)(vmfc_clock_monotonic(&vmfc_clock_system),
							user_data);
}

static void
ticker_source_finalize(GSource *source)
{
	close(((TickerSource *)source)->fd);
}

static GSourceFuncs ticker_source_funcs = {
	.check = ticker_source_check,
	.dispatch = ticker_source_dispatch,
	.finalize = ticker_source_finalize,
};

/*
 * A source that fires at every deadline. It is a timerfd with an absolute expiry, which the kernel
 * keeps on the grid.
 */
GSource *
vmfc_ticker_source_new(const VmfcTicker *ticker, VmfcTickFunc func, gpointer user_data,
		       GError **error)
{
	const struct itimerspec when = {
		.it_value = {ticker->t0 / NS_PER_S, ticker->t0 % NS_PER_S},
		.it_interval = {ticker->interval / NS_PER_S, ticker->interval % NS_PER_S},
	};
	gint fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0 || timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL) < 0) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "the timer cannot be set: %s",
			    g_strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	GSource *source = g_source_new(&ticker_source_funcs, sizeof(TickerSource));
	((TickerSource *)source)->fd = fd;
	((TickerSource *)source)->tag = g_source_add_unix_fd(source, fd, G_IO_IN);
	g_source_set_priority(source, G_PRIORITY_HIGH);
	/* else GLib would block and unblock the source at every tick, and wake up twice */
	g_source_set_can_recurse(source, TRUE);
	g_source_set_callback(source, (GSourceFunc)(void (*)(void))func, user_data, NULL);
	return source;
}

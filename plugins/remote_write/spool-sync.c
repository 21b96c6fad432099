/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "spool-sync.h"

#include <errno.h>
#include <unistd.h>

#include "common/timed-wait.h"

#define NS_PER_US 1000

struct _SpoolSync {
	GThread *thread;
	gint64 interval; /* µs between two syncs */

	/* guards the spool and the fields below; the spool's user has it */
	pthread_mutex_t *lock;
	pthread_cond_t changed;
	Spool *spool;
	gboolean is_idle; /* the thread waits for something to sync */
	gboolean has_ended;

	/* held while files are synced: who comes second waits for the first */
	pthread_mutex_t syncing;
	gboolean has_failed;
};

/* Returns: whether it is synced, or cannot be on this file system */
static gboolean
judge(gint result)
{
	return result == 0 || errno == EINVAL || errno == ENOSYS;
}

/* Returns: 0, or an errno */
static gint
sync_files(const SpoolUnsynced *unsynced)
{
	gint failure = unsynced->failure;

	for (guint i = 0; i < unsynced->files->len; i++) {
		gint fd = g_array_index(unsynced->files, gint, i);
		if (!judge(fdatasync(fd)))
			failure = errno;
		close(fd);
	}
	/* names come last: one that is there has its content */
	if (unsynced->folder < 0)
		return failure;
	if (!judge(fsync(unsynced->folder)))
		failure = errno;
	close(unsynced->folder);
	return failure;
}

/* Syncs what has changed. The lock is not held. */
void
spool_sync_now(SpoolSync *sync)
{
	g_autoptr(GArray) files = g_array_new(FALSE, FALSE, sizeof(gint));
	SpoolUnsynced unsynced = {.files = files};

	pthread_mutex_lock(&sync->syncing);
	pthread_mutex_lock(sync->lock);
	spool_take_unsynced(sync->spool, &unsynced);
	pthread_mutex_unlock(sync->lock);
	gint failure = sync_files(&unsynced);
	if (failure != 0 && !sync->has_failed)
		g_warning("option remote_write.spool: %s cannot be synced to the disk: %s; a power "
			  "cut may lose the last records",
			  spool_get_path(sync->spool), g_strerror(failure));
	sync->has_failed = failure != 0;
	pthread_mutex_unlock(&sync->syncing);
}

static gpointer
sync_main(gpointer user_data)
{
	SpoolSync *self = user_data;
	gint64 next = g_get_monotonic_time();

	pthread_mutex_lock(self->lock);
	while (!self->has_ended) {
		self->is_idle = spool_is_synced(self->spool);
		if (self->is_idle) {
			pthread_cond_wait(&self->changed, self->lock);
		} else if (g_get_monotonic_time() < next) {
			timed_wait_until(&self->changed, self->lock, next * NS_PER_US);
		} else {
			next = g_get_monotonic_time() + self->interval;
			pthread_mutex_unlock(self->lock);
			spool_sync_now(self);
			pthread_mutex_lock(self->lock);
		}
	}
	pthread_mutex_unlock(self->lock);
	return NULL;
}

static void
clear(SpoolSync *self)
{
	pthread_mutex_destroy(&self->syncing);
	pthread_cond_destroy(&self->changed);
	g_free(self);
}

/*
 * @spool: must outlive it
 * @lock: that guards the spool
 * @interval: µs
 */
SpoolSync *
spool_sync_new(Spool *spool, pthread_mutex_t *lock, gint64 interval, GError **error)
{
	SpoolSync *sync = g_new0(SpoolSync, 1);

	sync->spool = spool;
	sync->lock = lock;
	sync->interval = interval;
	timed_wait_init(&sync->changed);
	pthread_mutex_init(&sync->syncing, NULL);
	sync->thread = g_thread_try_new("vmfc-spool", sync_main, sync, error);
	if (sync->thread != NULL)
		return sync;
	clear(sync);
	return NULL;
}

/* The spool has changed. The lock is held. */
void
spool_sync_wake(SpoolSync *sync)
{
	if (!sync->is_idle || spool_is_synced(sync->spool))
		return;
	sync->is_idle = FALSE;
	pthread_cond_signal(&sync->changed);
}

/* The lock is not held. What is not synced yet is left to spool_close(). */
void
spool_sync_free(SpoolSync *sync)
{
	pthread_mutex_lock(sync->lock);
	sync->has_ended = TRUE;
	pthread_cond_signal(&sync->changed);
	pthread_mutex_unlock(sync->lock);
	g_thread_join(sync->thread);
	clear(sync);
}

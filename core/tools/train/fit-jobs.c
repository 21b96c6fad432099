/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/fit-jobs.h"

#include <string.h>

#include "model/predict.h"

/* Returns: (transfer full): of all rows, without any to estimate */
VmfcFitJob *
vmfc_fit_job_new(const VmfcSamples *samples, const VmfcCandidate *candidates, guint n_candidates)
{
	VmfcFitJob *job = g_new0(VmfcFitJob, 1);

	job->samples = samples;
	job->candidates = candidates;
	job->n_candidates = n_candidates;
	job->training = g_malloc(samples->n_rows + 1);
	memset(job->training, 1, samples->n_rows);
	job->tested = g_array_new(FALSE, FALSE, sizeof(guint));
	return job;
}

void
vmfc_fit_job_free(VmfcFitJob *job)
{
	for (guint i = 0; job->fits != NULL && i < job->n_candidates; i++)
		vmfc_estimator_clear(&job->fits[i]);
	g_free(job->fits);
	g_free(job->training);
	g_free(job->estimates);
	g_array_unref(job->tested);
	g_clear_error(&job->error);
	g_free(job);
}

/*
 * Those rows are estimated, and neither they nor others within @gap of them are fitted to.
 *
 * @is_tested: by row
 */
void
vmfc_fit_job_set_tested(VmfcFitJob *job, const guint8 *is_tested, guint gap)
{
	guint n_rows = job->samples->n_rows;

	for (guint i = 0; i < n_rows; i++) {
		if (!is_tested[i])
			continue;
		g_array_append_val(job->tested, i);
		guint last = (guint)MIN((guint64)i + gap, n_rows - 1);
		/* only at the ends of a run of rows, or it would take gap times as long */
		guint first = i > 0 && is_tested[i - 1] ? i : i - MIN(i, gap);
		if (i + 1 < n_rows && is_tested[i + 1])
			last = i;
		memset(job->training + first, 0, last - first + 1);
	}
}

static gboolean
run_job(VmfcFitJob *job)
{
	g_autoptr(VmfcSelection) selection = vmfc_selection_new(
		job->samples, g_memdup2(job->training, job->samples->n_rows));

	job->fits = g_new0(VmfcEstimator, job->n_candidates);
	if (!vmfc_candidates_fit(job->candidates, job->n_candidates, selection, job->fits,
				 &job->error))
		return FALSE;
	job->estimates = g_new(gdouble, (gsize)job->n_candidates * job->tested->len + 1);
	gdouble *estimate = job->estimates;
	for (guint i = 0; i < job->n_candidates; i++) {
		for (guint j = 0; j < job->tested->len; j++) {
			guint row = g_array_index(job->tested, guint, j);
			*estimate++ = vmfc_estimator_predict(
				&job->fits[i], vmfc_samples_get_row(job->samples, row));
		}
	}
	return TRUE;
}

static void
work(gpointer data, gpointer queue)
{
	run_job(data);
	g_async_queue_push(queue, data);
}

/*
 * Runs all of them, as many at a time as there are threads. What a job results in does not depend
 * on how many that are: no two jobs share anything that they write, and no fit uses a second
 * thread.
 *
 * @jobs: of VmfcFitJob
 */
gboolean
vmfc_fit_jobs_run(GPtrArray *jobs, const VmfcFitRunner *runner, GError **error)
{
	g_autoptr(GAsyncQueue) done = g_async_queue_new();
	g_autoptr(GError) reason = NULL;
	GThreadPool *pool = g_thread_pool_new(work, done, (gint)runner->n_threads, TRUE, &reason);

	/* fewer threads than were asked for do the same work; without one it would never end */
	if (g_thread_pool_get_num_threads(pool) == 0) {
		g_thread_pool_free(pool, TRUE, FALSE);
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	for (guint i = 0; i < jobs->len; i++)
		g_thread_pool_push(pool, jobs->pdata[i], NULL);
	for (guint i = 0; i < jobs->len; i++) {
		g_async_queue_pop(done);
		if (runner->progress != NULL)
			runner->progress(runner->data, i + 1, jobs->len);
	}
	g_thread_pool_free(pool, FALSE, TRUE);
	for (guint i = 0; i < jobs->len; i++) {
		VmfcFitJob *job = jobs->pdata[i];
		if (job->error == NULL)
			continue;
		g_propagate_error(error, g_steal_pointer(&job->error));
		return FALSE;
	}
	return TRUE;
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "generator.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/regular-file.h"
#include "common/timed-wait.h"
#include "control.h"

#define NS_PER_S	 G_GINT64_CONSTANT(1000000000)
#define NS_PER_MS	 1000000
#define PERIOD		 (40 * NS_PER_MS)
#define JITTER		 (20 * NS_PER_MS)
#define UPDATE_PERIOD_MS 1000
#define FULL		 10000 /* of a duty */
#define TARGET_BITS	 16
#define TARGET_MASK	 ((1u << TARGET_BITS) - 1)
#define N_ROUNDS	 2000 /* of arithmetic between two readings of the clock: some µs */
#define STAT_SIZE_CPU	 160  /* bytes of a line of /proc/stat */
#define STAT_SIZE_REST	 (256 * 1024)

/* One CPU and the thread that loads it. */
typedef struct {
	LoadGenerator *generator;
	guint cpu;
	pthread_t thread;
	gboolean has_thread;
	atomic_uint duty; /* the share of each turn in which it works, of FULL */
	gdouble cpu_time; /* seconds, set when the thread ends */

	/* used by the controller alone */
	Control control;
	CpuTimes before;
	gboolean has_before;
} Worker;

/*
 * The workers and the controller share a lock. The main thread never takes it, because a worker
 * with the lock may have to wait long for its CPU. The main thread sets a request and wakes the
 * controller.
 */
struct _LoadGenerator {
	VmfcContext *context; /* of the workload */
	GArray *workers;      /* of Hand */
	gint stat;	      /* /proc/stat, open */
	gchar *text;	      /* the text of it */
	gsize size;

	gint wake; /* eventfd: the controller has a request */
	gint over; /* eventfd: all workers have ended, and the controller is about to end */
	atomic_uint request; /* the target, of FULL, and in the upper bits how often it was set */
	atomic_bool is_ending;

	pthread_mutex_t lock;
	pthread_cond_t changed; /* signals a new duty or the end */
	pthread_t controller;
	gboolean has_controller;
	gdouble cpu_time; /* of the controller, seconds */

	guint source; /* of @over */
};

static gint64
read_clock(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (gint64)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* Waits for a change or until @time, CLOCK_MONOTONIC; without a limit when @time is negative. */
static void
wait_until(LoadGenerator *generator, gint64 time)
{
	if (time < 0)
		pthread_cond_wait(&generator->changed, &generator->lock);
	else
		timed_wait_until(&generator->changed, &generator->lock, time);
}

/* -------------------------------------------------------------- workers */

/* Keeps the CPU busy until @time, CLOCK_MONOTONIC. */
static void
work_until(const Worker *worker, gint64 time)
{
	volatile guint64 result;
	guint64 number = 88172645463325252u;

	while (read_clock(CLOCK_MONOTONIC) < time && !atomic_load(&worker->generator->is_ending)) {
		/* Marsaglia's xorshift, which no compiler can leave out */
		for (guint i = 0; i < N_ROUNDS; i++) {
			number ^= number << 13;
			number ^= number >> 7;
			number ^= number << 17;
		}
		result = number;
	}
	(void)result;
}

/*
 * Draws turns of irregular length. The kernel may account time by sampling the running task at even
 * intervals. With even turns it would always sample the same half.
 */
static gint64
draw_period(guint *state)
{
	*state = *state * 1103515245u + 12345u;
	return PERIOD - JITTER / 2 + (((gint64)(*state >> 16) * JITTER) >> 16);
}

static gpointer
worker_run(gpointer data)
{
	Worker *worker = data;
	LoadGenerator *generator = worker->generator;
	const struct sched_param no_priority = {0};
	guint state = worker->cpu + 1;

	/* all other tasks come first, the collector above all */
	pthread_setschedparam(pthread_self(), SCHED_IDLE, &no_priority);
	while (!atomic_load(&generator->is_ending)) {
		guint duty = atomic_load(&worker->duty);
		gint64 period = draw_period(&state);
		gint64 begin = read_clock(CLOCK_MONOTONIC);
		work_until(worker, begin + period * duty / FULL);
		if (duty == FULL)
			continue;
		pthread_mutex_lock(&generator->lock);
		/* a wakeup for another worker must not end this turn early */
		while (!atomic_load(&generator->is_ending) && atomic_load(&worker->duty) == duty &&
		       (duty == 0 || read_clock(CLOCK_MONOTONIC) < begin + period))
			wait_until(generator, duty == 0 ? -1 : begin + period);
		pthread_mutex_unlock(&generator->lock);
	}
	worker->cpu_time = (gdouble)read_clock(CLOCK_THREAD_CPUTIME_ID) / NS_PER_S;
	return NULL;
}

static void
set_duty(Worker *worker, gdouble target)
{
	gdouble share = control_get_duty(&worker->control, target);
	atomic_store(&worker->duty, (guint)llround(share * FULL));
}

/* ----------------------------------------------------------- controller */

/* Reads /proc/stat once for all workers. Returns: whether that succeeded */
static gboolean
read_stat(LoadGenerator *generator)
{
	gsize length = 0;
	gssize n;

	while (length < generator->size - 1 &&
	       (n = pread(generator->stat, generator->text + length, generator->size - 1 - length,
			  (off_t)length)) > 0)
		length += (gsize)n;
	generator->text[length] = '\0';
	return length > 0;
}

/* @adjust: whether the whole time since the last reading was at @target */
static void
update_duties(LoadGenerator *generator, gdouble target, gboolean adjust)
{
	gboolean read = read_stat(generator);

	for (guint i = 0; i < generator->workers->len; i++) {
		Worker *worker = &g_array_index(generator->workers, Worker, i);
		CpuTimes now;
		gboolean has_now = read && cpu_times_parse(generator->text, worker->cpu, &now);
		if (has_now && worker->has_before && adjust)
			control_update(&worker->control, target,
				       cpu_times_get_utilisation(&worker->before, &now));
		set_duty(worker, target);
		worker->has_before = has_now;
		if (has_now)
			worker->before = now;
	}
}

static void
wake_workers(LoadGenerator *generator)
{
	pthread_mutex_lock(&generator->lock);
	pthread_cond_broadcast(&generator->changed);
	pthread_mutex_unlock(&generator->lock);
}

/* Waits for a request of the main thread, or until the next reading is due. */
static void
wait_for_request(LoadGenerator *generator)
{
	struct pollfd request = {generator->wake, POLLIN, 0};
	guint64 count;

	if (poll(&request, 1, UPDATE_PERIOD_MS) > 0 &&
	    read(generator->wake, &count, sizeof(count)) < 0)
		g_warn_if_reached();
}

/* Reads once a second what was achieved, and takes a new target at once. */
static gpointer
controller_run(gpointer data)
{
	LoadGenerator *generator = data;
	const guint64 one = 1;
	guint before = 0;

	while (!atomic_load(&generator->is_ending)) {
		guint request = atomic_load(&generator->request);
		update_duties(generator, (gdouble)(request & TARGET_MASK) / FULL,
			      request == before);
		before = request;
		wake_workers(generator);
		wait_for_request(generator);
	}
	wake_workers(generator);
	for (guint i = 0; i < generator->workers->len; i++) {
		Worker *worker = &g_array_index(generator->workers, Worker, i);
		if (worker->has_thread)
			pthread_join(worker->thread, NULL);
	}
	generator->cpu_time = (gdouble)read_clock(CLOCK_THREAD_CPUTIME_ID) / NS_PER_S;
	if (write(generator->over, &one, sizeof(one)) < 0)
		g_warn_if_reached();
	return NULL;
}

/* ---------------------------------------------------------- public part */

static gboolean
start_worker(Worker *worker)
{
	pthread_attr_t attributes;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(worker->cpu, &set);
	pthread_attr_init(&attributes);
	pthread_attr_setaffinity_np(&attributes, sizeof(set), &set);
	gint failure = pthread_create(&worker->thread, &attributes, worker_run, worker);
	pthread_attr_destroy(&attributes);
	worker->has_thread = failure == 0;
	errno = failure;
	return worker->has_thread;
}

static gboolean
start_threads(LoadGenerator *generator, GError **error)
{
	gboolean started = TRUE;

	/* the controller first: it ends the others */
	errno = pthread_create(&generator->controller, NULL, controller_run, generator);
	generator->has_controller = errno == 0;
	started = generator->has_controller;
	for (guint i = 0; i < generator->workers->len && started; i++)
		started = start_worker(&g_array_index(generator->workers, Worker, i));
	if (!started)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "cannot start a thread for the load: %s", g_strerror(errno));
	return started;
}

/* Chooses the first @n_cpus CPUs that this process may use. */
static void
add_workers(LoadGenerator *generator, guint n_cpus)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		CPU_ZERO(&set);
	for (guint cpu = 0; cpu < CPU_SETSIZE && generator->workers->len < n_cpus; cpu++) {
		const Worker worker = {.generator = generator, .cpu = cpu};
		if (CPU_ISSET(cpu, &set))
			g_array_append_val(generator->workers, worker);
	}
}

/*
 * Starts with a target of 0.
 *
 * @n_cpus: how many CPUs to load
 *
 * Returns: (transfer full): free with load_generator_free(); %NULL with @error set
 */
LoadGenerator *
load_generator_new(VmfcContext *context, guint n_cpus, GError **error)
{
	LoadGenerator *generator = g_new0(LoadGenerator, 1);
	g_autofree gchar *path = vmfc_context_build_path(context, "proc/stat");
	g_autoptr(GError) reason = NULL;

	generator->context = context;
	timed_wait_init(&generator->changed);
	pthread_mutex_init(&generator->lock, NULL);
	generator->workers = g_array_new(FALSE, FALSE, sizeof(Worker));
	add_workers(generator, n_cpus);
	generator->size = STAT_SIZE_REST + CPU_SETSIZE * STAT_SIZE_CPU;
	generator->text = g_malloc(generator->size);
	generator->stat = vmfc_regular_file_open(path, &reason);
	generator->wake = eventfd(0, EFD_CLOEXEC);
	generator->over = eventfd(0, EFD_CLOEXEC);
	if (generator->workers->len == 0)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
			    "cannot find out which CPUs the load may use (vmfc supports at most %d "
			    "CPUs)",
			    CPU_SETSIZE);
	else if (generator->stat < 0)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED, "cannot create a load: %s",
			    reason->message);
	else if (generator->wake < 0 || generator->over < 0)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
			    "cannot open two more files for the load: %s", g_strerror(errno));
	else if (start_threads(generator, error))
		return generator;
	load_generator_free(generator);
	return NULL;
}

static void
send_request(LoadGenerator *generator)
{
	const guint64 one = 1;
	if (write(generator->wake, &one, sizeof(one)) < 0)
		g_warn_if_reached();
}

static gboolean
all_have_ended(G_GNUC_UNUSED gint fd, G_GNUC_UNUSED GIOCondition condition, gpointer user_data)
{
	LoadGenerator *generator = user_data;

	generator->source = 0;
	vmfc_context_end_workload(generator->context, NULL);
	return G_SOURCE_REMOVE;
}

/* Begins to end all threads. The workload ends when none runs any more. */
void
load_generator_finish(LoadGenerator *generator)
{
	generator->source = g_unix_fd_add(generator->over, G_IO_IN, all_have_ended, generator);
	atomic_store(&generator->is_ending, TRUE);
	send_request(generator);
}

/*
 * Ends all threads and waits for them; after load_generator_finish() that takes no time. Adds the
 * CPU time of the threads to that of the workload.
 */
void
load_generator_free(LoadGenerator *generator)
{
	g_clear_handle_id(&generator->source, g_source_remove);
	atomic_store(&generator->is_ending, TRUE);
	if (generator->has_controller) {
		send_request(generator);
		pthread_join(generator->controller, NULL);
	}
	gdouble cpu_time = generator->cpu_time;
	for (guint i = 0; i < generator->workers->len; i++)
		cpu_time += g_array_index(generator->workers, Worker, i).cpu_time;
	vmfc_context_add_work_time(generator->context, cpu_time);
	const gint files[] = {generator->stat, generator->wake, generator->over};
	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		if (files[i] >= 0)
			close(files[i]);
	}
	g_free(generator->text);
	g_array_unref(generator->workers);
	pthread_cond_destroy(&generator->changed);
	pthread_mutex_destroy(&generator->lock);
	g_free(generator);
}

/* @percent: of each loaded CPU, including the load of others */
void
load_generator_set_target(LoadGenerator *generator, gdouble percent)
{
	guint target = (guint)lround(CLAMP(percent / 100, 0, 1) * FULL);
	guint count = atomic_load(&generator->request) >> TARGET_BITS;

	atomic_store(&generator->request, ((count + 1) << TARGET_BITS) | target);
	send_request(generator);
}

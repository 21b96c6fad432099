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
#include "control.h"

#define NS_PER_S       G_GINT64_CONSTANT(1000000000)
#define NS_PER_MS      1000000
#define PERIOD	       (40 * NS_PER_MS)
#define JITTER	       (20 * NS_PER_MS)
#define LOOK_PERIOD_MS 1000
#define FULL	       10000 /* of a duty */
#define TARGET_BITS    16
#define TARGET_MASK    ((1u << TARGET_BITS) - 1)
#define N_ROUNDS       2000 /* of arithmetic from one look at the clock to the next: some µs */
#define STAT_SIZE_CPU  160  /* bytes of a line of /proc/stat */
#define STAT_SIZE_REST (256 * 1024)

/* One CPU and the thread that holds it. */
typedef struct {
	LoadGenerator *generator;
	guint cpu;
	pthread_t thread;
	gboolean has_thread;
	atomic_uint duty; /* what share of each turn it works, of FULL */
	gdouble cpu_time; /* seconds, once the thread has ended */

	/* the controller's */
	Control control;
	CpuTimes before;
	gboolean has_before;
} Hand;

/*
 * The hands and the controller share a lock; the main thread never takes it, because a hand that
 * holds it may have to wait long for its CPU. It leaves a note and wakes the controller.
 */
struct _LoadGenerator {
	VmfcContext *context; /* of the workload that it serves */
	GArray *hands;	      /* of Hand */
	gint stat;	      /* /proc/stat, open */
	gchar *text;	      /* what was read of it */
	gsize size;

	gint wake;	  /* eventfd: there is a note for the controller */
	gint over;	  /* eventfd: no thread runs any more, but for the controller's end */
	atomic_uint note; /* the target, of FULL, and above it how often it was set */
	atomic_bool is_ending;

	pthread_mutex_t lock;
	pthread_cond_t changed; /* a duty, or that the end has come */
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

/* Waits for a change or @time, CLOCK_MONOTONIC; negative: for the former only. */
static void
wait_until(LoadGenerator *generator, gint64 time)
{
	const struct timespec when = {time / NS_PER_S, time % NS_PER_S};

	if (time < 0)
		pthread_cond_wait(&generator->changed, &generator->lock);
	else
		pthread_cond_timedwait(&generator->changed, &generator->lock, &when);
}

/* ---------------------------------------------------------------- hands */

/* Keeps the CPU busy until @time, CLOCK_MONOTONIC. */
static void
work_until(const Hand *hand, gint64 time)
{
	volatile guint64 result;
	guint64 number = 88172645463325252u;

	while (read_clock(CLOCK_MONOTONIC) < time && !atomic_load(&hand->generator->is_ending)) {
		/* Marsaglia's xorshift: nothing that a compiler could leave out */
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
 * Turns of irregular length: the kernel may account by looking, at its own even pace, at who is
 * running, and would see always or never the same half of even turns.
 */
static gint64
draw_period(guint *state)
{
	*state = *state * 1103515245u + 12345u;
	return PERIOD - JITTER / 2 + (((gint64)(*state >> 16) * JITTER) >> 16);
}

static gpointer
hand_run(gpointer data)
{
	Hand *hand = data;
	LoadGenerator *generator = hand->generator;
	const struct sched_param no_priority = {0};
	guint state = hand->cpu + 1;

	/* whatever else wants to run comes first, the collector above all */
	pthread_setschedparam(pthread_self(), SCHED_IDLE, &no_priority);
	while (!atomic_load(&generator->is_ending)) {
		guint duty = atomic_load(&hand->duty);
		gint64 period = draw_period(&state);
		gint64 begin = read_clock(CLOCK_MONOTONIC);
		work_until(hand, begin + period * duty / FULL);
		if (duty == FULL)
			continue;
		pthread_mutex_lock(&generator->lock);
		/* what others are woken for is no reason to cut a turn short */
		while (!atomic_load(&generator->is_ending) && atomic_load(&hand->duty) == duty &&
		       (duty == 0 || read_clock(CLOCK_MONOTONIC) < begin + period))
			wait_until(generator, duty == 0 ? -1 : begin + period);
		pthread_mutex_unlock(&generator->lock);
	}
	hand->cpu_time = (gdouble)read_clock(CLOCK_THREAD_CPUTIME_ID) / NS_PER_S;
	return NULL;
}

static void
set_duty(Hand *hand, gdouble target)
{
	gdouble share = control_get_duty(&hand->control, target);
	atomic_store(&hand->duty, (guint)llround(share * FULL));
}

/* ----------------------------------------------------------- controller */

/* Reads /proc/stat once for all. Returns: whether it could be read */
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

/* @mend: whether the time since the last look was all at @target */
static void
look(LoadGenerator *generator, gdouble target, gboolean mend)
{
	gboolean read = read_stat(generator);

	for (guint i = 0; i < generator->hands->len; i++) {
		Hand *hand = &g_array_index(generator->hands, Hand, i);
		CpuTimes now;
		gboolean has_now = read && cpu_times_parse(generator->text, hand->cpu, &now);
		if (has_now && hand->has_before && mend)
			control_look(&hand->control, target,
				     cpu_times_get_utilisation(&hand->before, &now));
		set_duty(hand, target);
		hand->has_before = has_now;
		if (has_now)
			hand->before = now;
	}
}

static void
tell_hands(LoadGenerator *generator)
{
	pthread_mutex_lock(&generator->lock);
	pthread_cond_broadcast(&generator->changed);
	pthread_mutex_unlock(&generator->lock);
}

/* Waits for a note of the main thread, or until it is time to look. */
static void
wait_for_note(LoadGenerator *generator)
{
	struct pollfd note = {generator->wake, POLLIN, 0};
	guint64 count;

	if (poll(&note, 1, LOOK_PERIOD_MS) > 0 && read(generator->wake, &count, sizeof(count)) < 0)
		g_warn_if_reached();
}

/* Sees once a second what was achieved, and at once that something else is to be. */
static gpointer
controller_run(gpointer data)
{
	LoadGenerator *generator = data;
	const guint64 one = 1;
	guint before = 0;

	while (!atomic_load(&generator->is_ending)) {
		guint note = atomic_load(&generator->note);
		look(generator, (gdouble)(note & TARGET_MASK) / FULL, note == before);
		before = note;
		tell_hands(generator);
		wait_for_note(generator);
	}
	tell_hands(generator);
	for (guint i = 0; i < generator->hands->len; i++) {
		Hand *hand = &g_array_index(generator->hands, Hand, i);
		if (hand->has_thread)
			pthread_join(hand->thread, NULL);
	}
	generator->cpu_time = (gdouble)read_clock(CLOCK_THREAD_CPUTIME_ID) / NS_PER_S;
	if (write(generator->over, &one, sizeof(one)) < 0)
		g_warn_if_reached();
	return NULL;
}

/* ------------------------------------------------------- from outside */

static gboolean
start_hand(Hand *hand)
{
	pthread_attr_t attributes;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(hand->cpu, &set);
	pthread_attr_init(&attributes);
	pthread_attr_setaffinity_np(&attributes, sizeof(set), &set);
	gint failure = pthread_create(&hand->thread, &attributes, hand_run, hand);
	pthread_attr_destroy(&attributes);
	hand->has_thread = failure == 0;
	errno = failure;
	return hand->has_thread;
}

static gboolean
start_threads(LoadGenerator *generator, GError **error)
{
	gboolean started = TRUE;

	/* the controller first: it is what ends the others */
	errno = pthread_create(&generator->controller, NULL, controller_run, generator);
	generator->has_controller = errno == 0;
	started = generator->has_controller;
	for (guint i = 0; i < generator->hands->len && started; i++)
		started = start_hand(&g_array_index(generator->hands, Hand, i));
	if (!started)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "no thread for the load: %s",
			    g_strerror(errno));
	return started;
}

/* Chooses the first @n_cpus CPUs that we may use. */
static void
add_hands(LoadGenerator *generator, guint n_cpus)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		CPU_ZERO(&set);
	for (guint cpu = 0; cpu < CPU_SETSIZE && generator->hands->len < n_cpus; cpu++) {
		const Hand hand = {.generator = generator, .cpu = cpu};
		if (CPU_ISSET(cpu, &set))
			g_array_append_val(generator->hands, hand);
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
	pthread_condattr_t attributes;

	generator->context = context;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&generator->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_init(&generator->lock, NULL);
	generator->hands = g_array_new(FALSE, FALSE, sizeof(Hand));
	add_hands(generator, n_cpus);
	generator->size = STAT_SIZE_REST + CPU_SETSIZE * STAT_SIZE_CPU;
	generator->text = g_malloc(generator->size);
	generator->stat = vmfc_regular_file_open(path, &reason);
	generator->wake = eventfd(0, EFD_CLOEXEC);
	generator->over = eventfd(0, EFD_CLOEXEC);
	if (generator->hands->len == 0)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
			    "the load cannot tell which CPUs it may use (more than %d are not "
			    "supported)",
			    CPU_SETSIZE);
	else if (generator->stat < 0)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED, "no load can be made: %s",
			    reason->message);
	else if (generator->wake < 0 || generator->over < 0)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
			    "the load needs two more files: %s", g_strerror(errno));
	else if (start_threads(generator, error))
		return generator;
	load_generator_free(generator);
	return NULL;
}

static void
leave_note(LoadGenerator *generator)
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

/* Begins to end all threads, and the workload with them when none runs any more. */
void
load_generator_finish(LoadGenerator *generator)
{
	generator->source = g_unix_fd_add(generator->over, G_IO_IN, all_have_ended, generator);
	atomic_store(&generator->is_ending, TRUE);
	leave_note(generator);
}

/*
 * Ends all threads and waits for them, which takes no time after load_generator_finish(). What they
 * have used counts as the workload's.
 */
void
load_generator_free(LoadGenerator *generator)
{
	g_clear_handle_id(&generator->source, g_source_remove);
	atomic_store(&generator->is_ending, TRUE);
	if (generator->has_controller) {
		leave_note(generator);
		pthread_join(generator->controller, NULL);
	}
	gdouble cpu_time = generator->cpu_time;
	for (guint i = 0; i < generator->hands->len; i++)
		cpu_time += g_array_index(generator->hands, Hand, i).cpu_time;
	vmfc_context_add_work_time(generator->context, cpu_time);
	const gint files[] = {generator->stat, generator->wake, generator->over};
	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		if (files[i] >= 0)
			close(files[i]);
	}
	g_free(generator->text);
	g_array_unref(generator->hands);
	pthread_cond_destroy(&generator->changed);
	pthread_mutex_destroy(&generator->lock);
	g_free(generator);
}

/* @percent: of each CPU that is loaded, what others use included */
void
load_generator_set_target(LoadGenerator *generator, gdouble percent)
{
	guint target = (guint)lround(CLAMP(percent / 100, 0, 1) * FULL);
	guint count = atomic_load(&generator->note) >> TARGET_BITS;

	atomic_store(&generator->note, ((count + 1) << TARGET_BITS) | target);
	leave_note(generator);
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * A tick allocates nothing: the allocator's functions are counted, per thread, while the real
 * samplers read the real /proc and the real sinks write.
 */

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../built-index.h"
#include "../../harness.h"
#include "../../remove-folder.h"

#define N_WARM_UP  20
#define N_ATTEMPTS 9

static __thread guint64 n_allocations;
static gint n_said; /* what was logged, which allocates */

extern void *
__libc_malloc(size_t size);
extern void *
__libc_calloc(size_t n, size_t size);
extern void *
__libc_realloc(void *memory, size_t size);

VMFC_API void *
malloc(size_t size)
{
	n_allocations++;
	return __libc_malloc(size);
}

VMFC_API void *
calloc(size_t n, size_t size)
{
	n_allocations++;
	return __libc_calloc(n, size);
}

VMFC_API void *
realloc(void *memory, size_t size)
{
	n_allocations++;
	return __libc_realloc(memory, size);
}

typedef struct {
	Harness harness;
	VmfcTicker ticker;
	GMainLoop *loop;
	guint n_ticks;
	guint n_wanted;
	guint64 after_warm_up;
	guint64 at_end;
	gint said_before; /* up to the end of the warm-up */
	gint said_then;	  /* up to the last tick */
} Run;

static GLogWriterOutput
note_said(GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
	g_atomic_int_inc(&n_said);
	return g_log_writer_default(level, fields, n_fields, user_data);
}

static gboolean
tick_due(gint64 now, gpointer user_data)
{
	Run *run = user_data;
	VmfcTick tick;

	if (vmfc_ticker_advance(&run->ticker, now, &tick))
		vmfc_collector_tick(run->harness.collector, &tick);
	if (++run->n_ticks == N_WARM_UP) {
		run->after_warm_up = n_allocations;
		run->said_before = g_atomic_int_get(&n_said);
	}
	if (run->n_ticks < run->n_wanted)
		return G_SOURCE_CONTINUE;
	run->at_end = n_allocations;
	run->said_then = g_atomic_int_get(&n_said);
	g_main_loop_quit(run->loop);
	return G_SOURCE_REMOVE;
}

/* Runs the options @line, which write to @folder. */
static void
count_once(Run *run, const gchar *line)
{
	g_auto(GStrv) arguments = g_strsplit(line, " ", -1);
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcOptions) options = vmfc_options_parse(arguments, built_index(), &error);

	g_assert_no_error(error);
	harness_open(&run->harness, options, &vmfc_clock_system);
	run->loop = g_main_loop_new(NULL, FALSE);
	vmfc_ticker_init(&run->ticker, vmfc_ticker_align(&vmfc_clock_system, options->interval, 0),
			 options->interval);
	GSource *source = vmfc_ticker_source_new(&run->ticker, tick_due, run, NULL);
	g_source_attach(source, NULL);
	g_source_unref(source);
	g_main_loop_run(run->loop);
	g_main_loop_unref(run->loop);
	harness_close(&run->harness);
}

/*
 * A run in which something is said, such as that an answer is late on a busy machine, is made
 * again.
 *
 * @more: further options, separated by blanks
 * @wanted: what must stand in the file, or nothing was measured
 */
static void
count_in_run(const gchar *plugins, const gchar *interval, guint n_ticks, const gchar *more,
	     const gchar *wanted)
{
	for (guint i = 0; i < N_ATTEMPTS; i++) {
		Run run = {.n_wanted = N_WARM_UP + n_ticks};
		g_autofree gchar *folder = g_dir_make_tmp("vmfc-allocations-XXXXXX", NULL);
		g_autofree gchar *line = g_strdup_printf("vmfc --plugins %s --output %s/run.json "
							 "--interval %s --plugin-path %s:%s %s",
							 plugins, folder, interval,
							 g_getenv("VMFC_TEST_PLUGINS"),
							 g_getenv("VMFC_TEST_MODULES"), more);
		g_autofree gchar *output = g_build_filename(folder, "run.json", NULL);
		g_autofree gchar *text = NULL;

		count_once(&run, line);
		g_assert_true(g_file_get_contents(output, &text, NULL, NULL));
		remove_folder(folder);
		g_assert_cmpuint(run.harness.n_written, >, n_ticks / 2);
		g_test_message("%" G_GUINT64_FORMAT " allocations before, %" G_GUINT64_FORMAT
			       " in %u ticks",
			       run.after_warm_up, run.at_end - run.after_warm_up, n_ticks);
		if (run.said_then > run.said_before && i + 1 < N_ATTEMPTS)
			continue;
		g_assert_cmpuint(run.at_end - run.after_warm_up, ==, 0);
		g_assert_nonnull(strstr(text, wanted));
		return;
	}
}

static void
test_tick(void)
{
	count_in_run("perf,proc", "0.001", 500, "--verbose", "\"load_average_1min\": ");
}

/* Columns that are derived from those of others; one of them is missing in the first window. */
static void
test_derive(void)
{
	count_in_run("proc,sums", "0.001", 500, "--set sums.of=load_average_1min,processes_created",
		     "\"sums_terms\": 2");
}

static void
write_text(const gchar *folder, const gchar *name, const gchar *text)
{
	g_autofree gchar *path = g_build_filename(folder, name, NULL);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/*
 * Estimates of a model, with all that an estimator can be made of. The second zone has none in any
 * window: no machine has such a load.
 */
static void
test_estimate(void)
{
	static const gchar interval[] =
		"'interval': {'share': 0.9, 'log_width': 0.1, 'floor': 1, 'groups': 5}";
	g_autofree gchar *model = g_strdup_printf(
		"{'format': 'vmfc-model/1', 'version': '0', 'machine': {}, 'zones': ["
		"{'zone': 'core', 'sub_models': [{'name': 'perf', 'features': [{'name': 'faults', "
		"'form': 'rate', 'columns': ['page_faults'], 'optional_columns': [], "
		"'is_positive': false, 'minimum': 0, 'maximum': 1e9}], 'family': 'average', "
		"'constant': 3, 'terms': [{'feature': 0, 'kind': 'root', 'scale': 1e6, "
		"'weight': 2}], 'base': 4, 'trees': [{'feature': [0, -1, -1], 'value': [500, 1, "
		"2], 'left': [1, 0, 0], 'right': [2, 0, 0], 'missing_left': [0, 0, 0]}], %s}]}, "
		"{'zone': 'package', 'sub_models': [{'name': 'load', 'features': [{'name': 'load', "
		"'form': 'value', 'columns': ['load_average_1min'], 'optional_columns': [], "
		"'is_positive': "
		"false, 'minimum': 1e6, 'maximum': 2e6}], 'family': 'mean', 'constant': 3, "
		"'terms': [], %s}]}]}",
		interval, interval);
	g_autofree gchar *folder = g_dir_make_tmp("vmfc-allocations-model-XXXXXX", NULL);
	g_autofree gchar *path = g_build_filename(folder, "model.json", NULL);
	g_autofree gchar *more = g_strdup_printf("--model %s", path);
	g_autofree gchar *text = g_strdelimit(g_strdup(model), "'", '"');

	write_text(folder, "model.json", text);
	count_in_run("perf,load", "0.001", 500, more, "\"estimated_watts_core\": ");
	unlink(path);
	rmdir(folder);
}

/* In the child: it ends with the test, also with one that fails. */
static void
end_with_test(G_GNUC_UNUSED gpointer user_data)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* The main thread's part in an answer that comes later. */
static void
test_answer(void)
{
	const gchar *command[] = {g_getenv("VMFC_TEST_EXPORTER"), NULL};
	g_autoptr(GError) error = NULL;
	gchar port[16] = "";
	GPid exporter;
	gint said;

	g_spawn_async_with_pipes(NULL, (gchar **)command, NULL, G_SPAWN_DO_NOT_REAP_CHILD,
				 end_with_test, NULL, &exporter, NULL, &said, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpint(read(said, port, sizeof(port) - 1), >, 0);
	g_strchomp(port);
	g_autofree gchar *more = g_strdup_printf(
		"--kepler-url http://localhost:%s/metrics --set kepler.scrape_interval=0.05", port);
	count_in_run("cpu,kepler", "0.05", 40, more, "\"kepler_scrape_seconds\": 0.");
	kill(exporter, SIGTERM);
	g_assert_cmpint(waitpid(exporter, NULL, 0), ==, exporter);
	close(said);
	g_spawn_close_pid(exporter);
}

typedef struct {
	gint fd; /* of energy_uj */
	gint is_over;
} Meter;

/* About 1 W, until it is over; allocates nothing. */
static gpointer
move_meter(gpointer data)
{
	Meter *meter = data;

	for (guint energy = 1000000; !g_atomic_int_get(&meter->is_over); energy += 1000) {
		gchar text[16];
		gint length = g_snprintf(text, sizeof(text), "%u\n", energy);
		g_assert_cmpint(pwrite(meter->fd, text, (gsize)length, 0), ==, length);
		g_usleep(1000);
	}
	return NULL;
}

/* This process in place of a VM's, and a meter in place of a socket's; the rest is the machine's.
 */
static void
test_host(void)
{
	g_autofree gchar *root = g_dir_make_tmp("vmfc-allocations-root-XXXXXX", NULL);
	g_autofree gchar *zone = g_build_filename(root, "sys/class/powercap/intel-rapl:0", NULL);
	g_autofree gchar *proc = g_build_filename(root, "proc", NULL);

	g_assert_cmpint(g_mkdir_with_parents(zone, 0755), ==, 0);
	g_assert_cmpint(symlink("/proc", proc), ==, 0);
	write_text(zone, "name", "package-0\n");
	write_text(zone, "max_energy_range_uj", "262143328850\n");
	write_text(zone, "energy_uj", "1000000\n");
	g_autofree gchar *more = g_strdup_printf("--root %s --set qemu.pid=%d", root,
						 (gint)getpid());
	g_autofree gchar *energy = g_build_filename(zone, "energy_uj", NULL);
	Meter meter = {.fd = open(energy, O_WRONLY | O_CLOEXEC)};
	GThread *mover = g_thread_new("meter", move_meter, &meter);
	/* longer than from one look for new vCPUs to the next */
	count_in_run("rapl,qemu", "0.001", 1500, more, "\"vm_cpu_joules_package\": 0.0");
	g_atomic_int_set(&meter.is_over, TRUE);
	g_thread_join(mover);
	close(meter.fd);
	remove_folder(root);
}

/* That the count counts. */
static void
test_count(void)
{
	guint64 before = n_allocations;
	gchar *volatile memory = g_strdup("counted");
	g_assert_cmpuint(n_allocations, ==, before + 1);
	g_free(memory);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	/* sources that this machine does not have do not matter here */
	g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_FLAG_FATAL);
	g_log_set_writer_func(note_said, NULL, NULL);
	g_test_add_func("/allocations/count", test_count);
	g_test_add_func("/allocations/tick", test_tick);
	g_test_add_func("/allocations/derive", test_derive);
	g_test_add_func("/allocations/estimate", test_estimate);
	g_test_add_func("/allocations/answer", test_answer);
	g_test_add_func("/allocations/host", test_host);
	return g_test_run();
}

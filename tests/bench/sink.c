/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * What one record costs in a sink: the real plugin, the real columns, the core's real way to the
 * file. Every column is there, with values that have as many digits as real ones: more than most
 * machines have, and never less work.
 *
 *   sink ROUNDS --output PATH --format FORMAT [other options of vmfc]
 *
 * Three things in turn, a batch of each in each round: the sink without the kernel, whose part is
 * answered with "written" at once, so that formatting is what is left; the sink as it is; and the
 * floor, which writes as many bytes with one pwrite(2) a record. Then all of it once more paced, a
 * record every few ms, when caches have forgotten and CPUs have rested. CPU time of this thread.
 */

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../harness.h"
#include "output/run-files.h"
#include "timing.h"

#define N_RECORDS 64   /* that differ; they come in turn */
#define BATCH	  1000 /* records at a time */
#define N_PACED	  101
#define PAUSE_US  10000

/* ------------------------------------------------- the kernel left out */

/* Answers for the kernel while it is set; the linker puts these in place of the C library's. */
static gboolean kernel_is_left_out;

ssize_t
__real_pwrite64(int fd, const void *text, size_t length, off_t at);
ssize_t
__wrap_pwrite64(int fd, const void *text, size_t length, off_t at);
ssize_t
__wrap_pwrite64(int fd, const void *text, size_t length, off_t at)
{
	return kernel_is_left_out ? (ssize_t)length : __real_pwrite64(fd, text, length, at);
}

ssize_t
__real_pread64(int fd, void *text, size_t length, off_t at);
ssize_t
__wrap_pread64(int fd, void *text, size_t length, off_t at);
ssize_t
__wrap_pread64(int fd, void *text, size_t length, off_t at)
{
	return kernel_is_left_out ? (ssize_t)length : __real_pread64(fd, text, length, at);
}

int
__real_madvise(void *at, size_t length, int advice);
int
__wrap_madvise(void *at, size_t length, int advice);
int
__wrap_madvise(void *at, size_t length, int advice)
{
	return kernel_is_left_out ? 0 : __real_madvise(at, length, advice);
}

/* -------------------------------------------------------------- records */

/* As long as real ones: counts of a second on a few CPUs, gauges below a thousand. */
static gint64
make_int(VmfcKind kind, GRand *random)
{
	return kind == VMFC_KIND_COUNTER ? (gint64)g_rand_double_range(random, 1e3, 1e10)
					 : g_rand_int_range(random, 0, 1000);
}

/* Shares of clock ticks, which are what percents are, and ratios have all digits that there are. */
static gdouble
make_float(const VmfcColumn *column, guint i, GRand *random)
{
	if (g_str_equal(column->name, "timestamp"))
		return 1795351646.000141 + i * 1.000003;
	if (g_str_equal(column->unit, "percent"))
		return 100.0 * g_rand_int_range(random, 0, 191) / 191;
	return g_rand_double_range(random, 0.01, 4);
}

static void
fill_cell(VmfcRecord *record, guint cell, guint i, GRand *random)
{
	static const gchar *const zones[] = {"package", "core", NULL};
	const VmfcColumn *column = &vmfc_schema_get_declaration(record->schema, cell)->column;

	switch (column->type) {
	case VMFC_TYPE_INT:
		vmfc_record_set_int(record, cell, make_int(column->kind, random));
		break;
	case VMFC_TYPE_FLOAT:
		vmfc_record_set_float(record, cell, make_float(column, i, random));
		break;
	case VMFC_TYPE_BOOL:
		vmfc_record_set_bool(record, cell, FALSE);
		break;
	case VMFC_TYPE_STRING:
		vmfc_record_set_string(record, cell,
				       g_str_equal(column->name, "timestamp_iso")
					       ? "2026-11-22T12:47:26.000141+00:00"
					       : "cpu_intensive");
		break;
	case VMFC_TYPE_STRINGS:
		vmfc_record_set_strings(record, cell, zones);
		break;
	}
}

/* Records in which nothing is missing. Returns: (transfer full): @N_RECORDS rows */
static GPtrArray *
make_rows(const VmfcSchema *schema)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_row_free);
	g_autoptr(VmfcBaseline) zero = vmfc_baseline_new(schema);
	g_autoptr(GRand) random = g_rand_new_with_seed(1);
	VmfcRecord record = {
		.schema = schema,
		.n_columns = vmfc_schema_get_n_cells(schema),
		.n_readable = vmfc_schema_get_n_cells(schema),
		.baseline = zero,
	};

	/* with totals of 0 before it, a total is the growth as well */
	memset(zero->present, 0xff, (record.n_columns + 63) / 64 * sizeof(*zero->present));
	for (guint i = 0; i < N_RECORDS; i++) {
		record.row = vmfc_row_new(schema);
		for (guint cell = 0; cell < record.n_columns; cell++)
			fill_cell(&record, cell, i, random);
		g_ptr_array_add(rows, record.row);
	}
	return rows;
}

/* ------------------------------------------------------------ measuring */

/* A sink with its file, and the floor's file beside it. */
typedef struct {
	Harness harness;
	const VmfcSink *sink;
	gpointer instance;
	GPtrArray *rows;
	gint floor;
	goffset floor_size;
	gsize length; /* of a record, on average */
	gchar *text;  /* that many bytes, for the floor */
} Bench;

/* CPU time of the parts of a round, ns a record. */
typedef struct {
	gdouble format;
	gdouble write;
	gdouble floor;
} Costs;

static void
write_record(Bench *bench, guint i)
{
	g_autoptr(GError) error = NULL;
	const VmfcSchema *schema = bench->harness.schema;
	const VmfcRecord record = {
		.schema = schema,
		.n_columns = vmfc_schema_get_n_columns(schema),
		.n_readable = vmfc_schema_get_n_columns(schema),
		.row = bench->rows->pdata[i % N_RECORDS],
	};

	if (!bench->sink->write(bench->instance, &record, &error))
		errx(1, "%s", error->message);
}

static void
write_floor(Bench *bench, G_GNUC_UNUSED guint i)
{
	if (pwrite(bench->floor, bench->text, bench->length, bench->floor_size) < 0)
		err(1, "the floor's file");
	bench->floor_size += (goffset)bench->length;
}

/* Returns: ns a record, of so many at once */
static gdouble
measure(Bench *bench, void (*write)(Bench *bench, guint i), gboolean without_kernel, guint n)
{
	gint64 start = timing_get_cpu();
	kernel_is_left_out = without_kernel;
	for (guint i = 0; i < n; i++)
		write(bench, i);
	kernel_is_left_out = FALSE;
	return (gdouble)(timing_get_cpu() - start) / n;
}

static void
bench_open(Bench *bench, const VmfcOptions *options, const gchar *suffix)
{
	VmfcOptions own = *options;
	g_autofree gchar *output = g_strconcat(options->output, suffix, NULL);

	own.output = output;
	harness_open(&bench->harness, &own, &vmfc_clock_system);
	/* its thread sleeps for as long as no record is queued, so that the sink is ours to use */
	const VmfcContext *context = bench->harness.plugins->sinks->pdata[0];
	bench->sink = context->plugin->sink;
	bench->instance = context->instance;
	bench->rows = make_rows(bench->harness.schema);
}

static void
bench_close(Bench *bench)
{
	g_ptr_array_unref(bench->rows);
	harness_close(&bench->harness);
}

/* How long records are, from a file with some of them; and the floor's own file. */
static void
prepare_floor(Bench *bench, const gchar *output)
{
	g_autofree gchar *path = g_strconcat(output, ".floor", NULL);
	const gchar *written = vmfc_run_files_get_paths(bench->harness.outputs)->pdata[0];
	struct stat before, after;

	bench->floor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (bench->floor < 0 || stat(written, &before) < 0)
		err(1, "%s", bench->floor < 0 ? path : written);
	measure(bench, write_record, FALSE, BATCH);
	if (stat(written, &after) < 0)
		err(1, "%s", written);
	bench->length = (gsize)(after.st_size - before.st_size) / BATCH;
	bench->text = g_strnfill(bench->length, 'x');
}

/* ns that the clock itself takes in a measurement of one record. */
static gdouble
measure_clock(void)
{
	gdouble values[N_PACED];

	for (guint i = 0; i < N_PACED; i++) {
		g_usleep(PAUSE_US);
		gint64 start = timing_get_cpu();
		values[i] = (gdouble)(timing_get_cpu() - start);
	}
	return timing_take_median(values, N_PACED);
}

static gdouble
measure_paced(Bench *bench, void (*write)(Bench *bench, guint i), gboolean without_kernel)
{
	gdouble values[N_PACED];

	for (guint i = 0; i < N_PACED; i++) {
		g_usleep(PAUSE_US);
		values[i] = measure(bench, write, without_kernel, 1);
	}
	return timing_take_median(values, N_PACED);
}

/* Each round in the opposite order. */
static Costs
measure_round(Bench *dry, Bench *real, guint round)
{
	Costs costs = {0};

	for (guint i = 0; i < 3; i++) {
		switch (round % 2 == 0 ? i : 2 - i) {
		case 0:
			costs.format = measure(dry, write_record, TRUE, BATCH);
			break;
		case 1:
			costs.write = measure(real, write_record, FALSE, BATCH);
			break;
		default:
			costs.floor = measure(real, write_floor, FALSE, BATCH);
			break;
		}
	}
	return costs;
}

static void
print_costs(const gchar *name, const Costs *costs)
{
	printf("%s{\"format\": %.0f, \"write\": %.0f, \"floor\": %.0f}", name, costs->format,
	       costs->write, costs->floor);
}

int
main(int argc, char *argv[])
{
	guint n_rounds = argc > 1 ? (guint)atoi(argv[1]) : 0;
	if (n_rounds < 1 || n_rounds > 1000)
		errx(2, "usage: sink ROUNDS [options of vmfc]; between 1 and 1000 rounds");
	g_autoptr(VmfcOptions) options = fake_run_parse(argv);
	Bench dry = {0}, real = {0};

	bench_open(&dry, options, "-dry");
	bench_open(&real, options, "");
	prepare_floor(&real, options->output);
	measure(&dry, write_record, TRUE, BATCH);
	measure(&real, write_floor, FALSE, BATCH);
	printf("{\"bytes\": %" G_GSIZE_FORMAT ", \"columns\": %u, \"rounds\": [", real.length,
	       vmfc_schema_get_n_columns(real.harness.schema));
	for (guint i = 0; i < n_rounds; i++) {
		const Costs costs = measure_round(&dry, &real, i);
		print_costs(i > 0 ? ", " : "", &costs);
	}
	gdouble clock = measure_clock();
	const Costs paced = {
		.format = measure_paced(&dry, write_record, TRUE) - clock,
		.write = measure_paced(&real, write_record, FALSE) - clock,
		.floor = measure_paced(&real, write_floor, FALSE) - clock,
	};
	print_costs("], \"paced\": ", &paced);
	printf("}\n");
	close(real.floor);
	g_free(real.text);
	bench_close(&real);
	bench_close(&dry);
	return 0;
}

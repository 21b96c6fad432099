/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * vmfc on a fake clock: plays steps of /proc and /sys into a root folder, one per tick, and
 * writes the files that vmfc would. The clock is the only thing that is not real.
 *
 *   replay STEP[,STEP…] [--root FOLDER and other options of vmfc]
 *
 * Each STEP is a folder whose files are written over those below the root before a tick; the
 * files keep their identity, as those of /proc do. "-" changes nothing.
 */

#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <unistd.h>

#include "fake-clock.h"
#include "harness.h"
#include "log.h"

#define LATENESS 137000

static const gchar *copy_from;
static const gchar *copy_to;

static int
copy_file(const char *path, G_GNUC_UNUSED const struct stat *info, int type,
	  G_GNUC_UNUSED struct FTW *at)
{
	g_autofree gchar *text = NULL;
	g_autofree gchar *target = g_build_filename(copy_to, path + strlen(copy_from), NULL);
	gsize length;

	if (type != FTW_F)
		return 0;
	if (!g_file_get_contents(path, &text, &length, NULL))
		return -1;
	gint fd = open(target, O_WRONLY | O_TRUNC);
	gboolean written = fd >= 0 && write(fd, text, length) == (gssize)length;
	if (fd >= 0)
		close(fd);
	return written ? 0 : -1;
}

static void
play_step(const gchar *step, const gchar *root)
{
	if (g_str_equal(step, "-"))
		return;
	copy_from = step;
	copy_to = root;
	if (nftw(step, copy_file, 16, FTW_PHYS) != 0)
		g_error("the step %s does not fit into %s", step, root);
}

static void
run(const VmfcOptions *options, GStrv steps)
{
	Harness harness = {0};
	FakeClock fake;
	VmfcTicker ticker;
	gint64 t0 = G_GINT64_CONSTANT(1000000000);

	fake_clock_init(&fake, 0, G_GINT64_CONSTANT(1700000000000000000) - t0);
	play_step(steps[0], options->root);
	harness_open(&harness, options, &fake.clock);
	vmfc_ticker_init(&ticker, t0, options->interval);
	for (guint i = 0; steps[i] != NULL; i++) {
		VmfcTick tick;
		if (i > 0)
			play_step(steps[i], options->root);
		fake.now = t0 + (gint64)i * options->interval + LATENESS;
		g_assert_true(vmfc_ticker_advance(&ticker, fake.now, &tick));
		vmfc_collector_tick(harness.collector, &tick);
	}
	harness_close(&harness);
}

int
main(int argc, char *argv[])
{
	static VmfcLog log;
	g_autoptr(GError) error = NULL;

	if (argc < 2)
		g_error("usage: replay STEP[,STEP…] [options of vmfc]");
	g_autoptr(VmfcOptions) options = vmfc_options_parse(argv + 1, &error);
	g_assert_no_error(error);
	vmfc_log_install(&log);
	g_auto(GStrv) steps = g_strsplit(argv[1], ",", -1);
	run(options, steps);
	return 0;
}

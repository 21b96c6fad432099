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
 * files keep their identity, as those of /proc do. "-" changes nothing. A file FILE.unreadable in a
 * step makes each reading of FILE fail until the next step. Prints why columns are missing.
 */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

#define UNREADABLE ".unreadable"

static const gchar *copy_from;
static const gchar *copy_to;
static GPtrArray *unreadable; /* paths of files; NULL: none */

#pragma GCC visibility push(default)
ssize_t
__real_pread64(int fd, void *text, size_t length, off_t at);
ssize_t
__wrap_pread64(int fd, void *text, size_t length, off_t at);
#pragma GCC visibility pop

/* In place of the C library's, see meson.build. */
ssize_t
__wrap_pread64(int fd, void *text, size_t length, off_t at)
{
	if (unreadable != NULL && unreadable->len > 0) {
		g_autofree gchar *link = g_strdup_printf("/proc/self/fd/%d", fd);
		g_autofree gchar *path = g_file_read_link(link, NULL);
		if (g_ptr_array_find_with_equal_func(unreadable, path, g_str_equal, NULL)) {
			errno = EIO;
			return -1;
		}
	}
	return __real_pread64(fd, text, length, at);
}

static int
copy_file(const char *path, G_GNUC_UNUSED const struct stat *info, int type,
	  G_GNUC_UNUSED struct FTW *at)
{
	g_autofree gchar *text = NULL;
	g_autofree gchar *target = g_build_filename(copy_to, path + strlen(copy_from), NULL);
	gsize length;

	if (type != FTW_F)
		return 0;
	if (g_str_has_suffix(target, UNREADABLE)) {
		target[strlen(target) - strlen(UNREADABLE)] = '\0';
		g_ptr_array_add(unreadable, realpath(target, NULL));
		return 0;
	}
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
	g_ptr_array_set_size(unreadable, 0);
	if (nftw(step, copy_file, 16, FTW_PHYS) != 0)
		g_error("the step %s does not fit into %s", step, root);
}

/* Prints why columns are missing in a window: WINDOW TAB COLUMN TAB REASON. */
static void
print_reasons(const VmfcSchema *schema, guint window)
{
	for (guint i = 0; i < schema->n_visible; i++) {
		const VmfcDeclaration *column = vmfc_schema_get_declaration(schema, i);
		/* what never had a chance to be there is not counted by window */
		const gchar *reason = column->missing_now != NULL ? column->missing_now->text
				      : vmfc_declaration_is_missing(column) ? column->reason
									    : NULL;
		if (reason != NULL)
			printf("%u\t%s\t%s\n", window, column->column.name, reason);
	}
}

static void
run(const VmfcOptions *options, GStrv steps)
{
	FakeRun fake = {0};

	unreadable = g_ptr_array_new_with_free_func(free);
	play_step(steps[0], options->root);
	fake_run_open(&fake, options);
	for (guint i = 0; steps[i] != NULL; i++) {
		if (i > 0)
			play_step(steps[i], options->root);
		fake_run_tick(&fake);
		if (i > 0)
			print_reasons(fake.harness.schema, i);
	}
	harness_close(&fake.harness);
	g_clear_pointer(&unreadable, g_ptr_array_unref);
}

int
main(int argc, char *argv[])
{
	if (argc < 2)
		g_error("usage: replay STEP[,STEP…] [options of vmfc]");
	g_autoptr(VmfcOptions) options = fake_run_parse(argv);
	g_auto(GStrv) steps = g_strsplit(argv[1], ",", -1);
	run(options, steps);
	return 0;
}

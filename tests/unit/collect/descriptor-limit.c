/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/descriptor-limit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "vmfc/vmfc-plugin.h"

/* In place of the kernel's, see meson.build: a process with some open files. */
static struct {
	guint n_used; /* the lowest numbers */
	guint n_opened;
	struct rlimit limit;
	gboolean refuses; /* to change the limit */
} kernel;

#pragma GCC visibility push(default)
int
__wrap_fcntl64(int fd, int command, ...);
int
__wrap_close(int fd);
int
__wrap_getrlimit64(int resource, struct rlimit *limit);
int
__wrap_setrlimit64(int resource, const struct rlimit *limit);
#pragma GCC visibility pop

int
__wrap_fcntl64(G_GNUC_UNUSED int fd, int command, ...)
{
	g_assert_cmpint(command, ==, F_DUPFD_CLOEXEC);
	if (kernel.n_used + kernel.n_opened >= kernel.limit.rlim_cur)
		return -1;
	return (int)(kernel.n_used + kernel.n_opened++);
}

int
__wrap_close(int fd)
{
	g_assert_cmpint(fd, >=, (int)kernel.n_used);
	kernel.n_opened--;
	return 0;
}

int
__wrap_getrlimit64(int resource, struct rlimit *limit)
{
	g_assert_cmpint(resource, ==, RLIMIT_NOFILE);
	*limit = kernel.limit;
	return 0;
}

int
__wrap_setrlimit64(int resource, const struct rlimit *limit)
{
	g_assert_cmpint(resource, ==, RLIMIT_NOFILE);
	g_assert_cmpuint(limit->rlim_cur, <=, limit->rlim_max);
	g_assert_cmpuint(limit->rlim_max, ==, kernel.limit.rlim_max);
	if (kernel.refuses)
		return -1;
	kernel.limit = *limit;
	return 0;
}

static void
set(guint n_used, rlim_t soft, rlim_t hard)
{
	kernel = (typeof(kernel)){.n_used = n_used, .limit = {soft, hard}};
}

/* @n_sinks: 0 for what is checked at the start. Returns: how many more can be opened then */
static guint
check(guint n_sinks, gboolean has_workloads)
{
	g_autoptr(GError) error = NULL;
	gboolean done = n_sinks == 0
				? vmfc_descriptor_limit_check_start(&error)
				: vmfc_descriptor_limit_check_run(n_sinks, has_workloads, &error);

	g_assert_no_error(error);
	g_assert_true(done);
	/* it keeps none */
	g_assert_cmpuint(kernel.n_opened, ==, 0);
	g_assert_cmpuint(kernel.limit.rlim_cur, >=, kernel.n_used);
	return (guint)kernel.limit.rlim_cur - kernel.n_used;
}

static void
refuse(const gchar *numbers)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(vmfc_descriptor_limit_check_start(&error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_IO);
	g_assert_cmpstr(error->message, ==, numbers);
	g_assert_cmpuint(kernel.n_opened, ==, 0);
}

/* The limit is left alone if it is enough, and raised to what is needed if it is not. */
static void
test_raised(void)
{
	set(3, 1024, 4096);
	g_assert_cmpuint(check(0, FALSE), ==, 1021);
	guint needed = 24;
	set(3, 3 + needed, 4096);
	g_assert_cmpuint(check(0, FALSE), ==, needed);
	g_assert_cmpuint(kernel.limit.rlim_cur, ==, 3 + needed);
	set(3, 3 + needed - 1, 4096);
	g_assert_cmpuint(check(0, FALSE), ==, needed);
	set(3, 4, 3 + needed);
	g_assert_cmpuint(check(0, FALSE), ==, needed);
}

/* More sinks and workloads need more. */
static void
test_run(void)
{
	set(10, 10, 4096);
	guint one = check(1, FALSE);
	set(10, 10, 4096);
	g_assert_cmpuint(check(3, FALSE), ==, one + 4);
	set(10, 10, 4096);
	g_assert_cmpuint(check(1, TRUE), >, one);
}

/* Who started vmfc may have opened more before it lowered the limit. */
static void
test_below_used(void)
{
	set(100, 20, 4096);
	g_assert_cmpuint(check(0, FALSE), >=, 24);
	set(92, 20, 116);
	g_assert_cmpuint(check(0, FALSE), ==, 24);
	set(100, 20, 123);
	refuse("only 116 files may be open at once, but vmfc needs at least 124: allow more with "
	       "ulimit -n 1024");
}

static void
test_refused(void)
{
	set(3, 10, 3 + 24 - 1);
	refuse("only 10 files may be open at once, but vmfc needs at least 27: allow more with "
	       "ulimit -n 1024");
	set(3, 10, 4096);
	kernel.refuses = TRUE;
	refuse("only 10 files may be open at once, but vmfc needs at least 27: allow more with "
	       "ulimit -n 1024");
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/descriptor-limit/raised", test_raised);
	g_test_add_func("/descriptor-limit/run", test_run);
	g_test_add_func("/descriptor-limit/below-used", test_below_used);
	g_test_add_func("/descriptor-limit/refused", test_refused);
	return g_test_run();
}

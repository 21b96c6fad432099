/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The search for a VM among the processes of a /proc that a test writes. */

#include "qemu/find.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/hidepid.h"
#include "remove-folder.h"

#define SECOND G_GINT64_CONSTANT(1000000000)
#define USER   1000
#define OTHER  1001

/* In place of the kernel's, see meson.build. */
static struct {
	uid_t user;	     /* ours */
	VmfcHidepid hidepid; /* of the mount */
	const gchar *denied; /* ends the paths that may not be read; NULL: none */
	gint why;	     /* errno */
	gint owner;	     /* of each path; -1: it does not exist */
} kernel;

#pragma GCC visibility push(default)
uid_t
__wrap_geteuid(void);
VmfcHidepid
__wrap_vmfc_hidepid_read(gint folder, gint64 *gid);
ssize_t
__wrap_readlinkat(int folder, const char *path, char *text, size_t size);
ssize_t
__real_readlinkat(int folder, const char *path, char *text, size_t size);
int
__wrap_openat64(int folder, const char *path, int flags, ...);
int
__real_openat64(int folder, const char *path, int flags, ...);
int
__wrap_fstatat64(int folder, const char *path, struct stat *info, int flags);
#pragma GCC visibility pop

uid_t
__wrap_geteuid(void)
{
	return kernel.user;
}

VmfcHidepid
__wrap_vmfc_hidepid_read(G_GNUC_UNUSED gint folder, G_GNUC_UNUSED gint64 *gid)
{
	return kernel.hidepid;
}

static gboolean
is_denied(const gchar *path)
{
	errno = kernel.why;
	return kernel.denied != NULL && g_str_has_suffix(path, kernel.denied);
}

ssize_t
__wrap_readlinkat(int folder, const char *path, char *text, size_t size)
{
	return is_denied(path) ? -1 : __real_readlinkat(folder, path, text, size);
}

int
__wrap_openat64(int folder, const char *path, int flags, ...)
{
	return is_denied(path) ? -1 : __real_openat64(folder, path, flags);
}

int
__wrap_fstatat64(G_GNUC_UNUSED int folder, G_GNUC_UNUSED const char *path, struct stat *info,
		 G_GNUC_UNUSED int flags)
{
	info->st_uid = (uid_t)kernel.owner;
	return kernel.owner >= 0 ? 0 : -1;
}

/* ------------------------------------------------------------- processes */

typedef struct {
	gchar *proc;
	QemuFinder finder;
	gint64 now;
	gint64 step; /* that a look at the clock takes */
} Fixture;

static void
write_file(const Fixture *fixture, gint pid, const gchar *name, const gchar *text, gsize length)
{
	g_autofree gchar *folder = g_strdup_printf("%s/%d", fixture->proc, pid);
	g_autofree gchar *path = g_build_filename(folder, name, NULL);

	g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
	g_assert_true(g_file_set_contents(path, text, (gssize)length, NULL));
}

/*
 * @program: (nullable): what exe points to
 * @command: its arguments, separated by |
 */
static void
add_process(const Fixture *fixture, gint pid, const gchar *program, const gchar *name,
	    const gchar *command)
{
	g_autofree gchar *exe = g_strdup_printf("%s/%d/exe", fixture->proc, pid);
	g_autofree gchar *line = g_strdup(command);
	g_autofree gchar *stat = g_strdup_printf(
		"%d (x) S 1 1 1 0 -1 0 8064 0 42 0 3 4 0 0 20 0 6 0 %d 14 12\n", pid, pid * 10);

	write_file(fixture, pid, "comm", name, strlen(name));
	write_file(fixture, pid, "cmdline", g_strdelimit(line, "|", '\0'), strlen(command) + 1);
	write_file(fixture, pid, "stat", stat, strlen(stat));
	write_file(fixture, pid, "status", "Uid:\t1001\t0\t0\t0\n", 16);
	if (program != NULL)
		g_assert_cmpint(symlink(program, exe), ==, 0);
}

static void
add_vm(const Fixture *fixture, gint pid, const gchar *name)
{
	g_autofree gchar *command = g_strdup_printf("kvm|-name|%s", name);
	add_process(fixture, pid, "/usr/bin/kvm", "kvm\n", command);
}

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->proc = g_dir_make_tmp("vmfc-find-XXXXXX", NULL);
	kernel.user = USER;
	kernel.hidepid = VMFC_HIDEPID_OFF;
	kernel.denied = NULL;
	kernel.owner = 0;
	qemu_finder_open(&fixture->finder, fixture->proc, "");
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	qemu_finder_close(&fixture->finder);
	remove_folder(fixture->proc);
	g_free(fixture->proc);
}

static gint64
tell_time(gpointer user_data)
{
	Fixture *fixture = user_data;
	return fixture->now += fixture->step;
}

/* A whole round. */
static void
look(Fixture *fixture, QemuFinding finding)
{
	fixture->now += SECOND;
	qemu_finder_begin(&fixture->finder, fixture->now);
	g_assert_cmpint(qemu_finder_go_on(&fixture->finder, tell_time, fixture, SECOND), ==,
			finding);
}

static void
open_again(Fixture *fixture, const gchar *wanted)
{
	qemu_finder_close(&fixture->finder);
	qemu_finder_open(&fixture->finder, fixture->proc, wanted);
}

static void
assert_said(const Fixture *fixture, const gchar *said)
{
	g_autofree gchar *why = qemu_finder_explain(&fixture->finder);
	g_assert_cmpstr(why, ==, said);
}

/* ----------------------------------------------------------------- tests */

/* Processes may be hidden only where process 1 is not another user's, or not there. */
static void
test_hidden(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		gboolean has_self;
		gint owner; /* of process 1 */
		uid_t user;
		VmfcHidepid hidepid;
		gboolean is_hidden;
	} cases[] = {
		{FALSE, -1, USER, VMFC_HIDEPID_INVISIBLE, FALSE},
		{TRUE, -1, USER, VMFC_HIDEPID_OFF, TRUE},
		{TRUE, 0, USER, VMFC_HIDEPID_INVISIBLE, FALSE},
		{TRUE, USER, USER, VMFC_HIDEPID_INVISIBLE, TRUE},
		{TRUE, USER, USER, VMFC_HIDEPID_NOACCESS, TRUE},
		{TRUE, USER, USER, VMFC_HIDEPID_OFF, FALSE},
		{TRUE, USER, USER, VMFC_HIDEPID_UNKNOWN, FALSE},
		{TRUE, 0, 0, VMFC_HIDEPID_INVISIBLE, FALSE},
	};
	g_autofree gchar *self = g_build_filename(fixture->proc, "self", NULL);

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		if (cases[i].has_self)
			g_assert_true(g_file_set_contents(self, "", 0, NULL));
		kernel.owner = cases[i].owner;
		kernel.user = cases[i].user;
		kernel.hidepid = cases[i].hidepid;
		open_again(fixture, "");
		g_test_message("case %u", i);
		g_assert_cmpint(fixture->finder.is_hidden, ==, cases[i].is_hidden);
	}
}

/* What each kind of process is taken for. */
static void
test_candidates(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *program;
		const gchar *name;
		const gchar *command;
		const gchar *denied;
		gint why;
		gboolean is_vm;
	} cases[] = {
		{"/usr/bin/kvm", "web\n", "web|-m|1", NULL, 0, TRUE},
		{"/lib/ld.so.1", "web\n", "ld.so.1|/x/kvm", NULL, 0, TRUE},
		{"/usr/bin/vi", "kvm\n", "kvm|-m|1", NULL, 0, FALSE},
		/* of a program that cannot be read, the name of the process counts */
		{"/usr/bin/vi", "kvm\n", "web|-m|1", "/exe", EACCES, TRUE},
		{"/usr/bin/vi", "kvm\n", "web|-m|1", "/exe", EPERM, TRUE},
		{"/usr/bin/vi", "web\n", "web|-m|1", "/exe", EACCES, FALSE},
		{"/usr/bin/vi", "web\n", "kvm|-m|1", "/exe", EACCES, TRUE},
		{NULL, "web\n", "kvm|-m|1", NULL, 0, TRUE},
		{NULL, "", "kvm|-m|1", NULL, 0, FALSE},
		{NULL, "kvm\n", "kvm|-m|1", "/comm", EACCES, FALSE},
		{"/usr/bin/kvm", "web\n", "kvm|-m|1", "/cmdline", EACCES, FALSE},
		{"/usr/bin/kvm", "web\n", "kvm|-m|1", "/stat", EACCES, FALSE},
		{"/usr/bin/kvm", "web\n", "kvm|-machine|none", NULL, 0, FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree gchar *exe = g_build_filename(fixture->proc, "20", "exe", NULL);
		unlink(exe);
		add_process(fixture, 20, cases[i].program, cases[i].name, cases[i].command);
		kernel.denied = cases[i].denied;
		kernel.why = cases[i].why;
		g_test_message("case %u", i);
		look(fixture, cases[i].is_vm ? QEMU_FOUND : QEMU_NONE);
	}
}

/* Nothing is read of a process that waits for a disk and may not be read, see may_be_qemu(). */
static void
test_waits_for_disk(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar waiting[] =
		"20 (x) D 1 1 1 0 -1 0 8064 0 42 0 3 4 0 0 20 0 6 0 7 14 12\n";

	kernel.why = EACCES;
	kernel.denied = "/exe";
	add_process(fixture, 20, NULL, "web\n", "kvm|-m|1");
	write_file(fixture, 20, "stat", waiting, strlen(waiting));
	look(fixture, QEMU_NONE);
	/* one that has QEMU's name is worth the wait */
	write_file(fixture, 20, "comm", "kvm\n", 4);
	look(fixture, QEMU_FOUND);
	kernel.denied = NULL;
	write_file(fixture, 20, "comm", "web\n", 4);
	look(fixture, QEMU_FOUND);
}

/* A name that may not be read shows that more than the names is hidden; that none is there, not. */
static void
test_hidden_names(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		gint why;
		gboolean is_hidden;
	} cases[] = {{ENOENT, FALSE}, {ESRCH, FALSE}, {EACCES, TRUE}, {EPERM, TRUE}};

	add_vm(fixture, 10, "one");
	add_process(fixture, 20, NULL, "web\n", "web|-m|1");
	kernel.denied = "20/comm";
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		kernel.why = cases[i].why;
		open_again(fixture, "");
		look(fixture, cases[i].is_hidden ? QEMU_NONE : QEMU_FOUND);
		g_assert_cmpint(fixture->finder.is_hidden, ==, cases[i].is_hidden);
		if (!cases[i].is_hidden)
			continue;
		assert_said(fixture,
			    "/proc is mounted with hidepid, so vmfc does not know whether "
			    "one (pid 10) of uid 1001 is the only VM: run vmfc as root, or "
			    "choose one with --set qemu.name=NAME");
		/* that it is the only one matters only without a name */
		qemu_finder_want(&fixture->finder, "one");
		look(fixture, QEMU_FOUND);
		qemu_finder_want(&fixture->finder, "two");
		look(fixture, QEMU_NONE);
		assert_said(fixture, "/proc is mounted with hidepid, which hides the processes of "
				     "other users: run vmfc as root");
	}
}

static void
test_trust(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		gint owner;
		const gchar *denied;
		QemuTrust trust;
		const gchar *doubt;
	} cases[] = {
		{0, NULL, QEMU_TRUST_PROGRAM, NULL},
		{USER, NULL, QEMU_TRUST_PROGRAM, NULL},
		{-1, NULL, QEMU_TRUST_PROGRAM, NULL},
		{OTHER, NULL, QEMU_TRUST_OWNER,
		 "one (pid 20) of uid 1001 has a program with QEMU's name that belongs to another "
		 "user: vmfc follows it, but it may be another program"},
		{0, "/exe", QEMU_TRUST_CLAIM,
		 "one (pid 20) of uid 1001 belongs to another user and has QEMU's name, but its "
		 "program cannot be read. vmfc follows it; run vmfc as root to check it"},
	};

	add_vm(fixture, 20, "one");
	kernel.why = EACCES;
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		kernel.owner = cases[i].owner;
		kernel.denied = cases[i].denied;
		look(fixture, QEMU_FOUND);
		const QemuGuest *match = &fixture->finder.match;
		g_autofree gchar *doubt = qemu_guest_doubt(match);
		g_assert_cmpint(match->trust, ==, cases[i].trust);
		g_assert_cmpstr(doubt, ==, cases[i].doubt);
		g_assert_cmpint(match->pid, ==, 20);
		g_assert_cmpint(match->start, ==, 200);
		g_assert_cmpint(match->uid, ==, OTHER);
	}
}

/* A guest by its name, or else its UUID; its user, where that is another one and known. */
static void
test_described(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *command;
		const gchar *status;
		const gchar *label;
		const gchar *identity;
	} cases[] = {
		{"kvm|-name|one|-uuid|U1", "Uid:\t1001\n", "one (pid 20) of uid 1001", "U1"},
		{"kvm|-uuid|U1", "Uid:\t0\n", "U1 (pid 20) of uid 0", "U1"},
		{"kvm|-name|one", "Uid:\t1000\n", "one (pid 20)", "one"},
		{"kvm|-m|1", "", "one without a name (pid 20)", ""},
		{"kvm|-m|1", "Uid:\tx\n", "one without a name (pid 20)", ""},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree gchar *exe = g_build_filename(fixture->proc, "20", "exe", NULL);
		unlink(exe);
		add_process(fixture, 20, "/usr/bin/kvm", "kvm\n", cases[i].command);
		write_file(fixture, 20, "status", cases[i].status, strlen(cases[i].status));
		look(fixture, QEMU_FOUND);
		g_autofree gchar *label = qemu_guest_describe(&fixture->finder.match);
		g_assert_cmpstr(label, ==, cases[i].label);
		g_assert_cmpstr(fixture->finder.identity->str, ==, cases[i].identity);
	}
}

/* How many there are, and which; a round forgets the one before. */
static void
test_several(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	kernel.user = OTHER;
	look(fixture, QEMU_NONE);
	assert_said(fixture, "no VM of QEMU runs: no process is qemu-system-*, qemu-kvm or kvm; "
			     "vmfc searches until one starts");
	qemu_finder_want(&fixture->finder, "two\n");
	look(fixture, QEMU_NONE);
	assert_said(fixture, "no VM of QEMU runs, so none has the name 'two?'; vmfc searches until "
			     "one starts");
	add_vm(fixture, 10, "one");
	look(fixture, QEMU_NONE);
	assert_said(fixture, "no VM has the name or UUID 'two?'; these run: one (pid 10). vmfc "
			     "searches until it starts");
	qemu_finder_want(&fixture->finder, "one");
	look(fixture, QEMU_FOUND);
	add_process(fixture, 11, "/usr/bin/kvm", "kvm\n", "kvm|-name|two|-uuid|U2");
	look(fixture, QEMU_FOUND);
	g_assert_cmpint(fixture->finder.match.pid, ==, 10);
	qemu_finder_want(&fixture->finder, "u2");
	look(fixture, QEMU_FOUND);
	g_assert_cmpint(fixture->finder.match.pid, ==, 11);
	g_assert_cmpuint(fixture->finder.n_guests, ==, 2);
	qemu_finder_want(&fixture->finder, "");
	look(fixture, QEMU_SEVERAL);
	g_autofree gchar *why = qemu_finder_explain(&fixture->finder);
	g_assert_true(g_str_has_prefix(why, "2 VMs run, "));
	g_assert_nonnull(strstr(why, "one (pid 10)"));
	g_assert_nonnull(strstr(why, "), ")); /* in the order of the folder */
	g_assert_true(g_str_has_suffix(why, "two (pid 11): choose one with --set qemu.name=NAME or "
					    "--set qemu.pid=PID") ||
		      g_str_has_suffix(why, "one (pid 10): choose one with --set qemu.name=NAME or "
					    "--set qemu.pid=PID"));
}

/* More than fit into a message. */
static void
test_many(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (gint n = 1; n <= QEMU_MAX_GUESTS + 2; n++) {
		g_autofree gchar *more = g_strdup_printf(" and %d more: ", n - QEMU_MAX_GUESTS);
		g_autofree gchar *count = g_strdup_printf("%d VMs have the name 'same', among ", n);
		add_vm(fixture, 10 + n, "same");
		qemu_finder_want(&fixture->finder, "same");
		look(fixture, n == 1 ? QEMU_FOUND : QEMU_SEVERAL);
		g_assert_cmpuint(fixture->finder.n_guests, ==, (guint)n);
		if (n == 1)
			continue;
		g_autofree gchar *why = qemu_finder_explain(&fixture->finder);
		g_assert_true(g_str_has_prefix(why, count));
		g_assert_true(g_str_has_suffix(why, ": choose one with --set qemu.pid=PID"));
		g_assert_cmpint(strstr(why, more) != NULL, ==, n > QEMU_MAX_GUESTS);
		g_auto(GStrv) listed = g_strsplit(why, "same (pid ", -1);
		g_assert_cmpuint(g_strv_length(listed) - 1, ==, (guint)MIN(n, QEMU_MAX_GUESTS));
	}
}

static void
test_pretender(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *exe = g_build_filename(fixture->proc, "20", "exe", NULL);

	add_process(fixture, 20, "/usr/bin/vi", "kvm\n", "kvm|-m|1");
	add_process(fixture, 21, "/usr/bin/vi", "ed\n", "kvm|-m|1");
	look(fixture, QEMU_NONE);
	assert_said(fixture, "no VM of QEMU runs: no process is qemu-system-*, qemu-kvm or kvm; "
			     "vmfc searches until one starts; pid 20 has the name kvm, but its "
			     "program is /usr/bin/vi: vmfc does not take it for a VM");
	/* the first one of each round is named */
	add_process(fixture, 22, "/usr/bin/ed", "qemu-kvm\n", "kvm|-m|1");
	look(fixture, QEMU_NONE);
	g_autofree gchar *before = g_strdup(fixture->finder.pretender);
	unlink(exe);
	add_process(fixture, 20, "/usr/bin/kvm", "kvm\n", "kvm|-name|a");
	qemu_finder_want(&fixture->finder, "b");
	look(fixture, QEMU_NONE);
	assert_said(fixture,
		    "no VM has the name or UUID 'b'; these run: a (pid 20) of uid 1001. vmfc "
		    "searches until it starts; pid 22 has the name qemu-kvm, but its program is "
		    "/usr/bin/ed: vmfc does not take it for a VM");
	g_assert_nonnull(before);
	/* it has ended */
	write_file(fixture, 22, "comm", "ed\n", 3);
	look(fixture, QEMU_NONE);
	g_assert_cmpint(fixture->finder.pretender_pid, ==, 0);
	assert_said(fixture, "no VM has the name or UUID 'b'; these run: a (pid 20) of uid 1001. "
			     "vmfc searches until it starts");
}

/* A round begins a second after the last one began; what it found counts until the next one. */
static void
test_rounds(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	QemuFinder *finder = &fixture->finder;

	add_vm(fixture, 10, "one");
	g_assert_cmpint(qemu_finder_go_on(finder, tell_time, fixture, SECOND), ==, QEMU_SEARCHING);
	qemu_finder_begin(finder, 7 * SECOND);
	g_assert_true(finder->under_way);
	g_assert_cmpint(qemu_finder_go_on(finder, tell_time, fixture, SECOND), ==, QEMU_FOUND);
	g_assert_false(finder->under_way);
	/* found is said once */
	g_assert_cmpint(qemu_finder_go_on(finder, tell_time, fixture, SECOND), ==, QEMU_NONE);
	qemu_finder_begin(finder, 8 * SECOND - 1);
	g_assert_false(finder->under_way);
	qemu_finder_begin(finder, 8 * SECOND);
	g_assert_true(finder->under_way);
	/* one that is under way is not begun again */
	finder->n_guests = 5;
	qemu_finder_begin(finder, 20 * SECOND);
	g_assert_cmpuint(finder->n_guests, ==, 5);
	g_assert_cmpint(finder->next_round, ==, 9 * SECOND);
	add_vm(fixture, 11, "two");
	g_assert_cmpint(qemu_finder_go_on(finder, tell_time, fixture, SECOND), ==, QEMU_SEVERAL);
	g_assert_cmpint(qemu_finder_go_on(finder, tell_time, fixture, SECOND), ==, QEMU_SEVERAL);
}

/* With no time left a tick examines a few processes, and the next one goes on with the others. */
static void
test_budget(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	QemuFinder *finder = &fixture->finder;
	static const struct {
		gint64 step;
		gint64 budget;
		guint n_seen; /* of 20, by the first tick */
	} cases[] = {{1, 0, 8}, {1, 1, 9}, {1, 3, 11}, {0, 0, 20}, {1, 100, 20}};

	for (gint pid = 10; pid < 30; pid++)
		add_vm(fixture, pid, "one");
	for (guint i = 0; i < 20; i++) {
		g_autofree gchar *path = g_strdup_printf("%s/sys%u", fixture->proc, i);
		g_assert_true(g_file_set_contents(path, "", 0, NULL)); /* not processes */
	}
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		gboolean is_over = cases[i].n_seen == 20;
		open_again(fixture, "");
		fixture->step = cases[i].step;
		qemu_finder_begin(finder, SECOND);
		QemuFinding found = qemu_finder_go_on(finder, tell_time, fixture, cases[i].budget);
		g_assert_cmpint(found, ==, is_over ? QEMU_SEVERAL : QEMU_SEARCHING);
		g_assert_cmpuint(finder->n_guests, ==, cases[i].n_seen);
		while (finder->under_way)
			found = qemu_finder_go_on(finder, tell_time, fixture, cases[i].budget);
		g_assert_cmpint(found, ==, QEMU_SEVERAL);
		g_assert_cmpuint(finder->n_guests, ==, 20);
	}
}

static void
test_no_proc(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	QemuFinder finder;

	qemu_finder_open(&finder, "/nowhere/proc", "");
	g_assert_false(finder.is_hidden);
	qemu_finder_begin(&finder, SECOND);
	g_assert_false(finder.under_way);
	g_assert_cmpint(qemu_finder_go_on(&finder, tell_time, fixture, 1), ==, QEMU_NONE);
	g_autofree gchar *why = qemu_finder_explain(&finder);
	g_assert_cmpstr(why, ==, "vmfc cannot read /proc, and so cannot find a VM");
	qemu_finder_close(&finder);
}

#define ADD(path, test) g_test_add(path, Fixture, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("/qemu-find/hidden", test_hidden);
	ADD("/qemu-find/candidates", test_candidates);
	ADD("/qemu-find/waits-for-disk", test_waits_for_disk);
	ADD("/qemu-find/hidden-names", test_hidden_names);
	ADD("/qemu-find/trust", test_trust);
	ADD("/qemu-find/described", test_described);
	ADD("/qemu-find/several", test_several);
	ADD("/qemu-find/many", test_many);
	ADD("/qemu-find/pretender", test_pretender);
	ADD("/qemu-find/rounds", test_rounds);
	ADD("/qemu-find/budget", test_budget);
	ADD("/qemu-find/no-proc", test_no_proc);
	return g_test_run();
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "find.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/hidepid.h"
#include "process.h"

#define NS_PER_S     G_GINT64_CONSTANT(1000000000)
#define ROUND_PERIOD NS_PER_S
/* Minimum number of processes per tick, however little time is left. */
#define MIN_PROCESSES 8
/*
 * One argument may be half as long (MAX_ARG_STRLEN of the kernel). The name and the UUID are near
 * the start, and the arguments of a machine with a thousand disks need less than that.
 */
#define COMMAND_SIZE (256 * 1024)
#define LINE_SIZE    4096

/* Whether the mount of a procfs hides processes of other users, or their files. */
static gboolean
is_mounted_hidden(gint proc)
{
	gint64 gid;
	return vmfc_hidepid_read(proc, &gid) >= VMFC_HIDEPID_NOACCESS;
}

/*
 * Every PID namespace has a process 1. The mount option hidepid=2 hides it, unless it is our own.
 * If the process 1 of another user is visible, all processes are.
 */
static gboolean
hides_processes(DIR *proc)
{
	struct stat first;

	if (faccessat(dirfd(proc), "self", F_OK, 0) < 0)
		return FALSE;
	if (fstatat(dirfd(proc), "1", &first, 0) < 0)
		return TRUE;
	return first.st_uid == geteuid() && geteuid() != 0 && is_mounted_hidden(dirfd(proc));
}

void
qemu_finder_open(QemuFinder *finder, const gchar *proc, const gchar *wanted)
{
	*finder = (QemuFinder){
		.proc = opendir(proc),
		.wanted = g_strdup(wanted),
		.text = g_malloc(COMMAND_SIZE),
		.identity = g_string_new(NULL),
	};
	finder->is_hidden = finder->proc != NULL && hides_processes(finder->proc);
}

void
qemu_finder_close(QemuFinder *finder)
{
	g_clear_pointer(&finder->proc, closedir);
	g_free(finder->wanted);
	g_free(finder->text);
	g_string_free(finder->identity, TRUE);
	g_free(finder->pretender);
}

/* @wanted: a name or a UUID; empty: the only VM */
void
qemu_finder_want(QemuFinder *finder, const gchar *wanted)
{
	g_free(finder->wanted);
	finder->wanted = g_strdup(wanted);
}

/* Begins a round, unless one is in progress or the last one has just ended. */
void
qemu_finder_begin(QemuFinder *finder, gint64 now)
{
	if (finder->under_way || finder->proc == NULL || now < finder->next_round)
		return;
	finder->under_way = TRUE;
	finder->next_round = now + ROUND_PERIOD;
	finder->n_guests = 0;
	finder->n_matching = 0;
	finder->pretender_pid = 0;
	rewinddir(finder->proc);
}

/* What is known of a process during its examination. */
typedef struct {
	const gchar *pid;
	QemuProgram program;
	gboolean is_denied;    /* we may not read the program */
	gchar path[PATH_MAX];  /* of the program */
	gchar name[LINE_SIZE]; /* of the process, /proc/PID/comm */
	gboolean has_name;     /* whether it is QEMU's */
} Candidate;

static gssize
read_file(const QemuFinder *finder, const gchar *pid, const gchar *file, gchar *text, gsize size)
{
	gchar path[64];

	g_snprintf(path, sizeof(path), "%s/%s", pid, file);
	return qemu_read_at(dirfd(finder->proc), path, text, size);
}

/* /proc/PID/exe points to the program that runs, whatever name the process has. */
static void
read_program(const QemuFinder *finder, Candidate *candidate)
{
	gchar path[64];

	g_snprintf(path, sizeof(path), "%s/exe", candidate->pid);
	gssize n = readlinkat(dirfd(finder->proc), path, candidate->path,
			      sizeof(candidate->path) - 1);
	candidate->is_denied = n < 0 && (errno == EACCES || errno == EPERM);
	candidate->path[MAX(n, 0)] = '\0';
	candidate->program = n < 0 ? QEMU_PROGRAM_UNKNOWN
				   : qemu_parse_program(candidate->path, (gsize)n);
}

/* Returns: %FALSE when we may not read it */
static gboolean
read_name(QemuFinder *finder, Candidate *candidate)
{
	gssize n = read_file(finder, candidate->pid, "comm", candidate->name,
			     sizeof(candidate->name));

	/* the mount option hidepid=1 closes the files of other users' processes */
	if (n < 0 && (errno == EACCES || errno == EPERM))
		finder->is_hidden = TRUE;
	if (n <= 0)
		return FALSE;
	g_strchomp(candidate->name);
	candidate->has_name = qemu_parse_program(candidate->name, strlen(candidate->name)) ==
			      QEMU_PROGRAM_QEMU;
	return TRUE;
}

static gboolean
read_stat(const QemuFinder *finder, const gchar *pid, QemuStat *stat)
{
	gchar line[LINE_SIZE];
	gssize n = read_file(finder, pid, "stat", line, sizeof(line));

	return n > 0 && qemu_parse_stat(line, (gsize)n, stat) && stat->is_alive;
}

/* Another program with the name of QEMU is not a VM, and is reported. */
static void
add_pretender(QemuFinder *finder, const Candidate *candidate)
{
	gint pid = (gint)strtol(candidate->pid, NULL, 10);
	gchar name[QEMU_LABEL_SIZE], path[QEMU_LABEL_SIZE];
	const VmfcScan texts[] = {vmfc_scan_new(candidate->name, strlen(candidate->name)),
				  vmfc_scan_new(candidate->path, strlen(candidate->path))};

	if (finder->pretender_pid != 0)
		return;
	qemu_print(&texts[0], name, sizeof(name));
	qemu_print(&texts[1], path, sizeof(path));
	finder->pretender_pid = pid;
	g_free(finder->pretender);
	finder->pretender = g_strdup_printf(
		"pid %d has the name %s, but its program is %s: vmfc does not take it for a VM",
		pid, name, path);
}

/*
 * Whether a process may be QEMU. The command line is read only after this check. That read may wait
 * for a lock of the process, which takes too long for all processes, and never ends for some that
 * wait for a disk.
 */
static gboolean
may_be_qemu(QemuFinder *finder, Candidate *candidate)
{
	QemuStat stat;

	read_program(finder, candidate);
	if (candidate->program == QEMU_PROGRAM_QEMU || candidate->program == QEMU_PROGRAM_LOADER)
		return TRUE;
	if (!read_name(finder, candidate))
		return FALSE;
	if (candidate->program == QEMU_PROGRAM_OTHER) {
		if (candidate->has_name)
			add_pretender(finder, candidate);
		return FALSE;
	}
	return candidate->has_name || !candidate->is_denied ||
	       (read_stat(finder, candidate->pid, &stat) && !stat.waits_for_disk);
}

static gint64
read_uid(const QemuFinder *finder, const gchar *pid)
{
	gchar text[LINE_SIZE];
	gint64 uid;
	gssize n = read_file(finder, pid, "status", text, sizeof(text));

	return n > 0 && qemu_parse_uid(text, (gsize)n, &uid) ? uid : -1;
}

static QemuTrust
get_trust(const QemuFinder *finder, const Candidate *candidate)
{
	gchar path[64];
	struct stat info;

	if (candidate->is_denied)
		return QEMU_TRUST_CLAIM;
	g_snprintf(path, sizeof(path), "%s/exe", candidate->pid);
	return fstatat(dirfd(finder->proc), path, &info, 0) < 0 || info.st_uid == 0 ||
			       info.st_uid == geteuid()
		       ? QEMU_TRUST_PROGRAM
		       : QEMU_TRUST_OWNER;
}

static gboolean
examine(QemuFinder *finder, const gchar *pid, QemuGuest *guest, QemuLabels *labels)
{
	Candidate candidate = {.pid = pid};
	QemuStat stat;

	if (!may_be_qemu(finder, &candidate))
		return FALSE;
	gssize n = read_file(finder, pid, "cmdline", finder->text, COMMAND_SIZE);
	if (n <= 0 || !qemu_parse_command(finder->text, (gsize)n, candidate.program,
					  candidate.has_name, labels))
		return FALSE;
	if (!read_stat(finder, pid, &stat))
		return FALSE;
	*guest = (QemuGuest){
		.pid = (gint)strtol(pid, NULL, 10),
		.start = stat.start,
		.uid = read_uid(finder, pid),
		.trust = get_trust(finder, &candidate),
	};
	qemu_print(vmfc_scan_length(&labels->name) > 0 ? &labels->name : &labels->uuid,
		   guest->label, sizeof(guest->label));
	return TRUE;
}

static void
add_guest(QemuFinder *finder, const QemuGuest *guest, const QemuLabels *labels)
{
	const VmfcScan *identity = vmfc_scan_length(&labels->uuid) > 0 ? &labels->uuid
								       : &labels->name;

	if (finder->n_guests < QEMU_MAX_GUESTS)
		finder->guests[finder->n_guests] = *guest;
	finder->n_guests++;
	if (finder->wanted[0] != '\0' && !qemu_labels_match(labels, finder->wanted))
		return;
	finder->n_matching++;
	finder->match = *guest;
	g_string_truncate(finder->identity, 0);
	g_string_append_len(finder->identity, identity->at, (gssize)vmfc_scan_length(identity));
}

static QemuFinding
end_round(QemuFinder *finder)
{
	finder->under_way = FALSE;
	finder->finding = finder->n_matching == 0   ? QEMU_NONE
			  : finder->n_matching == 1 ? QEMU_FOUND
						    : QEMU_SEVERAL;
	/* then it is not known whether the visible VM is the only one */
	if (finder->is_hidden && finder->wanted[0] == '\0' && finder->finding == QEMU_FOUND)
		finder->finding = QEMU_NONE;
	return finder->finding;
}

/*
 * Continues the round in progress.
 *
 * @budget: ns that it may take, or slightly more
 *
 * Returns: the result of the round when it is complete; until then the result of the previous
 *   round, which is not %QEMU_FOUND any more
 */
QemuFinding
qemu_finder_go_on(QemuFinder *finder, QemuClockFunc clock, gpointer user_data, gint64 budget)
{
	gint64 begin = clock(user_data);
	const struct dirent *entry;

	if (finder->proc == NULL)
		return QEMU_NONE;
	if (finder->finding == QEMU_FOUND)
		finder->finding = QEMU_NONE;
	if (!finder->under_way)
		return finder->finding;
	for (guint n = 0; (entry = readdir(finder->proc)) != NULL;) {
		QemuGuest guest;
		QemuLabels labels;
		if (!g_ascii_isdigit(entry->d_name[0]))
			continue;
		if (examine(finder, entry->d_name, &guest, &labels))
			add_guest(finder, &guest, &labels);
		if (++n >= MIN_PROCESSES && clock(user_data) - begin > budget)
			return finder->finding;
	}
	return end_round(finder);
}

/* Returns: (transfer full): for a message */
gchar *
qemu_guest_describe(const QemuGuest *guest)
{
	const gchar *name = guest->label[0] != '\0' ? guest->label : "one without a name";

	if (guest->uid < 0 || guest->uid == geteuid())
		return g_strdup_printf("%s (pid %d)", name, guest->pid);
	return g_strdup_printf("%s (pid %d) of uid %" G_GINT64_FORMAT, name, guest->pid,
			       guest->uid);
}

/* Returns: (transfer full) (nullable): why it may not be QEMU, as a sentence */
gchar *
qemu_guest_doubt(const QemuGuest *guest)
{
	g_autofree gchar *label = qemu_guest_describe(guest);

	if (guest->trust == QEMU_TRUST_PROGRAM)
		return NULL;
	if (guest->trust == QEMU_TRUST_OWNER)
		return g_strdup_printf("%s has a program with QEMU's name that belongs to another "
				       "user: vmfc follows it, but it may be another program",
				       label);
	return g_strdup_printf("%s belongs to another user and has QEMU's name, but its program "
			       "cannot be read. vmfc follows it; run vmfc as root to check it",
			       label);
}

static gchar *
list_guests(const QemuFinder *finder)
{
	g_autoptr(GString) list = g_string_new(NULL);
	guint n_listed = MIN(finder->n_guests, QEMU_MAX_GUESTS);

	for (guint i = 0; i < n_listed; i++) {
		g_autofree gchar *guest = qemu_guest_describe(&finder->guests[i]);
		g_string_append_printf(list, "%s%s", i > 0 ? ", " : "", guest);
	}
	if (finder->n_guests > n_listed)
		g_string_append_printf(list, " and %u more", finder->n_guests - n_listed);
	return g_string_free(g_steal_pointer(&list), FALSE);
}

static gchar *
explain_several(const QemuFinder *finder, const gchar *wanted, const gchar *list)
{
	if (finder->wanted[0] == '\0')
		return g_strdup_printf("%u VMs run, %s: choose one with --set qemu.name=NAME or "
				       "--set qemu.pid=PID",
				       finder->n_guests, list);
	return g_strdup_printf(
		"%u VMs have the name '%s', among %s: choose one with --set qemu.pid=PID",
		finder->n_matching, wanted, list);
}

static gchar *
explain_none(const QemuFinder *finder, const gchar *wanted, const gchar *list)
{
	if (finder->is_hidden && finder->n_guests > 0 && finder->wanted[0] == '\0')
		return g_strdup_printf(
			"/proc is mounted with hidepid, so vmfc does not know whether %s is the "
			"only VM: run vmfc as root, or choose one with --set qemu.name=NAME",
			list);
	if (finder->is_hidden)
		return g_strdup("/proc is mounted with hidepid, which hides the processes of other "
				"users: run vmfc as root");
	if (finder->wanted[0] == '\0')
		return g_strdup("no VM of QEMU runs: no process is qemu-system-*, qemu-kvm or kvm; "
				"vmfc searches until one starts");
	if (finder->n_guests == 0)
		return g_strdup_printf("no VM of QEMU runs, so none has the name '%s'; vmfc "
				       "searches until one starts",
				       wanted);
	return g_strdup_printf(
		"no VM has the name or UUID '%s'; these run: %s. vmfc searches until it starts",
		wanted, list);
}

/* Returns: (transfer full): why the last round has not found the VM, as a sentence */
gchar *
qemu_finder_explain(const QemuFinder *finder)
{
	const VmfcScan text = vmfc_scan_new(finder->wanted, strlen(finder->wanted));
	gchar wanted[QEMU_LABEL_SIZE];

	if (finder->proc == NULL)
		return g_strdup("vmfc cannot read /proc, and so cannot find a VM");
	g_autofree gchar *list = list_guests(finder);
	qemu_print(&text, wanted, sizeof(wanted));
	g_autofree gchar *why = finder->finding == QEMU_SEVERAL
					? explain_several(finder, wanted, list)
					: explain_none(finder, wanted, list);
	if (finder->pretender_pid == 0)
		return g_steal_pointer(&why);
	return g_strdup_printf("%s; %s", why, finder->pretender);
}

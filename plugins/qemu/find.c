/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "find.h"

#include <stdlib.h>
#include <unistd.h>

#include "process.h"

#define NS_PER_S     G_GINT64_CONSTANT(1000000000)
#define ROUND_PERIOD NS_PER_S
/* Processes that are looked at however little time there is. */
#define FEWEST 8
/* The name and the UUID stand far in front, and a machine of a thousand disks has less than that.
 */
#define COMMAND_SIZE (256 * 1024)
#define LINE_SIZE    4096

void
qemu_finder_open(QemuFinder *finder, const gchar *proc, const gchar *wanted)
{
	*finder = (QemuFinder){
		.proc = opendir(proc),
		.wanted = g_strdup(wanted),
		.text = g_malloc(COMMAND_SIZE),
	};
	/* every PID namespace has a process 1; the mount option hidepid=2 does not show it */
	finder->is_hidden = finder->proc != NULL &&
			    faccessat(dirfd(finder->proc), "self", F_OK, 0) == 0 &&
			    faccessat(dirfd(finder->proc), "1", F_OK, 0) < 0;
}

void
qemu_finder_close(QemuFinder *finder)
{
	g_clear_pointer(&finder->proc, closedir);
	g_free(finder->wanted);
	g_free(finder->text);
}

/* @wanted: a name or a UUID; empty: whichever is the only one */
void
qemu_finder_want(QemuFinder *finder, const gchar *wanted)
{
	g_free(finder->wanted);
	finder->wanted = g_strdup(wanted);
}

/* Begins a round, unless one is under way or the last one was just now. */
void
qemu_finder_begin(QemuFinder *finder, gint64 now)
{
	if (finder->under_way || finder->proc == NULL || now < finder->next_round)
		return;
	finder->under_way = TRUE;
	finder->next_round = now + ROUND_PERIOD;
	finder->n_guests = 0;
	finder->n_matching = 0;
	rewinddir(finder->proc);
}

/*
 * What a process is called tells most that are not QEMU: to ask for a command line can mean to wait
 * for a lock of that process, which is not worth while with all of them.
 */
static gboolean
may_be_qemu(const QemuFinder *finder, const gchar *pid)
{
	gchar path[64];
	gchar name[64];

	g_snprintf(path, sizeof(path), "%s/comm", pid);
	return qemu_read_at(dirfd(finder->proc), path, name, sizeof(name)) > 0 &&
	       (strstr(name, "qemu") != NULL || g_str_has_prefix(name, "kvm"));
}

static gboolean
look_at(const QemuFinder *finder, const gchar *pid, QemuGuest *guest)
{
	gchar path[64];
	gchar line[LINE_SIZE];
	QemuStat stat;

	if (!may_be_qemu(finder, pid))
		return FALSE;
	g_snprintf(path, sizeof(path), "%s/cmdline", pid);
	gssize n = qemu_read_at(dirfd(finder->proc), path, finder->text, COMMAND_SIZE);
	if (n <= 0 || !qemu_parse_command(finder->text, (gsize)n, &guest->labels))
		return FALSE;
	g_snprintf(path, sizeof(path), "%s/stat", pid);
	n = qemu_read_at(dirfd(finder->proc), path, line, sizeof(line));
	if (n <= 0 || !qemu_parse_stat(line, (gsize)n, &stat) || !stat.is_alive)
		return FALSE;
	guest->pid = (gint)strtol(pid, NULL, 10);
	guest->start = stat.start;
	return TRUE;
}

static void
note_guest(QemuFinder *finder, const QemuGuest *guest)
{
	if (finder->n_guests < QEMU_MOST_GUESTS)
		finder->guests[finder->n_guests] = *guest;
	finder->n_guests++;
	if (finder->wanted[0] != '\0' && !qemu_labels_match(&guest->labels, finder->wanted))
		return;
	finder->n_matching++;
	finder->match = *guest;
}

static QemuFinding
end_round(QemuFinder *finder)
{
	finder->under_way = FALSE;
	finder->finding = finder->n_matching == 0   ? QEMU_NONE
			  : finder->n_matching == 1 ? QEMU_FOUND
						    : QEMU_SEVERAL;
	return finder->finding;
}

/*
 * Goes on with the round that is under way.
 *
 * @budget: ns that it may take, or a little more
 *
 * Returns: what the round has found, once it is over; until then what the one before found, which
 *   is not %QEMU_FOUND any more
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
		if (!g_ascii_isdigit(entry->d_name[0]))
			continue;
		if (look_at(finder, entry->d_name, &guest))
			note_guest(finder, &guest);
		if (++n >= FEWEST && clock(user_data) - begin > budget)
			return finder->finding;
	}
	return end_round(finder);
}

/* Returns: (transfer full): for a sentence */
gchar *
qemu_guest_describe(const QemuGuest *guest)
{
	const gchar *name = guest->labels.name[0] != '\0' ? guest->labels.name : guest->labels.uuid;

	if (name[0] == '\0')
		return g_strdup_printf("one without a name (pid %d)", guest->pid);
	return g_strdup_printf("%s (pid %d)", name, guest->pid);
}

static gchar *
list_guests(const QemuFinder *finder)
{
	g_autoptr(GString) list = g_string_new(NULL);
	guint n_listed = MIN(finder->n_guests, QEMU_MOST_GUESTS);

	for (guint i = 0; i < n_listed; i++) {
		g_autofree gchar *guest = qemu_guest_describe(&finder->guests[i]);
		g_string_append_printf(list, "%s%s", i > 0 ? ", " : "", guest);
	}
	if (finder->n_guests > n_listed)
		g_string_append_printf(list, " and %u more", finder->n_guests - n_listed);
	return g_string_free(g_steal_pointer(&list), FALSE);
}

/* Returns: (transfer full): why the last round has not found the one VM, as a sentence */
gchar *
qemu_finder_explain(const QemuFinder *finder)
{
	g_autofree gchar *list = list_guests(finder);

	if (finder->proc == NULL)
		return g_strdup("/proc cannot be read, so that no VM can be found");
	if (finder->is_hidden && finder->finding != QEMU_SEVERAL)
		return g_strdup("/proc is mounted with hidepid, so that the processes of other "
				"users are not shown: run vmfc as root");
	if (finder->finding == QEMU_SEVERAL && finder->wanted[0] == '\0')
		return g_strdup_printf("there are %u VMs, %s: say which one with --set "
				       "qemu.name=NAME or --set qemu.pid=PID",
				       finder->n_guests, list);
	if (finder->finding == QEMU_SEVERAL)
		return g_strdup_printf("%u VMs are called '%s', among %s: say which one with --set "
				       "qemu.pid=PID",
				       finder->n_matching, finder->wanted, list);
	if (finder->wanted[0] == '\0')
		return g_strdup("there is no VM: no process is qemu-system-* or qemu-kvm; it is "
				"looked for until there is one");
	if (finder->n_guests == 0)
		return g_strdup_printf("there is no VM, so none that is called '%s'; it is looked "
				       "for until there is",
				       finder->wanted);
	return g_strdup_printf("no VM is called '%s', or has that UUID; there is %s. It is looked "
			       "for until there is",
			       finder->wanted, list);
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <dirent.h>

#include "parse.h"

/* Maximum number of them in a message. */
#define QEMU_MAX_GUESTS 8

/* How certain it is that a process is QEMU. */
typedef enum {
	QEMU_TRUST_PROGRAM, /* its program is QEMU, owned by root or us */
	QEMU_TRUST_OWNER,   /* its program has QEMU's name, and belongs to another user */
	QEMU_TRUST_CLAIM,   /* its program cannot be read: the process has QEMU's name */
} QemuTrust;

/* A process that emulates a machine. */
typedef struct {
	gint pid;
	gint64 start; /* see QemuProcess */
	gint64 uid;   /* -1: not known */
	QemuTrust trust;
	gchar label[QEMU_LABEL_SIZE]; /* its name, or else its UUID */
} QemuGuest;

typedef enum {
	QEMU_SEARCHING, /* the first round is not complete */
	QEMU_FOUND,
	QEMU_NONE,
	QEMU_SEVERAL,
} QemuFinding;

/*
 * Searches the processes for a VM, in rounds. A round begins at least a second after the previous
 * one, and each tick does a part of it.
 */
typedef struct {
	DIR *proc; /* NULL: cannot be read */
	gchar *wanted;
	gboolean is_hidden; /* the kernel hides other users' processes or their files from us */
	gchar *text;
	gboolean under_way;
	gint64 next_round; /* CLOCK_MONOTONIC, ns */

	/* of the current or last round */
	guint n_guests; /* all of them, including those that do not fit into guests */
	guint n_matching;
	QemuGuest guests[QEMU_MAX_GUESTS];
	QemuGuest match;    /* the last match */
	GString *identity;  /* of the match: its UUID, or else its name, complete */
	gchar *pretender;   /* one that has QEMU's name but is not QEMU; NULL: none */
	gint pretender_pid; /* 0: none */
	QemuFinding finding;
} QemuFinder;

typedef gint64 (*QemuClockFunc)(gpointer user_data);

void
qemu_finder_open(QemuFinder *finder, const gchar *proc, const gchar *wanted);
void
qemu_finder_close(QemuFinder *finder);
void
qemu_finder_want(QemuFinder *finder, const gchar *wanted);
void
qemu_finder_begin(QemuFinder *finder, gint64 now);
QemuFinding
qemu_finder_go_on(QemuFinder *finder, QemuClockFunc clock, gpointer user_data, gint64 budget);
gchar *
qemu_finder_explain(const QemuFinder *finder);
gchar *
qemu_guest_describe(const QemuGuest *guest);
gchar *
qemu_guest_doubt(const QemuGuest *guest);

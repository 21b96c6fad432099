/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <dirent.h>

#include "parse.h"

/* More of them are not told apart in a sentence. */
#define QEMU_MAX_GUESTS 8

/* How sure it is that a process is QEMU. */
typedef enum {
	QEMU_TRUST_PROGRAM, /* its program is QEMU, and root's or ours */
	QEMU_TRUST_OWNER,   /* its program is called so, and belongs to another user */
	QEMU_TRUST_CLAIM,   /* its program cannot be read: it calls itself so */
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
	QEMU_SEARCHING, /* the first round is not over */
	QEMU_FOUND,
	QEMU_NONE,
	QEMU_SEVERAL,
} QemuFinding;

/*
 * Looks for a VM among the processes, in rounds of which each begins a second after the one before
 * at the earliest, and which a tick does a piece of.
 */
typedef struct {
	DIR *proc; /* NULL: cannot be read */
	gchar *wanted;
	gboolean is_hidden; /* other users' processes are not shown to us, or not what they are */
	gchar *text;
	gboolean under_way;
	gint64 next_round; /* CLOCK_MONOTONIC, ns */

	/* of the round that is under way, or was the last */
	guint n_guests; /* all of them, also those that guests has no room for */
	guint n_matching;
	QemuGuest guests[QEMU_MAX_GUESTS];
	QemuGuest match;    /* the last of those that are wanted */
	GString *identity;  /* of it: its UUID, or else its name, whole */
	gchar *pretender;   /* one that calls itself QEMU and is not; NULL: none was seen */
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

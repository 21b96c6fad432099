/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "parse.h"

/* Fields of /proc/PID/stat behind the name, from 0: the state is the third of the line. */
enum {
	STATE = 0,
	UTIME = 11,
	STIME = 12,
	STARTTIME = 19,
};

/* A name may hold blanks and brackets: it ends with the last one. */
gboolean
qemu_parse_stat(const gchar *text, gsize length, QemuStat *stat)
{
	VmfcScan rest = vmfc_scan_new(text, length);
	const gchar *bracket = memrchr(text, ')', length);
	VmfcScan line, word;
	gint64 user, system;

	if (bracket == NULL)
		return FALSE;
	rest.at = bracket + 1;
	if (!vmfc_scan_line(&rest, &line))
		return FALSE;
	for (guint field = STATE; field < UTIME; field++) {
		if (!vmfc_scan_word(&line, &word))
			return FALSE;
		if (field == STATE)
			stat->is_alive = *word.at != 'Z' && *word.at != 'X';
	}
	if (!vmfc_scan_int(&line, &user) || !vmfc_scan_int(&line, &system) ||
	    __builtin_add_overflow(user, system, &stat->cpu_ticks))
		return FALSE;
	for (guint field = STIME + 1; field < STARTTIME; field++) {
		if (!vmfc_scan_word(&line, &word))
			return FALSE;
	}
	return vmfc_scan_int(&line, &stat->start);
}

/* The first number of /proc/PID/task/TID/schedstat: ns on a CPU, Documentation/scheduler. */
gboolean
qemu_parse_schedstat(const gchar *text, gsize length, gint64 *nanoseconds)
{
	VmfcScan rest = vmfc_scan_new(text, length);
	VmfcScan line;

	return vmfc_scan_line(&rest, &line) && vmfc_scan_int(&line, nanoseconds);
}

/* What a thread is called that is a CPU of the VM: "CPU 0/KVM", or of an emulator "CPU 0/TCG". */
gboolean
qemu_is_vcpu(const gchar *text, gsize length)
{
	VmfcScan rest = vmfc_scan_new(text, length);
	VmfcScan line, word;

	if (!vmfc_scan_line(&rest, &line) || !vmfc_scan_word(&line, &word) ||
	    !vmfc_scan_equals(&word, "CPU") || !vmfc_scan_word(&line, &word))
		return FALSE;
	const gchar *slash = memchr(word.at, '/', vmfc_scan_length(&word));
	if (slash == NULL || slash == word.at)
		return FALSE;
	for (const gchar *at = word.at; at < slash; at++) {
		if (!g_ascii_isdigit(*at))
			return FALSE;
	}
	return TRUE;
}

/* ------------------------------------------------------ command line */

/* The next argument: each ends with a NUL; the last one may have been cut off. */
static gboolean
next_argument(VmfcScan *rest, VmfcScan *argument)
{
	if (rest->at >= rest->end)
		return FALSE;
	const gchar *nul = memchr(rest->at, '\0', vmfc_scan_length(rest));
	*argument = (VmfcScan){rest->at, nul != NULL ? nul : rest->end};
	rest->at = nul != NULL ? nul + 1 : rest->end;
	return TRUE;
}

static gboolean
begins_with(const VmfcScan *text, const gchar *prefix)
{
	gsize length = strlen(prefix);

	return vmfc_scan_length(text) >= length && memcmp(text->at, prefix, length) == 0;
}

/* qemu-system-x86_64, or as Fedora and Debian call it. */
static gboolean
is_program(VmfcScan argument)
{
	const gchar *slash = memrchr(argument.at, '/', vmfc_scan_length(&argument));

	if (slash != NULL)
		argument.at = slash + 1;
	return begins_with(&argument, "qemu-system-") || vmfc_scan_equals(&argument, "qemu-kvm") ||
	       vmfc_scan_equals(&argument, "kvm");
}

static gboolean
is_option(const VmfcScan *argument, const gchar *name)
{
	VmfcScan rest = *argument;

	if (!begins_with(&rest, "-"))
		return FALSE;
	rest.at += begins_with(&rest, "--") ? 2 : 1;
	return vmfc_scan_equals(&rest, name);
}

/*
 * The value of the next key of a list such as guest=NAME,debug-threads=on, in which two commas
 * stand for one. What does not fit is cut.
 */
static void
take_value(VmfcScan *list, gchar *value, gsize size)
{
	gsize n = 0;

	while (list->at < list->end) {
		if (*list->at == ',' && (list->at + 1 == list->end || list->at[1] != ','))
			break;
		if (*list->at == ',')
			list->at++;
		if (n + 1 < size)
			value[n++] = *list->at;
		list->at++;
	}
	value[n] = '\0';
	if (list->at < list->end)
		list->at++;
}

/* The argument of -name: its first part may lack its key, which is guest. */
static void
parse_name(VmfcScan list, gchar name[QEMU_NAME_SIZE])
{
	static const gchar key[] = "guest=";
	gboolean is_first = TRUE;

	while (list.at < list.end) {
		gchar part[QEMU_NAME_SIZE + sizeof(key)];
		take_value(&list, part, sizeof(part));
		if (g_str_has_prefix(part, key))
			g_strlcpy(name, part + strlen(key), QEMU_NAME_SIZE);
		else if (is_first && strchr(part, '=') == NULL)
			g_strlcpy(name, part, QEMU_NAME_SIZE);
		is_first = FALSE;
	}
}

/* What does not fit is cut. */
static void
copy_text(const VmfcScan *text, gchar *copy, gsize size)
{
	gsize length = MIN(vmfc_scan_length(text), size - 1);

	memcpy(copy, text->at, length);
	copy[length] = '\0';
}

/* Names go into messages and files: nothing but UTF-8, and nothing that moves a cursor. */
static void
make_printable(gchar *text)
{
	for (gchar *at = text; *at != '\0'; at++) {
		if (g_ascii_iscntrl(*at))
			*at = '?';
	}
	const gchar *end;
	if (!g_utf8_validate(text, -1, &end))
		text[end - text] = '\0';
}

/*
 * @text: /proc/PID/cmdline
 *
 * Returns: whether it is one of QEMU emulating a machine
 */
gboolean
qemu_parse_command(const gchar *text, gsize length, QemuLabels *labels)
{
	VmfcScan rest = vmfc_scan_new(text, length);
	VmfcScan argument;

	*labels = (QemuLabels){0};
	if (!next_argument(&rest, &argument) || !is_program(argument))
		return FALSE;
	while (next_argument(&rest, &argument)) {
		gboolean is_name = is_option(&argument, "name");
		if ((!is_name && !is_option(&argument, "uuid")) || !next_argument(&rest, &argument))
			continue;
		if (is_name)
			parse_name(argument, labels->name);
		else
			copy_text(&argument, labels->uuid, QEMU_UUID_SIZE);
	}
	make_printable(labels->name);
	make_printable(labels->uuid);
	return TRUE;
}

/* @wanted: a name, or a UUID in whatever case */
gboolean
qemu_labels_match(const QemuLabels *labels, const gchar *wanted)
{
	return (labels->name[0] != '\0' && g_str_equal(labels->name, wanted)) ||
	       (labels->uuid[0] != '\0' && g_ascii_strcasecmp(labels->uuid, wanted) == 0);
}

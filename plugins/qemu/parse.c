/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "parse.h"

/* Fields of /proc/PID/stat after the name, from 0: the state is the third of the line. */
enum {
	STATE = 0,
	UTIME = 11,
	STIME = 12,
	STARTTIME = 19,
};

/* A name may contain blanks and brackets: it ends with the last bracket. */
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
		if (field != STATE)
			continue;
		stat->is_alive = *word.at != 'Z' && *word.at != 'X';
		stat->waits_for_disk = *word.at == 'D';
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

/* The name of a thread that is a CPU of the VM: "CPU 0/KVM", or of an emulator "CPU 0/TCG". */
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

/* The line "Uid:" of /proc/PID/status: the first number is the real one. proc(5). */
gboolean
qemu_parse_uid(const gchar *text, gsize length, gint64 *uid)
{
	VmfcScan rest = vmfc_scan_new(text, length);
	VmfcScan line, word;

	while (vmfc_scan_line(&rest, &line)) {
		if (vmfc_scan_word(&line, &word) && vmfc_scan_equals(&word, "Uid:"))
			return vmfc_scan_int(&line, uid);
	}
	return FALSE;
}

/* ------------------------------------------------------------ program */

static gboolean
begins_with(const VmfcScan *text, const gchar *prefix)
{
	gsize length = strlen(prefix);

	return vmfc_scan_length(text) >= length && memcmp(text->at, prefix, length) == 0;
}

static VmfcScan
get_base_name(VmfcScan path)
{
	const gchar *slash = memrchr(path.at, '/', vmfc_scan_length(&path));

	if (slash != NULL)
		path.at = slash + 1;
	return path;
}

/*
 * The name of QEMU is qemu-system-ARCHITECTURE. RHEL installs qemu-kvm, OpenNebula qemu-kvm-one,
 * Debian and Proxmox kvm, Ubuntu 16.04 kvm-spice, Xen qemu-dm, and the oldest releases qemu. NixOS
 * wraps it as .qemu-system-x86_64-wrapped. After qemu-kvm there may be a suffix from a package
 * manager that is replacing the file. The tools, such as qemu-img, are not machines.
 */
static gboolean
is_qemu(VmfcScan name)
{
	static const gchar *const names[] = {"kvm", "kvm-spice", "qemu", "qemu-dm"};

	if (begins_with(&name, "."))
		name.at++;
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		if (vmfc_scan_equals(&name, names[i]))
			return TRUE;
	}
	return begins_with(&name, "qemu-system-") || begins_with(&name, "qemu-kvm");
}

/* The dynamic loader of glibc and musl, ld.so(8), which can also run as a program. */
static gboolean
is_loader(VmfcScan name)
{
	return begins_with(&name, "ld-linux") || begins_with(&name, "ld-musl-") ||
	       begins_with(&name, "ld.so") || begins_with(&name, "ld64.so") ||
	       begins_with(&name, "ld-2.");
}

/* @path: the target of /proc/PID/exe, or a name */
QemuProgram
qemu_parse_program(const gchar *path, gsize length)
{
	static const gchar deleted[] = " (deleted)";
	VmfcScan text = vmfc_scan_new(path, length);

	/* an upgrade has replaced the file */
	if (g_str_has_suffix(path, deleted))
		text.end -= strlen(deleted);
	text = get_base_name(text);
	if (is_qemu(text))
		return QEMU_PROGRAM_QEMU;
	return is_loader(text) ? QEMU_PROGRAM_LOADER : QEMU_PROGRAM_OTHER;
}

/* ------------------------------------------------------ command line */

/* The next argument: each ends with a NUL; the last one may be cut off. */
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

/*
 * The program that the loader loads: it follows the loader's options, some of which have an
 * argument, ld.so(8).
 */
static gboolean
next_loaded(VmfcScan *rest, VmfcScan *argument)
{
	static const gchar *const alone[] = {"--", "--inhibit-cache", "--list", "--verify",
					     "--list-tunables"};

	while (next_argument(rest, argument)) {
		gboolean takes_one = TRUE;
		if (!begins_with(argument, "--"))
			return TRUE;
		for (guint i = 0; i < G_N_ELEMENTS(alone); i++)
			takes_one &= !vmfc_scan_equals(argument, alone[i]);
		/* musl also has --library-path=FOLDER */
		takes_one &= memchr(argument->at, '=', vmfc_scan_length(argument)) == NULL;
		if (takes_one && !next_argument(rest, argument))
			return FALSE;
	}
	return FALSE;
}

/* Whether one of the next two arguments is a script with QEMU's name: see execve(2). */
static gboolean
is_script(VmfcScan rest)
{
	VmfcScan argument;

	for (guint i = 0; i < 2 && next_argument(&rest, &argument); i++) {
		if (is_qemu(get_base_name(argument)))
			return TRUE;
	}
	return FALSE;
}

/*
 * Whether the command runs QEMU; moves on to its options.
 *
 * @has_name: the process has QEMU's name
 */
static gboolean
skip_program(VmfcScan *rest, QemuProgram program, gboolean has_name)
{
	VmfcScan argument;

	if (!next_argument(rest, &argument) || program == QEMU_PROGRAM_OTHER)
		return FALSE;
	if (program == QEMU_PROGRAM_QEMU)
		return TRUE;
	VmfcScan name = get_base_name(argument);
	if (program == QEMU_PROGRAM_LOADER || is_loader(name))
		return next_loaded(rest, &argument) && is_qemu(get_base_name(argument));
	return is_qemu(name) || (has_name && !is_script(*rest));
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
 * The next part of a list such as guest=NAME,debug-threads=on. Two commas in it mean one, and are
 * replaced in place.
 *
 * @text: the text that contains the list
 */
static gboolean
next_part(gchar *text, VmfcScan *list, VmfcScan *part)
{
	gchar *end = text + (list->at - text);

	if (list->at >= list->end)
		return FALSE;
	part->at = list->at;
	for (; list->at < list->end; list->at++) {
		if (*list->at == ',' && (list->at + 1 == list->end || list->at[1] != ','))
			break;
		if (*list->at == ',')
			list->at++;
		*end++ = *list->at;
	}
	part->end = end;
	if (list->at < list->end)
		list->at++;
	return TRUE;
}

/* The value of a part with this key. */
static gboolean
take_value(const VmfcScan *part, const gchar *key, VmfcScan *value)
{
	if (!begins_with(part, key))
		return FALSE;
	*value = (VmfcScan){part->at + strlen(key), part->end};
	return TRUE;
}

/* The first part may lack its key, which is implied then. */
static void
parse_list(gchar *text, VmfcScan list, const gchar *key, VmfcScan *value)
{
	gboolean is_first = TRUE;
	VmfcScan part;

	while (next_part(text, &list, &part)) {
		if (!take_value(&part, key, value) && is_first &&
		    memchr(part.at, '=', vmfc_scan_length(&part)) == NULL)
			*value = part;
		is_first = FALSE;
	}
}

/* -smbios type=1,uuid=UUID, as used by Proxmox. */
static void
parse_smbios(gchar *text, VmfcScan list, VmfcScan *uuid)
{
	VmfcScan part, type = {0}, found = {0};

	while (next_part(text, &list, &part)) {
		if (!take_value(&part, "type=", &type))
			take_value(&part, "uuid=", &found);
	}
	if (vmfc_scan_equals(&type, "1") && found.at != NULL)
		*uuid = found;
}

/*
 * Reads one option and its argument.
 *
 * Returns: %FALSE when no machine is emulated: libvirt uses -machine none to read QEMU's features,
 *   and help lists the machines
 */
static gboolean
parse_option(gchar *text, const VmfcScan *option, VmfcScan argument, QemuLabels *labels)
{
	VmfcScan machine = {"", ""};

	if (is_option(option, "name"))
		parse_list(text, argument, "guest=", &labels->name);
	else if (is_option(option, "uuid"))
		labels->uuid = argument;
	else if (is_option(option, "smbios"))
		parse_smbios(text, argument, &labels->uuid);
	else
		parse_list(text, argument, "type=", &machine);
	return !vmfc_scan_equals(&machine, "none") && !vmfc_scan_equals(&machine, "help") &&
	       !vmfc_scan_equals(&machine, "?");
}

/*
 * @text: /proc/PID/cmdline; changed
 * @has_name: the name of the process is QEMU's, as for qemu_parse_program()
 *
 * Returns: whether it is a QEMU that emulates a machine
 */
gboolean
qemu_parse_command(gchar *text, gsize length, QemuProgram program, gboolean has_name,
		   QemuLabels *labels)
{
	static const gchar *const known[] = {"name", "uuid", "smbios", "machine", "M"};
	VmfcScan rest = vmfc_scan_new(text, length);
	VmfcScan option, argument;

	*labels = (QemuLabels){{text, text}, {text, text}};
	if (!skip_program(&rest, program, has_name))
		return FALSE;
	while (next_argument(&rest, &option)) {
		gboolean is_known = FALSE;
		for (guint i = 0; i < G_N_ELEMENTS(known); i++)
			is_known |= is_option(&option, known[i]);
		if (is_known && next_argument(&rest, &argument) &&
		    !parse_option(text, &option, argument, labels))
			return FALSE;
	}
	return TRUE;
}

/* @wanted: a name, or a UUID in any case */
gboolean
qemu_labels_match(const QemuLabels *labels, const gchar *wanted)
{
	gsize length = strlen(wanted);

	return length > 0 && (vmfc_scan_equals(&labels->name, wanted) ||
			      (vmfc_scan_length(&labels->uuid) == length &&
			       g_ascii_strncasecmp(labels->uuid.at, wanted, length) == 0));
}

/*
 * Names go into messages and files: a character must not move a cursor, reverse the text or be
 * invisible.
 */
static gboolean
is_printable(gunichar c)
{
	GUnicodeType type = g_unichar_type(c);

	return g_unichar_isprint(c) && type != G_UNICODE_LINE_SEPARATOR &&
	       type != G_UNICODE_PARAGRAPH_SEPARATOR;
}

/*
 * Writes a printable form of a text from a command line: in UTF-8, with a question mark for each
 * other character. A text that is too long ends in three dots.
 */
void
qemu_print(const VmfcScan *text, gchar *label, gsize size)
{
	static const gchar dots[] = "...";
	const gchar *at = text->at;
	gsize n = 0;

	while (at < text->end) {
		gunichar c = g_utf8_get_char_validated(at, text->end - at);
		gboolean is_valid = c != (gunichar)-1 && c != (gunichar)-2;
		gchar shown[6] = "?";
		gsize length = is_valid && is_printable(c) ? (gsize)g_unichar_to_utf8(c, shown) : 1;
		if (n + length + sizeof(dots) > size) {
			n += g_strlcpy(label + n, dots, size - n);
			break;
		}
		memcpy(label + n, shown, length);
		n += length;
		at += is_valid ? g_utf8_skip[(guchar)*at] : 1;
	}
	label[n] = '\0';
}

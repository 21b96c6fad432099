/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "host-times.h"

gboolean
qemu_host_open(QemuHost *host, VmfcContext *context, GError **error)
{
	host->stat = vmfc_context_open_file(context, "proc/stat", error);
	return host->stat != NULL;
}

/* Returns: %FALSE with @error set when the times are not known; the last ones stay then */
gboolean
qemu_host_read(QemuHost *host, GError **error)
{
	CpuTimes times;
	gsize length;
	const gchar *text = vmfc_file_read(host->stat, &length, error);

	if (text == NULL)
		return FALSE;
	cpu_parse_stat(text, length, &times);
	if (times.n_cpus == 0 || times.n_fields == 0) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    "/proc/stat has no complete list of CPUs and their times");
		return FALSE;
	}
	host->has_other_fields = host->times.n_fields > 0 && host->times.n_fields != times.n_fields;
	host->times = times;
	return TRUE;
}

/* Returns: ticks of all CPUs that were used for processes and interrupts */
gint64
qemu_host_get_busy(const QemuHost *host)
{
	gint64 busy = 0;

	for (guint i = 0; i < host->times.n_fields; i++)
		busy += i == CPU_IDLE || i == CPU_IOWAIT || i == CPU_STEAL ? 0
									   : host->times.ticks[i];
	return busy;
}

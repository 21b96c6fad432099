/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "events.h"

#include <errno.h>
#include <perfmon/pfmlib_perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PARANOID_FILE "/proc/sys/kernel/perf_event_paranoid"
#define PMU_FOLDER    "/sys/bus/event_source/devices"
/* of libpfm4: the kernel's own events, and the variable that restricts its search to them */
#define KERNEL_PMU "perf"
#define FORCE_PMU  "LIBPFM_FORCE_PMU"

/*
 * Opens an event that counts all tasks on @cpu, of all users. perf_event_open(2).
 *
 * @leader: file descriptor of the group's leader, -1 for a leader
 *
 * Returns: a file descriptor, or -1 with errno set
 */
gint
perf_event_open_on(const struct perf_event_attr *attr, guint cpu, gint leader)
{
	return (gint)syscall(SYS_perf_event_open, attr, -1, (gint)cpu, leader,
			     PERF_FLAG_FD_CLOEXEC);
}

void
perf_event_refuse(PerfEvent *event, VmfcState state, const gchar *reason, const gchar *remedy)
{
	event->state = state;
	g_free(event->reason);
	event->reason = g_strdup(reason);
	g_free(event->remedy);
	event->remedy = g_strdup(remedy);
}

/*
 * libpfm4 asks the CPU about each of the hundreds of models that it knows. In a virtual machine
 * each question exits to the hypervisor: 3 ms in all. The kernel's own events, such as all default
 * ones, need none of them.
 */
static pfm_err_t
initialize_libpfm(const PerfEvent events[PERF_N_EVENTS])
{
	gboolean all_are_kernels = g_getenv(FORCE_PMU) == NULL;

	for (guint i = 0; i < PERF_N_EVENTS; i++)
		all_are_kernels &= !perf_event_is_named(&events[i]) ||
				   g_str_has_prefix(events[i].name, KERNEL_PMU "::");
	if (all_are_kernels)
		g_setenv(FORCE_PMU, KERNEL_PMU, TRUE);
	pfm_err_t result = pfm_initialize();
	if (all_are_kernels)
		g_unsetenv(FORCE_PMU);
	return result;
}

/*
 * Translates the names for the kernel. A default event that libpfm4 does not know here (it reads
 * the kernel's files) is missing; one that the user gave is an error.
 *
 * @failed: (out): the user's invalid event, with the cause in @reason
 */
gboolean
perf_events_encode(PerfEvent events[PERF_N_EVENTS], PerfEventId *failed, const gchar **reason)
{
	pfm_err_t initialized = initialize_libpfm(events);

	for (guint i = 0; i < PERF_N_EVENTS; i++) {
		PerfEvent *event = &events[i];
		pfm_perf_encode_arg_t argument = {.attr = &event->attr, .size = sizeof(argument)};
		if (!perf_event_is_named(event))
			continue;
		event->attr.size = sizeof(event->attr);
		pfm_err_t result = initialized;
		if (result == PFM_SUCCESS)
			result = pfm_get_os_event_encoding(event->name, PFM_PLM0 | PFM_PLM3,
							   PFM_OS_PERF_EVENT, &argument);
		if (result == PFM_SUCCESS)
			continue;
		*failed = i;
		*reason = pfm_strerror(result);
		if (initialized == PFM_SUCCESS && !event->is_default) {
			pfm_terminate();
			return FALSE;
		}
		g_autofree gchar *text = g_strdup_printf("libpfm4 finds no perf events here: %s",
							 *reason);
		perf_event_refuse(event, VMFC_STATE_UNSUPPORTED, text, NULL);
	}
	if (initialized == PFM_SUCCESS)
		pfm_terminate();
	return TRUE;
}

/*
 * Whether the kernel has no PMU of the CPU at all. Checked after the kernel refused events, because
 * it checks the rights first. Only x86 has known names for its PMUs.
 */
static gboolean
machine_has_no_pmu(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return g_file_test(PMU_FOLDER, G_FILE_TEST_IS_DIR) &&
	       !g_file_test(PMU_FOLDER "/cpu", G_FILE_TEST_EXISTS) &&
	       !g_file_test(PMU_FOLDER "/cpu_core", G_FILE_TEST_EXISTS);
#else
	return FALSE;
#endif
}

/* Whether the kernel has no counter for the event, for any user. */
gboolean
perf_event_is_absent(gint failure)
{
	return failure == ENOENT || failure == ENODEV || failure == EOPNOTSUPP || failure == ENXIO;
}

/*
 * Reads the setting of the running kernel, whatever root prefix other files have.
 *
 * Above 2 (the highest level in Documentation/admin-guide/sysctl/kernel.rst) Debian's kernel
 * requires CAP_SYS_ADMIN to open an event.
 */
static gboolean
capability_is_ignored(void)
{
	g_autofree gchar *level = NULL;
	return g_file_get_contents(PARANOID_FILE, &level, NULL, NULL) &&
	       g_ascii_strtoll(level, NULL, 10) > 2;
}

/*
 * Sets the reason and the remedy of an event that could not be opened.
 *
 * @has_pmu: whether another hardware event could be
 */
void
perf_event_refuse_errno(PerfEvent *event, gint failure, gboolean has_pmu)
{
	g_autofree gchar *reason = NULL;

	if (perf_event_is_absent(failure) && has_pmu) {
		perf_event_refuse(
			event, VMFC_STATE_UNSUPPORTED,
			"the hardware counters of this machine do not support this event",
			"If they support a similar event, give it with --set perf.COLUMN=EVENT");
		return;
	}
	if (perf_event_is_absent(failure)) {
		perf_event_refuse(event, VMFC_STATE_UNSUPPORTED,
				  "this machine has no such hardware counter",
				  "If it is a virtual machine, configure its hypervisor to provide "
				  "a virtual PMU (QEMU: -cpu host,pmu=on; libvirt: <pmu "
				  "state='on'/>; clouds: certain machine types)");
		return;
	}
	switch (failure) {
	case EACCES:
		perf_event_refuse(
			event, VMFC_STATE_DENIED,
			"the kernel does not let this user count events of the whole machine",
			capability_is_ignored()
				? "Run vmfc as root, or allow it: sudo sysctl "
				  "kernel.perf_event_paranoid=0, or =2 and sudo setcap "
				  "cap_perfmon=ep on the vmfc program (with 3, a level that Debian "
				  "has added, CAP_PERFMON alone is not enough)"
				: "Run vmfc as root, or allow it: sudo setcap cap_perfmon=ep on "
				  "the vmfc program, or sudo sysctl "
				  "kernel.perf_event_paranoid=0 (1 is not enough)");
		break;
	case EPERM:
		perf_event_refuse(event, VMFC_STATE_DENIED,
				  "perf_event_open is refused, most likely by the container's "
				  "seccomp profile",
				  "Run vmfc outside of the container, or start the container with "
				  "CAP_PERFMON and a seccomp profile that allows perf_event_open");
		break;
	case ENOSYS:
		perf_event_refuse(event, VMFC_STATE_UNSUPPORTED,
				  "this kernel was built without perf events",
				  "Use a kernel with CONFIG_PERF_EVENTS");
		break;
	case EMFILE:
		perf_event_refuse(event, VMFC_STATE_DENIED,
				  "a file descriptor per event and CPU is needed, and the limit is "
				  "lower",
				  "Raise the limit: ulimit -n 65536");
		break;
	default:
		reason = g_strdup_printf("perf_event_open failed: %s", g_strerror(failure));
		perf_event_refuse(event, VMFC_STATE_UNSUPPORTED, reason, NULL);
	}
}

/* Sets the reason of an event that one CPU could open and another could not. */
void
perf_event_refuse_on_a_cpu(PerfEvent *event, gint failure)
{
	if (perf_event_is_absent(failure))
		perf_event_refuse(event, VMFC_STATE_UNSUPPORTED,
				  "a CPU of this machine does not support this event, and a sum "
				  "without that CPU would be wrong",
				  "If all CPUs support a similar event, give it with --set "
				  "perf.COLUMN=EVENT");
	else
		perf_event_refuse_errno(event, failure, TRUE);
}

/*
 * Whether the reference cycles need no counter that the other events use. Intel has a separate
 * counter for them. AMD since Zen 4 uses one of six, which the six other events need, so that all
 * of them would be multiplexed. The kernel answers this: it refuses a group that its PMU, with all
 * counters free, could not count at once (validate_group() in arch/x86/events/core.c). So this
 * function makes a group of as many other events as fit, and then tries to add the reference
 * cycles. It counts nothing.
 */
static gboolean
fits_beside_others(const PerfEvent events[PERF_N_EVENTS], guint cpu)
{
	gint fds[PERF_N_EVENTS];
	guint n = 0;
	gboolean fits = FALSE;

	for (guint i = 0; i < PERF_N_EVENTS; i++) {
		struct perf_event_attr attr = events[i].attr;
		if (!perf_event_is_hardware(i) || events[i].state != VMFC_STATE_OK)
			continue;
		attr.disabled = n == 0;
		gint fd = perf_event_open_on(&attr, cpu, n == 0 ? -1 : fds[0]);
		if (fd >= 0)
			fds[n++] = fd;
		fits = fd >= 0;
	}
	for (guint i = n; i > 0; i--)
		close(fds[i - 1]);
	return fits;
}

/* Opens each event alone on one CPU and closes it again, to find the available ones. */
void
perf_events_try(PerfEvent events[PERF_N_EVENTS], guint cpu)
{
	gint failures[PERF_N_EVENTS] = {0};
	gboolean has_pmu = FALSE;

	for (guint i = 0; i < PERF_N_EVENTS; i++) {
		if (events[i].state != VMFC_STATE_OK || !perf_event_is_named(&events[i]))
			continue;
		gint fd = perf_event_open_on(&events[i].attr, cpu, -1);
		failures[i] = fd < 0 ? errno : 0;
		if (fd >= 0)
			close(fd);
		has_pmu |= fd >= 0 && perf_event_is_hardware(i);
	}
	for (guint i = 0; i < PERF_N_EVENTS; i++) {
		if (failures[i] == 0)
			continue;
		if (perf_event_is_hardware(i) && failures[i] == EACCES && machine_has_no_pmu())
			failures[i] = ENOENT;
		perf_event_refuse_errno(&events[i], failures[i], has_pmu);
	}
	if (events[PERF_REF_CYCLES].state == VMFC_STATE_OK && !fits_beside_others(events, cpu))
		perf_event_refuse(&events[PERF_REF_CYCLES], VMFC_STATE_UNSUPPORTED,
				  "not counted: the PMU has no separate counter for it, and with "
				  "it the other events would have to be multiplexed",
				  NULL);
}

void
perf_events_clear(PerfEvent events[PERF_N_EVENTS])
{
	for (guint i = 0; i < PERF_N_EVENTS; i++) {
		g_free(events[i].reason);
		g_free(events[i].remedy);
	}
}

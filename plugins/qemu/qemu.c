/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <unistd.h>

#include "find.h"
#include "growth.h"
#include "host-times.h"
#include "process.h"
#include "energy-share.h"

#define NS_PER_S 1e9
/* Share of an interval that the search for a VM may take. */
#define SEARCH_SHARE 200
/* QEMU starts the threads of its CPUs soon after its own start; ns */
#define TIMEOUT (3 * (gint64)NS_PER_S)

/*
 * Busy time is sampled at ticks of the clock: it may be less than the VM's measured time by this
 * much.
 */
#define BUSY_MARGIN 1.5
#define BUSY_SLACK  0.2 /* s */

#define NO_VCPUS     "QEMU's threads have no names that identify the CPUs"
#define NAME_THREADS "Start QEMU with -name NAME,debug-threads=on, as libvirt does"

enum {
	CPU_SECONDS,
	VCPU_SECONDS,
	CPU_SHARE,
	ZONES, /* two for each zone, then the hidden ones */
	BUSY = ZONES + SHARE_N_SHOWN * VMFC_N_ZONES,
	CLOCKS,
};

static const VmfcColumn columns[] = {
	[CPU_SECONDS] = {"vm_cpu_seconds", "s", VMFC_KIND_COUNTER, VMFC_TYPE_FLOAT, FALSE,
			 "/proc/PID", "CPU time of the VM's QEMU process, all threads"},
	[VCPU_SECONDS] = {"vm_vcpu_seconds", "s", VMFC_KIND_COUNTER, VMFC_TYPE_FLOAT, FALSE,
			  "/proc/PID/task",
			  "CPU time of those of its threads that are CPUs of the VM"},
	[CPU_SHARE] = {"vm_cpu_share", "1", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE,
		       "/proc/PID, /proc/stat",
		       "vm_cpu_seconds / CPU time that the host used for all processes, 0 to 1"},
};

static const VmfcColumn busy_column = {
	"vm_host_busy_ticks",	 "ticks", VMFC_KIND_COUNTER, VMFC_TYPE_INT, TRUE, "/proc/stat",
	"basis of vm_cpu_share",
};

static const VmfcOption options[] = {
	{"pid", VMFC_OPTION_INT, "0", "pid of the VM's process; 0: vmfc searches for it"},
	{"name", VMFC_OPTION_STRING, "",
	 "the VM's name or UUID on QEMU's command line; empty: the only VM"},
	{NULL},
};

static const RaplWhy more_than_host = {
	VMFC_STATE_IMPLAUSIBLE,
	(gchar *)"/proc/stat shows less work than the VM's process alone did",
	"Run vmfc outside of a container: the /proc/stat of a container may show the container "
	"alone",
};
static const RaplWhy not_busy = {
	VMFC_STATE_UNSUPPORTED,
	(gchar *)"the host was busy for less than one tick of /proc/stat",
	"Use a longer --interval",
};
static const RaplWhy not_opened = {
	VMFC_STATE_OK,
	(gchar *)"the reading that opens the window is missing",
	NULL,
};
static const RaplWhy fields_changed = {
	VMFC_STATE_UNSUPPORTED,
	(gchar *)"/proc/stat has other fields than at the last tick",
	NULL,
};
static const RaplWhy vcpus_changed = {
	VMFC_STATE_UNSUPPORTED,
	(gchar *)"the VM gained or lost a CPU",
	NULL,
};
static const RaplWhy cpus_changed = {
	VMFC_STATE_UNSUPPORTED,
	(gchar *)"the host gained or lost a CPU",
	NULL,
};

typedef struct {
	VmfcContext *context;
	gchar *proc;
	QemuHost host;
	QemuFinder finder;
	QemuProcess process;
	gboolean by_pid;  /* vmfc will not search for another one */
	gboolean is_told; /* that no VM will be found was reported before the first tick */
	gboolean is_new;  /* no reading of this process yet */
	gchar *why;	  /* no VM */
	gchar *label;	  /* of the current or last VM, for messages */
	RaplMeters *meters;
	EnergyShareZone zones[VMFC_N_ZONES];
	EnergyShareMoment now;
	gint64 last_time;
	Growth growth;
	gint64 since;	   /* follows the process since, CLOCK_MONOTONIC, ns */
	gboolean no_vcpus; /* none of its threads has such a name, and that was reported */
	guint64 cpus;	   /* signature of the CPUs online at the last reading */
} Qemu;

static void
qemu_close(gpointer data)
{
	Qemu *self = data;
	qemu_finder_close(&self->finder);
	qemu_process_clear(&self->process);
	g_clear_pointer(&self->meters, rapl_meters_free);
	g_free(self->proc);
	g_free(self->why);
	g_free(self->label);
	g_free(self);
}

static gint64
get_time(gpointer data)
{
	return vmfc_context_get_time(((Qemu *)data)->context);
}

static void
set_why(Qemu *self, gchar *why)
{
	g_free(self->why);
	self->why = why;
}

/* ------------------------------------------------------------ finding */

/* Follows this process from now on. Earlier readings cannot be compared with it. */
static void
follow(Qemu *self, const gchar *label)
{
	self->now.generation++;
	self->growth = (Growth){0};
	self->is_new = TRUE;
	self->since = get_time(self);
	g_free(self->label);
	self->label = g_strdup(label);
	vmfc_context_describe(self->context, CPU_SECONDS, "vm", label);
}

static void
open_found(Qemu *self)
{
	const QemuGuest *guest = &self->finder.match;
	g_autofree gchar *label = qemu_guest_describe(guest);
	g_autofree gchar *doubt = qemu_guest_doubt(guest);

	if (!qemu_process_open(&self->process, self->proc, guest->pid, guest->start)) {
		set_why(self, g_strdup_printf("%s has just ended", label));
		return;
	}
	follow(self, label);
	/*
	 * a VM that was the only one is searched by its name from now on: another VM is not the
	 * same
	 */
	if (self->finder.wanted[0] == '\0')
		qemu_finder_want(&self->finder, self->finder.identity->str);
	if (doubt != NULL)
		g_warning("%s", doubt);
	if (self->finder.pretender_pid != 0)
		g_warning("%s", self->finder.pretender);
}

/* @budget: ns */
static void
search(Qemu *self, gint64 now, gint64 budget)
{
	qemu_finder_begin(&self->finder, now);
	gboolean was_under_way = self->finder.under_way;
	if (qemu_finder_go_on(&self->finder, get_time, self, budget) == QEMU_FOUND)
		open_found(self);
	else if (was_under_way && !self->finder.under_way)
		set_why(self, qemu_finder_explain(&self->finder));
}

/* ------------------------------------------------------------ opening */

static void
set_all(VmfcContext *context, const gchar *reason, const gchar *remedy)
{
	for (guint i = 0; i < BUSY; i++)
		vmfc_context_set_state(context, i, VMFC_STATE_UNSUPPORTED, reason, remedy);
}

static void
open_by_pid(Qemu *self, gint64 pid)
{
	g_autofree gchar *label = g_strdup_printf("pid %" G_GINT64_FORMAT, pid);

	self->by_pid = TRUE;
	if (qemu_process_open(&self->process, self->proc, (gint)pid, -1)) {
		follow(self, label);
		return;
	}
	self->is_told = TRUE;
	if (self->finder.is_hidden) {
		set_why(self, qemu_finder_explain(&self->finder));
		set_all(self->context, self->why, NULL);
		return;
	}
	set_why(self,
		g_strdup_printf("there is no process %" G_GINT64_FORMAT ", which qemu.pid gives",
				pid));
	set_all(self->context, self->why,
		"Give the VM's name with --set qemu.name=NAME, so that vmfc finds it again after a "
		"restart, or no option if it is the only VM");
}

static void
report_vcpus(Qemu *self, gboolean known)
{
	self->no_vcpus = !known;
	vmfc_context_set_state(self->context, VCPU_SECONDS,
			       known ? VMFC_STATE_OK : VMFC_STATE_UNSUPPORTED,
			       known ? NULL : NO_VCPUS, known ? NULL : NAME_THREADS);
}

/* Sets the states that are known before the first tick. */
static void
explain(Qemu *self)
{
	QemuTimes times;

	if (self->process.stat_fd < 0) {
		if (vmfc_context_is_check(self->context) && !self->by_pid)
			set_all(self->context, self->why, NULL);
		return;
	}
	if (qemu_process_read(&self->process, get_time(self), &times) && times.n_vcpus == 0)
		report_vcpus(self, FALSE);
}

static gboolean
check_options(gint64 pid, const gchar *name, GError **error)
{
	if (pid < 0 || pid > G_MAXINT) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "option qemu.pid is %" G_GINT64_FORMAT
			    ", but must be the pid of a process, or 0",
			    pid);
		return FALSE;
	}
	if (pid == 0 || name[0] == '\0')
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "qemu.pid and qemu.name are both set: use only one of them");
	return FALSE;
}

static gpointer
qemu_open(VmfcContext *context, GError **error)
{
	gint64 pid = vmfc_context_get_int(context, "pid");
	const gchar *name = vmfc_context_get_string(context, "name");

	if (!check_options(pid, name, error))
		return NULL;
	Qemu *self = g_new0(Qemu, 1);
	self->context = context;
	for (guint i = 0; i < ZONES; i++)
		vmfc_context_add_column(context, &columns[i]);
	energy_share_add_columns(context, self->zones);
	vmfc_context_add_column(context, &busy_column);
	energy_share_add_clocks(context, self->zones);
	self->proc = vmfc_context_build_path(context, "proc");
	qemu_process_init(&self->process);
	qemu_finder_open(&self->finder, self->proc, name);
	if (!qemu_host_open(&self->host, context, error)) {
		qemu_close(self);
		return NULL;
	}
	self->meters = rapl_meters_new(context);
	energy_share_explain(context, self->zones, self->meters);
	if (pid > 0)
		open_by_pid(self, pid);
	else
		search(self, get_time(self), G_MAXINT64);
	explain(self);
	return self;
}

/* ----------------------------------------------------------- sampling */

/*
 * Adds what the online CPUs could have given since the last reading.
 *
 * Returns: whether they are the same CPUs
 */
static gboolean
count_given(Qemu *self, gint64 now)
{
	const CpuTimes *host = &self->host.times;
	gboolean is_same = host->signature == self->cpus || self->last_time == 0;

	if (host->signature != self->cpus)
		self->now.generation++;
	self->cpus = host->signature;
	if (self->last_time > 0)
		self->now.given += (now - self->last_time) * host->n_cpus;
	self->last_time = now;
	return is_same;
}

/* @why: (nullable): %NULL when it is known */
static void
set_why_of(const Qemu *self, guint column, const RaplWhy *why)
{
	vmfc_context_set_state(self->context, column, why != NULL ? why->state : VMFC_STATE_OK,
			       why != NULL ? why->reason : NULL, why != NULL ? why->remedy : NULL);
}

static void
set_share(const Qemu *self, VmfcRecord *record, const RaplWhy *why)
{
	gdouble seconds, ticks;

	if (why != NULL)
		set_why_of(self, CPU_SHARE, why);
	if (!vmfc_record_get_delta(record, CPU_SECONDS, &seconds) ||
	    !vmfc_record_get_delta(record, BUSY, &ticks))
		return;
	if (ticks <= 0) {
		set_why_of(self, CPU_SHARE, &not_busy);
		return;
	}
	gdouble busy = ticks / (gdouble)sysconf(_SC_CLK_TCK);
	gboolean is_false = seconds > busy * BUSY_MARGIN + BUSY_SLACK;
	set_why_of(self, CPU_SHARE, is_false ? &more_than_host : NULL);
	/* busy time is counted in ticks: a little more than all of it counts as all of it */
	if (!is_false)
		vmfc_record_set_float(record, CPU_SHARE, MIN(seconds / busy, 1));
}

static void
set_vcpus(const Qemu *self, VmfcRecord *record, const QemuTimes *times, const RaplWhy *why)
{
	if (times->vcpu < 0)
		return;
	vmfc_record_set_float(record, VCPU_SECONDS, (gdouble)times->vcpu / NS_PER_S);
	if (why == NULL && !self->is_new && times->vcpus_changed)
		why = &vcpus_changed;
	if (self->is_new || why != NULL)
		vmfc_record_restart(record, VCPU_SECONDS);
	set_why_of(self, VCPU_SECONDS, why);
}

static void
set_times(const Qemu *self, VmfcRecord *record, const QemuTimes *times, const RaplWhy *why)
{
	vmfc_record_set_float(record, CPU_SECONDS, (gdouble)times->cpu / NS_PER_S);
	vmfc_record_set_int(record, BUSY, qemu_host_get_busy(&self->host));
	if (self->is_new || why != NULL)
		vmfc_record_restart(record, CPU_SECONDS);
	set_why_of(self, CPU_SECONDS, why);
	if (self->host.has_other_fields) {
		vmfc_record_restart(record, BUSY);
		why = why != NULL ? why : &fields_changed;
	}
	set_share(self, record, why);
}

/*
 * Threads that get their names late are found late. A VM whose threads have no names is reported
 * once.
 */
static void
watch_vcpus(Qemu *self, gint64 now, gboolean known)
{
	if (known && self->no_vcpus) {
		report_vcpus(self, TRUE);
	} else if (!known && !self->no_vcpus && now - self->since > TIMEOUT) {
		report_vcpus(self, FALSE);
		g_warning("vm_vcpu_seconds: " NO_VCPUS ". " NAME_THREADS);
	}
}

static VmfcAnswer
set_reason(const Qemu *self, GError **error)
{
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED, "%s",
		    self->why != NULL ? self->why : "vmfc is still searching for the VM");
	return VMFC_ANSWER_FAILED;
}

static void
record_end(Qemu *self)
{
	set_why(self, g_strdup_printf("the VM has ended: %s%s", self->label,
				      self->by_pid ? ", and qemu.pid gives no other; qemu.name "
						     "would find it after a restart"
						   : "; vmfc searches until it starts again"));
}

/*
 * The error is the reason, and not what was wrong in the window before.
 *
 * @of_gauges: (nullable): why gauges are missing in the next window, which is not open
 */
static void
lose_window(const Qemu *self, const RaplWhy *of_gauges)
{
	set_why_of(self, CPU_SECONDS, NULL);
	if (!self->no_vcpus)
		set_why_of(self, VCPU_SECONDS, NULL);
	set_why_of(self, CPU_SHARE, of_gauges);
	energy_share_lose(self->zones, self->context, self->meters, of_gauges);
}

/*
 * A VM is read from the tick after it was found: the search took time, and the energy counters have
 * continued.
 */
static VmfcAnswer
search_vm(Qemu *self, gint64 now, GError **error)
{
	if (self->is_told)
		return VMFC_ANSWER_DONE;
	if (!self->by_pid)
		search(self, now, vmfc_context_get_interval(self->context) / SEARCH_SHARE);
	return self->process.stat_fd < 0 ? set_reason(self, error) : VMFC_ANSWER_NOT_DUE;
}

static VmfcAnswer
qemu_sample(gpointer data, VmfcRecord *record, GError **error)
{
	Qemu *self = data;
	RaplSum sums[VMFC_N_ZONES];
	QemuTimes times;
	gint64 now = get_time(self);

	if (self->process.stat_fd < 0)
		return search_vm(self, now, error);
	/* energy, CPU time and their clock close together */
	rapl_meters_read(self->meters, now);
	rapl_meters_sum(self->meters, sums);
	if (!qemu_process_read(&self->process, now, &times)) {
		record_end(self);
		lose_window(self, NULL);
		return set_reason(self, error);
	}
	if (!qemu_host_read(&self->host, error)) {
		lose_window(self, &not_opened);
		return VMFC_ANSWER_FAILED;
	}
	const RaplWhy *vcpu_why;
	const RaplWhy *why = growth_judge(&self->growth, &times, self->host.times.n_cpus, now,
					  get_time(self), &vcpu_why);
	const RaplWhy *host_why = count_given(self, now) ? NULL : &cpus_changed;
	/* this reading opens its first window: until then the reason is that there was no VM */
	const RaplWhy not_yet = {VMFC_STATE_UNSUPPORTED, self->why, NULL};
	if (self->is_new && self->why != NULL)
		vcpu_why = why = &not_yet;
	if (why != NULL)
		self->now.generation++;
	self->now.time = now;
	self->now.cpu = times.cpu;
	set_times(self, record, &times, why);
	set_vcpus(self, record, &times, vcpu_why);
	self->is_new = FALSE;
	watch_vcpus(self, now, times.n_vcpus > 0);
	for (guint i = 0; i < VMFC_N_ZONES; i++)
		energy_share_set(&self->zones[i], self->context, record, &sums[i], &self->now,
				 why != NULL ? why : host_why);
	return VMFC_ANSWER_DONE;
}

static const VmfcSampler sampler = {
	.open = qemu_open,
	.sample = qemu_sample,
	.close = qemu_close,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "qemu",
	.version = VMFC_VERSION,
	.license = "Apache-2.0",
	.summary = "CPU time and power of one VM's QEMU process on this host",
	.group = "host",
	.rank = 80,
	.options = options,
	.sampler = &sampler,
};

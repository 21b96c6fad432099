/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* A VM on a host of two CPUs: its times, its share and its energy, at the edges of what can be. */

#include "sampler-run.h"

#define HZ   100 /* of the ticks that these files are in: the kernel's own */
#define ZONE "sys/class/powercap/intel-rapl:0/"

/* user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice */
#define N_FIELDS 10

typedef struct {
	SamplerRun run;
	guint64 ticks[N_FIELDS]; /* of all CPUs */
	guint n_fields;
	guint n_cpus;
	guint first_cpu;
	guint64 vm_ticks;
	guint64 vcpu; /* ns */
	gint64 start;
	guint64 energy; /* µJ */
} Host;

static void
write_number(const Host *host, const gchar *path, guint64 number)
{
	g_autofree gchar *text = g_strdup_printf("%" G_GUINT64_FORMAT "\n", number);
	sampler_run_write(&host->run, path, text);
}

static void
write_host_stat(const Host *host)
{
	g_autoptr(GString) text = g_string_new("cpu ");

	for (guint i = 0; i < host->n_fields; i++)
		g_string_append_printf(text, " %" G_GUINT64_FORMAT, host->ticks[i]);
	g_string_append_c(text, '\n');
	for (guint cpu = 0; cpu < host->n_cpus; cpu++) {
		g_string_append_printf(text, "cpu%u", host->first_cpu + cpu);
		for (guint i = 0; i < host->n_fields; i++)
			g_string_append_printf(text, " %" G_GUINT64_FORMAT,
					       host->ticks[i] / host->n_cpus);
		g_string_append_c(text, '\n');
	}
	/* which shows that the list of CPUs is complete */
	g_string_append(text, "intr 1\n");
	sampler_run_write(&host->run, "proc/stat", text->str);
}

static void
write_vm(const Host *host)
{
	g_autofree gchar *stat = g_strdup_printf(
		"70 (qemu-kvm) S 1 70 70 0 -1 0 0 0 0 0 %" G_GUINT64_FORMAT
		" 0 0 0 20 0 6 0 %" G_GINT64_FORMAT " 1 1\n",
		host->vm_ticks, host->start);
	g_autofree gchar *schedstat = g_strdup_printf("%" G_GUINT64_FORMAT " 5 5\n", host->vcpu);

	sampler_run_write(&host->run, "proc/70/stat", stat);
	sampler_run_write(&host->run, "proc/70/task/71/schedstat", schedstat);
}

static void
write_all(const Host *host)
{
	sampler_run_write(&host->run, "proc/70/comm", "qemu-kvm\n");
	sampler_run_write(&host->run, "proc/70/cmdline", "qemu-kvm -name -guest=vm");
	sampler_run_write(&host->run, "proc/70/status", "Uid:\t0\t0\t0\t0\n");
	sampler_run_write(&host->run, "proc/70/task/70/comm", "qemu-kvm\n");
	sampler_run_write(&host->run, "proc/70/task/71/comm", "CPU 0/KVM\n");
	sampler_run_write(&host->run, ZONE "name", "package-0\n");
	write_number(host, ZONE "max_energy_range_uj", 262143328850);
	write_number(host, ZONE "energy_uj", host->energy);
	write_host_stat(host);
	write_vm(host);
}

/* The window of @seconds in which the VM worked, the host too, and the zone drew its energy. */
static VmfcAnswer
go_on(Host *host, gdouble seconds, gdouble vm, gdouble busy, gdouble joules)
{
	host->vm_ticks += (guint64)llround(vm * HZ);
	host->vcpu += (guint64)llround(vm * 0.5e9);
	host->ticks[0] += (guint64)llround(busy * HZ);
	host->energy += (guint64)llround(joules * 1e6);
	write_host_stat(host);
	write_vm(host);
	write_number(host, ZONE "energy_uj", host->energy);
	VmfcAnswer is = sampler_run_tick(&host->run, seconds);
	if (host->run.error != NULL)
		g_test_message("%s", host->run.error->message);
	return is;
}

/* A run that has had its first reading. */
static void
set_up(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	static const guint64 ticks[N_FIELDS] = {1000, 10, 500, 90000, 20, 5, 5, 40, 700, 3};
	g_autoptr(GError) error = NULL;

	*host = (Host){.n_fields = N_FIELDS, .n_cpus = 2, .vm_ticks = 500, .start = 1000};
	memcpy(host->ticks, ticks, sizeof(ticks));
	host->vcpu = 4000000000;
	host->energy = 7000000;
	sampler_run_init(&host->run);
	write_all(host);
	/* the pids are not those of this process, so that the VM has no clock but its ticks */
	sampler_run_set(&host->run, "pid", "70");
	sampler_run_open(&host->run, &error);
	g_assert_no_error(error);
	g_assert_cmpint(go_on(host, 1, 0.5, 1, 10), ==, VMFC_ANSWER_DONE);
	/* nothing has changed since a reading that there was not */
	sampler_run_assert_state(&host->run, "vm_cpu_seconds", VMFC_STATE_OK, NULL);
	sampler_run_assert_state(&host->run, "vm_vcpu_seconds", VMFC_STATE_OK, NULL);
	sampler_run_assert_state(&host->run, "vm_cpu_joules_package", VMFC_STATE_OK, NULL);
}

static void
tear_down(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	sampler_run_clear(&host->run);
}

/* The clock moves on by some µs within a tick. */
static void
assert_near(Host *host, const gchar *name, gdouble value)
{
	gdouble is = sampler_run_get(&host->run, name);

	if (isnan(is) != isnan(value) || fabs(is - value) > 1e-4 * fabs(value))
		g_error("tick %" G_GUINT64_FORMAT ": %s is %.17g, but must be %.17g",
			host->run.n_ticks, name, is, value);
}

/* @reason: a pattern */
static void
assert_missing(Host *host, const gchar *name, VmfcState state, const gchar *reason)
{
	assert_near(host, name, NAN);
	sampler_run_assert_state(&host->run, name, state, reason);
}

/* ------------------------------------------------------------------- values */

static void
test_values(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	for (guint i = 1; i < 4; i++) {
		/* in windows of i seconds, of which the CPUs could give twice as much */
		g_assert_cmpint(go_on(host, i, 0.5 * i, 0.8 * i, 20 * i), ==, VMFC_ANSWER_DONE);
		assert_near(host, "vm_cpu_seconds", 0.5 * i);
		assert_near(host, "vm_vcpu_seconds", 0.25 * i);
		assert_near(host, "vm_cpu_share", 0.5 / 0.8);
		assert_near(host, "vm_cpu_joules_package", 5 * i);
		assert_near(host, "vm_cpu_watts_package", 5);
		assert_near(host, "vm_cpu_joules_core", NAN);
	}
}

/* What is busy is all but idle, iowait and steal; guests are in user. */
static void
test_busy(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	static const gboolean is_busy[N_FIELDS] = {TRUE, TRUE, TRUE,  FALSE, FALSE,
						   TRUE, TRUE, FALSE, FALSE, FALSE};

	for (guint i = 0; i < N_FIELDS; i++) {
		host->ticks[i] += HZ;
		go_on(host, 1, 0.5, 1, 20);
		assert_near(host, "vm_cpu_share", is_busy[i] ? 0.25 : 0.5);
	}
}

/* A VM that worked a little more than all CPUs could give, as times are rounded, has all energy. */
static void
test_more_than_all(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	go_on(host, 1, 1, 2, 20);
	assert_near(host, "vm_cpu_joules_package", 10);
	go_on(host, 1, 2.02, 2, 20);
	assert_near(host, "vm_cpu_seconds", 2.02);
	assert_near(host, "vm_cpu_share", 1);
	assert_near(host, "vm_cpu_joules_package", 20);
	assert_near(host, "vm_cpu_watts_package", 20);
	go_on(host, 1, 0, 1, 20);
	assert_near(host, "vm_cpu_joules_package", 0);
	assert_near(host, "vm_cpu_share", 0);
}

/* ------------------------------------------------------------ what cannot be */

/* Two CPUs give 2.02 s and 1 ms each in a second; two ticks of the VM are rounded. */
static void
test_growth(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	go_on(host, 1, 2.04, 2, 20);
	assert_near(host, "vm_cpu_seconds", 2.04);
	go_on(host, 1, 2.06, 2, 20);
	assert_missing(host, "vm_cpu_seconds", VMFC_STATE_IMPLAUSIBLE,
		       "the CPU time of the VM's process grew by more than *");
	assert_missing(host, "vm_cpu_joules_package", VMFC_STATE_IMPLAUSIBLE,
		       "the CPU time of the VM's process grew by more than *");
	assert_near(host, "vm_cpu_share", NAN);
	assert_near(host, "vm_cpu_watts_package", NAN);
	go_on(host, 1, 0.5, 1, 20);
	assert_near(host, "vm_cpu_seconds", 0.5);
	assert_near(host, "vm_cpu_joules_package", 5);
	sampler_run_assert_state(&host->run, "vm_cpu_joules_package", VMFC_STATE_OK, NULL);
	go_on(host, 1, -0.01, 1, 20);
	assert_missing(host, "vm_cpu_seconds", VMFC_STATE_IMPLAUSIBLE,
		       "the CPU time of the VM's process went backwards");
}

/* A host that was less busy than its VM alone: 1.5 times as much and 0.2 s are rounding. */
static void
test_less_than_vm(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	go_on(host, 1, 1.69, 1, 20);
	assert_near(host, "vm_cpu_share", 1);
	go_on(host, 1, 1.71, 1, 20);
	assert_missing(host, "vm_cpu_share", VMFC_STATE_IMPLAUSIBLE,
		       "/proc/stat shows less work than the VM's process *");
	assert_near(host, "vm_cpu_seconds", 1.71);
	assert_near(host, "vm_cpu_joules_package", 17.1);
	go_on(host, 1, 0.1, 0, 20);
	assert_missing(host, "vm_cpu_share", VMFC_STATE_UNSUPPORTED,
		       "the host was busy for less than one tick *");
	go_on(host, 1, 0.1, 0.01, 20);
	assert_near(host, "vm_cpu_share", 1);
	sampler_run_assert_state(&host->run, "vm_cpu_share", VMFC_STATE_OK, NULL);
}

/* ------------------------------------------------------------- what changes */

/* Fields that come or go: what is busy counts something else, and nothing else does. */
static void
test_fields(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	static const guint n_fields[] = {7, 7, 10, 4, 4, 7};

	for (guint i = 0; i < G_N_ELEMENTS(n_fields); i++) {
		gboolean is_other = host->n_fields != n_fields[i];
		host->n_fields = n_fields[i];
		go_on(host, 1, 0.5, 1, 20);
		assert_near(host, "vm_cpu_share", is_other ? NAN : 0.5);
		assert_near(host, "vm_cpu_seconds", 0.5);
		assert_near(host, "vm_cpu_joules_package", 5);
		if (is_other)
			sampler_run_assert_state(&host->run, "vm_cpu_share", VMFC_STATE_UNSUPPORTED,
						 "/proc/stat has other fields *");
	}
}

/* CPUs of the host that come, go, or are others: what they could give in the window is not known.
 */
static void
test_cpus(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		guint n;
		guint first;
	} cpus[] = {{2, 0}, {4, 0}, {4, 0}, {2, 0}, {2, 1}, {2, 1}};

	for (guint i = 0; i < G_N_ELEMENTS(cpus); i++) {
		gboolean is_same = host->n_cpus == cpus[i].n && host->first_cpu == cpus[i].first;
		host->n_cpus = cpus[i].n;
		host->first_cpu = cpus[i].first;
		go_on(host, 1, 0.5, 1, 20);
		assert_near(host, "vm_cpu_seconds", 0.5);
		assert_near(host, "vm_cpu_share", 0.5);
		assert_near(host, "vm_cpu_joules_package", is_same ? 10.0 / cpus[i].n : NAN);
		assert_near(host, "vm_cpu_watts_package", is_same ? 10.0 / cpus[i].n : NAN);
		sampler_run_assert_state(&host->run, "vm_cpu_joules_package",
					 is_same ? VMFC_STATE_OK : VMFC_STATE_UNSUPPORTED,
					 is_same ? NULL : "the host gained or lost a CPU");
	}
}

/* Times of the host that cannot be read, or that are cut: that window is lost, and the next one. */
static void
test_host_unknown(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const texts[] = {
		"", "cpu  1 2 3 4 5\ncpu0 1 2 3 4 5\n", "cpu0 1 2 3 4 5\nintr 1\n",
		"cpu  1 2\ncpu0 1 2\nintr 1\n", "cpu 9 9 9 9\nintr 5\n"};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		go_on(host, 1, 0.5, 1, 20);
		assert_near(host, "vm_cpu_share", i == 0 ? 0.5 : NAN);
		go_on(host, 1, 0.5, 1, 20);
		assert_near(host, "vm_cpu_share", 0.5);
		assert_near(host, "vm_cpu_joules_package", 5);
		sampler_run_write(&host->run, "proc/stat", texts[i]);
		host->energy += 20000000;
		write_number(host, ZONE "energy_uj", host->energy);
		g_assert_cmpint(sampler_run_tick(&host->run, 1), ==, VMFC_ANSWER_FAILED);
		g_assert_error(host->run.error, VMFC_ERROR, VMFC_ERROR_FORMAT);
		g_assert_cmpstr(host->run.error->message, ==,
				"/proc/stat has no complete list of CPUs and their times");
		sampler_run_assert_state(&host->run, "vm_cpu_share", VMFC_STATE_OK,
					 "the reading that opens the window is missing");
		sampler_run_assert_state(&host->run, "vm_cpu_joules_package", VMFC_STATE_OK,
					 "the reading that opens the window is missing");
		/* a zone that there is not stays missing for that */
		sampler_run_assert_state(&host->run, "vm_cpu_joules_dram", VMFC_STATE_UNSUPPORTED,
					 "RAPL on this machine's CPUs has no such zone");
	}
}

/* What was wrong in the window before is not why one of these is lost. */
static void
assert_lost(Host *host, const gchar *of_gauges)
{
	static const gchar *const names[] = {"vm_cpu_seconds", "vm_vcpu_seconds", "vm_cpu_share",
					     "vm_cpu_joules_package", "vm_cpu_watts_package"};

	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		assert_missing(host, names[i], VMFC_STATE_OK, i < 2 ? NULL : of_gauges);
}

/* The host's times, or the VM: each may be gone after a window in which nothing could be. */
static void
test_lost_after_fault(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	go_on(host, 1, 0.5, 1, 20);
	for (guint i = 0; i < 2; i++) {
		g_autofree gchar *comm = g_strdup_printf("proc/70/task/%u/comm", 72 + i);
		g_autofree gchar *times = g_strdup_printf("proc/70/task/%u/schedstat", 72 + i);
		sampler_run_write(&host->run, comm, "CPU 1/KVM\n");
		sampler_run_write(&host->run, times, "5 5 5\n");
		go_on(host, 1, 2.2, 2, 20);
		assert_missing(host, "vm_cpu_joules_package", VMFC_STATE_IMPLAUSIBLE,
			       "the CPU time of the VM's process grew by more than *");
		assert_missing(host, "vm_vcpu_seconds", VMFC_STATE_UNSUPPORTED,
			       "the VM gained or lost a CPU");
		sampler_run_write(&host->run, i == 0 ? "proc/stat" : "proc/70/stat", "");
		host->energy += 20000000;
		write_number(host, ZONE "energy_uj", host->energy);
		g_assert_cmpint(sampler_run_tick(&host->run, 1), ==, VMFC_ANSWER_FAILED);
		assert_lost(host, i == 0 ? "the reading that opens the window is missing" : NULL);
		if (i > 0)
			continue;
		go_on(host, 1, 0.5, 1, 20);
		go_on(host, 1, 0.5, 1, 20);
		assert_near(host, "vm_cpu_seconds", 0.5);
		assert_near(host, "vm_cpu_joules_package", 5);
	}
}

/* The energy's counter alone may be unknown, in its window and the next. */
static void
test_energy_unknown(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	go_on(host, 1, 0.5, 1, 20);
	assert_near(host, "vm_cpu_joules_package", 5);
	write_host_stat(host);
	host->vm_ticks += HZ / 2;
	write_vm(host);
	sampler_run_write(&host->run, ZONE "energy_uj", "x\n");
	g_assert_cmpint(sampler_run_tick(&host->run, 1), ==, VMFC_ANSWER_DONE);
	assert_missing(host, "vm_cpu_watts_package", VMFC_STATE_UNSUPPORTED,
		       "*energy_uj has disappeared *");
	assert_near(host, "vm_cpu_joules_package", NAN);
	assert_near(host, "vm_cpu_seconds", 0.5);
	go_on(host, 1, 0.5, 1, 40);
	assert_near(host, "vm_cpu_joules_package", NAN);
	go_on(host, 1, 0.5, 1, 20);
	assert_near(host, "vm_cpu_joules_package", 5);
	sampler_run_assert_state(&host->run, "vm_cpu_watts_package", VMFC_STATE_OK, NULL);
}

/* -------------------------------------------------------------- the process */

static void
test_end(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	sampler_run_write(&host->run, "proc/70/stat", "");
	for (guint i = 0; i < 2; i++) {
		g_assert_cmpint(sampler_run_tick(&host->run, 1), ==, VMFC_ANSWER_FAILED);
		g_assert_error(host->run.error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED);
		g_assert_cmpstr(host->run.error->message, ==,
				"the VM has ended: pid 70, and qemu.pid gives no other; qemu.name "
				"would find it after a restart");
	}
	/* not another process of its number */
	host->start = 2000;
	g_assert_cmpint(go_on(host, 1, 0.5, 1, 20), ==, VMFC_ANSWER_FAILED);
}

/* Another process has taken its number between two ticks. */
static void
test_other_process(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	host->start = 1001;
	g_assert_cmpint(go_on(host, 1, 0.5, 1, 20), ==, VMFC_ANSWER_FAILED);
	assert_near(host, "vm_cpu_seconds", NAN);
}

/* A CPU that the VM gains or loses is in no window: of the next one its time is known. */
static void
test_vcpus(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	go_on(host, 1, 0.5, 1, 20);
	assert_near(host, "vm_vcpu_seconds", 0.25);
	sampler_run_write(&host->run, "proc/70/task/72/comm", "CPU 1/KVM\n");
	sampler_run_write(&host->run, "proc/70/task/72/schedstat", "900000000000 5 5\n");
	go_on(host, 1, 0.5, 1, 20);
	assert_missing(host, "vm_vcpu_seconds", VMFC_STATE_UNSUPPORTED,
		       "the VM gained or lost a CPU");
	assert_near(host, "vm_cpu_seconds", 0.5);
	sampler_run_write(&host->run, "proc/70/task/72/schedstat", "900050000000 5 5\n");
	go_on(host, 1, 0.5, 1, 20);
	assert_near(host, "vm_vcpu_seconds", 0.3);
	sampler_run_assert_state(&host->run, "vm_vcpu_seconds", VMFC_STATE_OK, NULL);
	sampler_run_write(&host->run, "proc/70/task/72/schedstat", "");
	go_on(host, 1, 0.5, 1, 20);
	assert_near(host, "vm_vcpu_seconds", NAN);
}

#define ADD(path, test) g_test_add("/qemu-sampler/" path, Host, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("values", test_values);
	ADD("busy", test_busy);
	ADD("more-than-all", test_more_than_all);
	ADD("growth", test_growth);
	ADD("less-than-vm", test_less_than_vm);
	ADD("fields", test_fields);
	ADD("cpus", test_cpus);
	ADD("host-unknown", test_host_unknown);
	ADD("lost-after-fault", test_lost_after_fault);
	ADD("energy-unknown", test_energy_unknown);
	ADD("end", test_end);
	ADD("other-process", test_other_process);
	ADD("vcpus", test_vcpus);
	return g_test_run();
}

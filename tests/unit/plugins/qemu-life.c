/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* A VM that ends and starts again, another one, and one whose CPUs lose their names. */

#include "sampler-run.h"

#include <string.h>
#include <unistd.h>

typedef struct {
	SamplerRun run;
	guint n_ticks; /* of the host */
} Host;

static void
write_bytes(const Host *host, const gchar *path, const gchar *bytes, gsize length)
{
	g_autofree gchar *file = g_build_filename(host->run.root, path, NULL);

	sampler_run_write(&host->run, path, "");
	g_assert_true(g_file_set_contents(file, bytes, (gssize)length, NULL));
}

/* A VM, with the CPU time of its one CPU in ticks; its process has as much more. */
static void
write_vm(const Host *host, guint pid, const gchar *name, guint start, guint ticks)
{
	g_autoptr(GString) command = g_string_new("qemu-kvm");
	g_autofree gchar *folder = g_strdup_printf("proc/%u", pid);
	g_autofree gchar *stat = g_strdup_printf(
		"%u (qemu-kvm) S 1 70 70 0 -1 0 0 0 0 0 %u 0 0 0 20 0 6 0 %u 1 1\n", pid, 2 * ticks,
		start);
	g_autofree gchar *schedstat = g_strdup_printf("%u0000000 5 5\n", ticks);
	const gchar *const files[][2] = {
		{"comm", "qemu-kvm\n"},		  {"stat", stat},
		{"status", "Uid:\t0\t0\t0\t0\n"}, {"task/9/comm", "CPU 0/KVM\n"},
		{"task/9/schedstat", schedstat},
	};

	g_string_append_len(command, "\0-name\0", 7);
	g_string_append_len(command, name, (gssize)strlen(name) + 1);
	g_autofree gchar *cmdline = g_build_filename(folder, "cmdline", NULL);
	write_bytes(host, cmdline, command->str, command->len);
	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree gchar *path = g_build_filename(folder, files[i][0], NULL);
		sampler_run_write(&host->run, path, files[i][1]);
	}
}

static void
set_up(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	*host = (Host){.n_ticks = 1000};
	sampler_run_init(&host->run);
	sampler_run_write(&host->run, "proc/stat",
			  "cpu  1000 0 0 9 0\ncpu0 1000 0 0 9 0\nintr 1\n");
}

static void
tear_down(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	sampler_run_clear(&host->run);
}

/* Its files are open: those of a process that has ended give nothing any more. */
static void
end_vm(const Host *host, guint pid)
{
	g_autofree gchar *folder = g_strdup_printf("proc/%u", pid);
	g_autofree gchar *stat = g_build_filename(folder, "stat", NULL);

	sampler_run_write(&host->run, stat, "");
	sampler_run_remove(&host->run, folder);
}

static VmfcAnswer
pass(Host *host)
{
	host->n_ticks += 80;
	g_autofree gchar *stat = g_strdup_printf("cpu  %u 0 0 9 0\ncpu0 %u 0 0 9 0\nintr 1\n",
						 host->n_ticks, host->n_ticks);
	sampler_run_write(&host->run, "proc/stat", stat);
	VmfcAnswer answer = sampler_run_tick(&host->run, 1);
	if (host->run.error != NULL)
		g_test_message("%s", host->run.error->message);
	return answer;
}

static void
open_run(Host *host)
{
	g_autoptr(GError) error = NULL;

	sampler_run_open(&host->run, &error);
	g_assert_no_error(error);
}

static void
assert_times(Host *host, gdouble cpu, gdouble vcpu, gdouble share)
{
	sampler_run_assert(&host->run, "vm_cpu_seconds", cpu);
	sampler_run_assert(&host->run, "vm_vcpu_seconds", vcpu);
	sampler_run_assert(&host->run, "vm_cpu_share", share);
}

/* The times of the next process are no growth of the last one's, more or less as they may be. */
static void
test_restart(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	write_vm(host, 70, "vm", 1000, 500);
	open_run(host);
	g_assert_cmpint(pass(host), ==, VMFC_ANSWER_DONE);
	write_vm(host, 70, "vm", 1000, 510);
	g_assert_cmpint(pass(host), ==, VMFC_ANSWER_DONE);
	assert_times(host, 0.2, 0.1, 0.25);
	for (guint i = 0; i < 2; i++) {
		guint ticks = i == 0 ? 515 : 3;
		guint pid = 80 + i;
		end_vm(host, i == 0 ? 70 : 80);
		g_assert_cmpint(pass(host), ==, VMFC_ANSWER_FAILED);
		g_assert_true(g_str_has_prefix(host->run.error->message, "the VM has ended: vm"));
		g_assert_cmpint(pass(host), ==, VMFC_ANSWER_FAILED);
		assert_times(host, NAN, NAN, NAN);
		write_vm(host, pid, "vm", 2000 + i, ticks);
		/* it is found, and read from the next tick on */
		g_assert_cmpint(pass(host), ==, VMFC_ANSWER_NOT_DUE);
		assert_times(host, NAN, NAN, NAN);
		write_vm(host, pid, "vm", 2000 + i, ticks + 1);
		g_assert_cmpint(pass(host), ==, VMFC_ANSWER_DONE);
		assert_times(host, NAN, NAN, NAN);
		sampler_run_assert_state(&host->run, "vm_cpu_seconds", VMFC_STATE_UNSUPPORTED,
					 "no VM of QEMU runs, so none has the name *");
		write_vm(host, pid, "vm", 2000 + i, ticks + 11);
		g_assert_cmpint(pass(host), ==, VMFC_ANSWER_DONE);
		assert_times(host, 0.2, 0.1, 0.25);
		sampler_run_assert_state(&host->run, "vm_cpu_seconds", VMFC_STATE_OK, NULL);
	}
}

/* The VM that was the only one is looked for by its name from then on. */
static void
test_another(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	write_vm(host, 70, "vm", 1000, 500);
	open_run(host);
	g_assert_cmpint(pass(host), ==, VMFC_ANSWER_DONE);
	end_vm(host, 70);
	write_vm(host, 80, "another", 2000, 500);
	for (guint i = 0; i < 3; i++)
		g_assert_cmpint(pass(host), ==, VMFC_ANSWER_FAILED);
	g_assert_true(g_pattern_match_simple(
		"no VM has the name or UUID 'vm'; these run: another *", host->run.error->message));
	write_vm(host, 90, "vm", 3000, 500);
	g_assert_cmpint(pass(host), ==, VMFC_ANSWER_NOT_DUE);
	g_assert_cmpint(pass(host), ==, VMFC_ANSWER_DONE);
}

/* A process that has ended but is still there does nothing any more. */
static void
test_states(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	for (const gchar *state = "SRDTtIZX"; *state != '\0'; state++) {
		g_autofree gchar *stat = g_strdup_printf(
			"70 (qemu-kvm) %c 1 70 70 0 -1 0 0 0 0 0 1000 0 0 0 20 0 6 0 1000 1 1\n",
			*state);
		tear_down(host, NULL);
		set_up(host, NULL);
		write_vm(host, 70, "vm", 1000, 500);
		open_run(host);
		g_assert_cmpint(pass(host), ==, VMFC_ANSWER_DONE);
		sampler_run_write(&host->run, "proc/70/stat", stat);
		g_assert_cmpint(pass(host), ==,
				strchr("ZX", *state) != NULL ? VMFC_ANSWER_FAILED
							     : VMFC_ANSWER_DONE);
	}
}

/* Where the pids are not ours, a process of ours that has the same is another one. */
static void
test_other_numbers(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	guint own = (guint)getpid();
	g_autofree gchar *pid = g_strdup_printf("%u", own);
	g_autofree gchar *link = g_build_filename(host->run.root, "proc/self", NULL);

	g_assert_cmpint(symlink("4194303", link), ==, 0);
	sampler_run_set(&host->run, "pid", pid);
	write_vm(host, own, "vm", 1000, 500);
	open_run(host);
	g_assert_cmpint(pass(host), ==, VMFC_ANSWER_DONE);
	write_vm(host, own, "vm", 1000, 510);
	g_assert_cmpint(pass(host), ==, VMFC_ANSWER_DONE);
	assert_times(host, 0.2, 0.1, 0.25);
}

/* Without a count of ns a vCPU has its ticks, of which two are rounded. */
static void
test_vcpu_ticks(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		guint ticks;
		gdouble seconds;
	} cases[] = {{100, 1}, {203, 1.03}, {307, NAN}, {407, 1}};

	write_vm(host, 70, "vm", 1000, 0);
	sampler_run_remove(&host->run, "proc/70/task/9/schedstat");
	for (guint i = 0; i <= G_N_ELEMENTS(cases); i++) {
		g_autofree gchar *stat = g_strdup_printf(
			"9 (CPU 0/KVM) S 1 9 9 0 -1 0 0 0 0 0 %u 0 0 0 20 0 6 0 1000 1 1\n",
			i > 0 ? cases[i - 1].ticks : 0);
		sampler_run_write(&host->run, "proc/70/task/9/stat", stat);
		if (i == 0)
			open_run(host);
		g_assert_cmpint(pass(host), ==, VMFC_ANSWER_DONE);
		if (i > 0)
			sampler_run_assert(&host->run, "vm_vcpu_seconds", cases[i - 1].seconds);
	}
}

/* A pid that is none is told of before the run, and a range is a range. */
static void
test_pids(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const pids[] = {"99", "2147483647", "2147483648", "-1"};

	for (guint i = 0; i < G_N_ELEMENTS(pids); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree gchar *reason = g_strdup_printf(
			"there is no process %s, which qemu.pid gives", pids[i]);
		tear_down(host, NULL);
		set_up(host, NULL);
		sampler_run_set(&host->run, "pid", pids[i]);
		g_assert_cmpint(sampler_run_open(&host->run, &error), ==, i < 2);
		if (i >= 2) {
			g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
			continue;
		}
		/* and not in each window again */
		g_assert_cmpint(pass(host), ==, VMFC_ANSWER_DONE);
		g_assert_no_error(host->run.error);
		sampler_run_assert_state(&host->run, "vm_cpu_share", VMFC_STATE_UNSUPPORTED,
					 reason);
	}
}

/* Threads without names are told of 3 s after the VM was found, once, until they have names. */
static void
test_names(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	write_vm(host, 70, "vm", 1000, 500);
	open_run(host);
	for (guint i = 1; i <= 6; i++) {
		write_vm(host, 70, "vm", 1000, 500 + i);
		sampler_run_write(&host->run, "proc/70/task/9/comm", "worker\n");
		/* it was known as a CPU when it was found, until its file is another one */
		if (i == 1)
			sampler_run_write(&host->run, "proc/70/task/9/schedstat", "");
		if (i == 3) /* and some µs */
			g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_WARNING,
					      "vm_vcpu_seconds: QEMU's threads have no names *");
		g_assert_cmpint(pass(host), ==, VMFC_ANSWER_DONE);
		g_test_assert_expected_messages();
		sampler_run_assert(&host->run, "vm_vcpu_seconds", NAN);
		sampler_run_assert_state(&host->run, "vm_vcpu_seconds",
					 i < 3 ? VMFC_STATE_OK : VMFC_STATE_UNSUPPORTED,
					 i < 3 ? NULL : "QEMU's threads have no names *");
	}
	write_vm(host, 70, "vm", 1000, 600);
	g_assert_cmpint(pass(host), ==, VMFC_ANSWER_DONE);
	write_vm(host, 70, "vm", 1000, 610);
	g_assert_cmpint(pass(host), ==, VMFC_ANSWER_DONE);
	sampler_run_assert(&host->run, "vm_vcpu_seconds", 0.1);
	sampler_run_assert_state(&host->run, "vm_vcpu_seconds", VMFC_STATE_OK, NULL);
	/* and again */
	sampler_run_write(&host->run, "proc/70/task/9/comm", "worker\n");
	sampler_run_write(&host->run, "proc/70/task/9/schedstat", "");
	g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_WARNING,
			      "vm_vcpu_seconds: QEMU's threads have no names *");
	g_assert_cmpint(pass(host), ==, VMFC_ANSWER_DONE);
	g_test_assert_expected_messages();
}

#define ADD(path, test) g_test_add("/qemu-life/" path, Host, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("restart", test_restart);
	ADD("another", test_another);
	ADD("states", test_states);
	ADD("other-numbers", test_other_numbers);
	ADD("vcpu-ticks", test_vcpu_ticks);
	ADD("pids", test_pids);
	ADD("names", test_names);
	return g_test_run();
}

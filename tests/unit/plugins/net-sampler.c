/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What is sent and received in a run, and why it is missing in a window. */

#include "sampler-run.h"

#include <unistd.h>

static const gchar *const names[] = {"network_bytes_recv", "network_bytes_sent"};

typedef struct {
	SamplerRun run;
	gint64 counts[2][2]; /* of eth0 and eth1: received and sent */
	gboolean has_second;
} Machine;

static void
write_dev(const Machine *machine)
{
	g_autoptr(GString) text = g_string_new("Inter-|   Receive |\n face |bytes |\n"
					       "    lo: 99 1 0 0 0 0 0 0 99 1 0 0 0 0 0 0\n");

	for (guint i = 0; i < (machine->has_second ? 2 : 1); i++)
		g_string_append_printf(text,
				       "  eth%u:%" G_GINT64_FORMAT
				       " 2 3 4 5 6 7 8 %" G_GINT64_FORMAT " 10 0 0 0 0 0 0\n",
				       i, machine->counts[i][0], machine->counts[i][1]);
	sampler_run_write(&machine->run, "proc/net/dev", text->str);
}

static void
set_up(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	*machine = (Machine){.counts = {{1000, 2000}, {3000, 4000}}, .has_second = TRUE};
	sampler_run_init(&machine->run);
	for (guint i = 0; i < 2; i++) {
		g_autofree gchar *device = g_strdup_printf("sys/class/net/eth%u/device/x", i);
		sampler_run_write(&machine->run, device, "");
	}
	sampler_run_write(&machine->run, "sys/class/net/lo/ifindex", "1\n");
	write_dev(machine);
	sampler_run_open(&machine->run, &error);
	g_assert_no_error(error);
	sampler_run_tick(&machine->run, 1);
}

static void
tear_down(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	sampler_run_clear(&machine->run);
}

static VmfcAnswer
pass(Machine *machine, gint64 received, gint64 sent, gint64 second_received, gint64 second_sent)
{
	machine->counts[0][0] += received;
	machine->counts[0][1] += sent;
	machine->counts[1][0] += second_received;
	machine->counts[1][1] += second_sent;
	write_dev(machine);
	return sampler_run_tick(&machine->run, 1);
}

static void
assert_missing(Machine *machine, VmfcState state, const gchar *reason)
{
	for (guint i = 0; i < 2; i++) {
		sampler_run_assert(&machine->run, names[i], NAN);
		sampler_run_assert_state(&machine->run, names[i], state, reason);
	}
}

static void
assert_moved(Machine *machine, gdouble received, gdouble sent)
{
	sampler_run_assert(&machine->run, names[0], received);
	sampler_run_assert(&machine->run, names[1], sent);
	for (guint i = 0; i < 2; i++)
		sampler_run_assert_state(&machine->run, names[i], VMFC_STATE_OK, NULL);
}

static void
test_sums(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	pass(machine, 1, 2, 4, 8);
	assert_moved(machine, 5, 10);
	pass(machine, 1, 0, 0, 0);
	assert_moved(machine, 1, 0);
	pass(machine, 0, 0, 0, 1);
	assert_moved(machine, 0, 1);
}

static void
test_counts(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	/* two seconds of 2^38 bytes each */
	const gint64 most = (gint64)1 << 39;

	for (guint i = 0; i < 8; i++) {
		gint64 growth[4] = {1, 1, 1, 1};
		growth[i % 4] = i < 4 ? -1 : most + most / 100;
		pass(machine, growth[0], growth[1], growth[2], growth[3]);
		assert_missing(machine, VMFC_STATE_IMPLAUSIBLE,
			       i < 4 ? "the counts of an interface went backwards"
				     : "an interface counted more than any interface can *");
		pass(machine, 1, 2, 4, 8);
		assert_moved(machine, 5, 10);
	}
	pass(machine, most, 1, 1, 1);
	assert_moved(machine, (gdouble)most + 1, 2);
}

static void
test_list(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	for (guint i = 0; i < 2; i++) {
		machine->has_second = i > 0;
		pass(machine, 1, 2, 4, 8);
		assert_missing(machine, VMFC_STATE_IMPLAUSIBLE,
			       "the set of counted interfaces has changed");
		pass(machine, 1, 2, 4, 8);
		assert_moved(machine, i > 0 ? 5 : 1, i > 0 ? 10 : 2);
	}
}

static void
test_damage(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const texts[] = {
		"Inter-|\n face |\n", "  eth0: 1 2 3 4 5 6 7 8 9 10\n  eth1: 1 2 3",
		"  eth0: 1 2 3 4 5 6 7 8 9 10\n  eth1: 1 2 3 4 5 6 7 8\n",
		"  eth0: 1 2 3 4 5 6 7 8 9 10\n  eth1: 1 2 3 4 5 6 7 8 x\n"};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		sampler_run_write(&machine->run, "proc/net/dev", texts[i]);
		g_assert_cmpint(sampler_run_tick(&machine->run, 1), ==, VMFC_ANSWER_FAILED);
		g_assert_error(machine->run.error, VMFC_ERROR, VMFC_ERROR_FORMAT);
		assert_missing(machine, VMFC_STATE_OK, NULL);
		pass(machine, 1, 2, 4, 8);
		sampler_run_assert(&machine->run, names[0], NAN);
		pass(machine, 1, 2, 4, 8);
		assert_moved(machine, 5, 10);
	}
}

/* A line that is no interface's is none that sysfs has to show. */
static void
test_other_line(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar text[] = "  eth0: 1001 2 3 4 5 6 7 8 2002 10\n"
				    "  eth1: 3004 2 3 4 5 6 7 8 4008 10\n  note: 1 2 x\n";

	sampler_run_write(&machine->run, "proc/net/dev", text);
	g_assert_cmpint(sampler_run_tick(&machine->run, 1), ==, VMFC_ANSWER_DONE);
	assert_moved(machine, 5, 10);
}

/* An interface that sysfs does not show: it belongs to another network. */
static void
test_other_sysfs(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	sampler_run_remove(&machine->run, "sys/class/net/eth1");
	g_assert_cmpint(pass(machine, 1, 2, 4, 8), ==, VMFC_ANSWER_DONE);
	assert_missing(machine, VMFC_STATE_UNSUPPORTED,
		       "/sys/class/net shows other interfaces than /proc/net/dev: *");
	sampler_run_remove(&machine->run, "sys/class/net");
	g_assert_cmpint(pass(machine, 1, 2, 4, 8), ==, VMFC_ANSWER_DONE);
	assert_missing(machine, VMFC_STATE_UNSUPPORTED, "/sys/class/net is missing, *");
}

/* Without a device it is the kind that tells; InfiniBand is one that leaves the machine itself. */
static void
test_kinds(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *type;
		gboolean is_counted;
	} cases[] = {{"1\n", TRUE}, {"32\n", TRUE}, {"65534\n", FALSE}, {"778\n", FALSE}};

	for (guint i = 0; i < 2; i++) {
		g_autofree gchar *device = g_strdup_printf("sys/class/net/eth%u/device", i);
		g_autofree gchar *link = g_strdup_printf("sys/class/net/eth%u/iflink", i);
		g_autofree gchar *index = g_strdup_printf("sys/class/net/eth%u/ifindex", i);
		sampler_run_remove(&machine->run, device);
		sampler_run_write(&machine->run, link, i == 0 ? "15\n" : "16\n");
		sampler_run_write(&machine->run, index, i == 0 ? "5\n" : "6\n");
	}
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		sampler_run_write(&machine->run, "sys/class/net/eth1/type", cases[i].type);
		pass(machine, 1, 2, 4, 8);
		pass(machine, 1, 2, 4, 8);
		g_test_message("case %u", i);
		assert_moved(machine, cases[i].is_counted ? 5 : 1, cases[i].is_counted ? 10 : 2);
	}
}

/* Below a root where /proc/net is a link, it is the network of process 1 that counts. */
static void
test_link(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *link = g_build_filename(machine->run.root, "proc/net", NULL);
	g_autoptr(GError) error = NULL;

	sampler_run_close(&machine->run);
	sampler_run_remove(&machine->run, "proc/net");
	g_assert_cmpint(symlink("self/net", link), ==, 0);
	for (guint i = 1; i < 3; i++) {
		g_autofree gchar *text = g_strdup_printf(
			"  eth0: %u 2 3 4 5 6 7 8 %u 10\n  eth1: 0 2 3 4 5 6 7 8 0 10\n", 100 * i,
			7 * i);
		sampler_run_write(&machine->run, "proc/self/net/dev", "  eth0: x\n");
		sampler_run_write(&machine->run, "proc/1/net/dev", text);
		if (i == 1) {
			machine->run.n_ticks = 0;
			sampler_run_open(&machine->run, &error);
			g_assert_no_error(error);
		}
		g_assert_cmpint(sampler_run_tick(&machine->run, 1), ==, VMFC_ANSWER_DONE);
	}
	assert_moved(machine, 100, 7);
}

#define ADD(path, test) g_test_add("/net-sampler/" path, Machine, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("sums", test_sums);
	ADD("counts", test_counts);
	ADD("list", test_list);
	ADD("damage", test_damage);
	ADD("other-line", test_other_line);
	ADD("other-sysfs", test_other_sysfs);
	ADD("kinds", test_kinds);
	ADD("link", test_link);
	return g_test_run();
}

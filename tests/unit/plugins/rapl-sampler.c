/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Energy and power of a host with two sockets, of each and of both. */

#include "sampler-run.h"

#include <string.h>

#define N_METERS 4

static const gchar *const folders[N_METERS] = {"intel-rapl:0", "intel-rapl:1", "intel-rapl:0:0",
					       "intel-rapl:2"};
static const gchar *const names[N_METERS] = {"package-0", "package-1", "core", "psys"};
/* the columns of each, up to their unit */
static const gchar *const columns[N_METERS] = {"rapl_package_0", "rapl_package_1", "rapl_core",
					       "rapl_psys"};

typedef struct {
	SamplerRun run;
	gint64 energy[N_METERS]; /* µJ */
} Host;

static void
write_file(const Host *host, guint meter, const gchar *name, const gchar *text)
{
	g_autofree gchar *path = g_build_filename("sys/class/powercap", folders[meter], name, NULL);
	sampler_run_write(&host->run, path, text);
}

static void
write_energy(const Host *host, guint meter)
{
	g_autofree gchar *text = g_strdup_printf("%" G_GINT64_FORMAT "\n", host->energy[meter]);
	write_file(host, meter, "energy_uj", text);
}

static void
set_up(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	*host = (Host){.energy = {1000, 2000, 3000, 4000}};
	sampler_run_init(&host->run);
	for (guint i = 0; i < N_METERS; i++) {
		g_autofree gchar *line = g_strconcat(names[i], "\n", NULL);
		write_file(host, i, "name", line);
		write_file(host, i, "max_energy_range_uj", "262143328850\n");
		write_energy(host, i);
	}
	sampler_run_open(&host->run, &error);
	g_assert_no_error(error);
	sampler_run_tick(&host->run, 1);
}

static void
tear_down(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	sampler_run_clear(&host->run);
}

/* The window of @seconds, in which each meter grew by so many J; NAN: it cannot be read. */
static void
pass(Host *host, gdouble seconds, const gdouble joules[N_METERS])
{
	for (guint i = 0; i < N_METERS; i++) {
		if (isnan(joules[i])) {
			write_file(host, i, "energy_uj", "x\n");
			continue;
		}
		host->energy[i] += (gint64)llround(joules[i] * 1e6);
		write_energy(host, i);
	}
	g_assert_cmpint(sampler_run_tick(&host->run, seconds), ==, VMFC_ANSWER_DONE);
}

/* Of both columns; the clock moves on by some µs within a tick. */
static void
assert_near(Host *host, const gchar *prefix, gdouble joules, gdouble watts)
{
	g_autofree gchar *energy = g_strconcat(prefix, "_joules", NULL);
	g_autofree gchar *power = g_strconcat(prefix, "_watts", NULL);

	sampler_run_assert(&host->run, energy, joules);
	gdouble is = sampler_run_get(&host->run, power);
	if (isnan(is) != isnan(watts) || fabs(is - watts) > 1e-4 * fabs(watts))
		g_error("%s is %.17g, but must be %.17g", power, is, watts);
}

static void
assert_reason(const Host *host, const gchar *prefix, VmfcState state, const gchar *reason)
{
	g_autofree gchar *energy = g_strconcat(prefix, "_joules", NULL);
	g_autofree gchar *power = g_strconcat(prefix, "_watts", NULL);

	sampler_run_assert_state(&host->run, energy, state, reason);
	sampler_run_assert_state(&host->run, power, state, reason);
}

static const gdouble usual[N_METERS] = {20, 30, 5, 80};

static void
test_values(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	for (guint n = 1; n < 4; n++) {
		gdouble seconds = n / 2.0;
		pass(host, seconds, usual);
		for (guint i = 0; i < N_METERS; i++) {
			assert_near(host, columns[i], usual[i], usual[i] / seconds);
			assert_reason(host, columns[i], VMFC_STATE_OK, NULL);
		}
		assert_near(host, "rapl_package", 50, 50 / seconds);
		assert_near(host, "rapl_dram", NAN, NAN);
		assert_reason(host, "rapl_dram", VMFC_STATE_UNSUPPORTED,
			      "RAPL on this machine's CPUs has no such zone");
	}
}

/* A socket that cannot be read: the sum is not known, and the other socket is. */
static void
test_one_unreadable(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	for (guint bad = 0; bad < 2; bad++) {
		gdouble joules[N_METERS];
		memcpy(joules, usual, sizeof(joules));
		joules[bad] = NAN;
		pass(host, 1, usual);
		assert_near(host, "rapl_package", 50, 50);
		pass(host, 1, joules);
		/* the window after has no begin */
		for (guint n = 0; n < 2; n++) {
			assert_near(host, columns[bad], NAN, NAN);
			assert_near(host, "rapl_package", NAN, NAN);
			assert_near(host, columns[1 - bad], usual[1 - bad], usual[1 - bad]);
			assert_reason(host, columns[bad], VMFC_STATE_UNSUPPORTED,
				      "*/energy_uj has disappeared or contains no number");
			assert_reason(host, "rapl_package", VMFC_STATE_UNSUPPORTED,
				      "*/energy_uj has disappeared or contains no number");
			assert_reason(host, columns[1 - bad], VMFC_STATE_OK, NULL);
			assert_near(host, "rapl_psys", 80, 80);
			if (n == 0)
				pass(host, 1, usual);
		}
		pass(host, 1, usual);
		assert_near(host, "rapl_package", 50, 50);
		assert_reason(host, "rapl_package", VMFC_STATE_OK, NULL);
		assert_reason(host, columns[bad], VMFC_STATE_OK, NULL);
	}
}

/* A reading may be 10 ms late: so much energy can be, but the power of the window cannot. */
static void
test_most(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		gdouble joules;
		gboolean is_energy;
		gboolean is_power;
	} cases[] = {{1995, TRUE, TRUE}, {2015, TRUE, FALSE}, {2025, FALSE, FALSE}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		/* the second socket, so that neither the cores nor psys contradict it */
		const gdouble joules[N_METERS] = {20, cases[i].joules, 5, 3000};
		pass(host, 1, usual);
		pass(host, 1, joules);
		assert_near(host, columns[1], cases[i].is_energy ? cases[i].joules : NAN,
			    cases[i].is_power ? cases[i].joules : NAN);
		sampler_run_assert_state(&host->run, "rapl_package_1_watts",
					 cases[i].is_power ? VMFC_STATE_OK : VMFC_STATE_IMPLAUSIBLE,
					 cases[i].is_power    ? NULL
					 : cases[i].is_energy ? "the counter is updated less *"
							      : "*grows faster than 2000 W, *");
		/* of both sockets twice as much is possible */
		assert_near(host, "rapl_package", cases[i].is_energy ? cases[i].joules + 20 : NAN,
			    cases[i].is_energy ? cases[i].joules + 20 : NAN);
	}
	/* a whole machine may draw more */
	const gdouble much[N_METERS] = {20, 30, 5, 9000};
	pass(host, 1, usual);
	pass(host, 1, much);
	assert_near(host, "rapl_psys", 9000, 9000);
}

/* A little energy counts as well as much. */
static void
test_little(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	static const gdouble little[N_METERS] = {2, 3, 0.5, 8};

	for (guint n = 0; n < 3; n++) {
		pass(host, 1, little);
		for (guint i = 0; i < N_METERS; i++)
			assert_near(host, columns[i], little[i], little[i]);
		assert_near(host, "rapl_package", 5, 5);
	}
}

/* Of two sockets that are wrong in two ways the sum has the reason of the one that says less. */
static void
test_two_reasons(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	for (guint bad = 0; bad < 2; bad++) {
		gdouble joules[N_METERS] = {3000, 3000, 5, 80};
		joules[bad] = NAN;
		pass(host, 1, usual);
		pass(host, 1, usual);
		assert_near(host, "rapl_package", 50, 50);
		pass(host, 1, joules);
		assert_reason(host, "rapl_package", VMFC_STATE_UNSUPPORTED, "*has disappeared *");
		assert_reason(host, columns[bad], VMFC_STATE_UNSUPPORTED, "*has disappeared *");
		assert_reason(host, columns[1 - bad], VMFC_STATE_IMPLAUSIBLE, "*grows faster *");
		pass(host, 1, usual);
	}
}

/* The cores are a part of their own socket: 1.25 times as much and 5 J are how they are read. */
static void
test_part(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	static const gdouble settled[N_METERS] = {100, 100, 5, 300};
	static const gdouble near[N_METERS] = {8, 30, 14.9, 80};
	static const gdouble more[N_METERS] = {8, 30, 15.1, 80};

	pass(host, 1, settled);
	pass(host, 1, near);
	assert_near(host, "rapl_core", 14.9, 14.9);
	assert_near(host, "rapl_package_0", 8, 8);
	pass(host, 1, settled);
	assert_near(host, "rapl_core", 5, 5);
	pass(host, 1, more);
	assert_near(host, "rapl_core", NAN, NAN);
	assert_near(host, "rapl_package_0", NAN, NAN);
	assert_reason(host, "rapl_core", VMFC_STATE_IMPLAUSIBLE, "*contradicts another zone: *");
	assert_near(host, "rapl_package_1", 30, 30);
	pass(host, 1, settled);
	pass(host, 1, settled);
	assert_near(host, "rapl_core", 5, 5);
}

/* Where a zone's counter is read in another folder from now on, that is told of its columns. */
static void
test_views(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar other[] = "sys/class/powercap/intel-rapl-mmio:0";
	static const gchar *const files[][2] = {{"name", "psys\n"},
						{"max_energy_range_uj", "262143328850\n"}};
	g_autoptr(GError) error = NULL;
	guint column;

	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree gchar *path = g_build_filename(other, files[i][0], NULL);
		sampler_run_write(&host->run, path, files[i][1]);
	}
	g_autofree gchar *energy = g_build_filename(other, "energy_uj", NULL);
	sampler_run_write(&host->run, energy, "5000\n");
	sampler_run_close(&host->run);
	host->run.n_ticks = 0;
	sampler_run_open(&host->run, &error);
	g_assert_no_error(error);
	column = sampler_run_find(&host->run, "rapl_psys_joules");
	const VmfcDeclaration *psys = host->run.context->declarations->pdata[column];
	const VmfcDeclaration *first = host->run.context->declarations->pdata[0];
	sampler_run_tick(&host->run, 1);
	pass(host, 1, usual);
	for (guint n = 0; n < 2; n++) {
		guint n_found = 0;
		for (guint i = 0; i + 1 < psys->facts->len; i += 2) {
			if (!g_str_equal(psys->facts->pdata[i], "counter"))
				continue;
			g_assert_cmpstr(psys->facts->pdata[i + 1], ==,
					n == 0 ? "sys/class/powercap/intel-rapl:2" : other);
			n_found++;
		}
		g_assert_cmpuint(n_found, ==, 1);
		const gdouble joules[N_METERS] = {20, 30, 5, NAN};
		g_autofree gchar *text = g_strdup_printf("%u\n", 5000 + (n + 1) * 1000000);
		sampler_run_write(&host->run, energy, text);
		pass(host, 1, joules);
	}
	/* and of no other's */
	for (guint i = 1; first->facts != NULL && i < first->facts->len; i += 2)
		g_assert_cmpstr(first->facts->pdata[i], !=, other);
}

/* A counter that wraps around goes on. */
static void
test_wrap(Host *host, G_GNUC_UNUSED gconstpointer data)
{
	pass(host, 1, usual);
	for (guint i = 0; i < N_METERS; i++) {
		host->energy[i] = 262143328850 - 1000000;
		write_energy(host, i);
	}
	sampler_run_tick(&host->run, 1);
	/* that jump was none of energy, but the reading counts from then on */
	assert_near(host, "rapl_package", NAN, NAN);
	for (guint i = 0; i < N_METERS; i++)
		host->energy[i] = -1000000;
	pass(host, 1, usual);
	for (guint i = 0; i < N_METERS; i++)
		assert_near(host, columns[i], usual[i], usual[i]);
	assert_near(host, "rapl_package", 50, 50);
}

#define ADD(path, test) g_test_add("/rapl-sampler/" path, Host, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("values", test_values);
	ADD("one-unreadable", test_one_unreadable);
	ADD("most", test_most);
	ADD("little", test_little);
	ADD("two-reasons", test_two_reasons);
	ADD("part", test_part);
	ADD("views", test_views);
	ADD("wrap", test_wrap);
	return g_test_run();
}

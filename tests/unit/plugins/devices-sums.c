/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What the sum of devices' counts is from one reading to the next, and when it starts over. */

#include <string.h>

#include "common/devices.h"

#define S G_GINT64_CONSTANT(1000000000)
/* bytes that a device can transfer in a second */
#define MOST   ((gint64)1 << 38)
#define SECTOR 512

typedef struct {
	VmfcDevices devices;
	VmfcDeviceSums sums;
	gint64 time;
	guint n_classified;
	const gchar *left_out; /* a name; NULL: none */
	guint64 identity;      /* of the first */
} Fixture;

static void
classify(GArray *devices, gpointer data)
{
	Fixture *fixture = data;

	fixture->n_classified++;
	for (guint i = 0; i < devices->len; i++) {
		VmfcDevice *device = &g_array_index(devices, VmfcDevice, i);
		device->counted = g_strcmp0(device->name, fixture->left_out) != 0;
		device->identity = i == 0 ? fixture->identity : 1;
	}
}

static void
begin(Fixture *fixture, gint64 unit)
{
	*fixture = (Fixture){.time = 1000 * S};
	vmfc_devices_init(&fixture->devices, unit, TRUE);
}

static void
end(Fixture *fixture)
{
	vmfc_devices_clear(&fixture->devices);
}

/* A reading of two devices, so many ns after the one before. */
static void
read_two(Fixture *fixture, gint64 elapsed, const gint64 counts[4], VmfcDevicesCourse course)
{
	static const gchar *const names[] = {"a", "bb"};

	fixture->time += elapsed;
	vmfc_devices_begin(&fixture->devices, fixture->time);
	for (guint i = 0; i < 2; i++) {
		VmfcScan name = vmfc_scan_new(names[i], strlen(names[i]));
		vmfc_devices_add(&fixture->devices, &name, counts[2 * i], counts[2 * i + 1]);
	}
	g_assert_true(vmfc_devices_end(&fixture->devices, classify, fixture, &fixture->sums));
	g_assert_cmpint(fixture->sums.course, ==, course);
}

/* Each of the four counts has the limit, to the byte, in whatever unit it is. */
static void
test_limit(void)
{
	static const struct {
		gint64 unit;
		gint64 elapsed;
		gint64 most;
	} cases[] = {
		/* some drivers show the counts of a whole second at once */
		{1, S, 2 * MOST},
		{1, 0, MOST},
		{1, 3 * S, 4 * MOST},
		{1, S / 2, 3 * MOST / 2},
		{SECTOR, S, 2 * MOST / SECTOR},
		/* a clock that went back says nothing of the time */
		{1, -S, MOST},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		for (guint j = 0; j < 8; j++) {
			Fixture fixture;
			gint64 counts[4] = {5, 6, 7, 8};
			gint64 more = j / 4;
			begin(&fixture, cases[i].unit);
			read_two(&fixture, 0, counts, VMFC_DEVICES_FIRST);
			counts[j % 4] += cases[i].most + more;
			g_test_message("case %u, count %u", i, j);
			read_two(&fixture, cases[i].elapsed, counts,
				 more > 0 ? VMFC_DEVICES_TOO_FAST : VMFC_DEVICES_CONTINUED);
			/* it affects its own window only */
			counts[j % 4]++;
			read_two(&fixture, S, counts, VMFC_DEVICES_CONTINUED);
			end(&fixture);
		}
	}
}

/* A count that goes back by one, whichever it is, and however much the others grow. */
static void
test_backwards(void)
{
	for (guint i = 0; i < 4; i++) {
		Fixture fixture;
		gint64 counts[4] = {5, 6, 7, 8};
		begin(&fixture, 1);
		read_two(&fixture, 0, counts, VMFC_DEVICES_FIRST);
		read_two(&fixture, S, counts, VMFC_DEVICES_CONTINUED);
		for (guint j = 0; j < 4; j++)
			counts[j] += i == j ? -1 : 100;
		read_two(&fixture, S, counts, VMFC_DEVICES_RESET);
		g_assert_cmpint(fixture.sums.in, ==, counts[0] + counts[2]);
		g_assert_cmpint(fixture.sums.out, ==, counts[1] + counts[3]);
		read_two(&fixture, S, counts, VMFC_DEVICES_CONTINUED);
		end(&fixture);
	}
}

/* A count that cannot be read makes its sum unknown, and is no count to compare the next one with.
 */
static void
test_unreadable(void)
{
	for (guint i = 0; i < 4; i++) {
		Fixture fixture;
		gint64 counts[4] = {5, 6, 7, 8};
		begin(&fixture, 1);
		read_two(&fixture, 0, counts, VMFC_DEVICES_FIRST);
		counts[i] = VMFC_DEVICE_UNREADABLE;
		read_two(&fixture, S, counts, VMFC_DEVICES_RESET);
		g_assert_cmpint(fixture.sums.in < 0, ==, i % 2 == 0);
		g_assert_cmpint(fixture.sums.out < 0, ==, i % 2 == 1);
		read_two(&fixture, S, counts, VMFC_DEVICES_CONTINUED);
		counts[i] = 100 * MOST;
		read_two(&fixture, S, counts, VMFC_DEVICES_CONTINUED);
		g_assert_cmpint(fixture.sums.in, >=, 0);
		g_assert_cmpint(fixture.sums.out, >=, 0);
		end(&fixture);
	}
}

/* A sum that exceeds its range is not known. */
static void
test_overflow(void)
{
	for (guint i = 0; i < 4; i++) {
		Fixture fixture;
		gint64 counts[4] = {5, 6, 7, 8};
		begin(&fixture, 1);
		counts[i] = G_MAXINT64 - counts[(i + 2) % 4];
		read_two(&fixture, 0, counts, VMFC_DEVICES_FIRST);
		g_assert_cmpint(i % 2 == 0 ? fixture.sums.in : fixture.sums.out, ==, G_MAXINT64);
		counts[i]++;
		read_two(&fixture, S, counts, VMFC_DEVICES_CONTINUED);
		g_assert_cmpint(i % 2 == 0 ? fixture.sums.in : fixture.sums.out, ==,
				VMFC_DEVICE_UNREADABLE);
		g_assert_cmpint(i % 2 == 0 ? fixture.sums.out : fixture.sums.in, >, 0);
		end(&fixture);
	}
}

/* A device that is counted no more, or is another one of its name, makes it another sum. */
static void
test_others(void)
{
	const gint64 counts[4] = {5, 6, 7, 8};
	Fixture fixture;

	begin(&fixture, 1);
	read_two(&fixture, 0, counts, VMFC_DEVICES_FIRST);
	/* it is looked at each second */
	for (guint i = 0; i < 20; i++)
		read_two(&fixture, S / 10, counts, VMFC_DEVICES_CONTINUED);
	guint n = fixture.n_classified;
	for (guint i = 0; i < 10; i++)
		read_two(&fixture, S / 10, counts, VMFC_DEVICES_CONTINUED);
	g_assert_cmpuint(fixture.n_classified - n, >=, 1);
	g_assert_cmpuint(fixture.n_classified - n, <=, 2);
	fixture.identity = 7;
	read_two(&fixture, S, counts, VMFC_DEVICES_CHANGED);
	read_two(&fixture, S, counts, VMFC_DEVICES_CONTINUED);
	fixture.left_out = "bb";
	read_two(&fixture, S, counts, VMFC_DEVICES_CHANGED);
	g_assert_cmpint(fixture.sums.in, ==, 5);
	g_assert_cmpint(fixture.sums.out, ==, 6);
	read_two(&fixture, S, counts, VMFC_DEVICES_CONTINUED);
	/* what is not counted may do what it likes */
	static const gint64 other[4] = {5, 6, 1, 100 * MOST};
	read_two(&fixture, S, other, VMFC_DEVICES_CONTINUED);
	end(&fixture);
}

/* One that takes the place of another counts at once, and what its count was before is no matter.
 */
static void
test_replaced(void)
{
	Fixture fixture;

	begin(&fixture, 1);
	for (guint i = 0; i < 8; i++) {
		VmfcScan first = vmfc_scan_new("a", 1);
		VmfcScan second = vmfc_scan_new(i < 6 ? "bb" : "cc", 2);
		/* soon after the last look at them, and when all is settled */
		vmfc_devices_begin(&fixture.devices, fixture.time += S / 100);
		vmfc_devices_add(&fixture.devices, &first, i == 6 ? 10 : 20 + i, 5);
		vmfc_devices_add(&fixture.devices, &second, i < 6 ? 1000 : 7, 5);
		g_assert_true(
			vmfc_devices_end(&fixture.devices, classify, &fixture, &fixture.sums));
		g_assert_cmpint(fixture.sums.course, ==,
				i == 0	 ? VMFC_DEVICES_FIRST
				: i == 6 ? VMFC_DEVICES_CHANGED
					 : VMFC_DEVICES_CONTINUED);
		g_assert_cmpint(fixture.sums.in, ==, i < 6 ? 1020 + i : i == 6 ? 17 : 34);
	}
	end(&fixture);
}

/* A list without a device is no list. */
static void
test_empty(void)
{
	const gint64 counts[4] = {5, 6, 7, 8};
	Fixture fixture;

	begin(&fixture, 1);
	read_two(&fixture, 0, counts, VMFC_DEVICES_FIRST);
	vmfc_devices_begin(&fixture.devices, fixture.time + S);
	g_assert_false(vmfc_devices_end(&fixture.devices, classify, &fixture, &fixture.sums));
	g_assert_cmpint(fixture.sums.course, ==, VMFC_DEVICES_CHANGED);
	end(&fixture);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/devices-sums/limit", test_limit);
	g_test_add_func("/devices-sums/backwards", test_backwards);
	g_test_add_func("/devices-sums/unreadable", test_unreadable);
	g_test_add_func("/devices-sums/overflow", test_overflow);
	g_test_add_func("/devices-sums/others", test_others);
	g_test_add_func("/devices-sums/replaced", test_replaced);
	g_test_add_func("/devices-sums/empty", test_empty);
	return g_test_run();
}

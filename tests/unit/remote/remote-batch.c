/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "remote/remote-batch.h"

#include <string.h>

#include "remote/remote-pack.h"
#include "write.pb-c.h"

#define LIMIT (1024 * 1024)

static VmfcRemoteSeries *
make_series(const gchar *name, const gchar *zone)
{
	const VmfcRemoteLabel labels[] = {
		{"zone", zone},	 {"empty", ""},	    {VMFC_REMOTE_NAME, name},
		{"job", "vmfc"}, {"zone", "other"},
	};

	return vmfc_remote_series_new(labels, G_N_ELEMENTS(labels));
}

/* Every byte, worked out by hand from the encoding of protocol buffers. */
static void
test_bytes(void)
{
	static const guint8 expected[] = {
		/* time series, 53 bytes; labels with name and value; a sample with its time */
		0x0a, 0x35, 0x0a, 0x0d, 0x0a, 0x08, '_',  '_', 'n',  'a',  'm',	 'e',  '_',  '_',
		0x12, 0x01, 'x',  0x0a, 0x0b, 0x0a, 0x03, 'j', 'o',  'b',  0x12, 0x04, 'v',  'm',
		'f',  'c',  0x0a, 0x09, 0x0a, 0x04, 'z',  'o', 'n',  'e',  0x12, 0x01, 'p',  0x12,
		0x0c, 0x09, 0,	  0,	0,    0,    0,	  0,   0xf8, 0x3f, 0x10, 0xac, 0x02,
	};
	g_autoptr(VmfcRemoteSeries) series = make_series("x", "p");
	g_autoptr(VmfcRemoteBatch) batch = vmfc_remote_batch_new();
	g_autoptr(GByteArray) message = g_byte_array_new();

	vmfc_remote_batch_add(batch, series, 300, 1.5);
	vmfc_remote_batch_append_message(batch, message);
	g_assert_cmpmem(message->data, message->len, expected, sizeof(expected));
}

static Vmfc__Remote__WriteRequest *
unpack(GBytes *body)
{
	g_autoptr(GByteArray) message = g_byte_array_new();
	gsize size;
	const guint8 *packed = g_bytes_get_data(body, &size);

	g_assert_true(vmfc_remote_unpack(packed, size, LIMIT, message));
	Vmfc__Remote__WriteRequest *request = vmfc__remote__write_request__unpack(
		NULL, message->len, message->data);
	g_assert_nonnull(request);
	return request;
}

static void
test_body(void)
{
	g_autoptr(VmfcRemoteSeries) package = make_series("vmfc_power_watts", "package");
	g_autoptr(VmfcRemoteSeries) core = make_series("vmfc_power_watts", "core");
	g_autoptr(VmfcRemoteBatch) batch = vmfc_remote_batch_new();
	guint64 bits;

	for (guint i = 0; i < 100; i++) {
		vmfc_remote_batch_add(batch, package, 1000 + i, i / 3.0);
		vmfc_remote_batch_add(batch, core, 1000 + i, -0.0);
	}
	vmfc_remote_batch_add_stale(batch, core, 1100);
	g_assert_cmpuint(vmfc_remote_batch_get_n_samples(batch), ==, 201);
	g_autoptr(GBytes) body = vmfc_remote_batch_build_body(batch);
	Vmfc__Remote__WriteRequest *request = unpack(body);
	g_assert_cmpuint(request->n_timeseries, ==, 2);
	g_assert_cmpuint(request->timeseries[0]->n_labels, ==, 3);
	g_assert_cmpstr(request->timeseries[0]->labels[2]->value, ==, "package");
	g_assert_cmpuint(request->timeseries[0]->n_samples, ==, 100);
	for (guint i = 0; i < 100; i++) {
		g_assert_cmpint(request->timeseries[0]->samples[i]->timestamp, ==, 1000 + i);
		g_assert_true(request->timeseries[0]->samples[i]->value == i / 3.0);
	}
	g_assert_cmpuint(request->timeseries[1]->n_samples, ==, 101);
	memcpy(&bits, &request->timeseries[1]->samples[100]->value, sizeof(bits));
	g_assert_cmphex(bits, ==, G_GUINT64_CONSTANT(0x7ff0000000000002));
	vmfc__remote__write_request__free_unpacked(request, NULL);
	vmfc_remote_batch_clear(batch);
	g_assert_cmpuint(vmfc_remote_batch_get_n_samples(batch), ==, 0);
}

/* Two messages that follow each other are one with the series of both. */
static void
test_joined(void)
{
	g_autoptr(VmfcRemoteSeries) series = make_series("x", "");
	g_autoptr(VmfcRemoteBatch) batch = vmfc_remote_batch_new();
	g_autoptr(GByteArray) message = g_byte_array_new();

	vmfc_remote_batch_add(batch, series, 1, 1);
	vmfc_remote_batch_append_message(batch, message);
	vmfc_remote_batch_clear(batch);
	vmfc_remote_batch_add(batch, series, 2, 2);
	vmfc_remote_batch_append_message(batch, message);
	Vmfc__Remote__WriteRequest *request = vmfc__remote__write_request__unpack(
		NULL, message->len, message->data);
	g_assert_cmpuint(request->n_timeseries, ==, 2);
	g_assert_cmpint(request->timeseries[1]->samples[0]->timestamp, ==, 2);
	vmfc__remote__write_request__free_unpacked(request, NULL);
}

static void
test_unpack(void)
{
	g_autoptr(GByteArray) message = g_byte_array_new();
	guint8 zeros[1000] = {0};
	g_autoptr(GBytes) body = vmfc_remote_pack(zeros, sizeof(zeros));
	gsize size;
	const guint8 *packed = g_bytes_get_data(body, &size);

	g_assert_true(vmfc_remote_unpack(packed, size, LIMIT, message));
	g_assert_cmpuint(message->len, ==, sizeof(zeros));
	g_assert_false(vmfc_remote_unpack(packed, size, 2 * sizeof(zeros) - 1, message));
	g_assert_true(vmfc_remote_unpack(packed, size, 2 * sizeof(zeros), message));
	g_assert_false(vmfc_remote_unpack(packed, size - 1, LIMIT, message));
	g_assert_false(vmfc_remote_unpack(packed, 0, LIMIT, message));
	g_assert_cmpuint(message->len, ==, 2 * sizeof(zeros));
}

static void
test_labels(void)
{
	g_assert_true(vmfc_remote_label_is_valid("vm_id"));
	g_assert_true(vmfc_remote_label_is_valid("_a1"));
	g_assert_false(vmfc_remote_label_is_valid(""));
	g_assert_false(vmfc_remote_label_is_valid("1a"));
	g_assert_false(vmfc_remote_label_is_valid("a-b"));
	g_assert_false(vmfc_remote_label_is_valid("__name__"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/remote-batch/bytes", test_bytes);
	g_test_add_func("/remote-batch/body", test_body);
	g_test_add_func("/remote-batch/joined", test_joined);
	g_test_add_func("/remote-batch/unpack", test_unpack);
	g_test_add_func("/remote-batch/labels", test_labels);
	return g_test_run();
}

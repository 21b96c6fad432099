/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "remote/remote-batch.h"

#include <string.h>

#include "remote/remote-pack.h"
#include "remote/remote-series-private.h"

/*
 * The NaN that says that a series has ended (prometheus.io/docs/specs/prw/remote_write_spec,
 * "stale markers"). No sum of numbers gives this one.
 */
#define STALE_BITS G_GUINT64_CONSTANT(0x7ff0000000000002)

/* The samples of one series, in the order in which they were added. */
typedef struct {
	VmfcRemoteSeries *series;
	GArray *samples; /* of Vmfc__Remote__Sample */
} Entry;

struct _VmfcRemoteBatch {
	GPtrArray *entries;    /* in the order in which their series were added */
	GHashTable *by_series; /* series → Entry */
	guint n_samples;
};

static void
entry_free(Entry *entry)
{
	vmfc_remote_series_unref(entry->series);
	g_array_unref(entry->samples);
	g_free(entry);
}

VmfcRemoteBatch *
vmfc_remote_batch_new(void)
{
	VmfcRemoteBatch *batch = g_new0(VmfcRemoteBatch, 1);

	batch->entries = g_ptr_array_new_with_free_func((GDestroyNotify)entry_free);
	batch->by_series = g_hash_table_new(NULL, NULL);
	return batch;
}

void
vmfc_remote_batch_free(VmfcRemoteBatch *batch)
{
	g_hash_table_unref(batch->by_series);
	g_ptr_array_unref(batch->entries);
	g_free(batch);
}

static Entry *
find_or_add_entry(VmfcRemoteBatch *self, VmfcRemoteSeries *series)
{
	Entry *entry = g_hash_table_lookup(self->by_series, series);

	if (entry != NULL)
		return entry;
	entry = g_new0(Entry, 1);
	entry->series = vmfc_remote_series_ref(series);
	entry->samples = g_array_new(FALSE, FALSE, sizeof(Vmfc__Remote__Sample));
	g_ptr_array_add(self->entries, entry);
	g_hash_table_insert(self->by_series, series, entry);
	return entry;
}

/* Samples of a series must be added in order of time: receivers refuse others. */
void
vmfc_remote_batch_add(VmfcRemoteBatch *batch, VmfcRemoteSeries *series, gint64 milliseconds,
		      gdouble value)
{
	Entry *entry = find_or_add_entry(batch, series);
	Vmfc__Remote__Sample sample = VMFC__REMOTE__SAMPLE__INIT;

	sample.value = value;
	sample.timestamp = milliseconds;
	g_array_append_val(entry->samples, sample);
	batch->n_samples++;
}

/* Says that the series has no value from that time on. */
void
vmfc_remote_batch_add_stale(VmfcRemoteBatch *batch, VmfcRemoteSeries *series, gint64 milliseconds)
{
	const guint64 bits = STALE_BITS;
	gdouble value;

	memcpy(&value, &bits, sizeof(value));
	vmfc_remote_batch_add(batch, series, milliseconds, value);
}

/* Stale markers count as well. */
guint
vmfc_remote_batch_get_n_samples(const VmfcRemoteBatch *batch)
{
	return batch->n_samples;
}

void
vmfc_remote_batch_clear(VmfcRemoteBatch *batch)
{
	g_hash_table_remove_all(batch->by_series);
	g_ptr_array_set_size(batch->entries, 0);
	batch->n_samples = 0;
}

/*
 * Appends the batch as a WriteRequest, uncompressed. Messages that follow each other are one
 * message with the series of all (protobuf.dev/programming-guides/encoding, "last one wins":
 * repeated fields are joined).
 */
void
vmfc_remote_batch_append_message(const VmfcRemoteBatch *batch, GByteArray *message)
{
	guint n_series = batch->entries->len;
	g_autofree Vmfc__Remote__TimeSeries *series = g_new0(Vmfc__Remote__TimeSeries, n_series);
	g_autofree Vmfc__Remote__TimeSeries **all = g_new0(Vmfc__Remote__TimeSeries *, n_series);
	g_autofree Vmfc__Remote__Sample **samples = g_new0(Vmfc__Remote__Sample *,
							   batch->n_samples);
	Vmfc__Remote__WriteRequest request = VMFC__REMOTE__WRITE_REQUEST__INIT;
	guint at = 0;

	for (guint i = 0; i < n_series; i++) {
		const Entry *entry = batch->entries->pdata[i];
		all[i] = &series[i];
		vmfc__remote__time_series__init(all[i]);
		all[i]->n_labels = entry->series->n_labels;
		all[i]->labels = entry->series->pointers;
		all[i]->n_samples = entry->samples->len;
		all[i]->samples = samples + at;
		for (guint j = 0; j < entry->samples->len; j++)
			samples[at++] = &g_array_index(entry->samples, Vmfc__Remote__Sample, j);
	}
	request.n_timeseries = n_series;
	request.timeseries = all;
	guint start = message->len;
	g_byte_array_set_size(
		message, start + (guint)vmfc__remote__write_request__get_packed_size(&request));
	vmfc__remote__write_request__pack(&request, message->data + start);
}

/* Returns: (transfer full): the body of a request: the message, compressed */
GBytes *
vmfc_remote_batch_build_body(const VmfcRemoteBatch *batch)
{
	g_autoptr(GByteArray) message = g_byte_array_new();

	vmfc_remote_batch_append_message(batch, message);
	return vmfc_remote_pack(message->data, message->len);
}

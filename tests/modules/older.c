/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Plugins as they were built against an older header: descriptor and table end where they ended
 * there, and whoever reads what follows is killed.
 */

#include "vmfc/vmfc-plugin.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE		4096
#define DESCRIPTOR_SIZE G_STRUCT_OFFSET(VmfcPlugin, aliases)

/* of all but a sink */
G_GNUC_UNUSED static gpointer
older_open(VmfcContext *context, G_GNUC_UNUSED GError **error)
{
	const VmfcColumn column = {.name = "older", .unit = "1", .type = VMFC_TYPE_INT};

	if (g_str_equal(G_STRINGIFY(NAME), "older_sampler"))
		vmfc_context_add_column(context, &column);
	return g_new0(gint, 1);
}

#ifdef CASE_older_sampler
#define MINOR	   4
#define TABLE_SIZE G_STRUCT_OFFSET(VmfcSampler, derive)
#define FIELD	   sampler

static VmfcAnswer
older_sample(G_GNUC_UNUSED gpointer self, VmfcRecord *record, G_GNUC_UNUSED GError **error)
{
	vmfc_record_set_int(record, 0, 7);
	return VMFC_ANSWER_DONE;
}

static const VmfcSampler table = {.open = older_open, .sample = older_sample, .close = g_free};
#endif

#ifdef CASE_older_workload
#define MINOR	   1
#define TABLE_SIZE G_STRUCT_OFFSET(VmfcWorkload, finish)
#define FIELD	   workload

static gboolean
older_start(G_GNUC_UNUSED gpointer self, G_GNUC_UNUSED GError **error)
{
	return TRUE;
}

static void
older_stop(G_GNUC_UNUSED gpointer self)
{
}

static const VmfcWorkload table = {
	.open = older_open, .start = older_start, .stop = older_stop, .close = g_free};
#endif

#ifdef CASE_older_sink
#define MINOR	   4
#define TABLE_SIZE G_STRUCT_OFFSET(VmfcSink, extension)
#define FIELD	   sink

static gpointer
sink_open(VmfcContext *context, G_GNUC_UNUSED const VmfcSchema *schema, GError **error)
{
	return vmfc_context_create_output(context, ".older", "begin\n", error);
}

static gboolean
sink_write(gpointer self, G_GNUC_UNUSED const VmfcRecord *record, GError **error)
{
	return vmfc_output_append(self, 0, "record\n", strlen("record\n"), error);
}

static gboolean
sink_close(gpointer self, GError **error)
{
	return vmfc_output_close(self, error);
}

static const VmfcSink table = {.open = sink_open, .write = sink_write, .close = sink_close};
#endif

/* What is given stands at the end of the first page of each; the second one cannot be read. */
typedef struct {
	guint8 pages[2][PAGE];
} __attribute__((aligned(PAGE))) Guarded;

extern Guarded older_descriptor;
Guarded older_descriptor __attribute__((visibility("hidden")));
static Guarded older_table;

/* Returns: where it stands */
static gconstpointer
put(Guarded *guarded, gconstpointer what, gsize size)
{
	gpointer at = (guint8 *)guarded + PAGE - size;

	memcpy(at, what, size);
	/* where pages are larger, what follows is in the same one */
	if (IS_GUARDED && sysconf(_SC_PAGESIZE) == PAGE &&
	    mprotect(guarded->pages[1], PAGE, PROT_NONE) < 0)
		_exit(1);
	return at;
}

__attribute__((constructor)) static void
put_tables(void)
{
	const VmfcPlugin descriptor = {
		.abi_major = VMFC_ABI_MAJOR,
		.abi_minor = MINOR,
		.name = G_STRINGIFY(NAME),
		.version = "1",
		.license = "Apache-2.0",
		.summary = "was built against an older header",
		.rank = 200,
		.FIELD = put(&older_table, &table, TABLE_SIZE),
	};

	put(&older_descriptor, &descriptor, DESCRIPTOR_SIZE);
	/* the symbol that the loader asks for */
	__asm__ volatile(".globl vmfc_plugin\n"
			 ".type vmfc_plugin, @object\n"
			 ".set vmfc_plugin, older_descriptor + %c0\n"
			 :
			 : "i"(PAGE - DESCRIPTOR_SIZE));
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "disks.h"
#include "parse.h"
#include "vmfc/vmfc-plugin.h"

#define SOURCE "/proc/diskstats"
/* A sector of /proc/diskstats has 512 bytes, whatever the disk's own sector size is. */
#define SECTORS_PER_MIB 2048.0
#define SECTOR_SIZE	512

enum {
	READ_MB,
	WRITE_MB,
	N_COLUMNS,
};

static const VmfcColumn columns[N_COLUMNS] = {
	[READ_MB] =
		{"disk_io_read_mb", "MiB", VMFC_KIND_COUNTER, VMFC_TYPE_FLOAT, FALSE, SOURCE,
		 "read from whole disks that are not stacked on others, in units of 2^20 bytes"},
	[WRITE_MB] =
		{"disk_io_write_mb", "MiB", VMFC_KIND_COUNTER, VMFC_TYPE_FLOAT, FALSE, SOURCE,
		 "written to whole disks that are not stacked on others, in units of 2^20 bytes"},
};

static const gchar *const course_reasons[VMFC_DEVICES_N_COURSES] = {
	[VMFC_DEVICES_CHANGED] = "the set of counted disks has changed",
	[VMFC_DEVICES_RESET] = "the counts of a disk went backwards",
	[VMFC_DEVICES_TOO_FAST] = "a disk counted more than any disk can transfer",
	[VMFC_DEVICES_SWITCHED] = "the accounting of a disk was switched on or off",
};

typedef struct {
	VmfcContext *context;
	VmfcFile *diskstats;
	Disks disks;
	VmfcDevices devices;
	gchar off[64]; /* the disk whose accounting was off at the last reading */
	gchar *reason; /* why it is missing, nullable */
	gchar *remedy;
} Disk;

static void
disk_close(gpointer data)
{
	Disk *self = data;
	vmfc_devices_clear(&self->devices);
	disks_clear(&self->disks);
	g_free(self->reason);
	g_free(self->remedy);
	g_free(self);
}

/*
 * Whether the accounting of a disk is off: then its transfers are unknown, and so is the sum. Makes
 * the texts only when it is another disk than before.
 */
static gboolean
disk_report_off(Disk *self)
{
	const gchar *off = self->disks.off;

	if (off[0] == '\0')
		return FALSE;
	if (self->reason == NULL || !g_str_equal(self->off, off)) {
		g_autofree gchar *entry = g_strdelimit(g_strdup(off), "/", '!');
		g_free(self->reason);
		g_free(self->remedy);
		self->reason = g_strdup_printf("the accounting of the disk %s is off", off);
		self->remedy = g_strdup_printf("Switch it on with `echo 1 > %s/%s/queue/iostats`",
					       self->disks.folder, entry);
		g_strlcpy(self->off, off, sizeof(self->off));
	}
	for (guint i = 0; i < N_COLUMNS; i++)
		vmfc_context_set_state(self->context, i, VMFC_STATE_UNSUPPORTED, self->reason,
				       self->remedy);
	return TRUE;
}

/* Reads the counts of the disks. Returns: whether the list is complete */
static gboolean
disk_read(Disk *self, const gchar *text, gsize length, VmfcDeviceSums *sums)
{
	gboolean was_off = self->disks.off[0] != '\0';

	vmfc_devices_begin(&self->devices, vmfc_context_get_time(self->context));
	gboolean whole = disk_parse_diskstats(text, length, &self->devices);
	gboolean switched = disks_were_switched(&self->disks);
	if (disks_have_changed(&self->disks) || switched)
		vmfc_devices_classify_again(&self->devices);
	whole &= vmfc_devices_end(&self->devices, disks_classify, &self->disks, sums);
	if ((switched || was_off) && sums->course == VMFC_DEVICES_CONTINUED)
		sums->course = VMFC_DEVICES_SWITCHED;
	return whole;
}

/* Does in a check what a run does at its first tick. */
static void
disk_check(Disk *self)
{
	VmfcDeviceSums sums;
	gsize length;
	const gchar *text = vmfc_file_read(self->diskstats, &length, NULL);

	if (text != NULL && disk_read(self, text, length, &sums))
		disk_report_off(self);
}

static gpointer
disk_open(VmfcContext *context, GError **error)
{
	for (guint i = 0; i < N_COLUMNS; i++)
		vmfc_context_add_column(context, &columns[i]);
	VmfcFile *diskstats = vmfc_context_open_file(context, "proc/diskstats", error);
	if (diskstats == NULL)
		return NULL;
	g_autofree gchar *folder = vmfc_context_build_path(context, "sys/block");
	if (!g_file_test(folder, G_FILE_TEST_IS_DIR)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
			    "%s is missing, so that vmfc cannot tell disks from their partitions: "
			    "mount sysfs",
			    folder);
		return NULL;
	}
	Disk *self = g_new0(Disk, 1);
	gboolean is_own = g_str_equal(folder, "/sys/block");
	self->context = context;
	self->diskstats = diskstats;
	disks_init(&self->disks, g_steal_pointer(&folder), is_own);
	vmfc_devices_init(&self->devices, SECTOR_SIZE, disks_are_polled(&self->disks));
	if (vmfc_context_is_check(context))
		disk_check(self);
	return self;
}

static VmfcAnswer
disk_sample(gpointer data, VmfcRecord *record, GError **error)
{
	Disk *self = data;
	VmfcDeviceSums sums;
	gsize length;

	const gchar *text = vmfc_file_read(self->diskstats, &length, error);
	if (text == NULL) {
		vmfc_devices_forget_course(self->context);
		return VMFC_ANSWER_FAILED;
	}
	gboolean whole = disk_read(self, text, length, &sums);
	if (whole && !self->disks.unexplained && disk_report_off(self))
		return VMFC_ANSWER_DONE;
	if (whole && !self->disks.unexplained && sums.in >= 0)
		vmfc_record_set_float(record, READ_MB, (gdouble)sums.in / SECTORS_PER_MIB);
	if (whole && !self->disks.unexplained && sums.out >= 0)
		vmfc_record_set_float(record, WRITE_MB, (gdouble)sums.out / SECTORS_PER_MIB);
	whole &= sums.in >= 0 && sums.out >= 0 && !self->disks.unexplained;
	vmfc_devices_report_course(&sums, self->context, record, whole ? course_reasons : NULL);
	if (whole)
		return VMFC_ANSWER_DONE;
	if (self->disks.unexplained)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
			    "%s contains none of the disks of " SOURCE
			    ", so that vmfc cannot tell disks from their partitions: mount sysfs",
			    self->disks.folder);
	else
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    SOURCE " lists no disk, or has an invalid line");
	return VMFC_ANSWER_FAILED;
}

static const VmfcSampler sampler = {
	.open = disk_open,
	.sample = disk_sample,
	.close = disk_close,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "disk",
	.version = VMFC_VERSION,
	.license = "Apache-2.0",
	.summary = "bytes read from and written to disks",
	.group = "proc",
	.rank = 40,
	.sampler = &sampler,
};

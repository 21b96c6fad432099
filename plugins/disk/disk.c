/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "parse.h"
#include "vmfc/vmfc-plugin.h"

#define SOURCE "/proc/diskstats"
/* A sector of /proc/diskstats has 512 bytes, whatever the disk's own are. */
#define SECTORS_PER_MIB 2048.0

enum {
	READ_MB,
	WRITE_MB,
	N_COLUMNS,
};

static const VmfcColumn columns[N_COLUMNS] = {
	[READ_MB] = {"disk_io_read_mb", "MiB", VMFC_KIND_COUNTER, VMFC_TYPE_FLOAT, FALSE, SOURCE,
		     "read from whole disks that stand on no other, in units of 2^20 bytes"},
	[WRITE_MB] = {"disk_io_write_mb", "MiB", VMFC_KIND_COUNTER, VMFC_TYPE_FLOAT, FALSE, SOURCE,
		      "written to whole disks that stand on no other, in units of 2^20 bytes"},
};

typedef struct {
	VmfcFile *diskstats;
	gchar *sys_block;
	VmfcDevices devices;
	gboolean unexplained; /* disks are listed, but /sys/block knows none of them */
} Disk;

static void
disk_close(gpointer data)
{
	Disk *self = data;
	vmfc_devices_clear(&self->devices);
	g_free(self->sys_block);
	g_free(self);
}

static gpointer
disk_open(VmfcContext *context, GError **error)
{
	for (guint i = 0; i < N_COLUMNS; i++)
		vmfc_context_add_column(context, &columns[i]);
	VmfcFile *diskstats = vmfc_context_open_file(context, "proc/diskstats", error);
	if (diskstats == NULL)
		return NULL;
	g_autofree gchar *sys_block = vmfc_context_build_path(context, "sys/block");
	if (!g_file_test(sys_block, G_FILE_TEST_IS_DIR)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
			    "%s is not there, so that disks cannot be told from their partitions: "
			    "mount sysfs",
			    sys_block);
		return NULL;
	}
	Disk *self = g_new0(Disk, 1);
	self->diskstats = diskstats;
	self->sys_block = g_steal_pointer(&sys_block);
	vmfc_devices_init(&self->devices);
	return self;
}

/* Memory, files and volumes of a pool of disks, of which sysfs does not say what they stand on. */
static gboolean
is_made_of_something_else(const gchar *name)
{
	static const gchar *const families[] = {"loop", "ram", "zram", "zd"};

	for (guint i = 0; i < G_N_ELEMENTS(families); i++) {
		if (g_str_has_prefix(name, families[i]) &&
		    g_ascii_isdigit(name[strlen(families[i])]))
			return TRUE;
	}
	return FALSE;
}

/* /sys/block holds whole disks only, and below slaves/ what a dm or md device is made of. */
static gboolean
is_counted(const Disk *self, const gchar *name)
{
	g_autofree gchar *entry = g_strdelimit(g_strdup(name), "/", '!');
	g_autofree gchar *folder = g_build_filename(self->sys_block, entry, NULL);
	g_autofree gchar *slaves = g_build_filename(folder, "slaves", NULL);

	if (is_made_of_something_else(name) || !g_file_test(folder, G_FILE_TEST_IS_DIR))
		return FALSE;
	g_autoptr(GDir) dir = g_dir_open(slaves, 0, NULL);
	return dir == NULL || g_dir_read_name(dir) == NULL;
}

/*
 * A path of NVMe's own multipath is called nvme0c1n2 and the disk over it nvme0n2. Both count what
 * passes through, the disk only from Linux 6.4 on: so the paths are counted.
 *
 * Returns: (transfer full) (nullable): the disk over the path that @name is
 */
static gchar *
find_multipath_disk(const gchar *name)
{
	gchar *end;

	if (!g_str_has_prefix(name, "nvme"))
		return NULL;
	guint64 subsystem = g_ascii_strtoull(name + strlen("nvme"), &end, 10);
	if (*end != 'c')
		return NULL;
	g_ascii_strtoull(end + 1, &end, 10);
	return *end == 'n' ? g_strdup_printf("nvme%" G_GUINT64_FORMAT "%s", subsystem, end) : NULL;
}

static void
leave_out_multipath_disks(GArray *devices)
{
	g_autoptr(GHashTable) disks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < devices->len; i++) {
		const VmfcDevice *device = &g_array_index(devices, VmfcDevice, i);
		gchar *over = device->counted ? find_multipath_disk(device->name) : NULL;
		if (over != NULL)
			g_hash_table_add(disks, over);
	}
	for (guint i = 0; i < devices->len && g_hash_table_size(disks) > 0; i++) {
		VmfcDevice *device = &g_array_index(devices, VmfcDevice, i);
		if (g_hash_table_contains(disks, device->name))
			device->counted = FALSE;
	}
}

static void
disk_classify(GArray *devices, gpointer data)
{
	Disk *self = data;
	gboolean any_counted = FALSE;
	gboolean any_disk = FALSE;

	for (guint i = 0; i < devices->len; i++) {
		VmfcDevice *device = &g_array_index(devices, VmfcDevice, i);
		device->counted = is_counted(self, device->name);
		any_counted |= device->counted;
		any_disk |= !is_made_of_something_else(device->name);
	}
	self->unexplained = any_disk && !any_counted;
	leave_out_multipath_disks(devices);
}

static VmfcAnswer
disk_sample(gpointer data, VmfcRecord *record, GError **error)
{
	Disk *self = data;
	VmfcDeviceSums sums;
	gsize length;

	const gchar *text = vmfc_file_read(self->diskstats, &length, error);
	if (text == NULL)
		return VMFC_ANSWER_FAILED;
	vmfc_devices_begin(&self->devices);
	gboolean whole = disk_parse_diskstats(text, length, &self->devices);
	whole &= vmfc_devices_end(&self->devices, disk_classify, self, &sums);
	if (self->unexplained) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
			    "%s knows none of the disks of " SOURCE
			    ", so that disks cannot be told from their partitions: mount sysfs",
			    self->sys_block);
		return VMFC_ANSWER_FAILED;
	}
	if (whole && sums.in >= 0)
		vmfc_record_set_float(record, READ_MB, (gdouble)sums.in / SECTORS_PER_MIB);
	if (whole && sums.out >= 0)
		vmfc_record_set_float(record, WRITE_MB, (gdouble)sums.out / SECTORS_PER_MIB);
	for (guint i = 0; !sums.goes_on && i < N_COLUMNS; i++)
		vmfc_record_restart(record, i);
	if (whole && sums.in >= 0 && sums.out >= 0)
		return VMFC_ANSWER_DONE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		    SOURCE " lists no disk, or one that cannot be understood");
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
	.summary = "what was read from and written to disks",
	.group = "proc",
	.rank = 40,
	.sampler = &sampler,
};

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "parse.h"
#include "vmfc/vmfc-plugin.h"

#define SOURCE "/proc/net/dev"

enum {
	BYTES_SENT,
	BYTES_RECV,
	N_COLUMNS,
};

static const VmfcColumn columns[N_COLUMNS] = {
	[BYTES_SENT] = {"network_bytes_sent", "bytes", VMFC_KIND_COUNTER, VMFC_TYPE_INT, FALSE,
			SOURCE, "sent on interfaces that have a device behind them"},
	[BYTES_RECV] = {"network_bytes_recv", "bytes", VMFC_KIND_COUNTER, VMFC_TYPE_INT, FALSE,
			SOURCE, "received on interfaces that have a device behind them"},
};

typedef struct {
	VmfcFile *dev;
	gchar *sys_net;
	VmfcDevices devices;
} Net;

static void
net_close(gpointer data)
{
	Net *self = data;
	vmfc_devices_clear(&self->devices);
	g_free(self->sys_net);
	g_free(self);
}

/*
 * proc/net is a link to what belongs to the process that looks, also in the procfs of another
 * machine: in a container that has the host's below --root it would give the container's
 * interfaces, under the names of the host's. Process 1 is in the network that the sysfs there
 * shows.
 */
static VmfcFile *
open_dev(VmfcContext *context, GError **error)
{
	g_autofree gchar *own = vmfc_context_build_path(context, "proc/net");
	gboolean is_elsewhere = !g_str_equal(own, "/proc/net") &&
				g_file_test(own, G_FILE_TEST_IS_SYMLINK);

	return vmfc_context_open_file(context, is_elsewhere ? "proc/1/net/dev" : "proc/net/dev",
				      error);
}

static gpointer
net_open(VmfcContext *context, GError **error)
{
	for (guint i = 0; i < N_COLUMNS; i++)
		vmfc_context_add_column(context, &columns[i]);
	VmfcFile *dev = open_dev(context, error);
	if (dev == NULL)
		return NULL;
	Net *self = g_new0(Net, 1);
	self->dev = dev;
	self->sys_net = vmfc_context_build_path(context, "sys/class/net");
	vmfc_devices_init(&self->devices);
	return self;
}

static gboolean
has_device(const Net *self, const gchar *name)
{
	g_autofree gchar *device = g_build_filename(self->sys_net, name, "device", NULL);
	return g_file_test(device, G_FILE_TEST_EXISTS);
}

/*
 * Clouds put a passed-through function under a paravirtual interface that counts its traffic as
 * well (Documentation/networking/net_failover.rst, and Hyper-V's netvsc): both have a device.
 */
static gboolean
is_counted_by_master(const Net *self, const gchar *name)
{
	g_autofree gchar *link = g_build_filename(self->sys_net, name, "master", NULL);
	g_autofree gchar *target = g_file_read_link(link, NULL);
	g_autofree gchar *master = target != NULL ? g_path_get_basename(target) : NULL;
	return master != NULL && has_device(self, master);
}

/* A bridge, bond or VLAN has a link lower_NAME to each interface that it is made of. */
static gboolean
stands_on_another(const Net *self, const gchar *name)
{
	g_autofree gchar *folder = g_build_filename(self->sys_net, name, NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const gchar *entry;

	while (dir != NULL && (entry = g_dir_read_name(dir)) != NULL) {
		if (g_str_has_prefix(entry, "lower_"))
			return TRUE;
	}
	return FALSE;
}

static void
net_classify(GArray *devices, gpointer data)
{
	gboolean any = FALSE;

	for (guint i = 0; i < devices->len; i++) {
		VmfcDevice *device = &g_array_index(devices, VmfcDevice, i);
		device->counted = has_device(data, device->name) &&
				  !is_counted_by_master(data, device->name);
		any |= device->counted;
	}
	/* in a container none has one */
	for (guint i = 0; !any && i < devices->len; i++) {
		VmfcDevice *device = &g_array_index(devices, VmfcDevice, i);
		device->counted = !g_str_equal(device->name, "lo") &&
				  !stands_on_another(data, device->name);
	}
}

static VmfcAnswer
net_sample(gpointer data, VmfcRecord *record, GError **error)
{
	Net *self = data;
	VmfcDeviceSums sums;
	gsize length;

	const gchar *text = vmfc_file_read(self->dev, &length, error);
	if (text == NULL)
		return VMFC_ANSWER_FAILED;
	vmfc_devices_begin(&self->devices);
	gboolean whole = net_parse_dev(text, length, &self->devices);
	whole &= vmfc_devices_end(&self->devices, net_classify, self, &sums);
	if (whole && sums.in >= 0)
		vmfc_record_set_int(record, BYTES_RECV, sums.in);
	if (whole && sums.out >= 0)
		vmfc_record_set_int(record, BYTES_SENT, sums.out);
	for (guint i = 0; !sums.goes_on && i < N_COLUMNS; i++)
		vmfc_record_restart(record, i);
	if (whole && sums.in >= 0 && sums.out >= 0)
		return VMFC_ANSWER_DONE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		    SOURCE " lists no interface, or one that cannot be understood");
	return VMFC_ANSWER_FAILED;
}

static const VmfcSampler sampler = {
	.open = net_open,
	.sample = net_sample,
	.close = net_close,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "net",
	.version = VMFC_VERSION,
	.license = "Apache-2.0",
	.summary = "what was sent and received on the network",
	.group = "proc",
	.rank = 50,
	.sampler = &sampler,
};

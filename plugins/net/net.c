/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "links.h"
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
			SOURCE, "sent by interfaces that are backed by a device"},
	[BYTES_RECV] = {"network_bytes_recv", "bytes", VMFC_KIND_COUNTER, VMFC_TYPE_INT, FALSE,
			SOURCE, "received by interfaces that are backed by a device"},
};

static const gchar *const course_reasons[VMFC_DEVICES_N_COURSES] = {
	[VMFC_DEVICES_CHANGED] = "the set of counted interfaces has changed",
	[VMFC_DEVICES_RESET] = "the counts of an interface went backwards",
	[VMFC_DEVICES_TOO_FAST] = "an interface counted more than any interface can transfer",
};

/* Why the interfaces to count are not known. */
static const struct {
	const gchar *reason;
	const gchar *remedy;
} state_reasons[] = {
	[NET_LINKS_NO_SYSFS] = {"/sys/class/net is missing, so that vmfc does not know which "
				"interfaces use others",
				"Mount sysfs on /sys"},
	[NET_LINKS_OTHER_SYSFS] =
		{"/sys/class/net shows other interfaces than " SOURCE
		 ": it belongs to another network namespace",
		 "Mount the sysfs of this network namespace on /sys, as `ip netns exec` does; do "
		 "not give a container the /sys of its host"},
};

typedef struct {
	VmfcContext *context;
	VmfcFile *dev;
	NetLinks links;
	VmfcDevices devices;
} Net;

static void
net_close(gpointer data)
{
	Net *self = data;
	vmfc_devices_clear(&self->devices);
	net_links_clear(&self->links);
	g_free(self);
}

/*
 * proc/net is a link to the network of the reading process, also in the procfs of another machine.
 * In a container with the host's procfs below --root it would show the container's interfaces as
 * the host's. Process 1 is in the network that the sysfs there shows.
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

static void
net_report_state(Net *self)
{
	NetLinksState state = self->links.state;

	for (guint i = 0; i < N_COLUMNS; i++)
		vmfc_context_set_state(self->context, i, VMFC_STATE_UNSUPPORTED,
				       state_reasons[state].reason, state_reasons[state].remedy);
}

/* Returns: whether the list is complete */
static gboolean
net_read(Net *self, const gchar *text, gsize length, VmfcDeviceSums *sums)
{
	vmfc_devices_begin(&self->devices, vmfc_context_get_time(self->context));
	gboolean whole = net_parse_dev(text, length, &self->devices);
	if (net_links_have_changed(&self->links))
		vmfc_devices_classify_again(&self->devices);
	whole &= vmfc_devices_end(&self->devices, net_links_classify, &self->links, sums);
	return whole;
}

/* Does in a check what a run does at its first tick. */
static void
net_check(Net *self)
{
	VmfcDeviceSums sums;
	gsize length;
	const gchar *text = vmfc_file_read(self->dev, &length, NULL);

	if (text != NULL && net_read(self, text, length, &sums) &&
	    self->links.state != NET_LINKS_KNOWN)
		net_report_state(self);
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
	gchar *folder = vmfc_context_build_path(context, "sys/class/net");
	self->context = context;
	self->dev = dev;
	net_links_init(&self->links, folder, g_str_equal(folder, "/sys/class/net"));
	vmfc_devices_init(&self->devices, 1, self->links.events < 0);
	if (vmfc_context_is_check(context))
		net_check(self);
	return self;
}

static VmfcAnswer
net_sample(gpointer data, VmfcRecord *record, GError **error)
{
	Net *self = data;
	VmfcDeviceSums sums;
	gsize length;

	const gchar *text = vmfc_file_read(self->dev, &length, error);
	if (text == NULL) {
		vmfc_devices_forget_course(self->context);
		return VMFC_ANSWER_FAILED;
	}
	gboolean whole = net_read(self, text, length, &sums);
	if (whole && self->links.state != NET_LINKS_KNOWN) {
		net_report_state(self);
		return VMFC_ANSWER_DONE;
	}
	if (whole && sums.in >= 0)
		vmfc_record_set_int(record, BYTES_RECV, sums.in);
	if (whole && sums.out >= 0)
		vmfc_record_set_int(record, BYTES_SENT, sums.out);
	whole &= sums.in >= 0 && sums.out >= 0;
	vmfc_devices_report_course(&sums, self->context, record, whole ? course_reasons : NULL);
	if (whole)
		return VMFC_ANSWER_DONE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		    SOURCE " lists no interface, or has an invalid line");
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
	.summary = "bytes sent and received on the network",
	.group = "proc",
	.rank = 50,
	.sampler = &sampler,
};

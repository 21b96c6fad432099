/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "links.h"

#include "common/kernel-events.h"
#include "common/sysfs.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * The kind of an interface. Only interfaces of the first kind in this order are counted: if one has
 * a device, only those with a device; tunnels only if all interfaces are tunnels.
 */
typedef enum {
	KIND_DEVICE,
	KIND_LINK, /* the container's end of a link */
	KIND_TAP,  /* the other end is a program of this machine; it may be the only interface */
	KIND_OVER, /* its packets leave through another interface, or not at all */
	KIND_NEVER,
	KIND_NOT_SHOWN, /* not in sysfs */
} Kind;

/* -------------------------------------------------------- kernel messages */

/* @is_own: whether the folder should show the network of this process */
void
net_links_init(NetLinks *links, gchar *folder, gboolean is_own)
{
	*links = (NetLinks){.folder = folder, .events = -1, .names = -1};
	if (!is_own)
		return;
	links->events = vmfc_kernel_events_open(NETLINK_ROUTE, RTMGRP_LINK);
	links->names = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

void
net_links_clear(NetLinks *links)
{
	g_free(links->folder);
	if (links->events >= 0)
		close(links->events);
	if (links->names >= 0)
		close(links->names);
}

/*
 * Whether the kernel has reported a change of an interface since the last call, rtnetlink(7). sysfs
 * shows better which change it was.
 */
gboolean
net_links_have_changed(const NetLinks *links)
{
	return links->events >= 0 && vmfc_kernel_events_drain(links->events, NULL);
}

/* ------------------------------------------------------------------ sysfs */

static gboolean
has(const NetLinks *links, const gchar *name, const gchar *entry)
{
	return vmfc_sysfs_has(links->folder, name, entry);
}

/* An alias of an interface on old kernels, eth0:1, which is not a separate interface. */
static gboolean
is_alias(const NetLinks *links, const gchar *name)
{
	return strchr(name, ':') != NULL && !has(links, name, "");
}

/* A bridge, bond or VLAN has a link lower_NAME to each interface that it uses. */
static gboolean
has_lower(const NetLinks *links, const gchar *name)
{
	return vmfc_sysfs_has_below(links->folder, name, "", "lower_");
}

static gint64
read_int(const NetLinks *links, const gchar *name, const gchar *entry, gint64 otherwise)
{
	return vmfc_sysfs_read_int(links->folder, name, entry, otherwise);
}

/*
 * Clouds put a passed-through function below a paravirtual interface that counts its traffic as
 * well (Documentation/networking/net_failover.rst, and Hyper-V's netvsc). Both have a device.
 */
static gboolean
is_counted_by_master(const NetLinks *links, const gchar *name)
{
	return has(links, name, "master/device");
}

/* The ports of a switch chip use the interface of the processor, Documentation/networking/dsa/. */
static gboolean
is_switch_port(const NetLinks *links, const gchar *name, gint64 index)
{
	return read_int(links, name, "iflink", index) != index && has_lower(links, name);
}

/* Whether its kind uses other interfaces, by DEVTYPE in `uevent`. */
static gboolean
is_of_type_over(const NetLinks *links, const gchar *name)
{
	static const gchar *const types[] = {"amt",  "bareudp", "bond",	    "bridge", "geneve",
					     "gtp",  "hsr",	"l2tpeth",  "macsec", "ppp",
					     "vlan", "vxlan",	"wireguard"};
	gchar text[256];

	if (!vmfc_sysfs_read(links->folder, name, "uevent", text, sizeof(text)))
		return FALSE;
	const gchar *type = strstr(text, "DEVTYPE=");
	if (type == NULL)
		return FALSE;
	type += strlen("DEVTYPE=");
	gsize length = strcspn(type, "\n");
	for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
		if (strlen(types[i]) == length && strncmp(types[i], type, length) == 0)
			return TRUE;
	}
	return FALSE;
}

/*
 * Whether its packets leave through another interface or do not leave at all, without a link that
 * shows it: a tunnel whose packets may be routed through any interface, a bridge without ports, a
 * dummy, an ifb.
 */
static gboolean
is_over(const NetLinks *links, const gchar *name, gint64 index)
{
	gint64 type = read_int(links, name, "type", ARPHRD_ETHER);
	gint64 link = read_int(links, name, "iflink", index);

	/* ipip, sit, gre, WireGuard, tun and similar ones have their own types, linux/if_arp.h */
	if (type != ARPHRD_ETHER && type != ARPHRD_INFINIBAND)
		return TRUE;
	/* gretap without a lower interface; dummy and ifb, which ask no neighbour for addresses */
	return link == 0 || is_of_type_over(links, name) ||
	       (link == index && (read_int(links, name, "flags", 0) & IFF_NOARP) != 0);
}

/* -------------------------------------------------- network of the sysfs */

/* Whether sysfs shows the address that the interface has here. Other kinds have other lengths. */
static gboolean
is_same_address(const NetLinks *links, const gchar *name, const struct sockaddr *address)
{
	const guint8 *own = (const guint8 *)address->sa_data;
	gchar text[32], expected[32];

	if (address->sa_family != ARPHRD_ETHER ||
	    !vmfc_sysfs_read(links->folder, name, "address", text, sizeof(text)))
		return TRUE;
	g_snprintf(expected, sizeof(expected), "%02x:%02x:%02x:%02x:%02x:%02x", own[0], own[1],
		   own[2], own[3], own[4], own[5]);
	return g_str_equal(text, expected);
}

/*
 * Whether sysfs shows the interface of that name. A process can be in another network namespace
 * than its sysfs (nsenter --net; a container with the host's /sys).
 */
static gboolean
is_shown(const NetLinks *links, const gchar *name, gint64 index)
{
	struct ifreq request = {0};

	if (!has(links, name, "") || read_int(links, name, "ifindex", index) != index)
		return FALSE;
	if (links->names < 0)
		return TRUE;
	g_strlcpy(request.ifr_name, name, sizeof(request.ifr_name));
	return ioctl(links->names, SIOCGIFHWADDR, &request) != 0 ||
	       is_same_address(links, name, &request.ifr_hwaddr);
}

/* ---------------------------------------------------------- classification */

static Kind
find_kind(const NetLinks *links, const gchar *name, gint64 index)
{
	if (g_str_equal(name, "lo") || is_alias(links, name))
		return KIND_NEVER;
	if (!is_shown(links, name, index))
		return KIND_NOT_SHOWN;
	if (has(links, name, "device"))
		return is_switch_port(links, name, index) ? KIND_NEVER : KIND_DEVICE;
	if (is_over(links, name, index))
		return KIND_OVER;
	return has(links, name, "tun_flags") ? KIND_TAP : KIND_LINK;
}

/* Returns: the number of the interface that has that name now; 0 when it is not known */
static gint64
find_index(const NetLinks *links, const gchar *name)
{
	struct ifreq request = {0};

	if (links->names < 0)
		return read_int(links, name, "ifindex", 0);
	g_strlcpy(request.ifr_name, name, sizeof(request.ifr_name));
	return ioctl(links->names, SIOCGIFINDEX, &request) == 0 ? request.ifr_ifindex : 0;
}

/*
 * Reads constant properties only while an interface is new, because that takes about ten files
 * each. A folder that a user made may contain anything, so it is read every time.
 */
static void
find_facts(const NetLinks *links, VmfcDevice *device)
{
	gint64 index = find_index(links, device->name);
	gboolean is_own = links->names >= 0;

	if (is_own && device->fresh == 0 && device->identity == (guint64)index &&
	    device->kind != KIND_NOT_SHOWN)
		return;
	if (device->fresh > 0)
		device->fresh--;
	device->identity = (guint64)index;
	device->kind = is_own && index == 0 ? KIND_NEVER : find_kind(links, device->name, index);
	/* an invalid line may not belong to an interface */
	if (device->kind == KIND_NOT_SHOWN && device->in == VMFC_DEVICE_UNREADABLE)
		device->kind = KIND_LINK;
}

static NetLinksState
find_state(const NetLinks *links, const GArray *devices)
{
	if (access(links->folder, F_OK) != 0)
		return NET_LINKS_NO_SYSFS;
	for (guint i = 0; i < devices->len; i++) {
		const VmfcDevice *device = &g_array_index(devices, VmfcDevice, i);
		if (device->kind == KIND_NOT_SHOWN)
			return NET_LINKS_OTHER_SYSFS;
	}
	return NET_LINKS_KNOWN;
}

/* Without sysfs a single interface certainly uses no other. */
static void
count_sole(GArray *devices, NetLinks *links)
{
	VmfcDevice *sole = NULL;
	guint n = 0;

	for (guint i = 0; i < devices->len; i++) {
		VmfcDevice *device = &g_array_index(devices, VmfcDevice, i);
		device->identity = 0;
		if (g_str_equal(device->name, "lo") || is_alias(links, device->name))
			continue;
		sole = device;
		n++;
	}
	if (n > 1)
		return;
	links->state = NET_LINKS_KNOWN;
	if (sole != NULL)
		sole->counted = TRUE;
}

/* Whether no other interface counts the traffic of this one at present. */
static gboolean
uses_no_other(const NetLinks *links, const VmfcDevice *device)
{
	return device->kind == KIND_DEVICE ? !is_counted_by_master(links, device->name)
					   : !has_lower(links, device->name);
}

/* Returns: whether an interface of that kind exists */
static gboolean
count_kind(GArray *devices, const NetLinks *links, Kind kind)
{
	gboolean any = FALSE;

	for (guint i = 0; i < devices->len; i++) {
		VmfcDevice *device = &g_array_index(devices, VmfcDevice, i);
		if (device->kind != kind)
			continue;
		device->counted = uses_no_other(links, device);
		any |= device->counted;
	}
	return any;
}

void
net_links_classify(GArray *devices, gpointer data)
{
	NetLinks *links = data;
	gboolean any = FALSE;

	for (guint i = 0; i < devices->len; i++) {
		VmfcDevice *device = &g_array_index(devices, VmfcDevice, i);
		device->counted = FALSE;
		find_facts(links, device);
	}
	links->state = find_state(links, devices);
	if (links->state != NET_LINKS_KNOWN) {
		count_sole(devices, links);
		return;
	}
	for (Kind kind = KIND_DEVICE; kind < KIND_NEVER && !any; kind++)
		any = count_kind(devices, links, kind);
}

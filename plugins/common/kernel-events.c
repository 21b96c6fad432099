/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "common/kernel-events.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

/* One message of a link is about 1.5 KiB, a uevent at most 2 KiB. */
#define MESSAGE_SIZE 8192
/* Maximum messages per tick. With more the sampler classifies the devices in any case. */
#define MAX_MESSAGES 256

/*
 * Opens a socket on which the kernel reports changes, netlink(7). Any user may listen.
 *
 * @group: the multicast group, as a bit
 *
 * Returns: -1 when the kernel does not offer it
 */
gint
vmfc_kernel_events_open(gint protocol, guint group)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = group};
	gint fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);

	if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/*
 * Reads the messages of the kernel since the last call.
 *
 * @concerns: (nullable): whether a message matters; %NULL: all matter
 *
 * Returns: whether to classify the devices again: a message requires it, or messages were lost
 */
gboolean
vmfc_kernel_events_drain(gint fd, VmfcKernelEventFunc concerns)
{
	_Alignas(struct nlmsghdr) gchar message[MESSAGE_SIZE];
	gboolean look = FALSE;

	for (guint i = 0; i < MAX_MESSAGES; i++) {
		gssize length = recv(fd, message, sizeof(message), MSG_DONTWAIT);
		if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return look;
		if (length < 0) /* ENOBUFS: the socket's buffer was full */
			look = TRUE;
		else
			look |= concerns == NULL || concerns(message, (gsize)length);
	}
	return TRUE;
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "common/cpus.h"

#include <sched.h>
#include <unistd.h>

/* Returns: how many CPUs this process may use: fewer in a container or under taskset(1) */
guint
vmfc_cpus_count_usable(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return vmfc_cpus_count_online();
	return (guint)CPU_COUNT(&set);
}

/* Returns: how many CPUs the machine has */
guint
vmfc_cpus_count_online(void)
{
	return (guint)MAX(sysconf(_SC_NPROCESSORS_ONLN), 1);
}

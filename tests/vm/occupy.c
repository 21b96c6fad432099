/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * occupy N: counts N events of its own on every CPU until it is ended, so that others have to take
 * turns at the counters with it. For 64-bit Arm.
 */

#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_RAW,
		.size = sizeof(attr),
		.config = 0x08, /* INST_RETIRED, see the Arm Architecture Reference Manual */
	};
	long n_cpus = sysconf(_SC_NPROCESSORS_ONLN);

	for (int i = 0; i < (argc > 1 ? atoi(argv[1]) : 1); i++) {
		for (int cpu = 0; cpu < n_cpus; cpu++) {
			if (syscall(SYS_perf_event_open, &attr, -1, cpu, -1, 0) < 0) {
				perror("perf_event_open");
				return 1;
			}
		}
	}
	puts("occupied");
	fflush(stdout);
	pause();
	return 0;
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * A loop that waits for a timer and does nothing: how late anybody's tick would be here and now.
 *
 *   timer INTERVAL_US DURATION_MS
 *
 * Prints how late each wake-up was, in µs, a line each. Deadlines lie in the middle between those
 * of a collector on the same grid of the wall clock, so that the two do not wait for each other.
 */

#include <err.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

static int64_t
get_time(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

int
main(int argc, char *argv[])
{
	if (argc != 3)
		errx(2, "usage: timer INTERVAL_US DURATION_MS");
	int64_t interval = strtoll(argv[1], NULL, 10) * NS_PER_US;
	int64_t duration = strtoll(argv[2], NULL, 10) * NS_PER_MS;
	if (interval <= 0 || duration <= 0)
		errx(2, "both must be above 0");

	int64_t now = get_time(CLOCK_MONOTONIC);
	int64_t real = get_time(CLOCK_REALTIME);
	int64_t first = now + interval - real % interval + interval / 2;
	const struct itimerspec when = {
		.it_value = {first / NS_PER_S, first % NS_PER_S},
		.it_interval = {interval / NS_PER_S, interval % NS_PER_S},
	};
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (timer < 0 || timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL) < 0)
		err(1, "timer");
	size_t n_most = (size_t)(duration / interval) + 1;
	int64_t *late = calloc(n_most, sizeof(*late));
	size_t n = 0;
	uint64_t expired = 0;
	for (uint64_t passed = 0; late != NULL && n < n_most && passed < n_most;) {
		if (read(timer, &expired, sizeof(expired)) < 0)
			err(1, "read");
		/* late against the newest deadline, as in vmfc's records */
		passed += expired;
		now = get_time(CLOCK_MONOTONIC);
		late[n++] = now - first - (int64_t)(passed - 1) * interval;
	}
	for (size_t i = 0; i < n; i++)
		printf("%" PRId64 "\n", late[i] / NS_PER_US);
	free(late);
	return 0;
}

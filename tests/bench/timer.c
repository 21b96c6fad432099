/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * A loop that waits for a timer and does nothing: how late anybody's tick would be here and now.
 *
 *   timer INTERVAL_US DURATION_MS
 *
 * Prints for each wake-up how late it was, in µs, and how many deadlines had passed before that one
 * without any. Deadlines lie in the middle between those
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

typedef struct {
	int64_t late; /* ns, against the newest deadline */
	uint64_t missed;
} Wakeup;

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
	Wakeup *wakeups = calloc(n_most, sizeof(*wakeups));
	size_t n = 0;
	uint64_t expired = 0;
	for (uint64_t passed = 0; wakeups != NULL && n < n_most && passed < n_most;) {
		if (read(timer, &expired, sizeof(expired)) < 0)
			err(1, "read");
		/* late against the newest deadline, as in vmfc's records */
		passed += expired;
		now = get_time(CLOCK_MONOTONIC);
		wakeups[n].late = now - first - (int64_t)(passed - 1) * interval;
		wakeups[n++].missed = expired - 1;
	}
	for (size_t i = 0; i < n; i++)
		printf("%" PRId64 " %" PRIu64 "\n", wakeups[i].late / NS_PER_US, wakeups[i].missed);
	free(wakeups);
	return 0;
}

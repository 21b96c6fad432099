/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * PR_SET_PDEATHSIG, prctl(2), ends one process when its parent dies, but not the children of that
 * process. So the guard is the parent of the workload. It is a "subreaper": it inherits every
 * orphan of the workload. When vmfc tells it to stop, when vmfc dies or when the program ends, the
 * guard kills these processes until none is left. It sends signals only to its own children. No
 * other process can have reaped them, so no pid can have passed to an unrelated process.
 *
 * If the guard itself is killed, the program dies with it. The children of the program survive
 * unless they watch their own parent, as stress-ng's workers do.
 *
 * Between fork(2) and exec(3) a process with several threads may call async-signal-safe functions
 * only, signal-safety(7). The guard calls no other functions.
 */

#include "common/child-guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/scan.h"

#define NS_PER_MS     1000000
#define MAX_WAIT      (3600 * NS_PER_S)
#define NS_PER_S      G_GINT64_CONSTANT(1000000000)
#define VMFC_IS_DEAD  SIGHUP
#define NAME	      "workload-guard" /* not vmfc-..., which pkill -9 vmfc would match */
#define LIFE_FD	      3
#define CHILDREN      "/proc/thread-self/children" /* proc(5) */
#define CHILDREN_SIZE 8192
#define ASK_PAUSE     (50 * NS_PER_MS)
#define KILL_PAUSE    (10 * NS_PER_MS)
#define MAX_TRIES     5
/* How long to wait for orphans that the kernel does not list, so that none can be killed. */
#define BLIND_TIMEOUT NS_PER_S

static gint64
get_time(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (gint64)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void
report_failure(const gchar *program, const gchar *why)
{
	const gchar *const texts[] = {program, " cannot be run: ", why, "\n"};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		if (write(STDERR_FILENO, texts[i], strlen(texts[i])) < 0)
			return;
	}
}

/* Sets the default actions, as a new program expects them, whatever vmfc does with its signals. */
static void
reset_signals(void)
{
	const struct sigaction default_action = {.sa_handler = SIG_DFL};

	for (gint i = 1; i < NSIG; i++)
		sigaction(i, &default_action, NULL);
}

/* The write fails when vmfc is dead: nothing is left to report to. */
static void
report(const VmfcChildGuardNews *news)
{
	gssize written = write(LIFE_FD, news, sizeof(*news));
	(void)written;
}

/* The folder in which the program runs. The guard makes it before it forks. */
typedef struct {
	gint fd;      /* open, and locked while the program or a child of it lives */
	gint failure; /* errno */
} Folder;

/* Another vmfc that removes old folders may have found the folder before it was locked. */
static gboolean
is_removed(const gchar *path, gint fd)
{
	struct stat named;
	struct stat held;

	return stat(path, &named) < 0 || fstat(fd, &held) < 0 || named.st_ino != held.st_ino ||
	       named.st_dev != held.st_dev;
}

static Folder
make_folder(const gchar *path)
{
	Folder folder = {-1, 0};

	for (guint i = 0; i < MAX_TRIES; i++) {
		if (mkdir(path, 0700) < 0)
			break;
		folder.fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
		if (folder.fd < 0)
			break;
		/* not every file system has locks; vmfc removes no old folders on those */
		flock(folder.fd, LOCK_EX | LOCK_NB);
		if (!is_removed(path, folder.fd))
			return folder;
		close(folder.fd);
		errno = EAGAIN;
	}
	folder.fd = -1;
	folder.failure = errno;
	return folder;
}

static G_NORETURN void
run(const VmfcChildGuardOrder *order, const Folder *folder, pid_t guard)
{
	const VmfcChildGuardNews running = {VMFC_CHILD_GUARD_RUNNING, 0};
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != guard)
		_exit(VMFC_CHILD_GUARD_NOT_RUN);
	reset_signals();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	gint failure = folder->failure;
	if (folder->fd >= 0 && fchdir(folder->fd) < 0)
		failure = errno;
	if (failure != 0) {
		report_failure(order->folder, strerrordesc_np(failure));
		_exit(VMFC_CHILD_GUARD_NOT_RUN);
	}
	report(&running);
	execv(order->argv[0], (gchar *const *)order->argv);
	report_failure(order->argv[0], strerrordesc_np(errno));
	_exit(VMFC_CHILD_GUARD_NOT_RUN);
}

/* Waits for the end of a child or for a request to end everything; at most until @deadline. */
static gint
wait_for_signal(const sigset_t *signals, gint64 deadline)
{
	gint64 left = CLAMP(deadline - get_time(), 0, MAX_WAIT);
	const struct timespec timeout = {left / NS_PER_S, left % NS_PER_S};
	return sigtimedwait(signals, NULL, &timeout);
}

/* Leaves the program a zombie, so that no other process gets its pid or process group. */
static gboolean
has_ended(pid_t program)
{
	siginfo_t info = {0};
	return waitid(P_PID, (id_t)program, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	       info.si_pid == program;
}

/* The guard reaps every other child that has ended; the program itself stays a zombie. */
static void
reap_orphans(pid_t program)
{
	for (;;) {
		siginfo_t info = {0};
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0 ||
		    info.si_pid == program)
			return;
		waitpid(info.si_pid, NULL, WNOHANG);
	}
}

/*
 * Kills the processes that the program has left in other process groups: they are children of the
 * guard now.
 *
 * Returns: the number of processes that the guard may not kill
 */
static guint
kill_orphans(void)
{
	gchar text[CHILDREN_SIZE];
	gint fd = open(CHILDREN, O_RDONLY | O_CLOEXEC);
	gssize length = fd >= 0 ? read(fd, text, sizeof(text)) : 0;
	VmfcScan list = vmfc_scan_new(text, (gsize)MAX(length, 0));
	gint64 orphan;
	guint n_left = 0;

	if (fd >= 0)
		close(fd);
	/* a blank follows each pid, except one that the end of the buffer has cut */
	while (vmfc_scan_int(&list, &orphan) && !vmfc_scan_is_done(&list)) {
		if (orphan > 0 && kill((pid_t)orphan, SIGKILL) < 0 && errno == EPERM)
			n_left++;
	}
	return n_left;
}

/* Ends all remaining processes and reports the result to vmfc. */
static void
end_all(pid_t program, const sigset_t *signals)
{
	VmfcChildGuardNews news = {VMFC_CHILD_GUARD_ENDED, 0};
	gint64 deadline = get_time() + BLIND_TIMEOUT;
	gboolean sees_orphans = access(CHILDREN, R_OK) == 0;

	/* not reaped yet, so the pid and the process group still belong to the program */
	kill(-program, SIGKILL);
	gboolean may_kill = kill(program, SIGKILL) == 0 || errno != EPERM;
	while (!has_ended(program) && (may_kill || get_time() < deadline))
		wait_for_signal(signals, get_time() + KILL_PAUSE);
	if (has_ended(program))
		waitpid(program, &news.status, 0);
	/* the rest of the group is dying, and the guard has inherited its children */
	for (;;) {
		pid_t ended;
		guint n_left = kill_orphans();
		while ((ended = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		gboolean can_wait = sees_orphans && n_left == 0;
		if (ended < 0 || (!can_wait && get_time() > deadline)) {
			news.event = ended == 0 ? VMFC_CHILD_GUARD_LEFT : VMFC_CHILD_GUARD_ENDED;
			break;
		}
		wait_for_signal(signals, get_time() + KILL_PAUSE);
	}
	report(&news);
}

/* Reports to vmfc when the program is stopped or continued. */
static void
report_stops(pid_t program)
{
	for (;;) {
		siginfo_t info = {0};
		if (waitid(P_PID, (id_t)program, &info, WSTOPPED | WCONTINUED | WNOHANG) < 0 ||
		    info.si_pid != program)
			return;
		const VmfcChildGuardNews news = {info.si_code == CLD_CONTINUED
							 ? VMFC_CHILD_GUARD_CONTINUED
							 : VMFC_CHILD_GUARD_STOPPED,
						 0};
		report(&news);
	}
}

/* Runs the program until it ends or vmfc tells the guard to end it. */
static void
watch(pid_t program, const sigset_t *signals)
{
	const VmfcChildGuardNews dying = {VMFC_CHILD_GUARD_DYING, 0};
	gint64 deadline = G_MAXINT64;

	while (!has_ended(program) && get_time() < deadline) {
		gboolean is_asked = deadline != G_MAXINT64;
		gint number = wait_for_signal(signals,
					      is_asked ? get_time() + ASK_PAUSE : deadline);
		if (number == SIGTERM || number == VMFC_IS_DEAD) {
			gint64 timeout = number == SIGTERM ? VMFC_CHILD_GUARD_TIMEOUT
							   : VMFC_CHILD_GUARD_SHORT_TIMEOUT;
			deadline = MIN(deadline, get_time() + timeout * NS_PER_MS);
			is_asked = TRUE;
		}
		/* repeatedly: a process that was just being started may have missed the signal */
		if (is_asked)
			kill(-program, SIGTERM);
		report_stops(program);
		reap_orphans(program);
	}
	if (deadline == G_MAXINT64)
		report(&dying);
	end_all(program, signals);
}

/* A program that was killed may leave many files in its folder. */
static void
remove_folder(const gchar *folder)
{
	const gchar *const command[] = {"/bin/rm", "-rf", "--", folder, NULL};
	pid_t remover = fork();

	if (remover == 0) {
		execv(command[0], (gchar *const *)command);
		_exit(VMFC_CHILD_GUARD_NOT_RUN);
	}
	while (remover > 0 && waitpid(remover, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Closes all files of vmfc except @life, which shows vmfc that the guard is alive. */
static void
close_files(const VmfcChildGuardOrder *order)
{
	gint nothing = open("/dev/null", O_RDONLY);

	dup2(nothing, STDIN_FILENO);
	if (order->output >= 0) {
		dup2(order->output, STDOUT_FILENO);
		dup2(order->output, STDERR_FILENO);
	}
	if (order->life != LIFE_FD)
		dup2(order->life, LIFE_FD);
	fcntl(LIFE_FD, F_SETFD, FD_CLOEXEC);
	closefrom(LIFE_FD + 1);
}

static G_NORETURN void
guard(const VmfcChildGuardOrder *order, pid_t vmfc)
{
	sigset_t signals;
	pid_t self = getpid();

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, VMFC_IS_DEAD);
	reset_signals();
	/* all signals were blocked until now, so that none was lost */
	sigprocmask(SIG_SETMASK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_NAME, NAME);
	/* keys typed at vmfc's terminal are for vmfc alone */
	setpgid(0, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, VMFC_IS_DEAD);
	if (getppid() != vmfc)
		_exit(VMFC_CHILD_GUARD_NOT_RUN);
	close_files(order);

	const Folder nowhere = {-1, 0};
	const Folder folder = order->folder != NULL ? make_folder(order->folder) : nowhere;
	pid_t program = fork();
	if (program == 0)
		run(order, &folder, self);
	if (program < 0) {
		report_failure(order->argv[0], strerrordesc_np(errno));
		_exit(VMFC_CHILD_GUARD_NOT_RUN);
	}
	setpgid(program, program); /* parent and child both do this: either may be first */
	watch(program, &signals);
	if (folder.fd >= 0)
		remove_folder(order->folder);
	_exit(0);
}

/*
 * Starts a guard, which starts the program. On SIGTERM and on the death of the calling thread the
 * guard ends the program, all its children and then itself.
 *
 * Returns: the guard's pid, which the caller must wait for; negative with errno set
 */
pid_t
vmfc_child_guard_start(const VmfcChildGuardOrder *order)
{
	pid_t vmfc = getpid();
	sigset_t all;
	sigset_t before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid_t child = fork();
	if (child == 0)
		guard(order, vmfc);
	gint failure = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = failure;
	return child;
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Loaded before libc (LD_PRELOAD): lets calls that concern the files of a run fail as a broken disk
 * does. What fails is in FAULTS: CALL,ERROR,FROM,COUNT[;…]. ERROR is a number of errno(3), or
 * `short`: half of what was to be written is written, or `slow`: it takes a second. The first of
 * the COUNT calls that fail is number FROM, counted from 0. Calls for other files, and the others,
 * go through.
 *
 * The file in FAULTS_LOG gets a line for each call for the files of a run: its name and the inode
 * of the file, and the new name where it gets one.
 */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define SHORT  -1
#define SLOW   -2
#define FILES  "vm_features"

enum {
	CALL_PWRITE,
	CALL_PWRITEV,
	CALL_FTRUNCATE,
	CALL_FDATASYNC,
	CALL_FSYNC,
	CALL_LINKAT,
	CALL_RENAME,
	CALL_RENAMEAT2,
	CALL_TMPFILE,
	CALL_MADVISE,
	CALL_MMAP,
	N_CALLS,
};

static const char *const names[N_CALLS] = {"pwrite",  "pwritev", "ftruncate", "fdatasync",
					   "fsync",   "linkat",	 "rename",    "renameat2",
					   "tmpfile", "madvise", "mmap"};

/* 0: the call is to go through; else SHORT or an errno */
static int
fault_of(int call)
{
	static atomic_int counts[N_CALLS];
	const char *text = getenv("FAULTS");
	int n = atomic_fetch_add(&counts[call], 1);

	while (text != NULL && *text != '\0') {
		size_t length = strlen(names[call]);
		char error[16];
		int from;
		int count;
		if (strncmp(text, names[call], length) == 0 && text[length] == ',' &&
		    sscanf(text + length + 1, "%15[^,],%d,%d", error, &from, &count) == 3 &&
		    n >= from && n - from < count)
			return strcmp(error, "short") == 0  ? SHORT
			       : strcmp(error, "slow") == 0 ? SLOW
							    : atoi(error);
		text = strchr(text, ';');
		text = text != NULL ? text + 1 : NULL;
	}
	return 0;
}

/* @name: that the file gets; NULL: none */
static void
log_call(int call, ino_t inode, const char *name)
{
	const char *path = getenv("FAULTS_LOG");
	char line[512];

	if (path == NULL)
		return;
	int fd = open64(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	int length = snprintf(line, sizeof(line), "%s %ju%s%s\n", names[call], (uintmax_t)inode,
			      name != NULL ? " " : "", name != NULL ? strrchr(name, '/') + 1 : "");
	if (write(fd, line, (size_t)length) < length)
		abort();
	close(fd);
}

static void
log_file(int call, int fd)
{
	struct stat info;

	if (fstat(fd, &info) == 0)
		log_call(call, info.st_ino, NULL);
}

static void
log_name(int call, const char *from, const char *to)
{
	struct stat info;

	if (stat(from, &info) == 0)
		log_call(call, info.st_ino, to);
}

static int
is_ours(int fd)
{
	char link[64];
	char path[4096];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return 0;
	path[n] = '\0';
	/* a file that was made without a name is called after its number */
	return strstr(path, FILES) != NULL || strstr(path, "/#") != NULL;
}

#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))
#define FAIL(call, condition)                                                                      \
	do {                                                                                       \
		int fault = (condition) ? fault_of(call) : 0;                                      \
		if (fault > 0) {                                                                   \
			errno = fault;                                                             \
			return -1;                                                                 \
		}                                                                                  \
	} while (0)

EXPORT ssize_t
pwrite64(int fd, const void *text, size_t length, off64_t at)
{
	int fault = is_ours(fd) ? fault_of(CALL_PWRITE) : 0;

	if (fault > 0) {
		errno = fault;
		return -1;
	}
	if (fault == SLOW)
		sleep(1);
	if (is_ours(fd))
		log_file(CALL_PWRITE, fd);
	if (fault == SHORT)
		length = (length + 1) / 2;
	return REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t)(fd, text, length, at);
}

EXPORT ssize_t
pwritev64(int fd, const struct iovec *parts, int n_parts, off64_t at)
{
	FAIL(CALL_PWRITEV, is_ours(fd));
	if (is_ours(fd))
		log_file(CALL_PWRITEV, fd);
	return REAL(ssize_t, "pwritev64", int, const struct iovec *, int, off64_t)(fd, parts,
										   n_parts, at);
}

EXPORT int
ftruncate64(int fd, off64_t length)
{
	FAIL(CALL_FTRUNCATE, is_ours(fd));
	if (is_ours(fd))
		log_file(CALL_FTRUNCATE, fd);
	return REAL(int, "ftruncate64", int, off64_t)(fd, length);
}

EXPORT int
fdatasync(int fd)
{
	FAIL(CALL_FDATASYNC, is_ours(fd));
	if (is_ours(fd))
		log_file(CALL_FDATASYNC, fd);
	return REAL(int, "fdatasync", int)(fd);
}

EXPORT int
fsync(int fd)
{
	FAIL(CALL_FSYNC, is_ours(fd));
	if (is_ours(fd))
		log_file(CALL_FSYNC, fd);
	return REAL(int, "fsync", int)(fd);
}

EXPORT int
linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
	FAIL(CALL_LINKAT, strstr(to, FILES) != NULL);
	if (strstr(to, FILES) != NULL)
		log_name(CALL_LINKAT, from, to);
	return REAL(int, "linkat", int, const char *, int, const char *, int)(from_folder, from,
									      to_folder, to, flags);
}

EXPORT int
rename(const char *from, const char *to)
{
	FAIL(CALL_RENAME, strstr(to, FILES) != NULL);
	if (strstr(to, FILES) != NULL)
		log_name(CALL_RENAME, from, to);
	return REAL(int, "rename", const char *, const char *)(from, to);
}

EXPORT int
renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags)
{
	FAIL(CALL_RENAMEAT2, strstr(to, FILES) != NULL);
	if (strstr(to, FILES) != NULL)
		log_name(CALL_RENAMEAT2, from, to);
	return REAL(int, "renameat2", int, const char *, int, const char *,
		    unsigned int)(from_folder, from, to_folder, to, flags);
}

EXPORT int
open64(const char *path, int flags, ...)
{
	va_list arguments;
	va_start(arguments, flags);
	mode_t mode = va_arg(arguments, mode_t);
	va_end(arguments);
	FAIL(CALL_TMPFILE, (flags & O_TMPFILE) == O_TMPFILE);
	return REAL(int, "open64", const char *, int, ...)(path, flags, mode);
}

EXPORT int
madvise(void *address, size_t length, int advice)
{
	FAIL(CALL_MADVISE, advice == MADV_POPULATE_WRITE);
	return REAL(int, "madvise", void *, size_t, int)(address, length, advice);
}

EXPORT void *
mmap64(void *address, size_t length, int protection, int flags, int fd, off64_t at)
{
	int fault = fd >= 0 && (flags & MAP_SHARED) != 0 && is_ours(fd) ? fault_of(CALL_MMAP) : 0;

	if (fault > 0) {
		errno = fault;
		return MAP_FAILED;
	}
	return REAL(void *, "mmap64", void *, size_t, int, int, int,
		    off64_t)(address, length, protection, flags, fd, at);
}

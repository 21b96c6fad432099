/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/file-trust.h"

#include <errno.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <linux/xattr.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "vmfc/vmfc-plugin.h"

#define PATH	 "/srv/vmfc/plugin.so"
#define OWNER	 1000 /* of vmfc */
#define STRANGER 1001

/* In place of the kernel's, see meson.build: a file and the folder that it is in. */
static struct {
	mode_t mode;
	uid_t uid;
	mode_t folder_mode;
	uid_t folder_uid;
	const void *list; /* an access control list of the file; NULL: none */
	gsize length;
	gint stat_failure;
	gint list_failure;
} kernel;

#pragma GCC visibility push(default)
int
__wrap_stat64(const char *path, struct stat *info);
ssize_t
__wrap_getxattr(const char *path, const char *name, void *value, size_t size);
#pragma GCC visibility pop

int
__wrap_stat64(const char *path, struct stat *info)
{
	gboolean is_file = g_str_equal(path, PATH);
	gboolean is_folder = g_str_equal(path, "/srv/vmfc");

	memset(info, 0, sizeof(*info));
	info->st_mode = is_file	    ? S_IFREG | kernel.mode
			: is_folder ? S_IFDIR | kernel.folder_mode
				    : S_IFDIR | 0755;
	info->st_uid = is_file ? kernel.uid : is_folder ? kernel.folder_uid : 0;
	if (g_str_equal(path, "/proc/self/exe"))
		info->st_uid = OWNER;
	errno = is_file ? kernel.stat_failure : 0;
	return errno != 0 ? -1 : 0;
}

ssize_t
__wrap_getxattr(const char *path, const char *name, void *value, size_t size)
{
	g_assert_cmpstr(name, ==, XATTR_NAME_POSIX_ACL_ACCESS);
	g_assert_cmpuint(size, >=, kernel.length);
	if (!g_str_equal(path, PATH) || kernel.list_failure != 0 || kernel.list == NULL) {
		errno = kernel.list_failure != 0 ? kernel.list_failure : ENODATA;
		return -1;
	}
	memcpy(value, kernel.list, kernel.length);
	return (gssize)kernel.length;
}

static void
reset(void)
{
	kernel = (typeof(kernel)){
		.mode = 0755, .uid = OWNER, .folder_mode = 0755, .folder_uid = OWNER};
}

/* @says: how the reason ends; NULL: the file is trusted */
static void
check(const gchar *says)
{
	g_autoptr(GError) error = NULL;
	gboolean trusted = vmfc_file_trust_check(PATH, &error);

	if (says == NULL) {
		g_assert_no_error(error);
		g_assert_true(trusted);
		return;
	}
	g_assert_false(trusted);
	g_test_message("%s", error->message);
	g_assert_true(g_str_has_suffix(error->message, says));
}

static void
test_modes(void)
{
	static const struct {
		mode_t mode;
		const gchar *says;
	} cases[] = {
		{0644, NULL},
		{0700, NULL},
		{0755, NULL},
		{0775, "with 'chmod g-w " PATH "'"},
		{0757, "with 'chmod o-w " PATH "'"},
		{0777, "with 'chmod go-w " PATH "'"},
		/* the sticky bit protects what is in a folder, and means nothing for a file */
		{01755, NULL},
		{01775, "with 'chmod g-w " PATH "'"},
		{01777, "with 'chmod go-w " PATH "'"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		reset();
		kernel.mode = cases[i].mode;
		check(cases[i].says);
	}
}

static void
test_folders(void)
{
	static const struct {
		mode_t mode;
		const gchar *says;
	} cases[] = {
		{0755, NULL},
		{0775, "with 'chmod g-w /srv/vmfc'"},
		{0777, "with 'chmod go-w /srv/vmfc'"},
		{01777, NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		reset();
		kernel.folder_mode = cases[i].mode;
		check(cases[i].says);
	}
}

static void
test_owners(void)
{
	reset();
	kernel.uid = 0;
	check(NULL);
	kernel.uid = STRANGER;
	check("with 'chown root " PATH "'");
	reset();
	kernel.folder_uid = STRANGER;
	check("with 'chown root /srv/vmfc'");
	/* in a sticky folder of theirs, they can replace everything */
	kernel.folder_mode = 01777;
	check("with 'chown root /srv/vmfc'");
}

typedef struct {
	struct posix_acl_xattr_header header;
	struct posix_acl_xattr_entry entries[5];
} List;

/* @tag, @id, @rights: of the entry that is of interest; @mask: of the list */
static List
make_list(guint tag, guint id, guint rights, guint mask, guint others)
{
	return (List){
		.header = {GUINT32_TO_LE(POSIX_ACL_XATTR_VERSION)},
		.entries =
			{
				{GUINT16_TO_LE(ACL_USER_OBJ), GUINT16_TO_LE(7), 0},
				{GUINT16_TO_LE(tag), GUINT16_TO_LE(rights), GUINT32_TO_LE(id)},
				{GUINT16_TO_LE(ACL_GROUP_OBJ), GUINT16_TO_LE(5), 0},
				{GUINT16_TO_LE(ACL_MASK), GUINT16_TO_LE(mask), 0},
				{GUINT16_TO_LE(ACL_OTHER), GUINT16_TO_LE(others), 0},
			},
	};
}

static void
test_lists(void)
{
	static const gchar *remedy = "with 'setfacl -b " PATH "'";
	static const struct {
		guint tag, id, rights, mask, others;
		gboolean trusted;
	} cases[] = {
		{ACL_USER, STRANGER, 5, 7, 5, TRUE},
		{ACL_USER, STRANGER, 7, 7, 5, FALSE},
		{ACL_USER, STRANGER, 2, 2, 0, FALSE},
		{ACL_USER, STRANGER, 7, 5, 5, TRUE}, /* the mask takes it away */
		{ACL_USER, OWNER, 7, 7, 5, TRUE},
		{ACL_USER, 0, 7, 7, 5, TRUE},
		{ACL_GROUP, 0, 7, 7, 5, FALSE}, /* root is a user */
		{ACL_GROUP, OWNER, 7, 7, 5, FALSE},
		{ACL_GROUP, OWNER, 7, 5, 5, TRUE},
		{ACL_USER, STRANGER, 0, 0, 2, FALSE}, /* the mask does not limit the others */
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		List list = make_list(cases[i].tag, cases[i].id, cases[i].rights, cases[i].mask,
				      cases[i].others);
		reset();
		kernel.list = &list;
		kernel.length = sizeof(list);
		g_test_message("case %u", i);
		check(cases[i].trusted ? NULL : remedy);
		/* the bits of the group are the mask, so they say nothing */
		kernel.mode = 0775;
		check(cases[i].trusted ? NULL : remedy);
	}
}

/* A list that cannot be understood may allow everything. */
static void
test_damaged_lists(void)
{
	List list = make_list(ACL_USER, OWNER, 5, 5, 5);
	static const gsize lengths[] = {1, 3, sizeof(list.header) + 1, sizeof(list) - 1};

	reset();
	kernel.list = &list;
	for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
		kernel.length = lengths[i];
		check("with 'setfacl -b " PATH "'");
	}
	kernel.length = sizeof(list);
	check(NULL);
	list.header.a_version = GUINT32_TO_LE(POSIX_ACL_XATTR_VERSION + 1);
	check("with 'setfacl -b " PATH "'");
}

/* What cannot be examined is not trusted; a file system without lists has none. */
static void
test_failures(void)
{
	reset();
	kernel.list_failure = ENOTSUP;
	check(NULL);
	kernel.list_failure = EIO;
	check(PATH " cannot be examined: Input/output error");
	reset();
	kernel.stat_failure = EACCES;
	check(PATH " cannot be examined: Permission denied");
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/file-trust/modes", test_modes);
	g_test_add_func("/file-trust/folders", test_folders);
	g_test_add_func("/file-trust/owners", test_owners);
	g_test_add_func("/file-trust/lists", test_lists);
	g_test_add_func("/file-trust/damaged-lists", test_damaged_lists);
	g_test_add_func("/file-trust/failures", test_failures);
	return g_test_run();
}

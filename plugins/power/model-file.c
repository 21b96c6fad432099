/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "power/model-file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file-trust.h"
#include "model/model-read.h"
#include "vmfc/vmfc-plugin.h"

/* The name of a zone becomes a part of the names of columns. */
static gboolean
check_zones(const VmfcModel *model, const gchar *path, GError **error)
{
	for (guint i = 0; i < model->zones->len; i++) {
		const VmfcZoneModel *zone = model->zones->pdata[i];
		if (strspn(zone->name, "abcdefghijklmnopqrstuvwxyz0123456789_") ==
		    strlen(zone->name))
			continue;
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    "%s has the zone '%s': names of zones become names of columns, which "
			    "hold lower case letters, digits and _ only",
			    path, zone->name);
		return FALSE;
	}
	return TRUE;
}

/* estimated_watts_package_low could be that of the zone package_low too. */
static gboolean
check_clashes(const VmfcModel *model, const gchar *path, GError **error)
{
	static const gchar *const suffixes[] = {"_low", "_high"};

	for (guint i = 0; i < model->zones->len * G_N_ELEMENTS(suffixes); i++) {
		const VmfcZoneModel *zone = model->zones->pdata[i / G_N_ELEMENTS(suffixes)];
		g_autofree gchar *name = g_strconcat(zone->name,
						     suffixes[i % G_N_ELEMENTS(suffixes)], NULL);
		if (vmfc_model_find_zone(model, name) == NULL)
			continue;
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			"%s has the zones %s and %s, whose columns would have one name: train it "
			"with --zones for one of them",
			path, zone->name, name);
		return FALSE;
	}
	return TRUE;
}

static VmfcModel *
read_trusted(const gchar *path, GError **error)
{
	/* what is examined is what is read, wherever links lead */
	g_autofree gchar *real = realpath(path, NULL);

	if (real == NULL) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "%s cannot be read: %s", path,
			    g_strerror(errno));
		return NULL;
	}
	if (vmfc_file_trust_is_privileged() && !vmfc_file_trust_check(real, error))
		return NULL;
	g_autoptr(VmfcModel) model = vmfc_model_read(real, error);
	if (model == NULL || !check_zones(model, path, error) || !check_clashes(model, path, error))
		return NULL;
	return g_steal_pointer(&model);
}

/*
 * Reads a model, which may come from others.
 *
 * Returns: (transfer full): %NULL with a sentence in @error, for which the run does not start
 */
VmfcModel *
power_model_file_read(const gchar *path, GError **error)
{
	g_autoptr(GError) reason = NULL;
	VmfcModel *model = read_trusted(path, &reason);

	if (model == NULL)
		g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_USAGE, reason->message);
	return model;
}

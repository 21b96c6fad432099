/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

#include "write.pb-c.h"

/* For the batch alone: the labels as protobuf-c takes them. */
struct _VmfcRemoteSeries {
	gint references;
	guint n_labels;
	Vmfc__Remote__Label *labels;
	Vmfc__Remote__Label **pointers;
};

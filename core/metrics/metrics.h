/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "metrics/metric-values.h"

typedef enum {
	VMFC_METRIC_GAUGE,
	VMFC_METRIC_COUNTER,
	VMFC_METRIC_INFO, /* always 1; its labels are what it says */
} VmfcMetricType;

/* A label has a constant value, or a text of each record. */
typedef struct {
	const gchar *name;
	gchar *value; /* NULL: the text */
	guint text;   /* index of VmfcMetricValues */
} VmfcMetricLabel;

/* One time series. */
typedef struct {
	GArray *labels; /* of VmfcMetricLabel */
	guint number;	/* index of VmfcMetricValues; G_MAXUINT: of an info, whose value is 1 */
	gdouble multiplier;
	gdouble divisor;
} VmfcMetricSeries;

/* All time series with one name. */
typedef struct {
	gchar *name; /* without the _total of a counter, the _info of an info */
	const gchar *unit;
	gchar *help;
	VmfcMetricType type;
	GPtrArray *series; /* of VmfcMetricSeries */
} VmfcMetricFamily;

/* Of the source that counts the records; it has no column. */
#define VMFC_NO_COLUMN G_MAXUINT

/* Where a number of VmfcMetricValues comes from. */
typedef struct {
	guint column;
	VmfcType type;
	gboolean is_counter;
	VmfcMetricValue total; /* of a counter: the sum of its growth so far */
} VmfcMetricSource;

/* What the metrics of a run say besides its records. */
typedef struct {
	const gchar *version;
	const gchar *run;	/* tells this run from others */
	gboolean kepler_names;	/* also the names of Kepler for estimated power */
	const gchar *node_name; /* for these */
} VmfcMetricsSetup;

/*
 * The columns of a schema as metrics. Names, labels and units are constant; the values of a record
 * are apart from them, so that another thread can have a copy.
 */
typedef struct {
	GPtrArray *families; /* of VmfcMetricFamily */
	GArray *sources;     /* of VmfcMetricSource, one for each number */
	GArray *texts;	     /* of guint: the columns of the texts */
} VmfcMetrics;

VmfcMetrics *
vmfc_metrics_new(const VmfcSchema *schema, const VmfcMetricsSetup *setup);
void
vmfc_metrics_free(VmfcMetrics *metrics);
gboolean
vmfc_metrics_own_label(const gchar *name);
VmfcMetricFamily *
vmfc_metrics_find_family(const VmfcMetrics *metrics, const gchar *name);
void
vmfc_metrics_read(VmfcMetrics *metrics, const VmfcRecord *record, VmfcMetricValues *values);
gboolean
vmfc_metric_series_get(const VmfcMetricSeries *series, const VmfcMetricValues *values,
		       VmfcMetricValue *value);
gchar *
vmfc_metric_family_build_sample_name(const VmfcMetricFamily *family);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcMetrics, vmfc_metrics_free)

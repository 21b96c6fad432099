/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <json-glib/json-glib.h>

/*
 * A model of power: for each zone one or more sub-models, each for the columns that a set of
 * plugins gives. model-read.h and model-write.h are its file, feature.h makes features of a row,
 * predict.h makes an estimate of features.
 */

#define VMFC_MODEL_FORMAT "vmfc-model/1"

/* Bounds of a model file, which may come from others. */
#define VMFC_MODEL_MAX_SIZE	  ((gsize)32 << 20) /* bytes */
#define VMFC_MODEL_MAX_ZONES	  16
#define VMFC_MODEL_MAX_SUB_MODELS 16 /* of a zone */
#define VMFC_MODEL_MAX_FEATURES	  64
#define VMFC_MODEL_MAX_COLUMNS	  16 /* of which one feature is made */
#define VMFC_MODEL_MAX_TERMS	  1024
#define VMFC_MODEL_MAX_TREES	  5000
#define VMFC_MODEL_MAX_NODES	  200000 /* of all trees of a sub-model */
#define VMFC_MODEL_MAX_NAME	  256	 /* bytes of a name or unit */
#define VMFC_MODEL_MAX_PAIRS	  2000	 /* of a zone */

/*
 * How a feature is made of columns of a row.
 *
 * VMFC_FEATURE_CPUS: shares of all CPU time, in percent, added up, times core_count / 100: CPUs
 * VMFC_FEATURE_SHARE: the same without core_count: a share of this machine, from 0 to 1
 * VMFC_FEATURE_RATE: growth in the window by time_delta_seconds, per second
 * VMFC_FEATURE_VALUE: the value as it is
 */
typedef enum {
	VMFC_FEATURE_CPUS,
	VMFC_FEATURE_SHARE,
	VMFC_FEATURE_RATE,
	VMFC_FEATURE_VALUE,
	VMFC_N_FEATURE_FORMS,
} VmfcFeatureForm;

typedef struct {
	gchar *name;
	gchar *unit;
	VmfcFeatureForm form;
	GStrv columns;		/* added up; at least one */
	GStrv optional_columns; /* added to them where the source of the rows has them */
	gchar *sum_column;	/* (nullable) has that sum, and is taken where the source has it */
	gboolean is_positive;	/* 0 means that it was never counted: missing */
} VmfcFeature;

/* Of a feature, in the rows that an estimator was made from. NaN where that is not known. */
typedef struct {
	gdouble minimum;
	gdouble maximum;
} VmfcFeatureRange;

/*
 * What a term of a linear model makes of a feature x, with z = max(x / scale, 0).
 *
 * VMFC_TERM_LINEAR: z
 * VMFC_TERM_SQUARE: z^2
 * VMFC_TERM_ROOT: the square root of z
 * VMFC_TERM_LIMIT: min(z, to) / to
 * VMFC_TERM_SEGMENT: (min(max(z, from), to) - from) / (to - from); without the upper bound where
 *   is_open
 */
typedef enum {
	VMFC_TERM_LINEAR,
	VMFC_TERM_SQUARE,
	VMFC_TERM_ROOT,
	VMFC_TERM_LIMIT,
	VMFC_TERM_SEGMENT,
	VMFC_N_TERM_KINDS,
} VmfcTermKind;

typedef struct {
	guint feature;
	VmfcTermKind kind;
	gdouble scale; /* > 0 */
	gdouble from;  /* >= 0, of a segment */
	gdouble to;    /* > from, of a limit or segment */
	gboolean is_open;
	gdouble weight;
} VmfcTerm;

/*
 * A node of a tree: a leaf where feature is negative. As XGBoost has it: x, as a float, goes left
 * where it is below the threshold; a missing one goes where the node says.
 */
typedef struct {
	gfloat value; /* the threshold, or what a leaf adds */
	guint left;   /* counted from the root, which is 0; greater than the node's own number */
	guint right;
	gint16 feature;
	gint16 is_missing_left; /* a boolean; four nodes in a line of the cache */
} VmfcTreeNode;

typedef enum {
	VMFC_FAMILY_MEAN,   /* a constant */
	VMFC_FAMILY_CURVE,  /* segments of one feature */
	VMFC_FAMILY_LINEAR, /* terms */
	VMFC_FAMILY_TREES,
	VMFC_FAMILY_AVERAGE, /* terms and trees */
	VMFC_N_FAMILIES,
} VmfcFamily;

/*
 * Makes an estimate of features. Where it has terms and trees, it is the mean of both with each
 * feature held within its range, and beyond that moves on as the terms do.
 */
typedef struct {
	VmfcFamily family;
	GArray *ranges; /* of VmfcFeatureRange, by feature */
	gdouble constant;
	GArray *terms; /* (nullable) of VmfcTerm */
	gfloat base;   /* of the trees */
	GArray *trees; /* (nullable) of guint: the root of each in nodes */
	GArray *nodes; /* of VmfcTreeNode */
} VmfcEstimator;

/*
 * From max(p, floor) e^-v to max(p, floor) e^v for an estimate p; from 0 where the low end is not
 * above the floor.
 */
typedef struct {
	gdouble share;	   /* of rows that it is to hold */
	gdouble log_width; /* v; NaN where there is no interval */
	gdouble factor;	   /* e^v: exp(3) takes longer than the rest of an estimate */
	gdouble floor;	   /* W */
	guint n_groups;	   /* that it was found from */
} VmfcInterval;

/* For the columns that a set of plugins gives. */
typedef struct {
	gchar *name;	     /* the plugins that give its features */
	GPtrArray *features; /* of VmfcFeature */
	VmfcEstimator estimator;
	VmfcInterval interval;
	JsonObject *judgement; /* (nullable) how wrong it was; for reports */
} VmfcSubModel;

typedef struct {
	gchar *name;
	GPtrArray *sub_models; /* of VmfcSubModel, the best first */
	JsonArray *pairs;      /* (nullable) measured and estimated; for reports */
} VmfcZoneModel;

typedef struct {
	gchar *version;	  /* of the vmfc that made it */
	GPtrArray *zones; /* of VmfcZoneModel */
	/* of the machines that it was trained on; NULL or 0 where that is not known, or where they
	 * differ */
	gchar *cpu_model;
	gchar *architecture;
	gchar *hypervisor;
	gint64 n_cpus;
	JsonObject *training; /* (nullable) inputs and options; for reports */
	gchar *sha256;	      /* (nullable) of the file that it was read from */
} VmfcModel;

VmfcModel *
vmfc_model_new(void);
void
vmfc_model_free(VmfcModel *model);
VmfcZoneModel *
vmfc_model_add_zone(VmfcModel *model, const gchar *name);
const VmfcZoneModel *
vmfc_model_find_zone(const VmfcModel *model, const gchar *name);
VmfcSubModel *
vmfc_zone_model_add_sub_model(VmfcZoneModel *zone, const gchar *name);
const VmfcSubModel *
vmfc_zone_model_find_sub_model(const VmfcZoneModel *zone, const gchar *name);
VmfcFeature *
vmfc_feature_new(const gchar *name, const gchar *unit, VmfcFeatureForm form);
VmfcFeature *
vmfc_feature_copy(const VmfcFeature *feature);
gboolean
vmfc_feature_is_same(const VmfcFeature *feature, const VmfcFeature *other);
void
vmfc_feature_free(VmfcFeature *feature);
void
vmfc_estimator_init(VmfcEstimator *estimator, VmfcFamily family);
void
vmfc_estimator_clear(VmfcEstimator *estimator);

const gchar *
vmfc_feature_form_get_name(VmfcFeatureForm form);
const gchar *
vmfc_term_kind_get_name(VmfcTermKind kind);
const gchar *
vmfc_family_get_name(VmfcFamily family);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcModel, vmfc_model_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcFeature, vmfc_feature_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmfcEstimator, vmfc_estimator_clear)

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/pull/pull.h"

#include <math.h>

#include "rows/table.h"
#include "tools/pull/feature-rows.h"
#include "tools/pull/folder.h"
#include "tools/pull/part-file.h"
#include "tools/pull/pieces.h"
#include "tools/pull/power-rows.h"
#include "tools/pull/pull-meta.h"

#define TIME_METRIC "vmfc_timestamp_seconds"
#define ALL_METRICS "vmfc_.+"
/*
 * ms before the start: the record before the first one, for the growth of counters, and the window
 * of power that is open
 */
#define LOOK_BACK 360000
/* ms: the same where records are further apart */
#define MAX_LOOK_BACK 86400000
/* Begins of the names of files */
#define FEATURES "features-"
#define POWER	 "power-"

#define MAX_META (1 << 20)
#define MS_PER_S 1e3

typedef struct {
	const VmfcPullArguments *arguments;
	const VmfcPullFolder *folder;
	VmfcPullClient *client;
	VmfcPullNames *names;
	const VmfcMachine *machine;
	guint n_written;
	guint n_there;	   /* written by a pull before */
	guint n_nameless;  /* machines without the label vm_id */
	guint n_powerless; /* those that no host knows */
} Pull;

/* --------------------------------------------------------------- files */

static gchar *
build_path(const Pull *self, const gchar *prefix, const gchar *extension)
{
	g_autofree gchar *name = g_strconcat(prefix, self->machine->name, extension, NULL);
	return g_build_filename(self->arguments->output, name, NULL);
}

/* Whether the file is complete, and of the same request. */
static gboolean
is_there(const Pull *self, const gchar *prefix)
{
	g_autofree gchar *path = build_path(self, prefix, ".csv");
	g_autofree gchar *meta_path = build_path(self, prefix, ".meta.json");

	if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
		return FALSE;
	g_autoptr(JsonNode) root = vmfc_document_read(meta_path, MAX_META, NULL);
	JsonObject *pull = root != NULL && JSON_NODE_HOLDS_OBJECT(root)
				   ? vmfc_document_get_object(json_node_get_object(root), "pull")
				   : NULL;
	gdouble start;
	gdouble end;
	return pull != NULL &&
	       g_strcmp0(vmfc_document_get_string(pull, "url"),
			 vmfc_pull_client_get_url(self->client)) == 0 &&
	       g_strcmp0(vmfc_document_get_string(pull, "labels"), self->machine->key) == 0 &&
	       vmfc_document_get_number(pull, "start", &start) &&
	       vmfc_document_get_number(pull, "end", &end) &&
	       (gint64)(start * 1e3 + 0.5) == self->arguments->start &&
	       (gint64)(end * 1e3 + 0.5) == self->arguments->end;
}

static gchar *
build_request(const Pull *self)
{
	return g_strdup_printf("%s\n%s\n%" G_GINT64_FORMAT "\n%" G_GINT64_FORMAT,
			       vmfc_pull_client_get_url(self->client), self->machine->key,
			       self->arguments->start, self->arguments->end);
}

/* ---------------------------------------------------------------- file */

/* Appends the rows of a piece of time; see vmfc_pull_features_add(). */
typedef guint (*AddFunc)(gpointer data, const GPtrArray *series, gint64 from, GString *rows);

/* What becomes one file. */
typedef struct {
	const gchar *prefix; /* of its name */
	const gchar *selector;
	const gchar *header;
	const GPtrArray *columns; /* of VmfcPullColumn */
	const gchar *source;	  /* of the columns */
	const gdouble *interval;
	AddFunc add;
	gpointer data; /* for it */
} Job;

/* Returns: ms: from where to read, so that the next row is as if all was read */
static gint64
find_begin(const VmfcPartFile *file)
{
	gdouble two = isnan(file->interval) ? 0 : 2 * file->interval * MS_PER_S;

	return MAX(file->time - (gint64)CLAMP(two, LOOK_BACK, MAX_LOOK_BACK), 0);
}

static gboolean
fill(const Pull *self, const Job *job, VmfcPartFile *file, GError **error)
{
	g_auto(VmfcPieces) pieces = {0};
	gint64 begin = file->time;

	vmfc_pieces_init(&pieces, self->client, job->selector, find_begin(file),
			 self->arguments->end);
	while (pieces.at < pieces.end) {
		g_autoptr(GString) rows = g_string_new(NULL);
		g_autoptr(GPtrArray) series = vmfc_pieces_next(&pieces, error);
		if (series == NULL)
			return FALSE;
		guint n_rows = job->add(job->data, series, begin, rows);
		if (!isnan(*job->interval))
			file->interval = *job->interval;
		if (pieces.at > begin && !vmfc_part_file_add(file, rows, n_rows, pieces.at, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
publish(Pull *self, const Job *job, VmfcPartFile *file, GError **error)
{
	const VmfcPullMeta meta = {
		.url = vmfc_pull_client_get_url(self->client),
		.labels = self->machine->key,
		.start = self->arguments->start,
		.end = self->arguments->end,
		.interval = file->interval,
		.n_rows = file->n_rows,
		.columns = job->columns,
		.source = job->source,
	};

	if (file->n_rows == 0) {
		g_message("%s: there are no values, so there is no file", file->path);
		vmfc_part_file_remove(file);
		return TRUE;
	}
	g_autofree gchar *text = vmfc_pull_meta_build(&meta);
	if (!vmfc_part_file_publish(file, text, error))
		return FALSE;
	g_message("%s: %" G_GUINT64_FORMAT " rows", file->path, file->n_rows);
	self->n_written++;
	return TRUE;
}

static gboolean
run_job(Pull *self, const Job *job, GError **error)
{
	g_autofree gchar *path = build_path(self, job->prefix, ".csv");
	g_autofree gchar *request = build_request(self);
	/* a sample at the very start belongs to the time, too */
	g_autoptr(VmfcPartFile) file = vmfc_part_file_open(path, request, job->header,
							   self->arguments->start - 1, error);

	if (file == NULL)
		return FALSE;
	if (fill(self, job, file, error))
		return publish(self, job, file, error);
	vmfc_part_file_keep(file, NULL); /* what failed is said already */
	return FALSE;
}

/* ------------------------------------------------------------- features */

static void
warn_of_features(const Pull *self, const VmfcPullCounts *counts)
{
	if (counts->n_ambiguous > 0)
		g_warning("%s: %" G_GUINT64_FORMAT " records are of two runs at a time, and are "
			  "left out: see whether two machines send with the same labels",
			  self->machine->name, counts->n_ambiguous);
	if (counts->n_left_out > 0)
		g_warning("%s: has more than %d metrics, and %" G_GUINT64_FORMAT
			  " of them are left out: see whether its labels are those of vmfc",
			  self->machine->name, VMFC_MAX_COLUMNS, counts->n_left_out);
	if (counts->n_no_time > 0)
		g_warning("%s: %" G_GUINT64_FORMAT " times have values without " TIME_METRIC
			  ", and are left out",
			  self->machine->name, counts->n_no_time);
	if (counts->n_gaps > 0)
		g_warning("%s: %" G_GUINT64_FORMAT " records have no counters, because those "
			  "before them are missing: scrape as often as vmfc records, or use remote "
			  "write",
			  self->machine->name, counts->n_gaps);
}

static gboolean
pull_features(Pull *self, GError **error)
{
	const VmfcPullArguments *arguments = self->arguments;
	g_autofree gchar *selector = vmfc_machine_build_selector(self->machine, ALL_METRICS);

	if (is_there(self, FEATURES)) {
		self->n_there++;
		return TRUE;
	}
	g_autoptr(GPtrArray) series = vmfc_pieces_list(self->client, selector, arguments->start,
						       arguments->end, error);
	if (series == NULL)
		return FALSE;
	g_autoptr(VmfcPullFeatures) features = vmfc_pull_features_new(self->machine, self->names,
								      series);
	const VmfcPullCounts *counts = vmfc_pull_features_get_counts(features);
	g_autofree gchar *header = vmfc_pull_features_build_header(features);
	const Job job = {
		.prefix = FEATURES,
		.selector = selector,
		.header = header,
		.columns = vmfc_pull_features_get_columns(features),
		.source = "metrics of vmfc",
		.interval = &counts->interval,
		.add = (AddFunc)vmfc_pull_features_add,
		.data = features,
	};
	gboolean good = run_job(self, &job, error);
	warn_of_features(self, counts);
	return good;
}

/* --------------------------------------------------------------- power */

static void
warn_of_power(const Pull *self, const VmfcPullPowerCounts *counts)
{
	if (counts->n_ambiguous > 0)
		g_warning("%s: %" G_GUINT64_FORMAT " windows have power from more than one host, "
			  "and are left out",
			  self->machine->name, counts->n_ambiguous);
	if (counts->n_crowded > 0)
		g_warning("%s: very many exporters tell the energy of this vm_id at a time, whose "
			  "windows are left out: see whether the label is that of one machine",
			  self->machine->name);
	if (counts->n_backwards > 0)
		g_info("%s: %" G_GUINT64_FORMAT " energies are missing, because Kepler's counters "
		       "began again",
		       self->machine->name, counts->n_backwards);
}

static gboolean
pull_power_of(Pull *self, const gchar *selector, GError **error)
{
	const VmfcPullArguments *arguments = self->arguments;
	g_autoptr(GPtrArray) series = vmfc_pieces_list(self->client, selector, arguments->start,
						       arguments->end, error);

	if (series == NULL)
		return FALSE;
	if (series->len == 0) {
		self->n_powerless++;
		return TRUE;
	}
	g_autoptr(VmfcPullPower) power = vmfc_pull_power_new(series);
	const VmfcPullPowerCounts *counts = vmfc_pull_power_get_counts(power);
	g_autofree gchar *header = vmfc_pull_power_build_header(power);
	const Job job = {
		.prefix = POWER,
		.selector = selector,
		.header = header,
		.columns = vmfc_pull_power_get_columns(power),
		.source = "kepler_vm_cpu_joules_total of Kepler",
		.interval = &counts->interval,
		.add = (AddFunc)vmfc_pull_power_add,
		.data = power,
	};
	gboolean good = run_job(self, &job, error);
	warn_of_power(self, counts);
	return good;
}

/* The host calls the machine by its UUID, which is the label vm_id of the machine's own series. */
static gboolean
pull_power(Pull *self, GError **error)
{
	const gchar *vm_id = g_hash_table_lookup(self->machine->labels, "vm_id");

	if (vm_id == NULL) {
		self->n_nameless++;
		return TRUE;
	}
	if (is_there(self, POWER)) {
		self->n_there++;
		return TRUE;
	}
	g_autofree gchar *selector = vmfc_pull_power_build_selector(vm_id);
	return pull_power_of(self, selector, error);
}

/* ----------------------------------------------------------------- run */

static GPtrArray *
list_machines(const Pull *self, GError **error)
{
	const VmfcPullArguments *arguments = self->arguments;
	g_autofree gchar *selector = g_strconcat(TIME_METRIC, arguments->match, NULL);
	g_autoptr(GPtrArray) series = vmfc_pieces_list(self->client, selector, arguments->start,
						       arguments->end, error);

	if (series == NULL)
		return NULL;
	g_autoptr(GPtrArray) machines = vmfc_machine_list_new(series);
	if (machines->len > 0)
		return g_steal_pointer(&machines);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
		    "%s has no " TIME_METRIC "%s from --start to --end: see whether the machines "
		    "send to it, and whether --match is right",
		    vmfc_pull_client_get_url(self->client), arguments->match);
	return NULL;
}

static void
report(const Pull *self, guint n_machines)
{
	if (self->n_nameless > 0)
		g_warning("%u of %u machines have no label vm_id, so their power is unknown: set "
			  "it to the UUID that the host knows, with remote_write.labels or --label",
			  self->n_nameless, n_machines);
	if (self->n_powerless > 0)
		g_warning("%u of %u machines have no kepler_vm_cpu_joules_total with their vm_id: "
			  "see whether Kepler of their hosts sends to the same server",
			  self->n_powerless, n_machines);
	g_message("%u machines: %u files written, %u there already", n_machines, self->n_written,
		  self->n_there);
}

static gboolean
pull_machines(Pull *self, GError **error)
{
	g_autoptr(GPtrArray) machines = list_machines(self, error);

	if (machines == NULL || !vmfc_pull_folder_begin(self->folder, error))
		return FALSE;
	for (guint i = 0; i < machines->len; i++) {
		self->machine = machines->pdata[i];
		if (!pull_features(self, error) || !pull_power(self, error))
			return FALSE;
	}
	report(self, machines->len);
	return TRUE;
}

gboolean
vmfc_pull_run(const VmfcPullArguments *arguments, GError **error)
{
	const VmfcPullServer server = {arguments->url, arguments->token_file, arguments->ca_file,
				       arguments->timeout};
	g_autoptr(VmfcPullClient) client = vmfc_pull_client_new(&server, error);

	g_auto(VmfcPullFolder) folder = {.lock = -1};
	if (client == NULL ||
	    !vmfc_pull_folder_open(&folder, arguments, vmfc_pull_client_get_url(client), error))
		return FALSE;
	g_autoptr(VmfcPullNames) names = vmfc_pull_names_new();
	Pull self = {.arguments = arguments, .folder = &folder, .client = client, .names = names};
	return pull_machines(&self, error);
}

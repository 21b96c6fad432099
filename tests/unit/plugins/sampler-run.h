/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* One sampler on a fake clock, with the files of /proc and /sys that a test writes. */

#pragma once

#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <unistd.h>

#include "../../fake-clock.h"
#include "../../remove-folder.h"
#include "plugin/context.h"
#include "plugin/setting.h"

#define NS_PER_S G_GINT64_CONSTANT(1000000000)

extern const VmfcPlugin vmfc_plugin;

typedef struct {
	gchar *root;
	FakeClock clock;
	VmfcRun run;
	VmfcContext *context;
	VmfcRow *row;
	VmfcBaseline *baseline;
	guint64 n_ticks;
	GError *error; /* of the last tick */
} SamplerRun;

static inline void
sampler_run_init(SamplerRun *self)
{
	*self = (SamplerRun){.root = g_dir_make_tmp("vmfc-sampler-XXXXXX", NULL)};
	fake_clock_init(&self->clock, 1000 * NS_PER_S, 1700000000 * NS_PER_S);
	self->run = (VmfcRun){
		.settings = vmfc_setting_list_new(),
		.interval = NS_PER_S,
		.grace = NS_PER_S / 5 * 4,
	};
}

/* @path: below the root. A file keeps its identity, as those of /proc do. */
static inline void
sampler_run_write(const SamplerRun *self, const gchar *path, const gchar *text)
{
	g_autofree gchar *file = g_build_filename(self->root, path, NULL);
	g_autofree gchar *folder = g_path_get_dirname(file);

	g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
	FILE *stream = g_fopen(file, "w");
	g_assert_nonnull(stream);
	g_assert_cmpint(fputs(text, stream), >=, 0);
	g_assert_cmpint(fclose(stream), ==, 0);
}

static inline void
sampler_run_remove(const SamplerRun *self, const gchar *path)
{
	g_autofree gchar *file = g_build_filename(self->root, path, NULL);
	remove_folder(file);
}

/*
 * From now on the sampler, which has opened the file, cannot read it.
 *
 * Returns: its file descriptor, for sampler_run_mend()
 */
static inline gint
sampler_run_break(const SamplerRun *self, const gchar *path)
{
	g_autofree gchar *file = g_build_filename(self->root, path, NULL);
	struct stat wanted, found;
	gint fd = 0;

	g_assert_cmpint(stat(file, &wanted), ==, 0);
	while (fstat(fd, &found) != 0 || found.st_ino != wanted.st_ino ||
	       found.st_dev != wanted.st_dev)
		g_assert_cmpint(++fd, <, 1024);
	gint folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_assert_cmpint(dup3(folder, fd, O_CLOEXEC), ==, fd);
	close(folder);
	return fd;
}

/* The sampler can read the file again. */
static inline void
sampler_run_mend(const SamplerRun *self, const gchar *path, gint fd)
{
	g_autofree gchar *file = g_build_filename(self->root, path, NULL);
	gint again = open(file, O_RDONLY | O_CLOEXEC);

	g_assert_cmpint(dup3(again, fd, O_CLOEXEC), ==, fd);
	close(again);
}

static inline void
sampler_run_set(const SamplerRun *self, const gchar *option, const gchar *value)
{
	vmfc_setting_list_add((GPtrArray *)self->run.settings, vmfc_plugin.name, option, value,
			      "--set", FALSE);
}

static inline gboolean
sampler_run_open(SamplerRun *self, GError **error)
{
	static const VmfcDriver driver = {NULL};

	self->run.schema = vmfc_schema_new();
	self->run.files = vmfc_source_files_new(self->root);
	self->run.clock = &self->clock.clock;
	self->context = vmfc_context_new(&self->run, &vmfc_plugin, error);
	if (self->context == NULL)
		return FALSE;
	vmfc_context_set_driver(self->context, &driver, self);
	if (!vmfc_context_open_sampler(self->context, error))
		return FALSE;
	vmfc_schema_freeze(self->run.schema);
	vmfc_context_freeze(self->context);
	self->row = vmfc_row_new(self->run.schema);
	self->baseline = vmfc_baseline_new(self->run.schema);
	self->context->record.baseline = self->baseline;
	return TRUE;
}

static inline void
sampler_run_close(SamplerRun *self)
{
	g_clear_error(&self->error);
	g_clear_pointer(&self->context, vmfc_context_free);
	g_clear_pointer(&self->row, vmfc_row_free);
	g_clear_pointer(&self->baseline, vmfc_baseline_free);
	g_clear_pointer(&self->run.files, vmfc_source_files_free);
	g_clear_pointer(&self->run.schema, vmfc_schema_free);
}

static inline void
sampler_run_clear(SamplerRun *self)
{
	sampler_run_close(self);
	g_ptr_array_unref((GPtrArray *)self->run.settings);
	sampler_run_remove(self, "");
	g_free(self->root);
}

/* The window before ends, @seconds after it began. */
static inline VmfcAnswer
sampler_run_tick(SamplerRun *self, gdouble seconds)
{
	VmfcRecord *record = &self->context->record;

	if (self->n_ticks > 0)
		vmfc_baseline_advance(self->baseline, self->row, self->run.schema, FALSE);
	vmfc_row_clear(self->row, self->run.schema);
	vmfc_source_files_next_tick(self->run.files);
	self->clock.now += (gint64)(seconds * (gdouble)NS_PER_S);
	self->row->tick = self->n_ticks++;
	g_clear_error(&self->error);
	record->row = self->row;
	VmfcAnswer answer = vmfc_plugin.sampler->sample(self->context->instance, record,
							&self->error);
	record->row = NULL;
	return answer;
}

static inline guint
sampler_run_find(const SamplerRun *self, const gchar *name)
{
	for (guint i = 0; i < self->context->declarations->len; i++) {
		const VmfcDeclaration *declaration = self->context->declarations->pdata[i];
		if (g_str_equal(declaration->column.name, name))
			return i;
	}
	g_error("there is no column %s", name);
}

/* What a record shows of the column: its growth, if it counts. Returns: NAN if it is missing */
static inline gdouble
sampler_run_get(SamplerRun *self, const gchar *name)
{
	guint column = sampler_run_find(self, name);
	const VmfcDeclaration *declaration = self->context->declarations->pdata[column];
	VmfcRecord *record = &self->context->record;
	gdouble value = NAN;

	record->row = self->row;
	if (declaration->column.kind == VMFC_KIND_COUNTER)
		value = vmfc_record_get_delta(record, column, &value) ? value : NAN;
	else if (vmfc_record_has(record, column))
		value = declaration->column.type == VMFC_TYPE_INT
				? (gdouble)vmfc_record_get_int(record, column)
				: vmfc_record_get_float(record, column);
	record->row = NULL;
	return value;
}

/* @value: NAN: missing */
static inline void
sampler_run_assert(SamplerRun *self, const gchar *name, gdouble value)
{
	gdouble is = sampler_run_get(self, name);

	if (isnan(is) != isnan(value) || fabs(is - value) > 1e-9 * fmax(1, fabs(value)))
		g_error("tick %" G_GUINT64_FORMAT ": %s is %.17g, but must be %.17g", self->n_ticks,
			name, is, value);
}

/* @reason: a pattern; %NULL: none */
static inline void
sampler_run_assert_state(const SamplerRun *self, const gchar *name, VmfcState state,
			 const gchar *reason)
{
	const VmfcDeclaration *is =
		self->context->declarations->pdata[sampler_run_find(self, name)];

	if (is->state != state || (is->reason == NULL) != (reason == NULL) ||
	    (reason != NULL && !g_pattern_match_simple(reason, is->reason)))
		g_error("tick %" G_GUINT64_FORMAT ": %s has state %d, '%s', but must have %d, '%s'",
			self->n_ticks, name, is->state, is->reason, state, reason);
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <math.h>
#include <unistd.h>

#include "common/deadline-source.h"
#include "common/child.h"
#include "leftover.h"
#include "library.h"
#include "machine-share.h"

#define NS_PER_S  1e9
#define NS_PER_US 1000
/* Maximum time from the start of stress-ng until it works, in ns; measured: 20 to 60 ms. */
#define SETTLE (100 * 1000 * 1000)

static const VmfcOption options[] = {
	{"program", VMFC_OPTION_STRING, "stress-ng", "name or path of stress-ng"},
	{"profiles", VMFC_OPTION_STRING, "",
	 "folders with additional profiles, separated by colons; default: vmfc/workloads in the "
	 "user's config folder (~/.config)"},
	{"step", VMFC_OPTION_DURATION, "0",
	 "seconds of each step of a profile; 0: as in the profile"},
	{"temp_path", VMFC_OPTION_STRING, "/var/tmp",
	 "folder on the disk for workloads with disk I/O"},
	{NULL},
};

typedef struct {
	VmfcContext *context;
	gchar *program;
	StressProfile *profile;
	guint *order;  /* of the steps, shuffled again for each repetition in random order */
	GRand *random; /* NULL: order of the file */
	guint next;    /* position in @order */
	VmfcChild *child;
	const StressStep *step; /* of the current step */
	gdouble target;		/* its target load, percent of the machine; NaN for none */
	guint alarm;		/* timer of its end */
	guint settle;		/* timer of the start of its work */
	gint64 begin;		/* planned start of the step; CLOCK_MONOTONIC, ns */
	gint64 length;		/* of the step, ns */
	gboolean is_over;	/* the current step has ended, and its child is ending */
	gboolean is_finishing;
} StressNg;

static void
stress_ng_close(gpointer data)
{
	StressNg *self = data;

	g_clear_pointer(&self->profile, stress_profile_free);
	g_clear_pointer(&self->random, g_rand_free);
	g_free(self->order);
	g_free(self->program);
	g_free(self);
}

/* -------------------------------------------------------- the program */

/* Adds the arguments of a step to a command. */
static gboolean
add_arguments(GStrvBuilder *command, const StressStep *step, const StressMachineShare *size,
	      gboolean *is_empty, GError **error)
{
	g_auto(GStrv) arguments = stress_step_build_arguments(step, size, error);

	if (arguments == NULL)
		return FALSE;
	*is_empty &= arguments[0] == NULL;
	g_strv_builder_addv(command, (const gchar **)arguments);
	return TRUE;
}

/* Asks stress-ng whether it accepts all options and methods of a command. */
static gboolean
try_command(GStrv command, gchar **message, GError **error)
{
	g_autofree gchar *output = NULL;
	g_autofree gchar *errors = NULL;
	gint status;

	if (!g_spawn_sync(NULL, command, NULL, G_SPAWN_STDIN_FROM_DEV_NULL, NULL, NULL, &output,
			  &errors, &status, error))
		return FALSE;
	if (g_spawn_check_wait_status(status, NULL))
		return TRUE;
	g_autofree gchar *both = g_strconcat(errors, "\n", output, NULL);
	*message = vmfc_child_find_message(both);
	return FALSE;
}

/* @from, @to: the range of steps to test, all in one command */
static gboolean
try_steps(const StressNg *self, const StressMachineShare *size, guint from, guint to,
	  GError **error)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_autofree gchar *message = NULL;
	gboolean is_empty = TRUE;

	g_strv_builder_add_many(builder, self->program, "--dry-run", NULL);
	for (guint i = from; i < to; i++) {
		if (!add_arguments(builder, self->profile->steps->pdata[i], size, &is_empty, error))
			return FALSE;
	}
	g_auto(GStrv) command = g_strv_builder_end(builder);
	if (is_empty || try_command(command, &message, error))
		return TRUE;
	if (error != NULL && *error != NULL)
		return FALSE;
	const StressStep *first = self->profile->steps->pdata[from];
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
		    "%s rejects the step '%s' of workload %s: %s", self->program, first->phase,
		    vmfc_context_get_workload(self->context),
		    message != NULL ? message : "it gives no reason");
	return FALSE;
}

/* Most profiles are valid, which takes one test; for an invalid one each step is tested. */
static gboolean
try_profile(const StressNg *self, GError **error)
{
	StressMachineShare size;
	guint n_steps = self->profile->steps->len;

	stress_machine_share_measure(&size, self->context,
				     vmfc_context_get_string(self->context, "temp_path"),
				     "{" STRESS_MEMORY "{" STRESS_DISK);
	if (try_steps(self, &size, 0, n_steps, NULL))
		return TRUE;
	for (guint i = 0; i < n_steps; i++) {
		if (!try_steps(self, &size, i, i + 1, error))
			return FALSE;
	}
	return TRUE;
}

static gchar *
find_program(VmfcContext *context, GError **error)
{
	const gchar *name = vmfc_context_get_string(context, "program");
	gchar *path = g_find_program_in_path(name);

	if (path == NULL)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
			    "workload %s needs %s, which is not installed: install it with apt-get "
			    "install stress-ng (Debian, Ubuntu) or dnf install stress-ng (Fedora, "
			    "RHEL), or use the workload load, which needs no other program",
			    vmfc_context_get_workload(context), name);
	return path;
}

static gboolean
check_settings(VmfcContext *context, GError **error)
{
	const gchar *folder = vmfc_context_get_string(context, "temp_path");

	if (vmfc_context_get_argument(context) != NULL) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "workload %s takes no argument, but '=%s' was given",
			    vmfc_context_get_workload(context), vmfc_context_get_argument(context));
		return FALSE;
	}
	gdouble step = (gdouble)vmfc_context_get_duration(context, "step") / NS_PER_S;
	if (step != 0 && !(step >= STRESS_STEP_MIN && step <= STRESS_STEP_MAX)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "stress_ng.step is '%s', but must be from %g to %g seconds, or 0 for "
			    "the value in the profile",
			    vmfc_context_get_string(context, "step"), STRESS_STEP_MIN,
			    STRESS_STEP_MAX);
		return FALSE;
	}
	if (g_file_test(folder, G_FILE_TEST_IS_DIR) && access(folder, W_OK) == 0)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "stress_ng.temp_path: %s is not a writable folder: give another one", folder);
	return FALSE;
}

static gpointer
stress_ng_open(VmfcContext *context, GError **error)
{
	StressNg *self = g_new0(StressNg, 1);

	self->context = context;
	if (!check_settings(context, error) ||
	    (self->program = find_program(context, error)) == NULL ||
	    (self->profile = stress_library_open(context, error)) == NULL ||
	    !try_profile(self, error)) {
		stress_ng_close(self);
		return NULL;
	}
	if (!vmfc_context_is_check(context))
		stress_leftover_remove(vmfc_context_get_string(context, "temp_path"));
	guint n_steps = self->profile->steps->len;
	self->order = g_new(guint, n_steps);
	for (guint i = 0; i < n_steps; i++)
		self->order[i] = i;
	if (self->profile->is_random)
		self->random = g_rand_new_with_seed(vmfc_context_get_seed(context));
	return self;
}

/* -------------------------------------------------------------- steps */

static void
cancel_alarms(StressNg *self)
{
	g_clear_handle_id(&self->alarm, g_source_remove);
	g_clear_handle_id(&self->settle, g_source_remove);
}

static void
begin_step(StressNg *self, gint64 begin);

/* Chooses the current step, and prepares the next one. */
static const StressStep *
take_step(StressNg *self)
{
	guint n_steps = self->profile->steps->len;

	/* Fisher and Yates, one draw at a time */
	if (self->random != NULL) {
		guint other = (guint)g_rand_int_range(self->random, (gint32)self->next,
						      (gint32)n_steps);
		guint kept = self->order[self->next];
		self->order[self->next] = self->order[other];
		self->order[other] = kept;
	}
	const StressStep *step = self->profile->steps->pdata[self->order[self->next]];
	self->next = (self->next + 1) % n_steps;
	return step;
}

static void
run_next(StressNg *self)
{
	begin_step(self, self->begin + self->length);
}

static void
child_ended(const GError *error, gpointer user_data)
{
	StressNg *self = user_data;
	g_autoptr(GError) unasked = NULL;

	g_clear_pointer(&self->child, vmfc_child_free);
	if (self->is_finishing) {
		vmfc_context_end_workload(self->context, error);
		return;
	}
	if (self->is_over && error == NULL) {
		run_next(self);
		return;
	}
	if (error == NULL)
		unasked = g_error_new(VMFC_ERROR, VMFC_ERROR_IO, "stress-ng has ended by itself");
	cancel_alarms(self);
	vmfc_context_end_workload(self->context, error != NULL ? error : unasked);
}

static gboolean
step_is_over(gpointer user_data)
{
	StressNg *self = user_data;

	self->alarm = 0;
	g_clear_handle_id(&self->settle, g_source_remove);
	self->is_over = TRUE;
	vmfc_context_begin_transition(self->context);
	if (self->child != NULL)
		vmfc_child_finish(
			self->child); /* a child that has died before ends with an error */
	else
		run_next(self);
	return G_SOURCE_REMOVE;
}

/* From now on the labels match the machine's work. */
static gboolean
step_is_at_work(gpointer user_data)
{
	StressNg *self = user_data;

	self->settle = 0;
	if (self->child != NULL && !vmfc_child_is_alive(self->child))
		return G_SOURCE_REMOVE;
	vmfc_context_set_phase(self->context, self->step->phase);
	vmfc_context_set_target_load(self->context, self->target);
	return G_SOURCE_REMOVE;
}

static void
child_is_run(gpointer user_data)
{
	StressNg *self = user_data;

	g_clear_handle_id(&self->settle, g_source_remove);
	if (!self->is_over && !self->is_finishing)
		self->settle = vmfc_deadline_source_add(g_get_monotonic_time() * NS_PER_US + SETTLE,
							step_is_at_work, self);
}

/* @command: of the step */
static gboolean
start_child(StressNg *self, GStrv command, GError **error)
{
	const gchar *temp_path = vmfc_context_get_string(self->context, "temp_path");
	g_autofree gchar *folder = stress_leftover_make_path(temp_path);
	const VmfcChildSetup setup = {
		.context = self->context,
		.argv = (const gchar *const *)command,
		.folder = folder,
		.is_quiet = TRUE,
		.running = child_is_run,
		.ended = child_ended,
		.user_data = self,
	};

	self->child = vmfc_child_start(&setup, error);
	return self->child != NULL;
}

static gboolean
run_step(StressNg *self, const StressStep *step, const StressMachineShare *size, GError **error)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	gboolean is_empty = TRUE;

	/* until it is told to end; a process that the OOM killer ends is not started again */
	g_strv_builder_add_many(builder, self->program, "--timeout", "0", "--oomable", NULL);
	if (!add_arguments(builder, step, size, &is_empty, error))
		return FALSE;
	g_auto(GStrv) command = g_strv_builder_end(builder);
	return is_empty || start_child(self, command, error);
}

/* @begin: planned start */
static gboolean
try_to_begin(StressNg *self, gint64 begin, GError **error)
{
	gint64 length = vmfc_context_get_duration(self->context, "step");
	StressMachineShare size;

	self->step = take_step(self);
	self->is_over = FALSE;
	self->length = length > 0 ? length : self->step->length;
	/* after a suspend, or a step that took long to end, the plan counts from now */
	gint64 now = g_get_monotonic_time() * NS_PER_US;
	self->begin = begin + self->length / 2 > now ? begin : now;
	stress_machine_share_measure(&size, self->context,
				     vmfc_context_get_string(self->context, "temp_path"),
				     self->step->stressors);
	if (!run_step(self, self->step, &size, error))
		return FALSE;
	self->target = stress_step_get_target(self->step, &size);
	vmfc_context_begin_transition(self->context);
	if (self->child == NULL)
		step_is_at_work(self);
	/* a single step continues without a restart */
	if (self->profile->steps->len > 1)
		self->alarm = vmfc_deadline_source_add(self->begin + self->length, step_is_over,
						       self);
	return TRUE;
}

static void
begin_step(StressNg *self, gint64 begin)
{
	g_autoptr(GError) error = NULL;

	if (!try_to_begin(self, begin, &error))
		vmfc_context_end_workload(self->context, error);
}

/* ---------------------------------------------------------- workload */

static gboolean
stress_ng_start(gpointer data, GError **error)
{
	StressNg *self = data;

	self->is_finishing = FALSE;
	return try_to_begin(self, vmfc_context_get_begin(self->context), error);
}

static void
stress_ng_finish(gpointer data)
{
	StressNg *self = data;

	cancel_alarms(self);
	self->is_finishing = TRUE;
	if (self->child != NULL)
		vmfc_child_finish(self->child);
	else
		vmfc_context_end_workload(self->context, NULL);
}

static void
stress_ng_stop(gpointer data)
{
	StressNg *self = data;

	cancel_alarms(self);
	g_clear_pointer(&self->child, vmfc_child_free);
}

static const VmfcWorkload workload = {
	.open = stress_ng_open,
	.start = stress_ng_start,
	.stop = stress_ng_stop,
	.close = stress_ng_close,
	.finish = stress_ng_finish,
	.list = stress_library_list,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "stress_ng",
	.version = VMFC_VERSION,
	.license = "Apache-2.0",
	.summary = "runs stress-ng with the workloads that its profiles describe",
	.options = options,
	.workload = &workload,
};

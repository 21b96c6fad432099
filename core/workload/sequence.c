/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "workload/sequence.h"

#include <math.h>
#include <string.h>

#include "base/quantity.h"
#include "vmfc/vmfc-plugin.h"

#define NS_PER_S	1e9
#define LONGEST_SECONDS 1e6
#define MAX_PARTS	1000

static void
part_free(VmfcPart *part)
{
	g_free(part->name);
	g_free(part->argument);
	g_free(part);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcPart, part_free)

void
vmfc_sequence_free(VmfcSequence *sequence)
{
	g_ptr_array_unref(sequence->parts);
	g_clear_pointer(&sequence->random, g_rand_free);
	g_free(sequence->order);
	g_free(sequence);
}

/* ------------------------------------------------------------- reading */

static VmfcPart *
parse_part(const gchar *text, GError **error)
{
	g_autoptr(VmfcPart) part = g_new0(VmfcPart, 1);
	const gchar *colon = strrchr(text, ':');
	gdouble seconds;

	part->name = colon != NULL ? g_strndup(text, (gsize)(colon - text)) : g_strdup(text);
	gchar *equals = strchr(part->name, '=');
	if (equals != NULL) {
		part->argument = g_strdup(equals + 1);
		*equals = '\0';
	}
	if (part->name[0] == '\0') {
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_USAGE,
			"--stress-workload has an empty part: workloads are separated by single "
			"commas, for example cpu_cycling:60,idle:30");
		return NULL;
	}
	if (colon == NULL)
		return g_steal_pointer(&part);
	if (!vmfc_quantity_parse_seconds(colon + 1, &seconds) || seconds <= 0 ||
	    seconds > LONGEST_SECONDS) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--stress-workload: in '%s', '%s' must be a number of seconds above 0 "
			    "and up to %.0f, or a time with units, for example %s:60 or %s:1h30m",
			    text, colon + 1, LONGEST_SECONDS, part->name, part->name);
		return NULL;
	}
	part->length = MAX(llround(seconds * NS_PER_S), 1);
	return g_steal_pointer(&part);
}

static gboolean
parse_parts(VmfcSequence *sequence, const gchar *text, GError **error)
{
	g_auto(GStrv) texts = g_strsplit(text, ",", MAX_PARTS + 1);

	if (g_strv_length(texts) > MAX_PARTS) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--stress-workload has more than %d parts: a sequence repeats until "
			    "the run ends",
			    MAX_PARTS);
		return FALSE;
	}
	for (guint i = 0; i == 0 || texts[i] != NULL; i++) {
		VmfcPart *part = parse_part(texts[i] != NULL ? g_strstrip(texts[i]) : "", error);
		if (part == NULL)
			return FALSE;
		g_ptr_array_add(sequence->parts, part);
	}
	return TRUE;
}

/* ----------------------------------------------------------- durations */

static gboolean
set_no_time_left(const VmfcSequence *sequence, const VmfcPart *part, gint64 duration,
		 GError **error)
{
	gdouble seconds = (gdouble)duration / NS_PER_S;

	if (duration == 0)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--stress-workload: '%s' has no duration, and --duration 0 has no end: "
			    "give one of them a duration, for example %s:60",
			    part->name, part->name);
	else
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--stress-workload: the parts with a duration leave no time of "
			    "--duration %g for '%s'%s",
			    seconds, part->name, sequence->parts->len > 2 ? " and others" : "");
	return FALSE;
}

/* Parts without a duration share the time that the others leave. */
static gboolean
set_open_lengths(VmfcSequence *sequence, gint64 duration, GError **error)
{
	gint64 left = duration;
	guint n_open = 0;
	VmfcPart *last = NULL;

	for (guint i = 0; i < sequence->parts->len; i++) {
		VmfcPart *part = sequence->parts->pdata[i];
		left -= part->length;
		if (part->length == 0) {
			last = part;
			n_open++;
		}
	}
	if (n_open == 0)
		return TRUE;
	if (duration == 0 && sequence->parts->len == 1) {
		last->length = G_MAXINT64;
		return TRUE;
	}
	if (left < n_open)
		return set_no_time_left(sequence, last, duration, error);
	gint64 share = left / n_open;
	for (guint i = 0; i < sequence->parts->len; i++) {
		VmfcPart *part = sequence->parts->pdata[i];
		if (part->length == 0)
			part->length = part != last ? share : left - share * (n_open - 1);
	}
	return TRUE;
}

static gboolean
check_lengths(VmfcSequence *sequence, gint64 duration, gint64 interval, GError **error)
{
	for (guint i = 0; i < sequence->parts->len; i++) {
		const VmfcPart *part = sequence->parts->pdata[i];
		gdouble seconds = (gdouble)part->length / NS_PER_S;
		if (part->length < interval) {
			g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
				    "--stress-workload: %g s for '%s' is shorter than one window "
				    "of %g s: give it more time, or use a shorter --interval",
				    seconds, part->name, (gdouble)interval / NS_PER_S);
			return FALSE;
		}
		if (duration != 0 && part->length > duration) {
			g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
				    "--stress-workload: '%s' takes %g s, but --duration is %g s: "
				    "make the run longer or the part shorter",
				    part->name, seconds, (gdouble)duration / NS_PER_S);
			return FALSE;
		}
		sequence->length = part->length == G_MAXINT64 ? G_MAXINT64
							      : sequence->length + part->length;
	}
	return TRUE;
}

/*
 * @text: parts separated by commas
 * @duration: of the run, in ns; 0: until stopped
 * @interval: of the ticks, in ns
 *
 * Returns: (transfer full): %NULL with a sentence for the user in @error
 */
VmfcSequence *
vmfc_sequence_new(const gchar *text, gint64 duration, gint64 interval, GError **error)
{
	g_autoptr(VmfcSequence) sequence = g_new0(VmfcSequence, 1);

	sequence->parts = g_ptr_array_new_with_free_func((GDestroyNotify)part_free);
	if (!parse_parts(sequence, text, error) || !set_open_lengths(sequence, duration, error) ||
	    !check_lengths(sequence, duration, interval, error))
		return NULL;
	sequence->order = g_new(guint, sequence->parts->len);
	for (guint i = 0; i < sequence->parts->len; i++)
		sequence->order[i] = i;
	return g_steal_pointer(&sequence);
}

/* --------------------------------------------------------------- order */

/* The shuffle of Fisher and Yates. */
static void
shuffle_once(VmfcSequence *sequence)
{
	for (guint i = sequence->parts->len - 1; i > 0; i--) {
		guint j = (guint)g_rand_int_range(sequence->random, 0, (gint32)i + 1);
		guint other = sequence->order[i];
		sequence->order[i] = sequence->order[j];
		sequence->order[j] = other;
	}
}

/* From now on each iteration has its own random order, which depends on @seed only. */
void
vmfc_sequence_shuffle(VmfcSequence *sequence, guint32 seed)
{
	sequence->random = g_rand_new_with_seed(seed);
	shuffle_once(sequence);
}

/*
 * @time: since the start of the sequence, in ns; never less than in the call before. A negative
 *   time is in the first part.
 */
void
vmfc_sequence_find(VmfcSequence *sequence, gint64 time, VmfcPosition *position)
{
	time = MAX(time, 0);
	position->iteration = time / sequence->length;
	for (; sequence->random != NULL && sequence->ordered < position->iteration;
	     sequence->ordered++)
		shuffle_once(sequence);
	position->begin = position->iteration * sequence->length;
	for (guint i = 0; i < sequence->parts->len; i++) {
		position->part = sequence->order[i];
		const VmfcPart *part = sequence->parts->pdata[position->part];
		position->end = part->length == G_MAXINT64 ? G_MAXINT64
							   : position->begin + part->length;
		if (time < position->end)
			return;
		position->begin = position->end;
	}
}

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/lag.h"

#include <math.h>

/* Fewer windows are not significant. */
#define MIN_WINDOWS 20
/* Minimum standard deviation of the load, percent. An idle or a full machine has less. */
#define MIN_SPREAD 1.0
/*
 * Minimum of the t statistic. Noise has 1 with one lag, but many lags are tried, and the noise of
 * the series is not white.
 */
#define MIN_T	   4
#define MIN_DETAIL 0.15
#define AS_GOOD_AS 0.95 /* of the best: another lag with so good a fit is an alternative */
#define MAX_STEPS  600	/* in each direction */
#define MIN_STEP   0.01
#define FINE_STEPS 8

/* One series of power, compared with all loads at one lag after the other. */
typedef struct {
	const GArray *loads;
	const VmfcPowerSeries *power;
	guint half_width; /* of the moving mean, in windows */
	guint n_min;
	gdouble *load; /* of the windows that have power at this lag */
	gdouble *watts;
	gdouble *sums;
	guint n;
	gdouble whole;	/* correlation of load and power */
	gdouble detail; /* correlation without slow changes */
} Trial;

static void
trial_clear(Trial *trial)
{
	g_free(trial->load);
	g_free(trial->watts);
	g_free(trial->sums);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Trial, trial_clear)

static gdouble
correlate(const gdouble *x, const gdouble *y, guint n)
{
	gdouble mean_x = 0;
	gdouble mean_y = 0;
	gdouble xx = 0;
	gdouble yy = 0;
	gdouble xy = 0;

	for (guint i = 0; i < n; i++) {
		mean_x += x[i] / n;
		mean_y += y[i] / n;
	}
	for (guint i = 0; i < n; i++) {
		gdouble dx = x[i] - mean_x;
		gdouble dy = y[i] - mean_y;
		xx += dx * dx;
		yy += dy * dy;
		xy += dx * dy;
	}
	return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
}

/* Subtracts a moving mean. */
static void
subtract_moving_mean(Trial *trial, gdouble *values)
{
	guint n = trial->n;

	trial->sums[0] = 0;
	for (guint i = 0; i < n; i++)
		trial->sums[i + 1] = trial->sums[i] + values[i];
	for (guint i = 0; i < n; i++) {
		guint from = i > trial->half_width ? i - trial->half_width : 0;
		guint to = MIN(n, i + trial->half_width + 1);
		values[i] -= (trial->sums[to] - trial->sums[from]) / (to - from);
	}
}

static gboolean
pair_up(Trial *trial, gdouble lag)
{
	guint at = 0;

	trial->n = 0;
	for (guint i = 0; i < trial->loads->len; i++) {
		const VmfcLoad *load = &g_array_index(trial->loads, VmfcLoad, i);
		if (!vmfc_power_series_average_from(trial->power, &at, load->start + lag,
						    load->end + lag, &trial->watts[trial->n]))
			continue;
		trial->load[trial->n++] = load->load;
	}
	return trial->n >= trial->n_min;
}

/* Returns: the autocorrelation at one window, of a series whose mean is nearly 0 */
static gdouble
autocorrelate(const gdouble *x, guint n)
{
	gdouble here = 0;
	gdouble next = 0;

	for (guint i = 0; i + 1 < n; i++) {
		here += x[i] * x[i];
		next += x[i] * x[i + 1];
	}
	return here > 0 ? CLAMP(next / here, 0, 1) : 0;
}

/*
 * Combines the correlation of load and power with that of their fast changes. If the load changes
 * slowly, the first hardly depends on the lag. The second alone is sensitive to noise.
 *
 * Returns: how well load and power fit with that lag, up to 1; -1 if too few windows have power
 */
static gdouble
try_lag(Trial *trial, gdouble lag)
{
	if (!pair_up(trial, lag))
		return -1;
	trial->whole = correlate(trial->load, trial->watts, trial->n);
	subtract_moving_mean(trial, trial->load);
	subtract_moving_mean(trial, trial->watts);
	trial->detail = correlate(trial->load, trial->watts, trial->n);
	if (trial->whole <= 0 || trial->detail <= 0)
		return 0;
	/* a fit by chance is more likely with fewer windows */
	return sqrt(trial->whole * trial->detail * trial->n / trial->loads->len);
}

static void
trial_init(Trial *trial, const GArray *loads, const VmfcPowerSeries *power, gdouble step)
{
	trial->loads = loads;
	trial->power = power;
	trial->half_width = (guint)MAX(15, VMFC_LAG_SLOW / 2.0 / MAX(step, 1e-3));
	trial->load = g_new(gdouble, loads->len);
	trial->watts = g_new(gdouble, loads->len);
	trial->sums = g_new(gdouble, loads->len + 1);
	trial->n_min = MAX(MIN_WINDOWS, loads->len / 3);
}

/* Returns: the standard deviation of loads */
gdouble
vmfc_lag_get_spread(const GArray *loads)
{
	gdouble sum = 0;
	gdouble squares = 0;

	for (guint i = 0; i < loads->len; i++)
		sum += g_array_index(loads, VmfcLoad, i).load;
	gdouble mean = sum / loads->len;
	for (guint i = 0; i < loads->len; i++) {
		gdouble off = g_array_index(loads, VmfcLoad, i).load - mean;
		squares += off * off;
	}
	return sqrt(squares / loads->len);
}

static gboolean
is_peak(const gdouble *fits, guint n, guint i)
{
	return (i == 0 || fits[i] >= fits[i - 1]) && (i + 1 == n || fits[i] >= fits[i + 1]);
}

/* Whether there is a valley between two peaks. If not, they belong to one peak. */
static gboolean
are_apart(const gdouble *fits, guint i, guint j, gdouble highest)
{
	for (guint k = MIN(i, j); k <= MAX(i, j); k++) {
		if (fits[k] < highest / 2)
			return TRUE;
	}
	return FALSE;
}

/*
 * Chooses the index of the best lag. With a periodic load, several lags have similar fits. Then it
 * is the smallest one, because small errors of clocks and short delays are more likely.
 *
 * @other: (out): the index of the second best, or that of the best
 */
static guint
choose_peak(const gdouble *fits, guint n, guint *other)
{
	guint middle = n / 2;
	guint best = middle;
	guint chosen;

	for (guint i = 0; i < n; i++)
		best = fits[i] > fits[best] ? i : best;
	chosen = best;
	for (guint i = 0; i < n; i++) {
		if (is_peak(fits, n, i) && fits[i] >= AS_GOOD_AS * fits[best] &&
		    ABS((gint)i - (gint)middle) < ABS((gint)chosen - (gint)middle) &&
		    are_apart(fits, i, best, fits[best]))
			chosen = i;
	}
	*other = chosen;
	for (guint i = 0; i < n; i++) {
		if (is_peak(fits, n, i) && fits[i] >= AS_GOOD_AS * fits[best] &&
		    (*other == chosen || fits[i] > fits[*other]) &&
		    are_apart(fits, i, chosen, fits[best]))
			*other = i;
	}
	return chosen;
}

/* Searches around @lag with a smaller step. */
static gdouble
refine(Trial *trial, gdouble lag, gdouble step)
{
	gdouble fits[2 * FINE_STEPS + 1];
	gdouble fine = step / FINE_STEPS;
	guint best = FINE_STEPS;

	for (guint i = 0; i < G_N_ELEMENTS(fits); i++)
		fits[i] = try_lag(trial, lag + ((gint)i - FINE_STEPS) * fine);
	for (guint i = 0; i < G_N_ELEMENTS(fits); i++)
		best = fits[i] > fits[best] ? i : best;
	/* of a flat top the middle counts */
	guint last = best;
	while (last + 1 < G_N_ELEMENTS(fits) && fits[last + 1] >= fits[best] - 1e-9)
		last++;
	return lag + ((gdouble)(best + last) / 2 - FINE_STEPS) * fine;
}

/* Finds the best lag of one series of power. Returns: how well it fits */
static gdouble
search(VmfcLag *lag, Trial *trial, gdouble max_lag, gdouble step)
{
	guint n_steps = (guint)(max_lag / step);
	guint n = 2 * n_steps + 1;
	g_autofree gdouble *fits = g_new(gdouble, n);
	guint other;

	vmfc_lag_curve_init(&lag->curve, -(gdouble)n_steps * step, step, n);
	for (guint i = 0; i < n; i++) {
		fits[i] = try_lag(trial, ((gdouble)i - n_steps) * step);
		if (fits[i] >= 0)
			vmfc_lag_curve_set(&lag->curve, i, trial->whole, trial->detail);
	}
	guint best = choose_peak(fits, n, &other);
	lag->seconds = refine(trial, ((gdouble)best - n_steps) * step, step);
	lag->other = other != best ? ((gdouble)other - n_steps) * step : NAN;
	gdouble fit = try_lag(trial, lag->seconds);
	lag->detail = trial->detail;
	lag->correlation = trial->whole;
	lag->n_windows = trial->n;
	/* autocorrelation reduces the degrees of freedom (Bartlett, 1935) */
	gdouble alike = autocorrelate(trial->load, trial->n) *
			autocorrelate(trial->watts, trial->n);
	lag->n_free = trial->n * (1 - alike) / (1 + alike);
	lag->is_at_edge = fit > 0 && (best == 0 || best + 1 == n);
	return fit;
}

/*
 * @fit: of the lag; below 0 if no lag has enough windows
 * @n_min: so many windows are enough
 */
static void
judge(VmfcLag *lag, gdouble fit, guint n_min)
{
	/* Student's t of a correlation, with the reduced degrees of freedom */
	gdouble left = MAX(1 - lag->detail * lag->detail, 1e-9);
	gdouble t = lag->detail * sqrt(lag->n_free / left);

	if (fit < 0)
		lag->reason = g_strdup_printf("fewer than %u windows have power", n_min);
	else if (lag->detail < MIN_DETAIL || t < MIN_T)
		lag->reason = g_strdup_printf("power does not follow the load clearly enough "
					      "(correlation of their changes %.2f)",
					      lag->detail);
	else if (lag->correlation <= 0)
		lag->reason = g_strdup_printf("power does not rise with the load (correlation "
					      "%.2f), only their changes are alike",
					      lag->correlation);
	else if (lag->is_at_edge)
		lag->reason = g_strdup_printf(
			"it is not within the maximum of %.0f s in each direction "
			"(--max-lag)",
			fabs(lag->curve.first));
	lag->is_found = lag->reason == NULL;
}

/*
 * Shifts power against load and finds the lag with the best fit.
 *
 * If the source repeats its last value until it has a new one, a line from new value to new value
 * fits better and has a smaller lag. If power really is constant, the values as written fit better.
 * So both are tried.
 *
 * @loads: of VmfcLoad, in the order of time
 * @as_written: power with all values, as for the labels
 * @as_new: (nullable): power without repeated values
 * @max_lag: s, in each direction
 */
void
vmfc_lag_estimate(VmfcLag *lag, const GArray *loads, const VmfcPowerSeries *as_written,
		  const VmfcPowerSeries *as_new, gdouble max_lag)
{
	*lag = (VmfcLag){.other = NAN};
	if (loads->len < MIN_WINDOWS) {
		lag->reason = g_strdup_printf("there are only %u windows, but %d are needed",
					      loads->len, MIN_WINDOWS);
		return;
	}
	gdouble spread = vmfc_lag_get_spread(loads);
	if (spread < MIN_SPREAD) {
		lag->reason = g_strdup_printf("the load does not vary (standard deviation %.2f %%)",
					      spread);
		return;
	}
	const VmfcLoad *first = &g_array_index(loads, VmfcLoad, 0);
	const VmfcLoad *last = &g_array_index(loads, VmfcLoad, loads->len - 1);
	gdouble window = (last->end - first->start) / loads->len;
	max_lag = MIN(max_lag, (last->end - first->start) * VMFC_LAG_SHARE);
	gdouble step = MAX(MAX(first->end - first->start, MIN_STEP) / 2, max_lag / MAX_STEPS);
	g_auto(Trial) trial = {0};
	trial_init(&trial, loads, as_written, window);
	gdouble fit = search(lag, &trial, max_lag, step);
	if (as_new != NULL) {
		g_auto(Trial) second = {0};
		VmfcLag other = {0};
		trial_init(&second, loads, as_new, window);
		gdouble fit_as_new = search(&other, &second, max_lag, step);
		if (fit_as_new > fit) {
			vmfc_lag_curve_clear(&lag->curve);
			*lag = other;
			fit = fit_as_new;
		} else {
			vmfc_lag_curve_clear(&other.curve);
		}
	}
	judge(lag, fit, trial.n_min);
}

void
vmfc_lag_clear(VmfcLag *lag)
{
	g_clear_pointer(&lag->reason, g_free);
	vmfc_lag_curve_clear(&lag->curve);
}

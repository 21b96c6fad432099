/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What a report takes of the rows of predictions, training sets and runs, counted once more. */

#include <math.h>

#include "../rows/table-of.h"
#include "tools/report/prediction-data.h"
#include "tools/report/run-data.h"
#include "tools/report/training-data.h"

/* ----------------------------------------------------------- predictions */

/* Errors are of their own group and zone, and an interval counts where all of it is known. */
static void
test_predictions(void)
{
	static const struct {
		guint64 n;
		guint64 n_interval;
		guint64 n_held;
		gdouble sum;
		gdouble sum_of_sizes;
		gdouble minimum;
		gdouble maximum;
	} groups[2][2] = {
		{{4, 3, 2, 1 - 2 + 0.5 + 0, 3.5, -2, 1}, {1, 1, 1, 4, 4, 4, 4}},
		{{1, 1, 0, -7, 7, -7, -7}, {2, 1, 1, -1 - 3, 4, -3, -1}},
	};
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcPredictionData) data = vmfc_prediction_data_read(
		table_of("timestamp,group,zone,measured,estimated,low,high,busy\n"
			 "2000000000,a,package,2,2,,3,7\n"
			 "2000000001,a,package,10,11,10,12,1\n"
			 "2000000002,a,package,20,18,16,20,2\n"
			 "2000000003,b,package,30,34,30,40,3\n"
			 "2000000004,a,core,8,1,0.5,2,4\n"
			 "2000000005,b,core,5,4,3,5,5\n"
			 "2000000006,a,package,1,1.5,1.25,2,6\n"
			 "2000000008,b,core,5,2,1,,8\n"
			 "2000000009,a,package,,2,1,3,9\n"
			 "2000000010,a,package,3,,,,9\n"),
		NULL, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(data->n_zones, ==, 2);
	for (guint zone = 0; zone < 2; zone++) {
		gdouble sum = 0;
		guint64 n = 0;
		for (guint group = 0; group < 2; group++) {
			const VmfcErrors *errors = &data->zones[zone].groups[group];
			g_test_message("zone %u, group %u", zone, group);
			g_assert_cmpuint(errors->n, ==, groups[zone][group].n);
			g_assert_cmpuint(errors->n_interval, ==, groups[zone][group].n_interval);
			g_assert_cmpuint(errors->n_held, ==, groups[zone][group].n_held);
			g_assert_cmpfloat(errors->sum, ==, groups[zone][group].sum);
			g_assert_cmpfloat(errors->sum_of_sizes, ==,
					  groups[zone][group].sum_of_sizes);
			g_assert_cmpfloat(errors->minimum, ==, groups[zone][group].minimum);
			g_assert_cmpfloat(errors->maximum, ==, groups[zone][group].maximum);
			g_assert_cmpuint(errors->sketch->n, ==, errors->n);
			sum += errors->sum;
			n += errors->n;
			/* the errors by measured power, and by load, are the same ones */
			g_assert_cmpfloat(data->zones[zone].errors.minimum[group], ==,
					  errors->minimum);
			g_assert_cmpfloat(data->zones[zone].by_load.maximum[group], ==,
					  errors->maximum);
		}
		g_autoptr(GArray) columns = vmfc_time_grid_join(&data->zones[zone].grid, 1, 0);
		const VmfcTimeCell *cell = &g_array_index(columns, VmfcTimeColumn, 0).cell;
		g_assert_cmpuint(cell->n, ==, n);
		g_assert_cmpfloat_with_epsilon(cell->sum, sum, 1e-9);
	}
	g_assert_cmpfloat(data->zones[0].estimated.maximum[0], ==, 18);
	g_assert_cmpfloat(data->zones[1].estimated.minimum[1], ==, 2);
}

/* ---------------------------------------------------------- training sets */

/* Each zone has its own power over the load, and each run its own time. */
static void
test_training_set(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcTrainingData) data = vmfc_training_data_read(
		table_of("run,timestamp,cpu_utilization,power_watts_package,power_watts_core,"
			 "power_stale,power_method,stress_workload\n"
			 "r,2000000001,10,5,2,false,mean,a\n"
			 "r,2000000002,20,6,3,true,mean,b\n"
			 "r,2000000003,30,,4,true,energy,a\n"
			 "s,2000000001,,50,20,false,mean,a\n"
			 "s,2000000500,40,60,30,true,mean,b\n"),
		NULL, &error);
	static const struct {
		gdouble sums[3]; /* of load, package and core */
		guint64 counts[3];
	} runs[] = {{{60, 11, 9}, {3, 2, 3}}, {{40, 110, 50}, {1, 2, 2}}};

	g_assert_no_error(error);
	g_assert_cmpuint(data->zones.n, ==, 2);
	g_assert_cmpuint(data->n_stale, ==, 3);
	g_assert_cmpuint(data->n_runs, ==, 2);
	g_assert_cmpuint(data->methods.names->len, ==, 2);
	g_assert_cmpuint(data->methods.counts[0], ==, 4);
	/* rows that have both */
	g_assert_cmpuint(data->clouds[0].n, ==, 3);
	g_assert_cmpuint(data->clouds[1].n, ==, 4);
	g_assert_cmpfloat(data->clouds[0].maximum[1], ==, 60);
	g_assert_cmpfloat(data->clouds[1].maximum[1], ==, 30);
	g_assert_cmpfloat(data->clouds[1].maximum[0], ==, 4);
	for (guint run = 0; run < 2; run++) {
		for (guint series = 0; series < 3; series++) {
			g_autoptr(GArray) columns = vmfc_time_grid_join(&data->run_data[run].grid,
									1, series);
			const VmfcTimeColumn *column = &g_array_index(columns, VmfcTimeColumn, 0);
			g_assert_cmpfloat(column->cell.sum, ==, runs[run].sums[series]);
			g_assert_cmpuint(column->cell.n, ==, runs[run].counts[series]);
			/* stale rows are marked */
			g_assert_cmpuint(column->slot.n_marked, ==, run == 0 ? 2 : 1);
		}
		g_assert_cmpint(data->run_data[run].time.is_shortened, ==, run == 1);
	}
}

/* The first eight runs have plots over time. */
static void
test_many_runs(void)
{
	g_autoptr(GString) text = g_string_new("run,timestamp,power_watts_package\n");
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < 20; i++)
		g_string_append_printf(text, "r%u,%u,5\n", i % 10, 2000000000 + i);
	g_autoptr(VmfcTrainingData) data = vmfc_training_data_read(table_of(text->str), NULL,
								   &error);
	g_assert_no_error(error);
	g_assert_cmpuint(data->n_runs, ==, VMFC_TRAINING_MAX_RUNS);
	g_assert_cmpuint(data->runs.names->len, ==, 10);
	for (guint i = 0; i < 10; i++)
		g_assert_cmpuint(data->runs.counts[i], ==, 2);
}

/* ------------------------------------------------------------------ runs */

/* Windows that are longer or shorter than asked for, estimates out of range, and rows without a
 * time. */
static void
test_run(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcRunData) data = vmfc_run_data_read(
		table_of("timestamp,time_delta_seconds,collection_interval,estimate_in_range,"
			 "stress_workload,stress_transition,page_faults\n"
			 "2000000001,1.5,1,true,a,false,30\n"
			 "2000000002,1,1,false,a,true,10\n"
			 "2000000003,0.75,1,,a,false,15\n"
			 "2000000004,,1,false,b,false,20\n"
			 ",1,1,true,b,true,40\n"
			 "2000000006,0,1,true,b,true,50\n"
			 "2000000007,,,,b,true,60\n"),
		NULL, &error);
	gdouble sum = 0;
	guint64 n = 0;

	g_assert_no_error(error);
	g_assert_cmpuint(data->n_no_time, ==, 1);
	g_assert_cmpuint(data->n_ranges, ==, 5);
	g_assert_cmpuint(data->n_out_of_range, ==, 2);
	/* 0.5 s; those that are exact are not shorter */
	g_assert_cmpuint(data->longer->n, ==, 3);
	g_assert_cmpfloat(vmfc_sketch_find_quantile(data->longer, 1), ==, 500000);
	g_assert_cmpuint(data->shorter->n, ==, 2);
	g_assert_cmpfloat(vmfc_sketch_find_quantile(data->shorter, 1), ==, 1000000);
	g_autoptr(GArray) all = vmfc_time_grid_join(&data->grid, 1, 0);
	const VmfcTimeSlot *slot = &g_array_index(all, VmfcTimeColumn, 0).slot;
	g_assert_cmpuint(slot->n_rows, ==, 6);
	g_assert_cmpuint(slot->n_marked, ==, 3);
	g_assert_cmpuint(slot->n_out_of_range, ==, 2);
	/* growth in a window is by its length, and without one not known */
	for (guint i = 0; i < data->series->len; i++) {
		const VmfcSeries *series = &g_array_index(data->series, VmfcSeries, i);
		g_autoptr(GArray) columns = vmfc_time_grid_join(&data->grid, 1, i);
		const VmfcTimeCell *cell = &g_array_index(columns, VmfcTimeColumn, 0).cell;
		if (!series->is_rate || series->column != 6)
			continue;
		sum = cell->sum;
		n = cell->n;
	}
	g_test_message("%g of %" G_GUINT64_FORMAT, sum, n);
	/* a row without a measured length is as long as was asked for, if that is known */
	g_assert_cmpuint(n, ==, 5);
	g_assert_cmpfloat_with_epsilon(sum, 30 / 1.5 + 10 + 15 / 0.75 + 20 + 50, 1e-9);
}

/* ----------------------------------------------------------------- clouds */

/* A point is in the cell that is shown for it, whatever comes before and after. */
static void
test_clouds(void)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	g_ptr_array_add(names, (gpointer) "a");
	g_ptr_array_add(names, (gpointer) "b");
	for (guint seed = 0; seed < 12; seed++) {
		g_autoptr(GRand) random = g_rand_new_with_seed(seed);
		g_auto(VmfcCloud) cloud;
		gdouble points[200][2];
		gdouble size = pow(10, seed % 4);
		vmfc_cloud_init(&cloud);
		for (guint i = 0; i < 200; i++) {
			points[i][0] = size * (seed < 4	  ? g_rand_double(random)
					       : seed < 8 ? -g_rand_double(random)
							  : g_rand_double_range(random, -1, 9));
			points[i][1] = g_rand_double_range(random, seed % 3 - 1.0, 7) / size;
			vmfc_cloud_add(&cloud, points[i][0], points[i][1], i % 2);
		}
		vmfc_cloud_add(&cloud, NAN, 1, 0);
		g_assert_cmpuint(cloud.n, ==, 200);
		VmfcPlot *plot = vmfc_plot_new("p", "t");
		vmfc_cloud_show(&cloud, plot, names, 100000);
		g_assert_cmpuint(plot->layers->len, ==, 2);
		for (guint i = 0; i < 200; i++) {
			const VmfcPlotLayer *layer = plot->layers->pdata[i % 2];
			gdouble nearest = INFINITY;
			for (guint k = 0; k < layer->points->len; k++) {
				const VmfcPlotPoint *point = &g_array_index(layer->points,
									    VmfcPlotPoint, k);
				gdouble x = fabs(point->x - points[i][0]) / cloud.x_step;
				gdouble y = fabs(point->y - points[i][1]) / cloud.y_step;
				nearest = MIN(nearest, MAX(x, y));
			}
			g_assert_cmpfloat(nearest, <=, 0.5 + 1e-6);
			g_assert_cmpfloat(points[i][1], >=, layer->minimum);
			g_assert_cmpfloat(points[i][1], <=, layer->maximum);
		}
		/* a cell is not larger than it has to be */
		g_assert_cmpfloat(cloud.x_step * VMFC_CLOUD_WIDTH, <, 40 * size);
		vmfc_plot_free(plot);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/report-data/predictions", test_predictions);
	g_test_add_func("/report-data/training-set", test_training_set);
	g_test_add_func("/report-data/many-runs", test_many_runs);
	g_test_add_func("/report-data/run", test_run);
	g_test_add_func("/report-data/clouds", test_clouds);
	return g_test_run();
}

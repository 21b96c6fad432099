/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/cloud.h"

#include <math.h>
#include <string.h>

#define WIDTH	   VMFC_CLOUD_WIDTH
#define HEIGHT	   VMFC_CLOUD_HEIGHT
#define N_BITS	   VMFC_CLOUD_MAX_GROUPS
#define FIRST_STEP 0x1p-30

void
vmfc_cloud_init(VmfcCloud *cloud)
{
	*cloud = (VmfcCloud){.cells = g_new0(guint32, (gsize)WIDTH * HEIGHT)};
	for (guint i = 0; i < N_BITS; i++) {
		cloud->minimum[i] = INFINITY;
		cloud->maximum[i] = -INFINITY;
	}
}

void
vmfc_cloud_clear(VmfcCloud *cloud)
{
	g_clear_pointer(&cloud->cells, g_free);
}

static guint32 *
get_cell(const VmfcCloud *cloud, guint x, guint y)
{
	return &cloud->cells[(gsize)y * WIDTH + x];
}

/* Makes one column of two. @to_right: the new columns are the right half of the grid */
static void
halve_width(VmfcCloud *cloud, gboolean to_right)
{
	guint32 row[WIDTH];
	guint shift = to_right ? WIDTH / 2 : 0;

	for (guint y = 0; y < HEIGHT; y++) {
		memset(row, 0, sizeof row);
		for (guint x = 0; x < WIDTH; x++)
			row[shift + x / 2] |= *get_cell(cloud, x, y);
		memcpy(get_cell(cloud, 0, y), row, sizeof row);
	}
	if (to_right)
		cloud->x_origin -= WIDTH * cloud->x_step;
	cloud->x_step *= 2;
}

static void
halve_height(VmfcCloud *cloud, gboolean to_top)
{
	guint32 column[HEIGHT];
	guint shift = to_top ? HEIGHT / 2 : 0;

	for (guint x = 0; x < WIDTH; x++) {
		memset(column, 0, sizeof column);
		for (guint y = 0; y < HEIGHT; y++)
			column[shift + y / 2] |= *get_cell(cloud, x, y);
		for (guint y = 0; y < HEIGHT; y++)
			*get_cell(cloud, x, y) = column[y];
	}
	if (to_top)
		cloud->y_origin -= HEIGHT * cloud->y_step;
	cloud->y_step *= 2;
}

/* Returns: a step that can grow to the size of the value without many halvings */
static gdouble
find_first_step(gdouble value, guint n)
{
	gint power;

	if (value == 0)
		return FIRST_STEP;
	frexp(value, &power);
	return ldexp(1, power - 1) / n;
}

/* @group: as in the names that vmfc_cloud_show() gets; @x, @y: NaN is left out */
void
vmfc_cloud_add(VmfcCloud *cloud, gdouble x, gdouble y, guint group)
{
	if (!isfinite(x) || !isfinite(y) || fabs(x) > G_MAXFLOAT || fabs(y) > G_MAXFLOAT)
		return;
	if (cloud->n++ == 0) {
		cloud->x_step = find_first_step(x, WIDTH);
		cloud->y_step = find_first_step(y, HEIGHT);
	}
	while (x < cloud->x_origin)
		halve_width(cloud, TRUE);
	while (x - cloud->x_origin >= WIDTH * cloud->x_step)
		halve_width(cloud, FALSE);
	while (y < cloud->y_origin)
		halve_height(cloud, TRUE);
	while (y - cloud->y_origin >= HEIGHT * cloud->y_step)
		halve_height(cloud, FALSE);
	guint column = MIN((guint)((x - cloud->x_origin) / cloud->x_step), WIDTH - 1);
	guint row = MIN((guint)((y - cloud->y_origin) / cloud->y_step), HEIGHT - 1);
	group = MIN(group, N_BITS - 1);
	*get_cell(cloud, column, row) |= 1U << group;
	cloud->minimum[group] = MIN(cloud->minimum[group], y);
	cloud->maximum[group] = MAX(cloud->maximum[group], y);
}

static guint
count_bits(guint32 bits)
{
	guint n = 0;

	for (; bits != 0; bits &= bits - 1)
		n++;
	return n;
}

/* Returns: how many points there are if so many cells in both directions become one */
static guint
count_points(const VmfcCloud *cloud, guint joined)
{
	guint n = 0;

	for (guint y = 0; y < HEIGHT; y += joined) {
		for (guint x = 0; x < WIDTH; x += joined) {
			guint32 bits = 0;
			for (guint k = 0; k < joined * joined; k++)
				bits |= *get_cell(cloud, x + k % joined, y + k / joined);
			n += count_bits(bits);
		}
	}
	return n;
}

static void
add_group(const VmfcCloud *cloud, VmfcPlotLayer *layer, guint group, guint joined)
{
	for (guint y = 0; y < HEIGHT; y += joined) {
		for (guint x = 0; x < WIDTH; x += joined) {
			guint32 bits = 0;
			for (guint k = 0; k < joined * joined; k++)
				bits |= *get_cell(cloud, x + k % joined, y + k / joined);
			if ((bits >> group & 1) != 0)
				vmfc_plot_layer_add(
					layer, cloud->x_origin + (x + joined / 2.0) * cloud->x_step,
					cloud->y_origin + (y + joined / 2.0) * cloud->y_step, NAN,
					NAN);
		}
	}
}

/* Adds a layer for each group that has points. @max_points: cells are joined until there are less
 */
void
vmfc_cloud_show(const VmfcCloud *cloud, VmfcPlot *plot, const GPtrArray *names, guint max_points)
{
	guint joined = 1;

	while (joined < HEIGHT / 16 && count_points(cloud, joined) > max_points)
		joined *= 2;
	for (guint i = 0; i < MIN(names->len, N_BITS); i++) {
		VmfcPlotLayer *layer = vmfc_plot_add_layer(plot, VMFC_LAYER_POINTS, names->pdata[i],
							   i);
		add_group(cloud, layer, i, joined);
		layer->minimum = cloud->minimum[i];
		layer->maximum = cloud->maximum[i];
		if (layer->points->len == 0)
			g_ptr_array_remove(plot->layers, layer);
	}
}

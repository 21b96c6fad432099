/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/json-number.h"

#include <math.h>

/* Returns: an element of an array that others may have written; NaN if it is not a number */
gdouble
vmfc_json_number_get(JsonArray *array, guint i)
{
	JsonNode *node = json_array_get_element(array, i);
	GType type = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_INVALID;

	return type == G_TYPE_INT64 || type == G_TYPE_DOUBLE ? json_node_get_double(node) : NAN;
}

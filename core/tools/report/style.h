/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

const char *
vmfc_style_get_plot(void);
const char *
vmfc_style_get_page(void);

/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/json-tokens.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "vmfc/vmfc-plugin.h"

/*
 * Checks the tokens of a JSON text (RFC 8259). JsonParser checks their order. But up to json-glib
 * 1.6 it accepts tokens that are not JSON, such as comments and 'text', and misreads others: 010 is
 * 8, 9223372036854775808 is negative, 1e400 is infinite, "\u0000" is empty. It also recurses for
 * each bracket, without a limit.
 */
typedef struct {
	const gchar *at;
	const gchar *end; /* points to a NUL */
	guint line;
	guint depth;
	guint max_depth;
	gsize n_values;
	gsize max_values;
} Tokens;

static gboolean
set_invalid(const Tokens *tokens, const gchar *what, GError **error)
{
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "line %u has %s", tokens->line, what);
	return FALSE;
}

/* Returns: the UTF-16 code unit of the four digits after \u; -1 if there are fewer */
static gint
read_unit(const gchar *digits)
{
	gint unit = 0;

	for (guint i = 0; i < 4; i++) {
		if (!g_ascii_isxdigit(digits[i]))
			return -1;
		unit = unit * 16 + g_ascii_xdigit_value(digits[i]);
	}
	return unit;
}

/* \uXXXX, or two of them for a character outside of the basic plane (RFC 8259, 7). */
static gboolean
read_unicode(Tokens *tokens, GError **error)
{
	gint unit = read_unit(tokens->at + 1);

	if (unit < 0)
		return set_invalid(tokens, "a \\u without four hexadecimal digits", error);
	if (unit == 0)
		return set_invalid(tokens, "the character \\u0000, which vmfc does not read",
				   error);
	tokens->at += 5;
	if (unit < 0xd800 || unit > 0xdfff)
		return TRUE;
	gint low = tokens->at[0] == '\\' && tokens->at[1] == 'u' ? read_unit(tokens->at + 2) : -1;
	if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff)
		return set_invalid(tokens, "half of a surrogate pair", error);
	tokens->at += 6;
	return TRUE;
}

static gboolean
read_string(Tokens *tokens, GError **error)
{
	for (tokens->at++; *tokens->at != '"';) {
		if ((guchar)*tokens->at < 0x20)
			return set_invalid(tokens,
					   tokens->at == tokens->end
						   ? "a string without a closing quote"
						   : "a control character in a string",
					   error);
		if (*tokens->at++ != '\\')
			continue;
		if (*tokens->at == 'u') {
			if (!read_unicode(tokens, error))
				return FALSE;
		} else if (*tokens->at == '\0' || strchr("\"\\/bfnrt", *tokens->at) == NULL) {
			return set_invalid(tokens, "an invalid escape in a string", error);
		} else {
			tokens->at++;
		}
	}
	tokens->at++;
	return TRUE;
}

/* Returns: whether there was at least one */
static gboolean
skip_digits(Tokens *tokens)
{
	const gchar *start = tokens->at;

	while (g_ascii_isdigit(*tokens->at))
		tokens->at++;
	return tokens->at > start;
}

/* RFC 8259, 6: -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?, in the range of gint64 or gdouble */
static gboolean
read_number(Tokens *tokens, GError **error)
{
	const gchar *start = tokens->at;

	if (*tokens->at == '-')
		tokens->at++;
	const gchar *first = tokens->at;
	gboolean is_valid = skip_digits(tokens) && (*first != '0' || tokens->at == first + 1);
	gboolean is_integer = *tokens->at != '.' && *tokens->at != 'e' && *tokens->at != 'E';
	if (*tokens->at == '.') {
		tokens->at++;
		is_valid &= skip_digits(tokens);
	}
	if (*tokens->at == 'e' || *tokens->at == 'E') {
		tokens->at++;
		if (*tokens->at == '+' || *tokens->at == '-')
			tokens->at++;
		is_valid &= skip_digits(tokens);
	}
	if (!is_valid || g_ascii_isalnum(*tokens->at))
		return set_invalid(tokens, "an invalid number", error);
	errno = 0;
	if (is_integer)
		g_ascii_strtoll(start, NULL, 10);
	gboolean is_too_large = is_integer ? errno == ERANGE
					   : !isfinite(g_ascii_strtod(start, NULL));
	return !is_too_large ||
	       set_invalid(tokens, "a number that is too large for 64 bits", error);
}

static gboolean
read_word(Tokens *tokens, GError **error)
{
	static const gchar *const words[] = {"true", "false", "null"};

	for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
		gsize length = strlen(words[i]);
		if (strncmp(tokens->at, words[i], length) != 0)
			continue;
		tokens->at += length;
		if (!g_ascii_isalnum(*tokens->at))
			return TRUE;
	}
	return set_invalid(tokens, "an invalid word or character", error);
}

/* JsonParser would return the last of several root values. */
static gboolean
count_value(Tokens *tokens, GError **error)
{
	if (tokens->depth == 0 && tokens->n_values > 0)
		return set_invalid(tokens, "a second value after the first", error);
	if (tokens->n_values++ == tokens->max_values) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
			    "line %u has more values than vmfc reads from such a file",
			    tokens->line);
		return FALSE;
	}
	return TRUE;
}

static gboolean
read_value(Tokens *tokens, GError **error)
{
	if (!count_value(tokens, error))
		return FALSE;
	if (*tokens->at == '"')
		return read_string(tokens, error);
	return *tokens->at == '-' || g_ascii_isdigit(*tokens->at) ? read_number(tokens, error)
								  : read_word(tokens, error);
}

static gboolean
read_token(Tokens *tokens, GError **error)
{
	switch (*tokens->at) {
	case '[':
	case '{':
		if (!count_value(tokens, error))
			return FALSE;
		if (tokens->depth++ == tokens->max_depth)
			return set_invalid(tokens, "more nested brackets than vmfc reads", error);
		tokens->at++;
		return TRUE;
	case ']':
	case '}':
		/* JsonParser refuses a closing bracket too many */
		tokens->depth -= tokens->depth > 0;
		tokens->at++;
		return TRUE;
	case '\n':
		tokens->line++;
		G_GNUC_FALLTHROUGH;
	case ' ':
	case '\t':
	case '\r':
	case ',':
	case ':':
		tokens->at++;
		return TRUE;
	default:
		return read_value(tokens, error);
	}
}

/*
 * @text: has a NUL after @length bytes
 *
 * Returns: %FALSE with the line and the reason in @error: %VMFC_ERROR_UNSUPPORTED for too many
 *   values, else %VMFC_ERROR_FORMAT
 */
gboolean
vmfc_json_tokens_check(const gchar *text, gsize length, guint max_depth, gsize max_values,
		       GError **error)
{
	Tokens tokens = {.at = text,
			 .end = text + length,
			 .line = 1,
			 .max_depth = max_depth,
			 .max_values = max_values};

	while (tokens.at < tokens.end) {
		if (!read_token(&tokens, error))
			return FALSE;
	}
	return TRUE;
}

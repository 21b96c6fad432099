/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/pull/pieces.h"

#include "tools/pull/answer.h"
#include "vmfc/vmfc-plugin.h"

/*
 * A range selector in an instant query, as `metric{...}[60000ms]`, gives the samples as they were
 * stored, with their own times, from Prometheus and from VictoriaMetrics
 * (prometheus.io/docs/prometheus/latest/querying/basics, "Range Vector Selectors";
 * docs.victoriametrics.com/keyconcepts, "Instant query"). query_range calculates values for steps
 * of its own: those were never recorded.
 */
#define QUERY_PATH  "/api/v1/query"
#define SERIES_PATH "/api/v1/series"
/* Bytes of an answer; its tree takes about 20 times as much. */
#define MAX_PIECE (4 << 20)
#define MAX_LIST  (16 << 20)
/* ms */
#define FIRST_LENGTH 60000
#define MIN_LENGTH   1000
#define MAX_LENGTH   3600000
#define MS_PER_S     1000
/* A piece with fewer samples is followed by a longer one. */
#define FEW_SAMPLES 25000
/* Pieces after a refusal, before one is again as long as the one that was refused */
#define PATIENCE 16

void
vmfc_pieces_init(VmfcPieces *pieces, VmfcPullClient *client, const gchar *selector, gint64 start,
		 gint64 end)
{
	*pieces = (VmfcPieces){.client = client,
			       .selector = g_strdup(selector),
			       .at = start,
			       .end = end,
			       .length = FIRST_LENGTH,
			       .refused = G_MAXINT64};
}

void
vmfc_pieces_clear(VmfcPieces *pieces)
{
	g_clear_pointer(&pieces->selector, g_free);
}

static VmfcPullResult
ask(const VmfcPieces *pieces, gint64 end, JsonNode **answer, GError **error)
{
	g_autofree gchar *query = g_strdup_printf("%s[%" G_GINT64_FORMAT "ms]", pieces->selector,
						  end - pieces->at);
	g_autofree gchar *encoded = g_uri_escape_string(query, NULL, FALSE);
	/* VictoriaMetrics leaves out what came in the last seconds, without nocache */
	g_autofree gchar *whole = g_strdup_printf("query=%s&time=%" G_GINT64_FORMAT ".%03d"
						  "&nocache=1",
						  encoded, end / MS_PER_S, (gint)(end % MS_PER_S));

	return vmfc_pull_client_ask(pieces->client, QUERY_PATH, whole, MAX_PIECE, answer, error);
}

/*
 * What was too much once is too much again for a while: without that memory, each second request
 * would be refused.
 */
static void
raise_length(VmfcPieces *pieces, const GPtrArray *series)
{
	gint64 longer = MIN(2 * pieces->length, MAX_LENGTH);
	guint64 n_samples = 0;

	for (guint i = 0; i < series->len; i++)
		n_samples += ((const VmfcSeries *)series->pdata[i])->samples->len;
	pieces->patience -= pieces->patience > 0;
	if (n_samples < FEW_SAMPLES && (longer < pieces->refused || pieces->patience == 0))
		pieces->length = longer;
}

static void
lower_length(VmfcPieces *pieces, gint64 refused)
{
	pieces->refused = refused;
	pieces->patience = PATIENCE;
	pieces->length = MAX(refused / 2, MIN_LENGTH);
}

static GPtrArray *
parse(VmfcPieces *pieces, JsonNode *answer, gint64 end, GError **error)
{
	GPtrArray *series = vmfc_answer_parse_samples(answer, pieces->at, end, error);

	if (series == NULL) {
		g_prefix_error(error, "%s: ", vmfc_pull_client_get_url(pieces->client));
		return NULL;
	}
	raise_length(pieces, series);
	pieces->at = end;
	return series;
}

/* Returns: (transfer full): the series of the next piece; %NULL with @error set */
GPtrArray *
vmfc_pieces_next(VmfcPieces *pieces, GError **error)
{
	for (;;) {
		g_autoptr(GError) reason = NULL;
		g_autoptr(JsonNode) answer = NULL;
		gint64 end = MIN(pieces->at + pieces->length, pieces->end);
		VmfcPullResult result = ask(pieces, end, &answer, &reason);
		if (result == VMFC_PULL_ANSWERED)
			return parse(pieces, answer, end, error);
		gint64 length = MIN(pieces->length, end - pieces->at);
		if (result == VMFC_PULL_FAILED || length <= MIN_LENGTH) {
			g_propagate_error(error, g_steal_pointer(&reason));
			return NULL;
		}
		lower_length(pieces, length);
	}
}

/* Returns: (transfer full): the series that have samples in that time; %NULL with @error set */
GPtrArray *
vmfc_pieces_list(VmfcPullClient *client, const gchar *selector, gint64 start, gint64 end,
		 GError **error)
{
	g_autofree gchar *encoded = g_uri_escape_string(selector, NULL, FALSE);
	g_autofree gchar *query = g_strdup_printf(
		"match%%5B%%5D=%s&start=%" G_GINT64_FORMAT ".%03d&end=%" G_GINT64_FORMAT ".%03d",
		encoded, start / MS_PER_S, (gint)(start % MS_PER_S), end / MS_PER_S,
		(gint)(end % MS_PER_S));
	g_autoptr(JsonNode) answer = NULL;
	VmfcPullResult result = vmfc_pull_client_ask(client, SERIES_PATH, query, MAX_LIST, &answer,
						     error);

	if (result == VMFC_PULL_TOO_MUCH)
		g_prefix_error(error,
			       "too many machines for it to list: select fewer with --match, "
			       "or a shorter time: ");
	if (result != VMFC_PULL_ANSWERED)
		return NULL;
	GPtrArray *list = vmfc_answer_parse_list(answer, error);
	if (list == NULL)
		g_prefix_error(error, "%s: ", vmfc_pull_client_get_url(client));
	return list;
}

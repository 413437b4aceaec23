/* SPDX-License-Identifier: MIT */
/*
 * Sequences of tokens: edit distance, error rate, BLEU.
 *
 *   edits  the fewest insertions, removals and replacements; Levenshtein 1966
 *   bleu   = min(1, e^(1 - r / c)) (p[1] .. p[n])^(1/n), with p[k] the share of the
 *          predicted k-grams that are in a target, each of which counts once; c and r are
 *          the lengths of all predictions and of their nearest targets
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train/metrics/metric.h"

/* Tokens of one sequence; `text` are those that were given. */
typedef struct tokens {
    int32_t *text;
    rn__metric_token *at;
    int64_t count;
} tokens;

/* One block: rows of numbers, tokens and texts, for targets and predictions. */
static size_t bytes_of(const rn__metric_data *d)
{
    const size_t all = (size_t)(d->b.steps + d->b.target_steps) + 2;

    return all * (sizeof(int64_t) + sizeof(rn__metric_token) + sizeof(int32_t));
}

static bool reserve(rn_metric *m, const rn__metric_data *d)
{
    if (d->b.steps > PTRDIFF_MAX / 128 || d->b.target_steps > PTRDIFF_MAX / 128)
        return false;
    return rn__metric_room(m, &m->buffer, &m->buffer_bytes, bytes_of(d));
}

/* ---- reading ---- */

/* The length of target r; -1: there is none. */
static int64_t target_length(const rn_metric_batch *x, int64_t b, int64_t r)
{
    return x->target_lengths ? x->target_lengths[r * x->sequences + b] : x->target_steps;
}

static int64_t read_target(const rn_metric *m, const rn__metric_data *d, int64_t b,
                           int64_t r, int32_t *text)
{
    const rn_metric_batch *x = &d->b;
    const int64_t length = target_length(x, b, r);
    const int64_t first = r * x->target_steps * x->sequences;
    int64_t count = 0;

    for (int64_t s = 0; s < length; s++) {
        const int64_t at =
            first + (x->by_sequence ? b * x->target_steps + s : s * x->sequences + b);
        if (!rn__metric_ignores(m, x->targets[at])) text[count++] = x->targets[at];
    }
    return count;
}

static int64_t read_prediction(const rn_metric *m, const rn__metric_data *d, int64_t b,
                               int32_t *text)
{
    const int64_t length = d->b.lengths ? d->b.lengths[b] : d->b.steps;
    int64_t count = 0, before = INT64_MIN;

    for (int64_t t = 0; t < length; t++) {
        const int64_t c = rn__metric_class(m, d, t * d->b.sequences + b);
        const bool skip = m->o.ctc && (c == before || c == m->o.blank);
        before = c;
        if (!skip) text[count++] = (int32_t)c;
    }
    return count;
}

/* Splits a text into tokens: its characters, or the words between separators. */
static void split(const rn_metric *m, tokens *x, int64_t length)
{
    int64_t begin = 0;

    x->count = 0;
    for (int64_t i = 0; i <= length; i++) {
        const bool ends = m->o.separates && (i == length || x->text[i] == m->o.separator);
        if (!m->o.separates && i < length)
            x->at[x->count++] = (rn__metric_token){x->text + i, 1};
        if (!ends) continue;
        if (i > begin) x->at[x->count++] = (rn__metric_token){x->text + begin, i - begin};
        begin = i + 1;
    }
}

/* Reads sequence b and its first target. Returns room for a number for each token of both,
 * and two. */
static int64_t *read(rn_metric *m, const rn__metric_data *d, int64_t b, tokens *target,
                     tokens *prediction)
{
    const int64_t all = d->b.steps + d->b.target_steps + 2, targets = d->b.target_steps;
    int64_t *row = (int64_t *)m->buffer;

    target->at = (rn__metric_token *)(void *)(row + all);
    prediction->at = target->at + targets;
    target->text = (int32_t *)(void *)(target->at + all);
    prediction->text = target->text + targets;
    split(m, target, read_target(m, d, b, 0, target->text));
    split(m, prediction, read_prediction(m, d, b, prediction->text));
    return row;
}

static bool equal(const rn__metric_token *a, const rn__metric_token *b, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (a[i].length != b[i].length ||
            memcmp(a[i].at, b[i].at, (size_t)a[i].length * sizeof *a[i].at) != 0)
            return false;
    return true;
}

/* ---- edits ---- */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* row[j]: the edits from the predicted tokens so far to the first j of the target. */
static int64_t edits_of(const tokens *target, const tokens *prediction, int64_t *row)
{
    for (int64_t j = 0; j <= target->count; j++) row[j] = j;
    for (int64_t i = 0; i < prediction->count; i++) {
        int64_t diagonal = row[0];
        row[0] = i + 1;
        for (int64_t j = 0; j < target->count; j++) {
            const bool differs = !equal(&prediction->at[i], &target->at[j], 1);
            const int64_t replaced = diagonal + differs;
            diagonal = row[j + 1];
            row[j + 1] = least(replaced, least(diagonal, row[j]) + 1);
        }
    }
    return row[target->count];
}

static void add_edits(rn_metric *m, const rn__metric_data *d, int64_t b, double weight)
{
    tokens target, prediction;
    int64_t *row = read(m, d, b, &target, &prediction);
    const bool rate = m->o.kind == RN_METRIC_ERROR_RATE;
    int64_t edits = edits_of(&target, &prediction, row);

    if (m->o.kind == RN_METRIC_EXACT_MATCH) edits = edits == 0;
    rn__metric_add(&m->sum, weight * (double)edits);
    rn__metric_add(&m->weight, rate ? weight * (double)target.count : weight);
}

const rn__metric_method rn__metric_edits = {.reserve = reserve, .sequence = add_edits};

/* ---- BLEU: table[k] = matches and k-grams; the last row = lengths of both ---- */

/* Sets bit n of the predicted tokens whose n-gram is in the target, where each is taken
 * once. So the k-th one of a kind is found if some target has k of them. */
static void match(const tokens *target, const tokens *prediction, int64_t n, int64_t *taken,
                  int64_t *found)
{
    for (int64_t j = 0; j < target->count; j++) taken[j] = 0;
    for (int64_t i = 0; i + n <= prediction->count; i++)
        for (int64_t j = 0; j + n <= target->count; j++)
            if (!taken[j] && equal(&prediction->at[i], &target->at[j], n)) {
                taken[j] = 1;
                found[i] |= 1 << n;
                break;
            }
}

/* Finds the n-grams of all targets. Returns the length of the nearest one. */
static int64_t match_all(rn_metric *m, const rn__metric_data *d, int64_t b, tokens *target,
                         const tokens *prediction, int64_t *row)
{
    int64_t *found = row + d->b.target_steps + 1, nearest = -1;

    memset(found, 0, (size_t)prediction->count * sizeof *found);
    for (int64_t r = 0; r < d->b.references; r++) {
        if (target_length(&d->b, b, r) < 0) continue;
        if (r) split(m, target, read_target(m, d, b, r, target->text));
        for (int64_t n = 1; n <= m->o.order; n++) match(target, prediction, n, row, found);
        const int64_t x = target->count, off = llabs(x - prediction->count);
        const int64_t least_off = llabs(nearest - prediction->count);
        if (nearest < 0 || off < least_off || (off == least_off && x < nearest))
            nearest = x;
    }
    return nearest;
}

static void add_ngrams(rn_metric *m, const rn__metric_data *d, int64_t b, double weight)
{
    tokens target, prediction;
    int64_t *row = read(m, d, b, &target, &prediction);
    const int64_t nearest = match_all(m, d, b, &target, &prediction, row);
    const int64_t *found = row + d->b.target_steps + 1;
    double *lengths = &m->table[m->o.order * 2];

    for (int64_t n = 1; n <= m->o.order; n++) {
        const int64_t all = prediction.count - n + 1;
        int64_t matches = 0;
        for (int64_t i = 0; i < all; i++) matches += found[i] >> n & 1;
        m->table[(n - 1) * 2] += weight * (double)matches;
        m->table[(n - 1) * 2 + 1] += weight * (double)(all > 0 ? all : 0);
    }
    lengths[0] += weight * (double)prediction.count;
    lengths[1] += weight * (double)nearest;
    rn__metric_add(&m->weight, weight * (double)nearest);
}

static double bleu_part_weight(const rn_metric *m, int64_t i)
{
    return m->table[i * 2 + 1];
}

static double bleu_part(const rn_metric *m, int64_t i)
{
    const double *x = &m->table[i * 2], more = m->o.smoothing == RN_BLEU_ADD && i > 0;
    double missing = 0;

    for (int64_t j = 0; j <= i; j++) missing += m->table[j * 2] == 0;
    if (x[1] + more == 0) return 0;
    if (x[0] == 0 && m->o.smoothing == RN_BLEU_EXP) return exp2(-missing) / x[1];
    return (x[0] + more) / (x[1] + more);
}

static double bleu(const rn_metric *m)
{
    const double *lengths = &m->table[m->o.order * 2];
    double logs = 0;
    int orders = 0;

    if (m->table[0] == 0) return 0;
    for (int i = 0; i < m->o.order; i++) {
        const double p = bleu_part(m, i);
        if (m->o.effective_order && p == 0 && m->table[i * 2 + 1] == 0) break;
        logs += log(p);
        orders++;
    }
    const double brevity = fmin(0, 1 - lengths[1] / lengths[0]);
    return exp(brevity + logs / orders);
}

const rn__metric_method rn__metric_bleu = {
    .rows = RN__METRIC_ORDERS,
    .columns = 2,
    .reserve = reserve,
    .sequence = add_ngrams,
    .value = bleu,
    .part = bleu_part,
    .part_weight = bleu_part_weight,
};

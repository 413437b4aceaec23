/* SPDX-License-Identifier: MIT */
/*
 * n-gram models: how often a character followed the last 0, 1 or 2 characters.
 *
 *   p0 = 1 / V
 *   pk = m count(context, c) / count(context) + (1 - m) p(k-1)      k - 1 characters of
 * context
 *
 * m depends on k and on how often the context occurred, by powers of two (Jelinek and
 * Mercer 1980). The m are estimated by expectation maximisation on a part of the training
 * text that is not counted at first; then all of the training text is counted.
 */
#include "charlm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ORDERS = 3, BUCKETS = 24, ROUNDS_OF_EM = 30 };

typedef struct ngrams {
    int64_t size; /* V */
    uint32_t *count[ORDERS];
    uint32_t *total[ORDERS];
    double weight[ORDERS][BUCKETS];
} ngrams;

static void ngrams_free(ngrams *n)
{
    for (int k = 0; k < ORDERS; k++) {
        free(n->count[k]);
        free(n->total[k]);
    }
}

static bool ngrams_new(ngrams *n, int64_t size)
{
    size_t contexts = 1;

    *n = (ngrams){.size = size};
    for (int k = 0; k < ORDERS; k++) {
        n->total[k] = (uint32_t *)calloc(contexts, sizeof(uint32_t));
        contexts *= (size_t)size;
        n->count[k] = (uint32_t *)calloc(contexts, sizeof(uint32_t));
        if (!n->total[k] || !n->count[k]) {
            ngrams_free(n);
            return complain("out of memory");
        }
        for (int b = 0; b < BUCKETS; b++) n->weight[k][b] = 0.5;
    }
    return true;
}

/* ---- counting ---- */

/* The number of the k characters before position i. */
static int64_t context_of(const ngrams *n, const text *t, int64_t i, int k)
{
    int64_t context = 0;

    for (int j = k; j > 0; j--) context = context * n->size + t->at[i - j];
    return context;
}

/* Whether character i is among those that tune the weights. */
static bool tunes(const text *t, int64_t i)
{
    return i * STRETCHES * HELD_OUT_OF / t->count % HELD_OUT_OF == HELD_OUT_OF - 1;
}

static void count(ngrams *n, const text *t, bool all)
{
    for (int64_t i = 0; i < t->count; i++)
        for (int k = 0; k < ORDERS && k <= i && (all || !tunes(t, i)); k++) {
            const int64_t context = context_of(n, t, i, k);
            n->total[k][context]++;
            n->count[k][context * n->size + t->at[i]]++;
        }
}

/* ---- probabilities ---- */

static int bucket_of(uint32_t total)
{
    int bucket = 0;

    while (total >>= 1) bucket++;
    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

/* The relative frequency of character i after its k characters; `total` is how often these
 * occurred. */
static double share(const ngrams *n, const text *t, int64_t i, int k, uint32_t *total)
{
    const int64_t context = context_of(n, t, i, k);

    *total = n->total[k][context];
    return *total ? n->count[k][context * n->size + t->at[i]] / (double)*total : 0;
}

/* The probability of character i given up to `orders` - 1 characters before it. */
static double probability(const ngrams *n, const text *t, int64_t i, int orders)
{
    double p = 1 / (double)n->size;

    for (int k = 0; k < orders && k <= i; k++) {
        uint32_t total;
        const double s = share(n, t, i, k, &total);
        const double m = total ? n->weight[k][bucket_of(total)] : 0;
        p = m * s + (1 - m) * p;
    }
    return p;
}

/* One round of expectation maximisation for the weights of order k. */
static void improve(ngrams *n, const text *t, int k)
{
    double taken[BUCKETS] = {0}, all[BUCKETS] = {0};

    for (int64_t i = k; i < t->count; i++) {
        uint32_t total;
        if (!tunes(t, i)) continue;
        const double s = share(n, t, i, k, &total), p = probability(n, t, i, k);
        if (!total) continue;
        const int b = bucket_of(total);
        const double m = n->weight[k][b];
        taken[b] += m * s / (m * s + (1 - m) * p);
        all[b] += 1;
    }
    /* Half an observation at 1/2 keeps weights away from 0 and 1. */
    for (int b = 0; b < BUCKETS; b++) n->weight[k][b] = (taken[b] + 0.25) / (all[b] + 0.5);
}

static bool tune(ngrams *n, const text *train)
{
    ngrams counted;

    if (!ngrams_new(&counted, n->size)) return false;
    count(&counted, train, false);
    for (int k = 0; k < ORDERS; k++)
        for (int round = 0; round < ROUNDS_OF_EM; round++) improve(&counted, train, k);
    memcpy(n->weight, counted.weight, sizeof n->weight);
    ngrams_free(&counted);
    return true;
}

bool ngrams_measure(const corpus *c, const text *t, double bits[3])
{
    ngrams n;

    if (!ngrams_new(&n, rn_vocabulary_count(c->vocabulary))) return false;
    const bool ok = tune(&n, &c->train);
    if (ok) {
        count(&n, &c->train, true);
        for (int k = 0; k < ORDERS; k++) {
            double sum = 0;
            for (int64_t i = 1; i < t->count; i++)
                sum -= log2(probability(&n, t, i, k + 1));
            bits[k] = sum / (double)(t->count - 1);
        }
    }
    ngrams_free(&n);
    return ok;
}

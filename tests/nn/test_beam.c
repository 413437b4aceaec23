/* SPDX-License-Identifier: MIT */
/*
 * Beam search against an exhaustive search and against a beam search over lists of tokens,
 * both in plain C, for small random decoders.
 */
#include "nn_support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rondo/ops.h"

enum { MOST = 6, B = 3, H = 4, MANY = 800 };

/* A decoder: h' = tanh(h + E[token]), logits = h' W + offset[b]. */
typedef struct toy {
    int V, T;
    int32_t begin, end;
    double E[MOST * H], W[H * MOST], h0[B * H], offset[B * MOST];
    /* What decodes it. */
    rn_decode_options o;
    rn_tensor embed, weights, offsets;
} toy;

static toy make(int V, int T, uint64_t seed, rn_decode_options o)
{
    toy t = {.V = V, .T = T, .begin = V > 1, .end = V - 1, .o = o};

    rn_test_numbers(t.E, MOST * H, seed);
    rn_test_numbers(t.W, H * MOST, seed + 100);
    rn_test_numbers(t.h0, B * H, seed + 200);
    rn_test_numbers(t.offset, B * MOST, seed + 300);
    for (int i = 0; i < H * MOST; i++) t.W[i] *= 2;
    t.o.steps = T, t.o.begin = t.begin, t.o.end = t.end;
    return t;
}

/* ---- in plain C ---- */

typedef struct hypothesis {
    int n, token[MOST + 1]; /* with `end`, if it came */
    bool ended;
    double sum;
} hypothesis;

/* The log-probabilities of the token after a hypothesis of sequence b. */
static void next_logs(const toy *t, int b, const hypothesis *y, double *log)
{
    double h[H], most = -(double)INFINITY, total = 0;

    memcpy(h, t->h0 + b * H, sizeof h);
    for (int k = -1; k < y->n; k++)
        for (int i = 0; i < H; i++)
            h[i] = tanh(h[i] + t->E[(k < 0 ? t->begin : y->token[k]) * H + i]);
    for (int v = 0; v < t->V; v++) {
        log[v] = t->offset[b * MOST + v];
        for (int i = 0; i < H; i++) log[v] += h[i] * t->W[i * MOST + v];
        most = fmax(most, log[v]);
    }
    for (int v = 0; v < t->V; v++) total += exp(log[v] - most);
    for (int v = 0; v < t->V; v++) log[v] -= most + log1p(total - 1);
    for (int v = 0; v < t->V && y->n < t->o.min_length; v++)
        if (v == t->end && !t->o.endless) log[v] = -(double)INFINITY;
}

static double score_of(const toy *t, const hypothesis *y)
{
    const double L = t->o.length_power != 0 && y->n ? y->n : 1;

    return y->sum / pow((5.0 + y->n) / 6, t->o.length_penalty) / pow(L, t->o.length_power);
}

static hypothesis extended(const toy *t, const hypothesis *y, int v, double log)
{
    hypothesis z = *y;

    z.token[z.n++] = v;
    z.sum += log;
    z.ended = !t->o.endless && v == t->end;
    return z;
}

/* Puts y into the list of at most `most`, the best first, after equal ones. */
static void insert(const toy *t, hypothesis *list, int *count, int most, hypothesis y)
{
    int at = *count;

    while (at > 0 && score_of(t, &list[at - 1]) < score_of(t, &y)) at--;
    if (at == most) return;
    const int moved = (*count < most ? *count : most - 1) - at;
    memmove(list + at + 1, list + at, (size_t)moved * sizeof *list);
    list[at] = y;
    if (*count < most) ++*count;
}

/* Returns how many there are. */
static int plain_beam(const toy *t, int b, hypothesis *best)
{
    const int K = t->o.beam;
    hypothesis *next = (hypothesis *)calloc((size_t)K, sizeof *next);
    int count = 1;

    best[0] = (hypothesis){0};
    for (int step = 0; step < t->T; step++) {
        int found = 0;
        for (int k = 0; k < count; k++) {
            double log[MOST];
            if (best[k].ended) {
                insert(t, next, &found, K, best[k]);
                continue;
            }
            next_logs(t, b, &best[k], log);
            for (int v = 0; v < t->V; v++)
                if (log[v] > -(double)INFINITY)
                    insert(t, next, &found, K, extended(t, &best[k], v, log[v]));
        }
        memcpy(best, next, (size_t)found * sizeof *best);
        count = found;
    }
    free(next);
    return count;
}

/* All sequences that end, or have T tokens. */
static void exhaust(const toy *t, int b, const hypothesis *y, hypothesis *best, int *count)
{
    double log[MOST];

    if (y->ended || y->n == t->T) {
        insert(t, best, count, MANY, *y);
        return;
    }
    next_logs(t, b, y, log);
    for (int v = 0; v < t->V; v++) {
        if (!(log[v] > -(double)INFINITY)) continue;
        const hypothesis z = extended(t, y, v, log[v]);
        exhaust(t, b, &z, best, count);
    }
}

/* ---- by rn_decode ---- */

static rn_tensor step(rn_scope s, rn_tensor tokens, rn_tensor *state, void *user)
{
    const toy *t = (const toy *)user;

    cr_assert(s.inference);
    state[0] = rn_tanh(rn_add(state[0], rn_take(t->embed, tokens)));
    /* A state of another type and more axes, which must follow its hypothesis too. */
    state[1] = rn_add(state[1], rn_reshape(tokens, rn_shape(-1, 1, 1)));
    return rn_add(rn_matmul(state[0], t->weights), t->offsets);
}

typedef struct results {
    int32_t token[MOST * B * MANY], length[B * MANY], sum[B * MANY];
    double log[B * MANY], score[B * MANY];
} results;

static void decode(toy *t, results *r)
{
    rn_test_world w = rn_test_begin();
    rn_graph *g = w.graph;
    const int K = t->o.beam ? t->o.beam : 1;
    const int64_t rows = (int64_t)B * K;

    t->embed = rn_constant(g, RN_F64, rn_shape(MOST, H), t->E);
    t->weights = rn_slice(rn_constant(g, RN_F64, rn_shape(H, MOST), t->W), 1, 0, t->V, 1);
    t->offsets =
        rn_slice(rn_constant(g, RN_F64, rn_shape(B, MOST), t->offset), 1, 0, t->V, 1);
    t->offsets = rn_beam_repeat(t->offsets, 0, K);
    rn_tensor state[2] = {rn_constant(g, RN_F64, rn_shape(B, H), t->h0),
                          rn_fill(g, RN_I32, rn_shape(B, 1, 1), 0)};
    rn_decoding d = rn_decode(rn_root_inference(g, w.model), "decode",
                              &(rn_decoder){step, t}, state, 2, t->o);
    rn_program *p =
        rn_compile(g, (rn_compile_options){RN_OUTPUTS(
                          d.tokens, d.lengths, d.log_probability, d.score, state[1])});
    cr_assert(p, "%s", rn_graph_error(g));
    rn_test_run_once(p);
    cr_assert(!rn_read_i32(p, d.tokens, r->token, t->T * rows));
    cr_assert(!rn_read_i32(p, d.lengths, r->length, rows));
    cr_assert(!rn_read_i32(p, state[1], r->sum, rows));
    rn_test_read_f64(p, d.log_probability, r->log);
    rn_test_read_f64(p, d.score, r->score);
    rn_program_free(p);
    rn_test_end(&w);
}

/* Fails unless the k-th result of sequence b is this hypothesis. */
static void same(const toy *t, const results *r, int b, int k, const hypothesis *want)
{
    const int K = t->o.beam ? t->o.beam : 1, at = b * K + k;
    int sum = t->begin;

    for (int i = 0; i < t->T; i++) {
        const int token = i < want->n ? want->token[i] : t->end;
        cr_assert_eq(r->token[i * B * K + at], token,
                     "V %d T %d K %d: %d,%d at %d: %d not %d", t->V, t->T, K, b, k, i,
                     r->token[i * B * K + at], token);
    }
    cr_assert_eq(r->length[at], want->n - want->ended);
    rn_test_close(&r->log[at], &want->sum, 1, 1e-12, "log_probability");
    const double score = score_of(t, want);
    rn_test_close(&r->score[at], &score, 1, 1e-12, "score");
    /* The tokens that the state has seen: not the last one, if that is the end or T is
     * reached. */
    for (int i = 0; i + 1 < want->n; i++) sum += want->token[i];
    cr_assert_eq(r->sum[at], t->T ? sum : 0, "state of %d,%d: %d not %d", b, k, r->sum[at],
                 sum);
}

static void check(int V, int T, uint64_t seed, rn_decode_options o)
{
    static results r;
    static hypothesis best[MANY];
    toy t = make(V, T, seed, o);

    decode(&t, &r);
    for (int b = 0; b < B; b++) {
        const int count = plain_beam(&t, b, best);
        for (int k = 0; k < o.beam; k++) {
            if (k < count) {
                same(&t, &r, b, k, &best[k]);
                continue;
            }
            cr_assert(r.log[b * o.beam + k] == -(double)INFINITY);
            cr_assert_eq(r.length[b * o.beam + k], 0);
        }
    }
}

Test(beam, plain_search)
{
    for (int seed = 0; seed < 6; seed++)
        for (int K = 1; K < 5; K++) {
            check(5, 6, (uint64_t)seed, (rn_decode_options){.beam = K});
            check(4, 5, (uint64_t)seed,
                  (rn_decode_options){.beam = K, .length_penalty = 1});
        }
}

Test(beam, options)
{
    check(5, 6, 1, (rn_decode_options){.beam = 3, .length_penalty = -0.7});
    check(5, 6, 2, (rn_decode_options){.beam = 3, .endless = true});
    check(5, 6, 6, (rn_decode_options){.beam = 3, .length_power = 1});
    check(5, 6, 7, (rn_decode_options){.beam = 4, .length_power = 1.7, .min_length = 2});
    check(4, 0, 8, (rn_decode_options){.beam = 4, .length_power = -0.5});
    check(5, 6, 3, (rn_decode_options){.beam = 3, .min_length = 2});
    check(5, 6, 4, (rn_decode_options){.beam = 4, .min_length = 6, .length_penalty = 0.6});
    check(5, 6, 5, (rn_decode_options){.beam = 4, .min_length = 7});
}

/* Fewer tokens than beams, one token, few steps. */
Test(beam, small)
{
    for (int T = 0; T < 4; T++)
        for (int V = 1; V < 4; V++) {
            check(V, T, 7, (rn_decode_options){.beam = 5});
            check(V, T, 8, (rn_decode_options){.beam = 5, .endless = true});
        }
    check(1, 2, 8,
          (rn_decode_options){.beam = 2, .min_length = 1}); /* nothing is allowed */
}

/* With a beam for every sequence the search is exhaustive: all of them, in order. */
Test(beam, exhaustive)
{
    static results r;
    static hypothesis best[MANY];
    const double alpha[] = {0, 0.8, 2.5};

    for (int i = 0; i < 6; i++) {
        toy t = make(
            i % 2 ? 3 : 5, i % 2 ? 5 : 3, (uint64_t)i,
            (rn_decode_options){.beam = i % 2 ? 243 : 125, .length_penalty = alpha[i / 2]});
        decode(&t, &r);
        for (int b = 0; b < B; b++) {
            const hypothesis empty = {0};
            int count = 0;
            exhaust(&t, b, &empty, best, &count);
            cr_assert(count > 30 && count < t.o.beam);
            for (int k = 0; k < count; k++) same(&t, &r, b, k, &best[k]);
            cr_assert(r.log[b * t.o.beam + count] == -(double)INFINITY);
        }
    }
}

/* One beam is the choice of the most likely token. */
Test(beam, one_is_greedy)
{
    static results one, greedy;

    for (int seed = 20; seed < 26; seed++) {
        toy t = make(5, 6, (uint64_t)seed, (rn_decode_options){.beam = 1});
        decode(&t, &one);
        t.o.beam = 0;
        decode(&t, &greedy);
        cr_assert(memcmp(one.token, greedy.token, 6 * B * sizeof *one.token) == 0);
        cr_assert(memcmp(one.length, greedy.length, B * sizeof *one.length) == 0);
        rn_test_close(one.log, greedy.log, B, 1e-12, "log_probability");
    }
}

/* Impossible tokens never appear. */
Test(beam, impossible_tokens)
{
    static results r;
    static hypothesis best[MANY];
    toy t = make(5, 4, 9, (rn_decode_options){.beam = 4});

    for (int b = 0; b < B; b++) t.offset[b * MOST + b] = -(double)INFINITY;
    decode(&t, &r);
    for (int b = 0; b < B; b++) {
        const int count = plain_beam(&t, b, best);
        for (int k = 0; k < count; k++) same(&t, &r, b, k, &best[k]);
        for (int i = 0; i < 4 * 4; i++)
            cr_assert(r.token[(i / 4 * B + b) * 4 + i % 4] != b);
    }
}

/* A sequence has the same hypotheses alone, whatever its batch holds: also a NaN. */
Test(beam, sequences_are_independent)
{
    static results r;
    static hypothesis best[MANY];
    toy t = make(4, 5, 11, (rn_decode_options){.beam = 3});

    t.h0[H] = NAN;
    decode(&t, &r);
    for (int b = 0; b < B; b += 2) {
        const int count = plain_beam(&t, b, best);
        for (int k = 0; k < count; k++) same(&t, &r, b, k, &best[k]);
    }
}

Test(beam, repeat)
{
    const double x[2 * 2 * 2] = {1, 2, 3, 4, 5, 6, 7, 8};
    const double want[] = {1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4,
                           5, 6, 5, 6, 5, 6, 7, 8, 7, 8, 7, 8};
    double y[24];
    rn_graph *g = rn_graph_new();

    rn_tensor in = rn_constant(g, RN_F64, rn_shape(2, 2, 2), x);
    rn_test_value_f64(rn_beam_repeat(in, 1, 3), y);
    cr_assert(memcmp(y, want, sizeof y) == 0);
    rn_test_value_f64(rn_beam_repeat(in, -2, 3), y);
    cr_assert(memcmp(y, want, sizeof y) == 0);
    cr_assert(rn_is_null(rn_beam_repeat(in, 3, 2)));
    rn_test_error_is(g, "beam_repeat: no such axis, or too many: 3 of constant#0 [2,2,2]");
    rn_graph_free(g);
    g = rn_graph_new();
    rn_beam_repeat(rn_input(g, "x", RN_F32, rn_shape(2)), 0, 0);
    rn_test_error_is(g, "beam_repeat: beams must be positive: 0");
    rn_graph_free(g);
}

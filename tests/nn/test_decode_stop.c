/* SPDX-License-Identifier: MIT */
/* Decoding that stops early: the same bits, and no step after all have ended. */
#include "nn_support.h"

#include <math.h>
#include <string.h>

#include "rondo/ops.h"

enum { B = 3, V = 5, END = 4, LAST = 6, T = 11, H = 3, K = 3 };

/* The logits depend on the number of steps and on h. After LAST steps `end` is certain, and
 * before only if `early`. More than LAST + 1 steps have no logits. */
static rn_tensor step(rn_scope s, rn_tensor tokens, rn_tensor *state, void *user)
{
    const bool early = *(const bool *)user;
    double rows[(LAST + 1) * V], embed[V * H], out[H * V];

    rn_test_numbers(rows, (LAST + 1) * V, 3);
    rn_test_numbers(embed, V * H, 4);
    rn_test_numbers(out, H * V, 5);
    for (int t = 0; t <= LAST; t++) rows[t * V + END] += t == LAST ? 90 : early ? 0 : -90;
    rn_tensor table = rn_constant(s.graph, RN_F64, rn_shape(LAST + 1, V), rows);
    rn_tensor x = rn_constant(s.graph, RN_F64, rn_shape(V, H), embed);
    rn_tensor w = rn_constant(s.graph, RN_F64, rn_shape(H, V), out);
    rn_tensor logits = rn_take(table, state[1]);

    state[0] = rn_tanh(rn_add(state[0], rn_take(x, tokens)));
    state[1] = rn_add(state[1], rn_constant_like(state[1], 1));
    if (early) state[1] = rn_minimum(state[1], rn_constant_like(state[1], LAST));
    return rn_add(logits, rn_matmul(state[0], w));
}

typedef struct results {
    int32_t token[T * B * K], length[B * K], count[B * K];
    double log[B * K], score[B * K], h[B * K * H];
} results;

/* What the run returns. */
static rn_status decode(rn_decode_options o, bool early, results *r)
{
    rn_test_world w = rn_test_begin();
    const int rows = o.beam ? B * o.beam : B;
    double h[B * H];
    const int32_t count[B] = {0, early ? 2 : 0, 0};

    memset(r, 0, sizeof *r);
    rn_test_numbers(h, B * H, 6);
    o.steps = T, o.end = END;
    rn_tensor state[2] = {rn_constant(w.graph, RN_F64, rn_shape(B, H), h),
                          rn_constant(w.graph, RN_I32, rn_shape(B), count)};
    const rn_decoding d = rn_decode(rn_root_inference(w.graph, w.model), "decode",
                                    &(rn_decoder){step, &early}, state, 2, o);
    rn_program *p = rn_compile(
        w.graph, (rn_compile_options){RN_OUTPUTS(d.tokens, d.lengths, d.log_probability,
                                                 d.score, state[0], state[1])});
    cr_assert(p, "%s", rn_graph_error(w.graph));
    const rn_status status = rn_run(p);
    if (status == RN_OK) {
        cr_assert(!rn_read_i32(p, d.tokens, r->token, T * rows));
        cr_assert(!rn_read_i32(p, d.lengths, r->length, rows));
        cr_assert(!rn_read_i32(p, state[1], r->count, rows));
        rn_test_read_f64(p, d.log_probability, r->log);
        rn_test_read_f64(p, d.score, r->score);
        rn_test_read_f64(p, state[0], r->h);
    }
    rn_program_free(p);
    rn_test_end(&w);
    return status;
}

static const rn_decode_options modes[] = {
    {.beam = 0},
    {.sample = true},
    {.min_length = 3},
    {.beam = K},
    {.beam = K, .length_power = 1},
    {.beam = 2, .length_penalty = 0.6, .min_length = 8},
};
enum { MODES = sizeof modes / sizeof *modes };

Test(decode_stop, same_bits)
{
    static results all, early;

    for (int i = 0; i < MODES; i++) {
        rn_decode_options o = modes[i];
        cr_assert_eq(decode(o, true, &all), RN_OK);
        o.stop_early = true;
        cr_assert_eq(decode(o, true, &early), RN_OK);
        cr_assert(memcmp(&all, &early, sizeof all) == 0, "other bits in mode %d", i);
        cr_assert(all.length[0] < T, "mode %d: length %d", i, all.length[0]);
        for (int k = 0; k < (o.beam ? B * o.beam : B); k++)
            cr_assert_eq(early.token[(T - 1) * (o.beam ? B * o.beam : B) + k], END);
    }
}

/* A step after the last one has no logits. */
Test(decode_stop, no_more_steps)
{
    static results r;

    for (int i = 0; i < MODES - 1; i++) {
        rn_decode_options o = modes[i];
        cr_assert_eq(decode(o, false, &r), RN_BAD_VALUE, "mode %d", i);
        o.stop_early = true;
        cr_assert_eq(decode(o, false, &r), RN_OK, "mode %d", i);
        for (int b = 0; b < B; b++) {
            const int at = b * (o.beam ? o.beam : 1);
            cr_assert(r.length[at] == LAST && r.count[at] == LAST + 1);
        }
    }
}

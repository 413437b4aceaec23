/* SPDX-License-Identifier: MIT */
/* Teacher forcing and scheduled sampling. */
#include "nn_support.h"

#include <math.h>
#include <string.h>

#include "rondo/grad.h"
#include "rondo/gradcheck.h"
#include "rondo/ops.h"

enum { T = 7, B = 4, V = 5, H = 6, STATES = 4 };

/* Two layers over embedded tokens, and the same over whole sequences. */
static rn_tensor step(rn_scope s, rn_tensor tokens, rn_tensor *states, void *user)
{
    const rn_recurrent_options o = {.units = H, .layers = 2};
    rn_tensor x = rn_embedding(s, "embed", tokens, V, 3);

    (void)user;
    return rn_linear(s, "out", rn_recurrent_step(s, "rnn", &rn_cell_lstm, x, states, o), V);
}

static rn_tensor whole(rn_scope s, rn_tensor tokens, const rn_tensor *states)
{
    const rn_recurrent_options o = {
        .units = H, .layers = 2, .initial = states, .initial_count = STATES};
    rn_tensor x = rn_embedding(s, "embed", tokens, V, 3);

    return rn_linear(s, "out", rn_recurrent(s, "rnn", &rn_cell_lstm, x, o).outputs, V);
}

static const rn_decoder decoder = {.step = step};
static const int32_t targets[T * B] = {1, 0, 3, 4, 2, 2, 0, 1, 4, 3, 1, 0, 0, 2,
                                       3, 3, 1, 4, 2, 0, 3, 3, 4, 1, 0, 1, 2, 2};

/* What the steps read by the targets alone. */
static rn_tensor inputs(rn_graph *g, int32_t begin)
{
    int32_t x[T * B];

    for (int b = 0; b < B; b++) x[b] = begin;
    memcpy(x + B, targets, (T - 1) * B * sizeof *x);
    return rn_constant(g, RN_I32, rn_shape(T, B), x);
}

static void states_of(rn_graph *g, rn_tensor *state)
{
    double x[B * H];

    for (int i = 0; i < STATES; i++) {
        rn_test_numbers(x, B * H, 60 + (uint64_t)i);
        state[i] = rn_constant(g, RN_F64, rn_shape(B, H), x);
    }
}

/* ---- teacher forcing ---- */

/* The logits and the gradient of a table are those of rn_recurrent; `zero`: with the
 * probability 0 as a tensor. */
static void check_forced(bool zero)
{
    double logits[2][T * B * V], grad[2][V * 3], final[2][B * H];
    rn_test_world w = rn_test_begin();
    rn_tensor state[STATES], begin[STATES], y[2], dx[2];
    rn_teacher_options o = {.begin = 2};

    states_of(w.graph, begin);
    memcpy(state, begin, sizeof state);
    if (zero) o.own = rn_fill(w.graph, RN_F64, rn_shape(), 0);
    rn_tensor t = rn_constant(w.graph, RN_I32, rn_shape(T, B), targets);
    y[0] = rn_teacher_force(w.root, "decoder", &decoder, t, state, STATES, o);
    y[1] = whole(rn_share(w.root), inputs(w.graph, 2), begin);
    rn_tensor table = rn_read_variable(w.graph, rn_model_find(w.model, "embed/w"));
    for (int i = 0; i < 2; i++)
        cr_assert(rn_grad(rn_cross_entropy(y[i], t), rn_null(), &table, 1, &dx[i]), "%s",
                  rn_graph_error(w.graph));
    rn_test_scramble(w.model, 0.9);
    for (int i = 0; i < 2; i++) {
        rn_program *p =
            rn_compile(w.graph, (rn_compile_options){RN_OUTPUTS(y[i], dx[i], state[3])});
        cr_assert(p, "%s", rn_graph_error(w.graph));
        rn_test_run_once(p);
        rn_test_read_f64(p, y[i], logits[i]);
        rn_test_read_f64(p, dx[i], grad[i]);
        rn_test_read_f64(p, state[3], final[i]);
        rn_program_free(p);
    }
    cr_assert(memcmp(logits[0], logits[1], sizeof *logits) == 0);
    cr_assert(memcmp(final[0], final[1], sizeof *final) == 0);
    rn_test_close(grad[0], grad[1], V * 3, 1e-13, "gradient");
    rn_test_end(&w);
}

Test(teacher, forced)
{
    check_forced(false);
}

Test(teacher, never_its_own)
{
    check_forced(true);
}

/* With the probability 1 the tokens are those that rn_decode chooses. */
Test(teacher, always_its_own)
{
    int32_t chosen[T * B], decoded[T * B];
    rn_test_world w = rn_test_begin();
    rn_scope s = rn_root_inference(w.graph, w.model);
    rn_tensor state[STATES], again[STATES];
    rn_tensor t = rn_constant(w.graph, RN_I32, rn_shape(T, B), targets);

    states_of(w.graph, state);
    memcpy(again, state, sizeof state);
    rn_tensor y = rn_teacher_force(
        s, "decoder", &decoder, t, state, STATES,
        (rn_teacher_options){.begin = 2, .own = rn_fill(w.graph, RN_F64, rn_shape(B), 1)});
    rn_tensor token = rn_argmax(y, -1, false);
    rn_decoding d = rn_decode(s, "decode", &decoder, again, STATES,
                              (rn_decode_options){.steps = T, .begin = 2, .endless = true});
    rn_test_scramble(w.model, 1.5);
    rn_program *p = rn_compile(w.graph, (rn_compile_options){RN_OUTPUTS(token, d.tokens)});
    cr_assert(p, "%s", rn_graph_error(w.graph));
    rn_test_run_once(p);
    cr_assert(!rn_read_i32(p, token, chosen, T * B));
    cr_assert(!rn_read_i32(p, d.tokens, decoded, T * B));
    cr_assert(memcmp(chosen, decoded, sizeof chosen) == 0);
    rn_program_free(p);
    rn_test_end(&w);
}

/* ---- scheduled sampling ---- */

/* Logits that name the token which was read: token + v / 10, or -inf for v below 2. The
 * most likely one is V - 1, which is no target here. */
static rn_tensor naming(rn_scope s, rn_tensor tokens, rn_tensor *states, void *user)
{
    rn_tensor range = rn_cast(rn_range(tokens.graph, V), RN_F64);
    rn_tensor low = rn_less(range, rn_constant_like(range, 2));
    rn_tensor logits = rn_add(rn_expand(rn_cast(tokens, RN_F64), -1), rn_scale(range, 0.1));

    (void)s, (void)states, (void)user;
    return rn_where(low, rn_constant_like(logits, -(double)INFINITY), logits);
}

enum { STEPS = 11, ROWS = 1000 };

/* The tokens that the steps have read, [STEPS, ROWS]; all targets are 1. */
static void read_tokens(const double *p, bool draw, int32_t *token)
{
    static double logits[STEPS * ROWS * V];
    rn_test_world w = rn_test_begin();
    rn_tensor own = rn_input(w.graph, "own", RN_F64, rn_shape(ROWS));
    rn_tensor y =
        rn_teacher_force(w.root, "decoder", &(rn_decoder){.step = naming},
                         rn_fill(w.graph, RN_I32, rn_shape(STEPS, ROWS), 1), NULL, 0,
                         (rn_teacher_options){.begin = 0, .own = own, .draw = draw});
    rn_program *program = rn_test_compile(y);

    rn_test_feed_f64(program, own, p);
    rn_test_run_once(program);
    rn_test_read_f64(program, y, logits);
    for (int i = 0; i < STEPS * ROWS; i++)
        token[i] = (int32_t)lround(logits[i * V + V - 1] - 0.1 * (V - 1));
    rn_program_free(program);
    rn_test_end(&w);
}

/* A row's share of own tokens is its probability, to 5 standard deviations. */
Test(teacher, scheduled)
{
    static const double rates[4] = {0, 1, 0.25, 0.6};
    static double p[ROWS];
    static int32_t token[STEPS * ROWS];
    double seen[4] = {0};

    for (int b = 0; b < ROWS; b++) p[b] = rates[b % 4];
    read_tokens(p, false, token);
    for (int i = 0; i < STEPS * ROWS; i++) {
        cr_assert(token[i] == (i < ROWS ? 0 : 1) || (i >= ROWS && token[i] == V - 1));
        seen[i % 4] += token[i] == V - 1;
    }
    for (int k = 0; k < 4; k++) {
        const double n = (STEPS - 1) * ROWS / 4.0, want = n * rates[k];
        cr_assert(fabs(seen[k] - want) <= 5 * sqrt(want * (1 - rates[k])), "%g: %g of %g",
                  rates[k], seen[k], n);
    }
}

/* Drawn tokens: only possible ones, as often as their probabilities say. */
Test(teacher, drawn)
{
    static double p[ROWS];
    static int32_t token[STEPS * ROWS];
    const double n = (STEPS - 1) * ROWS, total = exp(0.2) + exp(0.3) + exp(0.4);
    double seen[V] = {0};

    for (int b = 0; b < ROWS; b++) p[b] = 1;
    read_tokens(p, true, token);
    for (int i = ROWS; i < STEPS * ROWS; i++) seen[token[i]]++;
    cr_assert(seen[0] + seen[1] == 0);
    for (int v = 2; v < V; v++) {
        const double want = n * exp(v / 10.0) / total;
        cr_assert(fabs(seen[v] - want) < 5 * sqrt(want), "%d: %g", v, seen[v]);
    }
}

/* Up to its length a sequence is as it is alone; past it the logits are zero, and the
 * states stay. */
Test(teacher, lengths)
{
    const int32_t length[B] = {3, 7, 0, 5};
    double logits[2][T * B * V], state_of[B * H], first[B * H];
    rn_test_world w = rn_test_begin();
    rn_tensor state[2][STATES], y[2];
    rn_tensor t = rn_constant(w.graph, RN_I32, rn_shape(T, B), targets);
    rn_teacher_options o = {.begin = 1};

    for (int i = 0; i < 2; i++) {
        states_of(w.graph, state[i]);
        if (i) o.lengths = rn_constant(w.graph, RN_I32, rn_shape(B), length);
        y[i] = rn_teacher_force(rn_share(w.root), "d", &decoder, t, state[i], STATES, o);
    }
    rn_test_scramble(w.model, 0.9);
    rn_program *p =
        rn_compile(w.graph, (rn_compile_options){RN_OUTPUTS(y[0], y[1], state[1][0])});
    cr_assert(p, "%s", rn_graph_error(w.graph));
    rn_test_run_once(p);
    for (int i = 0; i < 2; i++) rn_test_read_f64(p, y[i], logits[i]);
    rn_test_read_f64(p, state[1][0], state_of);
    for (int i = 0; i < T * B * V; i++) {
        const int step_of = i / (B * V), b = i / V % B;
        cr_assert(logits[1][i] == (step_of < length[b] ? logits[0][i] : 0));
    }
    rn_test_numbers(first, B * H, 60);
    cr_assert(memcmp(state_of + 2 * H, first + 2 * H, H * sizeof *first) == 0);
    rn_program_free(p);
    rn_test_end(&w);
}

/* ---- gradients ---- */

/* Draws and choices count as constants. */
Test(teacher, gradients)
{
    for (int kind = 0; kind < 4; kind++) {
        const int32_t lengths[B] = {3, 7, 1, 5};
        rn_test_world w = rn_test_begin();
        rn_tensor state[STATES];
        rn_tensor t = rn_constant(w.graph, RN_I32, rn_shape(T, B), targets);
        rn_teacher_options o = {.begin = 1, .draw = kind == 2};

        states_of(w.graph, state);
        if (kind) o.own = rn_fill(w.graph, RN_F64, rn_shape(), 0.5);
        if (kind == 3) o.lengths = rn_constant(w.graph, RN_I32, rn_shape(B), lengths);
        rn_tensor y = rn_teacher_force(w.root, "decoder", &decoder, t, state, STATES, o);
        rn_tensor loss = rn_add(rn_cross_entropy(y, t), rn_mean_all(rn_square(state[1])));
        rn_test_scramble(w.model, 0.8);
        rn_gradcheck_report *r =
            rn_gradcheck(loss, (rn_gradcheck_options){.exhaustive = 16, .samples = 4});
        cr_assert(r->passed && r->checked > 20, "%s", r->text);
        rn_gradcheck_free(r);
        rn_test_end(&w);
    }
}

/* ---- memory ---- */

static bool build(rn_allocator a)
{
    rn_model *model = rn_model_new_using(1, RN_F64, a);
    rn_graph *g = rn_graph_new_using(a);
    rn_scope s = rn_root_inference(g, model);
    rn_tensor t = rn_input(g, "t", RN_I32, rn_shape(T, B)), state[STATES], again[STATES];

    for (int i = 0; i < STATES; i++)
        state[i] = again[i] = rn_input(g, "s", RN_F64, rn_shape(B, H));
    rn_tensor own = rn_fill(g, RN_F64, rn_shape(), 0.5);
    rn_tensor y = rn_teacher_force(s, "decoder", &decoder, t, state, STATES,
                                   (rn_teacher_options){.own = own, .draw = true});
    rn_decoding d = rn_decode(s, "decode", &decoder, again, STATES,
                              (rn_decode_options){.steps = T, .beam = 2});
    const bool done = model && g && !*rn_graph_error(g);

    cr_assert_eq(done, !rn_is_null(y) && !rn_is_null(d.tokens) && !rn_is_null(d.score));
    cr_assert_eq(rn_is_null(again[0]), rn_is_null(d.tokens));
    rn_graph_free(g);
    rn_model_free(model);
    return done;
}

Test(teacher, every_allocation_may_fail)
{
    rn_test_each_failure(build);
}

/* ---- refusals ---- */

typedef struct call {
    rn_scope scope;
    rn_decoder decoder;
    rn_tensor targets, state[STATES];
    rn_teacher_options o;
} call;

#define REFUSES(name_, message, ...)                                                       \
    Test(teacher, refuses_##name_)                                                         \
    {                                                                                      \
        rn_test_world w = rn_test_begin();                                                 \
        call c = {.scope = w.root, .decoder = decoder};                                    \
        states_of(w.graph, c.state);                                                       \
        c.targets = rn_input(w.graph, "t", RN_I32, rn_shape(T, B));                        \
        __VA_ARGS__;                                                                       \
        cr_assert(rn_is_null(                                                              \
            rn_teacher_force(c.scope, "d", &c.decoder, c.targets, c.state, STATES, c.o))); \
        cr_assert(rn_is_null(c.state[0]) && rn_is_null(c.state[3]));                       \
        rn_test_error_is(w.graph, message);                                                \
        rn_test_end(&w);                                                                   \
    }

REFUSES(null, "teacher_force: targets must be i32 [T,B]: d has nothing",
        c.targets = rn_null())
REFUSES(rank, "teacher_force: targets must be i32 [T,B]: d has i32 t [4]",
        c.targets = rn_input(w.graph, "t", RN_I32, rn_shape(B)))
REFUSES(type, "teacher_force: targets must be i32 [T,B]: d has f64 t [7,4]",
        c.targets = rn_input(w.graph, "t", RN_F64, rn_shape(T, B)))
REFUSES(no_step, "teacher_force: no step: d", c.decoder.step = NULL)
REFUSES(draw, "teacher_force: draw needs own: d", c.o.draw = true)
REFUSES(own_type,
        "teacher_force: own must be f64 and broadcast to the targets: d has f32 p []",
        c.o.own = rn_input(w.graph, "p", RN_F32, rn_shape()))
REFUSES(own_shape,
        "teacher_force: own must be f64 and broadcast to the targets: d has f64 p [3,7,4]",
        c.o.own = rn_input(w.graph, "p", RN_F64, rn_shape(3, T, B)))
REFUSES(rows, "teacher_force: state 0 must have 3 rows: d has f64 constant#0 [4,6]",
        c.targets = rn_input(w.graph, "t", RN_I32, rn_shape(T, 3)))

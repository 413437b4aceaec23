/* SPDX-License-Identifier: MIT */
/* The pieces of work that are done while allocations fail. */
#include "work.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { T = 3, B = 2, I = 3, H = 4 };

static rn_test_result failed(char *message, const char *text)
{
    snprintf(message, RN_TEST_MESSAGE, "%s", text);
    return RN_TEST_FAILED;
}

static rn_test_result wrong(char *message, const char *text)
{
    failed(message, text);
    return RN_TEST_WRONG;
}

/* ---- a graph by hand ---- */

/* A loop of four gates with lengths, collected, with its end and its history, over a
 * variable; and another loop in it. */
static rn_tensor lstm(rn_graph *g, rn_tensor xs, rn_tensor lengths, rn_tensor u)
{
    rn_loop *loop = rn_loop_begin(g);
    rn_loop_lengths(loop, lengths);
    const rn_tensor x = rn_loop_each(loop, xs);
    const rn_tensor h = rn_loop_carry(loop, rn_fill(g, RN_F64, rn_shape(B, H), 0));
    const rn_tensor c = rn_loop_carry(loop, rn_fill(g, RN_F64, rn_shape(B, H), 0.5));
    const rn_tensor z = rn_matmul(rn_concat((rn_tensor[]){x, h}, 2, 1), u);
    rn_tensor gate[4];
    for (int k = 0; k < 4; k++) gate[k] = rn_slice(z, 1, k * H, (k + 1) * H, 1);
    const rn_tensor cn = rn_add(rn_mul(rn_sigmoid(gate[0]), c),
                                rn_mul(rn_sigmoid(gate[1]), rn_tanh(gate[2])));
    const rn_tensor hn = rn_mul(rn_sigmoid(gate[3]), rn_tanh(cn));
    rn_loop *inner = rn_loop_begin(rn_loop_body(loop));
    rn_loop_steps(inner, 2);
    const rn_tensor s = rn_loop_carry(inner, cn);
    rn_loop_next(inner, s, rn_sin(rn_add(s, c)));
    rn_loop_end(inner);
    rn_loop_next(loop, h, hn);
    rn_loop_next(loop, c, rn_loop_final(inner, s));
    rn_loop_end(loop);
    const rn_tensor sum = rn_sum_all(rn_square(rn_loop_collect(loop, hn)));
    const rn_tensor rest = rn_sum_all(rn_softmax(rn_loop_history(loop, c), -1));
    return rn_add(rn_add(sum, rest), rn_mean_all(rn_loop_final(loop, h)));
}

/* A loop whose body takes each sequence alone, with other lengths, so that it is ragged. */
static rn_tensor plain(rn_graph *g, rn_tensor xs, rn_tensor lengths, rn_tensor u)
{
    rn_loop *loop = rn_loop_begin(g);
    rn_loop_lengths(loop, rn_minimum(lengths, rn_constant_like(lengths, 2)));
    const rn_tensor x = rn_loop_each(loop, xs);
    const rn_tensor h = rn_loop_carry(loop, rn_fill(g, RN_F64, rn_shape(B, I), 0));
    const rn_tensor w = rn_slice(rn_slice(u, 1, 0, I, 1), 0, 0, I, 1);
    const rn_tensor next = rn_tanh(rn_add(rn_matmul(x, w), rn_matmul(h, w)));
    rn_loop_next(loop, h, next);
    rn_loop_end(loop);
    return rn_add(rn_sum_all(rn_square(rn_loop_collect(loop, next))),
                  rn_sum_all(rn_loop_final(loop, h)));
}

typedef struct graph {
    rn_graph *g;
    rn_variable *v;
    rn_tensor xs, lengths, u, loss;
} graph;

/* The loss; null after an error, which is then on w->g if there is one. */
static bool build(rn_allocator a, graph *w)
{
    *w = (graph){.g = rn_graph_new_using(a)};
    if (!w->g) return false;
    w->v = rn_variable_new(a, "u", RN_F64, rn_shape(I + H, 4 * H));
    for (int i = 0; w->v && i < (I + H) * 4 * H; i++)
        ((double *)rn_variable_data(w->v))[i] = 0.3 * sin(i + 1);
    w->xs = rn_input(w->g, "xs", RN_F64, rn_shape(T, B, I));
    w->lengths = rn_input(w->g, "lengths", RN_I32, rn_shape(B));
    w->u = rn_read_variable(w->g, w->v);
    w->loss = rn_add(lstm(w->g, w->xs, w->lengths, w->u),
                     rn_scale(plain(w->g, w->xs, w->lengths, w->u), 0.01));
    return !rn_is_null(w->loss);
}

static void discard(graph *w)
{
    rn_graph_free(w->g);
    rn_variable_release(w->v);
}

static rn_test_result build_only(rn_allocator a, char *message)
{
    graph w;
    const bool ok = build(a, &w);
    if (!ok) failed(message, rn_graph_error(w.g));
    discard(&w);
    return ok ? RN_TEST_DONE : RN_TEST_FAILED;
}

/* The gradient and the gradient of that. */
static rn_test_result differentiate(rn_allocator a, char *message)
{
    graph w;
    rn_tensor du, ddu;
    const bool ok = build(a, &w) && rn_grad(w.loss, rn_null(), &w.u, 1, &du) &&
                    rn_grad(rn_sum_all(rn_square(du)), rn_null(), &w.u, 1, &ddu);

    if (!ok) failed(message, rn_graph_error(w.g));
    discard(&w);
    return ok ? RN_TEST_DONE : RN_TEST_FAILED;
}

static rn_test_result run(rn_program *p, const graph *w, char *message)
{
    const double xs[T * B * I] = {0.5, -1, 0.25};
    const int32_t lengths[B] = {3, 1};

    if (rn_feed(p, w->xs, xs, sizeof xs) ||
        rn_feed(p, w->lengths, lengths, sizeof lengths) || rn_run(p))
        return failed(message, rn_program_error(p));
    const double loss = rn_scalar(p, w->loss);
    return fabs(loss - 8.4) < 1 ? RN_TEST_DONE : wrong(message, "the loss is another");
}

/* A step of gradient descent compiled, in f64 and in f32, and run. */
static rn_test_result compile(rn_allocator a, char *message, bool convert)
{
    graph w;
    rn_tensor du;
    rn_program *p = NULL;
    rn_test_result result;
    char text[200];

    if (build(a, &w) && rn_grad(w.loss, rn_null(), &w.u, 1, &du)) {
        rn_assign(w.u, rn_sub(w.u, rn_scale(du, 0.1)));
        p = rn_compile(w.g, (rn_compile_options){RN_OUTPUTS(w.loss, du), .convert = convert,
                                                 .profile = convert, .real = RN_F64});
    }
    if (p) {
        rn_program_print(p, text, sizeof text);
        rn_graph_print(w.g, text, sizeof text);
        result = run(p, &w, message);
    } else {
        result = failed(message, rn_graph_error(w.g));
    }
    discard(&w);
    rn_program_free(p);
    return result;
}

static rn_test_result compile_as_it_is(rn_allocator a, char *message)
{
    return compile(a, message, false);
}

static rn_test_result compile_converted(rn_allocator a, char *message)
{
    return compile(a, message, true);
}

static rn_test_result gradcheck(rn_allocator a, char *message)
{
    graph w;
    rn_gradcheck_report *r = NULL;
    rn_test_result result = RN_TEST_DONE;
    const int32_t lengths[B] = {3, 1};

    if (!build(a, &w)) {
        failed(message, rn_graph_error(w.g));
        discard(&w);
        return RN_TEST_FAILED;
    }
    const rn_value values[] = {{w.lengths, lengths}};
    r = rn_gradcheck(
        w.loss, (rn_gradcheck_options){
                    .values = values, .value_count = 1, .samples = 2, .directions = 1});
    if (!r)
        result = failed(message, "no report: out of memory");
    else if (!r->text)
        result = wrong(message, "no text");
    else if (r->status != RN_OK)
        result = failed(message, r->text);
    else if (!r->passed || r->checked != 18 + 4 || r->worst_count != 8)
        result = wrong(message, r->text);
    rn_gradcheck_free(r);
    discard(&w);
    return result;
}

/* ---- a gradient that is wrong ---- */

static void identity(int64_t n, const void *const *x, const int64_t *step, void *y,
                     const void *attributes)
{
    const double *from = (const double *)x[0];

    (void)attributes;
    for (int64_t i = 0; i < n; i++) ((double *)y)[i] = from[i * step[0]];
}

static void wrong_gradient(rn_pullback *p)
{
    p->dx[0] = rn_mul(p->dy, rn_square(p->dy));
}

static const rn_op wrong_identity = {.name = "wrong_identity",
                                     .inputs = 1,
                                     .map = {[RN_F64] = identity},
                                     .gradient = wrong_gradient};

static rn_test_result culprit(rn_allocator a, char *message)
{
    graph w;
    rn_test_result result = RN_TEST_DONE;

    if (!build(a, &w)) {
        failed(message, rn_graph_error(w.g));
        discard(&w);
        return RN_TEST_FAILED;
    }
    rn_tensor x = rn_apply(&wrong_identity, &w.u, 1, NULL, 0);
    rn_gradcheck_report *r =
        rn_gradcheck(rn_add(w.loss, rn_sum_all(rn_tanh(x))), (rn_gradcheck_options){0});
    if (!r)
        result = failed(message, "no report: out of memory");
    else if (!r->text)
        result = wrong(message, "no text");
    else if (r->status != RN_OK)
        result = failed(message, r->text);
    else if (r->passed)
        result = wrong(message, r->text);
    else if (r->culprit.kind == RN_CULPRIT_NONE)
        result = failed(message, "no culprit: out of memory");
    else if (r->culprit.mistake != RN_MISTAKE_UNIT_COTANGENT)
        result = wrong(message, r->text);
    rn_gradcheck_free(r);
    discard(&w);
    return result;
}

/* ---- models ---- */

static rn_tensor network(rn_graph *g, rn_model *model, rn_tensor *x)
{
    const rn_scope s = rn_root(g, model);
    *x = rn_input(g, "x", RN_I32, rn_shape(T, B));
    const rn_tensor e = rn_embedding(s, "embedding", *x, 5, I);
    const rn_sequence y = rn_lstm(
        s, "rnn", e,
        (rn_recurrent_options){.units = H, .layers = 2, .stateful = true, .dropout = 0.25});
    const rn_sequence z =
        rn_recurrent(s, "gru", &rn_cell_gru_reset_after, y.outputs,
                     (rn_recurrent_options){.units = H, .bidirectional = true});
    const rn_tensor n = rn_layer_norm(s, "norm", z.outputs);
    return rn_cross_entropy(rn_linear(s, "out", n, 5), *x);
}

static rn_test_result train(rn_allocator a, char *message, rn_optimizer optimizer)
{
    rn_model *model = rn_model_new_using(1, RN_F32, a);
    rn_graph *g = rn_graph_new_using(a);
    rn_program *p = NULL;
    rn_test_result result = RN_TEST_DONE;
    rn_tensor x;
    const rn_tensor loss = network(g, model, &x);

    if (!rn_is_null(loss))
        p = rn_compile(g, (rn_compile_options){.minimize = loss, .with = optimizer});
    for (int i = 0; i < 3; i++) {
        if (!p)
            result = failed(message, rn_graph_error(g));
        else if (rn_feed_i32(p, x, (const int32_t[T * B]){0}, T * B) || rn_run(p))
            result = failed(message, rn_program_error(p));
        else if (i == 2 && !(rn_scalar(p, loss) < 2))
            result = wrong(message, "the loss is not below 2");
    }
    if (result == RN_TEST_DONE && rn_set_learning_rate(model, 1e-4))
        result = failed(message, rn_model_error(model));
    rn_model_free(model);
    rn_graph_free(g);
    rn_program_free(p);
    return result;
}

static rn_test_result train_clipped(rn_allocator a, char *message)
{
    return train(a, message, rn_clipped(rn_sgd(0.1, 0.9), 1));
}

#define RN_OPTIMIZER(name, arguments, rate_, second_, ...)                                 \
    static rn_test_result train_with_##name(rn_allocator a, char *message)                 \
    {                                                                                      \
        const double rate = rate_, second = second_;                                       \
        (void)second;                                                                      \
        return train(a, message, rn_##name arguments);                                     \
    }
#define RN_OPTIMIZER_OTHER(name, arguments, moment)                                        \
    RN_OPTIMIZER(name, arguments, 0.1, 0.1, moment)
#include "train/updates.def"

/* A model saved and loaded into another that has other values. */
static rn_test_result save_and_load(rn_allocator a, char *message)
{
    char path[64];
    rn_model *model = rn_model_new_using(1, RN_F64, a),
             *other = rn_model_new_using(2, RN_F64, a);
    rn_graph *g = rn_graph_new_using(a);
    rn_test_result result = RN_TEST_DONE;
    double there[5], here[5];

    snprintf(path, sizeof path, "/tmp/rondo-leaks-%ld.safetensors", (long)getpid());
    const rn_shape shape = rn_shape(5);
    const rn_init init = {RN_INIT_NORMAL, 1};
    rn_weight(rn_root(g, model), "a/w", shape, init),
        rn_weight(rn_root(g, model), "b", shape, init);
    rn_weight(rn_root(g, other), "a/w", shape, init),
        rn_weight(rn_root(g, other), "b", shape, init);
    if (rn_graph_error(g)[0])
        result = failed(message, rn_graph_error(g));
    else if (rn_model_save(model, path))
        result = failed(message, rn_model_error(model));
    else if (rn_model_load(other, path))
        result = failed(message, rn_model_error(other));
    else if (rn_model_get(model, "b", here, sizeof here) ||
             rn_model_get(other, "b", there, sizeof there))
        result = wrong(message, "no weights");
    else if (memcmp(here, there, sizeof here) != 0)
        result = wrong(message, "other values were loaded");
    remove(path);
    rn_graph_free(g);
    rn_model_free(model);
    rn_model_free(other);
    return result;
}

const struct rn_test_piece rn_test_works[] = {
    {"build", build_only},
    {"differentiate", differentiate},
    {"compile", compile_as_it_is},
    {"compile-converted", compile_converted},
    {"gradcheck", gradcheck},
    {"culprit", culprit},
    {"train-clipped", train_clipped},
#define RN_OPTIMIZER(name, ...) {"train-" #name, train_with_##name},
#define RN_OPTIMIZER_OTHER      RN_OPTIMIZER
#include "train/updates.def"
    {"save-and-load", save_and_load},
};
const int rn_test_works_count = sizeof rn_test_works / sizeof *rn_test_works;

/* SPDX-License-Identifier: MIT */
/* Frozen weights: without a gradient, or named by rn_except. */
#include "nn_support.h"

#include <math.h>
#include <string.h>

enum { B = 4, I = 3, H = 4 };

typedef struct world {
    rn_model *model;
    rn_graph *graph;
    rn_scope root;
    rn_tensor x;
} world;

static world begin(rn_model *model)
{
    world w = {.model = model, .graph = rn_graph_new()};

    w.root = rn_root(w.graph, model);
    w.x = rn_fill(w.graph, RN_F64, rn_shape(B, I), 0.5);
    return w;
}

/* A head on a body that may be cut off. */
static rn_tensor network(const world *w, bool cut)
{
    rn_tensor h = rn_tanh(rn_linear(w->root, "body", w->x, H));

    if (cut) h = rn_stop_gradient(h);
    return rn_sum_all(rn_square(rn_offset(rn_linear(w->root, "head", h, 1), 3)));
}

static void train(rn_model *model, bool cut, rn_optimizer optimizer, int runs)
{
    world w = begin(model);
    rn_program *p = rn_test_training(network(&w, cut), optimizer);

    for (int i = 0; i < runs; i++) rn_test_run_once(p);
    rn_program_free(p);
    rn_graph_free(w.graph);
}

static const char *const body[] = {"body/w", "body/b"};

/* Trains with a body that is free and then with one that is not. */
static void stays(rn_optimizer optimizer, bool cut, const char *except)
{
    rn_model *model = rn_test_model(3);
    double before[2][I * H], head;

    train(model, false, optimizer, 5);
    for (int i = 0; i < 2; i++)
        memcpy(before[i], rn_test_values(model, body[i]), (i ? H : I * H) * sizeof(double));
    head = rn_test_values(model, "head/w")[0];
    train(model, cut, rn_except(optimizer, except), 5);
    for (int i = 0; i < 2; i++)
        cr_assert(!memcmp(before[i], rn_test_values(model, body[i]),
                          (i ? H : I * H) * sizeof(double)),
                  "%s", body[i]);
    cr_assert(rn_test_values(model, "head/w")[0] != head);
    rn_model_free(model);
}

Test(except, what_has_no_gradient_or_is_excepted_stays_bit_for_bit)
{
    const double rate = 0.01, second = 0.1;
    const rn_optimizer all[] = {
#define RN_OPTIMIZER(name, arguments, ...) rn_##name arguments,
#define RN_OPTIMIZER_OTHER                 RN_OPTIMIZER
#include "updates.def"
        rn_sgd(0.01, 0), rn_clipped(rn_adamw(0.01, 0.1), 0.5)};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        stays(all[i], true, NULL);
        stays(all[i], true, "");
        stays(all[i], false, "body/*");
        stays(all[i], false, "body/w,body/b");
        stays(all[i], false, " b*w , *dy/b,");
    }
}

/* The norm is the head's alone. */
Test(except, it_has_no_part_in_the_norm)
{
    rn_model *model = rn_test_model(3);
    double norm[3];

    for (int i = 0; i < 3; i++) {
        train(model, i == 1, rn_except(rn_sgd(0, 0), i == 2 ? "body*" : NULL), 1);
        norm[i] = rn_training_of(model).norm;
    }
    cr_assert(norm[1] == norm[2] && norm[1] < norm[0]);
    rn_model_free(model);
}

/* ---- patterns ---- */

static bool moves(const char *except, const char *name)
{
    rn_model *model = rn_test_model(1);
    world w = begin(model);
    const rn_init ones = {RN_INIT_CONSTANT, 1};
    static const char *const names[] = {"a", "ab", "rnn/w", "rnn/layer0/w", "b, c"};
    rn_tensor loss = rn_constant_scalar(w.graph, RN_F64, 0);

    for (int i = 0; i < 5; i++)
        loss = rn_add(loss, rn_sum_all(rn_weight(w.root, names[i], rn_shape(2), ones)));
    rn_program *p = rn_test_training(loss, rn_except(rn_sgd(1, 0), except));
    rn_test_run_once(p);
    const bool moved = rn_test_values(model, name)[0] != 1;
    rn_program_free(p);
    rn_graph_free(w.graph);
    rn_model_free(model);
    return moved;
}

Test(except, patterns)
{
    cr_assert(!moves("a", "a") && moves("a", "ab"));
    cr_assert(!moves("a*", "a") && !moves("a*", "ab") && moves("a*", "rnn/w"));
    cr_assert(!moves("*b", "ab") && moves("*b", "a"));
    cr_assert(!moves("rnn/*", "rnn/w") && !moves("rnn/*", "rnn/layer0/w"));
    cr_assert(!moves("rnn/*/w", "rnn/layer0/w") && moves("rnn/*/w", "rnn/w"));
    cr_assert(!moves("*n*w", "rnn/w") && moves("*n*w", "ab"));
    cr_assert(!moves("b* c", "b, c") && moves("b* c", "ab"));
    cr_assert(!moves("*r0/***", "rnn/layer0/w") && moves("*r0/***", "rnn/w"));
}

/* ---- refusals ---- */

static void refused(bool cut, const char *except, const char *message)
{
    rn_model *model = rn_test_model(3);
    world w = begin(model);
    rn_tensor loss = rn_name(network(&w, cut), "loss");

    cr_assert(
        !rn_compile(w.graph, (rn_compile_options){.minimize = loss,
                                                  .with = rn_except(rn_adam(1), except)}));
    rn_test_error_is(w.graph, message);
    cr_assert_eq(rn_model_count(model), 4);
    rn_graph_free(w.graph);
    rn_model_free(model);
}

Test(except, patterns_must_name_weights)
{
    refused(false, "bdy/*", "adam: except: the model has no such weight: bdy/*");
    refused(false, "body/*, head", "adam: except: the model has no such weight: head");
}

Test(except, something_must_be_left)
{
    refused(false, "*", "adam: except leaves no weight of the loss to train: *");
    refused(true, "head/*", "adam: no gradient of the loss reaches a weight: loss");
}

/* A teacher of another model, behind stop_gradient, is no obstacle. */
Test(except, weights_of_another_model_without_a_gradient)
{
    rn_model *model = rn_test_model(3), *teacher = rn_test_model(4);
    world w = begin(model);
    rn_tensor y = rn_linear(rn_root(w.graph, teacher), "net", w.x, 1);
    rn_tensor loss = rn_sum_all(
        rn_square(rn_sub(rn_linear(w.root, "net", w.x, 1), rn_stop_gradient(y))));
    rn_program *p = rn_test_training(loss, rn_adamw(0.1, 0.1));

    rn_test_run_once(p);
    cr_assert(!rn_model_find(teacher, "optimizer/rate"));
    rn_program_free(p);
    rn_graph_free(w.graph);
    rn_model_free(model);
    rn_model_free(teacher);
}

/* ---- inside a loop ---- */

/* Two recurrences in one loop, the second of which reads the first only behind a
 * stop_gradient; the loss reads the second. */
Test(except, a_recurrence_that_the_gradient_does_not_reach)
{
    rn_model *model = rn_test_model(3);
    world w = begin(model);
    const rn_init normal = {RN_INIT_NORMAL, 0.3};
    rn_tensor u = rn_weight(w.root, "u", rn_shape(I, I), normal);
    rn_tensor v = rn_weight(w.root, "v", rn_shape(I, I), normal);
    rn_tensor begin_h = rn_weight(w.root, "h0", rn_shape(B, I), normal);
    rn_loop *loop = rn_loop_begin(w.graph);
    double before[2][B * I], v_before[I * I];

    rn_loop_steps(loop, 4);
    rn_tensor h = rn_loop_carry(loop, begin_h), g = rn_loop_carry(loop, w.x);
    rn_tensor next = rn_tanh(rn_matmul(h, u));
    rn_loop_next(loop, h, next);
    rn_loop_next(loop, g, rn_tanh(rn_add(rn_matmul(g, v), rn_stop_gradient(next))));
    cr_assert(rn_loop_end(loop), "%s", rn_graph_error(w.graph));
    rn_program *p =
        rn_test_training(rn_sum_all(rn_square(rn_loop_final(loop, g))), rn_adamw(0.1, 0.1));
    memcpy(before[0], rn_test_values(model, "u"), I * I * sizeof(double));
    memcpy(before[1], rn_test_values(model, "h0"), B * I * sizeof(double));
    memcpy(v_before, rn_test_values(model, "v"), sizeof v_before);
    for (int i = 0; i < 3; i++) rn_test_run_once(p);
    cr_assert(!memcmp(before[0], rn_test_values(model, "u"), I * I * sizeof(double)));
    cr_assert(!memcmp(before[1], rn_test_values(model, "h0"), B * I * sizeof(double)));
    cr_assert(memcmp(v_before, rn_test_values(model, "v"), sizeof v_before));
    rn_program_free(p);
    rn_graph_free(w.graph);
    rn_model_free(model);
}

/* SPDX-License-Identifier: MIT */
/*
 * PyTorch's optimisers with each option, reproduced over 100 steps in both real types.
 *
 * The loss is  sum w n + sum (w - p) (w - p) / 4  over two weights of unlike shapes, n
 * being fed: its gradient is n + (w - p) / 2. The numbers are those of the script; they are
 * the same in f32.
 */
#include "nn_support.h"

#include <math.h>
#include <stdio.h>

enum { FIRST = 4, COUNT = 6, STEPS = 100, SHOWN = 3 };

static const rn_schedule cycle = {RN_SCHEDULE_ONE_CYCLE, .steps = STEPS,
                                  .cycle_momentum = true};
static const int shown[SHOWN] = {2, 20, 100};

typedef struct world {
    rn_model *model;
    rn_graph *graph;
    rn_tensor noise;
    rn_program *program;
} world;

static void start_of(double *start, double *target)
{
    for (int i = 0; i < COUNT; i++) {
        start[i] = (i * 5 + 3) % 7 / 4.0 - 1;
        target[i] = (i * 3 + 1) % 5 / 2.0 - 1;
    }
}

static void set(rn_model *model, rn_type real, const char *name, const double *numbers,
                int count)
{
    const bool f64 = real == RN_F64;
    float f[COUNT];

    for (int i = 0; i < count; i++) f[i] = (float)numbers[i];
    cr_assert_eq(rn_model_set(model, name, f64 ? (const void *)numbers : f,
                              (size_t)count * (f64 ? sizeof *numbers : sizeof *f)),
                 RN_OK);
}

static void get(rn_model *model, rn_type real, const char *name, double *numbers, int count)
{
    const bool f64 = real == RN_F64;
    float f[COUNT];

    cr_assert_eq(rn_model_get(model, name, f64 ? (void *)numbers : f,
                              (size_t)count * (f64 ? sizeof *numbers : sizeof *f)),
                 RN_OK, "%s", rn_model_error(model));
    for (int i = 0; i < count && !f64; i++) numbers[i] = (double)f[i];
}

static world begin(rn_type real, rn_optimizer optimizer)
{
    world w = {.model = rn_model_new_using(1, real, (rn_allocator){0}),
               .graph = rn_graph_new()};
    const rn_scope root = rn_root(w.graph, w.model);
    const rn_init zeros = {RN_INIT_ZEROS, 0};
    double start[COUNT], target[COUNT];

    start_of(start, target);
    w.noise = rn_input(w.graph, "n", real, rn_shape(COUNT));
    rn_tensor a = rn_weight(root, "a", rn_shape(2, 2), zeros);
    rn_tensor b = rn_weight(root, "b", rn_shape(COUNT - FIRST), zeros);
    rn_tensor both[] = {rn_reshape(a, rn_shape(FIRST)), b};
    rn_tensor all = rn_concat(both, 2, 0),
              p = rn_constant(w.graph, RN_F64, rn_shape(COUNT), target);
    rn_tensor square = rn_square(rn_sub(all, rn_cast(p, real)));
    rn_tensor loss =
        rn_add(rn_sum_all(rn_mul(all, w.noise)), rn_scale(rn_sum_all(square), 0.25));
    set(w.model, real, "a", start, FIRST);
    set(w.model, real, "b", start + FIRST, COUNT - FIRST);
    w.program = rn_test_training(loss, optimizer);
    return w;
}

static void run(const world *w, int step)
{
    double n[COUNT];
    float f[COUNT];

    for (int i = 0; i < COUNT; i++) {
        n[i] = (step * 37 + i * 101 + 13) * 7919 % 1009 / 512.0 - 1;
        f[i] = (float)n[i];
    }
    if (rn_type_get(w->noise) == RN_F64)
        rn_test_feed_f64(w->program, w->noise, n);
    else
        cr_assert_eq(rn_feed_f32(w->program, w->noise, f, COUNT), RN_OK);
    rn_test_run_once(w->program);
}

static void check(rn_optimizer optimizer, const double *want, const char *what)
{
    const rn_type types[] = {RN_F64, RN_F32};
    const bool mean = optimizer.t0 != 0; /* of weights, which asgd keeps */

    for (int type = 0; type < 2; type++) {
        world w = begin(types[type], optimizer);
        for (int step = 0, k = 0; step < STEPS; step++) {
            double got[COUNT];
            run(&w, step);
            if (step + 1 != shown[k]) continue;
            get(w.model, types[type], mean ? "optimizer/a/ax" : "a", got, FIRST);
            get(w.model, types[type], mean ? "optimizer/b/ax" : "b", got + FIRST,
                COUNT - FIRST);
            rn_test_close(got, want + k++ * COUNT, COUNT, type ? 1e-6 : 1e-12, what);
        }
        cr_assert_eq(rn_training_of(w.model).steps, STEPS);
        rn_program_free(w.program);
        rn_graph_free(w.graph);
        rn_model_free(w.model);
    }
}

#define CASE(optimizer, settings, ...)                                                     \
    {                                                                                      \
        static const double want[SHOWN * COUNT] = {__VA_ARGS__};                           \
        rn_optimizer o = optimizer;                                                        \
        settings;                                                                          \
        check(o, want, #optimizer " " #settings);                                          \
    }

Test(optimizers, torch)
{
#include "torch_optimizers.h"
}

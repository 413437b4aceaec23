/* SPDX-License-Identifier: MIT */
/* A failed rn_compile leaves the model as it was. */
#include "nn_support.h"

#include <stdlib.h>
#include <string.h>

#include "nn/model.h"

/* ---- what a model is ---- */

typedef struct picture {
    int count;
    char name[64][80];
    rn__kind kind[64];
    size_t bytes[64];
    unsigned char values[8192];
} picture;

static picture take(const rn_model *model)
{
    picture p;
    size_t used = 0;

    memset(&p, 0, sizeof p);
    p.count = rn_model_count(model);
    cr_assert(p.count <= 64);
    for (int i = 0; i < p.count; i++) {
        rn_variable *v = rn_model_at(model, i);
        snprintf(p.name[i], sizeof p.name[i], "%s", rn_variable_name(v));
        p.kind[i] = model->entry[i].kind;
        p.bytes[i] = (size_t)rn_shape_count(rn_variable_shape(v)) *
                     rn_type_size(rn_variable_type(v));
        cr_assert(used + p.bytes[i] <= sizeof p.values);
        memcpy(p.values + used, rn_variable_data(v), p.bytes[i]);
        used += p.bytes[i];
        cr_assert(rn_model_find(model, p.name[i]) == v, "%s is found", p.name[i]);
    }
    return p;
}

static void same(const picture *before, const rn_model *model, const char *what, long n)
{
    const picture after = take(model);

    cr_assert_eq(before->count, after.count, "%s, request %ld: %d variables, not %d", what,
                 n, after.count, before->count);
    cr_assert(!memcmp(before, &after, sizeof after), "%s, request %ld", what, n);
    cr_assert(!rn_model_find(model, "other/rate"));
}

/* ---- memory that fails ---- */

/* A model that was trained, and a larger loss over it, compiled with another optimiser; the
 * n-th request for memory fails. Returns whether it compiled. */
static bool attempt(rn_optimizer optimizer, long n, bool for_ever)
{
    rn_test_memory memory = {.for_ever = for_ever};
    rn_model *model = rn_model_new_using(1, RN_F32, rn_test_allocator(&memory));
    rn_graph *g = rn_graph_new_using(rn_test_allocator(&memory));
    const rn_scope s = rn_root(g, model);
    rn_tensor x = rn_fill(g, RN_F32, rn_shape(2, 3, 2), 0.5);
    rn_sequence y =
        rn_lstm(s, "net", x, (rn_recurrent_options){.units = 3, .stateful = true});
    rn_tensor loss = rn_sum_all(rn_square(y.outputs));
    rn_program *old = rn_test_training(loss, rn_sgd(0.5, 0.9));

    rn_test_run_once(old);
    loss = rn_sum_all(rn_square(rn_linear(s, "out", y.last, 2)));
    cr_assert(!rn_is_null(loss));
    const picture before = take(model);
    memory.requests = 0;
    memory.fail_at = n;
    rn_program *p =
        rn_compile(g, (rn_compile_options){.minimize = loss, .with = optimizer});
    memory.fail_at = 0;
    if (!p) {
        cr_assert(*rn_graph_error(g));
        same(&before, model, "compiling", n);
    } else {
        cr_assert(rn_model_count(model) > before.count);
        rn_test_run_once(p);
    }
    rn_test_run_once(old);
    rn_program_free(p);
    rn_program_free(old);
    rn_graph_free(g);
    rn_model_free(model);
    cr_assert_eq(memory.blocks, 0);
    return p != NULL;
}

static void each(rn_optimizer optimizer)
{
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        long n = 1;
        while (!attempt(optimizer, n, for_ever)) n++;
        cr_assert(n > 100, "only %ld requests", n);
    }
}

Test(atomic, memory_that_fails)
{
    each(rn_adamw(0.01, 0.1));
    each(rn_sgd(0.25, 0.9));
    each(rn_named(rn_clipped(rn_rmsprop(0.1), 1), "other"));
}

/* ---- other errors ---- */

static bool build_and_fail(const rn_optimizer *self, rn_tensor loss)
{
    const rn_optimizer adam = rn_adam(1);

    (void)self;
    return adam.build(&adam, loss) && !rn_is_null(rn_fail(loss.graph, "mine: and yet"));
}

Test(atomic, an_error_of_any_pass)
{
    rn_model *model = rn_test_model(1);
    rn_graph *g = rn_graph_new(), *h = rn_graph_new();
    const rn_init ones = {RN_INIT_CONSTANT, 1};
    rn_tensor w = rn_sum_all(rn_weight(rn_root(g, model), "w", rn_shape(2), ones));
    rn_tensor v = rn_sum_all(rn_weight(rn_root(h, model), "w", rn_shape(2), ones));
    const rn_shape large = rn_shape(1 << 20, 1 << 20);
    rn_tensor z = rn_fill(g, RN_F32, large, 2), o = rn_matmul(z, z);
    rn_program *old = rn_test_training(w, rn_sgd(0.5, 0));
    const picture before = take(model);

    cr_assert(!rn_compile(
        g, (rn_compile_options){RN_OUTPUTS(o), .minimize = w, .with = rn_adam(0.01)}));
    cr_assert(strstr(rn_graph_error(g), "out of memory for a workspace"), "%s",
              rn_graph_error(g));
    same(&before, model, "a workspace", 0);

    rn_optimizer mine = rn_adam(1);
    mine.build = build_and_fail;
    cr_assert(!rn_compile(h, (rn_compile_options){.minimize = v, .with = mine}));
    rn_test_error_is(h, "mine: and yet");
    same(&before, model, "an optimiser that fails", 0);

    /* What is added after it is found, and what was there is used as before. */
    rn_test_run_once(old);
    cr_assert(rn_test_values(model, "w")[0] == 0.5);
    rn_graph *k = rn_graph_new();
    rn_weight(rn_root(k, model), "later", rn_shape(2), ones);
    cr_assert(rn_model_find(model, "later") == rn_model_at(model, before.count));
    rn_program_free(old);
    rn_graph_free(g), rn_graph_free(h), rn_graph_free(k);
    rn_model_free(model);
}

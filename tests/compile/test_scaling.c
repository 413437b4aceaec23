/* SPDX-License-Identifier: MIT */
/*
 * Time and memory to build, differentiate, compile and free a graph grow linearly with it,
 * for many forms of graph. A graph four times as large may take nine times as long, which
 * is generous for a busy machine but too little for anything quadratic; very short times
 * are not compared. There is no recursion per node.
 */
#include "run/driver.h"

#include <pthread.h>
#include <rondo/model.h>
#include <rondo/recurrent.h>
#include <rondo/train.h>
#include <time.h>

enum { B = 2, I = 4, H = 5, N = 9, T = 5, TIMES = 2 };
static const double least = 0.1, most = 9;

typedef struct world {
    rn_graph *g;
    rn_scope s;
    rn_tensor x, w; /* an input and a weight, [N] */
    rn_tensor *at;  /* 2 n of them, scratch */
} world;

/* Builds a graph of n parts; its loss, or null when all is assigned. */
typedef rn_tensor builder(world *w, int n);

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void make(builder *build, int n)
{
    rn_model *model = rn_model_new(1);
    world w = {.g = rn_graph_new(),
               .at = (rn_tensor *)malloc(2 * (size_t)n * sizeof *w.at)};
    rn_compile_options options = {.watch = RN_WATCH_ON};

    w.s = rn_root(w.g, model);
    w.x = rn_input(w.g, "x", RN_F32, rn_shape(N));
    w.w = rn_weight(w.s, "w", rn_shape(N), (rn_init){0});
    options.minimize = build(&w, n);
    if (!rn_is_null(options.minimize)) options.with = rn_adam(0.001);
    rn_program *p = rn_compile(w.g, options);
    cr_assert(p, "%s", rn_graph_error(w.g));
    rn_program_free(p);
    rn_graph_free(w.g);
    rn_model_free(model);
    free(w.at);
}

static double time_of(builder *build, int n)
{
    double fastest = INFINITY;

    for (int i = 0; i < TIMES; i++) {
        const double start = seconds();
        make(build, n);
        fastest = fmin(fastest, seconds() - start);
    }
    return fastest;
}

static void check(builder *build, int n)
{
    const double few = time_of(build, n), many = time_of(build, 4 * n);

    cr_log_info("%g s for %d, %g s for %d: %.3g", few, n, many, 4 * n, many / few);
    cr_assert(many < least || many < most * few, "%g s for %d, %g s for %d", few, n, many,
              4 * n);
}

#define SCALES(name, n, ...)                                                               \
    static rn_tensor name(world *w, int count) __VA_ARGS__ Test(scaling, name)             \
    {                                                                                      \
        check(name, n);                                                                    \
    }

static rn_tensor sum_of_all(rn_tensor *x, int count)
{
    for (; count > 1; count = (count + 1) / 2)
        for (int i = 0; i < count / 2; i++) x[i] = rn_add(x[i], x[count - 1 - i]);
    return rn_sum_all(x[0]);
}

static rn_tensor weight(world *w, int i, rn_shape shape)
{
    char name[16];

    snprintf(name, sizeof name, "w%d", i);
    return rn_weight(rn_share(w->s), name, shape, (rn_init){0});
}

/* ---- chains ---- */

SCALES(chain_of_additions, 1000, {
    rn_tensor y = w->w;

    for (int i = 0; i < count; i++) y = rn_add(y, rn_scale(y, 0.002));
    return rn_sum_all(rn_square(y));
})

SCALES(chain_of_products, 2000, {
    rn_tensor y = rn_reshape(w->x, rn_shape(1, N)), u = weight(w, 0, rn_shape(N, N));

    for (int i = 0; i < count; i++) y = rn_tanh(rn_matmul(y, u));
    return rn_sum_all(rn_square(y));
})

SCALES(unrolled_lstm, 100, {
    const rn_tensor x = rn_input(w->g, "xs", RN_F32, rn_shape(count, B, I));
    const rn_tensor zero = rn_fill(w->g, RN_F32, rn_shape(B, H), 0);
    rn_tensor state[2] = {zero, zero}, sum = rn_constant_scalar(w->g, RN_F32, 0);

    for (int t = 0; t < count; t++) {
        const rn_tensor y = rn_recurrent_step(w->s, "r", &rn_cell_lstm, rn_index(x, 0, t),
                                              state, (rn_recurrent_options){.units = H});
        sum = rn_add(sum, rn_sum_all(rn_square(y)));
    }
    return sum;
})

/* ---- loops ---- */

SCALES(bidirectional_layers, 8, {
    rn_tensor x = rn_input(w->g, "xs", RN_F32, rn_shape(T, B, I));

    for (int i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "r%d", i);
        x = rn_lstm(w->s, name, x,
                    (rn_recurrent_options){.units = H, .bidirectional = true})
                .outputs;
    }
    return rn_mean_all(rn_square(x));
})

SCALES(loops, 400, {
    rn_tensor xs = rn_input(w->g, "xs", RN_F32, rn_shape(T, N)), first = rn_sin(w->w);

    for (int i = 0; i < count; i++) {
        rn_loop *loop = rn_loop_begin(w->g);
        const rn_tensor x = rn_loop_each(loop, xs), h = rn_loop_carry(loop, first);
        const rn_tensor next = rn_tanh(rn_add(rn_mul(x, h), w->w));
        rn_loop_next(loop, h, next);
        rn_loop_end(loop);
        xs = rn_loop_collect(loop, next);
        w->at[i] = rn_loop_final(loop, h);
    }
    return sum_of_all(w->at, count);
})

/* One loop; each operator of its body has a weight of its own, or all have the same. */
static rn_tensor body(world *w, int count, bool own)
{
    rn_loop *loop = rn_loop_begin(w->g);
    const rn_tensor xs = rn_input(w->g, "xs", RN_F32, rn_shape(T, B, I));
    const rn_tensor x = rn_loop_each(loop, xs);
    const rn_tensor h = rn_loop_carry(loop, rn_fill(w->g, RN_F32, rn_shape(B, I), 0));
    rn_tensor y = h;

    for (int i = 0; i < count; i++)
        y = rn_tanh(rn_add(rn_matmul(y, weight(w, own ? i : 0, rn_shape(I, I))), x));
    rn_loop_next(loop, h, y);
    rn_loop_end(loop);
    return rn_sum_all(rn_loop_final(loop, h));
}

SCALES(body_of_one_weight, 1500, { return body(w, count, false); })

SCALES(body_of_many_weights, 250, { return body(w, count, true); })

/* ---- width ---- */

SCALES(weights, 250, {
    for (int i = 0; i < count; i++) w->at[i] = rn_square(weight(w, i, rn_shape(N)));
    return sum_of_all(w->at, count);
})

SCALES(declarations_read_again, 5000, {
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < count; i++) weight(w, i, rn_shape(1));
    return rn_sum_all(w->w);
})

SCALES(assignments, 4000, {
    for (int i = 0; i < count; i++) {
        const rn_tensor v = weight(w, i, rn_shape(N));
        rn_assign(v, rn_add(v, w->x));
    }
    return rn_null();
})

SCALES(inputs, 4000, {
    for (int i = 0; i < count; i++)
        w->at[i] = rn_mul(w->w, rn_input(w->g, "i", RN_F32, rn_shape(N)));
    return sum_of_all(w->at, count);
})

SCALES(constants, 2000, {
    for (int i = 0; i < count; i++) {
        float f[N];
        for (int k = 0; k < N; k++) f[k] = (float)(i + k);
        w->at[i] = rn_tanh(rn_mul(w->w, rn_constant(w->g, RN_F32, rn_shape(N), f)));
    }
    return sum_of_all(w->at, count);
})

SCALES(consumers_and_a_stack_of_them, 2500, {
    const rn_tensor x = rn_sin(w->w);

    for (int i = 0; i < count; i++) w->at[i] = rn_sin(rn_scale(x, 0.001 * i));
    return rn_sum_all(rn_square(rn_stack(w->at, count, 0)));
})

SCALES(chains_side_by_side, 1500, {
    for (int i = 0; i < count; i++) {
        w->at[i] = rn_scale(w->w, 0.001 * i);
        for (int k = 0; k < 5; k++) w->at[i] = rn_tanh(w->at[i]);
    }
    return sum_of_all(w->at, count);
})

/* ---- stack ---- */

static void *deep(void *unused)
{
    make(chain_of_products, 10000);
    make(body_of_one_weight, 10000);
    return unused;
}

Test(scaling, small_stack)
{
    pthread_attr_t attributes;
    pthread_t thread;

    cr_assert_eq(pthread_attr_init(&attributes), 0);
    cr_assert_eq(pthread_attr_setstacksize(&attributes, 256 * 1024), 0);
    cr_assert_eq(pthread_create(&thread, &attributes, deep, NULL), 0);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
}

/* SPDX-License-Identifier: MIT */
/* Weights are packed once before a loop that does not change them. */
#include "run/driver.h"

#include <rondo/model.h>
#include <rondo/recurrent.h>
#include <rondo/train.h>

enum { T = 6, B = 3, H = 8 };

static const char *text_of(const rn_program *p)
{
    static char text[100000];

    rn_program_print(p, text, sizeof text);
    return text;
}

static int count(const rn_program *p, const char *word)
{
    int n = 0;

    for (const char *at = text_of(p); (at = strstr(at, word)); at++) n++;
    return n;
}

typedef struct world {
    rn_graph *g;
    rn_tensor x, w;
} world;

static world begin(int64_t steps)
{
    world a = {.g = rn_graph_new()};

    a.x = rn_test_f64(a.g, "x", rn_shape(steps, B, H));
    a.w = rn_test_f64(a.g, "w", rn_shape(H, H));
    return a;
}

/* y, with the pass and without, has the same bits; `packs` operands are packed. */
static void expect(world *a, rn_tensor y, int packs)
{
    rn_program *p[2];
    double x[T * B * H], w[H * H], *value[2];

    rn_test_numbers(x, T * B * H, 1);
    rn_test_numbers(w, H * H, 2);
    for (int i = 0; i < 2; i++) {
        p[i] = rn_test_compile_with(
            a->g, (rn_compile_options){RN_OUTPUTS(y), .without = i ? RN_PASS_PACK : 0});
        value[i] = (double *)calloc((size_t)rn_test_count(y), sizeof(double));
        rn_test_feed(p[i], a->x, x);
        rn_test_feed(p[i], a->w, w);
        rn_test_run(p[i]);
        rn_test_run(p[i]);
        rn_test_read(p[i], y, value[i]);
    }
    cr_expect_eq(count(p[0], "pack "), packs, "%s", text_of(p[0]));
    cr_expect_eq(count(p[1], "pack "), 0);
    cr_expect_eq(memcmp(value[0], value[1], (size_t)rn_test_count(y) * 8), 0);
    for (int i = 0; i < 2; i++) rn_program_free(p[i]), free(value[i]);
    rn_graph_free(a->g);
}

static rn_tensor zero(rn_graph *g)
{
    return rn_fill(g, RN_F64, rn_shape(B, H), 0);
}

/* h' = tanh(x + h w), the last h. */
static rn_tensor recur(rn_graph *g, rn_tensor xs, rn_tensor w, rn_tensor h0)
{
    rn_loop *loop = rn_loop_begin(g);
    const rn_tensor x = rn_loop_each(loop, xs), h = rn_loop_carry(loop, h0);

    rn_loop_next(loop, h, rn_tanh(rn_add(x, rn_matmul(h, w))));
    cr_assert(rn_loop_end(loop), "%s", rn_graph_error(g));
    return rn_loop_final(loop, h);
}

Test(pack, the_weights_of_a_loop)
{
    world a = begin(T);

    expect(&a, recur(a.g, a.x, a.w, zero(a.g)), 1);
}

Test(pack, not_for_a_few_steps)
{
    world a = begin(3);

    expect(&a, recur(a.g, a.x, a.w, zero(a.g)), 0);
}

Test(pack, not_outside_loops)
{
    world a = begin(T);

    expect(&a, rn_matmul(a.x, a.w), 0);
}

/* The weights are squared before the loop, by a step of their own. */
Test(pack, weights_that_are_computed)
{
    world a = begin(T);

    expect(&a, recur(a.g, a.x, rn_square(a.w), zero(a.g)), 1);
}

Test(pack, products_that_read_the_same_share)
{
    world a = begin(T);
    rn_loop *loop = rn_loop_begin(a.g);
    const rn_tensor x = rn_loop_each(loop, a.x), h = rn_loop_carry(loop, zero(a.g));
    const rn_tensor one = rn_tanh(rn_add(x, rn_matmul(h, a.w)));
    const rn_tensor two = rn_matmul(one, a.w);
    const rn_tensor turned = rn_matmul_transposed(one, a.w, RN_TRANSPOSE_Y);

    rn_loop_next(loop, h, rn_sub(two, turned));
    cr_assert(rn_loop_end(loop));
    expect(&a, rn_loop_final(loop, h), 2);
}

/* m is a carry: it is another matrix in each step. */
Test(pack, not_what_the_loop_changes)
{
    world a = begin(T);
    rn_loop *loop = rn_loop_begin(a.g);
    const rn_tensor x = rn_loop_each(loop, a.x), h = rn_loop_carry(loop, zero(a.g));
    const rn_tensor m = rn_loop_carry(loop, a.w);

    rn_loop_next(loop, h, rn_tanh(rn_add(x, rn_matmul(h, m))));
    rn_loop_next(loop, m, rn_tanh(m));
    cr_assert(rn_loop_end(loop));
    expect(&a, rn_loop_final(loop, h), 0);
}

/* A step input is another matrix in each step. */
Test(pack, not_what_varies_from_step_to_step)
{
    world a = begin(T);
    const rn_tensor all = rn_add(rn_reshape(a.w, rn_shape(1, H, H)),
                                 rn_fill(a.g, RN_F64, rn_shape(T, 1, 1), 0));
    rn_loop *loop = rn_loop_begin(a.g);
    const rn_tensor x = rn_loop_each(loop, a.x), w = rn_loop_each(loop, all);
    const rn_tensor h = rn_loop_carry(loop, zero(a.g));

    rn_loop_next(loop, h, rn_tanh(rn_add(x, rn_matmul(h, w))));
    cr_assert(rn_loop_end(loop));
    expect(&a, rn_loop_final(loop, h), 0);
}

/* What both loops leave as it is, is packed before the outer one. */
Test(pack, before_the_outermost_loop)
{
    world a = begin(T);
    rn_loop *loop = rn_loop_begin(a.g);
    const rn_tensor c = rn_loop_carry(loop, zero(a.g));

    rn_loop_steps(loop, 2);
    rn_loop_next(loop, c, recur(rn_loop_body(loop), a.x, a.w, c));
    cr_assert(rn_loop_end(loop));
    const rn_tensor y = rn_loop_final(loop, c);
    rn_program *p = rn_test_compile(a.g, y);
    const char *text = text_of(p);
    cr_assert(strstr(text, "pack ") && strstr(text, "pack ") < strstr(text, "loop "));
    rn_program_free(p);
    expect(&a, y, 1);
}

/* What the outer loop changes is packed in it, in each of its steps. */
Test(pack, in_the_outer_loop)
{
    world a = begin(T);
    rn_loop *loop = rn_loop_begin(a.g);
    const rn_tensor c = rn_loop_carry(loop, zero(a.g)), m = rn_loop_carry(loop, a.w);

    rn_loop_steps(loop, 3);
    rn_loop_next(loop, c, recur(rn_loop_body(loop), a.x, m, c));
    rn_loop_next(loop, m, rn_tanh(m));
    cr_assert(rn_loop_end(loop));
    const rn_tensor y = rn_loop_final(loop, c);
    rn_program *p = rn_test_compile(a.g, y);
    const char *text = text_of(p);
    cr_assert(strstr(text, "pack ") && strstr(text, "pack ") > strstr(text, "loop "));
    rn_program_free(p);
    expect(&a, y, 1);
}

/* Training packs the new weights in each run. */
Test(pack, weights_that_are_trained)
{
    double loss[2][4];

    for (int i = 0; i < 2; i++) {
        rn_model *model = rn_model_new_using(1, RN_F64, (rn_allocator){0});
        rn_graph *g = rn_graph_new();
        const rn_tensor x = rn_test_f64(g, "x", rn_shape(T, B, H));
        const rn_sequence s = rn_gru(rn_root(g, model), "gru", x,
                                     (rn_recurrent_options){.units = H, .layers = 2});
        const rn_tensor y = rn_mean_all(rn_square(rn_sub(s.outputs, x)));
        rn_program *p =
            rn_test_compile_with(g, (rn_compile_options){.minimize = y,
                                                         .with = rn_sgd(0.5, 0.9),
                                                         .without = i ? RN_PASS_PACK : 0});
        double in[T * B * H];
        rn_test_feed(p, x, rn_test_numbers(in, T * B * H, 3));
        for (int k = 0; k < 4; k++) {
            rn_test_run(p);
            loss[i][k] = rn_scalar(p, y);
        }
        rn_program_free(p);
        rn_graph_free(g);
        rn_model_free(model);
    }
    cr_assert(loss[0][3] < loss[0][0]);
    cr_assert_eq(memcmp(loss[0], loss[1], sizeof loss[0]), 0);
}

/* SPDX-License-Identifier: MIT */
/*
 * Concatenations of a gradient's sums that have parts in common: a GRU with the reset after
 * the product, whose weights are tensors of their own, in one order or in two, or parts of
 * one tensor. Programs are compared with those that join no products.
 */
#include "run/driver.h"

#include <rondo/model.h>
#include <rondo/recurrent.h>

typedef enum kind { STRAIGHT, CROSSED, FUSED, REPEATED } kind;

static const char *const gates[] = {"r", "z", "g"};

/* The weights of the gates r, z and g; `crossed` declares those of z first. */
static void declare(rn_scope s, const char *name, int64_t rows, int64_t units, kind k,
                    bool crossed, rn_tensor *w)
{
    const rn_init init = {RN_INIT_GLOROT_UNIFORM, 1};

    if (k == FUSED) {
        const rn_tensor all = rn_weight(s, name, rn_shape(rows, 3 * units), init);
        for (int i = 0; i < 3; i++) w[i] = rn_slice(all, 1, i * units, (i + 1) * units, 1);
        return;
    }
    for (int i = 0; i < 3; i++) {
        const int gate = crossed && i < 2 ? 1 - i : i;
        w[gate] = rn_weight(rn_scope_in(s, gates[gate]), name, rn_shape(rows, units), init);
    }
}

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state, kind k)
{
    const rn_tensor h = state[0];
    const int64_t units = rn_size(h, 1);
    rn_tensor w[3], u[3];

    declare(s, "w", rn_size(x, 1), units, k, false, w);
    declare(s, "u", units, units, k, k == CROSSED, u);
    const rn_tensor r = rn_sigmoid(rn_add(rn_matmul(x, w[0]), rn_matmul(h, u[0])));
    const rn_tensor z = rn_sigmoid(rn_add(rn_matmul(x, w[1]), rn_matmul(h, u[1])));
    const rn_tensor g = rn_tanh(rn_add(rn_matmul(x, w[2]), rn_mul(r, rn_matmul(h, u[2]))));

    return state[0] = rn_add(rn_mul(rn_one_minus(z), g), rn_mul(z, h));
}

static rn_tensor straight(rn_scope s, rn_tensor x, rn_tensor *state)
{
    return step(s, x, state, STRAIGHT);
}

static rn_tensor crossed(rn_scope s, rn_tensor x, rn_tensor *state)
{
    return step(s, x, state, CROSSED);
}

static rn_tensor fused(rn_scope s, rn_tensor x, rn_tensor *state)
{
    return step(s, x, state, FUSED);
}

/* The gradient of a sum is in three products of h's gradient and in one of x's. */
static rn_tensor repeated(rn_scope s, rn_tensor x, rn_tensor *state)
{
    const int64_t n = rn_size(x, 1);
    rn_tensor w[3], u[3];

    declare(s, "w", n, n, STRAIGHT, false, w);
    const rn_tensor all = rn_matmul(
        state[0], rn_weight(s, "u", rn_shape(n, 3 * n), (rn_init){RN_INIT_NORMAL, 0.5}));
    for (int i = 0; i < 3; i++) u[i] = rn_slice(all, 1, i * n, (i + 1) * n, 1);
    const rn_tensor sum = rn_add(rn_add(u[0], u[1]), rn_add(u[2], rn_matmul(x, w[0])));

    return state[0] = rn_mul(rn_tanh(sum), rn_sigmoid(rn_matmul(x, w[1])));
}

static const rn_cell cells[] = {{.name = "straight", .states = 1, .step = straight},
                                {.name = "crossed", .states = 1, .step = crossed},
                                {.name = "fused", .states = 1, .step = fused},
                                {.name = "repeated", .states = 1, .step = repeated}};

/* The calls of a name in the program, of the loops or of what is around them. */
static int calls(const rn_program *p, const char *name, bool inside)
{
    static char text[60000];
    int count = 0;

    rn_program_print(p, text, sizeof text);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        count += (line[0] == ' ') == inside && strstr(line, name);
    return count;
}

typedef struct counts {
    int copies, concats; /* in loops; around them */
} counts;

/* The gradients of x and of all weights, compared with those of single products. */
static counts expect_same(kind k, int64_t steps, int64_t batch, int64_t units)
{
    static double got[4096], want[4096], x[4096];
    rn_model *model = rn_model_new_using(3, RN_F64, (rn_allocator){0});
    rn_graph *g = rn_graph_new();
    const rn_tensor in = rn_test_f64(g, "x", rn_shape(steps, batch, units));
    const rn_tensor y = rn_recurrent(rn_root(g, model), "net", &cells[k], in,
                                     (rn_recurrent_options){.units = units})
                            .outputs;
    rn_tensor of[8] = {in}, dx[8];
    int count = 1;

    for (int i = 0; i < rn_model_count(model); i++)
        if (rn_model_is_weight(model, i))
            of[count++] = rn_read_variable(g, rn_model_at(model, i));
    cr_assert(rn_grad(rn_sum_all(rn_square(y)), rn_null(), of, count, dx));
    rn_program *all =
        rn_test_compile_with(g, (rn_compile_options){.outputs = dx, .output_count = count});
    rn_program *single = rn_test_compile_with(
        g, (rn_compile_options){
               .outputs = dx, .output_count = count, .without = RN_PASS_JOIN_PRODUCTS});

    rn_test_numbers(x, steps * batch * units, 5);
    rn_test_feed(all, in, x), rn_test_feed(single, in, x);
    rn_test_run(all), rn_test_run(single);
    for (int i = 0; i < count; i++) {
        cr_assert(rn_test_count(dx[i]) <= 4096);
        rn_test_read(all, dx[i], got), rn_test_read(single, dx[i], want);
        rn_test_near(got, want, rn_test_count(dx[i]), 1e-12, cells[k].name);
    }
    const counts found = {calls(all, " copy ", true), calls(all, " concat ", false)};
    rn_program_free(all), rn_program_free(single);
    rn_graph_free(g);
    rn_model_free(model);
    return found;
}

/* A step copies h Ug for the backward loop and, if they are kept twice, the gradients of r
 * and z. */
enum { KEPT_ONCE = 1, KEPT_TWICE = 3 };

Test(overlapping_sums, are_ranges_of_one_concatenation)
{
    cr_expect_eq(expect_same(STRAIGHT, 8, 3, 5).copies, KEPT_ONCE);
    cr_expect_eq(expect_same(FUSED, 60, 3, 5).copies, KEPT_ONCE);
}

/* What the sums have in common is in another order. */
Test(overlapping_sums, not_of_crossed_gates)
{
    cr_expect_eq(expect_same(CROSSED, 8, 3, 5).copies, KEPT_TWICE);
}

/* The weights of one of them, 3 x 24 x 24, would have to be copied in another order. */
Test(overlapping_sums, not_if_the_weights_take_longer)
{
    const counts few = expect_same(FUSED, 2, 1, 24), many = expect_same(FUSED, 60, 1, 24);

    cr_expect_eq(few.copies, KEPT_TWICE);
    cr_expect_eq(many.copies, KEPT_ONCE);
    cr_expect_eq(many.concats, few.concats + 1);
}

Test(overlapping_sums, not_of_operands_that_one_sum_has_more_often)
{
    expect_same(REPEATED, 2, 7, 6);
}

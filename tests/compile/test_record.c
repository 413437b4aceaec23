/* SPDX-License-Identifier: MIT */
/*
 * A user's operator is hoisted, summed over the steps and simplified by its record, like
 * those of the library.
 */
#include "naive.h"
#include "ops/op.h"

enum { T = 4, B = 3, N = 5 };

/* ---- a product of rows, by record ---- */

/* z[b] = sum over i of x[b,i] y[i], leading axes of x as they are */
static bool rows(const rn_call *call)
{
    const double *x = (const double *)call->in[0].data,
                 *y = (const double *)call->in[1].data;
    double *z = (double *)call->out->data;
    const int64_t n = call->in[1].size[call->in[1].rank - 1];
    int64_t count = 1;

    for (int i = 0; i < call->out->rank; i++) count *= call->out->size[i];
    for (int64_t i = 0; i < count; i++) {
        z[i] = 0;
        for (int64_t k = 0; k < n; k++) z[i] += x[i * n + k] * y[k];
    }
    return true;
}

static const char *rows_shape(rn_typing *t)
{
    if (t->in_shape[1].rank != 1) return "rank of the vector is not 1";
    t->shape.rank--;
    t->shape.size[t->shape.rank] = 0;
    return NULL;
}

static rn_tensor rows_batch(const rn_batching *b)
{
    if (b->stacked[1]) return rn_fill(b->x[1].graph, RN_F64, rn_shape(1), 0);
    return rn_apply(b->op, b->x, 2, NULL, 0);
}

static const rn_op product = {.name = "my_rows",
                              .inputs = 2,
                              .kind = RN_KIND_PRODUCT,
                              .shape = rows_shape,
                              .kernel = {[RN_F64] = rows},
                              .batch = rows_batch};
static const rn_op unknown = {
    .name = "my_rows", .inputs = 2, .shape = rows_shape, .kernel = {[RN_F64] = rows}};

static void set_leaf(const rn_graph *graph, int32_t id, void *to)
{
    rn_test_numbers((double *)to, rn_shape_count(rn__at(graph, id)->shape),
                    3 + (uint64_t)id);
}

/* Compiles h' = tanh(op(x, v) + h) over xs [T,B,N], compares it with the graph as it
 * stands, and returns how many calls of "my_rows" are in the loop and before it. */
static void count_calls(const rn_op *op, int *inside, int *outside)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor xs = rn_test_f64(g, "xs", rn_shape(T, B, N));
    const rn_tensor v = rn_test_f64(g, "v", rn_shape(N)),
                    h0 = rn_test_f64(g, "h0", rn_shape(B));
    rn_loop *loop = rn_loop_begin(g);
    const rn_tensor in[2] = {rn_loop_each(loop, xs), v};
    const rn_tensor h = rn_loop_carry(loop, h0);
    const rn_tensor next = rn_tanh(rn_add(rn_apply(op, in, 2, NULL, 0), h));
    char text[8000];
    double got[T * B];

    rn_loop_next(loop, h, next);
    rn_loop_end(loop);
    const rn_tensor y = rn_loop_collect(loop, next), leaf[] = {xs, v, h0};
    rn_test_naive naive = rn_test_naive_new(g, NULL);
    rn_program *p = rn_test_compile(g, y);
    rn_test_naive_run(&naive, set_leaf);
    for (int i = 0; i < 3; i++)
        rn_test_feed(p, leaf[i], (const double *)naive.at[leaf[i].id]);
    rn_test_run(p);
    rn_test_near(rn_test_read(p, y, got), (const double *)naive.at[y.id], T * B, 1e-13,
                 "y");
    rn_program_print(p, text, sizeof text);
    *inside = *outside = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        if (strstr(line, "my_rows")) ++*(line[0] == ' ' ? inside : outside);
    rn_program_free(p);
    rn_test_naive_free(&naive);
    rn_graph_free(g);
}

Test(record, a_product_with_a_batch_rule_leaves_the_loop)
{
    int inside, outside;

    count_calls(&product, &inside, &outside);
    cr_assert(inside == 0 && outside == 1, "%d in the loop, %d before it", inside, outside);
    count_calls(&unknown, &inside, &outside);
    cr_assert(inside == 1 && outside == 0, "%d in the loop, %d before it", inside, outside);
}

/* ---- rules that are wrong ---- */

static rn_tensor gives_nothing(const rn_batching *b)
{
    (void)b;
    return rn_null();
}

static rn_tensor gives_one_step(const rn_batching *b)
{
    return rn_index(b->x[0], 0, 0);
}

static rn_tensor gives_another(const rn_batching *b)
{
    return rn_sum_axis(b->x[0], -1);
}

static rn_tensor made_up(const rn_batching *b)
{
    return (rn_tensor){b->x[0].graph, INT32_MAX, b->x[0].serial};
}

static rn_tensor foreign; /* of another graph, of the right shape */

static rn_tensor gives_foreign(const rn_batching *b)
{
    (void)b;
    return foreign;
}

/* The message of a loop that such a rule takes an operator out of. */
static void refused(rn_batch_rule batch, const char *want)
{
    rn_op op = product;
    op.batch = batch;
    rn_graph *g = rn_graph_new();
    const rn_tensor xs = rn_test_f64(g, "xs", rn_shape(T, B, N));
    rn_loop *loop = rn_loop_begin(g);
    const rn_tensor in[2] = {rn_loop_each(loop, xs), rn_test_f64(g, "v", rn_shape(N))};
    const rn_tensor h = rn_loop_carry(loop, rn_fill(g, RN_F64, rn_shape(B), 0));

    rn_loop_next(loop, h, rn_tanh(rn_add(rn_apply(&op, in, 2, NULL, 0), h)));
    rn_loop_end(loop);
    const rn_tensor y = rn_loop_final(loop, h);
    rn_program *p = rn_compile(g, (rn_compile_options){RN_OUTPUTS(y)});
    cr_assert_null(p);
    cr_assert_str_eq(rn_graph_error(g), want);
    rn_graph_free(g);
}

Test(record, a_wrong_batch_rule_is_named)
{
    refused(gives_nothing, "my_rows: its batch rule returns nothing");
    refused(gives_one_step, "my_rows: its batch rule returns [3,5], not [4,3]");
    refused(made_up, "my_rows: its batch rule returns no tensor of this graph");
    rn_graph *other = rn_graph_new();
    foreign = rn_test_f64(other, "other", rn_shape(T, B));
    refused(gives_foreign, "my_rows: its batch rule returns no tensor of this graph");
    rn_graph_free(other);
    refused(gives_another, "my_rows: its batch rule returns a node of sum, not its own");
}

/* ---- identities ---- */

static void join(int64_t n, const void *const *x, const int64_t *step, void *y,
                 const void *attributes)
{
    (void)attributes;
    for (int64_t i = 0; i < n; i++)
        ((double *)y)[i] =
            ((const double *)x[0])[i * step[0]] * ((const double *)x[1])[i * step[1]] / 2;
}

static void turn(int64_t n, const void *const *x, const int64_t *step, void *y,
                 const void *attributes)
{
    (void)attributes;
    for (int64_t i = 0; i < n; i++)
        ((double *)y)[i] = 3 - ((const double *)x[0])[i * step[0]];
}

/* The number of calls of y, which is one element-wise operator or two on x [N]. */
static int calls_of(rn_tensor y)
{
    rn_program *p = rn_test_compile(y.graph, y);
    const int calls = rn_program_calls(p);

    rn_program_free(p);
    return calls;
}

Test(record, neutral_elements_and_involutions_are_used)
{
    rn_op half = {
        .name = "half_product", .inputs = 2, .map = {[RN_F64] = join}, .neutral = 2};
    rn_op flip = {.name = "flip", .inputs = 1, .map = {[RN_F64] = turn}};
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(N));
    const rn_tensor two = rn_constant_like(x, 2), in[2] = {x, two}, back[2] = {two, x};

    const int none = calls_of(x);
    cr_assert_gt(calls_of(rn_apply(&half, in, 2, NULL, 0)), none);
    half.flags = RN_OP_NEUTRAL_RIGHT;
    cr_assert_eq(calls_of(rn_apply(&half, in, 2, NULL, 0)), none);
    cr_assert_gt(calls_of(rn_apply(&half, back, 2, NULL, 0)), none);
    half.flags = RN_OP_NEUTRAL_LEFT;
    cr_assert_eq(calls_of(rn_apply(&half, back, 2, NULL, 0)), none);

    const rn_tensor once = rn_apply(&flip, &x, 1, NULL, 0);
    const rn_tensor twice = rn_apply(&flip, &once, 1, NULL, 0);
    cr_assert_gt(calls_of(twice), none);
    flip.flags = RN_OP_INVOLUTION;
    cr_assert_eq(calls_of(twice), none);
    rn_graph_free(g);
}

/* ---- records of the library ---- */

Test(record, of_every_operator)
{
    for (int i = 0; i < rn__op_count; i++) {
        const rn_op *op = rn__ops[i];
        const bool map = rn__op_code(op, RN_F64).map || rn__op_code(op, RN_BOOL).map;

        cr_assert_eq(rn__op_kind(op) == RN_KIND_ELEMENTWISE, map, "%s", op->name);
        cr_assert_eq(rn__op_kind(op) == RN_KIND_VIEW, op->view != NULL, "%s", op->name);
        for (int t = 0; t < RN_TYPES; t++) {
            const rn__code code = rn__op_code(op, (rn_type)t);
            cr_assert_eq(rn__op_takes(op, (rn_type)t), code.map || code.kernel || op->view,
                         "%s of type %d", op->name, t);
        }
        if (map && strcmp(op->name, "cast") != 0)
            cr_assert_not_null(op->expression, "%s", op->name);
    }
}

/* By its flags an addition is known; nothing else has all of them. */
Test(record, only_add_adds)
{
    for (int i = 0; i < rn__op_count; i++)
        cr_assert_eq(rn__op_adds(rn__ops[i]), strcmp(rn__ops[i]->name, "add") == 0, "%s",
                     rn__ops[i]->name);
}

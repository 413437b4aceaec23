/* SPDX-License-Identifier: MIT */
/* A NaN or an infinity is traced to the operator that first produced it, and to no
 * other. */
#include "nonfinite.h"

enum { T = 6, B = 3, I = 2, H = 4, STEP = 3, ELEMENT = 5 };

/* ---- a user's operator that fails at one element of one step ---- */

typedef struct poison {
    int64_t step, element, overflow;
} poison;

static const char *poison_shape(rn_typing *t)
{
    t->type = RN_F64;
    return NULL;
}

static bool poison_kernel(const rn_call *call)
{
    const poison *a = (const poison *)call->attributes;
    const double *x = (const double *)call->in[0].data;
    double *y = (double *)call->out->data;
    volatile double huge = 1e300;
    int64_t n = 1;

    for (int i = 0; i < call->out->rank; i++) n *= call->out->size[i];
    for (int64_t i = 0; i < n; i++) y[i] = x[i];
    if (*(const int32_t *)call->in[1].data != a->step) return true;
    /* A NaN that is written raises no flag. */
    y[a->element] = a->overflow ? huge * huge : (double)NAN;
    return true;
}

static void poison_gradient(rn_pullback *p)
{
    p->dx[0] = p->dy;
}

static const rn_op poison_op = {.name = "poison",
                                .inputs = 2,
                                .shape = poison_shape,
                                .kernel = {[RN_F64] = poison_kernel},
                                .gradient = poison_gradient};

/* ---- every node of an LSTM step ---- */

typedef struct lstm {
    rn_graph *g;
    rn_loop *loop;
    rn_tensor xs, w[8], before; /* before: what the poisoned node is given */
    rn_tensor hs;
    int nodes, poisoned;
    poison what;
} lstm;

static rn_tensor node(lstm *l, rn_tensor x)
{
    if (l->nodes++ != l->poisoned) return x;
    const rn_tensor in[2] = {l->before = x, rn_loop_index(l->loop)};
    return rn_name(rn_apply(&poison_op, in, 2, &l->what, sizeof l->what), "here");
}

static rn_tensor gate(lstm *l, rn_tensor x, rn_tensor h, int i)
{
    const rn_tensor a = node(l, rn_matmul(x, l->w[2 * i]));
    const rn_tensor b = node(l, rn_matmul(h, l->w[2 * i + 1]));
    const rn_tensor sum = node(l, rn_add(a, b));

    return node(l, i == 3 ? rn_tanh(sum) : rn_sigmoid(sum));
}

static void build_lstm(lstm *l, bool reverse)
{
    rn_tensor gates[4];

    l->g = rn_graph_new();
    l->xs = rn_test_f64(l->g, "x", rn_shape(T, B, I));
    for (int i = 0; i < 8; i++)
        l->w[i] = rn_test_f64(l->g, "w", rn_shape(i % 2 ? (int64_t)H : (int64_t)I, H));
    l->loop = rn_loop_begin(l->g);
    if (reverse) rn_loop_reverse(l->loop);
    const rn_tensor zero =
        rn_broadcast(rn_constant_scalar(l->g, RN_F64, 0), rn_shape(B, H));
    const rn_tensor x = rn_loop_each(l->loop, l->xs), h = rn_loop_carry(l->loop, zero);
    const rn_tensor c = rn_loop_carry(l->loop, zero);
    for (int i = 0; i < 4; i++) gates[i] = gate(l, x, h, i);
    const rn_tensor kept = node(l, rn_mul(gates[0], c));
    const rn_tensor added = node(l, rn_mul(gates[1], gates[3]));
    const rn_tensor cell = node(l, rn_add(kept, added));
    const rn_tensor out = node(l, rn_tanh(cell));
    const rn_tensor next = node(l, rn_mul(gates[2], out));
    rn_loop_next(l->loop, c, cell);
    rn_loop_next(l->loop, h, next);
    rn_loop_end(l->loop);
    if (!rn_is_null(l->before)) l->before = rn_loop_collect(l->loop, l->before);
    l->hs = rn_loop_collect(l->loop, next);
}

/* The operand of the poisoned node is shown as it was: the largest of that step. */
static void expect_operand(lstm *l, rn_program *p, const rn_nonfinite *f)
{
    double data[T * B * H], most = 0;
    const double *slice = data + STEP * B * H;

    rn_test_read(p, l->before, data);
    for (int i = 0; i < B * H; i++) most = fmax(most, fabs(slice[i]));
    cr_assert_eq(f->operands, 2);
    cr_assert_eq(f->operand[1].value, STEP);
    cr_assert_eq(fabs(f->operand[0].value), most, "%s", f->text);
    cr_assert_eq(slice[f->operand[0].element], f->operand[0].value);
}

/* Poisons node number `which`; false when there are no more. */
static bool try_node(int which, bool overflow, bool reverse)
{
    lstm l = {.poisoned = which, .what = {STEP, ELEMENT, overflow}};
    rn_tensor dw[8];
    double data[T * B * H];

    build_lstm(&l, reverse);
    const bool more = which < l.nodes;
    if (more) {
        const rn_tensor loss = rn_mean_all(rn_square(l.hs));
        cr_assert(rn_grad(loss, rn_null(), l.w, 8, dw), "%s", rn_graph_error(l.g));
        rn_program *p = WATCHED(l.g, loss, dw[0], dw[7], l.before);
        rn_test_feed(p, l.xs, rn_test_numbers(data, T * B * I, 1));
        for (int i = 0; i < 8; i++)
            rn_test_feed(p, l.w[i], rn_test_numbers(data, rn_test_count(l.w[i]), 2));
        rn_test_run(p);
        expect(p, 0, "poison", "here", ELEMENT);
        const rn_nonfinite f = found_at(p, 0);
        cr_assert(f.loops == 1 && f.step[0] == STEP && f.ago == 0, "%s", f.text);
        cr_assert(overflow ? isinf(f.value) : isnan(f.value), "%s", f.text);
        expect_operand(&l, p, &f);
        rn_program_free(p);
    }
    rn_graph_free(l.g);
    return more;
}

Test(nonfinite, born_at_any_node_of_an_lstm)
{
    int which = 0;

    while (try_node(which, false, false) && try_node(which, true, true)) which++;
    cr_assert_eq(which, 21);
}

/* ---- births in built-in operators ---- */

Test(nonfinite, in_a_map_with_broadcasting)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(2, 3)),
                    y = rn_test_f64(g, "y", rn_shape(3));
    const rn_tensor z = rn_name(rn_div(x, y), "ratio");
    rn_program *p = WATCHED(g, z);

    rn_test_feed(p, x, (double[]){1, 2, 3, 4, 5, 0});
    rn_test_feed(p, y, (double[]){1, 1, 0});
    rn_test_run(p);
    expect_text(p, 0,
                "div \"ratio\" [2,3]: inf at element 2, computed from 3 at 2 of x [2,3], "
                "0 at 2 of y [3]");
    cr_assert(found_at(p, 0).reached);
    rn_test_feed(p, y, (double[]){1, 1, 1});
    rn_test_run(p);
    expect_nothing(p);
    rn_program_free(p);
    rn_graph_free(g);
}

/* Large enough for chains, whose values live in one tile and are overwritten at once. */
Test(nonfinite, in_a_chain_of_tiles)
{
    enum { N = 20000, AT = 12345 };
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(N));
    const rn_tensor a = rn_offset(rn_scale(x, 2), 1), b = rn_name(rn_log(a), "log of it");
    const rn_tensor y = rn_scale(rn_tanh(rn_neg(b)), 3);
    rn_program *p = WATCHED(g, y);
    double *data = (double *)malloc(N * sizeof *data);
    char text[2000];

    rn_program_print(p, text, sizeof text);
    cr_assert(strstr(text, "tiles"), "%s", text);
    for (int i = 0; i < N; i++) data[i] = 1;
    data[AT] = -3;
    rn_test_feed(p, x, data);
    rn_test_run(p);
    expect(p, 0, "log", "log of it", AT);
    cr_assert_eq(found_at(p, 0).operand[0].value, -5);
    cr_assert_eq(found_at(p, 0).operand[0].element, AT);
    cr_assert_float_eq(rn_test_read(p, y, data)[0], 3 * tanh(-log(3)), 1e-12);
    rn_program_free(p);
    rn_graph_free(g);
    free(data);
}

Test(nonfinite, in_a_product_and_in_a_loop_in_a_loop)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(2, 3, 2));
    const rn_tensor w = rn_test_f64(g, "w", rn_shape(2, 2));
    rn_loop *outer = rn_loop_begin(g);
    const rn_tensor xs = rn_loop_each(outer, x);
    const rn_tensor h = rn_loop_carry(
        outer, rn_broadcast(rn_constant_scalar(g, RN_F64, 0), rn_shape(1, 2)));
    rn_loop *inner = rn_loop_begin(rn_loop_body(outer));
    const rn_tensor u = rn_loop_carry(inner, h), v = rn_loop_each(inner, xs);
    const rn_tensor m = rn_name(rn_matmul(rn_add(u, v), w), "product");

    rn_loop_next(inner, u, rn_tanh(m));
    rn_loop_end(inner);
    rn_loop_next(outer, h, rn_loop_final(inner, u));
    rn_loop_end(outer);
    const rn_tensor y = rn_loop_final(outer, h);
    rn_program *p = WATCHED(g, y);
    rn_test_feed(p, x, (double[]){0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1e200});
    rn_test_feed(p, w, (double[]){1, 1, 1, 1e200});
    rn_test_run(p);
    /* tanh makes 1 of it, so it has reached nothing. */
    expect(p, 0, "matmul", "product", 1);
    const rn_nonfinite f = found_at(p, 0);
    cr_assert(f.loops == 2 && f.step[0] == 1 && f.step[1] == 2 && !f.reached, "%s", f.text);
    cr_assert(f.operand[0].value == 1e200 && f.operand[1].value == 1e200, "%s", f.text);
    rn_program_free(p);
    rn_graph_free(g);
}

/* Where a call writes over its own operand and changes a variable. */
Test(nonfinite, in_an_assignment)
{
    rn_graph *g = rn_graph_new();
    rn_variable *variable = rn_variable_new((rn_allocator){0}, "v", RN_F64, rn_shape(3));
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(3)), v = rn_read_variable(g, variable);

    rn_assign(v, rn_add(v, rn_name(rn_square(x), "moment")));
    rn_program *p = rn_test_compile_with(g, (rn_compile_options){.watch = RN_WATCH_ON});
    rn_test_feed(p, x, (double[]){1, 2, 1e200});
    rn_test_run(p);
    expect(p, 0, "square", "moment", 2);
    cr_assert_eq(found_at(p, 0).operand[0].value, 1e200);
    cr_assert(found_at(p, 0).reached);
    rn_test_feed(p, x, (double[]){1, 2, 3});
    rn_test_run(p);
    expect_nothing(p);
    rn_program_free(p);
    rn_graph_free(g);
    rn_variable_release(variable);
}

/* A number that is looked at tells of what it is a sum of, but not of what it is chosen
 * from: a NaN that raises no flag is found in what both are made of. */
Test(nonfinite, what_a_number_does_not_tell_of)
{
    rn_graph *g = rn_graph_new();
    rn_variable *whole = rn_variable_new((rn_allocator){0}, "whole", RN_F64, rn_shape(3));
    rn_variable *sum = rn_variable_new((rn_allocator){0}, "sum", RN_F64, rn_shape());
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(3));
    const poison what = {0, 1, false};
    const rn_tensor in[2] = {x, rn_constant_scalar(g, RN_I32, 0)};
    const rn_tensor y = rn_name(rn_apply(&poison_op, in, 2, &what, sizeof what), "here");
    const rn_tensor mask =
        rn_constant(g, RN_BOOL, rn_shape(3), (bool[]){true, false, true});
    const rn_tensor kept = rn_where(mask, y, rn_constant_like(y, 0));
    const rn_tensor v = rn_read_variable(g, whole), s = rn_read_variable(g, sum);

    rn_assign(s, rn_add(s, rn_sum_all(kept)));
    rn_assign(v, rn_add(v, y));
    rn_program *p = rn_test_compile_with(g, (rn_compile_options){.watch = RN_WATCH_ON});
    rn_test_feed(p, x, (double[]){1, 2, 3});
    rn_test_run(p);
    expect(p, 0, "poison", "here", 1);
    rn_program_free(p);
    rn_graph_free(g);
    rn_variable_release(whole);
    rn_variable_release(sum);
}

/* ---- a product and an addition as one call ---- */

static int findings(const rn_program *p)
{
    rn_nonfinite f;
    int count = 0;

    while (rn_program_nonfinite(p, count, &f)) count++;
    return count;
}

/* What it adds to is overwritten. If that was not finite before, it was found where it came
 * from, and explains the sum. */
static void product_that_is_added(bool first)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(2, 2));
    const rn_tensor v = rn_test_f64(g, "v", rn_shape(2, 2));
    const rn_tensor before = rn_name(rn_square(v), "before");
    const rn_tensor product = rn_name(rn_matmul(x, x), "product");
    const rn_tensor view = rn_stop_gradient(product);
    const rn_tensor sum =
        rn_name(first ? rn_add(view, before) : rn_add(before, view), "sum");
    rn_program *p = WATCHED(g, rn_tanh(sum));
    char text[2000];

    rn_program_print(p, text, sizeof text);
    cr_assert(strstr(text, " += "), "%s", text);
    rn_test_feed(p, x, (double[]){1, 2, 0, 1e200});
    rn_test_feed(p, v, (double[]){1, 2, 3, 4});
    rn_test_run(p);
    expect_text(p, 0,
                "matmul \"sum\" [2,2]: inf at element 3, computed from largest 1e+200 at 3 "
                "of x [2,2], largest 1e+200 at 3 of x [2,2], an overwritten element of "
                "before [2,2]");
    cr_assert_eq(findings(p), 1);
    cr_assert_eq(found_at(p, 0).operands, 3);

    rn_test_feed(p, x, (double[]){1, 2, 0, 4});
    rn_test_feed(p, v, (double[]){1, 2, 1e200, 4});
    rn_test_run(p);
    expect(p, 0, "square", "before", 2);
    cr_assert_eq(findings(p), 1, "%s", found_at(p, 1).text);

    rn_test_feed(p, v, (double[]){1, (double)NAN, 3, 4});
    rn_test_run(p);
    expect(p, 0, "input", "v", 1);
    cr_assert_eq(findings(p), 1, "%s", found_at(p, 1).text);

    /* inf - inf */
    rn_test_feed(p, x, (double[]){1, -1e200, 0, 1e200});
    rn_test_feed(p, v, (double[]){1, 1e200, 3, 4});
    rn_test_run(p);
    expect(p, 0, "square", "before", 1);
    expect(p, 1, "matmul", "sum", 1);
    cr_assert(isnan(found_at(p, 1).value));
    rn_program_free(p);
    rn_graph_free(g);
}

Test(nonfinite, in_a_product_that_is_added_to_a_value)
{
    product_that_is_added(false);
    product_that_is_added(true);
}

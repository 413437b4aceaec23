/* SPDX-License-Identifier: MIT */
/* Sums of ranges in zeros, such as the gradients of slices, become concatenations. */
#include "run/driver.h"

#include <string.h>

enum { N = 12, ROWS = 3 };

typedef struct world {
    rn_graph *g;
    rn_tensor x;    /* [ROWS, N] */
    rn_tensor loss; /* a sum of terms */
    double dx[ROWS * N];
} world;

static world begin(void)
{
    world w = {.g = rn_graph_new()};

    w.x = rn_test_f64(w.g, "x", rn_shape(ROWS, N));
    w.loss = rn_constant_scalar(w.g, RN_F64, 0);
    return w;
}

/* Adds the sum of k (slice), whose gradient is k there. */
static void use(world *w, int axis, int start, int stop, int step, double k)
{
    const rn_tensor slice = rn_slice(w->x, axis, start, stop, step);

    w->loss = rn_add(w->loss, rn_sum_all(rn_scale(slice, k)));
    for (int i = 0; i < ROWS * N; i++) {
        const int at = axis == 0 ? i / N : i % N;
        if (at >= start && at < stop && (at - start) % step == 0) w->dx[i] += k;
    }
}

static int count_of(const rn_program *p, const char *what)
{
    static char text[2000000];
    int n = 0;

    cr_assert_lt(rn_program_print(p, text, sizeof text), sizeof text);
    for (const char *at = text; (at = strstr(at, what)); at++) n++;
    return n;
}

/* Compares the gradient with what it must be, and counts the operators of its program. */
static void expect(world *w, int pads, int additions)
{
    double got[ROWS * N], x[ROWS * N] = {0};
    rn_tensor dx;

    cr_assert(rn_grad(w->loss, rn_null(), &w->x, 1, &dx), "%s", rn_graph_error(w->g));
    for (int off = 0; off < 2; off++) {
        rn_program *p = rn_test_compile_with(
            w->g, (rn_compile_options){RN_OUTPUTS(dx), .without = off ? RN_PASS_PARTS : 0});
        rn_test_feed(p, w->x, x);
        rn_test_run(p);
        rn_test_near(rn_test_read(p, dx, got), w->dx, ROWS * N, 0, "dx");
        if (off) {
            cr_assert_gt(count_of(p, " pad "), 0);
        } else {
            cr_assert_eq(count_of(p, " pad "), pads);
            cr_assert_eq(count_of(p, " add "), additions);
        }
        rn_program_free(p);
    }
    rn_graph_free(w->g);
}

Test(parts, slices_that_cover_the_whole)
{
    world w = begin();

    use(&w, 1, 4, 8, 1, 2);
    use(&w, 1, 8, N, 1, 3);
    use(&w, 1, 0, 4, 1, 5);
    expect(&w, 0, 0);
}

Test(parts, along_the_first_axis)
{
    world w = begin();

    for (int i = 0; i < ROWS; i++) use(&w, 0, i, i + 1, 1, i + 1);
    expect(&w, 0, 0);
}

/* Zeros before, between and after. */
Test(parts, slices_with_gaps)
{
    world w = begin();

    use(&w, 1, 7, 9, 1, 2);
    use(&w, 1, 2, 5, 1, 3);
    expect(&w, 0, 0);
}

Test(parts, slices_that_overlap)
{
    world w = begin();

    use(&w, 1, 0, 5, 1, 2);
    use(&w, 1, 4, N, 1, 3);
    expect(&w, 2, 1);
}

Test(parts, slices_of_another_axis)
{
    world w = begin();

    use(&w, 1, 0, 4, 1, 2);
    use(&w, 1, 4, N, 1, 3);
    use(&w, 0, 1, 2, 1, 7);
    expect(&w, 1, 1);
}

/* Every second element is no range. */
Test(parts, slices_with_steps)
{
    world w = begin();

    use(&w, 1, 0, N, 2, 2);
    use(&w, 1, 1, N, 2, 3);
    expect(&w, 2, 1);
}

Test(parts, one_slice_beside_other_terms)
{
    world w = begin();

    use(&w, 1, 0, 4, 1, 2);
    use(&w, 1, 0, N, 1, 3);
    expect(&w, 1, 1);
}

Test(parts, other_terms_are_added)
{
    world w = begin();

    use(&w, 1, 0, 4, 1, 2);
    w.loss = rn_add(w.loss, rn_sum_all(rn_exp(w.x))); /* x = 0 */
    use(&w, 1, 4, N, 1, 3);
    w.loss = rn_add(w.loss, rn_sum_all(rn_sin(w.x)));
    for (int i = 0; i < ROWS * N; i++) w.dx[i] += 2;
    expect(&w, 0, 2);
}

/* ---- sums of a user ---- */

/* Of a sum that rn_grad did not build the order of the additions stays, so there may be one
 * other term at most. */
Test(parts, a_user_s_sum)
{
    for (int others = 1; others < 3; others++) {
        world w = begin();
        rn_tensor y = rn_pad(rn_slice(w.x, 1, 0, 4, 1), 1, 0, N - 4, 0);
        for (int i = 0; i < others; i++) y = rn_add(y, rn_scale(w.x, 3 + i));
        y = rn_add(y, rn_pad(rn_slice(w.x, 1, 4, N, 1), 1, 4, 0, 0));
        rn_program *p = rn_test_compile(w.g, y);
        cr_assert_eq(count_of(p, " pad "), others == 1 ? 0 : 2);
        rn_program_free(p);
        rn_graph_free(w.g);
    }
}

/* A sum that is also read by itself. */
Test(parts, a_sum_with_two_readers)
{
    world w = begin();
    const rn_tensor left = rn_pad(rn_slice(w.x, 1, 0, 4, 1), 1, 0, N - 4, 0);
    const rn_tensor middle = rn_pad(rn_slice(w.x, 1, 4, 6, 1), 1, 4, N - 6, 0);
    const rn_tensor right = rn_pad(rn_slice(w.x, 1, 6, N, 1), 1, 6, 0, 0);
    const rn_tensor some = rn_add(left, middle), all = rn_add(some, right);
    const rn_tensor y = rn_mul(all, rn_exp(some));
    double x[ROWS * N], want[ROWS * N], got[ROWS * N];

    rn_program *p = rn_test_compile(w.g, y);
    cr_assert_eq(count_of(p, " pad "), 1); /* right */
    rn_test_feed(p, w.x, rn_test_numbers(x, ROWS * N, 1));
    rn_test_run(p);
    for (int i = 0; i < ROWS * N; i++) want[i] = i % N < 6 ? x[i] * exp(x[i]) : x[i];
    rn_test_near(rn_test_read(p, y, got), want, ROWS * N, 1e-14, "y");
    rn_program_free(p);
    rn_graph_free(w.g);
}

/* In a sum of a row and a column nothing has the shape of the result. */
Test(parts, terms_that_are_broadcast)
{
    world w = begin();
    const rn_tensor row = rn_slice(w.x, 0, 0, 1, 1), column = rn_slice(w.x, 1, 0, 1, 1);
    const rn_tensor y = rn_add(rn_pad(rn_slice(row, 1, 0, 4, 1), 1, 0, N - 4, 0),
                               rn_pad(rn_slice(column, 0, 1, 3, 1), 0, 1, 0, 0));
    double x[ROWS * N], want[ROWS * N], got[ROWS * N];

    rn_program *p = rn_test_compile(w.g, y);
    rn_test_feed(p, w.x, rn_test_numbers(x, ROWS * N, 1));
    rn_test_run(p);
    for (int i = 0; i < ROWS * N; i++)
        want[i] = (i % N < 4 ? x[i % N] : 0) + (i / N > 0 ? x[i / N * N] : 0);
    rn_test_near(rn_test_read(p, y, got), want, ROWS * N, 0, "y");
    rn_program_free(p);
    rn_graph_free(w.g);
}

/* Parts of one row, added to all rows: together, or each on its own. */
Test(parts, rows_that_are_broadcast)
{
    for (int together = 0; together < 2; together++) {
        world w = begin();
        const rn_tensor row = rn_slice(w.x, 0, 0, 1, 1);
        const rn_tensor left = rn_pad(rn_slice(row, 1, 0, 4, 1), 1, 0, N - 4, 0);
        const rn_tensor right = rn_pad(rn_slice(row, 1, 6, N, 1), 1, 6, 0, 0);
        const rn_tensor y =
            together ? rn_add(rn_add(left, right), w.x) : rn_add(rn_add(left, w.x), right);
        double x[ROWS * N], want[ROWS * N], got[ROWS * N];

        rn_program *p = rn_test_compile(w.g, y);
        cr_assert_eq(count_of(p, " pad "), together ? 0 : 2);
        rn_test_feed(p, w.x, rn_test_numbers(x, ROWS * N, 1));
        rn_test_run(p);
        for (int i = 0; i < ROWS * N; i++)
            want[i] = x[i] + (i % N < 4 || i % N >= 6 ? x[i % N] : 0);
        rn_test_near(rn_test_read(p, y, got), want, ROWS * N, 0, "y");
        rn_program_free(p);
        rn_graph_free(w.g);
    }
}

/* ---- a user's operator ---- */

static int64_t beyond;

static bool spread(const rn_call *call)
{
    memset(call->out->data, 0, ROWS * N * sizeof(double));
    for (int i = 0; i < ROWS; i++)
        memcpy((double *)call->out->data + i * N, (const double *)call->in->data + i * 4,
               4 * sizeof(double));
    return true;
}

static const char *spread_shape(rn_typing *t)
{
    t->shape.size[1] = N;
    return NULL;
}

static bool spread_part(const rn_array *whole, rn_array *part, int64_t *offset,
                        const void *attributes)
{
    (void)attributes;
    memcpy(part->stride, whole->stride, sizeof part->stride);
    *offset = beyond;
    return true;
}

/* A range that is not within the result is not believed. */
Test(parts, an_operator_of_a_user)
{
    static const rn_op op = {.name = "spread",
                             .inputs = 1,
                             .kernel[RN_F64] = spread,
                             .shape = spread_shape,
                             .part = spread_part};
    const int64_t offsets[] = {0, N - 3, -1};

    for (int k = 0; k < 3; k++) {
        world w = begin();
        const rn_tensor left = rn_slice(w.x, 1, 0, 4, 1);
        beyond = offsets[k];
        const rn_tensor y = rn_add(rn_apply(&op, &left, 1, NULL, 0),
                                   rn_pad(rn_slice(w.x, 1, 4, N, 1), 1, 4, 0, 0));
        rn_program *p = rn_test_compile(w.g, y);
        cr_assert_eq(count_of(p, " spread "), k > 0);
        rn_program_free(p);
        rn_graph_free(w.g);
    }
}

/* ---- in loops ---- */

/* One product, of which each gate is a range: the gradient of the gates is one value, which
 * the operators of the gates write in place. */
Test(parts, gates_that_are_ranges_of_a_product)
{
    enum { T = 4, B = 2, H = 3 };
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(T, B, 2 * H));
    const rn_tensor u = rn_test_f64(g, "u", rn_shape(H, 2 * H));
    rn_loop *loop = rn_loop_begin(g);
    const rn_tensor now = rn_loop_each(loop, x);
    const rn_tensor h = rn_loop_carry(loop, rn_fill(g, RN_F64, rn_shape(B, H), 0.5));
    const rn_tensor a = rn_add(now, rn_matmul(h, u));
    const rn_tensor f = rn_sigmoid(rn_slice(a, 1, 0, H, 1));
    rn_loop_next(loop, h, rn_mul(f, rn_tanh(rn_slice(a, 1, H, 2 * H, 1))));
    rn_loop_end(loop);
    const rn_tensor of[2] = {x, u}, y = rn_loop_collect(loop, h);
    double data[2][T * B * 2 * H], got[2][T * B * 2 * H];
    rn_tensor dx[2];

    cr_assert(rn_grad(rn_sum_all(rn_square(y)), rn_null(), of, 2, dx));
    rn_test_numbers(data[0], T * B * 2 * H, 1);
    rn_test_numbers(data[1], H * 2 * H, 2);
    for (int i = 0; i < 2; i++) {
        const int n = (int)rn_test_count(of[i]);
        for (int off = 0; off < 2; off++) {
            rn_program *p = rn_test_compile_with(
                g, (rn_compile_options){RN_OUTPUTS(dx[i]),
                                        .without = off ? RN_PASS_PARTS : 0});
            rn_test_feed(p, x, data[0]);
            rn_test_feed(p, u, data[1]);
            rn_test_run(p);
            rn_test_read(p, dx[i], got[off]);
            cr_assert_eq(count_of(p, " pad ") > 0, off);
            rn_program_free(p);
        }
        rn_test_near(got[0], got[1], n, 0, "gradient");
    }
    rn_graph_free(g);
}

/* As many slices as elements: each addition is looked at once. */
Test(parts, many_slices)
{
    enum { MANY = 3000 };
    static double got[MANY], zeros[MANY];
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(MANY));
    rn_tensor loss = rn_constant_scalar(g, RN_F64, 0), dx;

    for (int i = 0; i < MANY; i++) {
        const int at = (int)((long long)i * 1009 % MANY);
        loss = rn_add(loss, rn_sum_all(rn_scale(rn_slice(x, 0, at, at + 1, 1), at)));
    }
    cr_assert(rn_grad(loss, rn_null(), &x, 1, &dx));
    rn_program *p = rn_test_compile(g, dx);
    cr_assert_eq(count_of(p, " pad "), 0);
    cr_assert_eq(count_of(p, " add "), 0);
    rn_test_feed(p, x, zeros);
    rn_test_run(p);
    rn_test_read(p, dx, got);
    for (int i = 0; i < MANY; i++) cr_assert_eq(got[i], i);
    rn_program_free(p);
    rn_graph_free(g);
}

/* SPDX-License-Identifier: MIT */
/*
 * Calls with a packed operand, and calls that add: the bits of a plain call, divided or
 * not, whatever the number of rows.
 */
#include <criterion/criterion.h>
#include <rondo/ops.h>
#include <stdlib.h>
#include <string.h>

#include "divide.h"
#include "record.h"

static int64_t count_of(const rn_array *a)
{
    int64_t n = 1;

    for (int i = 0; i < a->rank; i++) n *= a->size[i];
    return n;
}

static size_t bytes_of(const rn_array *a)
{
    return (size_t)count_of(a) * rn_type_size(a->type);
}

/* What the output holds before a call that adds. */
static void fill_before(const rn_array *a)
{
    for (int64_t i = 0; i < count_of(a); i++)
        if (a->type == RN_F32)
            ((float *)a->data)[i] = (float)(i % 17 - 8) / 7;
        else
            ((double *)a->data)[i] = (double)(i % 17 - 8) / 7;
}

static void add_before(const rn_array *a, void *to)
{
    for (int64_t i = 0; i < count_of(a); i++)
        if (a->type == RN_F32)
            ((float *)to)[i] += (float)(i % 17 - 8) / 7;
        else
            ((double *)to)[i] += (double)(i % 17 - 8) / 7;
}

/* A call in ranges of the first axis that is longer than 1. */
static void check_ranges(job *j, const void *want, int64_t step)
{
    int cut[INPUTS], axis = 0;

    while (axis < j->out.rank - 1 && j->out.size[axis] == 1) axis++;
    cr_assert(rn__op_divides(j->op, &j->call, axis, cut));
    if (j->call.packed && cut[1] >= 0) step = RN_PACKED_CUT;
    if (j->call.add)
        fill_before(&j->out);
    else
        memset(j->out.data, 0xA5, bytes_of(&j->out));
    for (int64_t from = 0; from < j->out.size[axis]; from += step) {
        const int64_t left = j->out.size[axis] - from;
        cr_assert(run_range(j, axis, cut, from, left < step ? left : step));
    }
    cr_assert(!memcmp(j->out.data, want, bytes_of(&j->out)),
              "%s: step %d, add %d, packed %d", j->what, (int)step, j->call.add,
              j->call.packed != NULL);
}

/* A call that adds to rows that are apart, with poison between them; `gap` more elements
 * lie between those of leading axes. */
static void check_apart(job *j, const void *want, int64_t gap)
{
    enum { PITCH = 7 };
    const rn_array dense = j->out;
    const size_t size = rn_type_size(dense.type);
    const int last = dense.rank - 1;
    const int64_t columns = dense.size[last], rows = count_of(&dense) / columns;
    int64_t step = columns + PITCH;

    for (int i = last - 1; i >= 0; i--) {
        j->out.stride[i] = step;
        step = step * dense.size[i] + gap;
    }
    const size_t bytes = (size_t)(step * dense.size[0]) * size;
    j->out.data = malloc(bytes);
    cr_assert(j->out.data);
    memset(j->out.data, 0xA5, bytes);
    fill_before(&dense);
    for (int pass = 0; pass < 2; pass++) {
        char *at = (char *)j->out.data;
        for (int64_t i = 0; i < rows; i++) {
            char *row = (char *)dense.data + (size_t)(i * columns) * size;
            const int64_t inner = dense.size[last - 1];
            at = (char *)j->out.data +
                 (size_t)(i % inner * j->out.stride[last - 1]) * size +
                 (last > 1 ? (size_t)(i / inner * j->out.stride[last - 2]) * size : 0);
            if (pass == 0)
                memcpy(at, row, (size_t)columns * size);
            else
                cr_assert(!memcmp(at, (const char *)want + (row - (char *)dense.data),
                                  (size_t)columns * size),
                          "%s: row %d, gap %d", j->what, (int)i, (int)gap);
            if (pass) memset(at, 0xA5, (size_t)columns * size);
        }
        if (pass == 0)
            cr_assert(run_range(j, 0, (const int[INPUTS]){-1, -1}, 0, dense.size[0]));
    }
    for (size_t i = 0; i < bytes; i++)
        cr_assert_eq(((unsigned char *)j->out.data)[i], 0xA5, "%s: between rows", j->what);
    free(j->out.data);
    j->out = dense;
}

static void check_forms(job *j, void *want)
{
    const int64_t all = 1 << 20;

    check_ranges(j, want, all);
    check_ranges(j, want, 5);
    check_ranges(j, want, 1);
    j->call.add = true;
    add_before(&j->out, want);
    check_ranges(j, want, 1);
    check_ranges(j, want, all);
    check_apart(j, want, 0);
    check_apart(j, want, 3);
    j->call.add = false;
}

/* One node on its values: its plain result, and then every form. `packed` is what a call
 * with other rows packed, or NULL. */
static void *check_node(rn_tensor y, const rn_test_array *x, void *packed, const char *what)
{
    job j = job_new(y.graph, rn__node_of(y), x);
    int which = -1;

    job_begin(&j);
    j.what = what;
    const size_t size = bytes_of(&j.out), bytes = j.op->pack(&j.call, &which);
    void *plain = malloc(2 * size + 1), *want = (char *)plain + size;
    cr_assert(plain && bytes > 0 && which == 1);
    cr_assert(run_range(&j, 0, (const int[INPUTS]){-1, -1}, 0, j.out.size[0]));
    memcpy(plain, j.out.data, size);
    memcpy(want, plain, size);
    check_forms(&j, want);

    if (!packed) {
        packed = aligned_alloc(64, (bytes + 127) / 64 * 64);
        cr_assert(packed);
        memset(packed, 0xFF, (bytes + 127) / 64 * 64);
        rn_call call = j.call;
        rn_array nothing = j.out;
        nothing.data = NULL;
        call.out = &nothing, call.packed = packed, call.pack = true;
        cr_assert(j.code.kernel(&call));
        for (size_t i = bytes; i < (bytes + 127) / 64 * 64; i++)
            cr_assert(((unsigned char *)packed)[i] == 0xFF);
    }
    memset(j.in[1].data, 0xFF, bytes_of(&j.in[1])); /* it is not read any more */
    j.call.packed = packed;
    memcpy(want, plain, size);
    check_forms(&j, want);
    free(plain);
    job_free(&j);
    return packed;
}

typedef struct example {
    rn_shape x, y;
    int which;
} example;

/* The shape of x with other rows. */
static rn_shape with_rows(const example *e, int64_t rows)
{
    rn_shape x = e->x;

    x.size[x.rank - (e->which & RN_TRANSPOSE_X ? 1 : 2)] = rows;
    return x;
}

static void check_example(const example *e, rn_type type, const char *what)
{
    const int64_t rows[] = {7, 1, 2, 33};
    rn_test_random random = {3};
    rn_test_array x[2] = {{0}, rn_test_array_new(type, e->y)};
    void *packed = NULL;

    rn_test_fill_regular(&x[1], &random);
    for (int i = 0; i < 4; i++) {
        rn_graph *g = rn_graph_new();
        x[0] = rn_test_array_new(type, with_rows(e, rows[i]));
        rn_test_fill_regular(&x[0], &random);
        const rn_tensor y =
            rn_matmul_transposed(rn_input(g, "x", type, x[0].shape),
                                 rn_input(g, "y", type, e->y), (rn_transposition)e->which);
        cr_assert(!rn_is_null(y), "%s", rn_graph_error(g));
        packed = check_node(y, x, packed, what);
        rn_test_array_free(&x[0]);
        rn_graph_free(g);
    }
    rn_test_array_free(&x[1]);
    free(packed);
}

#define EXAMPLE(name, of_x, of_y, which)                                                   \
    Test(packed, name)                                                                     \
    {                                                                                      \
        const example e = {rn_shape of_x, rn_shape of_y, which};                           \
        check_example(&e, RN_F32, #name);                                                  \
        check_example(&e, RN_F64, #name);                                                  \
    }

EXAMPLE(straight, (1, 40), (40, 200), RN_TRANSPOSE_NONE)
EXAMPLE(x_turned, (40, 1), (40, 201), RN_TRANSPOSE_X)
EXAMPLE(y_turned, (1, 40), (129, 40), RN_TRANSPOSE_Y)
EXAMPLE(both_turned, (40, 1), (64, 40), RN_TRANSPOSE_X | RN_TRANSPOSE_Y)
EXAMPLE(blocks, (1, 700), (700, 65), RN_TRANSPOSE_NONE)
EXAMPLE(steps, (3, 1, 40), (40, 100), RN_TRANSPOSE_NONE)
EXAMPLE(steps_turned, (3, 40, 1), (100, 40), RN_TRANSPOSE_X | RN_TRANSPOSE_Y)
EXAMPLE(one_step, (1, 1, 40), (40, 200), RN_TRANSPOSE_NONE)

/* ---- when not to pack ---- */

static size_t packed_bytes(rn_shape x, rn_shape y)
{
    rn_graph *g = rn_graph_new();
    rn_test_array values[2] = {rn_test_array_new(RN_F32, x), rn_test_array_new(RN_F32, y)};
    const rn_tensor z = rn_matmul(rn_input(g, "x", RN_F32, x), rn_input(g, "y", RN_F32, y));
    job j = job_new(g, rn__node_of(z), values);
    int which;

    job_begin(&j);
    const size_t bytes = j.op->pack(&j.call, &which);
    job_free(&j);
    rn_test_array_free(&values[0]);
    rn_test_array_free(&values[1]);
    rn_graph_free(g);
    return bytes;
}

Test(packing, only_matrices_that_all_rows_share)
{
    cr_expect_gt(packed_bytes(rn_shape(2, 5, 40), rn_shape(40, 300)), 40 * 300 * 4 - 1);
    cr_expect_eq(packed_bytes(rn_shape(2, 5, 40), rn_shape(2, 40, 300)), 0);
    cr_expect_eq(packed_bytes(rn_shape(5, 40), rn_shape(40, 1)), 0);
    cr_expect_eq(packed_bytes(rn_shape(5, 0), rn_shape(0, 300)), 0);
    cr_expect_eq(packed_bytes(rn_shape(5, 40), rn_shape(40, 0)), 0);
}

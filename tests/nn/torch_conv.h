/* SPDX-License-Identifier: MIT */
/*
 * Reading the numbers of golden/torch_conv.h. Each array begins with its sizes; then come
 *
 *   conv     x w y dy dx dw
 *   pool     x y dy dx of max_pool, of mean_pool, and of one that counts padding
 *   norm     gain bias; for each run x y dy dx dgain dbias mean variance; then x y in
 *            inference
 */
#ifndef RN_TESTS_NN_TORCH_CONV_H
#define RN_TESTS_NN_TORCH_CONV_H

#include "eval.h"
#include "golden/torch_conv.h"

#include <criterion/criterion.h>
#include <rondo.h>
#include <string.h>

typedef struct numbers {
    const double *at;
    rn_type type; /* that is computed with */
} numbers;

static inline rn_test_array next_array(numbers *n, rn_shape shape)
{
    rn_test_array a = rn_test_array_new(n->type, shape);
    const int64_t count = rn_test_array_count(&a);

    if (count) memcpy(a.at, n->at, (size_t)count * sizeof *a.at);
    n->at += count;
    rn_test_array_round(&a);
    return a;
}

static inline double tolerance_of(rn_type type)
{
    return type == RN_F64 ? 1e-12 : 2e-5;
}

/* The next array must be what came out. */
static inline void expect_next(numbers *n, rn_test_array *got, const char *what)
{
    rn_test_array want = next_array(n, got->shape);

    rn_test_compare(got, &want, tolerance_of(n->type), 1, what);
    rn_test_array_free(&want);
    rn_test_array_free(got);
}

/* y and the gradients of x and, unless it is null, w, of the next numbers. */
static inline void expect_torch(numbers *n, rn_tensor x, rn_tensor w, rn_tensor y,
                                rn_test_array *x_data, rn_test_array *w_data,
                                const char *what)
{
    const rn_tensor in[2] = {x, w};
    const int count = rn_is_null(w) ? 1 : 2;
    rn_tensor dy = rn_input(y.graph, "dy", n->type, rn_shape_get(y)), all[3] = {y};
    rn_test_array got[3];

    cr_assert(rn_grad(y, dy, in, count, all + 1), "%s", rn_graph_error(y.graph));
    numbers after = {n->at + rn_shape_count(rn_shape_get(y)), n->type};
    rn_test_array dy_data = next_array(&after, rn_shape_get(y));
    const rn_test_feed feeds[3] = {{dy, &dy_data}, {x, x_data}, {w, w_data}};
    rn_test_run(all, count + 1, feeds, count + 1, got);
    expect_next(n, &got[0], what);
    n->at = after.at;
    for (int i = 0; i < count; i++) expect_next(n, &got[1 + i], what);
    rn_test_array_free(&dy_data);
    rn_test_array_free(x_data);
    if (count == 2) rn_test_array_free(w_data);
    rn_graph_free(y.graph);
}

static inline void expect_conv1d(const double *at, rn_type type)
{
    numbers n = {at + 10, type};
    rn_graph *g = rn_graph_new();
    const int64_t T = (int64_t)at[0], B = (int64_t)at[1], C = (int64_t)at[2],
                  O = (int64_t)at[3], k = (int64_t)at[4], G = (int64_t)at[9];
    rn_test_array x_data = next_array(&n, rn_shape(T, B, C)),
                  w_data = next_array(&n, rn_shape(k, C / G, O));
    rn_tensor x = rn_input(g, "x", type, rn_shape(T, B, C)),
              w = rn_input(g, "w", type, rn_shape(k, C / G, O));
    const rn_tensor y = rn_conv1d(x, w,
                                  (rn_conv1d_options){.stride = (int64_t)at[5],
                                                      .dilation = (int64_t)at[6],
                                                      .before = (int64_t)at[7],
                                                      .after = (int64_t)at[8],
                                                      .groups = G});

    cr_assert_str_eq(rn_graph_error(g), "");
    expect_torch(&n, x, w, y, &x_data, &w_data, "conv1d");
}

static inline void expect_conv2d(const double *at, rn_type type)
{
    numbers n = {at + 16, type};
    rn_graph *g = rn_graph_new();
    int64_t s[16];

    for (int i = 0; i < 16; i++) s[i] = (int64_t)at[i];
    const rn_shape of_x = rn_shape(s[0], s[1], s[2], s[3]),
                   of_w = rn_shape(s[5], s[6], s[3] / s[15], s[4]);
    rn_test_array x_data = next_array(&n, of_x), w_data = next_array(&n, of_w);
    rn_tensor x = rn_input(g, "x", type, of_x), w = rn_input(g, "w", type, of_w);
    const rn_tensor y = rn_conv2d(x, w,
                                  (rn_conv2d_options){.stride = {s[7], s[8]},
                                                      .dilation = {s[9], s[10]},
                                                      .before = {s[11], s[12]},
                                                      .after = {s[13], s[14]},
                                                      .groups = s[15]});

    cr_assert_str_eq(rn_graph_error(g), "");
    expect_torch(&n, x, w, y, &x_data, &w_data, "conv2d");
}

static inline void expect_pool2d(const double *at, rn_type type)
{
    numbers n = {at + 9, type};
    int64_t s[9];

    for (int i = 0; i < 9; i++) s[i] = (int64_t)at[i];
    for (int way = 0; way < 3; way++) {
        rn_graph *g = rn_graph_new();
        const rn_shape shape = rn_shape(2, s[0], s[1], s[2]);
        rn_test_array x_data = next_array(&n, shape);
        rn_tensor x = rn_input(g, "x", type, shape);
        const rn_pool2d_options o = {.stride = {s[5], s[6]},
                                     .before = {s[7], s[8]},
                                     .after = {s[7], s[8]},
                                     .count_padding = way == 2};
        const rn_tensor y =
            way ? rn_mean_pool2d(x, s[3], s[4], o) : rn_max_pool2d(x, s[3], s[4], o);
        cr_assert_str_eq(rn_graph_error(g), "");
        expect_torch(&n, x, rn_null(), y, &x_data, NULL, "pool2d");
    }
}

#endif

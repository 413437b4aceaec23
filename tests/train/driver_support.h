/* SPDX-License-Identifier: MIT */
/* The problems of scripts/golden_lbfgs.py, over two weights of six elements. */
#ifndef RN_TESTS_DRIVER_SUPPORT_H
#define RN_TESTS_DRIVER_SUPPORT_H

#include "nn_support.h"

#include <math.h>
#include <string.h>

#include "golden/torch_lbfgs.h"

enum { FIRST = 2 }; /* elements of "a"; the others are those of "c", [2,2] */

static rn_test_world with_weights(rn_type real, rn_tensor *w)
{
    rn_test_world world = {
        rn_model_new_using(1, real, (rn_allocator){NULL, NULL}), rn_graph_new(), {0}};
    const rn_init zeros = {RN_INIT_ZEROS, 0};

    world.root = rn_root(world.graph, world.model);
    rn_tensor parts[] = {rn_weight(world.root, "a", rn_shape(FIRST), zeros),
                         rn_weight(world.root, "c", rn_shape(2, 2), zeros)};
    parts[1] = rn_reshape(parts[1], rn_shape(WEIGHTS - FIRST));
    *w = rn_concat(parts, 2, 0);
    return world;
}

static inline void set_weights(rn_model *model, const double *w)
{
    memcpy(rn_test_values(model, "a"), w, FIRST * sizeof *w);
    memcpy(rn_test_values(model, "c"), w + FIRST, (WEIGHTS - FIRST) * sizeof *w);
}

static inline void get_weights(const rn_model *model, double *w)
{
    memcpy(w, rn_test_values(model, "a"), FIRST * sizeof *w);
    memcpy(w + FIRST, rn_test_values(model, "c"), (WEIGHTS - FIRST) * sizeof *w);
}

/* sum k k (w - 1/2)^2 / 2 + (sum w)^2, k = 1, 2, .. */
static inline rn_tensor convex(rn_tensor w)
{
    const rn_type type = rn_type_get(w);
    rn_tensor k = rn_offset(rn_cast(rn_range(w.graph, WEIGHTS), type), 1);
    rn_tensor squares = rn_square(rn_mul(k, rn_offset(w, -0.5)));

    return rn_add(rn_scale(rn_sum_all(squares), 0.5), rn_square(rn_sum_all(w)));
}

/* sum 100 (w[i+1] - w[i]^2)^2 + (1 - w[i])^2 */
static inline rn_tensor rosenbrock(rn_tensor w)
{
    rn_tensor left = rn_slice(w, 0, 0, WEIGHTS - 1, 1),
              right = rn_slice(w, 0, 1, WEIGHTS, 1);
    rn_tensor far = rn_scale(rn_square(rn_sub(right, rn_square(left))), 100);

    return rn_sum_all(rn_add(far, rn_square(rn_one_minus(left))));
}

#endif

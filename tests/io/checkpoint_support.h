/* SPDX-License-Identifier: MIT */
/* A model with one weight, and a checkpoint "c" of it with three items. */
#ifndef RN_TESTS_CHECKPOINT_SUPPORT_H
#define RN_TESTS_CHECKPOINT_SUPPORT_H

#include <criterion/criterion.h>
#include <rondo/checkpoint.h>

#include "nn/nn_support.h"

static inline rn_model *make(uint64_t seed)
{
    rn_model *model = rn_test_model(seed);
    rn_graph *g = rn_graph_new();

    rn_weight(rn_root(g, model), "w", rn_shape(2), (rn_init){RN_INIT_NORMAL, 1});
    cr_assert_str_eq(rn_graph_error(g), "");
    rn_graph_free(g);
    return model;
}

static inline void save_items(void)
{
    rn_model *model = make(1);
    int64_t position[3] = {INT64_MIN, -1, INT64_MAX};
    double losses[2] = {0.1, -0.0};
    char text[20] = "a \"b\"\n\t\\\xc3\xa9";
    const rn_checkpoint_item items[] = {
        {.name = "data/position", .numbers = position, .count = 3},
        {.name = "losses", .reals = losses, .count = 2},
        {.name = "config", .text = text, .count = sizeof text},
        {.name = "none"}};

    cr_assert_eq(rn_checkpoint_save(model, "c", items, 4), RN_OK, "%s",
                 rn_model_error(model));
    rn_model_free(model);
}

#endif

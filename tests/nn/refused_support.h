/* SPDX-License-Identifier: MIT */
/* A call of rn_recurrent that is refused, for tests of its message. */
#ifndef RN_TESTS_NN_REFUSED_SUPPORT_H
#define RN_TESTS_NN_REFUSED_SUPPORT_H

#include "nn_support.h"

/* What is given to the layer; each case changes some of it. */
typedef struct call {
    rn_model *model;
    rn_graph *graph;
    rn_tensor x, initial[4];
    const rn_cell *cell;
    rn_recurrent_options options;
} call;

static inline rn_tensor input(call *c, const char *name, rn_type type, rn_shape shape)
{
    return rn_input(c->graph, name, type, shape);
}

static inline call begin(void)
{
    call c = {.model = rn_test_model(1), .graph = rn_graph_new(), .cell = &rn_cell_lstm};

    c.x = input(&c, "x", RN_F64, rn_shape(5, 3, 2));
    c.options.units = 4;
    return c;
}

static inline void refused(call *c, const char *message)
{
    rn_sequence y =
        rn_recurrent(rn_root(c->graph, c->model), "net", c->cell, c->x, c->options);

    rn_test_error_is(c->graph, message);
    cr_assert(rn_is_null(y.outputs) && rn_is_null(y.last));
    cr_assert_eq(y.final_count, 0);
    for (int i = 0; i < RN_LAYERS_MAX * 2 * RN_STATES_MAX; i++)
        cr_assert(rn_is_null(y.final[i]));
    rn_graph_free(c->graph);
    rn_model_free(c->model);
}

/* The file defines REFUSING as the name of its tests. */
#define REFUSES(test, message, ...)                                                        \
    Test(REFUSING, test)                                                                   \
    {                                                                                      \
        call c = begin();                                                                  \
        __VA_ARGS__;                                                                       \
        refused(&c, message);                                                              \
    }

#endif

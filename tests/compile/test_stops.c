/* SPDX-License-Identifier: MIT */
/* The pass that removes what stops a gradient. */
#include <criterion/criterion.h>

#include "compile/passes.h"
#include "rondo/ops.h"

Test(stops, are_removed)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(3));
    const rn_tensor y = rn_tanh(rn_stop_gradient(rn_neg(x)));
    rn__copy_pass pass = {.from = g, .to = rn_graph_new()};

    cr_assert(rn__stops(&pass, &y.id, 1));
    const rn__node *node = rn__node_of(rn__copied(&pass, y.id));
    cr_assert_str_eq(node->op->name, "tanh");
    cr_assert_str_eq(rn__at(pass.to, node->in[0])->op->name, "neg");
    cr_assert_eq(pass.to->count, 3);
    rn_graph_free(pass.to);
    rn__copy_finish(&pass);
    rn_graph_free(g);
}

/* SPDX-License-Identifier: MIT */
/* Views of dense arrays. */
#include "graph/node.h"

#include <string.h>

void rn__layout_dense(rn_shape shape, int64_t *stride)
{
    int64_t step = 1;

    for (int i = shape.rank - 1; i >= 0; i--) {
        stride[i] = step;
        step *= shape.size[i] > 0 ? shape.size[i] : 1;
    }
}

bool rn__view_of_dense(const rn__node *view, rn_type type, rn_shape shape, rn_array *in,
                       rn_array *out, int64_t *offset)
{
    *in = (rn_array){.type = type, .rank = shape.rank};
    *out = (rn_array){.type = view->type, .rank = view->shape.rank};
    *offset = 0;
    memcpy(in->size, shape.size, sizeof in->size);
    memcpy(out->size, view->shape.size, sizeof out->size);
    rn__layout_dense(shape, in->stride);
    return view->op->view(in, out, offset, view->attributes);
}

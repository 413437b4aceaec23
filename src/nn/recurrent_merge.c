/* SPDX-License-Identifier: MIT */
/* What a layer returns of its directions, and what the next one reads. */
#include "nn/recurrent.h"
#include "rondo/layers.h"
#include "rondo/ops.h"

rn_tensor rn__recurrent_merged(const rn__recurrent *r, rn_tensor forward,
                               rn_tensor backward)
{
    switch (r->options.merge) {
    case RN_MERGE_SUM:
        return rn_add(forward, backward);
    case RN_MERGE_MEAN:
        return rn_scale(rn_add(forward, backward), 0.5);
    case RN_MERGE_PRODUCT:
        return rn_mul(forward, backward);
    default:
        return rn_concat((const rn_tensor[]){forward, backward}, 2, -1);
    }
}

int64_t rn__recurrent_width(const rn__recurrent *r, int layer)
{
    const rn__sublayer *s = &r->sub[layer * r->directions];

    if (r->directions == 1 || r->options.merge != RN_MERGE_CONCAT) return s->outputs;
    return s[0].outputs + s[1].outputs;
}

/* Dropout with a mask for every element of every step, or one for each sequence. */
static rn_tensor dropped(const rn__recurrent *r, rn_scope scope, rn_tensor x, double rate)
{
    const rn_shape shape = {2, {r->batch, rn_size(x, -1)}};

    if (!r->options.variational || rate == 0) return rn_dropout(scope, "dropout", x, rate);
    return rn_mul(x, rn_dropout_mask(scope, "dropout", r->real, shape, rate));
}

rn_tensor rn__recurrent_input(const rn__recurrent *r, int layer, rn_tensor before,
                              rn_tensor x)
{
    const rn_recurrent_options *o = &r->options;

    if (layer > 0 && o->connect == RN_CONNECT_SKIP)
        before = rn_concat((const rn_tensor[]){before, x}, 2, -1);
    return dropped(r, rn__recurrent_layer(r, layer), before,
                   layer > 0 ? o->dropout : o->input_dropout);
}

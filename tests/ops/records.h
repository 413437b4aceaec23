/* SPDX-License-Identifier: MIT */
/* All records by name: one for each operator of ops.def and each composite. Without one the
 * tests do not link. */
#ifndef RN_TESTS_OPS_RECORDS_H
#define RN_TESTS_OPS_RECORDS_H

#include "record.h"

#define RN_OP(name, code, kind, ...) extern const record record_##name;
#include "ops/ops.def"
#undef RN_OP

#define RN_COMPOSITE(name) extern const record record_##name;
#include "composites.def"
#undef RN_COMPOSITE

/* ---- refusals that many operators share ---- */

static inline rn_tensor x_of(rn_graph *g, rn_type type)
{
    return rn_input(g, "x", type, (rn_shape){2, {2, 3}});
}

#define REFUSES(name, expression)                                                          \
    static rn_tensor name(rn_graph *g)                                                     \
    {                                                                                      \
        return expression;                                                                 \
    }

#endif

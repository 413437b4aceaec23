/* SPDX-License-Identifier: MIT */
/* One function in quad for each operator of ops.def; without it the tests do not link. */
#ifndef RN_TESTS_SUPPORT_QUAD_OPERATORS_H
#define RN_TESTS_SUPPORT_QUAD_OPERATORS_H

#include "quad_node.h"

#define RN_OP(name, code, kind, ...)                                                       \
    extern const rn_op rn__op_##name;                                                      \
    rn_test_quad_code rn_test_quad_##name;
#include "ops/ops.def"
#undef RN_OP

#endif

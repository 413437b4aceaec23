/* SPDX-License-Identifier: MIT */
/*
 * The structural operators: leaves, loops and their outputs. They have no kernels; the
 * compiler handles each of them by itself.
 */
#include "graph/node.h"

const rn_op rn__op_input = {.name = "input"};
const rn_op rn__op_constant = {.name = "constant"};
const rn_op rn__op_scalar = {.name = "scalar"};
const rn_op rn__op_variable = {.name = "variable"};
const rn_op rn__op_each = {.name = "each"};
const rn_op rn__op_carry = {.name = "carry"};
const rn_op rn__op_capture = {.name = "capture"};
const rn_op rn__op_index = {.name = "index"};
const rn_op rn__op_loop = {.name = "loop", .inputs = -1};
const rn_op rn__op_get = {.name = "get", .inputs = 1};

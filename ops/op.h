/* SPDX-License-Identifier: MIT */
/*
 * What an operator's file includes: macros for its kernel and record.
 *
 * A file has, in this order: head comment; the element-wise map or the kernel, compiled for
 * each variant; and under RN_ONCE the shape rule, the gradient rule, the record and the
 * public function. docs/operators.md walks through one.
 */
#ifndef RN_OPS_OP_H
#define RN_OPS_OP_H

#include "graph/null.h"
#include "kernel/variant.h"
#include "rondo/op.h"
#include "rondo/ops.h"

#ifdef RN_REAL
#include "kernel/vmath.h"
#endif

/* ---- kinds: RN_FOR_<kind>(code) is the code in the variants of that kind, else nothing */

#define RN_EMPTY(...)
#define RN_SAME(...) __VA_ARGS__

#if !defined(RN_VARIANT) /* a source that is compiled once and has no kernels */
#define RN_FOR_real    RN_EMPTY
#define RN_FOR_number  RN_EMPTY
#define RN_FOR_any     RN_EMPTY
#define RN_FOR_logical RN_EMPTY
#elif defined(RN_VARIANT_BOOL)
#define RN_FOR_real    RN_EMPTY
#define RN_FOR_number  RN_EMPTY
#define RN_FOR_any     RN_SAME
#define RN_FOR_logical RN_SAME
#elif defined(RN_VARIANT_I32)
#define RN_FOR_real    RN_EMPTY
#define RN_FOR_number  RN_SAME
#define RN_FOR_any     RN_SAME
#define RN_FOR_logical RN_EMPTY
#else
#define RN_FOR_real    RN_SAME
#define RN_FOR_number  RN_SAME
#define RN_FOR_any     RN_SAME
#define RN_FOR_logical RN_EMPTY
#endif

#if RN_ONCE
#define RN_FOR_once RN_SAME
#else
#define RN_FOR_once RN_EMPTY
#endif

/* The same as conditions, for kernels that are not an expression: #if RN_IS_NUMBER ... */
#ifdef RN_REAL
#define RN_IS_REAL 1
#else
#define RN_IS_REAL 0
#endif
#if RN_IS_REAL || defined(RN_VARIANT_I32)
#define RN_IS_NUMBER 1
#else
#define RN_IS_NUMBER 0
#endif

#include "ops/map.h"

/* ---- kernels ---- */

/* The head of a kernel's definition: RN_KERNEL(matmul) { ... return true; } */
#define RN_KERNEL(name) bool R(rn__kernel_##name)(const rn_call *call)

/* The kernel of an operator of kind `once`. */
#define RN_KERNEL_ONCE(name) bool rn__kernel_##name(const rn_call *call)

/* ---- prototypes of all of them, and the records ---- */

#define RN_DECLARE_map(name, kind)      RN_FOR_##kind(void R(rn__map_##name)(RN_MAP_ARGUMENTS);)
#define RN_DECLARE_kernel(name, kind)   RN_DECLARE_kernel_##kind(name)
#define RN_DECLARE_kernel_real(name)    RN_FOR_real(RN_KERNEL(name);)
#define RN_DECLARE_kernel_number(name)  RN_FOR_number(RN_KERNEL(name);)
#define RN_DECLARE_kernel_any(name)     RN_FOR_any(RN_KERNEL(name);)
#define RN_DECLARE_kernel_logical(name) RN_FOR_logical(RN_KERNEL(name);)
#define RN_DECLARE_kernel_once(name)    RN_KERNEL_ONCE(name);
#define RN_DECLARE_view(name, kind)
#define RN_OP(name, code, kind, ...)                                                       \
    extern const rn_op rn__op_##name;                                                      \
    RN_DECLARE_##code(name, kind)
#include "ops/ops.def"
#undef RN_OP

/* ---- what ops.def says of an operator, for its record ---- */

enum {
    RN_TYPES_real = 1 << RN_F32 | 1 << RN_F64,
    RN_TYPES_number = RN_TYPES_real | 1 << RN_I32,
    RN_TYPES_any = RN_TYPES_number | 1 << RN_BOOL,
    RN_TYPES_logical = 1 << RN_BOOL,
    RN_TYPES_once = RN_TYPES_any,
#define RN_OP(name, code, kind, ...) RN_TYPES_OF_##name = RN_TYPES_##kind,
#include "ops/ops.def"
#undef RN_OP
};

/* A record begins with RN_NAMED(add); one whose map is an expression with RN_MAPPED(add).
 */
#define RN_NAMED(name_) .name = #name_, .types = RN_TYPES_OF_##name_
#define RN_MAPPED(name_)                                                                   \
    RN_NAMED(name_), .kind = RN_KIND_ELEMENTWISE, .expression = expression_text

/* Records "<op>: <what>: x [..], y [..]" on the graph and returns the null tensor: for
 * arguments that a public function refuses before it appends a node. */
rn_tensor rn__op_refuse(const rn_op *op, const rn_tensor *in, int inputs,
                        const char *format, ...) RN_PRINTF(4, 5);

/* "[32,128]", for messages; at most `capacity` bytes with the 0. Returns text. */
char *rn__shape_text(rn_shape shape, char *text, size_t capacity);

/* [steps, shape]: the shape of a stack of all steps' values. */
rn_shape rn__stack_shape(int64_t steps, rn_shape shape);

/* An axis counted from the front; -1 after rn__op_refuse if x has no such axis, and for a
 * null x. */
int rn__op_axis(const rn_op *op, rn_tensor x, int axis);

/* ---- records and public functions of the usual forms ---- */

/* The record and the public rn_<name>(x), for a rule static rn_tensor gradient(x, y,
 * dy). */
#define RN_UNARY(name_, gradient_of) RN_UNARY_WITH(name_, gradient_of, .inputs = 1)

/* The same with more members of the record, among them the number of inputs. */
#define RN_UNARY_WITH(name_, gradient_of, ...)                                             \
    static void pullback(rn_pullback *p)                                                   \
    {                                                                                      \
        p->dx[0] = gradient_of(p->x[0], p->y, p->dy);                                      \
    }                                                                                      \
                                                                                           \
    const rn_op rn__op_##name_ = {RN_MAPPED(name_), .gradient = pullback, __VA_ARGS__};    \
                                                                                           \
    rn_tensor rn_##name_(rn_tensor x)                                                      \
    {                                                                                      \
        return rn_apply(&rn__op_##name_, &x, 1, NULL, 0);                                  \
    }

/* The record and the public rn_<name>(x, y). */
#define RN_BINARY(name_, ...)                                                              \
    const rn_op rn__op_##name_ = {RN_MAPPED(name_), .inputs = 2, __VA_ARGS__};             \
                                                                                           \
    rn_tensor rn_##name_(rn_tensor x, rn_tensor y)                                         \
    {                                                                                      \
        const rn_tensor in[2] = {x, y};                                                    \
        return rn_apply(&rn__op_##name_, in, 2, NULL, 0);                                  \
    }

#endif

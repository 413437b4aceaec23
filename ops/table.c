/* SPDX-License-Identifier: MIT */
/* The table of kernels for each variant, generated from ops.def, one of the kernels that
 * exist once, and the choice of a variant. */
#include "ops/table.h"
#include "kernel/cpu.h"
#include "ops/op.h"

enum {
#define RN_OP(name, ...) RN__INDEX_##name,
#include "ops/ops.def"
#undef RN_OP
    RN__INDEX_end
};

#define RN_CODE_map(name, kind)      RN_FOR_##kind(.map = R(rn__map_##name))
#define RN_CODE_kernel(name, kind)   RN_CODE_kernel_##kind(name)
#define RN_CODE_kernel_real(name)    RN_FOR_real(.kernel = R(rn__kernel_##name))
#define RN_CODE_kernel_number(name)  RN_FOR_number(.kernel = R(rn__kernel_##name))
#define RN_CODE_kernel_any(name)     RN_FOR_any(.kernel = R(rn__kernel_##name))
#define RN_CODE_kernel_logical(name) RN_FOR_logical(.kernel = R(rn__kernel_##name))
#define RN_CODE_kernel_once(name)    RN_FOR_once(.kernel = rn__kernel_##name)
#define RN_CODE_view(name, kind)
#define RN_OP(name, code, kind, ...) {RN_CODE_##code(name, kind)},

/* Either, as ops.def says. */
typedef union code {
    rn_map map;
    rn_kernel kernel;
} code;

extern const code R(rn__table)[];
const code R(rn__table)[] = {
#ifdef RN_ONLY_PRODUCTS
    [RN__INDEX_matmul] = {.kernel = R(rn__kernel_matmul)},
    [RN__INDEX_end - 1] = {NULL},
#else
#include "ops/ops.def"
#endif
};
#undef RN_OP

#if RN_ONCE

const char rn__of_product[] = "product", rn__of_products[] = "products";

const rn_op *const rn__ops[] = {
#define RN_OP(name, code, kind, ...) &rn__op_##name,
#include "ops/ops.def"
#undef RN_OP
};
const int rn__op_count = (int)(sizeof rn__ops / sizeof *rn__ops);

static const bool is_map[] = {
#define RN_MAPS_map                  true
#define RN_MAPS_kernel               false
#define RN_MAPS_view                 false
#define RN_OP(name, code, kind, ...) RN_MAPS_##code,
#include "ops/ops.def"
#undef RN_OP
};

#define RN_LEVEL(isa) extern const code rn__table_f32_##isa[], rn__table_f64_##isa[]
RN_LEVEL(baseline);
extern const code rn__table_i32_baseline[], rn__table_bool_baseline[];
#ifdef RN_HAVE_AVX2
RN_LEVEL(avx2);
#endif
#ifdef RN_HAVE_AVX512
RN_LEVEL(avx512);
#endif

static const code *const tables[RN__ISAS][RN_TYPES] = {
    [RN__BASELINE] = {rn__table_f32_baseline, rn__table_f64_baseline,
                      rn__table_i32_baseline, rn__table_bool_baseline},
#ifdef RN_HAVE_AVX2
    [RN__AVX2] = {rn__table_f32_avx2, rn__table_f64_avx2, rn__table_i32_baseline,
                  rn__table_bool_baseline},
#endif
#ifdef RN_HAVE_AVX512
    [RN__AVX512] = {rn__table_f32_avx512, rn__table_f64_avx512, rn__table_i32_baseline,
                    rn__table_bool_baseline},
#endif
};

static int find(const rn_op *op)
{
    for (int i = 0; i < rn__op_count; i++)
        if (rn__ops[i] == op) return i;
    return -1;
}

rn__code rn__op_code(const rn_op *op, rn_type variant)
{
    const int i = find(op);

    if (i < 0) return (rn__code){op->map[variant], op->kernel[variant]};
    code found = {NULL};
    for (int isa = (int)rn__cpu_isa(); isa >= 0 && !found.map; isa--)
        found = tables[isa][variant][i];
    if (is_map[i]) return (rn__code){found.map, NULL};
    return (rn__code){NULL, found.kernel ? found.kernel : R(rn__table)[i].kernel};
}

#endif

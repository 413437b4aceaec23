/* SPDX-License-Identifier: MIT */
/* Element types and shapes. */
#include "rondo/types.h"
#include "kernel/cpu.h"
#include "rondo/op.h"

const char *rn_version(void)
{
    return RONDO_VERSION;
}

const char *rn_isa(void)
{
    return rn__cpu_isa_name(rn__cpu_isa());
}

const char *rn_type_name(rn_type type)
{
    static const char *const names[RN_TYPES] = {"f32", "f64", "i32", "bool"};

    return (unsigned)type < RN_TYPES ? names[type] : "no type";
}

size_t rn_type_size(rn_type type)
{
    static const size_t sizes[RN_TYPES] = {4, 8, 4, 1};

    return (unsigned)type < RN_TYPES ? sizes[type] : 0;
}

rn_shape rn_shape_of(int rank, const int64_t *sizes)
{
    rn_shape shape = {.rank = rank};

    if (rank < 0 || rank > RN_RANK_MAX || (rank > 0 && !sizes))
        return (rn_shape){.rank = -1};
    for (int i = 0; i < rank; i++) shape.size[i] = sizes[i];
    return shape;
}

bool rn_shape_equal(rn_shape a, rn_shape b)
{
    if (a.rank != b.rank || a.rank < 0 || a.rank > RN_RANK_MAX) return false;
    for (int i = 0; i < a.rank; i++)
        if (a.size[i] != b.size[i]) return false;
    return true;
}

/* The product of the other sizes must fit even if one size is 0, because strides are such
 * products. The limit leaves room for elements of 8 bytes. */
int64_t rn_shape_count(rn_shape shape)
{
    int64_t count = 1, extent = 1;

    if (shape.rank < 0 || shape.rank > RN_RANK_MAX) return -1;
    for (int i = 0; i < shape.rank; i++) {
        const int64_t n = shape.size[i];
        if (n < 0 || (n > 0 && extent > INT64_MAX / 16 / n)) return -1;
        if (n > 0) extent *= n;
        count *= n;
    }
    return count;
}

/* Whether rank and sizes are in range; the number of elements may overflow. */
static bool possible(rn_shape shape)
{
    if (shape.rank < 0 || shape.rank > RN_RANK_MAX) return false;
    for (int i = 0; i < shape.rank; i++)
        if (shape.size[i] < 0) return false;
    return true;
}

bool rn_shape_broadcast(rn_shape x, rn_shape y, rn_shape *out)
{
    if (!possible(x) || !possible(y)) return false;

    const rn_shape *longer = x.rank > y.rank ? &x : &y;
    rn_shape z = *longer;

    for (int i = 1; i <= z.rank; i++) {
        const int64_t a = i <= x.rank ? x.size[x.rank - i] : 1;
        const int64_t b = i <= y.rank ? y.size[y.rank - i] : 1;
        if (a != b && a != 1 && b != 1) return false;
        z.size[z.rank - i] = a == 1 ? b : a;
    }
    if (out) *out = z;
    return true;
}

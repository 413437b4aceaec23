/* SPDX-License-Identifier: MIT */
/*
 * pool_time -- the steps of each sequence as one.
 *
 *   x      [T, B, ..]    valid  [T, B] bool, from lengths or given
 *   y      [B, ..]
 *
 *   sum    the sum of valid steps     mean   the sum of valid steps / their number
 *   max    the largest                first, last   of the valid steps
 *
 * Steps that are not valid are replaced before anything is computed with them, so neither
 * values nor gradients depend on what they hold. Without a valid step y is 0.
 */
#include "graph/frame.h"
#include "rondo/conv.h"
#include "rondo/ops.h"

#include <math.h>

typedef struct steps {
    rn_tensor x;
    rn_tensor valid; /* [T, B, 1..] */
    rn_tensor count; /* of valid steps, i32 [B, 1..] */
} steps;

/* The mask [T, B] of lengths or of a mask. */
static rn_tensor mask_of(rn_tensor x, rn_tensor valid)
{
    const int64_t T = rn_size(x, 0), B = rn_size(x, 1);

    if (rn_is_null(valid)) return rn_fill(x.graph, RN_BOOL, (rn_shape){2, {T, B}}, 1);
    if (rn_type_get(valid) == RN_BOOL) return valid;
    return rn_less(rn_expand(rn_range(x.graph, T), 1), rn_check_range(valid, 0, T));
}

static steps steps_of(rn_tensor x, rn_tensor valid)
{
    const rn_shape s = rn_shape_get(x);
    rn_shape to = {s.rank, {s.size[0], s.size[1]}};

    for (int i = 2; i < s.rank; i++) to.size[i] = 1;
    valid = rn_reshape(mask_of(x, valid), to);
    return (steps){x, valid, rn_sum_axis(rn_cast(valid, RN_I32), 0)};
}

static rn_tensor lowest_like(rn_tensor x)
{
    return rn_constant_like(x, rn__is_real(rn_type_get(x)) ? -(double)INFINITY : INT32_MIN);
}

/* The first valid step, or the last one. */
static rn_tensor step_at(const steps *s, bool last)
{
    const rn_tensor one = rn_cast(s->valid, RN_I32);
    const int64_t T = rn_size(s->x, 0);
    rn_tensor at = rn_argmax(last ? rn_reverse(one, 0) : one, 0, true);

    if (last) at = rn_offset(rn_neg(at), (double)(T - 1));
    return rn_squeeze(rn_gather(s->x, at, 0), 0);
}

static rn_tensor pooled(const steps *s, rn_pooling how)
{
    const rn_tensor zero = rn_constant_like(s->x, 0);
    const rn_type type = rn_type_get(s->x);
    rn_tensor x = s->x, some = rn_maximum(s->count, rn_constant_like(s->count, 1));

    switch (how) {
    case RN_POOL_SUM:
        return rn_sum_axis(rn_where(s->valid, x, zero), 0);
    case RN_POOL_MEAN:
        /* Divided first, so that the sum cannot overflow. */
        x = rn_div(rn_where(s->valid, x, zero), rn_cast(some, type));
        return rn_sum_axis(x, 0);
    case RN_POOL_MAX:
        x = rn_max_axis(rn_where(s->valid, x, lowest_like(x)), 0);
        break;
    default:
        x = step_at(s, how == RN_POOL_LAST);
    }
    return rn_where(rn_less(rn_constant_like(s->count, 0), s->count), x, zero);
}

static bool fits(rn_tensor x, rn_tensor valid, int how)
{
    const char *wrong = NULL;
    char text[160], of_valid[160];
    const rn_shape s = rn_shape_get(x), v = rn_shape_get(valid);

    if (how < 0 || how > RN_POOL_LAST)
        wrong = "no such way of pooling";
    else if (s.rank < 2)
        wrong = "x must be [T, B, ..]";
    else if (s.size[0] > INT32_MAX)
        wrong = "more steps than an i32 can count";
    else if (!rn_is_null(valid) &&
             !(rn_type_get(valid) == RN_I32 && v.rank == 1 && v.size[0] == s.size[1]) &&
             !(rn_type_get(valid) == RN_BOOL && v.rank == 2 && v.size[0] == s.size[0] &&
               v.size[1] == s.size[1]))
        wrong = "valid must be lengths, i32 [B], or a mask, bool [T, B]";
    if (!wrong) return true;
    rn__describe(x, text, sizeof text);
    if (rn_is_null(valid))
        rn_fail(x.graph, "pool_time: %s: %s", wrong, text);
    else
        rn_fail(x.graph, "pool_time: %s: %s, %s", wrong, text,
                rn__describe(valid, of_valid, sizeof of_valid));
    return false;
}

rn_tensor rn_pool_time(rn_tensor x, rn_tensor valid, rn_pooling how)
{
    rn__frame f;

    if (rn_is_null(x))
        return rn__null_refuse(valid.graph, "pool_time", NULL, RN__NULL_X, x);
    if (rn__null_named(valid))
        return rn__null_refuse(x.graph, "pool_time", "valid", RN__NULL_X, valid);
    if (!fits(x, valid, (int)how)) return rn_null();
    rn__frame_enter(&f, "pool_time", NULL, x, valid);
    f.noun = "length";
    if (rn_size(x, 0) == 0) { /* nothing is the largest, or the first */
        rn_shape s = rn_shape_get(x);
        for (int i = 1; i < s.rank; i++) s.size[i - 1] = s.size[i];
        s.rank--;
        return rn__frame_leave(&f, rn_fill(x.graph, rn_type_get(x), s, 0));
    }
    const steps all = steps_of(x, valid);
    return rn__frame_leave(&f, pooled(&all, how));
}

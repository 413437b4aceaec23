/* SPDX-License-Identifier: MIT */
/* Looking at calls for births. */
#include "run/look.h"

#include <math.h>

#include "run/flags.h"
#include "run/values.h"

enum { PIECE = 128 };

/* Operands of some elements of a row. */
typedef struct piece {
    double value[RN__MAP_OPERANDS][PIECE];
    bool gone[RN__MAP_OPERANDS];
} piece;

static bool is_real(const rn_array *array)
{
    return array->type == RN_F32 || array->type == RN_F64;
}

void rn__look_begin(rn__look *look, const rn__call *call, int64_t from, const char *out,
                    const int64_t *step)
{
    (void)call;
    look->out = out;
    look->from = from;
    look->step = step;
}

/* ---- maps ---- */

static void gather(const rn__call *call, int64_t from, int64_t n, const void *const *in,
                   const int64_t *stride, piece *p)
{
    for (int i = 0; i < call->inputs; i++)
        for (int64_t k = 0; k < n; k++)
            p->value[i][k] =
                rn__values_read(call->array[i].type, in[i], (from + k) * stride[i]);
}

/* Which element of operand i goes into an element of the output. */
static int64_t source_of(const rn__call *call, int i, int64_t element)
{
    const rn_array *out = &call->array[call->inputs], *in = &call->array[i];
    int64_t source = 0, step = 1;

    for (int axis = out->rank - 1; axis >= 0; axis--) {
        const int own = axis - (out->rank - in->rank);
        const int64_t index = element % out->size[axis];
        element /= out->size[axis];
        if (own < 0) break;
        if (in->size[own] > 1) source += index * step;
        step *= in->size[own];
    }
    return source;
}

static bool born(const rn__call *call, const piece *p, int64_t k, double value)
{
    for (int i = 0; i < call->inputs; i++) {
        const double x = p->value[i][k];
        if (p->gone[i]) continue;
        if (isnan(value) ? isnan(x) : !isfinite(x)) return false;
    }
    return true;
}

static void report(rn__look *look, const rn__call *call, const piece *p, int64_t k,
                   int64_t element, double value)
{
    rn_nonfinite_operand operand[RN_NONFINITE_OPERANDS];

    for (int i = 0; i < call->inputs && i < RN_NONFINITE_OPERANDS; i++) {
        operand[i].element = p->gone[i] ? -1 : source_of(call, i, element);
        operand[i].value = p->gone[i] ? (double)NAN : p->value[i][k];
    }
    rn__birth_add(look, call, look->step, element, value, operand);
}

/* Elements from..from + n - 1 of a row whose output begins at `out`. */
static bool examine(rn__look *look, const rn__call *call, const piece *p, int64_t from,
                    int64_t n, const char *out)
{
    const rn_type type = call->array[call->inputs].type;
    const int64_t row = (out - look->out) / (int64_t)rn_type_size(type);

    for (int64_t k = 0; k < n; k++) {
        const double value = rn__values_read(type, out, from + k);
        if (isfinite(value) || !born(call, p, k, value)) continue;
        report(look, call, p, k, look->from + row + from + k, value);
        return true;
    }
    return false;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The row has been run and has raised a flag. */
static void examine_row(rn__look *look, const rn__call *call, int64_t n,
                        const void *const *in, const int64_t *stride, const char *out)
{
    piece p;

    for (int i = 0; i < call->inputs; i++) p.gone[i] = in[i] == (const void *)out;
    for (int64_t from = 0; from < n; from += PIECE) {
        const int64_t some = least(n - from, PIECE);
        gather(call, from, some, in, stride, &p);
        if (examine(look, call, &p, from, some, out)) return;
    }
}

/* Runs the row piece by piece, so that a little memory is enough for operands that it
 * overwrites. An element is the same whatever others it is computed with. */
static void run_pieces(rn__look *look, const rn__call *call, int64_t n,
                       const void *const *in, const int64_t *stride, char *out)
{
    const int64_t size = (int64_t)rn_type_size(call->array[call->inputs].type);
    bool found = false;
    piece p = {.gone = {false}};

    for (int64_t from = 0; from < n; from += PIECE) {
        const int64_t some = least(n - from, PIECE);
        const void *at[RN__MAP_OPERANDS];
        for (int i = 0; i < call->inputs; i++)
            at[i] = (const char *)in[i] +
                    from * stride[i] * (int64_t)rn_type_size(call->array[i].type);
        if (!found) gather(call, from, some, in, stride, &p);
        call->code.map(some, at, stride, out + from * size, call->attributes);
        if (!found) found = examine(look, call, &p, from, some, out);
    }
}

void rn__look_row(rn__look *look, const rn__call *call, int64_t n, const void *const *in,
                  const int64_t *stride, void *out)
{
    const bool wanted = is_real(&call->array[call->inputs]) && rn__birth_wanted(look, call);

    if (wanted && !look->by_flags) {
        run_pieces(look, call, n, in, stride, (char *)out);
        return;
    }
    call->code.map(n, in, stride, out, call->attributes);
    if (!look->by_flags || !rn__flags_raised()) return;
    if (wanted) examine_row(look, call, n, in, stride, (const char *)out);
    rn__flags_clear();
}

/* ---- kernels ---- */

/* Nobody here knows which elements a kernel made one of, so one NaN among all of its
 * operands may have become any NaN of its output. */
void rn__look_kernel(rn__look *look, const rn__call *call, const int64_t *step)
{
    const rn_array *out = &call->array[call->inputs];
    rn_nonfinite_operand operand[RN_NONFINITE_OPERANDS];
    bool finite = true;

    if (!rn__birth_wanted(look, call) || rn__values_first(out, false) < 0) return;
    for (int i = 0; i < call->inputs; i++) {
        if (rn__values_first(&call->array[i], true) >= 0) return;
        finite = finite && rn__values_first(&call->array[i], false) < 0;
    }
    const int64_t element = rn__values_first(out, !finite);
    if (element < 0) return;
    for (int i = 0; i < call->inputs && i < RN_NONFINITE_OPERANDS; i++) {
        const int64_t k = rn__values_largest(&call->array[i]);
        operand[i].element = k;
        operand[i].value = k < 0 ? (double)NAN : rn__values_at(&call->array[i], k);
    }
    rn__birth_add(look, call, step, element, rn__values_at(out, element), operand);
}

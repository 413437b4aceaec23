/* SPDX-License-Identifier: MIT */
/*
 * Tracing the rows of a map: a NaN although no operand is one, an infinity although all
 * operands are finite.
 *
 * A tracer that goes by flags examines a row after it has raised a flag, when it may have
 * overwritten operands. Otherwise rows run in pieces, their operands copied before.
 */
#include <math.h>

#include "backend/cpu/cpu.h"
#include "backend/cpu/flags.h"
#include "backend/values.h"

enum { PIECE = 128 };

/* Operands of some elements of a row. */
typedef struct piece {
    double value[RN__MAP_OPERANDS][PIECE];
    bool gone[RN__MAP_OPERANDS];
} piece;

static const rn__operand *operands(const rn__cpu_context *c, const rn__cpu_call *call)
{
    return rn__step_operands(c->program->plan, call->step);
}

void rn__cpu_trace_begin(rn__cpu_context *c, int64_t from, const char *out)
{
    c->out = out;
    c->from = from;
}

static void gather(const rn__cpu_context *c, const rn__cpu_call *call, int64_t from,
                   int64_t n, const void *const *in, const int64_t *stride, piece *p)
{
    for (int i = 0; i < call->inputs; i++)
        for (int64_t k = 0; k < n; k++)
            p->value[i][k] =
                rn__values_read(operands(c, call)[i].type, in[i], (from + k) * stride[i]);
}

/* Which element of an operand goes into an element of the output. */
static int64_t source_of(const rn__operand *in, const rn__operand *out, int64_t element)
{
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

/* Whether the operands of element k do not explain a value that is not finite. */
static bool is_first(const rn__cpu_call *call, const piece *p, int64_t k, double value)
{
    for (int i = 0; i < call->inputs; i++) {
        const double x = p->value[i][k];
        if (p->gone[i]) continue;
        if (isnan(value) ? isnan(x) : !isfinite(x)) return false;
    }
    return true;
}

static void report(rn__cpu_context *c, const rn__cpu_call *call, const piece *p, int64_t k,
                   int64_t element, double value)
{
    const int inputs = call->inputs;
    const rn__operand *operand = operands(c, call);
    rn_nonfinite_operand of[RN_NONFINITE_OPERANDS];

    for (int i = 0; i < inputs && i < RN_NONFINITE_OPERANDS; i++) {
        of[i].element = p->gone[i] ? -1 : source_of(&operand[i], &operand[inputs], element);
        of[i].value = p->gone[i] ? (double)NAN : p->value[i][k];
    }
    rn__finding_add(c->tracer, call->step, c->iteration, element, value, of);
}

/* Which element of the output is so many bytes after the first. Its rows may be apart. */
static int64_t element_at(const rn__cpu_call *call, int64_t bytes)
{
    const int operands = call->inputs + 1;
    int64_t element = 0, rest = bytes;

    for (int axis = 0; axis < call->rank; axis++) {
        const int64_t by = call->move[axis * operands + call->inputs];
        element = element * call->size[axis] + rest / by;
        rest %= by;
    }
    return element;
}

/* Elements from..from + n - 1 of a row whose output begins at `out`. */
static bool examine(rn__cpu_context *c, const rn__cpu_call *call, const piece *p,
                    int64_t from, int64_t n, const char *out)
{
    const rn_type type = operands(c, call)[call->inputs].type;
    const int64_t row = element_at(call, out - c->out);

    for (int64_t k = 0; k < n; k++) {
        const double value = rn__values_read(type, out, from + k);
        if (isfinite(value) || !is_first(call, p, k, value)) continue;
        report(c, call, p, k, c->from + row + from + k, value);
        return true;
    }
    return false;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The row has run and has raised a flag. */
static void examine_row(rn__cpu_context *c, const rn__cpu_call *call, int64_t n,
                        const void *const *in, const int64_t *stride, const char *out)
{
    piece p;

    for (int i = 0; i < call->inputs; i++) p.gone[i] = in[i] == (const void *)out;
    for (int64_t from = 0; from < n; from += PIECE) {
        const int64_t some = least(n - from, PIECE);
        gather(c, call, from, some, in, stride, &p);
        if (examine(c, call, &p, from, some, out)) return;
    }
}

/* Runs the row piece by piece, so that little memory is enough for operands that it
 * overwrites. An element is the same whatever others it is computed with. */
static void run_pieces(rn__cpu_context *c, const rn__cpu_call *call, int64_t n,
                       const void *const *in, const int64_t *stride, char *out)
{
    const rn__operand *operand = operands(c, call);
    const int inputs = call->inputs;
    const int64_t size = (int64_t)rn_type_size(operand[inputs].type);
    bool found = false;
    piece p = {.gone = {false}};

    for (int64_t from = 0; from < n; from += PIECE) {
        const int64_t some = least(n - from, PIECE);
        const void *at[RN__MAP_OPERANDS];
        for (int i = 0; i < inputs; i++)
            at[i] = (const char *)in[i] +
                    from * stride[i] * (int64_t)rn_type_size(operand[i].type);
        if (!found) gather(c, call, from, some, in, stride, &p);
        call->code.map(some, at, stride, out + from * size, call->attributes);
        if (!found) found = examine(c, call, &p, from, some, out);
    }
}

void rn__cpu_trace_row(rn__cpu_context *c, const rn__cpu_call *call, int64_t n,
                       const void *const *in, const int64_t *stride, void *out)
{
    const bool wanted = rn__is_real(operands(c, call)[call->inputs].type) &&
                        rn__finding_wanted(c->tracer, call->step);

    if (wanted && !c->tracer->by_flags) {
        run_pieces(c, call, n, in, stride, (char *)out);
        return;
    }
    call->code.map(n, in, stride, out, call->attributes);
    if (!c->tracer->by_flags || !rn__flags_raised()) return;
    if (wanted) examine_row(c, call, n, in, stride, (const char *)out);
    rn__flags_clear();
}

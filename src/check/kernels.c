/* SPDX-License-Identifier: MIT */
/*
 * Whether the f32 kernels compute what the f64 kernels do. All else of the check runs in
 * f64 and never calls them.
 *
 * First the loss runs in both types, on the same values, which are rounded to f32. If the
 * results differ by more than f32 rounding explains, each operator runs alone in both types
 * on its operands in the run, rounded too. The error bound is how far the f64 result moves
 * when the operands move by a rounding error of f32, and some rounding errors of the result
 * or of 1, which a kernel may have added on the way. A result that is not finite is
 * ignored: f32 overflows sooner.
 */
#include <float.h>
#include <math.h>

#include "check/culprit.h"
#include "ops/table.h"

/* Perturbations of the operands; the factor on how far they move the result; the number of
 * rounding errors of the result itself. */
enum { MOVES = 4, SURE = 8, ROUNDINGS = 64 };

static const double rounding = FLT_EPSILON / 2;

/* A function of some operands in both types. */
typedef struct kernels {
    rn_graph *graph;
    rn_tensor y;
    const rn_tensor *x;
    const void *const *value; /* f64 where real */
    int inputs;
    double strength; /* of a perturbation, relative */
    double floor;    /* rounding errors are at least of this size */
    double noise;    /* of y by rounding, on top of what the perturbations show */
    rn_program *f32, *f64;
    rn__arena arena;
    bool no_memory;
    int64_t count;
    double *wide, *moved, *spread;
    float *narrow;
    /* Where they differ most. */
    int64_t element;
    double excess, bound;
} kernels;

static size_t bytes_of(rn_tensor x, rn_type type)
{
    return (size_t)rn_shape_count(rn_shape_get(x)) * rn_type_size(type);
}

/* How far perturbation `move` moves an element: up, down, then at random. */
static double shift(const kernels *k, int move, int i, int64_t element)
{
    const double r = move == 0 ? 1
                     : move == 1
                         ? -1
                         : rn__probe_normal((uint64_t)move, (uint32_t)i, (uint64_t)element);
    return 1 + k->strength * r;
}

/* Feeds an operand rounded to f32 and then, in f64, perturbed; move -1: not. */
static bool feed(kernels *k, rn_program *program, int i, int move)
{
    const rn_type type = rn_program_type(program, k->x[i]);
    const size_t bytes = bytes_of(k->x[i], type);
    const double *value = (const double *)k->value[i];

    if (!rn__is_real(type)) return rn_feed(program, k->x[i], value, bytes) == RN_OK;
    rn__arena arena = {.allocator = k->arena.allocator};
    void *room = rn__arena_new(&arena, bytes);
    bool ok = room != NULL;
    k->no_memory = k->no_memory || !ok;
    for (int64_t e = 0; ok && e < rn_shape_count(rn_shape_get(k->x[i])); e++) {
        const float rounded = (float)value[e];
        ok = isfinite(rounded);
        if (type == RN_F32)
            ((float *)room)[e] = rounded;
        else
            ((double *)room)[e] = rounded * (move < 0 ? 1 : shift(k, move, i, e));
    }
    ok = ok && rn_feed(program, k->x[i], room, bytes) == RN_OK;
    rn__arena_finish(&arena);
    return ok;
}

static bool run(kernels *k, rn_program *program, int move, void *y)
{
    bool ok = true;

    for (int i = 0; ok && i < k->inputs; i++) ok = feed(k, program, i, move);
    return ok && rn_run(program) == RN_OK &&
           rn_read(program, k->y, y, bytes_of(k->y, rn_program_type(program, k->y))) ==
               RN_OK;
}

/* Measures how far rounding the operands moves each element. */
static bool measure(kernels *k)
{
    for (int move = 0; move < MOVES; move++) {
        if (!run(k, k->f64, move, k->moved)) return false;
        for (int64_t e = 0; e < k->count; e++) {
            const double by = fabs(k->moved[e] - k->wide[e]);
            k->spread[e] = isnan(by) ? (double)INFINITY : fmax(k->spread[e], by);
        }
    }
    return true;
}

/* Compiles for both types. */
static bool compile(kernels *k)
{
    rn_compile_options options = {RN_OUTPUTS(k->y)};

    if (!k->f64) k->f64 = rn_compile(k->graph, options);
    options.convert = true, options.real = RN_F32;
    k->f32 = k->f64 ? rn_compile(k->graph, options) : NULL;
    k->count = rn_shape_count(rn_shape_get(k->y));
    k->wide = (double *)rn__arena_new(&k->arena, (size_t)k->count * sizeof *k->wide);
    k->moved = (double *)rn__arena_new(&k->arena, (size_t)k->count * sizeof *k->moved);
    k->spread = (double *)rn__arena_new(&k->arena, (size_t)k->count * sizeof *k->spread);
    k->narrow = (float *)rn__arena_new(&k->arena, (size_t)k->count * sizeof *k->narrow);
    k->no_memory = !k->wide || !k->moved || !k->spread || !k->narrow || k->graph->no_memory;
    return !k->no_memory && k->f32 && rn_program_type(k->f32, k->y) == RN_F32 &&
           rn_program_type(k->f64, k->y) == RN_F64;
}

/* Whether they differ at these values; false too when there is nothing to compare. */
static bool differ(kernels *k)
{
    k->excess = 1;
    k->element = -1;
    if (!run(k, k->f64, -1, k->wide) || !run(k, k->f32, -1, k->narrow)) return false;
    for (int64_t e = 0; e < k->count; e++) k->spread[e] = 0;
    if (!measure(k)) return false;
    for (int64_t e = 0; e < k->count; e++) {
        const double size = fmax(k->floor, fabs(k->wide[e]));
        const double bound = SURE * (k->spread[e] + k->noise) + ROUNDINGS * rounding * size;
        const double off = fabs((double)k->narrow[e] - k->wide[e]);
        if (!isfinite(k->narrow[e]) || !(off > k->excess * bound)) continue;
        k->excess = off / bound;
        k->bound = bound;
        k->element = e;
    }
    return k->element >= 0;
}

static void finish(kernels *k)
{
    rn_program_free(k->f32);
    rn_program_free(k->f64);
    rn__arena_finish(&k->arena);
}

/* ---- an operator alone ---- */

static void name(const kernels *k, const rn__suspect *suspect, int64_t run,
                 rn_gradcheck_culprit *c)
{
    rn__culprit_place(c, suspect, run);
    c->kind = RN_CULPRIT_KERNEL;
    c->mistake = RN_MISTAKE_TYPES;
    c->element = k->element;
    c->shape = rn_shape_get(k->y);
    c->analytic = k->narrow[k->element];
    c->numeric = k->wide[k->element];
    c->error = k->bound;
    rn__culprit_text(c, suspect, NULL);
}

/* At several steps of the loops around it. */
static bool differ_at_steps(kernels *k, const rn__suspect *suspect, const void **value,
                            rn_gradcheck_culprit *c)
{
    enum { STEPS = 5 };
    const int64_t steps = suspect->runs < STEPS ? suspect->runs : STEPS;

    for (int64_t step = 0; step < steps; step++) {
        const int64_t run = rn__suspect_run(suspect, step, steps);
        for (int i = 0; i < k->inputs; i++) value[i] = rn__suspect_value(suspect, i, run);
        if (!differ(k)) continue;
        name(k, suspect, run, c);
        return true;
    }
    return false;
}

/* Whether this is the culprit. */
static bool suspect_differs(rn__search *s, rn__suspect *suspect, bool *no_memory)
{
    const rn__node *node = rn__at(suspect->graph, suspect->id);
    const size_t n = (size_t)node->inputs;
    kernels k = {.graph = rn_graph_new_using(s->copy->allocator),
                 .inputs = node->inputs,
                 .floor = 1,
                 .arena = {.allocator = s->copy->allocator}};
    rn_tensor *x = (rn_tensor *)rn__arena_new(&k.arena, n * sizeof *x);
    const void **value = (const void **)rn__arena_new(&k.arena, n * sizeof *value);
    bool found = false;

    k.no_memory = !k.graph || !x || !value || !rn__suspect_read(s, suspect, &k.arena);
    for (int i = 0; !k.no_memory && i < k.inputs; i++) {
        const rn__node *in = rn__at(suspect->graph, node->in[i]);
        x[i] = rn_input(k.graph, "", in->type, in->shape);
    }
    if (!k.no_memory) {
        k.x = x, k.value = value;
        k.y = rn_apply(node->op, x, k.inputs, node->attributes, node->attribute_size);
        k.strength = rounding;
        /* Adding up one after the other makes as many errors, which may all be alike. */
        if (!rn__is_elementwise(node->op)) k.strength *= rn__terms(node, x);
        found = !rn_is_null(k.y) && compile(&k) &&
                differ_at_steps(&k, suspect, value, s->culprit);
    }
    *no_memory = *no_memory || k.no_memory;
    finish(&k);
    rn_graph_free(k.graph);
    return found;
}

bool rn__suspects_kernels(rn__search *s)
{
    bool no_memory = false;

    for (int i = 0; i < s->suspects.count; i++) {
        rn__suspect *suspect = rn__list_at(s->suspects, rn__suspect, i);
        const rn_op *op = rn__at(suspect->graph, suspect->id)->op;
        if (op == &rn__op_loop || (op->flags & RN_OP_TYPED)) continue;
        if (suspect_differs(s, suspect, &no_memory)) break;
    }
    return !no_memory;
}

/* ---- the loss ---- */

bool rn__kernels_differ(rn__probe *p)
{
    const size_t n = (size_t)p->inputs;
    rn_tensor *x = (rn_tensor *)rn__arena_new(&p->arena, n * sizeof *x);
    const void **value = (const void **)rn__arena_new(&p->arena, n * sizeof *value);
    kernels k = {.graph = p->graph,
                 .y = p->output[0].y,
                 .x = x,
                 .value = value,
                 .inputs = p->inputs,
                 .f64 = p->forward,
                 .strength = rounding,
                 .noise = p->output[0].noise[0] / (DBL_EPSILON / 2) * rounding,
                 .arena = {.allocator = p->arena.allocator}};

    for (int i = 0; x && value && i < p->inputs; i++)
        x[i] = p->input[i].x, value[i] = p->input[i].value;
    const bool found = x && value && compile(&k) && differ(&k);
    if (!x || !value || k.no_memory) rn__probe_no_memory(p);
    k.f64 = NULL; /* the probe's */
    finish(&k);
    return found;
}

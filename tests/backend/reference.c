/* SPDX-License-Identifier: MIT */
/*
 * The reference back end: runs any plan, one element at a time.
 *
 * It shares the plan and the back end's interface with the library, and where values that
 * are not finite come from is worked out by the part that all back ends share.
 */
#include "reference_inside.h"

#include "ops/table.h"
#include "program/program.h"

#include <criterion/criterion.h>
#include <fenv.h>
#include <stdlib.h>
#include <string.h>

/* As the library's own, so that both run the same plan. A test compiles this file with
 * tiles of a few elements. */
#ifndef RN_TILE_BYTES
#define RN_TILE_BYTES 8192
#endif

/* ---- memory ---- */

char *rn_reference_at(const rn_reference *r, const rn__address *address)
{
    char *place = r->base[address->buffer] + address->offset;

    if (r->rows && r->plan->buffer[address->buffer].tiled) {
        const int64_t bytes = (int64_t)r->plan->buffer[address->buffer].bytes;
        place -= r->from * (bytes / r->tile);
    }
    for (int d = 0; d < RN__ADVANCES; d++) place += r->iteration[d] * address->advance[d];
    return place;
}

/* Where element i, row by row, of `shape` lies in an operand that broadcasts to it. */
char *rn_reference_element(const rn_reference *r, const rn__operand *o, rn_shape shape,
                           int64_t i)
{
    int64_t offset = 0;

    for (int axis = shape.rank - 1; axis >= 0; axis--) {
        const int own = axis - (shape.rank - o->rank);
        if (own >= 0 && o->size[own] != 1) offset += i % shape.size[axis] * o->stride[own];
        i /= shape.size[axis];
    }
    return rn_reference_at(r, &o->at) + offset * (int64_t)rn_type_size(o->type);
}

rn_shape rn_reference_shape(const rn__operand *o)
{
    return rn_shape_of(o->rank, o->size);
}

quad rn_reference_get(rn_type type, const char *from)
{
    const rn__node node = {.type = type};
    quad value;

    rn_test_quad_read(&node, from, &value, 1);
    return value;
}

void rn_reference_put(rn_type type, char *to, quad value)
{
    const float f32 = (float)value;
    const double f64 = (double)value;
    const int32_t i32 = type == RN_I32 ? (int32_t)value : 0;
    const uint8_t boolean = value != 0;

    memcpy(to,
           type == RN_F32   ? (const void *)&f32
           : type == RN_F64 ? (const void *)&f64
           : type == RN_I32 ? (const void *)&i32
                            : (const void *)&boolean,
           rn_type_size(type));
}

int64_t rn_reference_limit(const rn_reference *r, const rn__address *address, int64_t most)
{
    int32_t limit;

    memcpy(&limit, rn_reference_at(r, address), sizeof limit);
    return limit < 0 ? 0 : limit < most ? limit : most;
}

rn_shape rn_reference_cut(const rn_reference *r, const rn__step *step, const rn__operand *o)
{
    rn_shape shape = rn_reference_shape(o);

    if (step->limit.buffer >= 0 && o->limit_rows)
        shape.size[o->limit_axis] =
            o->limit_rows * rn_reference_limit(r, &step->limit, step->limit_of);
    return shape;
}

int64_t rn_reference_count(const rn_reference *r, const rn__step *step,
                           const rn__operand *o)
{
    return rn_shape_count(rn_reference_cut(r, step, o));
}

/* ---- blocks and the planner's own steps ---- */

bool rn_reference_runs(const rn_reference *r, int64_t i, int64_t count)
{
    const int64_t row = r->rows ? i / (count / r->rows) : 0;

    return r->rows == 0 || (row >= r->from && row < r->end);
}

static int64_t count_of(const rn__operand *o)
{
    return rn_shape_count(rn_reference_shape(o));
}

static bool run_chain_by_rows(rn_reference *r, int32_t index)
{
    const rn__step *step = r->plan->step, *chain = &step[index], *first = &step[index + 1];
    const int64_t all = chain->chain_rows, tile = chain->tile;
    int64_t rows = all;
    bool ok = true;

    if (first->limit.buffer >= 0)
        rows =
            all / first->limit_of * rn_reference_limit(r, &first->limit, first->limit_of);
    for (int64_t from = 0; ok && from < rows; from += tile) {
        r->rows = all, r->tile = tile;
        r->from = from, r->end = rows - from < tile ? rows : from + tile;
        for (int32_t i = index + 1; ok && i < chain->end; i++) {
            const int64_t row = count_of(rn__step_output(r->plan, &step[i])) / all;
            if (step[i].kind == RN__STEP_MAP)
                rn_reference_map(r, &step[i], r->from * row, r->end * row);
            else
                ok = rn_reference_kernel(r, &step[i]);
        }
    }
    r->rows = 0;
    return ok;
}

static void run_chain(rn_reference *r, int32_t index)
{
    const rn__step *step = r->plan->step, *chain = &step[index];
    const int64_t count =
        rn_reference_count(r, &step[index + 1], rn__step_output(r->plan, &step[index + 1]));

    for (int64_t from = 0; from < count; from += chain->tile) {
        const int64_t end = count - from < chain->tile ? count : from + chain->tile;
        for (int32_t i = index + 1; i < chain->end; i++)
            rn_reference_map(r, &step[i], from, end);
    }
}

static bool run_steps(rn_reference *r, int32_t first, int32_t end);

static bool run_loop(rn_reference *r, int32_t index)
{
    const rn__step *step = &r->plan->step[index];
    const rn__operand *o = rn__step_operands(r->plan, step);
    const int64_t n =
        step->inputs ? rn_reference_limit(r, &o[0].at, step->iterations) : step->iterations;
    bool ok = true;

    for (int64_t i = 0; i < n && ok; i++) {
        const int64_t t = step->reverse ? n - 1 - i : i;
        r->iteration[step->depth] = 0;
        if (o[step->inputs].at.buffer >= 0)
            rn_reference_put(RN_I32, rn_reference_at(r, &o[step->inputs].at), (quad)t);
        if (step->inputs > 1)
            r->iteration[RN_LOOP_DEPTH + step->depth] = (int64_t)rn_reference_get(
                RN_I32, rn_reference_element(r, &o[1], rn_reference_shape(&o[1]), t));
        r->iteration[step->depth] = t;
        ok = run_steps(r, index + 1, step->end);
    }
    r->iteration[step->depth] = r->iteration[RN_LOOP_DEPTH + step->depth] = 0;
    return ok;
}

static bool run_steps(rn_reference *r, int32_t first, int32_t end)
{
    for (int32_t i = first; i < end; i++) {
        const rn__step *step = &r->plan->step[i];
        const bool block = step->kind == RN__STEP_LOOP || step->kind == RN__STEP_CHAIN;
        if (step->kind == RN__STEP_LOOP && !run_loop(r, i)) return false;
        if (step->kind == RN__STEP_KERNEL && !rn_reference_kernel(r, step)) return false;
        if (step->kind == RN__STEP_CHAIN && step->chain_rows) {
            if (!run_chain_by_rows(r, i)) return false;
        } else if (step->kind == RN__STEP_CHAIN) {
            run_chain(r, i);
        }
        if (step->kind == RN__STEP_MAP)
            rn_reference_map(r, step, 0,
                             rn_reference_count(r, step, rn__step_output(r->plan, step)));
        if (step->kind == RN__STEP_COPY) rn_reference_copy(r, step);
        if (step->kind == RN__STEP_PACK) rn_reference_pack(r, step);
        if (step->kind == RN__STEP_TAIL) rn_reference_tail(r, step);
        if (block) i = step->end - 1;
    }
    return true;
}

/* ---- the record ---- */

static char *data_of(const void *with, const rn__operand *operand)
{
    return rn_reference_at((const rn_reference *)with, &operand->at);
}

static void unload(void *loaded)
{
    rn_reference *r = (rn_reference *)loaded;

    if (!r) return;
    rn__watch_finish(&r->watch);
    free(r->workspace);
    free(r->tiles);
    free(r->scratch);
    free(r->base);
    free(r);
}

static void fill(const rn_reference *r, const rn__buffer *b)
{
    const rn__node *leaf = rn__at(r->plan->graph, b->leaf);
    char *to = r->workspace + b->offset;

    if (leaf->op == &rn__op_scalar)
        rn__scalar_store(leaf->type, *(const double *)leaf->attributes, to);
    if (leaf->op == &rn__op_constant) memcpy(to, leaf->attributes, leaf->attribute_size);
}

static void *load(const rn__plan *plan, size_t scratch, int threads)
{
    const size_t most = (size_t)1 << 40;
    (void)threads;

    if (plan->workspace_bytes > most || scratch > most) return NULL;
    rn_reference *r = (rn_reference *)rn_test_quad_room(1, sizeof *r);
    const size_t n = (size_t)plan->buffers;

    r->plan = plan;
    r->base = (char **)calloc(n + 1, sizeof *r->base);
    r->workspace = (char *)calloc(plan->workspace_bytes + 1, 1);
    r->tiles = (char *)calloc(plan->tile_memory_bytes + 1, 1);
    r->scratch = (char *)aligned_alloc(64, (scratch / 64 + 1) * 64);
    r->scratch_bytes = scratch;
    if (!r->base || !r->workspace || !r->tiles || !r->scratch) {
        unload(r);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        const rn__buffer *b = &plan->buffer[i];
        r->base[i] = b->kind == RN__BUFFER_VARIABLE
                         ? (char *)rn__at(plan->graph, b->leaf)->variable->data
                         : (b->tiled ? r->tiles : r->workspace) + b->offset;
        if (b->kind == RN__BUFFER_KEPT && b->part.buffer < 0) fill(r, b);
    }
    cr_assert(rn__watch_init(&r->watch, plan, data_of, r));
    return r;
}

/* The operand that the operator packs; how many bytes is up to this back end. */
static size_t packed(const rn__plan *plan, const rn__step *step, int *operand)
{
    const size_t library = rn__step_packed(plan, step, operand);

    if (library == 0 || library == SIZE_MAX) return library;
    const rn__operand *o = rn__step_operands(plan, step) + *operand;
    return (size_t)rn_shape_count(rn_reference_shape(o)) * rn_type_size(o->type);
}

static bool supports(const rn_op *op, rn_type variant)
{
    const rn__code code = rn__op_code(op, variant);

    return code.map || code.kernel;
}

static size_t bytes(const void *loaded)
{
    const rn_reference *r = (const rn_reference *)loaded;

    return r->plan->workspace_bytes + r->plan->tile_memory_bytes + r->scratch_bytes;
}

static bool run_traced(void *self, rn__tracer *tracer, int32_t first, int32_t end)
{
    ((rn_reference *)self)->tracer = tracer;
    return run_steps((rn_reference *)self, first, end);
}

static void clear(void *self)
{
    ((rn_reference *)self)->raised = false;
}

static bool raised(void *self)
{
    return ((const rn_reference *)self)->raised;
}

static const int32_t *numbers(void *self, const rn__step *step, const rn__address *address)
{
    (void)step;
    return (const int32_t *)(const void *)rn_reference_at((const rn_reference *)self,
                                                          address);
}

static bool run(void *loaded, char *error, size_t capacity)
{
    rn_reference *r = (rn_reference *)loaded;
    const rn__watched_run how = {r, run_traced, clear, raised, numbers};

    fexcept_t flags;

    fegetexceptflag(&flags, FE_ALL_EXCEPT);
    r->error = error;
    r->capacity = capacity;
    memset(r->iteration, 0, sizeof r->iteration);
    const bool ok = r->plan->watch.on ? rn__watch_run(&r->watch, &how)
                                      : run_traced(r, NULL, 0, r->plan->steps);
    fesetexceptflag(&flags, FE_ALL_EXCEPT);
    return ok;
}

static void feed(void *loaded, const rn__operand *to, const void *data)
{
    const rn_reference *r = (const rn_reference *)loaded;
    const size_t size = rn_type_size(to->type);

    for (int64_t i = 0; i < rn_shape_count(rn_reference_shape(to)); i++)
        memcpy(rn_reference_element(r, to, rn_reference_shape(to), i),
               (const char *)data + (size_t)i * size, size);
}

static void read(const void *loaded, const rn__operand *from, void *data)
{
    const rn_reference *r = (const rn_reference *)loaded;
    const size_t size = rn_type_size(from->type);

    for (int64_t i = 0; i < rn_shape_count(rn_reference_shape(from)); i++)
        memcpy((char *)data + (size_t)i * size,
               rn_reference_element(r, from, rn_reference_shape(from), i), size);
}

static bool nonfinite(const void *loaded, int index, rn_nonfinite *out)
{
    return rn__watch_found(&((const rn_reference *)loaded)->watch, index, out);
}

const rn__backend rn_test_reference = {.name = "reference",
                                       .tile_bytes = RN_TILE_BYTES,
                                       .packed = packed,
                                       .supports = supports,
                                       .scratch = rn__step_scratch,
                                       .load = load,
                                       .free = unload,
                                       .bytes = bytes,
                                       .run = run,
                                       .feed = feed,
                                       .read = read,
                                       .nonfinite = nonfinite};

rn_program *rn_compile_on_reference(rn_graph *graph, rn_compile_options options)
{
    return rn__compile_for(&rn_test_reference, graph, options);
}

/* SPDX-License-Identifier: MIT */
/*
 * Scans by maps: states whose next values are computed by the kernels of other operators,
 * one step after the other, for columns whose values stay in the cache.
 */
#include "ops/linear_scan.h"

#include "kernel/strided.h"
#include "ops/table.h"

#include <string.h>

enum { VALUES = RN__SCAN_OPERANDS + RN__SCAN_MAPS };
enum { TILE = 512 }; /* columns that go through time together */

typedef struct values {
    const rn_call *call;
    const rn__scan_program *program;
    rn_map map[RN__SCAN_MAPS];
    int state;            /* the number of the first state */
    int64_t apart;        /* bytes from a state to the next one */
    int64_t size[VALUES]; /* of an element */
    int64_t next[VALUES]; /* bytes from a step to the one that is computed next */
    int64_t by[VALUES];   /* from a column to the next one, in elements */
    char *at[VALUES];
} values;

static char *scratch_of(const values *v, int map)
{
    return (char *)v->call->scratch + map * TILE * v->size[v->state];
}

/* One step of n columns, from which the states are in y. */
static void step(values *v, int64_t n, char *y)
{
    const rn__scan_program *p = v->program;
    const int results = v->call->inputs;

    for (int i = 0; i < p->states; i++) v->at[p->out[i]] = y + i * v->apart;
    for (int k = 0; k < p->maps; k++) {
        const rn__scan_map *m = &p->map[k];
        const void *in[3];
        int64_t by[8] = {0, 0, 0, 1}; /* of a product of one row; ops/table.h */
        for (int i = 0; i < m->inputs; i++)
            in[i] = v->at[m->in[i]], by[i] = v->by[m->in[i]];
        v->map[k](n, in, by, v->at[results + k],
                  m->inputs == 3 && (m->op->flags & RN_OP_PRODUCTS) ? rn__of_product
                                                                    : NULL);
    }
    for (int i = 0; i < p->states; i++) {
        v->at[v->state + i] = y + i * v->apart;
        v->by[v->state + i] = 1;
    }
}

/* All steps of n columns; y is the first slot. */
static void steps(values *v, int64_t n, char *y)
{
    const int64_t attribute = v->program->attribute, T = v->program->steps;
    const bool reverse = attribute & RN__SCAN_REVERSE, after = attribute & RN__SCAN_AFTER;
    const int64_t size = v->size[v->state], slot = v->call->out->stride[0] * size;
    const int64_t way = reverse ? -slot : slot;

    y += reverse ? (T - after) * slot : 0;
    for (int i = v->state; i < v->call->inputs && !after; i++) {
        char *to = y + (i - v->state) * v->apart;
        for (int64_t k = 0; k < n; k++)
            memcpy(to + k * size, v->at[i] + k * v->by[i] * size, (size_t)size);
    }
    y += after ? 0 : way;
    for (int64_t t = 0; t < T; t++, y += way) {
        step(v, n, y);
        for (int i = 0; i < v->state; i++) v->at[i] += v->next[i];
    }
}

/* What stays the same for all columns. */
static void prepare(values *v)
{
    const rn_call *call = v->call;
    const rn__scan_program *p = v->program;
    const int operands = call->inputs;

    v->state = operands - (int)p->states;
    for (int i = 0; i < operands; i++) {
        v->size[i] = (int64_t)rn_type_size(call->in[i].type);
        v->next[i] = call->in[i].stride[0] * v->size[i];
        if (p->attribute & RN__SCAN_REVERSE) v->next[i] *= -1;
    }
    v->apart = call->out->stride[1] * v->size[v->state];
    for (int k = 0; k < p->maps; k++) {
        v->map[k] = rn__op_code(p->map[k].op, call->out->type).map;
        v->by[operands + k] = 1;
        v->at[operands + k] = scratch_of(v, k);
    }
}

bool rn__scan_by_maps(const rn_call *call)
{
    values v = {.call = call, .program = (const rn__scan_program *)call->attributes};
    const bool reverse = v.program->attribute & RN__SCAN_REVERSE;
    const int y = call->inputs, skip = 1 + (v.program->states > 1);
    int64_t size[RN_RANK_MAX], by[RN__SCAN_OPERANDS + 1][RN_RANK_MAX], outer = 1;
    int64_t *collapse[RN__SCAN_OPERANDS + 1];
    int rank = call->out->rank - skip;

    prepare(&v);
    for (int o = 0; o <= y; o++) {
        const rn_array *x = o < y ? &call->in[o] : call->out;
        collapse[o] = by[o];
        for (int i = 0; i < rank; i++)
            by[o][i] = x->stride[i + (o == y ? skip : o < v.state)];
    }
    for (int i = 0; i < rank; i++) size[i] = call->out->size[skip + i];
    rank = rn__collapse(rank, size, y + 1, collapse);
    const int64_t n = rank ? size[rank - 1] : 1;
    for (int i = 0; i < rank - 1; i++) outer *= size[i];
    for (int64_t k = 0; k < outer; k++)
        for (int64_t first = 0; first < n; first += TILE) {
            int64_t at[RN__SCAN_OPERANDS + 1];
            for (int o = 0; o <= y; o++) {
                at[o] = rank ? first * by[o][rank - 1] : 0;
                for (int64_t i = rank - 2, rest = k; i >= 0; rest /= size[i], i--)
                    at[o] += rest % size[i] * by[o][i];
                if (o == y) continue;
                const int64_t begin = reverse && o < v.state ? v.program->steps - 1 : 0;
                v.by[o] = rank ? by[o][rank - 1] : 1;
                v.at[o] = (char *)call->in[o].data + at[o] * v.size[o] - begin * v.next[o];
            }
            steps(&v, n - first < TILE ? n - first : TILE,
                  (char *)call->out->data + at[y] * v.size[v.state]);
        }
    return true;
}

size_t rn__scan_scratch(const rn_call *call)
{
    const rn__scan_program *p = (const rn__scan_program *)call->attributes;

    if (!(p->attribute & RN__SCAN_MAPPED)) return 0;
    return (size_t)p->maps * TILE * rn_type_size(call->out->type);
}

rn_tensor rn__linear_scan_maps(const rn_tensor *in, int inputs, const rn__scan_program *p)
{
    return rn_apply(&rn__op_linear_scan, in, inputs, p,
                    offsetof(rn__scan_program, map) + (size_t)p->maps * sizeof *p->map);
}

/* SPDX-License-Identifier: MIT */
/* Dividing calls, and comparing the bits. */
#include "divide.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

enum { CUTS = 20 };

/* ---- a call as the library makes it ---- */

static size_t bytes_of(const rn_array *a)
{
    size_t bytes = rn_type_size(a->type);

    for (int i = 0; i < a->rank; i++) bytes *= (size_t)a->size[i];
    return bytes;
}

static char *element_at(const rn_array *a, const int64_t *index, const rn_array *under)
{
    int64_t place = 0;

    for (int i = 0; i < under->rank; i++) {
        const int k = i - (under->rank - a->rank);
        if (k >= 0 && a->size[k] != 1) place += index[i] * a->stride[k];
    }
    return (char *)a->data + place * (int64_t)rn_type_size(a->type);
}

/* Along the last axis the map is called, over the others this walks. */
static void run_map(const job *j, const rn_call *call)
{
    const rn_array *y = call->out;
    const int last = y->rank - 1;
    rn_shape outer = {last < 0 ? 0 : last, {0}};
    int64_t index[RN_RANK_MAX] = {0}, step[INPUTS];
    const void *x[INPUTS];

    if (bytes_of(y) == 0) return;
    for (int i = 0; i < outer.rank; i++) outer.size[i] = y->size[i];
    do {
        for (int i = 0; i < call->inputs; i++) {
            const rn_array *a = &call->in[i];
            x[i] = element_at(a, index, y);
            step[i] = a->rank && a->size[a->rank - 1] != 1 ? a->stride[a->rank - 1] : 0;
            if (last < 0 || y->size[last] == 1) step[i] = 1;
        }
        j->code.map(last < 0 ? 1 : y->size[last], x, step, element_at(y, index, y),
                    call->attributes);
    } while (next_index(outer, index));
}

static bool run(const job *j, rn_call call)
{
    const size_t size = j->op->scratch ? j->op->scratch(&call) : 0;
    bool ok = true;

    call.scratch = aligned_alloc(64, (size / 64 + 1) * 64);
    cr_assert(call.scratch);
    if (j->code.kernel)
        ok = j->code.kernel(&call);
    else
        run_map(j, &call);
    free(call.scratch);
    return ok;
}

/* ---- divided ---- */

static void take_range(rn_array *a, int axis, int64_t from, int64_t count)
{
    a->data = (char *)a->data + from * a->stride[axis] * (int64_t)rn_type_size(a->type);
    a->size[axis] = count;
}

bool run_range(const job *j, int axis, const int *cut, int64_t from, int64_t count)
{
    rn_array in[INPUTS], out = j->out;
    rn_call part = j->call;

    part.in = in, part.out = &out;
    part.first = from;
    for (int i = axis + 1; i < out.rank; i++) part.first *= out.size[i];
    for (int i = 0; i < part.inputs; i++) {
        in[i] = j->in[i];
        if (cut[i] >= 0) take_range(&in[i], cut[i], from, count);
    }
    take_range(&out, axis, from, count);
    if (part.add) in[part.inputs] = out;
    return run(j, part);
}

/* Where ranges end, in order, after a 0: of one element each, or few ranges, some empty. */
static int ends_of(int way, int64_t n, int64_t *end)
{
    const int64_t uneven[] = {0, 1, n / 3, n / 3, n * 2 / 3, n - 1, n};
    int count = 0;

    if (way == 0 && n < CUTS)
        for (; count <= n; count++) end[count] = count;
    else if (way <= 1)
        for (; count < 3; count++) end[count] = count * n / 2;
    else
        for (int i = 0; i < COUNT(uneven); i++)
            if (uneven[i] >= (count ? end[count - 1] : 0) && uneven[i] <= n)
                end[count++] = uneven[i];
    return count;
}

static void check_cut(const job *j, const int *cut, int axis, const void *whole)
{
    const size_t bytes = bytes_of(&j->out);

    for (int way = 0; way < 3; way++) {
        int64_t end[CUTS + 1];
        memset(j->out.data, 0xA5, bytes);
        for (int i = ends_of(way, j->out.size[axis], end) - 1; i > 0; i--)
            cr_assert(run_range(j, axis, cut, end[i - 1], end[i] - end[i - 1]));
        cr_assert(memcmp(j->out.data, whole, bytes) == 0,
                  "%s (in %s): other bits when axis %d is cut (%d)", j->op->name, j->what,
                  axis, way);
    }
}

/* A range is of the same indices as the output's, and dense where it must be. */
static void check_claims(const job *j, const int *cut, int axis)
{
    for (int i = 0; i < j->call.inputs; i++) {
        cr_assert(cut[i] >= -1 && cut[i] < j->in[i].rank, "%s", j->op->name);
        if (cut[i] < 0) continue;
        cr_assert_eq(j->in[i].size[cut[i]], j->out.size[axis], "%s", j->op->name);
        for (int k = 0; k < cut[i] && j->code.kernel && !(j->op->flags & RN_OP_STRIDED);
             k++)
            cr_assert_eq(j->in[i].size[k], 1, "%s: a range is not dense", j->op->name);
    }
}

/* How many axes could be cut. */
static int check_job(const job *j)
{
    const size_t bytes = bytes_of(&j->out);
    void *whole = malloc(bytes + 1);
    int cuts = 0, cut[INPUTS];

    memset(j->out.data, 0x5A, bytes);
    cr_assert(run(j, j->call), "%s: %s", j->op->name, j->call.message);
    memcpy(whole, j->out.data, bytes);
    for (int axis = 0; axis < j->out.rank; axis++) {
        if (rn__op_divides(j->op, &j->call, axis, cut)) {
            check_claims(j, cut, axis);
            check_cut(j, cut, axis, whole);
            cuts++;
        }
        const bool apart = axis == 0 && (j->op->flags & RN_OP_APART);
        if (j->out.size[axis] != 1 && !apart) break;
    }
    free(whole);
    return cuts;
}

/* ---- jobs from nodes ---- */

static rn_array array_of(rn_type type, rn_shape shape)
{
    rn_array a = {.type = type, .rank = shape.rank};
    int64_t stride = 1;

    for (int i = shape.rank - 1; i >= 0; i--) {
        a.size[i] = shape.size[i];
        a.stride[i] = stride;
        stride *= shape.size[i];
    }
    a.data = malloc(bytes_of(&a) + 1);
    cr_assert(a.data);
    return a;
}

/* The same elements with the first axis fastest. */
static void turn(rn_array *a)
{
    const size_t size = rn_type_size(a->type);
    rn_array to = *a;
    rn_shape shape = {a->rank, {0}};
    int64_t index[RN_RANK_MAX] = {0}, stride = 1;

    for (int i = 0; i < a->rank; i++) {
        shape.size[i] = a->size[i];
        to.stride[i] = stride;
        stride *= a->size[i];
    }
    to.data = malloc(bytes_of(a) + 1);
    if (bytes_of(a)) do
            memcpy(element_at(&to, index, &to), element_at(a, index, a), size);
        while (next_index(shape, index));
    free(a->data);
    *a = to;
}

static rn__code code_of(const rn_graph *g, const rn__node *node)
{
    rn_type types[INPUTS];
    rn_shape shapes[INPUTS];

    for (int i = 0; i < node->inputs; i++) {
        types[i] = rn__at(g, node->in[i])->type;
        shapes[i] = rn__at(g, node->in[i])->shape;
    }
    rn_typing t = {.inputs = node->inputs,
                   .in_type = types,
                   .in_shape = shapes,
                   .attributes = node->attributes};
    cr_assert(!rn__op_type(node->op, &t));
    return rn__op_code(node->op, (rn_type)t.variant);
}

job job_new(rn_graph *g, const rn__node *node, const rn_test_array *values)
{
    job j = {.op = node->op, .code = code_of(g, node)};

    j.out = array_of(node->type, node->shape);
    for (int i = 0; i < node->inputs; i++) {
        size_t bytes;
        void *data = rn_test_array_pack(&values[i], &bytes);
        j.in[i] = array_of(values[i].type, values[i].shape);
        memcpy(j.in[i].data, data, bytes_of(&j.in[i]));
        free(data);
    }
    j.call = (rn_call){.attributes = node->attributes, .inputs = node->inputs};
    return j;
}

void job_begin(job *j)
{
    j->call.in = j->in;
    j->call.out = &j->out;
    j->call.message = j->message;
}

void job_free(job *j)
{
    for (int i = 0; i < j->call.inputs; i++) free(j->in[i].data);
    free(j->out.data);
}

static int check_node(rn_graph *g, int32_t id, const rn_test_feed *feeds, int count,
                      const char *what)
{
    const rn__node *node = rn__at(g, id);
    rn_test_array values[INPUTS];
    rn_tensor x[INPUTS];
    int cuts;

    for (int i = 0; i < node->inputs; i++) x[i] = rn__tensor(g, node->in[i]);
    rn_test_run(x, node->inputs, feeds, count, values);
    job j = job_new(g, node, values);
    job_begin(&j);
    j.what = what;
    cuts = check_job(&j);
    const bool strided = (j.op->flags & RN_OP_STRIDED) || j.code.map;
    for (int i = 0; i < node->inputs && strided; i++) turn(&j.in[i]);
    if (strided) cuts += check_job(&j);
    for (int i = 0; i < node->inputs; i++) rn_test_array_free(&values[i]);
    job_free(&j);
    return cuts;
}

int check_graph(rn_tensor y, const rn_test_feed *feeds, int count, const rn_op *op,
                const char *what)
{
    const int32_t nodes = y.graph->count;
    int cuts = 0;

    for (int32_t id = 0; id < nodes; id++) {
        const rn__node *node = rn__at(y.graph, id);
        bool listed = false;
        for (int i = 0; i < rn__op_count; i++) listed |= rn__ops[i] == node->op;
        if (!listed || node->op->view || node->inputs > INPUTS) continue;
        const int of_node = check_node(y.graph, id, feeds, count, what);
        if (node->op == op) cuts += of_node;
    }
    return cuts;
}

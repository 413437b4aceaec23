/* SPDX-License-Identifier: MIT */
/* Feeding a batch to the inputs of a program, by name. */
#include <stdio.h>
#include <string.h>

#include "data/source.h"
#include "program/program.h"

/* An array that an input may take. */
typedef struct array {
    rn_type type;
    rn_shape shape;
    const void *data;
} array;

/* [first, second, rest]; first -1: [second, rest]. */
static void join(array *a, int64_t first, int64_t second, const rn_shape *rest)
{
    rn_shape *s = &a->shape;

    s->rank = 0;
    if (first >= 0) s->size[s->rank++] = first;
    s->size[s->rank++] = second;
    for (int i = 0; rest && i < rest->rank && s->rank < RN_RANK_MAX; i++)
        s->size[s->rank++] = rest->size[i];
}

/* Whether no text begins after the first step. */
static bool resets_first(const rn_batch *b)
{
    for (int64_t i = b->sequences; i < b->steps * b->sequences; i++)
        if (b->resets[i]) return false;
    return true;
}

/* The array for an input's name; false: none. `rank` is the input's. */
static bool find(const rn_batch *b, const char *name, int rank, array *a)
{
    static const char *const names[] = {"lengths", "weights", "resets"};
    static const rn_type types[] = {RN_I32, RN_F32, RN_BOOL};
    const void *const data[] = {b->lengths, b->weights, b->resets};

    for (int k = 0; k < b->field_count; k++) {
        const rn_field *f = &b->fields[k];
        if (strcmp(f->name, name)) continue;
        a->type = f->type;
        a->data = b->data[k];
        join(a, f->once ? -1 : b->steps, b->sequences, &f->shape);
        return true;
    }
    for (int k = 0; k < 3; k++) {
        if (strcmp(names[k], name) || !data[k]) continue;
        a->type = types[k];
        a->data = data[k];
        join(a, k == 2 && rank > 1 ? b->steps : -1, b->sequences, NULL);
        return true;
    }
    return false;
}

static rn_status refuse(rn_program *p, const char *what, const char *name)
{
    snprintf(p->error, sizeof p->error, "batch_feed: %s%s", what, name);
    return RN_INVALID;
}

/* Values of one real type as the other, in place of `a->data`; freed by the caller. */
static void *convert(const rn_program *p, const array *a, rn_type type)
{
    const size_t n = (size_t)rn_shape_count(a->shape);
    void *memory = rn__allocate(p->allocator, n * rn_type_size(type));

    if (!memory) return NULL;
    if (type == RN_F64)
        for (size_t i = 0; i < n; i++)
            ((double *)memory)[i] = (double)((const float *)a->data)[i];
    else
        for (size_t i = 0; i < n; i++)
            ((float *)memory)[i] = (float)((const double *)a->data)[i];
    return memory;
}

static rn_status feed(rn_program *p, rn__port *port, const array *a)
{
    const rn_shape shape = rn_shape_of(port->value.rank, port->value.size);
    const rn_type type = port->value.type;
    const bool reals = type <= RN_F64 && a->type <= RN_F64;
    const rn_tensor input = {port->graph, port->id, port->serial};
    char has[128], wants[128];
    void *memory = NULL;

    if (!rn_shape_equal(shape, a->shape) || (type != a->type && !reals)) {
        snprintf(p->error, sizeof p->error,
                 "batch_feed: input %s is %s %s, but the batch has %s %s", port->name,
                 rn__shape_text(shape, wants, sizeof wants), rn_type_name(type),
                 rn__shape_text(a->shape, has, sizeof has), rn_type_name(a->type));
        return RN_INVALID;
    }
    if (type != a->type && !(memory = convert(p, a, type))) {
        refuse(p, "out of memory for input ", port->name);
        return RN_NO_MEMORY;
    }
    const rn_status status = rn_feed(p, input, memory ? memory : a->data, port->bytes);

    rn__free(p->allocator, memory);
    return status;
}

/* What the program would get wrong without an input of some name; NULL: nothing. */
static const char *unnoticed(const rn_batch *b, bool lengths, bool weights)
{
    if (b->real < b->sequences && !lengths && !weights)
        return "sequences of weight 0 fill the batch, but the program has no input named "
               "weights or lengths";
    if (b->resets && b->lengths && b->lengths[b->sequences - 1] < b->steps && !lengths)
        return "the window is shorter than T, but the program has no input named lengths";
    return NULL;
}

rn_status rn_batch_feed(const rn_batch *batch, rn_program *program)
{
    bool lengths = false, weights = false;
    int fed = 0;
    array a;

    if (!program) return RN_INVALID;
    if (!batch || batch->sequences <= 0 || !batch->data)
        return refuse(program, "no batch", "");
    for (int i = 0; i < program->inputs; i++) {
        rn__port *port = &program->input[i];
        if (!find(batch, port->name, port->value.rank, &a)) continue;
        if (a.data == batch->resets && port->value.rank == 1 && !resets_first(batch))
            return refuse(program,
                          "texts begin within the window: input resets must be [T,B]", "");
        const rn_status status = feed(program, port, &a);
        if (status) return status;
        lengths |= !strcmp(port->name, "lengths");
        weights |= !strcmp(port->name, "weights");
        fed++;
    }
    if (fed == 0)
        return refuse(program, "no input has the name of a field, such as ",
                      batch->fields[0].name);
    const char *text = unnoticed(batch, lengths, weights);
    return text ? refuse(program, text, "") : RN_OK;
}

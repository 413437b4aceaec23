/* SPDX-License-Identifier: MIT */
/* The reference back end: the planner's own steps, which move values. */
#include "reference_inside.h"

#include <string.h>

void rn_reference_copy(const rn_reference *r, const rn__step *step)
{
    const rn__operand *o = rn__step_operands(r->plan, step);

    for (int64_t i = 0; i < rn_reference_count(r, step, &o[0]); i++)
        memcpy(rn_reference_element(r, &o[1], rn_reference_shape(&o[1]), i),
               rn_reference_element(r, &o[0], rn_reference_shape(&o[0]), i),
               rn_type_size(o[0].type));
}

/* A row of a dense stack to another one. */
static void copy_row(const rn_reference *r, const rn__operand *stack, int64_t row,
                     int64_t to, int64_t from)
{
    for (int64_t i = 0; i < row; i++)
        memmove(rn_reference_element(r, stack, rn_reference_shape(stack), to * row + i),
                rn_reference_element(r, stack, rn_reference_shape(stack), from * row + i),
                rn_type_size(stack->type));
}

static void fill_rows(const rn_reference *r, const rn__step *step)
{
    const rn__operand *o = rn__step_operands(r->plan, step), *stack = &o[1];
    const int64_t slots = stack->size[0], rows = stack->size[1];
    const int64_t row = rn_shape_count(rn_reference_shape(stack)) / (slots * rows);

    if (step->tail == RN__TAIL_ROWS) {
        const int64_t n = rn_reference_limit(r, &o[0].at, slots * rows);
        for (int64_t i = n; i % rows != 0; i++) copy_row(r, stack, row, i, n - 1);
        return;
    }
    for (int64_t j = 0; j < rows; j++) {
        const int64_t own = (int64_t)rn_reference_get(
            RN_I32, rn_reference_element(r, &o[0], rn_reference_shape(&o[0]), j));
        const int64_t end = (slots - 1) * rows + j;
        if (step->tail == RN__TAIL_ENDS)
            copy_row(r, stack, row, end, own * rows + j);
        else
            copy_row(r, stack, row, own * rows + j, end);
    }
}

/* Its own layout for a packed operand: row by row, from the last element to the first. */
void rn_reference_pack(const rn_reference *r, const rn__step *step)
{
    const rn__operand *o = rn__step_operands(r->plan, step), *from = &o[step->packs];
    const int64_t count = rn_shape_count(rn_reference_shape(from));
    const size_t size = rn_type_size(from->type);
    char *to = rn_reference_at(r, &o[step->inputs].at);

    for (int64_t i = 0; i < count; i++)
        memcpy(to + (size_t)(count - 1 - i) * size,
               rn_reference_element(r, from, rn_reference_shape(from), i), size);
}

void rn_reference_tail(const rn_reference *r, const rn__step *step)
{
    const rn__operand *o = rn__step_operands(r->plan, step), *stack = &o[1];
    const int64_t slots = stack->size[0], count = rn_shape_count(rn_reference_shape(stack));
    const int64_t limit = rn_reference_limit(r, &o[0].at, slots),
                  slot = slots ? count / slots : 0;
    const size_t size = rn_type_size(stack->type);

    if (step->tail >= RN__TAIL_ROWS) {
        fill_rows(r, step);
        return;
    }
    for (int64_t i = limit * slot; i < count; i++) {
        char *to = rn_reference_element(r, stack, rn_reference_shape(stack), i);
        const int64_t from = step->tail == RN__TAIL_HELD ? limit : slots - 1;
        if (step->tail == RN__TAIL_ZERO)
            memset(to, 0, size);
        else
            memmove(to,
                    rn_reference_element(r, stack, rn_reference_shape(stack),
                                         from * slot + i % slot),
                    size);
    }
}

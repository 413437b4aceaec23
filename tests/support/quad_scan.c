/* SPDX-License-Identifier: MIT */
/* Linear recurrences in quad. */
#include "ops/linear_scan.h"
#include "ops/table.h"
#include "quad_operators.h"

#include <criterion/criterion.h>

/* One column through time. Of packed rows a step has the rows that are longer. */
static void scan_column(const rn_test_quad_value *v, int64_t column, int64_t inner)
{
    const int64_t attribute = *(const int64_t *)v->node->attributes;
    const bool rows = v->node->inputs == 5, reverse = attribute & RN__SCAN_REVERSE;
    const bool after = attribute & RN__SCAN_AFTER;
    const int64_t T = v->x[0].node->shape.size[0], all = v->count / (T + !after);
    const int64_t j = column / inner;
    const int64_t length = rows ? (int64_t)v->x[4].at[j] : T;
    quad h = v->x[2].at[column];

    for (int64_t t = reverse ? length : 0; t <= T && !after; t++)
        v->y[t * all + column] = h;
    for (int64_t k = 0; k < length; k++) {
        const int64_t t = reverse ? length - 1 - k : k;
        const int64_t row = rows ? (int64_t)v->x[3].at[t] + j : t;
        const int64_t at = row * inner + column % inner;
        if (attribute & RN__SCAN_SUMS) {
            v->y[t * all + column] = h + v->x[1].at[at];
            h = v->x[0].at[at] * v->y[t * all + column];
            continue;
        }
        h = v->x[0].at[at] * h + v->x[1].at[at];
        v->y[(reverse || after ? t : t + 1) * all + column] = h;
    }
    for (int64_t t = length + 1; t <= T && !reverse && !after; t++)
        v->y[t * all + column] = h;
}

/* One pair of columns, of the last axis [2, H]. */
static void scan_pair(const rn_test_quad_value *v, int64_t column)
{
    const int64_t attribute = *(const int64_t *)v->node->attributes;
    const bool reverse = attribute & RN__SCAN_REVERSE, after = attribute & RN__SCAN_AFTER;
    const rn_shape shape = v->x[0].node->shape;
    const int64_t T = shape.size[0], H = shape.size[shape.rank - 1], n = v->x[6].count;
    const int64_t to = column / H * 2 * H + column % H;
    quad h = v->x[6].at[column], g = v->x[7].at[column];

    if (!after) {
        quad *first = v->y + (reverse ? T : 0) * 2 * n + to;
        first[0] = h;
        first[H] = g;
    }
    for (int64_t k = 0; k < T; k++) {
        const int64_t t = reverse ? T - 1 - k : k, at = t * n + column;
        const int64_t slot = (reverse || after ? t : t + 1) * 2 * n + to;
        const quad next = v->x[0].at[at] * h + v->x[1].at[at] * g + v->x[2].at[at];
        g = v->x[3].at[at] * h + v->x[4].at[at] * g + v->x[5].at[at];
        h = next;
        v->y[slot] = h;
        v->y[slot + H] = g;
    }
}

/* Rounded as every operator's value is. */
static quad rounded(const rn_test_quad_value *v, quad x)
{
    return v->node->type == RN_F32 ? (quad)(float)x : (quad)(double)x;
}

static quad mapped(const rn_test_quad_value *v, const rn__scan_map *m, const quad *value)
{
    rn_test_quad_operand x[3];
    rn__node node = *v->node;
    int32_t zero = 0;
    quad y;

    if (m->inputs == 3 && m->op == &rn__op_add)
        return rounded(v, rounded(v, value[m->in[0]] * value[m->in[1]]) + value[m->in[2]]);
    node.op = m->op;
    node.inputs = m->inputs;
    for (int i = 0; i < m->inputs; i++)
        x[i] = (rn_test_quad_operand){&value[m->in[i]], &node, 1, &zero};
    rn_test_quad_code_of(m->op)(
        &(rn_test_quad_value){.node = &node, .count = 1, .y = &y, .x = x});
    return rounded(v, y);
}

/* One column whose next values operators compute. */
static void scan_mapped(const rn_test_quad_value *v, int64_t column, int64_t columns)
{
    const rn__scan_program *p = (const rn__scan_program *)v->node->attributes;
    const bool reverse = p->attribute & RN__SCAN_REVERSE;
    const bool after = p->attribute & RN__SCAN_AFTER;
    const int operands = v->node->inputs, state = operands - (int)p->states;
    quad value[RN__SCAN_OPERANDS + RN__SCAN_MAPS];

    for (int i = state; i < operands; i++) {
        value[i] = v->x[i].at[column];
        const int64_t slot = (reverse ? p->steps : 0) * p->states + i - state;
        if (!after) v->y[slot * columns + column] = value[i];
    }
    for (int64_t k = 0; k < p->steps; k++) {
        const int64_t t = reverse ? p->steps - 1 - k : k, slot = t + !(reverse || after);
        for (int i = 0; i < state; i++) value[i] = v->x[i].at[t * columns + column];
        for (int i = 0; i < p->maps; i++)
            value[operands + i] = mapped(v, &p->map[i], value);
        for (int i = 0; i < p->states; i++) {
            value[state + i] = value[p->out[i]];
            v->y[(slot * p->states + i) * columns + column] = value[state + i];
        }
    }
}

void rn_test_quad_linear_scan(const rn_test_quad_value *v)
{
    if (*(const int64_t *)v->node->attributes & RN__SCAN_MAPPED) {
        const int64_t n = v->x[v->node->inputs - 1].count;
        for (int64_t i = 0; i < n; i++) scan_mapped(v, i, n);
        return;
    }
    for (int64_t i = 0; v->node->inputs == RN__PAIR_OPERANDS && i < v->x[6].count; i++)
        scan_pair(v, i);
    if (v->node->inputs == RN__PAIR_OPERANDS) return;
    const int64_t columns = v->x[2].count;
    const int64_t rows = v->node->inputs == 5 ? v->x[2].node->shape.size[0] : 1;

    for (int64_t i = 0; i < columns; i++) scan_column(v, i, columns / rows);
}

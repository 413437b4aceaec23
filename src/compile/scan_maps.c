/* SPDX-License-Identifier: MIT */
/*
 * Scans: carries that are affine in themselves in another form than a c + b, such as
 *
 *   c(t + 1) = c + z (g - c)             or, with restarts,
 *   c(t + 1) = a s + b, s = m ? c0 : c
 *
 * Multiplied out, they would be rounded elsewhere, and 0 c is not 0 for an infinite c. So a
 * step of the scan computes the nodes of the body as they stand there.
 */
#include "compile/scan.h"
#include "ops/linear_scan.h"

static const rn__node *node_at(const rn__scan *s, int32_t id)
{
    return rn__at(s->b.old->body, id);
}

static const rn__carry *carry_at(const rn__scan *s, int i)
{
    return rn__list_at(s->b.old->carry, rn__carry, i);
}

bool rn__scan_is_affine(const rn__scan *s, int32_t id, int carry)
{
    const rn__node *node = node_at(s, id);
    const rn__node *leaf = node_at(s, carry_at(s, carry)->leaf);
    unsigned bits = 0;

    if (node->op == leaf->op) return true;
    if (!rn__is_elementwise(node->op) || node->inputs > 3 || node->attribute_size ||
        node->type != leaf->type || !rn_shape_equal(node->shape, leaf->shape))
        return false;
    for (int i = 0; i < node->inputs; i++) {
        if (s->of[node->in[i]] < 0) continue;
        if (!s->affine[node->in[i]]) return false;
        bits |= 1u << i;
    }
    if (node->op->flags & RN_OP_CHOOSES) return !(bits & 1);
    if (node->op->flags & RN_OP_ADDITIVE) return true;
    return !(bits & (bits - 1)) && !(bits & ~node->op->linear);
}

/* A program that is being made. Until the number of operands is known there are as many as
 * there may be. */
typedef struct maker {
    const rn__scan *s;
    rn__scan_program *p;
    int32_t *operand; /* their nodes, and at last the leaves of the states */
    int32_t result[RN__SCAN_MAPS];
    int operands, first; /* the number of the first state */
} maker;

enum { RESULTS = RN__SCAN_OPERANDS, NONE = -1 };

/* The number of a value that there is already. */
static int32_t find(const maker *m, int32_t id)
{
    for (int i = 0; i < RN__SCAN_OPERANDS; i++)
        if ((i < m->operands || i >= m->first) && m->operand[i] == id) return i;
    for (int k = 0; k < m->p->maps; k++)
        if (m->result[k] == id) return RESULTS + k;
    return NONE;
}

/* A sum of a product that nothing else reads is one map. */
static bool add_product(const maker *m, rn__scan_map *sum, int side)
{
    const int64_t last = m->p->maps - 1;
    const rn__scan_map *product = &m->p->map[last];

    if (last < 0 || sum->in[side] != RESULTS + last || !rn__op_multiplies(product->op) ||
        m->s->b.h.readers[m->result[last]] != 1)
        return false;
    *sum = (rn__scan_map){sum->op, 3, {product->in[0], product->in[1], sum->in[1 - side]}};
    m->p->maps = last;
    return true;
}

/* The number of a node's value, after those of its operands; NONE: there are too many. */
static int32_t number(maker *m, int32_t id, int depth)
{
    const rn__node *node = node_at(m->s, id);
    rn__scan_map map = {node->op, node->inputs, {0}};
    const int32_t found = find(m, id);

    if (found != NONE) return found;
    if (m->s->of[id] < 0) {
        if (m->operands == m->first) return NONE;
        m->operand[m->operands] = id;
        return m->operands++;
    }
    for (int i = 0; i < node->inputs; i++)
        if (depth == 0 || (map.in[i] = number(m, node->in[i], depth - 1)) == NONE)
            return NONE;
    if (rn__op_adds(node->op) && !add_product(m, &map, 1)) add_product(m, &map, 0);
    if (m->p->maps == RN__SCAN_MAPS) return NONE;
    m->result[m->p->maps] = id;
    m->p->map[m->p->maps] = map;
    return RESULTS + (int32_t)m->p->maps++;
}

/* The program of a carry, or a pair of them, and the nodes of its operands; how many there
 * are, with the states; 0: none. */
static int make(const rn__scan *s, int carry, rn__scan_program *p, int32_t *operand)
{
    const int of[2] = {carry, s->mate[carry]}, states = 1 + (of[1] >= 0);
    const int first = RN__SCAN_OPERANDS - states;
    maker m = {.s = s, .p = p, .operand = operand, .first = first};

    *p = (rn__scan_program){
        .attribute = RN__SCAN_MAPPED, .steps = s->b.old->steps, .states = states};
    for (int i = 0; i < states; i++) operand[first + i] = carry_at(s, of[i])->leaf;
    for (int i = 0; i < states; i++) {
        p->out[i] = number(&m, carry_at(s, of[i])->next, RN__SCAN_MAPS);
        if (p->out[i] < RESULTS || (i && p->out[1] == p->out[0])) return 0;
    }
    for (int k = 0; k < p->maps; k++)
        for (int i = 0; i < p->map[k].inputs; i++)
            if (p->map[k].in[i] >= first) p->map[k].in[i] += m.operands - first;
    for (int i = 0; i < states; i++) p->out[i] += m.operands - first;
    return m.operands + states;
}

static bool next_has_form(const rn__scan *s, int carry)
{
    const int32_t next = carry_at(s, carry)->next;

    return s->form[next] && !s->cut[next];
}

bool rn__scan_has_form(const rn__scan *s, int carry)
{
    const int mate = s->mate[carry];

    return next_has_form(s, carry) && (mate < 0 || next_has_form(s, mate));
}

bool rn__scan_has_program(const rn__scan *s, int carry)
{
    const int mate = s->mate[carry] < 0 ? carry : s->mate[carry];
    int32_t operand[RN__SCAN_OPERANDS];
    rn__scan_program p;

    return s->affine[carry_at(s, carry)->next] && s->affine[carry_at(s, mate)->next] &&
           !s->b.h.ragged && make(s, carry, &p, operand) > 0;
}

rn_tensor rn__scan_mapped(const rn__scan *s, int carry, const rn_tensor *initial,
                          bool after)
{
    const rn_shape shape = rn_shape_get(initial[0]);
    int32_t operand[RN__SCAN_OPERANDS];
    rn_tensor in[RN__SCAN_OPERANDS];
    rn__scan_program p;
    const int inputs = make(s, carry, &p, operand), operands = inputs - (int)p.states;

    for (int i = 0; i < inputs; i++)
        in[i] = i < operands
                    ? rn__scan_whole(s, rn__hoist_operand(&s->b, operand[i]), shape)
                    : initial[i - operands];
    if (after) p.attribute |= RN__SCAN_AFTER;
    if (s->b.old->reverse) p.attribute |= RN__SCAN_REVERSE;
    return rn__linear_scan_maps(in, inputs, &p);
}

/* SPDX-License-Identifier: MIT */
/*
 * Decides which loops become scans.
 *
 * The records of the operators say what is affine: additive ones, those that are linear in
 * an operand, and selections. What the user wrote keeps its rounding: where c(t + 1) is a c
 * + b as it stands there, with one product and one sum, or rn_grad built what can be
 * multiplied out, that is scanned; any other affine form as scan_maps.c says.
 */
#include <string.h>

#include "compile/scan.h"

static const rn__node *node_at(const rn__scan *s, int32_t id)
{
    return rn__at(s->b.old->body, id);
}

static const rn__carry *carry_at(const rn__scan *s, int i)
{
    return rn__list_at(s->b.old->carry, rn__carry, i);
}

bool rn__scan_begin(rn__scan *s, rn__arena *arena)
{
    const size_t n = (size_t)s->b.old->body->count;

    s->of = (int32_t *)rn__arena_new(arena, n * sizeof *s->of);
    s->form = (unsigned char *)rn__arena_new(arena, n);
    s->affine = (bool *)rn__arena_new(arena, n);
    s->cut = (int32_t *)rn__arena_new(arena, n * sizeof *s->cut);
    s->known = (bool *)rn__arena_new(arena, (size_t)s->b.old->carry.count);
    s->want = (bool *)rn__arena_new(arena, n);
    s->shown = (int64_t *)rn__arena_new(arena, n * sizeof *s->shown);
    s->cone = (bool *)rn__arena_new(arena, n);
    for (int side = 0; side < 2; side++)
        s->scale[side] = (rn__batched *)rn__arena_new(arena, n * sizeof *s->scale[side]);
    s->shift = (rn__batched *)rn__arena_new(arena, n * sizeof *s->shift);
    return rn__scan_begin_pairs(s, arena) && s->of && s->form && s->affine && s->cut &&
           s->known && s->want && s->shown && s->cone && s->scale[0] && s->scale[1] &&
           s->shift;
}

/* ---- affine nodes ---- */

/* Which operands depend on a carry; all are affine, or the result is 0. */
static unsigned dependent(const rn__scan *s, const rn__node *node)
{
    unsigned bits = 0;

    for (int i = 0; i < node->inputs; i++) {
        if (s->of[node->in[i]] < 0) continue;
        if (!s->form[node->in[i]]) return 0;
        bits |= 1u << i;
    }
    return bits;
}

static unsigned char forms_of(const rn__scan *s, const rn__node *node, unsigned bits)
{
    unsigned char form = 0;

    for (int i = 0; i < node->inputs; i++)
        if (bits >> i & 1) form |= s->form[node->in[i]];
    return form;
}

/* Of a pair the user adds a p and b q first, and then the rest. */
static unsigned char form_of_sum(const rn__scan *s, const rn__node *node, unsigned bits,
                                 unsigned char form)
{
    const bool one = (bits & (bits - 1)) == 0;
    const uint64_t x = s->on[node->in[0]], y = bits == 3 ? s->on[node->in[1]] : 0;
    const bool apart = x && y && !(x & y);

    if (!node->gradient && ((!one && !apart) || (form & RN__MOVED))) return 0;
    if (!one || !rn__op_adds(node->op)) form |= RN__SCALED;
    return one ? form | RN__MOVED : form;
}

/* a (c u) and (c u) + b u are rounded elsewhere than c (a u) and (c + b) u. */
static unsigned char form_of_product(const rn__node *node, unsigned bits,
                                     unsigned char form)
{
    const rn_op *op = node->op;
    const bool one = (bits & (bits - 1)) == 0, negates = node->inputs == 1;
    const bool multiplies = op->linear == 3 && (op->flags & RN_OP_NEUTRAL_LEFT);

    if (!one || (bits & ~op->linear)) return 0;
    if (!node->gradient && !negates && (!multiplies || form != RN__AFFINE)) return 0;
    return form | RN__SCALED;
}

/* Whether a node is the constant 0, from outside the loop. */
static bool is_zero(const rn__scan *s, int32_t id)
{
    const rn_loop *old = s->b.old;

    while (node_at(s, id)->op->view) id = node_at(s, id)->in[0];
    if (node_at(s, id)->op != &rn__op_capture) return false;
    const rn__node *node = rn__at(old->outer, rn__pair_of(&old->capture, id)->outer);
    while (node->op->view) node = rn__at(old->outer, node->in[0]);
    return node->op == &rn__op_scalar && *(const double *)node->attributes == 0;
}

/* A value in place of the carry is as if that was multiplied by 0; see `cut`. */
static unsigned char form_of_choice(const rn__scan *s, const rn__node *node, unsigned bits,
                                    unsigned char form)
{
    const bool alike = s->on[node->in[1]] == s->on[node->in[2]];

    if (bits == 6) return node->gradient || alike ? form : 0;
    if (!node->gradient || (bits & 1)) return 0;
    return form | RN__SCALED | (is_zero(s, node->in[bits == 2 ? 2 : 1]) ? 0 : RN__MOVED);
}

/* What is chosen where a condition is true and where it is false is whole again. */
static int32_t cut_of(const rn__scan *s, const rn__node *node, unsigned bits)
{
    const bool chooses = (node->op->flags & RN_OP_CHOOSES) != 0;
    int32_t cut[2] = {0, 0};
    int n = 0;

    for (int i = 0; i < node->inputs; i++)
        if (bits >> i & 1) cut[n++ & 1] = s->cut[node->in[i]];
    if (n == 1 && chooses) {
        cut[1] = 2 * node->in[0] + 2 + (int)(bits >> 2);
        return !cut[0] || cut[0] == cut[1] ? cut[1] : RN__CUT;
    }
    if (n == 1 || cut[0] == cut[1]) return cut[0];
    if (chooses || s->on[node->in[0]] != s->on[node->in[1]]) return RN__CUT;
    return cut[0] && cut[1] && cut[0] != (cut[1] ^ 1) ? RN__CUT : 0;
}

static unsigned char form_of(rn__scan *s, int32_t id, int carry)
{
    const rn__node *node = node_at(s, id), *leaf = node_at(s, carry_at(s, carry)->leaf);

    if (!rn__is_elementwise(node->op) || node->type != leaf->type ||
        !rn_shape_equal(node->shape, leaf->shape))
        return 0;
    const unsigned bits = dependent(s, node);
    const unsigned char form = forms_of(s, node, bits);
    if (!bits) return 0;
    s->cut[id] = cut_of(s, node, bits);
    if (node->op->flags & RN_OP_CHOOSES) return form_of_choice(s, node, bits, form);
    if (node->op->flags & RN_OP_ADDITIVE) return form_of_sum(s, node, bits, form);
    return form_of_product(node, bits, form);
}

static void classify(rn__scan *s, int32_t id)
{
    const rn__node *node = node_at(s, id);
    const int carry = node->op == &rn__op_carry ? rn__carry_of(s->b.old, id) : -1;

    s->of[id] = carry >= 0 && !s->known[carry] ? carry : RN__OF_NONE;
    s->form[id] = s->of[id] >= 0 ? RN__AFFINE : 0;
    s->affine[id] = s->of[id] >= 0;
    s->cut[id] = 0;
    if (node->inputs == 0) return;
    for (int i = 0; i < node->inputs; i++) {
        const int32_t in = s->of[node->in[i]];
        if (in == RN__OF_NONE || in == s->of[id]) continue;
        s->of[id] = s->of[id] == RN__OF_NONE ? in : RN__OF_MANY;
    }
    const int pair = rn__scan_pair_of(s, id);
    if (pair >= 0) s->of[id] = pair;
    if (s->of[id] < 0) return;
    s->affine[id] = rn__scan_is_affine(s, id, s->of[id]);
    const bool sum = s->sum[s->of[id]] == id;
    s->form[id] = sum ? RN__AFFINE : form_of(s, id, s->of[id]);
    if (pair >= 0 && s->form[id]) s->form[id] |= RN__PAIRED;
}

void rn__scan_classify(rn__scan *s)
{
    rn__scan_find_pairs(s);
    rn__scan_find_sums(s);
    do
        for (int32_t id = 0; id < s->b.old->body->count; id++) classify(s, id);
    while (rn__scan_drop_sums(s));
}

bool rn__scan_solves(const rn__scan *s, int carry)
{
    const int32_t next = carry_at(s, carry)->next;

    if (s->known[carry] || !s->b.body->carried[carry]) return false;
    if (s->of[next] == RN__OF_NONE) return !s->b.h.ragged;
    if (s->mate[carry] < 0 && s->of[next] != carry) return false;
    return rn__scan_has_form(s, carry) || rn__scan_has_program(s, carry);
}

/* ---- loops ---- */

enum { ROUNDS = 8 }; /* carries that wait for others to be known, one after the other */

/* Whether a node can be computed for all steps at once. */
static bool leaves(const rn__scan *s, int32_t id)
{
    const rn__node *node = node_at(s, id);
    const bool joins =
        node->inputs <= RN__BATCH_INPUTS && rn__node_joins(s->b.old->body, node) >= 0;

    if (node->inputs == 0 || s->b.h.in_sum[id]) return true;
    if (s->hoisted && rn__op_kind(node->op) == RN_KIND_PRODUCT) return false;
    return (joins || rn__batch_known(node)) && node->limit.id < 0 &&
           rn__hoist_packs(&s->b.h, id);
}

/* Outputs that are leaves are stacks of the loop's inputs; of packed rows not all. */
static bool collects(const rn__scan *s, int i)
{
    const rn_loop *old = s->b.old;
    const int32_t id = *rn__list_at(old->output, int32_t, i);

    if (!s->b.outer->live[id]) return true;
    const rn__get *get = (const rn__get *)rn__at(old->outer, id)->attributes;
    const rn__node *node = node_at(s, (int32_t)get->id);
    return get->kind != RN__COLLECT || !s->b.h.ragged || node->op != &rn__op_capture;
}

static bool carries(const rn__scan *s, int i)
{
    const rn__carry *c = carry_at(s, i);
    const rn__node *leaf = node_at(s, c->leaf);

    return rn__is_real(leaf->type) && leaf->shape.rank < RN_RANK_MAX &&
           c->rows == s->b.h.ragged && rn_shape_count(leaf->shape) > 0;
}

/* Whether all is of a form that can be computed at once, apart from the carries. */
static bool of_form(const rn__scan *s)
{
    const rn_loop *old = s->b.old;

    if (old->steps == 0 || old->blocks || (old->limit >= 0 && !s->b.h.ragged)) return false;
    if (s->b.h.ragged && !s->hoisted) return false;
    for (int32_t id = 0; id < old->body->count; id++)
        if (s->b.body->live[id] && !leaves(s, id)) return false;
    for (int i = 0; i < old->output.count; i++)
        if (!collects(s, i)) return false;
    return true;
}

/* Carries that are not known; -1 if one cannot become so. */
static int unknown(rn__scan *s)
{
    int left = 0;

    for (int i = 0; i < s->b.old->carry.count; i++) {
        s->known[i] = !s->b.body->carried[i] || s->b.h.summed[i];
        if (!s->known[i] && !carries(s, i)) return -1;
        left += !s->known[i];
    }
    return left;
}

bool rn__scan_possible(rn__scan *s)
{
    int left = of_form(s) ? unknown(s) : -1;

    if (left <= 0) return false;
    for (int round = 0; round < ROUNDS && left > 0; round++) {
        rn__scan_classify(s);
        for (int i = 0; i < s->b.old->carry.count; i++) {
            if (!rn__scan_solves(s, i)) continue;
            s->known[i] = true;
            left--;
        }
    }
    return left == 0 && unknown(s) > 0;
}

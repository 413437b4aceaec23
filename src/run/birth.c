/* SPDX-License-Identifier: MIT */
/* What a look found, as a record and in words. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "graph/node.h"
#include "run/look.h"
#include "run/values.h"

/* So many inputs and variables at most, that room is left for births. */
enum { LEAVES = RN_NONFINITE_MOST / 2 };

bool rn__birth_wanted(const rn__look *look, const rn__call *call)
{
    const rn__watching *w = &look->program->watching;
    const int index = (int)(call - look->program->call);

    for (int i = 0; i < w->count; i++)
        if (w->found[i].call == index) return false;
    return w->count < RN_NONFINITE_MOST;
}

/* "tanh "h" [2,3]: NaN at element 4, step 5,1" */
static rn__text begin_text(rn_nonfinite *found)
{
    rn__text t = {found->text, sizeof found->text, 0};
    char shape[128];

    rn__text_add(&t, "%s ", found->op);
    if (found->name[0]) rn__text_add(&t, "\"%.100s\" ", found->name);
    rn__text_add(&t, "%s: %s at element %lld",
                 rn__shape_text(found->shape, shape, sizeof shape),
                 isnan(found->value) ? "NaN"
                 : found->value > 0  ? "inf"
                                     : "-inf",
                 (long long)found->element);
    for (int d = 0; d < found->loops; d++)
        rn__text_add(&t, "%s%lld", d ? "," : ", step ", (long long)found->step[d]);
    return t;
}

static void add_operands(rn__text *t, const rn_nonfinite *found, const rn__call *call)
{
    char what[160];

    for (int i = 0; i < found->operands && i < RN_NONFINITE_OPERANDS; i++) {
        const rn_nonfinite_operand *x = &found->operand[i];
        const rn_tensor in =
            rn__tensor((rn_graph *)(uintptr_t)call->graph, call->node->in[i]);
        rn__text_add(t, i ? ", " : ", computed from ");
        if (x->element < 0)
            rn__text_add(t, "an overwritten element of ");
        else
            rn__text_add(t, "%s%.9g at %lld of ", call->code.map ? "" : "largest ",
                         x->value, (long long)x->element);
        rn__text_add(t, "%s", rn__describe_copied(in, what, sizeof what));
    }
    if (found->operands > RN_NONFINITE_OPERANDS)
        rn__text_add(t, " and %d more", found->operands - RN_NONFINITE_OPERANDS);
}

void rn__birth_add(rn__look *look, const rn__call *call, const int64_t *step,
                   int64_t element, double value, const rn_nonfinite_operand *operand)
{
    rn__watching *w = &look->program->watching;
    rn_nonfinite *found = &w->found[w->count++];
    const rn__node *node = call->node;
    const int n =
        call->inputs < RN_NONFINITE_OPERANDS ? call->inputs : RN_NONFINITE_OPERANDS;

    *found = (rn_nonfinite){.origin = RN_ORIGIN_OPERATOR,
                            .op = node->op->name,
                            .name = node->name ? node->name : "",
                            .call = (int)(call - look->program->call),
                            .loops = call->depth,
                            .shape = node->shape,
                            .element = element,
                            .value = value,
                            .operands = call->inputs,
                            .reached = look->reached};
    memcpy(found->step, step, (size_t)call->depth * sizeof *step);
    memcpy(found->operand, operand, (size_t)n * sizeof *operand);
    rn__text t = begin_text(found);
    add_operands(&t, found, call);
}

void rn__birth_add_leaf(rn__look *look, const rn__values *leaf, int64_t element)
{
    rn__watching *w = &look->program->watching;

    if (w->count == LEAVES) return;
    rn_nonfinite *found = &w->found[w->count++];
    *found = (rn_nonfinite){.origin = leaf->origin,
                            .op = leaf->origin == RN_ORIGIN_INPUT ? "input" : "variable",
                            .name = leaf->name,
                            .call = -1,
                            .shape = leaf->shape,
                            .element = element,
                            .value = rn__values_at(&leaf->array, element),
                            .reached = look->reached};
    begin_text(found);
}

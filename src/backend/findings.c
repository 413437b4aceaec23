/* SPDX-License-Identifier: MIT */
/* Where values that are not finite first appeared, as records and in words. */
#include <math.h>
#include <string.h>

#include "backend/values.h"
#include "backend/watch.h"
#include "base/text.h"

/* So many inputs and variables at most, to leave room for operators. */
enum { LEAVES = RN_NONFINITE_MOST / 2 };

static int number_of(const rn__tracer *tracer, const rn__step *step)
{
    return (int)(step - tracer->watch->plan->step);
}

bool rn__finding_wanted(const rn__tracer *tracer, const rn__step *step)
{
    const rn__watch *w = tracer->watch;

    for (int i = 0; i < w->count; i++)
        if (w->found[i].call == number_of(tracer, step)) return false;
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

/* The other operand of the addition that a kernel's step includes. */
static int32_t addend_of(const rn_graph *graph, const rn__step *step)
{
    const rn__node *sum = rn__at(graph, step->added);
    int32_t first = sum->in[0];

    while (rn__at(graph, first)->op->view) first = rn__at(graph, first)->in[0];
    return sum->in[first == step->node];
}

/* The node that operand i of a step is the value of. */
static int32_t operand_of(const rn__plan *plan, const rn__step *step, int i)
{
    const rn_graph *graph = plan->graphs[step->graph];
    const rn__node *node = rn__step_node(plan, step);

    const bool adds = rn__adds_product(plan, step), second = adds && i >= 2;

    if (second && step->inputs == 3) return node->in[1 - step->packs];
    if (adds || rn__reduces_product(plan, step)) {
        node = rn__at(graph, node->in[second ? 1 - step->packs : step->packs]);
        i -= second ? 2 : 0;
        while (node->op->view) node = rn__at(graph, node->in[0]);
    }
    return i < node->inputs ? node->in[i] : addend_of(graph, step);
}

static void add_operands(const rn__plan *plan, rn__text *t, const rn_nonfinite *found,
                         const rn__step *step)
{
    const rn_graph *graph = plan->graphs[step->graph];
    char what[160];

    for (int i = 0; i < found->operands && i < RN_NONFINITE_OPERANDS; i++) {
        const rn_nonfinite_operand *x = &found->operand[i];
        const int32_t id = operand_of(plan, step, i);
        const rn_tensor in = rn__tensor((rn_graph *)(uintptr_t)graph, id);
        rn__text_add(t, i ? ", " : ", computed from ");
        if (x->element < 0)
            rn__text_add(t, "an overwritten element of ");
        else
            rn__text_add(t, "%s%.9g at %lld of ",
                         step->kind == RN__STEP_MAP ? "" : "largest ", x->value,
                         (long long)x->element);
        rn__text_add(t, "%s", rn__describe_copied(in, what, sizeof what));
    }
    if (found->operands > RN_NONFINITE_OPERANDS)
        rn__text_add(t, " and %d more", found->operands - RN_NONFINITE_OPERANDS);
}

/* The element that the user knows, where rows are in order of lengths. */
static int64_t known_element(const rn__tracer *tracer, const rn__step *step, int i,
                             int64_t element)
{
    const rn__operand *x = rn__step_operands(tracer->watch->plan, step) + i;
    int64_t row = 1;

    if (step->order.buffer < 0 || element < 0 || !x->limit_rows || x->limit_axis)
        return element;
    for (int axis = 0; axis < x->rank; axis++) row *= x->size[axis];
    row /= step->rows;
    const int32_t *order = tracer->how->numbers(tracer->how->self, step, &step->order);
    return order[element / row] * row + element % row;
}

/* Of the result; of the sum where an addition is part of the step. */
static const char *name_of(const rn__plan *plan, const rn__step *step)
{
    const rn__node *node = rn__step_node(plan, step);

    if (step->added >= 0 && rn__at(plan->graphs[step->graph], step->added)->name)
        node = rn__at(plan->graphs[step->graph], step->added);
    return node->name ? node->name : "";
}

void rn__finding_add(rn__tracer *tracer, const rn__step *step, const int64_t *iteration,
                     int64_t element, double value, const rn_nonfinite_operand *operand)
{
    rn__watch *w = tracer->watch;
    rn_nonfinite *found = &w->found[w->count++];
    const rn__node *node = rn__step_node(w->plan, step);
    const int n =
        step->inputs < RN_NONFINITE_OPERANDS ? step->inputs : RN_NONFINITE_OPERANDS;

    *found = (rn_nonfinite){.origin = RN_ORIGIN_OPERATOR,
                            .op = node->op->name,
                            .name = name_of(w->plan, step),
                            .call = number_of(tracer, step),
                            .loops = step->depth,
                            .shape = node->shape,
                            .element = known_element(tracer, step, step->inputs, element),
                            .value = value,
                            .operands = step->inputs,
                            .reached = tracer->reached};
    memcpy(found->step, iteration, (size_t)step->depth * sizeof *iteration);
    memcpy(found->operand, operand, (size_t)n * sizeof *operand);
    for (int i = 0; i < n; i++)
        found->operand[i].element = known_element(tracer, step, i, operand[i].element);
    rn__text t = begin_text(found);
    add_operands(w->plan, &t, found, step);
}

void rn__finding_add_leaf(rn__tracer *tracer, const rn__values *leaf, int64_t element)
{
    rn__watch *w = tracer->watch;

    if (w->count == LEAVES) return;
    rn_nonfinite *found = &w->found[w->count++];
    *found = (rn_nonfinite){.origin = leaf->origin,
                            .op = leaf->op,
                            .name = leaf->name,
                            .call = -1,
                            .shape = leaf->shape,
                            .element = element,
                            .value = rn__values_at(&leaf->array, element),
                            .reached = tracer->reached};
    begin_text(found);
}

void rn__trace_kernel_begin(rn__tracer *tracer, const rn__step *step, const rn_array *array)
{
    tracer->nan_before = tracer->inf_before = false;
    if (step->added < 0 || !rn__finding_wanted(tracer, step)) return;
    const rn_array *before = &array[rn__step_kernel_inputs(step)];
    tracer->inf_before = rn__values_first(before, false) >= 0;
    tracer->nan_before = tracer->inf_before && rn__values_first(before, true) >= 0;
}

/* Element k of an array, the operand of a product that is reduced, as one of the factor,
 * which is repeated along axes of stride 0. */
static int64_t element_of_factor(const rn__operand *x, const rn_array *array, int64_t k)
{
    int64_t element = 0, step = 1;

    for (int axis = x->rank - 1; axis >= 0; k /= array->size[axis--]) {
        if (x->stride[axis] == 0) continue;
        element += k % array->size[axis] * step;
        step *= array->size[axis];
    }
    return element;
}

void rn__trace_kernel(rn__tracer *tracer, const rn__step *step, const int64_t *iteration,
                      const rn_array *array, const int64_t *before)
{
    const rn__plan *plan = tracer->watch->plan;
    const rn_array *out = &array[step->inputs];
    rn_nonfinite_operand operand[RN_NONFINITE_OPERANDS];
    const int inputs = rn__step_kernel_inputs(step);
    bool finite = !tracer->inf_before;

    if (!rn__finding_wanted(tracer, step) || rn__values_first(out, false) < 0 ||
        tracer->nan_before)
        return;
    for (int i = 0; i < inputs; i++) {
        if (rn__values_first(&array[i], true) >= 0) return;
        finite = finite && rn__values_first(&array[i], false) < 0;
    }
    const int64_t element = rn__values_first(out, !finite);
    if (element < 0) return;
    for (int i = 0; i < step->inputs && i < RN_NONFINITE_OPERANDS; i++) {
        const int64_t k = i < inputs ? rn__values_largest(&array[i]) : -1;
        operand[i].value = k < 0 ? (double)NAN : rn__values_at(&array[i], k);
        operand[i].element = k;
        if (k >= 0 && rn__reduces_product(plan, step))
            operand[i].element =
                element_of_factor(rn__step_operands(plan, step) + i, &array[i], k);
        if (k >= 0 && before) operand[i].element += before[i];
    }
    rn__finding_add(tracer, step, iteration, element + (before ? before[step->inputs] : 0),
                    rn__values_at(out, element), operand);
}

/* SPDX-License-Identifier: MIT */
/* The plan as text. */
#include "base/text.h"
#include "plan/elide.h"

#include <stdio.h>

/* "@"w"+64": byte 64 of the variable "w". */
static void print_variable(const rn__plan *plan, rn__text *t, const rn__buffer *buffer,
                           int64_t offset)
{
    rn__text_add(t, "@\"%s\"", rn__at(plan->graph, buffer->leaf)->variable->name);
    if (offset) rn__text_add(t, "%+lld", (long long)offset);
}

/* "@4096+256 t0": the offset, and how far each iteration of the loop at depth 0 moves it;
 * "+8 r0": how far each packed row does.
 * "#7+64": byte 64 of buffer 7, before buffers have their offsets. */
static void print_address(const rn__plan *plan, rn__text *t, const rn__address *address)
{
    if (address->buffer < 0) {
        rn__text_add(t, "none");
        return;
    }
    const rn__buffer *buffer = &plan->buffer[address->buffer];
    if (buffer->kind == RN__BUFFER_VARIABLE)
        print_variable(plan, t, buffer, address->offset);
    else if (!plan->placed)
        rn__text_add(t, "#%d%+lld", (int)address->buffer, (long long)address->offset);
    else
        rn__text_add(t, "@%s%lld", buffer->tiled ? "tile+" : "",
                     (long long)buffer->offset + address->offset);
    for (int d = 0; d < RN_LOOP_DEPTH; d++)
        if (address->advance[d])
            rn__text_add(t, "%+lld t%d", (long long)address->advance[d], d);
    for (int d = 0; d < RN_LOOP_DEPTH; d++)
        if (address->advance[RN_LOOP_DEPTH + d])
            rn__text_add(t, "%+lld r%d", (long long)address->advance[RN_LOOP_DEPTH + d], d);
}

static void print_operator(const rn__plan *plan, rn__text *t, const rn__step *step)
{
    const rn__node *node = rn__step_node(plan, step);
    const rn__operand *operand = rn__step_operands(plan, step);
    const rn__operand *out = &operand[step->inputs];
    const int own = rn__step_kernel_inputs(step);
    const bool in_place = step->added >= 0 && rn__same_address(&operand[own].at, &out->at);
    const int inputs = in_place ? own : step->inputs;
    char shape[128];

    rn__text_add(t, "%s",
                 step->kind == RN__STEP_PACK   ? "pack"
                 : node                        ? node->op->name
                 : step->kind == RN__STEP_TAIL ? "tail"
                                               : "copy");
    if (node && node->name && step->kind != RN__STEP_PACK)
        rn__text_add(t, " \"%s\"", node->name);
    rn__text_add(t, " %s %s ", rn_type_name(out->type),
                 rn__shape_text(rn_shape_of(out->rank, out->size), shape, sizeof shape));
    if (step->limit.buffer >= 0) rn__text_add(t, "(limited) ");
    print_address(plan, t, &out->at);
    for (int i = 0; i < inputs; i++) {
        if (step->kind == RN__STEP_PACK && i != step->packs) continue;
        rn__text_add(t, i == own                           ? " + "
                        : i && step->kind != RN__STEP_PACK ? ", "
                        : in_place                         ? " += "
                                                           : " <- ");
        print_address(plan, t, &operand[i].at);
        if (step->packed.buffer < 0 || step->packs != i) continue;
        rn__text_add(t, " packed ");
        print_address(plan, t, &step->packed);
    }
    rn__text_add(t, "\n");
}

static int blocks_around(const rn__plan *plan, int32_t index)
{
    int blocks = 0;

    while ((index = plan->step[index].block) >= 0) blocks++;
    return blocks;
}

static void print_chain(rn__text *t, const rn__step *chain)
{
    if (chain->chain_rows)
        rn__text_add(t, "chain of %lld rows, %lld at a time, to %d\n",
                     (long long)chain->chain_rows, (long long)chain->tile,
                     (int)chain->end - 1);
    else
        rn__text_add(t, "chain in tiles of %lld, to %d\n", (long long)chain->tile,
                     (int)chain->end - 1);
}

void rn__plan_print(const rn__plan *plan, rn__text *t)
{
    for (int32_t i = 0; i < plan->steps; i++) {
        const rn__step *step = &plan->step[i];
        rn__text_add(t, "%*s%d ", 4 * blocks_around(plan, i), "", (int)i);
        if (step->kind == RN__STEP_LOOP)
            rn__text_add(t, "loop %s%lld steps%s, to %d\n", step->inputs ? "up to " : "",
                         (long long)step->iterations, step->reverse ? " reversed" : "",
                         (int)step->end - 1);
        else if (step->kind == RN__STEP_CHAIN)
            print_chain(t, step);
        else
            print_operator(plan, t, step);
    }
}

char *rn__plan_largest(const rn__plan *plan, char *text, size_t capacity)
{
    const rn__node *largest = NULL;
    size_t most = 0;
    char shape[128];

    text[0] = 0;
    for (int32_t i = 0; i < plan->steps; i++) {
        const rn__step *step = &plan->step[i];
        const rn__node *node = rn__step_node(plan, step);
        const int32_t at = node && step->kind != RN__STEP_PACK
                               ? rn__step_output(plan, step)->at.buffer
                               : -1;
        if (at < 0 || plan->buffer[at].bytes <= most) continue;
        most = plan->buffer[at].bytes;
        largest = node;
    }
    for (int i = 0; i < plan->inputs; i++) {
        const size_t bytes = plan->buffer[plan->input[i].value.at.buffer].bytes;
        if (bytes <= most) continue;
        most = bytes;
        largest = rn__at(plan->graph, plan->input[i].node);
    }
    if (largest)
        snprintf(text, capacity, "; the largest value: %s %.100s%s%s %s, %zu bytes",
                 largest->op->name, largest->name ? largest->name : "",
                 largest->name ? " " : "", rn_type_name(largest->type),
                 rn__shape_text(largest->shape, shape, sizeof shape), most);
    return text;
}

/* SPDX-License-Identifier: MIT */
/* What a program says of itself. */
#include "base/text.h"
#include "compile/program.h"

#include <stdio.h>

const char *rn_program_error(const rn_program *program)
{
    return program ? program->error : "no program";
}

size_t rn_program_workspace(const rn_program *program)
{
    return program ? program->workspace_bytes : 0;
}

int rn_program_calls(const rn_program *program)
{
    return program ? program->calls : 0;
}

static void print_place(const rn_program *p, rn__text *t, const rn__address *address)
{
    const char *start = p->workspace, *end = start + p->workspace_bytes;

    if (address->base >= start && address->base <= end)
        rn__text_add(t, "@%lld", (long long)(address->base - start));
    else
        rn__text_add(t, "@variable");
    for (int d = 0; d < RN_LOOP_DEPTH; d++)
        if (address->advance[d])
            rn__text_add(t, "%+lld t%d", (long long)address->advance[d], d);
}

static void print_call(const rn_program *p, rn__text *t, int32_t i)
{
    const rn__call *call = &p->call[i];
    char shape[128];

    rn__text_add(t, "%*s%d ", 4 * call->depth, "", (int)i);
    if (call->kind == RN__LOOP) {
        rn__text_add(t, "loop %s%lld steps%s, to %d\n", call->inputs ? "up to " : "",
                     (long long)call->steps, call->reverse ? " reversed" : "",
                     (int)call->end - 1);
        return;
    }
    const rn_array *out = &call->array[call->inputs];
    rn__text_add(t, "%s",
                 call->node               ? call->node->op->name
                 : call->kind == RN__TAIL ? "tail"
                                          : "copy");
    if (call->node && call->node->name) rn__text_add(t, " \"%s\"", call->node->name);
    rn__text_add(t, " %s %s ", rn_type_name(out->type),
                 rn__shape_text(rn_shape_of(out->rank, out->size), shape, sizeof shape));
    if (call->tiles_end)
        rn__text_add(t, "(tiles of %lld, to %d) ", (long long)call->tile,
                     (int)call->tiles_end - 1);
    if (call->limit.buffer >= 0) rn__text_add(t, "(limited) ");
    print_place(p, t, &call->address[call->inputs]);
    for (int k = 0; k < call->inputs; k++) {
        rn__text_add(t, k ? ", " : " <- ");
        print_place(p, t, &call->address[k]);
    }
    rn__text_add(t, "\n");
}

size_t rn_program_print(const rn_program *program, char *text, size_t capacity)
{
    rn__text t = {text, text ? capacity : 0, 0};

    if (t.capacity) text[0] = 0;
    if (!program) return 0;
    for (int i = 0; i < program->inputs; i++) {
        const rn__port *port = &program->input[i];
        char shape[128];
        rn__text_add(&t, "input \"%s\" %s %s%s\n", port->name,
                     rn_type_name(port->array.type),
                     rn__shape_text(rn_shape_of(port->array.rank, port->array.size), shape,
                                    sizeof shape),
                     port->used ? "" : " unused");
    }
    for (int32_t i = 0; i < program->calls; i++) print_call(program, &t, i);
    rn__text_add(&t, "workspace %zu bytes\n", program->workspace_bytes);
    return t.used;
}

/* SPDX-License-Identifier: MIT */
/* What a program reports about itself. */
#include "base/text.h"
#include "program/program.h"

const char *rn_program_error(const rn_program *program)
{
    return program ? program->error : "no program";
}

size_t rn_program_workspace(const rn_program *program)
{
    return program ? program->backend->bytes(program->loaded) : 0;
}

int rn_program_threads(const rn_program *program)
{
    if (!program || !program->backend->threads) return program ? 1 : 0;
    return program->backend->threads(program->loaded);
}

int rn_program_calls(const rn_program *program)
{
    int calls = 0;

    for (int32_t i = 0; program && i < program->plan.steps; i++)
        calls += program->plan.step[i].kind != RN__STEP_CHAIN;
    return calls;
}

size_t rn_program_print(const rn_program *program, char *text, size_t capacity)
{
    rn__text t = {text, text ? capacity : 0, 0};
    char shape[128];

    if (t.capacity) text[0] = 0;
    if (!program) return 0;
    for (int i = 0; i < program->inputs; i++) {
        const rn__port *port = &program->input[i];
        rn__text_add(&t, "input \"%s\" %s %s%s\n", port->name,
                     rn_type_name(port->value.type),
                     rn__shape_text(rn_shape_of(port->value.rank, port->value.size), shape,
                                    sizeof shape),
                     port->used ? "" : " unused");
    }
    rn__plan_print(&program->plan, &t);
    rn__text_add(&t, "workspace %zu bytes\n", rn_program_workspace(program));
    return t.used;
}

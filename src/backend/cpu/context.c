/* SPDX-License-Identifier: MIT */
/* What each thread has of its own. */
#include "backend/cpu/cpu.h"

/* The leading axes of an argument as one, of which the rows are. */
static void fold_rows(rn_array *array, const rn__cpu_call *call, int k)
{
    const int axis = call->row_axis[k];

    for (int i = 0; i < axis; i++) array->size[i] = 1;
    array->stride[axis] = call->move[k] / (int64_t)rn_type_size(array->type);
}

/* The arguments of all kernels and maps. */
static void fill_arguments(const rn__cpu_context *c)
{
    const rn__cpu_program *p = c->program;

    for (int32_t i = 0; i < p->plan->steps; i++) {
        const rn__cpu_call *call = &p->call[i];
        const rn__operand *operand = rn__step_operands(p->plan, call->step);
        const bool map = call->kind == RN__STEP_MAP;
        if (!map && call->kind != RN__STEP_KERNEL && call->kind != RN__STEP_PACK) continue;
        for (int k = 0; k <= call->inputs; k++) {
            char *at = rn__cpu_at(c, &call->address[k]);
            if (map) {
                c->place[call->array + k] = at;
                continue;
            }
            c->array[call->array + k] = rn__step_array(&operand[k], at);
            if (call->row_axis) fold_rows(&c->array[call->array + k], call, k);
        }
    }
}

bool rn__context_init(rn__cpu_context *c, const rn__cpu_program *p, size_t scratch)
{
    const rn_allocator a = p->arena.allocator;

    *c = (rn__cpu_context){.program = p, .scratch_bytes = scratch, .threads = 1};
    c->array = (rn_array *)rn__new(a, (size_t)p->arrays * sizeof *c->array);
    c->place = (void **)rn__new(a, (size_t)p->places * sizeof *c->place);
    c->tiles = (char *)rn__allocate_aligned(a, p->tile_bytes, true);
    c->scratch = (char *)rn__allocate_aligned(a, scratch, true);
    rn__cpu_large_pages(c->scratch, scratch);
    if (!c->array || !c->place || !c->tiles || !c->scratch) return false;
    fill_arguments(c);
    return true;
}

void rn__context_finish(rn__cpu_context *c)
{
    if (!c->program) return;
    const rn_allocator a = c->program->arena.allocator;

    rn__free(a, c->array);
    rn__free(a, c->place);
    rn__free_aligned(a, c->tiles);
    rn__free_aligned(a, c->scratch);
}

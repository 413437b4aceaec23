/* SPDX-License-Identifier: MIT */
/* Chains: a step for the block before its steps. */
#include "plan/chains.h"

#include <string.h>

bool rn__same_limit(const rn__step *a, const rn__step *b)
{
    return a->limit.buffer == b->limit.buffer && a->limit_of == b->limit_of &&
           (a->limit.buffer < 0 ||
            (a->limit.offset == b->limit.offset &&
             memcmp(a->limit.advance, b->limit.advance, sizeof a->limit.advance) == 0));
}

bool rn__insert_chains(rn__planner *p, const rn__chain *chains)
{
    rn__plan *plan = p->plan;
    const int32_t old = plan->steps;
    int32_t *start =
        (int32_t *)rn__arena_new(&p->live.arena, ((size_t)old + 1) * sizeof *start);
    int32_t added = 0;

    if (!start) {
        rn__no_memory(p->graph);
        return false;
    }
    /* start[i]: the number of step i, or of the chain that it begins. */
    for (int32_t i = 0; i < old; i++) {
        start[i] = i + added;
        added += chains[i].end != 0;
    }
    start[old] = old + added;
    if (added == 0) return true;
    if (!rn__plan_renumber(p, start)) return false;
    for (int32_t i = 0; i < old; i++) {
        if (!chains[i].end) continue;
        const int32_t at = start[i];
        const rn__step *head = &plan->step[at + 1];
        plan->step[at] = (rn__step){.kind = RN__STEP_CHAIN,
                                    .node = -1,
                                    .added = -1,
                                    .block = head->block,
                                    .depth = head->depth,
                                    .end = start[chains[i].end],
                                    .tile = chains[i].tile,
                                    .chain_rows = chains[i].rows,
                                    .limit.buffer = -1,
                                    .order.buffer = -1,
                                    .packed.buffer = -1};
        for (int32_t c = at + 1; c < plan->step[at].end; c++) plan->step[c].block = at;
    }
    return true;
}

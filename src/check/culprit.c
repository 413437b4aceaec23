/* SPDX-License-Identifier: MIT */
/*
 * Finding the wrong rule.
 *
 * Every operator's rule is judged alone: a graph of that one operator, fed with the
 * operands of the run, with a random cotangent, its gradient along a random direction
 * against a difference. So it does not matter how far from the loss the mistake is, or how
 * many there are.
 */
#include "culprit.h"

#include <stdio.h>

#include "branch.h"

enum { STEPS = 2 };

typedef struct search {
    rn_graph *root;
    const rn__fed *fed;
    int fed_count;
    rn__arena arena;
    rn__list sites; /* rn__site */
    rn_program *program;
    char *text;
    size_t capacity;
} search;

/* ---- the sites ---- */

static bool add_site(search *s, rn_graph *graph, int32_t id)
{
    const rn__node *node = rn__at(graph, id);

    if (!node->op->gradient || !rn__is_real(node->type) || node->inputs > RN__SITE_OPERANDS)
        return true;
    rn__site *at = (rn__site *)rn__list_add(s->root, &s->sites, sizeof *at);
    if (!at) return false;
    *at = (rn__site){.graph = graph, .id = id, .runs = 1};
    for (const rn_graph *g = graph; g->parent; g = g->parent) at->runs *= g->loop->steps;
    for (int i = 0; i < node->inputs; i++) {
        at->stack[i] = rn__lift((rn_tensor){graph, node->in[i]});
        if (rn_is_null(at->stack[i])) return false;
    }
    return true;
}

/* Later nodes, nearer to the loss, come last: the list is walked from its end. */
static bool add_sites(search *s, const rn__copy_pass *live, rn_graph *graph)
{
    const rn__region *region = rn__copy_region(live, graph);
    const int32_t count = region ? graph->count : 0;

    for (int32_t id = 0; id < count; id++) {
        const rn__node *node = rn__at(graph, id);
        if (!region->live[id]) continue;
        if (node->op == &rn__op_loop) {
            if (!add_sites(s, live, node->loop->body)) return false;
        } else if (!add_site(s, graph, id)) {
            return false;
        }
    }
    return true;
}

static bool list_sites(search *s, rn_tensor loss)
{
    rn__copy_pass live = {.from = s->root, .to = s->root};

    live.arena.allocator = s->root->allocator;
    const bool ok =
        rn__copy_live(&live, &loss.id, 1, false) && add_sites(s, &live, s->root);
    rn__copy_finish(&live);
    return ok;
}

/* ---- the run ---- */

static bool run_all(search *s)
{
    const rn__site *at = rn__list_at(s->sites, rn__site, 0);
    rn_tensor *y = (rn_tensor *)rn__arena_new(&s->arena, (size_t)s->sites.count *
                                                             RN__SITE_OPERANDS * sizeof *y);
    int count = 0;

    if (!y) return false;
    for (int k = 0; k < s->sites.count; k++)
        for (int i = 0; i < rn__at(at[k].graph, at[k].id)->inputs; i++)
            y[count++] = at[k].stack[i];
    s->program =
        rn_compile(s->root, (rn_compile_options){.outputs = y, .output_count = count});
    for (int i = 0; s->program && i < s->fed_count; i++)
        if (rn_feed(s->program, s->fed[i].x, s->fed[i].value, s->fed[i].bytes) != RN_OK)
            return false;
    return s->program && rn_run(s->program) == RN_OK;
}

static void judge_all(search *s)
{
    for (int k = s->sites.count - 1; k >= 0; k--) {
        rn__site *at = rn__list_at(s->sites, rn__site, k);
        const int64_t run[STEPS] = {at->runs - 1, at->runs / 2};
        at->program = s->program;
        for (int i = 0; i < STEPS && run[i] >= 0 && (i == 0 || run[i] != run[0]); i++)
            if (!rn__rule_agrees(at, run[i], &s->arena, s->text, s->capacity)) return;
    }
    snprintf(s->text, s->capacity,
             "no culprit: each of %d rules agrees with its operator on the values of this "
             "run; what joins them is wrong, or the loss is not smooth here",
             s->sites.count);
}

void rn__find_culprit(rn_tensor loss, const rn__fed *fed, int count, char *text,
                      size_t capacity)
{
    search s = {.root = loss.graph,
                .fed = fed,
                .fed_count = count,
                .text = text,
                .capacity = capacity};

    text[0] = 0;
    s.arena.allocator = loss.graph->allocator;
    if (list_sites(&s, loss) && run_all(&s)) judge_all(&s);
    rn_program_free(s.program);
    rn__arena_finish(&s.arena);
}

/* SPDX-License-Identifier: MIT */
/* Why there is nothing to be compared at a point. */
#include <stdio.h>

#include "check/probe.h"

/* The number that a node of the graph has in the user's graph, or body; -1: none. */
static int32_t user_id(const rn__probe *p, rn_tensor x)
{
    for (int32_t i = 0; p->copied && i < p->copied->regions; i++) {
        const rn__region *r = p->copied->region[i];
        for (int32_t id = 0; r && id < r->graph->count; id++)
            if (r->to[id].graph == x.graph && r->to[id].id == x.id) return id;
    }
    return -1;
}

/* The steps of the loops around a graph, of which choices are stacked, at row `at`. */
static void describe_loops(const rn__probe *p, const rn_graph *graph, int64_t at,
                           rn_gradcheck_kink *kink)
{
    kink->loop =
        graph->parent ? user_id(p, rn__tensor(graph->parent, graph->loop->node)) : -1;
    kink->loops = 0;
    for (const rn_graph *g = graph; g->parent; g = g->parent) kink->loops++;
    for (int i = kink->loops - 1; i >= 0; i--, graph = graph->parent) {
        kink->step[i] = at % graph->loop->steps;
        at /= graph->loop->steps;
    }
}

/* Which choice changed, of which element of which node in which step. */
void rn__kink_choice(rn__probe *p, const rn__choice *choice, int64_t element,
                     double distance, rn_gradcheck_kink *kink)
{
    const rn_tensor y = rn__tensor(choice->graph, choice->id);
    const char *name = rn_name_get(y);
    char shape[128], text[256];

    /* Without a name there is the number below: that of the copy is another. */
    snprintf(text, sizeof text, "%.100s%s%s", name, *name ? " " : "",
             rn__shape_text(rn_shape_get(y), shape, sizeof shape));
    kink->op = rn__node_of(y)->op->name;
    kink->node = rn__arena_string(&p->arena, text);
    kink->id = user_id(p, y);
    kink->choice = element % choice->each;
    kink->distance = distance;
    describe_loops(p, choice->graph, element / choice->each, kink);
}

/* That it is the loss, at no step of a loop. */
void rn__kink_loss(const rn__probe *p, const char *what, double distance,
                   rn_gradcheck_kink *kink)
{
    kink->op = "loss";
    kink->node = what;
    kink->id = user_id(p, p->output[0].y);
    kink->loop = -1;
    kink->loops = 0;
    kink->choice = 0;
    kink->distance = distance;
}

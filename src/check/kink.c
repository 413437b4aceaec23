/* SPDX-License-Identifier: MIT */
/* Why there is nothing to be compared at a point. */
#include <stdio.h>

#include "check/probe.h"

int32_t rn__user_id(const rn__copy_pass *copied, rn_tensor x)
{
    for (int32_t i = 0; copied && i < copied->regions; i++) {
        const rn__region *r = copied->region[i];
        for (int32_t id = 0; r && id < r->graph->count; id++)
            if (r->to[id].graph == x.graph && r->to[id].id == x.id) return id;
    }
    return -1;
}

int rn__steps_at(const rn_graph *graph, int64_t run, int64_t *step)
{
    int loops = 0;

    for (const rn_graph *g = graph; g->parent; g = g->parent) loops++;
    for (int i = loops - 1; i >= 0; i--, graph = graph->parent) {
        const int64_t steps = graph->loop->steps;
        step[i] = steps ? run % steps : 0;
        run /= steps ? steps : 1;
    }
    return loops;
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
    kink->id = rn__user_id(p->copied, y);
    kink->choice = element % choice->each;
    kink->distance = distance;
    kink->loops = rn__steps_at(choice->graph, element / choice->each, kink->step);
    kink->loop = -1;
    if (kink->loops)
        kink->loop = rn__user_id(
            p->copied, rn__tensor(choice->graph->parent, choice->graph->loop->node));
}

/* That it is the loss, at no step of a loop. */
void rn__kink_loss(const rn__probe *p, const char *what, double distance,
                   rn_gradcheck_kink *kink)
{
    kink->op = "loss";
    kink->node = what;
    kink->id = rn__user_id(p->copied, p->output[0].y);
    kink->loop = -1;
    kink->loops = 0;
    kink->choice = 0;
    kink->distance = distance;
}

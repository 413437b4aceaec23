/* SPDX-License-Identifier: MIT */
/* Which nodes can be in one group. */
#include "compile/join.h"

#include <string.h>

#include "base/hash.h"

bool rn__same_group(const rn__region *region, const rn__group *a, const rn__group *b)
{
    const rn__node *x = a->node, *y = b->node;

    if (x->op != y->op || x->type != y->type || x->inputs != y->inputs ||
        a->axis != b->axis || a->place != b->place || a->level != b->level ||
        x->gradient != y->gradient || x->attribute_size != y->attribute_size ||
        memcmp(x->attributes, y->attributes, x->attribute_size) != 0 ||
        !rn__shapes_but(x->shape, y->shape, a->axis))
        return false;
    for (int k = 0; k < x->inputs; k++) {
        const rn__node *in = rn__at(region->graph, x->in[k]),
                       *other = rn__at(region->graph, y->in[k]);
        if (a->cut[k] != b->cut[k] || a->from[k] != b->from[k]) return false;
        if (a->from[k] != RN__OF_ANY && a->of[k] != b->of[k]) return false;
        if (!rn__shapes_but(in->shape, other->shape, a->cut[k])) return false;
    }
    return true;
}

uint64_t rn__group_hash(const rn__group *g)
{
    uint64_t hash = rn__mix((uint64_t)g->level << 16 ^ (uint64_t)g->axis << 8 ^ g->place);

    for (int k = 0; k < g->node->inputs; k++)
        hash = rn__mix(hash ^ (g->from[k] == RN__OF_ANY ? UINT64_MAX : (uint64_t)g->of[k]));
    return hash;
}

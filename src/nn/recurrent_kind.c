/* SPDX-License-Identifier: MIT */
/* The kind of layer that a name stands for in a model, so that no layer is built under the
 * name of another kind. */
#include <stdio.h>
#include <string.h>

#include "nn/model.h"
#include "nn/recurrent.h"

/* "lstm of 2 layers in both directions": identifies the kind. */
static char *kind_of(const rn__recurrent *r, char *text, size_t capacity)
{
    snprintf(text, capacity, "%.100s of %d layer%s%s", r->cell->name, r->layers,
             r->layers == 1 ? "" : "s", r->directions == 1 ? "" : " in both directions");
    return text;
}

bool rn__recurrent_fits_model(const rn__recurrent *r)
{
    const char *kept = rn__model_kind(r->scope.model, r->scope.path);
    char text[192];

    kind_of(r, text, sizeof text);
    if (!kept || !strcmp(kept, text)) return true;
    rn_fail(r->graph, "%s: the model has another layer of that name: %s is %s, not %s",
            rn__recurrent_what(r), r->scope.path, kept, text);
    return false;
}

bool rn__recurrent_record(const rn__recurrent *r)
{
    rn_model *model = r->scope.model;
    char text[192];

    if (r->graph->root->failed) return false;
    if (rn__model_kind(model, r->scope.path) ||
        rn__model_set_kind(model, r->scope.path, kind_of(r, text, sizeof text)))
        return true;
    rn__no_memory(r->graph);
    return false;
}

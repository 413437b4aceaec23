/* SPDX-License-Identifier: MIT */
/* The kind of layer that a name stands for in a model, so that no layer is built under the
 * name of another kind. */
#include <string.h>

#include "base/text.h"
#include "nn/model.h"
#include "nn/recurrent.h"

enum { TEXT = 512 };

/* "lstm of 2 layers in both directions", or with the cells of all sublayers in order,
 * "lstm+gru of 2 layers": identifies the kind. */
static char *kind_of(const rn__recurrent *r, char *text)
{
    rn__text t = {text, TEXT, 0};
    const int count = r->layers * r->directions;
    bool alike = true;

    for (int i = 1; i < count; i++)
        alike &= !strcmp(r->sub[i].cell->name, r->sub[0].cell->name);
    for (int i = 0; i < (alike ? 1 : count); i++)
        rn__text_add(&t, "%s%.100s", i ? "+" : "", r->sub[i].cell->name);
    rn__text_add(&t, " of %d layer%s%s", r->layers, r->layers == 1 ? "" : "s",
                 r->directions == 1 ? "" : " in both directions");
    return text;
}

bool rn__recurrent_fits_model(const rn__recurrent *r)
{
    const char *kept = rn__model_kind(r->scope.model, r->scope.path);
    char text[TEXT];

    kind_of(r, text);
    if (!kept || !strcmp(kept, text)) return true;
    rn_fail(r->graph, "%s: the model has another layer of that name: %s is %s, not %s",
            rn__recurrent_what(r), r->scope.path, kept, text);
    return false;
}

bool rn__recurrent_record(const rn__recurrent *r)
{
    rn_model *model = r->scope.model;
    char text[TEXT];

    if (r->graph->root->failed) return false;
    if (rn__model_kind(model, r->scope.path) ||
        rn__model_set_kind(model, r->scope.path, kind_of(r, text)))
        return true;
    rn__no_memory(r->graph);
    return false;
}

/* SPDX-License-Identifier: MIT */
/* The kind of each recurrent layer of a model, so that no name is used for two kinds.
 * */
#include <string.h>

#include "nn/model.h"

const char *rn__model_kind(const rn_model *model, const char *path)
{
    for (int i = 0; i < model->kind_count; i++)
        if (!strcmp(model->layer_kind[i].path, path)) return model->layer_kind[i].what;
    return NULL;
}

static bool reserve(rn_model *model)
{
    if (model->kind_count < model->kind_capacity) return true;

    const int capacity = 2 * model->kind_capacity + 4;
    rn__layer_kind *more = (rn__layer_kind *)rn__resize(model->allocator, model->layer_kind,
                                                        (size_t)capacity * sizeof *more);
    if (!more) return false;
    model->layer_kind = more;
    model->kind_capacity = capacity;
    return true;
}

bool rn__model_set_kind(rn_model *model, const char *path, const char *what)
{
    if (!reserve(model)) return false;

    rn__layer_kind *kept = &model->layer_kind[model->kind_count];
    kept->path = rn__copy_string(model->allocator, path);
    kept->what = rn__copy_string(model->allocator, what);
    if (kept->path && kept->what) {
        model->kind_count++;
        return true;
    }
    rn__free(model->allocator, kept->path);
    rn__free(model->allocator, kept->what);
    return false;
}

void rn__model_kinds_finish(rn_model *model)
{
    for (int i = 0; i < model->kind_count; i++) {
        rn__free(model->allocator, model->layer_kind[i].path);
        rn__free(model->allocator, model->layer_kind[i].what);
    }
    rn__free(model->allocator, model->layer_kind);
}

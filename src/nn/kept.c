/* SPDX-License-Identifier: MIT */
/* What kind of layer each recurrent layer of a model is, so that none is taken for another.
 */
#include <string.h>

#include "nn/model.h"

const char *rn__model_kept(const rn_model *model, const char *path)
{
    for (int i = 0; i < model->kept_count; i++)
        if (!strcmp(model->kept[i].path, path)) return model->kept[i].what;
    return NULL;
}

static bool reserve(rn_model *model)
{
    if (model->kept_count < model->kept_capacity) return true;

    const int capacity = 2 * model->kept_capacity + 4;
    rn__kept *more = (rn__kept *)rn__resize(model->allocator, model->kept,
                                            (size_t)capacity * sizeof *more);
    if (!more) return false;
    model->kept = more;
    model->kept_capacity = capacity;
    return true;
}

bool rn__model_keep(rn_model *model, const char *path, const char *what)
{
    if (!reserve(model)) return false;

    rn__kept *kept = &model->kept[model->kept_count];
    kept->path = rn__copy_string(model->allocator, path);
    kept->what = rn__copy_string(model->allocator, what);
    if (kept->path && kept->what) {
        model->kept_count++;
        return true;
    }
    rn__free(model->allocator, kept->path);
    rn__free(model->allocator, kept->what);
    return false;
}

void rn__model_kept_finish(rn_model *model)
{
    for (int i = 0; i < model->kept_count; i++) {
        rn__free(model->allocator, model->kept[i].path);
        rn__free(model->allocator, model->kept[i].what);
    }
    rn__free(model->allocator, model->kept);
}

/* SPDX-License-Identifier: MIT */
/* New initial values for weights that exist already. */
#include <string.h>

#include "base/pattern.h"
#include "nn/initializer.h"
#include "nn/model.h"

/* The number of weights that a pattern matches. */
static int matched(const rn_model *model, const char *pattern, size_t bytes)
{
    int count = 0;

    for (int i = 0; i < model->count; i++)
        count += model->entry[i].kind == RN__WEIGHT &&
                 rn__pattern_matches(pattern, bytes, model->entry[i].variable->name);
    return count;
}

static rn_status check(rn_model *model, const char *list, rn_init init)
{
    const char *pattern, *rest = list;
    size_t bytes;
    bool any = false;

    if ((unsigned)init.kind > RN_INIT_IDENTITY)
        return rn__model_fail(model, RN_INVALID, "model_initialize: no initialiser %d",
                              (int)init.kind);
    while (rn__pattern_next(&rest, &pattern, &bytes)) {
        any = true;
        if (matched(model, pattern, bytes) == 0)
            return rn__model_fail(model, RN_INVALID,
                                  "model_initialize: the model has no such weight: %.*s",
                                  (int)bytes, pattern);
    }
    if (any) return RN_OK;
    return rn__model_fail(model, RN_INVALID, "model_initialize: no pattern of names");
}

/* The weights are swapped only after all new values are there. */
static rn_status replace(rn_model *model, const char *list, rn_init init)
{
    size_t bytes = 0;
    char *values, *at;
    bool done = true;

    for (int i = 0; i < model->count; i++) {
        const rn_variable *v = model->entry[i].variable;
        if (model->entry[i].kind == RN__WEIGHT && rn__pattern_any(list, v->name))
            bytes += v->bytes;
    }
    at = values = (char *)rn__new(model->allocator, bytes + 1);
    for (int i = 0; values && done && i < model->count; i++) {
        rn_variable v = *model->entry[i].variable;
        if (model->entry[i].kind != RN__WEIGHT || !rn__pattern_any(list, v.name)) continue;
        v.data = at;
        done = rn__initialize(&v, init, model->seed);
        at += v.bytes;
    }
    at = values;
    for (int i = 0; values && done && i < model->count; i++) {
        rn_variable *v = model->entry[i].variable;
        if (model->entry[i].kind != RN__WEIGHT || !rn__pattern_any(list, v->name)) continue;
        if (v->bytes) memcpy(v->data, at, v->bytes);
        at += v->bytes;
    }
    rn__free(model->allocator, values);
    if (values && done) return RN_OK;
    return rn__model_fail(model, RN_NO_MEMORY, "model_initialize: out of memory: %s", list);
}

rn_status rn_model_initialize(rn_model *model, const char *patterns, rn_init init)
{
    const char *list = patterns ? patterns : "";
    rn_status status = model ? check(model, list, init) : RN_INVALID;

    if (status == RN_OK) status = replace(model, list, init);
    if (status != RN_OK) return status;
    model->settled = true;
    rn__model_reset_derived(model);
    return RN_OK;
}

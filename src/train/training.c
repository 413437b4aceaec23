/* SPDX-License-Identifier: MIT */
/* The public functions on a model's optimisers: rates and statistics. */
#include <stdio.h>
#include <string.h>

#include "nn/model.h"
#include "train/optimizer.h"

static const char *name_of(const char *name)
{
    return name ? name : "optimizer";
}

/* Sets *value to the optimiser's scalar of that name and type; false if there is none. */
static bool find_scalar(const rn_model *model, const char *name, const char *scalar,
                        rn_type type, void *value)
{
    char full[RN__OPTIMIZER_NAME + 64];

    if (strlen(name) > RN__OPTIMIZER_NAME) return false;
    snprintf(full, sizeof full, "%s/%s", name, scalar);
    const rn_variable *v = rn_model_find(model, full);

    if (!v || v->type != type || v->shape.rank != 0) return false;
    memcpy(value, v->data, v->bytes);
    return true;
}

/* Whether a variable is one of the optimiser's current rates. */
static bool is_rate(const rn__entry *entry, const char *name)
{
    const char *full = entry->variable->name;
    const size_t bytes = strlen(name);

    return entry->kind == RN__RATE && !strncmp(full, name, bytes) &&
           !strncmp(full + bytes, "/rate", strlen("/rate"));
}

rn_status rn_set_learning_rate_of(rn_model *model, const char *name, double rate)
{
    bool found = false;

    if (!model) return RN_INVALID;
    if (!(rate >= 0 && rate < 1e300))
        return rn__model_fail(
            model, RN_INVALID,
            "set_learning_rate: the rate must be finite and not negative: %g", rate);
    for (int i = 0; i < model->count; i++) {
        if (!is_rate(&model->entry[i], name_of(name))) continue;
        memcpy(model->entry[i].variable->data, &rate, sizeof rate);
        found = true;
    }
    if (found) return RN_OK;
    if (!name)
        return rn__model_fail(model, RN_INVALID,
                              "set_learning_rate: the model has no optimiser yet");
    return rn__model_fail(model, RN_INVALID,
                          "set_learning_rate: the model has no optimiser yet: \"%s\"",
                          name);
}

rn_status rn_set_learning_rate(rn_model *model, double rate)
{
    return rn_set_learning_rate_of(model, NULL, rate);
}

rn_training rn_training_of_named(const rn_model *model, const char *name)
{
    rn_training t = {0, 0, 0, 0};
    int32_t count;

    name = name_of(name);
    if (find_scalar(model, name, "steps", RN_I32, &count)) t.steps = count;
    if (find_scalar(model, name, "skipped", RN_I32, &count)) t.skipped = count;
    find_scalar(model, name, "norm", RN_F64, &t.norm);
    find_scalar(model, name, "last_rate", RN_F64, &t.rate);
    return t;
}

rn_training rn_training_of(const rn_model *model)
{
    return rn_training_of_named(model, NULL);
}

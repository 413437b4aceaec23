/* SPDX-License-Identifier: MIT */
/* The optimiser of a model from outside: its rate, and what it did. */
#include <string.h>

#include "model.h"
#include "rondo/train.h"

/* The value of a scalar variable of that type, in *value; false when there is none. */
static bool look(const rn_model *model, const char *name, rn_type type, void *value)
{
    const rn_variable *v = rn_model_find(model, name);

    if (!v || v->type != type || v->shape.rank != 0) return false;
    memcpy(value, v->data, v->bytes);
    return true;
}

rn_status rn_set_learning_rate(rn_model *model, double rate)
{
    double now;

    if (!model) return RN_INVALID;
    if (!(rate >= 0 && rate < 1e300))
        return rn__model_complain(
            model, RN_INVALID,
            "set_learning_rate: the rate must be finite and not negative: %g", rate);
    if (!look(model, "optimizer/rate", RN_F64, &now))
        return rn__model_complain(model, RN_INVALID,
                                  "set_learning_rate: the model has no optimiser yet");
    return rn_model_set(model, "optimizer/rate", &rate, sizeof rate);
}

rn_training rn_training_of(const rn_model *model)
{
    rn_training t = {0, 0, 0};
    int32_t count;

    if (look(model, "optimizer/steps", RN_I32, &count)) t.steps = count;
    if (look(model, "optimizer/skipped", RN_I32, &count)) t.skipped = count;
    look(model, "optimizer/norm", RN_F64, &t.norm);
    return t;
}

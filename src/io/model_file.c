/* SPDX-License-Identifier: MIT */
/* A model's weights as a safetensors file. */
#include <string.h>

#include "base/arena.h"
#include "io/safetensors.h"
#include "nn/model.h"

enum { SHOWN = 120 };

/* A weight or a statistic. */
static bool is_saved(const rn_model *model, int index)
{
    return model->entry[index].kind <= RN__STATISTIC;
}

static bool has_weights(const rn_model *model)
{
    for (int i = 0; i < model->count; i++)
        if (is_saved(model, i)) return true;
    return false;
}

static rn_status report(rn_model *model, rn_status status, const rn__fault *fault)
{
    return status == RN_OK ? status : rn__model_fail(model, status, "%s", fault->message);
}

rn_status rn_model_save(rn_model *model, const char *path)
{
    rn__fault fault = {""};
    size_t count = 0;

    if (!model) return RN_INVALID;
    if (!path) return rn__model_fail(model, RN_INVALID, "model_save: no path");

    rn__stored *stored = (rn__stored *)rn__new(model->allocator,
                                               ((size_t)model->count + 1) * sizeof *stored);
    if (!stored) return rn__model_fail(model, RN_NO_MEMORY, "%s: out of memory", path);

    for (int i = 0; i < model->count; i++) {
        const rn_variable *v = model->entry[i].variable;
        if (is_saved(model, i))
            stored[count++] = (rn__stored){
                .name = v->name, .type = (int)v->type, .shape = v->shape, .data = v->data};
    }
    const rn_status status =
        rn__safetensors_write(model->allocator, path, stored, count, &fault);
    rn__free(model->allocator, stored);
    return report(model, status, &fault);
}

/* ---- loading ---- */

/* The model's weight of the same name, shape and type as an array of the file, or NULL with
 * a fault. */
static rn_variable *match(const rn_model *model, const rn__stored *stored, const char *path,
                          rn__fault *fault)
{
    const int index = rn__model_index(model, stored->name);
    char name[SHOWN], here[160], there[160];

    rn__fault_name(stored->name, name, sizeof name);
    if (index < 0 || !is_saved(model, index)) {
        rn__fault_set(fault, RN_BAD_FILE, path, "tensor \"%s\": unknown parameter", name);
        return NULL;
    }
    rn_variable *v = model->entry[index].variable;
    if ((int)v->type != stored->type)
        rn__fault_set(fault, RN_BAD_FILE, path, "tensor \"%s\": is %s, the model's is %s",
                      name, rn__safetensors_type(stored->type), rn_type_name(v->type));
    else if (!rn_shape_equal(v->shape, stored->shape))
        rn__fault_set(fault, RN_BAD_FILE, path, "tensor \"%s\": is %s, the model's is %s",
                      name, rn__shape_text(stored->shape, there, sizeof there),
                      rn__shape_text(v->shape, here, sizeof here));
    else
        return v;
    return NULL;
}

/* Whether file and model have the same weights. */
static rn_status compare(const rn_model *model, const rn__safetensors *st, const char *path,
                         rn__fault *fault)
{
    char name[SHOWN];

    if (st->count && !has_weights(model))
        return rn__fault_set(
            fault, RN_INVALID, path,
            "the model has no weights yet: build its graph first, then load "
            "the %zu tensors of this file",
            st->count);
    for (size_t i = 0; i < st->count; i++)
        if (!match(model, (const rn__stored *)st->by_name[i], path, fault))
            return RN_BAD_FILE;
    for (int i = 0; i < model->count; i++) {
        const rn_variable *v = model->entry[i].variable;
        if (is_saved(model, i) && !rn__safetensors_find(st, v->name))
            return rn__fault_set(fault, RN_BAD_FILE, path, "tensor \"%s\": missing",
                                 rn__fault_name(v->name, name, sizeof name));
    }
    return RN_OK;
}

static void copy(rn_model *model, const rn__safetensors *st)
{
    for (size_t i = 0; i < st->count; i++) {
        rn_variable *v = rn_model_find(model, st->stored[i].name);
        if (v->bytes) memcpy(v->data, st->stored[i].data, v->bytes);
    }
}

rn_status rn_model_load(rn_model *model, const char *path)
{
    rn__safetensors st;
    rn__fault fault = {""};
    rn_status status;

    if (!model) return RN_INVALID;
    if (!path) return rn__model_fail(model, RN_INVALID, "model_load: no path");
    status = rn__safetensors_open(&st, model->allocator, path, &fault);
    if (status == RN_OK) status = compare(model, &st, path, &fault);
    if (status == RN_OK) status = rn__safetensors_data(&st, &fault);
    if (status == RN_OK) {
        copy(model, &st);
        rn__model_reset_derived(model);
        model->settled = true;
    }
    rn__safetensors_finish(&st);
    return report(model, status, &fault);
}

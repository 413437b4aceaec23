/* SPDX-License-Identifier: MIT */
/* Models: variables by name. */
#include "nn/model.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "nn/initializer.h"
#include "nn/name.h"

rn_model *rn_model_new(uint64_t seed)
{
    return rn_model_new_using(seed, RN_F32, (rn_allocator){NULL, NULL});
}

rn_model *rn_model_new_using(uint64_t seed, rn_type real, rn_allocator allocator)
{
    if (!rn__is_real(real)) return NULL;

    rn_model *model = (rn_model *)rn__new(allocator, sizeof *model);

    if (!model) return NULL;
    model->allocator = allocator;
    model->seed = seed;
    model->real = real;
    return model;
}

void rn_model_free(rn_model *model)
{
    if (!model) return;
    for (int i = 0; i < model->count; i++) {
        model->entry[i].variable->owner = NULL;
        rn_variable_release(model->entry[i].variable);
    }
    rn__free(model->allocator, model->entry);
    rn__free(model->allocator, model->slot);
    rn__model_kinds_finish(model);
    rn__texts_finish(&model->texts, model->allocator);
    rn__free(model->allocator, model);
}

/* ---- names ---- */

/* The slot of the name, or the free slot where it belongs. There is always a free slot. */
static int slot_of(const rn_model *model, const char *name, uint64_t hash)
{
    const int mask = model->slots - 1;
    int at = (int)(hash & (uint64_t)mask);

    for (; model->slot[at]; at = (at + 1) & mask) {
        const rn__entry *e = &model->entry[model->slot[at] - 1];
        if (e->hash == hash && !strcmp(e->variable->name, name)) break;
    }
    return at;
}

int rn__model_index(const rn_model *model, const char *name)
{
    if (!model || !name || !model->slots) return -1;
    return model->slot[slot_of(model, name, rn__hash(name))] - 1;
}

/* Enters all names into empty slots. */
static void fill(rn_model *model)
{
    for (int i = 0; i < model->count; i++)
        model->slot[slot_of(model, model->entry[i].variable->name, model->entry[i].hash)] =
            i + 1;
}

/* At least twice as many slots as entries keep searches short. */
static bool spread(rn_model *model, int slots)
{
    int32_t *slot = (int32_t *)rn__new(model->allocator, (size_t)slots * sizeof *slot);

    if (!slot) return false;
    rn__free(model->allocator, model->slot);
    model->slot = slot;
    model->slots = slots;
    fill(model);
    return true;
}

static bool reserve(rn_model *model)
{
    if (model->count == model->capacity) {
        const int capacity = model->capacity ? 2 * model->capacity : 16;
        rn__entry *entry = (rn__entry *)rn__resize(model->allocator, model->entry,
                                                   (size_t)capacity * sizeof *entry);
        if (!entry) return false;
        model->entry = entry;
        model->capacity = capacity;
    }
    return model->slots >= 2 * (model->count + 1) || spread(model, 2 * model->capacity);
}

rn_variable *rn__model_add(rn_model *model, const char *name, rn_type type, rn_shape shape,
                           rn__kind kind, const rn_init *init)
{
    if (!reserve(model)) return NULL;

    rn_variable *variable = rn_variable_new(model->allocator, name, type, shape);
    const uint64_t hash = rn__hash(name);

    if (!variable) return NULL;
    if (init && !rn__initialize(variable, *init, model->seed)) {
        rn_variable_release(variable);
        return NULL;
    }
    variable->trained = kind == RN__WEIGHT;
    variable->owner = model;
    model->slot[slot_of(model, name, hash)] = model->count + 1;
    model->entry[model->count++] = (rn__entry){variable, hash, kind};
    return variable;
}

void rn__model_begin(rn_model *model)
{
    model->before = model->count + 1;
}

/* Removes all variables from index `count` on. */
static void cut(rn_model *model, int count)
{
    while (model->count > count) {
        rn_variable *variable = model->entry[--model->count].variable;
        variable->owner = NULL;
        rn_variable_release(variable);
    }
    if (model->slots) memset(model->slot, 0, (size_t)model->slots * sizeof *model->slot);
    fill(model);
}

void rn__model_settle(rn_model *model, bool keep)
{
    if (model->before && !keep) cut(model, model->before - 1);
    model->before = 0;
}

/* ---- questions ---- */

rn_status rn__model_fail(rn_model *model, rn_status status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(model->error, sizeof model->error, format, arguments);
    va_end(arguments);
    return status;
}

const char *rn_model_error(const rn_model *model)
{
    return model ? model->error : "";
}

int rn_model_count(const rn_model *model)
{
    return model ? model->count : 0;
}

static bool within(const rn_model *model, int index)
{
    return model && index >= 0 && index < model->count;
}

rn_variable *rn_model_at(const rn_model *model, int index)
{
    return within(model, index) ? model->entry[index].variable : NULL;
}

rn_variable *rn_model_find(const rn_model *model, const char *name)
{
    return rn_model_at(model, rn__model_index(model, name));
}

bool rn_model_is_weight(const rn_model *model, int index)
{
    return within(model, index) && model->entry[index].kind == RN__WEIGHT;
}

int64_t rn_model_parameters(const rn_model *model)
{
    int64_t total = 0;

    for (int i = 0; i < rn_model_count(model); i++)
        if (model->entry[i].kind == RN__WEIGHT)
            total += rn_shape_count(model->entry[i].variable->shape);
    return total;
}

/* ---- values ---- */

static rn_variable *sized(rn_model *model, const char *what, const char *name, size_t bytes)
{
    rn_variable *variable = rn_model_find(model, name);

    if (!variable) {
        rn__model_fail(model, RN_INVALID, "%s: no such variable: %s", what,
                       name ? name : "(null)");
    } else if (variable->bytes != bytes) {
        rn__model_fail(model, RN_INVALID, "%s: wrong size: %s has %zu bytes, not %zu", what,
                       name, variable->bytes, bytes);
        variable = NULL;
    }
    return variable;
}

rn_status rn_model_set(rn_model *model, const char *name, const void *data, size_t bytes)
{
    if (!model) return RN_INVALID;

    rn_variable *variable = sized(model, "model_set", name, bytes);

    if (!variable) return RN_INVALID;
    if (!data && bytes)
        return rn__model_fail(model, RN_INVALID, "model_set: no data: %s", name);
    if (bytes) memcpy(variable->data, data, bytes);
    if (variable->trained) model->settled = true;
    return RN_OK;
}

rn_status rn_model_get(rn_model *model, const char *name, void *data, size_t bytes)
{
    if (!model) return RN_INVALID;

    rn_variable *variable = sized(model, "model_get", name, bytes);

    if (!variable) return RN_INVALID;
    if (!data && bytes)
        return rn__model_fail(model, RN_INVALID, "model_get: no buffer: %s", name);
    if (bytes) memcpy(data, variable->data, bytes);
    return RN_OK;
}

static void clear(rn_model *model, rn__kind kind)
{
    for (int i = 0; i < rn_model_count(model); i++) {
        rn_variable *v = model->entry[i].variable;
        if (model->entry[i].kind == kind && v->bytes) memset(v->data, 0, v->bytes);
    }
}

void rn_model_reset_states(rn_model *model)
{
    clear(model, RN__CARRIED);
}

/* States of stateful layers are [batch, ..]. */
rn_status rn_model_reset_sequence(rn_model *model, int64_t batch, int64_t sequence)
{
    bool any = false;

    if (!model) return RN_INVALID;
    if (sequence < -1 || sequence >= batch)
        return rn__model_fail(model, RN_INVALID,
                              "model_reset_sequence: no sequence %lld in a batch of %lld",
                              (long long)sequence, (long long)batch);
    for (int i = 0; i < rn_model_count(model); i++) {
        rn_variable *v = model->entry[i].variable;
        if (model->entry[i].kind != RN__CARRIED || v->shape.size[0] != batch) continue;
        const size_t row = batch ? v->bytes / (size_t)batch : 0;
        any = true;
        if (row == 0) continue;
        memset((char *)v->data + (sequence < 0 ? 0 : (size_t)sequence * row), 0,
               sequence < 0 ? v->bytes : row);
    }
    if (any) return RN_OK;
    return rn__model_fail(model, RN_INVALID,
                          "model_reset_sequence: no stateful layer has a batch of %lld",
                          (long long)batch);
}

void rn__model_reset_derived(rn_model *model)
{
    clear(model, RN__CARRIED);
    clear(model, RN__MOMENT);
}

/* SPDX-License-Identifier: MIT */
/* Loading checkpoints, whole or only the caller's items. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "io/checkpoint.h"
#include "io/model_file.h"
#include "nn/name.h"

/* ---- does the file match the model? ---- */

static rn_status bad(const rn__safetensors *st, const rn__stored *stored, rn__fault *fault,
                     const char *what)
{
    return rn__fault_named(fault, RN_BAD_FILE, st->file.path, "tensor", stored->name, "%s",
                           what);
}

static rn__kind kind_of(const rn__safetensors *st, const rn__stored *stored)
{
    return (rn__kind)rn__seal_get(st, stored, RN__SEAL_KIND);
}

static bool is_saved_kind(rn__kind kind)
{
    return kind <= RN__STATISTIC;
}

/* Whether a variable can be made of an array. */
static rn_status check_variable(const rn_model *model, const rn__safetensors *st,
                                const rn__stored *stored, rn__fault *fault)
{
    const int64_t kind = rn__seal_get(st, stored, RN__SEAL_KIND);
    const char *what = *stored->name ? rn__name_fault(stored->name) : "the name is missing";

    if (kind < 0 || kind > RN__RATE || stored->type >= RN_TYPES) what = "is not a variable";
    if (!what && kind <= RN__STATISTIC && stored->type != (int)model->real)
        what = stored->type == RN_F64 ? "is f64, the model's weights are f32"
                                      : "is not of the type of the model's weights";
    return what ? bad(st, stored, fault, what) : RN_OK;
}

static rn_status match(const rn_model *model, bool has_weights, const rn__safetensors *st,
                       const rn__stored *stored, rn__fault *fault)
{
    const rn_status status = check_variable(model, st, stored, fault);
    const int index = rn__model_index(model, stored->name);
    char here[160], there[160], what[360];

    if (status != RN_OK) return status;
    const rn__kind kind = kind_of(st, stored);
    if (index < 0)
        return is_saved_kind(kind) && has_weights
                   ? bad(st, stored, fault, "unknown parameter")
                   : RN_OK;
    const rn__entry *e = &model->entry[index];
    const rn_variable *v = e->variable;
    if ((is_saved_kind(kind) || is_saved_kind(e->kind)) && kind != e->kind)
        return bad(st, stored, fault, "is not the same kind of variable in the model");
    if ((int)v->type == stored->type && rn_shape_equal(v->shape, stored->shape))
        return RN_OK;
    rn__shape_text(stored->shape, there, sizeof there);
    rn__shape_text(v->shape, here, sizeof here);
    snprintf(what, sizeof what, "is %s %s, the model's is %s %s",
             rn_type_name((rn_type)stored->type), there, rn_type_name(v->type), here);
    return bad(st, stored, fault, what);
}

static rn_status compare(const rn_model *model, const rn__safetensors *st, rn__fault *fault)
{
    bool has_weights = false;
    rn_status status = RN_OK;

    for (int i = 0; i < model->count; i++)
        if (is_saved_kind(model->entry[i].kind)) has_weights = true;
    for (size_t i = 0; i < st->count && status == RN_OK; i++) {
        const rn__stored *stored = (const rn__stored *)st->by_name[i];
        if (!rn__is_item(stored->name))
            status = match(model, has_weights, st, stored, fault);
    }
    for (int i = 0; i < model->count && status == RN_OK; i++) {
        const char *weight = model->entry[i].variable->name;
        if (is_saved_kind(model->entry[i].kind) && !rn__safetensors_find(st, weight))
            status = rn__fault_named(fault, RN_BAD_FILE, st->file.path, "tensor", weight,
                                     "missing");
    }
    return status;
}

static rn_status compare_seed(const rn_model *model, const rn__safetensors *st,
                              uint64_t *seed, rn__fault *fault)
{
    const rn__stored *stored = rn__safetensors_find(st, RN__SEED);

    if (!stored || stored->end - stored->begin != sizeof *seed)
        return rn__fault_set(fault, RN_BAD_FILE, st->file.path, "the seed is missing");
    memcpy(seed, stored->data, sizeof *seed);
    if (model->count == 0 || *seed == model->seed) return RN_OK;
    return rn__fault_set(fault, RN_BAD_FILE, st->file.path,
                         "the model's seed is %llu, that of the checkpoint is %llu",
                         (unsigned long long)model->seed, (unsigned long long)*seed);
}

/* ---- the values ---- */

/* The array of each place among the variables; NULL: none. */
static void list_places(const rn__safetensors *st, const rn__stored **at)
{
    for (size_t i = 0; i < st->count; i++) {
        const int64_t place = rn__seal_get(st, &st->stored[i], RN__SEAL_PLACE);
        if (place >= 0 && (uint64_t)place < st->count) at[place] = &st->stored[i];
    }
}

static bool add(rn_model *model, const rn__safetensors *st, const rn__stored *stored)
{
    return !stored || rn__is_item(stored->name) || rn_model_find(model, stored->name) ||
           rn__model_add(model, stored->name, (rn_type)stored->type, stored->shape,
                         kind_of(st, stored), NULL);
}

/* Adds the variables that the model lacks, in their order when they were saved. */
static bool add_missing(rn_model *model, const rn__safetensors *st)
{
    const rn__stored **at =
        (const rn__stored **)rn__new(model->allocator, st->count * sizeof *at);
    bool ok = at != NULL;

    if (ok) list_places(st, at);
    rn__model_begin(model);
    for (size_t i = 0; i < st->count && ok; i++) ok = add(model, st, at[i]);
    for (size_t i = 0; i < st->count && ok; i++) ok = add(model, st, &st->stored[i]);
    rn__model_settle(model, ok);
    rn__free(model->allocator, (void *)at);
    return ok;
}

static void set_values(rn_model *model, const rn__safetensors *st)
{
    for (int i = 0; i < model->count; i++) {
        rn_variable *v = model->entry[i].variable;
        const rn__stored *stored = rn__safetensors_find(st, v->name);
        if (is_saved_kind(model->entry[i].kind)) model->settled = true;
        if (v->bytes == 0) continue;
        if (stored)
            memcpy(v->data, stored->data, v->bytes);
        else if (model->entry[i].kind != RN__RATE)
            memset(v->data, 0, v->bytes);
    }
}

/* Takes all of the file. False if out of memory; the model is then unchanged. */
static bool set_all(rn_model *model, const rn__safetensors *st)
{
    rn__texts texts;

    if (!rn__load_texts(model, st, &texts)) return false;
    if (!add_missing(model, st)) {
        rn__texts_finish(&texts, model->allocator);
        return false;
    }
    rn__texts_finish(&model->texts, model->allocator);
    model->texts = texts;
    set_values(model, st);
    return true;
}

static rn_status open_file(rn__safetensors *st, rn_allocator a, const char *path,
                           const rn_checkpoint_item *item, int count, rn__fault *fault)
{
    rn_status status = rn__safetensors_open(st, a, path, fault);

    if (status == RN_OK && !st->sealed)
        status = rn__fault_set(fault, RN_BAD_FILE, path,
                               "is a safetensors file, but not a checkpoint");
    if (status == RN_OK) status = rn__items_match(item, count, st, fault);
    return status;
}

static rn_status report(rn_model *model, rn_status status, const rn__fault *fault)
{
    return status == RN_OK ? status : rn__model_fail(model, status, "%s", fault->message);
}

rn_status rn_checkpoint_load(rn_model *model, const char *path, rn_checkpoint_item *items,
                             int count)
{
    rn__fault fault = {""};
    rn__safetensors st;
    uint64_t seed = 0;

    if (!model) return RN_INVALID;
    if (!path) return rn__model_fail(model, RN_INVALID, "checkpoint_load: no path");

    rn_status status = rn__items_check(items, count, false, path, &fault);
    if (status != RN_OK) return report(model, status, &fault);
    status = open_file(&st, model->allocator, path, items, count, &fault);
    if (status == RN_OK) status = compare(model, &st, &fault);
    if (status == RN_OK) status = rn__safetensors_data(&st, &fault);
    if (status == RN_OK) status = compare_seed(model, &st, &seed, &fault);
    if (status == RN_OK && !set_all(model, &st))
        status = rn__fault_set(&fault, RN_NO_MEMORY, path, "out of memory");
    if (status == RN_OK) {
        model->seed = seed;
        rn__items_take(items, count, &st);
    }
    rn__safetensors_finish(&st);
    return report(model, status, &fault);
}

rn_status rn_checkpoint_read(const char *path, rn_checkpoint_item *items, int count,
                             char *message, size_t capacity)
{
    const rn_allocator a = {NULL, NULL};
    rn__fault fault = {""};
    rn__safetensors st;
    rn_status status = RN_OK;

    if (!path) status = rn__fault_set(&fault, RN_INVALID, "checkpoint_read", "no path");
    if (status == RN_OK) status = rn__items_check(items, count, false, path, &fault);
    if (status == RN_OK) {
        status = open_file(&st, a, path, items, count, &fault);
        if (status == RN_OK) status = rn__safetensors_data(&st, &fault);
        if (status == RN_OK) rn__items_take(items, count, &st);
        rn__safetensors_finish(&st);
    }
    if (message && capacity) snprintf(message, capacity, "%s", fault.message);
    return status;
}

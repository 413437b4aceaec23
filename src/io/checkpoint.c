/* SPDX-License-Identifier: MIT */
/* Checkpoints: all variables of a model and the caller's items as a sealed safetensors
 * file. */
#include "io/checkpoint.h"
#include "io/model_file.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "nn/model.h"
#include "nn/name.h"

enum { ITEM = -1 /* the kind of an array that is no variable */ };

#define SEED RN__ITEM_PREFIX "rondo.seed"

static rn_status report(rn_model *model, rn_status status, const rn__fault *fault)
{
    return status == RN_OK ? status : rn__model_fail(model, status, "%s", fault->message);
}

/* ---- saving ---- */

/* What is written. */
typedef struct saving {
    rn__stored *stored;
    int64_t *kind;
    size_t count;
    rn__note *note;
    size_t notes;
    char *names; /* of the items' arrays */
} saving;

static void add(saving *s, const char *name, int type, rn_shape shape, const void *data,
                int kind)
{
    s->kind[s->count] = kind;
    s->stored[s->count++] =
        (rn__stored){.name = name, .type = type, .shape = shape, .data = data};
}

static void add_items(saving *s, const rn_checkpoint_item *item, int count)
{
    char *name = s->names;

    for (int i = 0; i < count; i++, name += RN__ITEM_FULL) {
        rn__item_full(&item[i], name);
        if (item[i].text) {
            s->note[s->notes++] = (rn__note){name, item[i].text};
            continue;
        }
        add(s, name, item[i].reals ? (int)RN_F64 : (int)RN__I64,
            (rn_shape){1, {item[i].count}},
            item[i].reals ? (const void *)item[i].reals : item[i].numbers, ITEM);
    }
}

static rn_status add_variables(saving *s, const rn_model *model, const char *path,
                               rn__fault *fault)
{
    for (int i = 0; i < model->count; i++) {
        const rn_variable *v = model->entry[i].variable;
        if (rn__is_item(v->name))
            return rn__fault_named(fault, RN_INVALID, path, "variable", v->name,
                                   "its name begins with \"checkpoint/\"");
        add(s, v->name, (int)v->type, v->shape, v->data, (int)model->entry[i].kind);
    }
    return RN_OK;
}

static rn_status save(rn_model *model, const char *path, const rn_checkpoint_item *item,
                      int count, rn__fault *fault)
{
    const rn_allocator a = model->allocator;
    const size_t items = (size_t)count, most = (size_t)model->count + items + 2;
    const size_t texts = (size_t)model->texts.count;
    const size_t each = sizeof(rn__stored) + 3 * sizeof(int64_t);
    const size_t each_item = sizeof(rn__note) + (size_t)RN__ITEM_FULL;
    void *memory =
        rn__allocate(a, most * each + items * each_item + texts * sizeof(rn__note));
    saving s = {.stored = (rn__stored *)memory};

    if (!memory) return rn__fault_set(fault, RN_NO_MEMORY, path, "out of memory");
    s.kind = (int64_t *)(void *)(s.stored + most);
    int64_t *table = s.kind + most;
    s.note = (rn__note *)(void *)(table + 2 * most);
    s.names = (char *)(s.note + items + texts);

    rn_status status = add_variables(&s, model, path, fault);
    if (status == RN_OK) {
        for (size_t i = 0; i < texts; i++)
            s.note[s.notes++] =
                (rn__note){model->texts.at[i].key, model->texts.at[i].value};
        add_items(&s, item, count);
        add(&s, SEED, RN__I64, (rn_shape){0}, &model->seed, ITEM);
        add(&s, RN__SEAL_TABLE, RN__I64, (rn_shape){2, {(int64_t)s.count + 1, 2}}, table,
            ITEM);
        const rn__seal seal = {s.note, s.notes, s.kind, table};
        status = rn__safetensors_write_sealed(a, path, s.stored, s.count, &seal, fault);
    }
    rn__free(a, memory);
    return status;
}

rn_status rn_checkpoint_save(rn_model *model, const char *path,
                             const rn_checkpoint_item *items, int count)
{
    rn__fault fault = {""};

    if (!model) return RN_INVALID;
    if (!path) return rn__model_fail(model, RN_INVALID, "checkpoint_save: no path");

    rn_status status = rn__items_check(items, count, true, path, &fault);
    if (status == RN_OK) status = save(model, path, items, count, &fault);
    return report(model, status, &fault);
}

/* ---- loading: does the file match the model? ---- */

static rn_status bad(const rn__safetensors *st, const rn__stored *stored, rn__fault *fault,
                     const char *what)
{
    return rn__fault_named(fault, RN_BAD_FILE, st->file.path, "tensor", stored->name, "%s",
                           what);
}

static rn__kind kind_of(const rn__safetensors *st, const rn__stored *stored)
{
    return (rn__kind)st->table[2 * (stored - st->stored)];
}

static bool is_saved_kind(rn__kind kind)
{
    return kind <= RN__STATISTIC;
}

/* Whether a variable can be made of an array. */
static rn_status check_variable(const rn_model *model, const rn__safetensors *st,
                                const rn__stored *stored, rn__fault *fault)
{
    const int64_t kind = st->table[2 * (stored - st->stored)];
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
    const rn__stored *stored = rn__safetensors_find(st, SEED);

    if (!stored || stored->end - stored->begin != sizeof *seed)
        return rn__fault_set(fault, RN_BAD_FILE, st->file.path, "the seed is missing");
    memcpy(seed, stored->data, sizeof *seed);
    if (model->count == 0 || *seed == model->seed) return RN_OK;
    return rn__fault_set(fault, RN_BAD_FILE, st->file.path,
                         "the model's seed is %llu, that of the checkpoint is %llu",
                         (unsigned long long)model->seed, (unsigned long long)*seed);
}

/* ---- loading: the values ---- */

/* Adds the variables that the model lacks. */
static bool add_missing(rn_model *model, const rn__safetensors *st)
{
    bool ok = true;

    rn__model_begin(model);
    for (size_t i = 0; i < st->count && ok; i++) {
        const rn__stored *stored = &st->stored[i];
        if (rn__is_item(stored->name) || rn_model_find(model, stored->name)) continue;
        ok = rn__model_add(model, stored->name, (rn_type)stored->type, stored->shape,
                           kind_of(st, stored), NULL) != NULL;
    }
    rn__model_settle(model, ok);
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

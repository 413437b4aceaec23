/* SPDX-License-Identifier: MIT */
/* Saving checkpoints: all variables of a model and the caller's items as a sealed
 * safetensors file. */
#include "io/checkpoint.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "nn/model.h"

enum { ITEM = -1 /* the kind of an array that is no variable */ };

/* What is written. */
typedef struct saving {
    rn__stored *stored;
    int64_t *kind;
    size_t count;
    rn__note *note;
    size_t notes;
    char *names; /* of the items' arrays */
} saving;

/* Returns its shape, a scalar's. */
static rn_shape *add(saving *s, const char *name, int type, const void *data, int kind)
{
    rn__stored *stored = &s->stored[s->count];

    s->kind[s->count++] = kind;
    stored->name = name;
    stored->type = type;
    stored->data = data;
    return &stored->shape;
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
        const void *data = item[i].reals ? (const void *)item[i].reals : item[i].numbers;
        rn_shape *shape =
            add(s, name, item[i].reals ? (int)RN_F64 : (int)RN__I64, data, ITEM);
        shape->rank = 1;
        shape->size[0] = item[i].count;
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
        *add(s, v->name, (int)v->type, v->data, (int)model->entry[i].kind) = v->shape;
    }
    return RN_OK;
}

static rn_status save(rn_model *model, const char *path, const rn_checkpoint_item *item,
                      int count, rn__fault *fault)
{
    const rn_allocator a = model->allocator;
    const size_t items = (size_t)count, most = (size_t)model->count + items + 2;
    const size_t texts = (size_t)model->texts.count;
    const size_t each = sizeof(rn__stored) + (1 + RN__SEAL_ROW) * sizeof(int64_t);
    const size_t each_item = sizeof(rn__note) + (size_t)RN__ITEM_FULL;
    void *memory = rn__new(a, most * each + items * each_item + texts * sizeof(rn__note));
    saving s = {.stored = (rn__stored *)memory};

    if (!memory) return rn__fault_set(fault, RN_NO_MEMORY, path, "out of memory");
    s.kind = (int64_t *)(void *)(s.stored + most);
    int64_t *table = s.kind + most;
    s.note = (rn__note *)(void *)(table + RN__SEAL_ROW * most);
    s.names = (char *)(s.note + items + texts);

    rn_status status = add_variables(&s, model, path, fault);
    if (status == RN_OK) {
        for (size_t i = 0; i < texts; i++)
            s.note[s.notes++] =
                (rn__note){model->texts.at[i].key, model->texts.at[i].value};
        add_items(&s, item, count);
        add(&s, RN__SEED, RN__I64, &model->seed, ITEM);
        rn_shape *shape = add(&s, RN__SEAL_TABLE, RN__I64, table, ITEM);
        shape->rank = 2;
        shape->size[0] = (int64_t)s.count;
        shape->size[1] = RN__SEAL_ROW;
        const rn__seal seal = {s.note, s.notes, s.kind, table};
        status = rn__safetensors_write(a, path, s.stored, s.count, &seal, fault);
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
    return status == RN_OK ? status : rn__model_fail(model, status, "%s", fault.message);
}

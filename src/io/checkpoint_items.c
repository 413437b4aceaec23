/* SPDX-License-Identifier: MIT */
/* The caller's items in a checkpoint: arrays are tensors, texts are metadata. */
#include "io/checkpoint.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "nn/name.h"

void rn__item_full(const rn_checkpoint_item *item, char full[RN__ITEM_FULL])
{
    snprintf(full, RN__ITEM_FULL, RN__ITEM_PREFIX "%s", item->name);
}

bool rn__is_item(const char *name)
{
    return !strncmp(name, RN__ITEM_PREFIX, sizeof RN__ITEM_PREFIX - 1);
}

/* ---- before there is a file ---- */

static const char *name_fault(const rn_checkpoint_item *item, int i)
{
    const char *name = item[i].name;

    if (!name || !*name) return "the name is missing";
    if (strlen(name) > RN__ITEM_NAME) return "the name is longer than 200 bytes";
    if (!strncmp(name, "rondo.", 6)) return "the name begins with \"rondo.\"";
    for (int k = 0; k < i; k++)
        if (!strcmp(item[k].name, name)) return "the name occurs twice";
    return rn__name_fault(name);
}

static const char *value_fault(const rn_checkpoint_item *item, bool saving)
{
    const bool array = item->numbers || item->reals;

    if ((item->numbers != NULL) + (item->reals != NULL) + (item->text != NULL) > 1)
        return "has more than one of numbers, reals and text";
    if ((array || item->text || saving) && item->count < 0) return "the count is negative";
    if ((uint64_t)item->count > PTRDIFF_MAX / sizeof(double) && item->count > 0)
        return "the count is too large";
    if (!saving) return NULL;
    if (!array && !item->text && item->count > 0) return "has no values";
    if (!item->text) return NULL;
    const char *end = (const char *)memchr(item->text, 0, (size_t)item->count);
    if (!end) return "the text does not end within its buffer";
    return rn__utf8_valid(item->text, (size_t)(end - item->text)) ? NULL
                                                                  : "the text is not UTF-8";
}

rn_status rn__items_check(const rn_checkpoint_item *item, int count, bool saving,
                          const char *path, rn__fault *fault)
{
    if (count < 0 || (count > 0 && !item))
        return rn__fault_set(fault, RN_INVALID, path, "no items, but a count of %d", count);
    for (int i = 0; i < count; i++) {
        const char *what = name_fault(item, i);
        if (!what) what = value_fault(&item[i], saving);
        if (what)
            return rn__fault_named(fault, RN_INVALID, path, "item",
                                   item[i].name ? item[i].name : "", "%s", what);
    }
    return RN_OK;
}

/* ---- in a file ---- */

/* The item of a file: an array, a text or neither. */
typedef struct found {
    const rn__stored *array;
    const char *text;
} found;

static found find(const rn_checkpoint_item *item, const rn__safetensors *st)
{
    char full[RN__ITEM_FULL];
    found f = {NULL, NULL};

    rn__item_full(item, full);
    f.array = rn__safetensors_find(st, full);
    for (size_t i = 0; i < st->notes && !f.array; i++)
        if (!strcmp(st->note[i].key, full)) f.text = st->note[i].value;
    return f;
}

static int64_t count_of(const rn__stored *array)
{
    return rn_shape_count(array->shape);
}

static rn_status match(const rn_checkpoint_item *item, const rn__safetensors *st,
                       rn__fault *fault)
{
    const found f = find(item, st);
    const int type = item->numbers ? (int)RN__I64 : (int)RN_F64;
    const bool array = item->numbers || item->reals;
    const int64_t count = f.array  ? count_of(f.array)
                          : f.text ? (int64_t)strlen(f.text) + 1
                                   : -1;
    const char *what = NULL;
    char text[80];

    if (count < 0)
        what = item->optional ? NULL : "missing";
    else if (item->text && !f.text)
        what = "is an array, not a text";
    else if (array && !f.array)
        what = "is a text, not an array";
    else if (item->text ? count > item->count : array && count != item->count)
        snprintf(text, sizeof text, "has %lld %s, not %lld", (long long)count,
                 array ? "elements" : "bytes", (long long)item->count),
            what = text;
    else if (array && count > 0 && f.array->type != type)
        snprintf(text, sizeof text, "is %s, not %s", rn__safetensors_type(f.array->type),
                 rn__safetensors_type(type)),
            what = text;
    if (!what) return RN_OK;
    return rn__fault_named(fault, RN_BAD_FILE, st->file.path, "item", item->name, "%s",
                           what);
}

rn_status rn__items_match(const rn_checkpoint_item *item, int count,
                          const rn__safetensors *st, rn__fault *fault)
{
    rn_status status = RN_OK;

    for (int i = 0; i < count && status == RN_OK; i++) status = match(&item[i], st, fault);
    return status;
}

void rn__items_take(rn_checkpoint_item *item, int count, const rn__safetensors *st)
{
    for (int i = 0; i < count; i++) {
        const found f = find(&item[i], st);
        const rn__stored *array = f.array;
        void *to = item[i].numbers ? (void *)item[i].numbers : (void *)item[i].reals;

        item[i].count = array ? count_of(array) : f.text ? (int64_t)strlen(f.text) + 1 : -1;
        if (f.text && item[i].text) memcpy(item[i].text, f.text, (size_t)item[i].count);
        if (array && to && item[i].count > 0)
            memcpy(to, array->data, array->end - array->begin);
    }
}

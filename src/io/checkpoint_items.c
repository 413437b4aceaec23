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
    char shown[120];

    if (count < 0 || (count > 0 && !item))
        return rn__fault_set(fault, RN_INVALID, path, "no items, but a count of %d", count);
    for (int i = 0; i < count; i++) {
        const char *what = name_fault(item, i);
        if (!what) what = value_fault(&item[i], saving);
        if (what)
            return rn__fault_set(
                fault, RN_INVALID, path, "item \"%s\": %s",
                rn__fault_name(item[i].name ? item[i].name : "", shown, sizeof shown),
                what);
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
    const rn__stored *array = f.array;
    const char *text = f.text, *path = st->file.path;
    const int type = item->numbers ? (int)RN__I64 : (int)RN_F64;
    char name[120];

    rn__fault_name(item->name, name, sizeof name);
    if (!array && !text) {
        if (item->optional) return RN_OK;
        return rn__fault_set(fault, RN_BAD_FILE, path, "item \"%s\": missing", name);
    }
    if (item->text) {
        if (!text)
            return rn__fault_set(fault, RN_BAD_FILE, path,
                                 "item \"%s\": is an array, not a text", name);
        if ((int64_t)strlen(text) >= item->count)
            return rn__fault_set(
                fault, RN_BAD_FILE, path,
                "item \"%s\": the text of %zu bytes does not fit a buffer of %lld", name,
                strlen(text), (long long)item->count);
    } else if (item->numbers || item->reals) {
        if (!array)
            return rn__fault_set(fault, RN_BAD_FILE, path,
                                 "item \"%s\": is a text, not an array", name);
        if (count_of(array) != item->count)
            return rn__fault_set(fault, RN_BAD_FILE, path,
                                 "item \"%s\": has %lld elements, not %lld", name,
                                 (long long)count_of(array), (long long)item->count);
        if (item->count > 0 && array->type != type)
            return rn__fault_set(fault, RN_BAD_FILE, path, "item \"%s\": is %s, not %s",
                                 name, rn__safetensors_type(array->type),
                                 rn__safetensors_type(type));
    }
    return RN_OK;
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

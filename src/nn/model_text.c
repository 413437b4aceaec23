/* SPDX-License-Identifier: MIT */
/* Texts that belong to a model. */
#include <string.h>

#include "base/utf8.h"
#include "nn/model.h"

static void release(rn_allocator a, rn__model_text text)
{
    rn__free(a, text.key);
    rn__free(a, text.value);
}

void rn__texts_finish(rn__texts *texts, rn_allocator a)
{
    for (int i = 0; i < texts->count; i++) release(a, texts->at[i]);
    rn__free(a, texts->at);
    *texts = (rn__texts){NULL, 0};
}

/* The place of a key, or where it belongs. */
static int place_of(const rn__texts *texts, const char *key, bool *found)
{
    int i = 0;

    while (i < texts->count && strcmp(texts->at[i].key, key) < 0) i++;
    *found = i < texts->count && !strcmp(texts->at[i].key, key);
    return i;
}

bool rn__texts_set(rn__texts *texts, rn_allocator a, const char *key, const char *value)
{
    bool found;
    const int i = place_of(texts, key, &found);

    if (!value) {
        if (!found) return true;
        release(a, texts->at[i]);
        texts->count--;
        memmove(&texts->at[i], &texts->at[i + 1],
                (size_t)(texts->count - i) * sizeof *texts->at);
        return true;
    }
    rn__model_text *more = (rn__model_text *)rn__resize(
        a, texts->at, ((size_t)texts->count + 1) * sizeof *texts->at);
    if (!more) return false;
    texts->at = more;
    rn__model_text text = {rn__copy_string(a, key), rn__copy_string(a, value)};
    if (!text.key || !text.value) {
        release(a, text);
        return false;
    }
    if (found)
        release(a, more[i]);
    else
        memmove(&more[i + 1], &more[i], (size_t)(texts->count++ - i) * sizeof *more);
    more[i] = text;
    return true;
}

bool rn__texts_copy(rn__texts *texts, rn_allocator a, const rn__texts *from)
{
    bool ok = true;

    for (int i = 0; i < from->count && ok; i++)
        ok = rn__texts_set(texts, a, from->at[i].key, from->at[i].value);
    return ok;
}

rn_status rn_model_set_text(rn_model *model, const char *key, const char *text)
{
    const char *what = NULL;

    if (!model) return RN_INVALID;
    if (!key || !*key)
        what = "no key";
    else if (!strncmp(key, "rondo.", 6) || !strncmp(key, "checkpoint/", 11))
        what = "a reserved key";
    else if (!rn__utf8_valid(key, strlen(key)) ||
             (text && !rn__utf8_valid(text, strlen(text))))
        what = "not UTF-8";
    if (what)
        return rn__model_fail(model, RN_INVALID, "model_set_text: %s: %.100s", what,
                              key ? key : "");
    if (rn__texts_set(&model->texts, model->allocator, key, text)) return RN_OK;
    return rn__model_fail(model, RN_NO_MEMORY, "model_set_text: out of memory: %.100s",
                          key);
}

const char *rn_model_text(const rn_model *model, const char *key)
{
    bool found = false;
    const int i = model && key ? place_of(&model->texts, key, &found) : 0;

    return found ? model->texts.at[i].value : NULL;
}

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

int rn__texts_find(const rn__texts *texts, const char *key)
{
    for (int i = 0; i < texts->count; i++)
        if (!strcmp(texts->at[i].key, key)) return i;
    return -1;
}

bool rn__texts_add(rn__texts *texts, rn_allocator a, const char *key, const char *value)
{
    const rn__model_text text = {rn__copy_string(a, key), rn__copy_string(a, value)};

    if (text.key && text.value) {
        texts->at[texts->count++] = text;
        return true;
    }
    release(a, text);
    return false;
}

/* Puts a new text in the place of an old one, or at the end. */
static bool put(rn__texts *texts, rn_allocator a, const char *key, const char *value)
{
    const int found = rn__texts_find(texts, key);
    rn__model_text *more = (rn__model_text *)rn__resize(
        a, texts->at, ((size_t)texts->count + 1) * sizeof *texts->at);

    if (more) texts->at = more;
    if (!more || !rn__texts_add(texts, a, key, value)) return false;
    if (found < 0) return true;
    release(a, more[found]);
    more[found] = more[--texts->count];
    return true;
}

static void drop(rn__texts *texts, rn_allocator a, const char *key)
{
    const int found = rn__texts_find(texts, key);

    if (found < 0) return;
    release(a, texts->at[found]);
    texts->count--;
    memmove(&texts->at[found], &texts->at[found + 1],
            (size_t)(texts->count - found) * sizeof *texts->at);
}

bool rn__text_reserved(const char *key)
{
    return !strncmp(key, "rondo.", 6) || !strncmp(key, "checkpoint/", 11);
}

rn_status rn_model_set_text(rn_model *model, const char *key, const char *text)
{
    const char *what = NULL;

    if (!model) return RN_INVALID;
    if (!key || !*key)
        what = "no key";
    else if (rn__text_reserved(key))
        what = "a reserved key";
    else if (!rn__utf8_valid(key, strlen(key)) ||
             (text && !rn__utf8_valid(text, strlen(text))))
        what = "not UTF-8";
    if (what)
        return rn__model_fail(model, RN_INVALID, "model_set_text: %s: %.100s", what,
                              key ? key : "");
    if (!text)
        drop(&model->texts, model->allocator, key);
    else if (!put(&model->texts, model->allocator, key, text))
        return rn__model_fail(model, RN_NO_MEMORY, "model_set_text: out of memory: %.100s",
                              key);
    return RN_OK;
}

const char *rn_model_text(const rn_model *model, const char *key)
{
    const int found = model && key ? rn__texts_find(&model->texts, key) : -1;

    return found < 0 ? NULL : model->texts.at[found].value;
}

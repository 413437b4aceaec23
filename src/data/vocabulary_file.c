/* SPDX-License-Identifier: MIT */
/*
 * Vocabularies as text:
 *
 *   rondo-vocabulary 1 words lower replace
 *   \padding                                   the marks, in their order
 *   token<TAB>count                            the tokens
 *
 * Bytes below 0x20, 0x7F, the backslash, and in a vocabulary of bytes those above 0x7F are
 * escaped, so the file is UTF-8 and has a token a line.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "data/vocabulary.h"
#include "data/window.h"

const char rn__vocabulary_magic[] = "rondo-vocabulary 1 ";
const char rn__vocabulary_escapes[] = "\\t\tn\nr\r\\\\";

/* ---- writing: measured first ---- */

static size_t put(char *to, size_t used, const char *text)
{
    const size_t bytes = strlen(text);

    if (to) memcpy(to + used, text, bytes);
    return used + bytes;
}

static size_t put_byte(char *to, size_t used, unsigned char c, bool all)
{
    char code[8] = {(char)c, 0};

    if (c < 0x20 || c == 0x7F || c == '\\' || (c > 0x7F && all)) {
        snprintf(code, sizeof code, "\\x%02X", c);
        for (const char *e = rn__vocabulary_escapes + 1; *e; e += 2)
            if ((unsigned char)e[1] == c) code[1] = e[0], code[2] = 0;
    }
    return put(to, used, code);
}

static size_t put_all(const rn_vocabulary *v, char *to)
{
    size_t used = put(to, 0, rn__vocabulary_magic);
    char number[24];

    used = put(to, used, rn__split_names[v->options.split]);
    if (v->options.lower) used = put(to, used, " lower");
    if (v->options.replace) used = put(to, used, " replace");
    used = put(to, used, "\n");
    for (int i = 0; i < RN__MARKS; i++)
        if (v->options.marks & 1 << i)
            used = put(to, put(to, put(to, used, "\\"), rn__mark_names[i]), "\n");
    for (int32_t i = v->marks; i < v->count; i++) {
        const rn__token *t = &v->token[i];
        const char *text = v->pool + t->at;
        const bool all = !rn__utf8_valid(text, t->bytes);
        for (size_t k = 0; k < t->bytes; k++)
            used = put_byte(to, used, (unsigned char)text[k], all);
        snprintf(number, sizeof number, "\t%" PRId64 "\n", t->times);
        used = put(to, used, number);
    }
    return used;
}

char *rn__vocabulary_write(rn_vocabulary *v, size_t *bytes)
{
    if (rn_vocabulary_complete(v) != RN_OK) return NULL;
    *bytes = put_all(v, NULL);
    char *text = (char *)rn__allocate(v->options.allocator, *bytes + 1);
    if (!text) {
        rn__vocabulary_fail(v, RN_NO_MEMORY, "out of memory");
        return NULL;
    }
    text[put_all(v, text)] = 0;
    return text;
}

/* ---- the public functions ---- */

rn_status rn_vocabulary_save(rn_vocabulary *v, const char *path)
{
    size_t bytes = 0;
    char *text;

    if (!v) return RN_INVALID;
    if (!path) return rn__vocabulary_fail(v, RN_INVALID, "save: no path");
    if (!(text = rn__vocabulary_write(v, &bytes))) return v->status;
    const rn__piece piece = {text, bytes};
    v->fault.message[0] = 0;
    const rn_status status =
        rn__file_replace(v->options.allocator, path, &piece, 1, &v->fault);
    rn__free(v->options.allocator, text);
    return status;
}

rn_status rn_vocabulary_load(rn_vocabulary *v, const char *path)
{
    rn__window w;
    const char *text = "";

    if (!v || v->status != RN_OK) return v ? v->status : RN_INVALID;
    if (!path) return rn__vocabulary_fail(v, RN_INVALID, "load: no path");
    v->fault.message[0] = 0;
    rn_status status = rn__window_open(&w, v->options.allocator, path, &v->fault);
    const size_t bytes = status == RN_OK ? w.file.bytes - w.start : 0;
    if (bytes) text = rn__window_take(&w, w.start, bytes, &v->fault);
    if (status == RN_OK) status = text ? RN_OK : w.status;
    v->status = status;
    if (status == RN_OK) rn__vocabulary_read(v, path, text, bytes);
    rn__window_close(&w);
    return v->status;
}

/* "vocabulary/name". False if the name is missing or too long. */
static bool key_of(const char *name, char key[300])
{
    return name && snprintf(key, 300, "vocabulary/%s", name) < 300;
}

rn_status rn_vocabulary_keep(rn_vocabulary *v, rn_model *model, const char *name)
{
    size_t bytes = 0;
    char key[300], *text;

    if (!v) return RN_INVALID;
    if (!model || !key_of(name, key))
        return rn__vocabulary_fail(v, RN_INVALID, "keep: no model, or no short name");
    if (!(text = rn__vocabulary_write(v, &bytes))) return v->status;
    const rn_status status = rn_model_set_text(model, key, text);
    rn__free(v->options.allocator, text);
    if (status == RN_OK) return status;
    v->fault.message[0] = 0;
    return rn__fault_set(&v->fault, status, "vocabulary", "keep: %s",
                         rn_model_error(model));
}

rn_status rn_vocabulary_from(rn_vocabulary *v, const rn_model *model, const char *name)
{
    char key[300];
    const char *text;

    if (!v || v->status != RN_OK) return v ? v->status : RN_INVALID;
    if (!model || !key_of(name, key))
        return rn__vocabulary_fail(v, RN_INVALID, "from: no model, or no short name");
    if (!(text = rn_model_text(model, key)))
        return rn__vocabulary_fail(v, RN_INVALID, "from: the model has no text \"%.200s\"",
                                   key);
    return rn__vocabulary_read(v, key, text, strlen(text));
}

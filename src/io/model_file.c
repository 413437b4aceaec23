/* SPDX-License-Identifier: MIT */
/* A model's weights as a safetensors file. */
#include <string.h>

#include "base/arena.h"
#include "base/pattern.h"
#include "io/model_file.h"

bool rn__is_saved(const rn_model *model, int index)
{
    return model->entry[index].kind <= RN__STATISTIC;
}

static rn_status report(rn_model *model, rn_status status, const rn__fault *fault)
{
    return status == RN_OK ? status : rn__model_fail(model, status, "%s", fault->message);
}

/* ---- saving ---- */

rn_status rn_model_save(rn_model *model, const char *path)
{
    rn__fault fault = {""};
    size_t count = 0;

    if (!model) return RN_INVALID;
    if (!path) return rn__model_fail(model, RN_INVALID, "model_save: no path");

    const size_t texts = (size_t)model->texts.count;
    rn__stored *stored = (rn__stored *)rn__new(model->allocator,
                                               ((size_t)model->count + 1) * sizeof *stored +
                                                   texts * sizeof(rn__note));
    if (!stored) return rn__model_fail(model, RN_NO_MEMORY, "%s: out of memory", path);

    rn__note *note = (rn__note *)(void *)(stored + model->count + 1);
    for (size_t i = 0; i < texts; i++)
        note[i] = (rn__note){model->texts.at[i].key, model->texts.at[i].value};
    for (int i = 0; i < model->count; i++) {
        const rn_variable *v = model->entry[i].variable;
        if (rn__is_saved(model, i))
            stored[count++] = (rn__stored){
                .name = v->name, .type = (int)v->type, .shape = v->shape, .data = v->data};
    }
    const rn__seal metadata = {note, texts, NULL, NULL};
    const rn_status status =
        rn__safetensors_write(model->allocator, path, stored, count, &metadata, &fault);
    rn__free(model->allocator, stored);
    return report(model, status, &fault);
}

/* ---- loading ---- */

bool rn__load_texts(const rn_model *model, const rn__safetensors *st, rn__texts *texts)
{
    const rn_allocator a = model->allocator;
    bool ok;

    texts->count = 0;
    texts->at = (rn__model_text *)rn__new(a, ((size_t)model->texts.count + st->notes + 1) *
                                                 sizeof *texts->at);
    ok = texts->at != NULL;
    for (size_t i = 0; i < st->notes && ok; i++)
        if (!rn__text_reserved(st->note[i].key))
            ok = rn__texts_add(texts, a, st->note[i].key, st->note[i].value);
    const rn__texts of_file = *texts;
    for (int i = 0; i < model->texts.count && ok; i++)
        if (rn__texts_find(&of_file, model->texts.at[i].key) < 0)
            ok = rn__texts_add(texts, a, model->texts.at[i].key, model->texts.at[i].value);
    if (!ok) rn__texts_finish(texts, a);
    return ok;
}

/* Memory for comparing: a tensor for each variable, and a name. */
static rn_status prepare(rn__loading *l)
{
    const char *pairs = l->options->rename;
    const size_t from = ((size_t)l->model->count + 1) * sizeof *l->from;
    size_t longest = pairs ? strlen(pairs) : 0;

    for (size_t i = 0; pairs && i < l->st.count; i++) {
        const size_t length = strlen(pairs) + strlen(l->st.stored[i].name);
        if (length > longest) longest = length;
    }
    l->from = (const rn__stored **)rn__new(l->model->allocator, from + longest + 1);
    if (!l->from) return rn__fault_set(&l->fault, RN_NO_MEMORY, l->path, "out of memory");
    l->renamed = (char *)l->from + from;
    return RN_OK;
}

static rn_status check_values(rn__loading *l)
{
    for (int i = 0; i < l->model->count; i++)
        if (l->from[i] && !rn__load_fits(l->model->entry[i].variable, l->from[i]))
            return rn__fault_named(&l->fault, RN_BAD_FILE, l->path, "tensor",
                                   l->from[i]->name, "a number is too large for f32");
    return RN_OK;
}

static rn_status take(rn__loading *l)
{
    rn_model *model = l->model;
    const char *transpose = l->options->transpose;
    rn__texts texts;

    if (!rn__load_texts(model, &l->st, &texts))
        return rn__fault_set(&l->fault, RN_NO_MEMORY, l->path, "out of memory");
    rn__texts_finish(&model->texts, model->allocator);
    model->texts = texts;
    for (int i = 0; i < model->count; i++) {
        rn_variable *v = model->entry[i].variable;
        if (l->from[i])
            rn__load_copy(v, l->from[i], transpose && rn__pattern_any(transpose, v->name));
    }
    rn__model_reset_derived(model);
    model->settled = true;
    return RN_OK;
}

static rn_status load(rn__loading *l)
{
    rn_status status = rn__load_options_check(l->model, l->options, &l->fault);

    if (status != RN_OK) return status;
    status = rn__safetensors_open(&l->st, l->model->allocator, l->path, &l->fault);
    if (status == RN_OK) status = prepare(l);
    if (status == RN_OK) status = rn__load_compare(l);
    if (status == RN_OK) status = rn__safetensors_data(&l->st, &l->fault);
    if (status == RN_OK) status = check_values(l);
    if (status == RN_OK) status = take(l);
    rn__free(l->model->allocator, (void *)l->from);
    rn__safetensors_finish(&l->st);
    return status;
}

static rn_status load_using(rn_model *model, const char *path,
                            const rn_load_options *options, bool exact)
{
    rn__loading l = {.model = model, .options = options, .path = path, .exact = exact};
    rn_load_report *kept = options->report;

    if (kept) l.report = (rn_load_report){.text = kept->text, .capacity = kept->capacity};
    if (l.report.text && l.report.capacity) l.report.text[0] = 0;
    l.report.bytes = 1;

    rn_status status = RN_INVALID;
    if (!model) return status;
    if (!path)
        rn__fault_set(&l.fault, status, "model_load", "no path");
    else
        status = load(&l);
    if (kept) *kept = l.report;
    return report(model, status, &l.fault);
}

rn_status rn_model_load(rn_model *model, const char *path)
{
    return load_using(model, path, &(rn_load_options){.only = NULL}, true);
}

rn_status rn_model_load_using(rn_model *model, const char *path, rn_load_options options)
{
    return load_using(model, path, &options, false);
}

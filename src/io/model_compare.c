/* SPDX-License-Identifier: MIT */
/* Which tensor of a file goes to which variable of a model; and the report on it. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/pattern.h"
#include "io/checkpoint.h"
#include "io/model_file.h"

enum { SHOWN = 120, PLACE = 160 };

/* Stands for a tensor that does not fit. */
static const rn__stored misfit = {.name = ""};

/* ---- the report ---- */

static void list(rn__loading *l, const char *format, ...) RN_PRINTF(2, 3);

static void list(rn__loading *l, const char *format, ...)
{
    rn_load_report *r = &l->report;
    const size_t used = r->bytes - 1;
    const bool room = r->text && used < r->capacity;
    va_list arguments;

    va_start(arguments, format);
    const int more = vsnprintf(room ? r->text + used : NULL, room ? r->capacity - used : 0,
                               format, arguments);
    va_end(arguments);
    r->bytes += more > 0 ? (size_t)more : 0;
}

static const char *type_name(int type)
{
    return type < RN_TYPES ? rn_type_name((rn_type)type) : rn__safetensors_type(type);
}

/* A line "word: name f32 [2,3]", to which more may be added. */
static void list_tensor(rn__loading *l, const char *word, const char *name, int type,
                        rn_shape shape)
{
    char shown[SHOWN], text[PLACE];

    list(l, "%s%s: %s %s %s", l->report.bytes > 1 ? "\n" : "", word,
         rn__fault_name(name, shown, sizeof shown), type_name(type),
         rn__shape_text(shape, text, sizeof text));
}

/* ---- does a tensor fit a variable? ---- */

static bool is_real(int type)
{
    return type == RN_F32 || type == RN_F64 || type == RN__F16 || type == RN__BF16;
}

static rn_shape swapped(rn_shape shape)
{
    if (shape.rank != 2) return shape;
    return (rn_shape){2, {shape.size[1], shape.size[0]}};
}

/* The shape that a variable's tensor must have. */
static rn_shape wanted(const rn__loading *l, const rn_variable *v)
{
    const char *transpose = l->options->transpose;

    return transpose && rn__pattern_any(transpose, v->name) ? swapped(v->shape) : v->shape;
}

static bool type_fits(const rn__loading *l, const rn_variable *v, const rn__stored *stored)
{
    return (int)v->type == stored->type || (!l->exact && is_real(stored->type));
}

static void fault(rn__loading *l, const char *name, const char *what)
{
    rn__fault_named(&l->fault, RN_BAD_FILE, l->path, "tensor", name, "%s", what);
}

/* Gives the tensor to the variable of that index. */
static void give(rn__loading *l, const rn__stored *stored, int index)
{
    const rn_variable *v = l->model->entry[index].variable;
    const rn_shape shape = wanted(l, v);
    const bool type = type_fits(l, v, stored);
    char here[PLACE], there[PLACE], what[2 * PLACE + 40];

    if (l->from[index]) {
        snprintf(what, sizeof what, "another tensor is \"%.*s\" too", SHOWN, v->name);
        fault(l, stored->name, what);
        return;
    }
    if (type && rn_shape_equal(shape, stored->shape)) {
        const bool converted = (int)v->type != stored->type;
        l->from[index] = stored;
        l->report.loaded++;
        l->report.converted += converted;
        list_tensor(l, converted ? "converted" : "loaded", v->name, stored->type,
                    stored->shape);
        return;
    }
    l->from[index] = &misfit;
    l->report.mismatched++;
    rn__shape_text(stored->shape, there, sizeof there);
    rn__shape_text(shape, here, sizeof here);
    snprintf(what, sizeof what, "is %s, the model's is %s",
             type ? there : type_name(stored->type), type ? here : rn_type_name(v->type));
    list_tensor(l, "mismatched", v->name, stored->type, stored->shape);
    list(l, ": %s", what);
    if (!l->options->allow_mismatch) fault(l, stored->name, what);
}

/* ---- all of them ---- */

/* Whether a tensor is what only a checkpoint has. */
static bool only_for_resuming(const rn__safetensors *st, const rn__stored *stored)
{
    return st->sealed && (rn__is_item(stored->name) ||
                          rn__seal_get(st, stored, RN__SEAL_KIND) > RN__STATISTIC);
}

static bool is_asked_for(const rn__loading *l, const char *name)
{
    return !l->options->only || rn__pattern_any(l->options->only, name);
}

static void compare_tensor(rn__loading *l, const rn__stored *stored)
{
    const char *pairs = l->options->rename, *name = stored->name;

    if (only_for_resuming(&l->st, stored)) return;
    if (pairs) name = rn__load_renamed(pairs, name, l->renamed);
    const int index = rn__model_index(l->model, name);
    const bool asked = is_asked_for(l, name);
    if (asked && index >= 0 && rn__is_saved(l->model, index)) {
        give(l, stored, index);
        return;
    }
    l->report.left++;
    list_tensor(l, "left", stored->name, stored->type, stored->shape);
    if (asked && !l->options->allow_extra) fault(l, stored->name, "unknown parameter");
}

static void compare_variable(rn__loading *l, int index)
{
    const rn_variable *v = l->model->entry[index].variable;

    if (l->from[index] == &misfit)
        l->from[index] = NULL;
    else if (rn__is_saved(l->model, index) && !l->from[index] && is_asked_for(l, v->name)) {
        l->report.missing++;
        list_tensor(l, "missing", v->name, (int)v->type, v->shape);
        if (!l->options->allow_missing) fault(l, v->name, "missing");
    }
}

rn_status rn__load_compare(rn__loading *l)
{
    const rn__safetensors *st = &l->st;
    const rn_load_options *o = l->options;
    bool has_weights = false;

    for (int i = 0; i < l->model->count; i++)
        if (rn__is_saved(l->model, i)) has_weights = true;
    if (st->count && !has_weights)
        return rn__fault_set(&l->fault, RN_INVALID, l->path,
                             "the model has no weights yet: build its graph first, then "
                             "load the %zu tensors of this file",
                             st->count);
    for (size_t i = 0; i < st->count; i++)
        compare_tensor(l, (const rn__stored *)st->by_name[i]);
    for (int i = 0; i < l->model->count; i++) compare_variable(l, i);
    if (l->fault.message[0]) return RN_BAD_FILE;
    if (l->report.loaded == 0 && (o->allow_missing || o->allow_mismatch))
        return rn__fault_set(&l->fault, RN_BAD_FILE, l->path,
                             "has no tensor that fits a weight of the model");
    return RN_OK;
}

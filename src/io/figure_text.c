/* SPDX-License-Identifier: MIT */
/* What is written in the boxes of a picture. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "graph/frame.h"
#include "io/figure.h"
#include "nn/model.h"

enum { TEXT = 240 };

const char *rn__figure_type(const rn__figure *f, int32_t value, char *text, size_t capacity)
{
    const rn__node *node = rn__figure_node(f, value);
    char shape[128];

    snprintf(text, capacity, "%s %s", rn_type_name(node->type),
             rn__shape_text(node->shape, shape, sizeof shape));
    return text;
}

const char *rn__figure_fill(const rn__box *box)
{
    if (box->open) return box->kind == RN__BOX_LOOP ? "#f1f8f2" : "#f3f8fc";
    return box->gradient                ? "#fde8ea"
           : box->kind == RN__BOX_INPUT ? "#fff3d0"
           : box->kind == RN__BOX_LAYER ? "#dcebf7"
           : box->kind == RN__BOX_LOOP  ? "#e3f1e6"
           : box->kind == RN__BOX_VALUE ? "#eeeeee"
                                        : "#ffffff";
}

static void set(rn__figure *f, rn__box *box, int line, const char *text)
{
    box->text[line] = f->failed ? NULL : rn__arena_string(&f->arena, text);
    if (!box->text[line]) f->failed = true;
}

/* A number with a point in every locale. */
static void number_text(double value, char *text, size_t capacity)
{
    snprintf(text, capacity, "%.6g", value);
    for (char *c = text; *c; c++)
        if (!strchr("0123456789+-einfa", *c)) *c = '.';
}

/* ---- scopes ---- */

/* The scope that all variables share which a loop captures, without a 0; and one of them.
 */
static size_t scope_of(const rn__figure *f, const rn_loop *loop, const char **name,
                       const rn_variable **variable)
{
    size_t common = 0;

    *variable = NULL;
    for (int i = 0; i < loop->capture.count; i++) {
        const rn__pair *pair = rn__list_at(loop->capture, rn__pair, i);
        const int32_t outer = f->base[loop->outer->number] + pair->outer;
        const rn_variable *v = rn__figure_node(f, rn__figure_source(f, outer))->variable;
        if (!v) continue;
        size_t same = 0, slash = 0;
        if (!*variable) *name = v->name, *variable = v, common = strlen(v->name);
        for (; same < common && v->name[same] == (*name)[same]; same++)
            if (v->name[same] == '/') slash = same;
        common = same == common && v->name[same] == '/' ? same : slash;
    }
    return common;
}

/* The loop that is drawn around a box, or NULL. */
static const rn_loop *loop_around(const rn__figure *f, const rn__box *box)
{
    while (box->parent >= 0) {
        box = &f->box[box->parent];
        if (box->kind == RN__BOX_LOOP) return rn__figure_node(f, box->node)->loop;
    }
    return NULL;
}

static const char *variable_text(const rn__figure *f, const rn__box *box,
                                 const rn_variable *v)
{
    const rn_loop *loop = loop_around(f, box);
    const rn_variable *any;
    const char *name = NULL;
    const size_t scope = loop ? scope_of(f, loop, &name, &any) : 0;

    return scope && !strncmp(v->name, name, scope) ? v->name + scope + 1 : v->name;
}

/* ---- operators ---- */

/* The value of a folded node: a name, a number or its shape. */
static void add_folded(rn__text *t, const rn__figure *f, const rn__box *box, int32_t x)
{
    const rn__node *node = rn__figure_node(f, rn__figure_source(f, x));
    char text[128];

    if (node->variable)
        snprintf(text, sizeof text, "%.100s", variable_text(f, box, node->variable));
    else if (node->op == &rn__op_scalar)
        number_text(*(const double *)node->attributes, text, sizeof text);
    else
        rn__shape_text(node->shape, text, sizeof text);
    rn__text_add(t, "%s", text);
}

/* "sub(1, .)": the operator, and its operands if one of them is folded. */
static void add_operator(rn__text *t, const rn__figure *f, const rn__box *box,
                         const rn__node *node)
{
    bool back, folded = false;

    for (int i = 0; i < node->inputs && i < 4; i++)
        folded = folded || f->live[rn__figure_read(f, box->node, i, &back)] >= RN__CONSTANT;
    rn__text_add(t, "%s", node->op->name);
    for (int i = 0; folded && i < node->inputs && i < 4; i++) {
        const int32_t x = rn__figure_read(f, box->node, i, &back);
        rn__text_add(t, i ? ", " : "(");
        if (f->live[x] >= RN__CONSTANT)
            add_folded(t, f, box, x);
        else
            rn__text_add(t, "\xc2\xb7");
    }
    if (folded) rn__text_add(t, node->inputs > 4 ? ", ..)" : ")");
}

static void add_leaf(rn__text *t, const rn__figure *f, const rn__box *box,
                     const rn__node *node)
{
    bool back;

    if (node->op == &rn__op_loop) {
        rn__text_add(t, "lengths");
        return;
    }
    rn__text_add(t, "%s", node->op->name);
    const int32_t x = rn__figure_read(f, box->node, 1, &back);
    if (x < 0 || f->live[x] < RN__CONSTANT) return;
    rn__text_add(t, node->op == &rn__op_carry ? ", first " : " of ");
    add_folded(t, f, box, x);
}

static void add_output(rn__text *t, const rn__node *node)
{
    static const char *const kinds[] = {"all steps", "last step", "before each step"};

    rn__text_add(t, "%s", kinds[((const rn__get *)node->attributes)->kind]);
}

/* ---- layers and loops ---- */

static void add_steps(rn__text *t, const rn_loop *loop)
{
    rn__text_add(t, "%lld step%s%s", (long long)loop->steps, loop->steps == 1 ? "" : "s",
                 loop->reverse ? ", backwards" : "");
}

/* The scope of a loop, within that of the layer around it; "loop": none. */
static void add_scope(rn__text *t, const rn__figure *f, const rn__box *box)
{
    const rn_variable *any;
    const char *name = NULL;
    size_t scope = scope_of(f, rn__figure_node(f, box->node)->loop, &name, &any);
    const rn__box *around = box->parent >= 0 ? &f->box[box->parent] : NULL;

    if (scope && around && around->kind == RN__BOX_LAYER) {
        const char *layer =
            rn__list_at(f->graph->frames, rn__frame_record, around->frame - 1)->name;
        const size_t length = strlen(layer);
        if (length < scope && !strncmp(name, layer, length) && name[length] == '/') {
            name += length + 1;
            scope -= length + 1;
        }
    }
    if (scope > 100) scope = 100;
    rn__text_add(t, "%.*s", scope ? (int)scope : 4, scope ? name : "loop");
}

/* The kind of a recurrent layer, "lstm of 2 layers", or NULL: from the scope of one of its
 * loops. */
static const char *layer_kind(const rn__figure *f, const rn__box *layer)
{
    for (int32_t b = layer->first; b >= 0; b = f->box[b].next) {
        const rn_variable *v = NULL;
        const char *name, *end;
        char path[TEXT];
        if (f->box[b].kind == RN__BOX_LOOP)
            scope_of(f, rn__figure_node(f, f->box[b].node)->loop, &name, &v);
        if (!v || !v->owner) continue;
        end = strstr(v->name, "/layer");
        if (!end || end - v->name >= TEXT) continue;
        snprintf(path, sizeof path, "%.*s", (int)(end - v->name), v->name);
        return rn__model_kind((const rn_model *)v->owner, path);
    }
    return NULL;
}

static void add_layer(rn__text *t, const rn__figure *f, const rn__box *box)
{
    const rn__frame_record *r =
        rn__list_at(f->graph->frames, rn__frame_record, box->frame - 1);
    const char *kind = box->open ? layer_kind(f, box) : NULL;

    if (kind)
        rn__text_add(t, "%.100s: %s", r->name, kind);
    else
        rn__text_add(t, "%s%s%.100s", r->what, r->name[0] ? " " : "", r->name);
}

/* ---- boxes ---- */

static void write_box(rn__figure *f, rn__box *box)
{
    const rn__node *node = rn__figure_node(f, box->node);
    char text[TEXT] = "", number[32];
    rn__text t = {text, sizeof text, 0};
    int lines = 0;

    if (box->kind == RN__BOX_LAYER)
        add_layer(&t, f, box);
    else if (box->kind == RN__BOX_LOOP)
        add_scope(&t, f, box);
    else if (box->kind == RN__BOX_IN)
        add_leaf(&t, f, box, node);
    else if (box->kind == RN__BOX_OUT)
        add_output(&t, node);
    else if (box->kind == RN__BOX_INPUT)
        rn__text_add(&t, "%.200s", node->name ? node->name : "input");
    else if (node->variable)
        rn__text_add(&t, "%.200s", node->variable->name);
    else if (node->op == &rn__op_scalar)
        number_text(*(const double *)node->attributes, text, sizeof text);
    else
        add_operator(&t, f, box, node);
    if (box->kind == RN__BOX_LOOP && box->open) {
        rn__text_add(&t, ": ");
        add_steps(&t, node->loop);
    }
    set(f, box, lines++, text);
    t = (rn__text){text, sizeof text, 0};
    if (box->kind == RN__BOX_LOOP && !box->open) {
        add_steps(&t, node->loop);
        set(f, box, lines++, text);
    } else if (node->name && node->name[0] && !node->variable &&
               (box->kind == RN__BOX_OPERATOR || box->kind == RN__BOX_IN ||
                box->kind == RN__BOX_OUT)) {
        snprintf(text, sizeof text, "%.200s", node->name);
        set(f, box, lines++, text);
    }
    if (!box->parameters || box->kind == RN__BOX_OPERATOR || box->open) return;
    snprintf(text, sizeof text, "%s parameters", rn__text_grouped(box->parameters, number));
    set(f, box, lines, text);
}

/* "to rnn/state": the variable that a value becomes. */
static void write_assignment(rn__figure *f, const rn__assignment *a)
{
    const int32_t b = f->showing[a->value];
    const rn__node *variable = rn__at(f->graph, a->variable);
    char text[TEXT];

    if (b < 0 || f->box[b].open || !variable->variable) return;
    snprintf(text, sizeof text, "to %.200s", variable->variable->name);
    set(f, &f->box[b], RN__BOX_LINES - 1, text);
}

void rn__figure_texts(rn__figure *f)
{
    for (int32_t b = 0; b < f->boxes && !f->failed; b++) write_box(f, &f->box[b]);
    for (int i = 0; i < f->graph->assignments && !f->failed; i++)
        write_assignment(f, &f->graph->assignment[i]);
}

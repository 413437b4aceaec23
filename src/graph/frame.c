/* SPDX-License-Identifier: MIT */
/* Errors are reported under the name of the function that the user called. */
#include "graph/frame.h"

#include <stdio.h>
#include <string.h>

void rn__frame_enter(rn__frame *f, const char *what, const char *name, rn_tensor x,
                     rn_tensor y)
{
    const rn_tensor both[RN__FRAME_OPERANDS] = {x, y};
    rn_graph *graph = rn__innermost(both, RN__FRAME_OPERANDS);

    *f = (rn__frame){.what = what, .name = name, .operand = {x, y}};
    if (!graph) return;
    f->root = graph->root;
    f->outer = f->root->frame;
    f->root->frame = f;
}

bool rn__frame_enter_real(rn__frame *f, const char *what, rn_tensor x)
{
    char text[160];

    rn__frame_enter(f, what, NULL, x, rn_null());
    if (rn_is_null(x)) return false;
    if (!rn__exists(x) || rn__is_real(rn_type_get(x))) return true;
    rn_fail(x.graph, "%s: x must be f32 or f64: %s %s", what,
            rn__describe(x, text, sizeof text), rn_type_name(rn_type_get(x)));
    return false;
}

rn_tensor rn__frame_leave(rn__frame *f, rn_tensor y)
{
    if (!f->root && rn_is_null(y))
        return rn__null_from(f->what, RN__NULL_X, f->operand, RN__FRAME_OPERANDS);
    if (!f->root) return y;
    f->root->frame = f->outer;
    return y;
}

static const rn__frame *outermost(const rn__frame *f)
{
    while (f && f->outer) f = f->outer;
    return f;
}

/* "embedding embed" */
static char *title(const rn__frame *f, char *text, size_t capacity)
{
    snprintf(text, capacity, "%.60s%s%.100s", f->what, f->name && *f->name ? " " : "",
             f->name ? f->name : "");
    return text;
}

void rn__frame_blame(rn_graph *root)
{
    const rn__frame *f = outermost(root->frame);
    const size_t length = f ? strlen(f->what) : 0;
    char what[192];

    if (!f || root->no_memory) return;
    if (!strncmp(root->error, f->what, length) && strchr(": ", root->error[length])) return;
    rn__fail_within(root, title(f, what, sizeof what));
}

bool rn__frame_refuse(rn_graph *graph, const rn_op *op, const char *what)
{
    const rn__frame *f = graph ? outermost(graph->root->frame) : NULL;
    char all[400] = "", one[160];
    size_t used = 0;

    if (!f || !strcmp(op->name, f->what)) return false;
    for (int i = 0; i < RN__FRAME_OPERANDS && used < sizeof all; i++)
        if (!rn_is_null(f->operand[i]))
            used +=
                (size_t)snprintf(all + used, sizeof all - used, "%s%s", used ? ", " : "",
                                 rn__describe(f->operand[i], one, sizeof one));
    rn_fail(graph, "%s: %s, in %s: %s", title(f, one, sizeof one), what, op->name, all);
    return true;
}

/* ---- for pictures ---- */

static int32_t recorded(rn_graph *root, rn__frame *f)
{
    if (!f) return 0;
    if (f->record) return f->record;

    const int32_t outer = recorded(root, f->outer);
    const char *name = rn__arena_string(&root->arena, f->name ? f->name : "");
    rn__frame_record *r =
        name ? (rn__frame_record *)rn__list_add(root, &root->frames, sizeof *r) : NULL;

    if (!name) rn__no_memory(root);
    if (!r) return 0;
    *r = (rn__frame_record){f->what, name, outer};
    return f->record = root->frames.count;
}

int32_t rn__frame_recorded(rn_graph *root)
{
    return recorded(root, root->frame);
}

/* ---- for runs ---- */

/* The frame whose names the message uses: the innermost with a noun, else the outermost. */
static rn__frame *naming(rn__frame *f)
{
    while (!f->noun && f->outer) f = f->outer;
    return f;
}

/* The operand of integers, which is what kernels reject. */
static rn_tensor integers(const rn__frame *f)
{
    for (int i = 0; i < RN__FRAME_OPERANDS; i++)
        if (rn__exists(f->operand[i]) && rn_type_get(f->operand[i]) == RN_I32)
            return f->operand[i];
    return rn_null();
}

/* "embedding embed: \0words [4]": the texts before and after a kernel's message. */
static const char *context_of(rn__frame *f)
{
    const rn_tensor of = integers(f);
    char what[192], begin[256], text[160] = "";

    snprintf(begin, sizeof begin, "%s: %.40s%s", title(outermost(f), what, sizeof what),
             f->noun ? f->noun : "", f->noun ? " " : "");
    if (!rn_is_null(of)) rn__describe(of, text, sizeof text);

    const size_t before = strlen(begin) + 1, after = strlen(text) + 1;
    char *both = (char *)rn__arena_new(&f->root->arena, before + after);
    if (!both) {
        rn__no_memory(f->root);
        return NULL;
    }
    memcpy(both, begin, before);
    memcpy(both + before, text, after);
    return both;
}

void rn__frame_note(rn_tensor y)
{
    rn__frame *f = y.graph->root->frame;
    rn__node *node = rn__node_of(y);
    bool indexed = false;

    if (!f || node->op->view) return;
    for (int i = 0; i < node->inputs; i++)
        indexed = indexed || rn__at(y.graph, node->in[i])->type == RN_I32;
    if (!indexed || rn__is_elementwise(node->op)) return;
    f = naming(f);
    if (!f->context) f->context = context_of(f);
    node->context = f->context;
}

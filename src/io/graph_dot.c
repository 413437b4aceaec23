/* SPDX-License-Identifier: MIT */
/* A graph as text for Graphviz. */
#include "io/figure.h"
#include "io/page.h"

static void write_label(rn__page *p, const rn__box *box)
{
    rn__page_put(p, "label=\"%s", box->text[0]);
    for (int i = 1; i < RN__BOX_LINES; i++)
        if (box->text[i]) rn__page_put(p, "\\n%s", box->text[i]);
    rn__page_put(p, "\"");
}

/* The boxes within a frame, or those of the page. */
static void write_boxes(rn__page *p, const rn__figure *f, int32_t parent)
{
    for (int32_t b = parent < 0 ? 0 : f->box[parent].first; b >= 0 && b < f->boxes;
         b = parent < 0 ? b + 1 : f->box[b].next) {
        const rn__box *box = &f->box[b];
        if (box->parent != parent) continue;
        rn__page_put(p, box->open ? "subgraph cluster%d {\n" : "n%d [", (int)b);
        write_label(p, box);
        if (box->open) {
            rn__page_put(p,
                         "; style=\"rounded,filled\"; color=\"#8899aa\"; "
                         "fillcolor=\"%s\";\n",
                         rn__figure_fill(box));
            write_boxes(p, f, b);
            rn__page_put(p, "}\n");
        } else {
            rn__page_put(p, ", fillcolor=\"%s\"];\n", rn__figure_fill(box));
        }
        if (box->carries) rn__page_put(p, "n%d -> n%d [style=dashed];\n", (int)b, (int)b);
    }
}

static void write_lines(rn__page *p, const rn__figure *f)
{
    char text[160];

    for (int i = 0; i < f->line.count; i++) {
        const rn__figure_line *line = rn__list_at(f->line, rn__figure_line, i);
        if (line->from < 0) continue;
        rn__page_put(p, "n%d -> n%d [label=\"%s\"", (int)line->from, (int)line->to,
                     rn__figure_type(f, line->value, text, sizeof text));
        rn__page_put(p, line->back ? ", style=dashed, constraint=false];\n" : "];\n");
    }
}

rn_status rn_graph_dot(const rn_graph *graph, const char *path, rn_graph_options options)
{
    rn__figure f;

    if (!rn__figure_valid(graph, path, &options)) return RN_INVALID;
    rn__page page = {.allocator = graph->root->allocator, .dot = true};
    if (rn__figure_init(&f, graph, &options)) {
        rn__page_put(&page,
                     "digraph {\nlabel=\"%s\"; labelloc=t; fontname=\"sans-serif\";\n"
                     "node [shape=box, style=\"rounded,filled\", color=\"#8899aa\", "
                     "fontname=\"sans-serif\", fontsize=12];\n"
                     "edge [color=\"#777777\", fontname=\"sans-serif\", fontsize=10];\n",
                     options.title);
        write_boxes(&page, &f, -1);
        write_lines(&page, &f);
        rn__page_put(&page, "}\n");
    }
    page.failed = page.failed || f.failed;
    rn__figure_finish(&f);
    return rn__page_finish(&page, path);
}

/* SPDX-License-Identifier: MIT */
/* What rn_compile was asked for, checked. */
#include "program/compile.h"

static bool valid_output(rn_graph *graph, rn_tensor x, const char *what, int index)
{
    char text[160];

    if (rn_is_null(x))
        rn_fail(graph, "compile: %s %d is the null tensor%s", what, index,
                rn__null_text(x, text, sizeof text));
    else if (!rn__exists(x))
        rn__adopt(graph, x, "compile");
    else if (x.graph != graph)
        rn_fail(graph, "compile: %s %d is of another graph or a loop's body: %s", what,
                index, rn__describe(x, text, sizeof text));
    return !graph->failed;
}

/* Checks the loss and the optimiser. */
static bool valid_loss(rn_graph *graph, const rn_compile_options *o)
{
    char text[160];

    if (rn_is_null(o->minimize)) {
        if (rn__null_named(o->minimize))
            rn_fail(graph, "compile: minimize is the null tensor%s",
                    rn__null_text(o->minimize, text, sizeof text));
        else
            rn_fail(graph,
                    "compile: an optimiser without a loss: minimize is missing or null");
        return false;
    }
    if (!valid_output(graph, o->minimize, "minimize", 0)) return false;
    rn__describe(o->minimize, text, sizeof text);
    if (rn_rank(o->minimize) != 0 || !rn__is_real(rn_type_get(o->minimize)))
        rn_fail(graph, "compile: minimize must be a real scalar: %s", text);
    else if (!o->with.build)
        rn_fail(
            graph,
            "compile: minimize without an optimiser: set .with, for example to rn_adam: %s",
            text);
    else if (graph->infers && !graph->trains)
        rn_fail(graph,
                "compile: minimize in a graph for inference: build it with rn_root: %s",
                text);
    return !graph->failed;
}

/* Checks the numbers among the options. */
static bool valid_numbers(rn_graph *graph, const rn_compile_options *o)
{
    const unsigned unknown = o->without & ~(unsigned)RN_PASS_ALL;

    if (o->threads < 0)
        rn_fail(graph, "compile: %d threads, an invalid number", o->threads);
    else if (unknown)
        rn_fail(graph, "compile: without: 0x%x is not of rn_pass", unknown);
    return !graph->failed;
}

bool rn__compile_options_fit(rn_graph *graph, const rn_compile_options *o, bool listed)
{
    if (!valid_numbers(graph, o)) return false;
    if (o->output_count < 0)
        rn_fail(graph, "compile: %d outputs, an invalid number", o->output_count);
    else if (!listed && o->output_count > RN_OUTPUTS_MAX)
        rn_fail(graph, "compile: %d outputs, but no list of them; RN_OUTPUTS holds %d",
                o->output_count, RN_OUTPUTS_MAX);
    for (int i = 0; i < o->output_count && !graph->failed; i++)
        valid_output(graph, o->outputs[i], "output", i);
    if (!graph->failed && rn__minimizes(o)) valid_loss(graph, o);
    if (!graph->failed && o->output_count == 0 && !rn__minimizes(o) &&
        (graph->assignments == 0 || o->omit_assignments))
        rn_fail(graph, "compile: no outputs, no loss and no assignments");
    if (!graph->failed && o->convert && !rn__is_real(o->real))
        rn_fail(graph, "compile: convert to %s, which is not a real type",
                rn_type_name(o->real));
    return !graph->failed;
}

/* SPDX-License-Identifier: MIT */
/* rn_compile: from a graph to a plan, and into a back end. */
#include "program/compile.h"
#include "compile/passes.h"

/* ---- graph to graph ---- */

/* Replaces the current graph and outputs by those of a pass. On failure its message is
 * copied to the user's graph. */
static bool take(rn__compilation *c, rn__copy_pass *pass, bool ok)
{
    for (int i = 0; ok && i < c->count; i++)
        c->wanted[i] = rn__copied(pass, c->wanted[i]).id;
    if (!ok) rn__fail_as(c->user, pass->to);
    rn__copy_finish(pass);
    if (c->graph != c->user) rn_graph_free(c->graph);
    c->graph = pass->to;
    return ok;
}

static bool begin_pass(rn__compilation *c, rn__copy_pass *pass)
{
    *pass = (rn__copy_pass){.from = c->graph, .to = rn_graph_new_using(c->user->allocator)};
    if (!pass->to) rn__no_memory(c->user);
    return pass->to != NULL;
}

/* Makes the private copy, in another real type if requested. */
static bool convert(rn__compilation *c)
{
    rn__conversion conversion = {.convert = c->options.convert,
                                 .real = c->options.real,
                                 .omit_assignments = c->options.omit_assignments};
    rn__copy_pass pass;

    return begin_pass(c, &pass) &&
           take(c, &pass, rn__convert(&pass, &conversion, c->wanted, c->count));
}

static bool optimize(rn__compilation *c)
{
    if (!rn__minimizes(&c->options)) return true;
    const rn_tensor loss = rn__tensor(c->graph, c->wanted[c->count - 1]);
    c->built = true;
    if (c->options.with.build(&c->options.with, loss) && !c->graph->failed) return true;
    rn_fail(c->user, "%s",
            c->graph->failed ? c->graph->error
                             : "compile: the optimiser refused the graph");
    return false;
}

/* Calls the optimiser's settle, with the outcome of the compilation. */
static void settle(const rn__compilation *c, bool compiled)
{
    const rn_optimizer *with = &c->options.with;

    if (c->built && with->settle) with->settle(with, c->options.minimize, compiled);
}

static bool simplify(rn__compilation *c)
{
    rn__copy_pass pass;

    return begin_pass(c, &pass) && take(c, &pass, rn__simplify(&pass, c->wanted, c->count));
}

static bool parts(rn__compilation *c)
{
    rn__copy_pass pass;

    if ((c->options.without & RN_PASS_PARTS) || !rn__parts_possible(c->graph)) return true;
    return begin_pass(c, &pass) &&
           take(c, &pass, rn__join_parts(&pass, c->wanted, c->count));
}

/* Whether loops are divided. */
static bool checkpoints(const rn__compilation *c)
{
    return !(c->options.without & RN_PASS_CHECKPOINT) && rn__checkpoint_possible(c->graph);
}

static bool masks(rn__compilation *c)
{
    rn__copy_pass pass;

    if (!checkpoints(c) || !rn__ragged_possible(c->graph)) return true;
    return begin_pass(c, &pass) &&
           take(c, &pass, rn__checkpoint_masks(&pass, c->wanted, c->count));
}

static bool checkpoint(rn__compilation *c)
{
    rn__copy_pass pass;

    if (!checkpoints(c)) return true;
    return begin_pass(c, &pass) &&
           take(c, &pass, rn__checkpoint(&pass, c->wanted, c->count)) && simplify(c);
}

static bool ragged(rn__compilation *c)
{
    rn__copy_pass pass;

    if ((c->options.without & RN_PASS_ROWS) || !rn__ragged_possible(c->graph)) return true;
    return begin_pass(c, &pass) &&
           take(c, &pass, rn__ragged_loops(&pass, c->wanted, c->count)) && simplify(c);
}

static bool merge(rn__compilation *c)
{
    rn__copy_pass pass;

    if ((c->options.without & RN_PASS_MERGE_LOOPS) || !rn__merge_possible(c->graph))
        return true;
    return begin_pass(c, &pass) &&
           take(c, &pass, rn__merge_loops(&pass, c->wanted, c->count));
}

static bool split(rn__compilation *c)
{
    rn__copy_pass pass;

    if ((c->options.without & RN_PASS_SPLIT_PRODUCTS) || !rn__products_possible(c->graph))
        return true;
    return begin_pass(c, &pass) &&
           take(c, &pass, rn__split_products(&pass, c->wanted, c->count));
}

static bool join(rn__compilation *c)
{
    rn__copy_pass sums, products;

    if ((c->options.without & RN_PASS_JOIN_PRODUCTS) || !rn__products_possible(c->graph))
        return true;
    return begin_pass(c, &sums) &&
           take(c, &sums, rn__join_sums(&sums, c->wanted, c->count)) &&
           begin_pass(c, &products) &&
           take(c, &products, rn__join_products(&products, c->wanted, c->count));
}

static bool hoist(rn__compilation *c)
{
    rn__copy_pass pass;

    if (c->options.without & RN_PASS_HOIST) return true;
    return begin_pass(c, &pass) &&
           take(c, &pass, rn__hoist_loops(&pass, c->wanted, c->count));
}

static bool scan(rn__compilation *c, bool hoisted)
{
    rn__copy_pass pass;

    if ((c->options.without & (RN_PASS_SCAN | RN_PASS_HOIST)) ||
        !rn__scan_possible_in(c->graph))
        return true;
    return begin_pass(c, &pass) &&
           take(c, &pass, rn__scan_loops(&pass, c->wanted, c->count, hoisted));
}

static bool recompute(rn__compilation *c)
{
    rn__copy_pass pass;

    if ((c->options.without & RN_PASS_RECOMPUTE) || !rn__recompute_possible(c->graph))
        return true;
    return begin_pass(c, &pass) &&
           take(c, &pass, rn__recompute(&pass, c->wanted, c->count)) &&
           begin_pass(c, &pass) && take(c, &pass, rn__spread(&pass, c->wanted, c->count));
}

/* ---- the whole ---- */

static bool begin(rn__compilation *c)
{
    const rn_compile_options *o = &c->options;

    c->count = o->output_count + (rn__minimizes(o) ? 1 : 0);
    c->wanted =
        (int32_t *)rn__new(c->user->allocator, (size_t)c->count * sizeof *c->wanted);
    if (!c->wanted) {
        rn__no_memory(c->user);
        return false;
    }
    for (int i = 0; i < o->output_count; i++) c->wanted[i] = o->outputs[i].id;
    if (rn__minimizes(o)) c->wanted[c->count - 1] = o->minimize.id;
    return true;
}

rn_program *rn_compile(rn_graph *graph, rn_compile_options options)
{
    return rn__compile_for(&rn__cpu, graph, options);
}

rn_program *rn__compile_for(const rn__backend *backend, rn_graph *graph,
                            rn_compile_options options)
{
    rn__compilation c = {
        .user = graph, .graph = graph, .options = options, .backend = backend};

    if (!graph || graph->root->failed) return NULL;
    if (graph->parent) {
        rn_fail(graph, "compile: the graph is a loop's body");
        return NULL;
    }
    if (!options.outputs) c.options.outputs = c.options.output;
    if (!rn__compile_options_fit(graph, &c.options, options.outputs != NULL) || !begin(&c))
        return NULL;
    const bool ok = convert(&c) && optimize(&c) && simplify(&c) && parts(&c) && masks(&c) &&
                    ragged(&c) && merge(&c) && split(&c) && join(&c) && checkpoint(&c) &&
                    scan(&c, false) && hoist(&c) && scan(&c, true) && recompute(&c) &&
                    simplify(&c) && rn__program_make(&c);
    settle(&c, ok);
    rn__free(graph->allocator, c.wanted);
    if (ok) return c.program;
    if (c.program)
        rn_program_free(c.program);
    else if (c.graph != graph)
        rn_graph_free(c.graph);
    return NULL;
}

void rn_program_free(rn_program *program)
{
    if (!program) return;
    const rn_allocator a = program->allocator;
    program->backend->free(program->loaded);
    rn__plan_finish(&program->plan);
    rn__free(a, program->input);
    rn__free(a, program->output);
    rn_graph_free(program->graph);
    rn__free(a, program);
}

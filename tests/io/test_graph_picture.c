/* SPDX-License-Identifier: MIT */
/* Pictures of graphs: which boxes and lines they have, as DOT and as SVG. */
#include "graphs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/node.h"

static char *dot_of(const rn_graph *graph, rn_graph_options o)
{
    size_t bytes;

    cr_assert_eq(rn_graph_dot(graph, "g.dot", o), RN_OK);
    return rn_test_read("g.dot", &bytes);
}

/* Graphviz's own opinion, where it is installed. */
static void accepted_by_graphviz(void)
{
    if (system("dot -V >/dev/null 2>&1") != 0)
        cr_log_info("skipped: dot is not installed");
    else
        cr_assert_eq(
            system("dot -Tsvg g.dot >/dev/null 2>complaint && ! test -s complaint"), 0);
}

/* Fails unless all boxes of the text are declared once, before lines between them. Returns
 * how many there are, with frames. */
static int declared(const char *text)
{
    static bool known[2000];
    char line[400];
    int count = 0, depth = 0;

    memset(known, 0, sizeof known);
    for (; *text; text = strchr(text, '\n') + 1) {
        int a, b;
        snprintf(line, sizeof line, "%.*s", (int)strcspn(text, "\n"), text);
        if (sscanf(line, "n%d -> n%d ", &a, &b) == 2) {
            cr_assert(known[a] && known[b], "%s", line);
        } else if (sscanf(line, "subgraph cluster%d", &a) == 1 ||
                   sscanf(line, "n%d [", &a) == 1) {
            cr_assert(!known[a], "twice: %s", line);
            known[a] = true;
            count++;
        }
        depth += (strchr(line, '{') != NULL) - (line[0] == '}');
    }
    cr_assert_eq(depth, 0);
    return count;
}

static void has(const char *text, const char *part, int times)
{
    cr_assert_eq(rn_test_times(text, part), times, "%s: %d times", part,
                 rn_test_times(text, part));
}

static rn_test_world begin(rn_test_directory *d)
{
    *d = rn_test_directory_new();
    return rn_test_begin();
}

static void end(rn_test_world *w, rn_test_directory *d)
{
    cr_assert_str_eq(rn_graph_error(w->graph), "");
    rn_test_end(w);
    rn_test_directory_free(d);
}

/* A layer is a box, and each of its loops. */
Test(graph_picture, layers)
{
    rn_test_directory d;
    rn_test_world w = begin(&d);
    rn_test_classifier(w.graph, w.model, false);
    char *text = dot_of(w.graph, (rn_graph_options){.title = "T"});

    cr_assert_eq(declared(text), 12);
    has(text, "label=\"T\"", 1);
    has(text, "label=\"words\"", 1);
    has(text, "label=\"class\"", 1);
    has(text, "label=\"embedding embed\\n800 parameters\"", 1);
    has(text, "label=\"rnn: lstm of 2 layers in both directions\"", 1);
    has(text, "label=\"layer0/forward\\n5 steps\\n1,600 parameters\"", 1);
    has(text, "label=\"layer0/backward\\n5 steps, backwards\\n1,600 parameters\"", 1);
    has(text, "label=\"layer1/forward\\n5 steps\\n3,136 parameters\"", 1);
    has(text, "label=\"layer1/backward\\n5 steps, backwards\\n3,136 parameters\"", 1);
    has(text, "label=\"concat\"", 2);
    has(text, "label=\"linear out\\n99 parameters\"", 1);
    has(text, "label=\"cross_entropy\"", 1);
    has(text, "[label=\"i32 [5,2]\"]", 1);
    has(text, "[label=\"f64 [5,2,8]\"]", 2);
    has(text, "[label=\"f64 [5,2,16]\"]", 2);
    has(text, "[label=\"f64 [5,2,32]\"]", 2);
    has(text, "[label=\"f64 [2,16]\"]", 2);
    has(text, "[style=dashed]", 4);
    has(text, " -> ", 12 + 4);
    accepted_by_graphviz();
    free(text);
    end(&w, &d);
}

/* The lengths are read by the loops, and the selections that they cause are not shown. */
Test(graph_picture, lengths)
{
    rn_test_directory d;
    rn_test_world w = begin(&d);
    const rn_tensor loss = rn_test_classifier(w.graph, w.model, true);
    char *text = dot_of(w.graph, (rn_graph_options){.of = loss});

    cr_assert_eq(declared(text), 13);
    has(text, "label=\"lengths\"", 1);
    has(text, "where", 0);
    has(text, " -> ", 16 + 4);
    free(text);
    text = dot_of(w.graph, (rn_graph_options){.of = loss, .detail = RN_DETAIL_STEPS});
    has(text, "label=\"lengths\"", 1 + 4);
    has(text, "where", 0);
    has(text, "argmax", 0);
    declared(text);
    accepted_by_graphviz();
    free(text);
    end(&w, &d);
}

/* The steps of all layers, or of those that are named. */
Test(graph_picture, steps)
{
    rn_test_directory d;
    rn_test_world w = begin(&d);
    rn_test_classifier(w.graph, w.model, false);
    rn_gru(w.root, "other",
           rn_input(w.graph, "z", RN_F64, rn_shape_of(3, (int64_t[]){4, 2, 3})),
           (rn_recurrent_options){.units = 2});
    char *all = dot_of(w.graph, (rn_graph_options){.detail = RN_DETAIL_STEPS});
    char *some = dot_of(w.graph, (rn_graph_options){.open = "none, oth*"});

    has(all, "label=\"layer0/forward: 5 steps\"", 1);
    has(all, "label=\"gate f\\n400 parameters\"", 2); /* (8 + 16 + 1) 16 */
    has(all, "label=\"gate f\\n784 parameters\"", 2);
    has(all, "label=\"carry, first 0\"", 8 + 1);
    has(all, ", style=dashed, constraint=false]", 8 + 1);
    has(all, "label=\"all steps\"", 2 + 1);
    has(all, "label=\"last step\"", 2 + 1);
    has(all, "label=\"linear out\\n99 parameters\"", 1);
    has(some, "label=\"layer0/forward\\n5 steps\\n1,600 parameters\"", 1);
    has(some, "label=\"layer0: 4 steps\"", 1);
    has(some, "label=\"carry, first 0\"", 1);
    cr_assert(declared(all) > declared(some));
    free(all);
    free(some);
    end(&w, &d);
}

/* The nodes of a graph and its bodies: all, or those of one operator. */
static int nodes_of(const rn_graph *graph, const rn_op *op)
{
    int count = 0;

    for (int32_t i = 0; i < graph->count; i++) {
        const rn__node *node = rn__at(graph, i);
        count += !op || node->op == op;
        if (node->op == &rn__op_loop) count += nodes_of(node->loop->body, op);
    }
    return count;
}

/* With all detail every node is one box. */
Test(graph_picture, every_node_once)
{
    rn_test_directory d;
    rn_test_world w = begin(&d);
    const rn_graph_options all = {.detail = RN_DETAIL_NODES};

    rn_test_nested(w.graph);
    char *text = dot_of(w.graph, all);
    cr_assert_eq(declared(text), nodes_of(w.graph, NULL));
    has(text, "style=dashed, constraint=false", nodes_of(w.graph, &rn__op_carry));
    accepted_by_graphviz();
    free(text);
    cr_assert_eq(rn_graph_svg(w.graph, "g.svg", all), RN_OK);
    text = rn_test_picture("g.svg");
    has(text, "rx=\"6\"", nodes_of(w.graph, NULL));
    free(text);
    rn_test_classifier(w.graph, w.model, true);
    text = dot_of(w.graph, all);
    cr_assert_eq(declared(text), nodes_of(w.graph, NULL));
    free(text);
    end(&w, &d);
}

Test(graph_picture, nested_loops)
{
    rn_test_directory d;
    rn_test_world w = begin(&d);

    rn_test_nested(w.graph);
    char *text = dot_of(w.graph, (rn_graph_options){.title = "\xff<"});
    has(text, "label=\"\xef\xbf\xbd&lt;\"", 1);
    has(text, "label=\"a &lt;b&gt; &amp; &quot;c&quot; \\\\N\xef\xbf\xbd\"", 1);
    has(text, "label=\"unused\"", 1);
    has(text, "label=\"loop: 3 steps\"", 1);
    has(text, "label=\"loop: 4 steps\"", 1);
    has(text, "label=\"tanh\\nnext &lt;h&gt;\"", 1);
    has(text, "label=\"mul(\xc2\xb7, 0.25)\"", 1);
    has(text, "label=\"sub(1, \xc2\xb7)\"", 1);
    cr_assert(strstr(text, "label=\"carry, first 0\""));
    cr_assert(strstr(text, "#fde8ea"), "no gradient");
    declared(text);
    accepted_by_graphviz();
    free(text);
    cr_assert_eq(rn_graph_svg(w.graph, "g.svg", (rn_graph_options){.title = "\xff<"}),
                 RN_OK);
    text = rn_test_picture("g.svg");
    has(text, ">\xef\xbf\xbd&lt;<", 1);
    has(text, ">a &lt;b&gt; &amp; &quot;c&quot; \\N\xef\xbf\xbd<", 1);
    free(text);
    end(&w, &d);
}

/* Only what the tensor depends on. */
Test(graph_picture, of_a_tensor)
{
    rn_test_directory d;
    rn_test_world w = begin(&d);
    rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape_of(1, (int64_t[]){2}));
    rn_tensor y = rn_tanh(x);
    rn_state(w.root, "s", RN_F64, (rn_shape){0});

    rn_exp(y);
    rn_assign(rn_state(w.root, "kept", RN_F64, rn_shape_of(1, (int64_t[]){2})), rn_neg(x));
    char *text = dot_of(w.graph, (rn_graph_options){.of = y});
    cr_assert_eq(declared(text), 2);
    free(text);
    text = dot_of(w.graph, (rn_graph_options){.title = NULL});
    cr_assert_eq(declared(text), 4);
    has(text, "label=\"neg\\nto kept\"", 1);
    free(text);
    end(&w, &d);
}

Test(graph_picture, invalid)
{
    rn_test_directory d;
    rn_test_world w = begin(&d), other = rn_test_begin();
    rn_status (*const draw[2])(const rn_graph *, const char *,
                               rn_graph_options) = {rn_graph_dot, rn_graph_svg};
    const rn_tensor x = rn_input(other.graph, "x", RN_F32, (rn_shape){0});
    rn_tensor no = x;

    no.id = 77;
    for (int i = 0; i < 2; i++) {
        const rn_graph_options o = {.title = "t"};
        cr_assert_eq(draw[i](NULL, "g", o), RN_INVALID);
        cr_assert_eq(draw[i](w.graph, NULL, o), RN_INVALID);
        cr_assert_eq(draw[i](w.graph, "g", (rn_graph_options){.of = x}), RN_INVALID);
        cr_assert_eq(draw[i](other.graph, "g", (rn_graph_options){.of = no}), RN_INVALID);
        cr_assert_eq(draw[i](w.graph, "g", (rn_graph_options){.detail = (rn_detail)3}),
                     RN_INVALID);
        cr_assert_eq(draw[i](w.graph, "/nowhere/g", o), RN_IO);
        cr_assert_eq(draw[i](w.graph, "empty", o), RN_OK);
    }
    rn_fail(other.graph, "broken");
    cr_assert_eq(rn_graph_svg(other.graph, "g", (rn_graph_options){.title = "t"}),
                 RN_INVALID);
    rn_test_end(&other);
    end(&w, &d);
}

static rn_test_memory memory;

/* Every third request of memory is refused. */
Test(graph_picture, refused_memory)
{
    rn_test_directory d = rn_test_directory_new();
    rn_graph *graph = rn_graph_new_using(rn_test_allocator(&memory));

    rn_test_nested(graph);
    for (int i = 0; i < 2; i++) {
        rn_status status = RN_NO_MEMORY;
        const long blocks = memory.blocks;
        for (long n = 1; status != RN_OK; n += 3) {
            memory.fail_at = memory.requests + n;
            status = i ? rn_graph_svg(graph, "g", (rn_graph_options){.title = "t"})
                       : rn_graph_dot(graph, "g", (rn_graph_options){.title = "t"});
            cr_assert(status == RN_OK || status == RN_NO_MEMORY);
            cr_assert_eq(memory.blocks, blocks, "a leak");
        }
    }
    memory.fail_at = 0;
    rn_graph_free(graph);
    cr_assert_eq(memory.blocks, 0);
    rn_test_directory_free(&d);
}

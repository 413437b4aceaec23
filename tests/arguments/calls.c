/* SPDX-License-Identifier: MIT */
/* Calls of all public functions. */
#include <criterion/criterion.h>

#include "arguments.h"
#include "calls_data.h"
#include "calls_files.h"
#include "calls_fit.h"
#include "calls_metrics.h"
#include "calls_model.h"
#include "calls_pictures.h"
#include "calls_schedules.h"
#include "calls_text.h"
#include "graph/node.h"

/* ---- what must be so ---- */

void result(rn_test_world *w, bool ok)
{
    if (ok || !w->given) return;
    cr_assert(rn_graph_error(w->g)[0] || rn_graph_error(w->far)[0],
              "%s fails without a message: seed %llu", w->call,
              (unsigned long long)w->seed);
}

bool small_enough(const rn_graph *g)
{
    for (int32_t i = 0; i < g->count; i++) {
        const rn__node *node = rn__at(g, i);
        if (node->op == &rn__op_loop &&
            (node->loop->steps > 99 || !small_enough(node->loop->body)))
            return false;
        if (rn_shape_count(node->shape) > 9999 && node->op != &rn__op_input) return false;
    }
    return true;
}

void built(rn_test_world *w, rn_tensor y)
{
    char text[4000];

    result(w, !rn_is_null(y));
    rn_graph_print(w->g, text, sizeof text);
    if (rn_is_null(y) || !rn__exists(y) || !y.graph || y.graph->parent) return;
    cr_assert(rn_shape_count(rn_shape_get(y)) >= 0);
    cr_assert(y.serial, "a tensor without the number of its graph");
    if (!small_enough(y.graph) || rn_shape_count(rn_shape_get(y)) > 9999) return;
    rn_program *p = rn_compile(y.graph, (rn_compile_options){RN_OUTPUTS(y)});
    cr_assert(p || rn_graph_error(y.graph)[0]);
    if (p) cr_assert(rn_run(p) == RN_OK || rn_program_error(p)[0]);
    rn_program_free(p);
}

/* ---- convolution ---- */

static rn_conv1d_options a_conv1d(rn_test_world *w)
{
    return (rn_conv1d_options){axis(w),   number(w),   number(w), number(w),
                               number(w), axis(w) > 0, number(w)};
}

static rn_conv2d_options a_conv2d(rn_test_world *w)
{
    return (rn_conv2d_options){{number(w), number(w)},
                               {number(w), number(w)},
                               {number(w), number(w)},
                               {number(w), number(w)},
                               axis(w) > 0,
                               number(w)};
}

static rn_pool1d_options a_pool1d(rn_test_world *w)
{
    return (rn_pool1d_options){axis(w),   number(w),   number(w),  number(w),
                               number(w), axis(w) > 0, axis(w) > 0};
}

static rn_pool2d_options a_pool2d(rn_test_world *w)
{
    return (rn_pool2d_options){{number(w), number(w)},
                               {number(w), number(w)},
                               {number(w), number(w)},
                               {number(w), number(w)},
                               axis(w) > 0,
                               axis(w) > 0};
}

static void causal_conv_step(rn_test_world *w)
{
    rn_tensor past = a_tensor(w);

    built(w, rn_causal_conv_step(a_tensor(w), a_tensor(w), number(w),
                                 rn_test_draw(w, 8) ? &past : NULL));
}

/* ---- types and operators ---- */

static void shape_of(rn_test_world *w)
{
    const int64_t sizes[RN_RANK_MAX] = {1, INT64_MAX, -1};
    const rn_shape s = rn_shape_of(axis(w), rn_test_draw(w, 2) ? sizes : NULL);

    cr_assert(s.rank >= -1 && s.rank <= RN_RANK_MAX);
}

static void shape_broadcast(rn_test_world *w)
{
    rn_shape out;

    rn_shape_broadcast(a_shape(w), a_shape(w), rn_test_draw(w, 2) ? &out : NULL);
}

static void batch_leading(rn_test_world *w)
{
    rn_tensor x[3];
    rn_shape in_shape[3];
    bool stacked[3];
    rn_batching b = {.steps = (int64_t)rn_test_draw(w, 4),
                     .op = an_op(w),
                     .inputs = (int)rn_test_draw(w, 5) - 1,
                     .x = rn_test_draw(w, 8) ? x : NULL,
                     .stacked = rn_test_draw(w, 8) ? stacked : NULL,
                     .in_shape = rn_test_draw(w, 8) ? in_shape : NULL,
                     .shape = a_shape(w)};

    for (int i = 0; i < 3; i++) {
        x[i] = a_tensor(w);
        in_shape[i] = a_shape(w);
        stacked[i] = rn_test_draw(w, 2);
    }
    if (b.inputs > 3) b.inputs = 3;
    const rn_batching *given = rn_test_draw(w, 8) ? &b : NULL;
    w->given = given && b.x && b.inputs > 0 && !rn_is_null(x[0]);
    built(w, rn_batch_leading(given));
}

static void apply(rn_test_world *w)
{
    const double attributes[2] = {1, 2};
    const void *data = rn_test_draw(w, 2) ? attributes : NULL;
    const size_t size = DRAW(w, size_t, 0, sizeof attributes, 8);
    const rn_op *op = an_op(w);
    const rn_tensor *in = tensors(w);
    const int count = op && op->inputs == 1 && in ? 1 : count_of(w, in);
    const rn_tensor y = rn_apply(op, in, count, data, size);

    w->given = in && count > 0 && !rn_is_null(in[0]);
    built(w, y);
    if (rn_is_null(y) || rn_graph_error(w->g)[0]) return;
    rn_gradcheck_report *r = rn_gradcheck(rn_sum_all(y), (rn_gradcheck_options){0});
    cr_assert(r && r->text);
    rn_gradcheck_free(r);
}

static void fail(rn_test_world *w)
{
    const char *const format = rn_test_draw(w, 2) ? "%s" : NULL;

    result(w, !rn_is_null(rn_fail(a_graph(w), format, "why")));
}

static void constant(rn_test_world *w)
{
    static const double data[64];
    rn_shape shape = a_shape(w);
    rn_graph *graph = a_graph(w);

    /* Data are of the size that the shape has. */
    if (rn_shape_count(shape) > 64) shape = rn_shape(2, 3);
    built(w, rn_constant(graph, a_type(w), shape, rn_test_draw(w, 3) ? data : NULL));
}

static void variable_new(rn_test_world *w)
{
    rn_variable_release(rn_variable_new((rn_allocator){0}, name(w), a_type(w), a_shape(w)));
}

static void assign(rn_test_world *w)
{
    const rn_tensor to = rn_test_draw(w, 2) ? w->tensor[9] : a_tensor(w);

    built(w, rn_assign(to, a_tensor(w)));
}

static void graph_print(rn_test_world *w)
{
    char text[16];

    rn_graph_print(a_graph(w), text, DRAW(w, size_t, 0, 1, sizeof text));
    rn_graph_print(a_graph(w), NULL, DRAW(w, size_t, 0, 1, SIZE_MAX));
}

static const int *axes(rn_test_world *w, int *list)
{
    for (int i = 0; i < RN_TEST_LIST; i++) list[i] = rn_test_draw(w, 3) ? i : axis(w);
    return rn_test_draw(w, 4) ? list : NULL;
}

static void reduction(rn_test_world *w,
                      rn_tensor (*reduce)(rn_tensor, const int *, int, bool))
{
    int list[RN_TEST_LIST];
    const int *given = axes(w, list);

    built(w, reduce(a_tensor(w), given, count_of(w, given), rn_test_draw(w, 2) == 0));
}

static rn_tensor rescale_small(rn_tensor x, const int *axes, int count, bool keep)
{
    return rn_rescale(x, axes, count, keep, true);
}

static void permute(rn_test_world *w)
{
    int order[RN_RANK_MAX];

    for (int i = 0; i < RN_RANK_MAX; i++)
        order[i] = rn_test_draw(w, 4) ? RN_RANK_MAX - 1 - i : axis(w);
    for (int i = 0; i < 3 && rn_test_draw(w, 2); i++) order[i] = 2 - i;
    built(w, rn_permute(a_tensor(w), rn_test_draw(w, 4) ? order : NULL));
}

static void list(rn_test_world *w, rn_tensor (*join)(const rn_tensor *, int, int))
{
    const rn_tensor *x = tensors(w);
    const int count = count_of(w, x);
    const rn_tensor y = join(x, count, axis(w));

    w->given = false;
    for (int i = 0; x && i < count; i++) w->given = w->given || !rn_is_null(x[i]);
    built(w, y);
}

/* ---- gradients ---- */

static void grad(rn_test_world *w)
{
    const rn_tensor *x = tensors(w);
    const int count = count_of(w, x);
    const rn_tensor y = a_tensor(w), dy = a_tensor(w);
    rn_tensor dx[RN_TEST_LIST];
    const bool ok = rn_grad(y, dy, x, count, rn_test_draw(w, 4) ? dx : NULL);

    w->given = !rn_is_null(y) || (x && count > 0 && !rn_is_null(x[0]));
    result(w, ok);
}

static void gradcheck(rn_test_world *w)
{
    static const double data[64];
    const rn_value values[2] = {{a_tensor(w), NULL}, {w->tensor[0], data}};
    const rn_tensor x = a_tensor(w), loss = rn_test_draw(w, 3) ? rn_sum_all(x) : x;
    rn_gradcheck_options o = {.tensors = tensors(w), .seed = UINT64_MAX};

    o.tensor_count = count_of(w, o.tensors);
    o.values = rn_test_draw(w, 2) ? values : NULL;
    o.value_count = o.values ? DRAW(w, int, 0, 1, 2, -1) : count_of(w, NULL);
    o.directions = DRAW(w, int, 0, 1, -1, INT32_MIN);
    o.samples = DRAW(w, int, 0, 1, -1, INT32_MIN, INT32_MAX);
    o.exhaustive = DRAW(w, int64_t, 0, 1, -1, INT64_MIN, INT64_MAX);
    o.worst = DRAW(w, int, 0, 1, -1, INT32_MAX, INT32_MIN);
    rn_gradcheck_report *r = rn_gradcheck(loss, o);
    cr_assert(r && r->text && r->text[0]);
    rn_gradcheck_free(r);
}

static void loop_steps(rn_test_world *w)
{
    rn_loop *loop = rn_loop_begin(w->g);
    const rn_tensor h = rn_loop_carry(loop, w->tensor[0]), n = rn_tanh(h);
    rn_tensor dx = rn_null();

    rn_loop_steps(rn_test_draw(w, 2) ? loop : a_loop(w), number(w));
    rn_loop_next(loop, h, n);
    w->given = true;
    if (!rn_loop_end(loop)) return result(w, false);
    rn_tensor y = rn_loop_final(loop, h);
    if (rn_test_draw(w, 2))
        y = rn_loop_collect(loop, rn_test_draw(w, 2) ? n : w->tensor[2]);
    if (rn_test_draw(w, 2)) y = rn_loop_history(loop, h);
    built(w, y);
    rn_grad(rn_sum_all(y), rn_null(), &w->tensor[0], 1, &dx);
    built(w, dx);
}

/* ---- the list ---- */

#define CALL(function, ...)                                                                \
    static void call_##function(rn_test_world *w)                                          \
    {                                                                                      \
        (void)w;                                                                           \
        __VA_ARGS__;                                                                       \
    }
#include "calls.def"
#undef CALL

#define CALL(function, ...) {#function, call_##function},
const rn_test_call rn_test_calls[] = {
#include "calls.def"
};
const int rn_test_call_count = (int)(sizeof rn_test_calls / sizeof *rn_test_calls);

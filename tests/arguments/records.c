/* SPDX-License-Identifier: MIT */
/* Draws of records: operators and cells, with functions that may misbehave. */
#include <limits.h>
#include <string.h>

#include "arguments.h"
#include "graph/node.h"

/* ---- cells ---- */

static rn_tensor good_step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    return state[0] = rn_tanh(rn_gate(s, "g", x, state[0]));
}

static rn_tensor null_step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    (void)s, (void)x, (void)state;
    return rn_null();
}

static rn_tensor lost_state(rn_scope s, rn_tensor x, rn_tensor *state)
{
    const rn_tensor y = good_step(s, x, state);

    state[0] = rn_null();
    return y;
}

static rn_tensor made_up_step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    (void)s, (void)state;
    return (rn_tensor){x.graph, 12345, 0};
}

static rn_tensor outer_step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    (void)x, (void)state;
    return rn_fill(s.graph, RN_F32, rn_shape(2, 3), 1);
}

static void begin_nothing(rn_scope s, rn_tensor *state, const void *options)
{
    (void)s, (void)options;
    state[0] = rn_null();
}

static rn_tensor good_with(rn_scope s, rn_tensor x, rn_tensor *state, const void *options)
{
    (void)options;
    return good_step(s, x, state);
}

#define CELL(cell, count, function, ...)                                                   \
    {                                                                                      \
        .name = cell, .states = count, .step = function, __VA_ARGS__                       \
    }

const rn_cell *a_cell(rn_test_world *w)
{
    static const rn_cell cells[] = {
        CELL("good", 1, good_step, .begin = NULL),
        CELL("null", 1, null_step, .begin = NULL),
        CELL("lost", 1, lost_state, .begin = NULL),
        CELL("made up", 1, made_up_step, .begin = NULL),
        CELL("outer", 1, outer_step, .begin = NULL),
        CELL(NULL, 1, good_step, .begin = NULL),
        CELL("none", 0, good_step, .begin = NULL),
        CELL("few", -1, good_step, .begin = NULL),
        CELL("many", 1000, good_step, .begin = NULL),
        CELL("stepless", 1, NULL, .begin = NULL),
        CELL("two", 2, good_step, .begin = NULL),
        CELL("with", 1, NULL, .step_with = good_with),
        CELL("both", 1, good_step, .step_with = good_with),
        CELL("begins", 1, good_step, .begin = begin_nothing),
        CELL("large", 1, good_step, .output = INT64_MAX),
        CELL("inputs", 1, good_step, .output = 1023 * RN_INPUTS),
        CELL("no size", 1, good_step, .output = INT64_MIN),
        CELL("rank", 1, good_step, .state = {{.shape = {.rank = INT_MAX}}}),
        CELL("no rank", 1, good_step, .state = {{.shape = {.rank = -1}}}),
        CELL("no shape", 1, good_step, .state = {{.shape = {2, {INT64_MAX, INT64_MAX}}}}),
        CELL("no state", 1, good_step, .state = {{.shape = {1, {INT64_MIN}}}}),
        CELL("matrix", 1, good_step, .state = {{.shape = {2, {RN_UNITS, 2}}}}),
        CELL("learned", 1, good_step, .state = {{.value = 1, .learned = true}})};
    static const rn_cell *const listed[] = {
#define RN_CELL(name, formula) &rn_cell_##name,
#include "nn/cells/cells.def"
#undef RN_CELL
    };

    switch (rn_test_draw(w, 4)) {
    case 0:
        return NULL;
    case 1:
        return listed[rn_test_draw(w, sizeof listed / sizeof *listed)];
    default:
        return &cells[rn_test_draw(w, sizeof cells / sizeof *cells)];
    }
}

static rn_activation an_activation(rn_test_world *w)
{
    static const rn_activation some[] = {NULL, rn_tanh, rn_relu, rn_sum_all};

    return some[rn_test_draw(w, sizeof some / sizeof *some)];
}

static rn_cell_options cell_options(rn_test_world *w)
{
    return (rn_cell_options){.two_biases = rn_test_draw(w, 2) == 0,
                             .no_bias = rn_test_draw(w, 2) == 0,
                             .clip = rn_test_draw(w, 2) ? 0 : real(w)};
}

/* A cell with options; they are static, as they must outlive it. */
const rn_cell *a_cell_with_options(rn_test_world *w)
{
    static rn_rnn_options rnn;
    static rn_lstm_options lstm;
    static rn_gru_options gru;
    static rn_cell cell;

    rnn = (rn_rnn_options){.all = cell_options(w), .activation = an_activation(w)};
    gru = (rn_gru_options){.all = cell_options(w),
                           .reset_after = rn_test_draw(w, 2) == 0,
                           .update_keeps = rn_test_draw(w, 2) == 0,
                           .candidate = an_activation(w)};
    lstm = (rn_lstm_options){.all = cell_options(w),
                             .peepholes = rn_test_draw(w, 2) == 0,
                             .coupled = rn_test_draw(w, 2) == 0,
                             .projection = rn_test_draw(w, 2) ? 0 : units(w),
                             .forget_bias = real(w),
                             .clip_state = rn_test_draw(w, 2) ? 0 : real(w),
                             .gate = an_activation(w)};
    switch (rn_test_draw(w, 3)) {
    case 0:
        cell = rn_rnn_cell(rn_test_draw(w, 3) ? &rnn : NULL);
        break;
    case 1:
        cell = rn_lstm_cell(rn_test_draw(w, 3) ? &lstm : NULL);
        break;
    default:
        cell = rn_gru_cell(rn_test_draw(w, 3) ? &gru : NULL);
    }
    return &cell;
}

/* Those that are used less. */
static rn_recurrent_options more_options(rn_test_world *w, rn_recurrent_options o)
{
    static rn_recurrent_layer own[33];

    for (int i = 0; i < 33; i++)
        own[i] = (rn_recurrent_layer){.cell = rn_test_draw(w, 3) ? NULL : &rn_cell_gru,
                                      .backward = rn_test_draw(w, 3) ? NULL : &rn_cell_rnn,
                                      .units = rn_test_draw(w, 2) ? 0 : units(w)};
    o.merge = (rn_merge)DRAW(w, int, 0, 0, 1, 2, 3, 4, -1, INT_MAX);
    o.connect = (rn_connections)DRAW(w, int, 0, 0, 1, 2, 3, -1, INT_MIN);
    o.backward = rn_test_draw(w, 2) ? NULL : a_cell(w);
    o.own = rn_test_draw(w, 2) ? NULL : own;
    o.batch_major = rn_test_draw(w, 2) == 0;
    o.learn_initial = rn_test_draw(w, 2) == 0;
    o.mask = a_tensor(w);
    o.hold = rn_test_draw(w, 2) == 0;
    o.restarts = a_tensor(w);
    o.keep_after = units(w);
    o.input_dropout = real(w);
    o.variational = rn_test_draw(w, 2) == 0;
    o.recurrent_dropout = real(w);
    o.zoneout[rn_test_draw(w, RN_STATES_MAX)] = real(w);
    o.weight_drop = real(w);
    o.perturb = tensors(w);
    o.perturb_count = count_of(w, o.perturb);
    o.clip_gradient = real(w);
    o.perturb_zero = rn_test_draw(w, 4) == 0;
    o.checkpoint = DRAW(w, int64_t, 0, 0, 1, -1, -2, INT64_MIN, INT64_MAX);
    return o;
}

rn_recurrent_options recurrent_options(rn_test_world *w)
{
    rn_recurrent_options o = {.units = 3};

    if (rn_test_draw(w, 2)) return o;
    o.units = units(w);
    o.layers = DRAW(w, int, 0, 1, 2, -1, 33, INT_MAX, INT_MIN);
    o.bidirectional = rn_test_draw(w, 2) == 0;
    o.reverse = rn_test_draw(w, 2) == 0;
    o.lengths = a_tensor(w);
    o.initial = tensors(w);
    o.initial_count = count_of(w, o.initial);
    o.stateful = rn_test_draw(w, 2) == 0;
    o.dropout = real(w);
    return rn_test_draw(w, 2) ? o : more_options(w, o);
}

/* ---- operators ---- */

static void map_f32(int64_t n, const void *const *x, const int64_t *step, void *y,
                    const void *attributes)
{
    (void)attributes;
    for (int64_t i = 0; i < n; i++) ((float *)y)[i] = ((const float *)x[0])[i * step[0]];
}

static bool kernel(const rn_call *call)
{
    strcpy(call->message, "it never works");
    return false;
}

static const char *no_rank(rn_typing *t)
{
    t->shape.rank = 77;
    return NULL;
}

static const char *no_size(rn_typing *t)
{
    t->shape = rn_shape(-3, INT64_MAX);
    return NULL;
}

static const char *no_type(rn_typing *t)
{
    t->type = (rn_type)-4;
    t->variant = 99;
    return NULL;
}

static const char *no_variant(rn_typing *t)
{
    t->variant = INT_MAX;
    return NULL;
}

static void made_up_gradient(rn_pullback *p)
{
    p->dx[0] = (rn_tensor){p->dy.graph, INT_MAX, 0};
}

static void small_gradient(rn_pullback *p)
{
    p->dx[0] = rn_sum_all(p->dy);
}

static rn_tensor made_up_branches(const rn_tensor *x, rn_tensor y, const void *attributes)
{
    (void)y, (void)attributes;
    return (rn_tensor){x[0].graph, -7, 0};
}

static size_t endless(const rn_call *call)
{
    (void)call;
    return SIZE_MAX;
}

static rn_tensor made_up_batch(const rn_batching *b)
{
    return (rn_tensor){b->x[0].graph, INT_MAX, 0};
}

static bool made_up_sum(const rn_batching *b, rn_tensor *sum)
{
    if (sum) *sum = b->x[0];
    return true;
}

static bool made_up_view(const rn_array *in, rn_array *out, int64_t *offset,
                         const void *attributes)
{
    (void)in, (void)attributes;
    *offset = 0;
    for (int i = 0; i < out->rank; i++) out->stride[i] = 0;
    return true;
}

/* Axes that do not exist, or of another size. */
static bool made_up_divide(const rn_call *call, int axis, int *cut)
{
    for (int i = 0; i < call->inputs; i++) cut[i] = axis + 7 * (i % 3) - 2;
    return true;
}

static bool made_up_inner(const rn_call *call, int *inner)
{
    for (int i = 0; i < call->inputs; i++) inner[i] = call->in[0].rank - 2 + 3 * i;
    return true;
}

const rn_op *an_op(rn_test_world *w)
{
    static const rn_op ops[] = {
        {.name = "claims", .inputs = 1, .types = 15},
        {.name = "claims all",
         .inputs = 2,
         .kind = RN_KIND_ELEMENTWISE,
         .types = ~0u,
         .flags = ~(unsigned)RN_OP_CHOOSES},
        {.name = "chooses", .inputs = 2, .map = {map_f32}, .flags = RN_OP_CHOOSES},
        {.name = "kind", .inputs = 1, .kind = (rn_op_kind)99, .map = {map_f32}},
        {.name = "no view", .inputs = 1, .kind = RN_KIND_VIEW, .map = {map_f32}},
        {.name = "a view", .inputs = 1, .view = made_up_view},
        {.name = "batch",
         .inputs = 1,
         .kind = RN_KIND_PRODUCT,
         .kernel = {kernel},
         .batch = made_up_batch,
         .sum_of_steps = made_up_sum},
        {.name = "joins",
         .inputs = 2,
         .kind = RN_KIND_PRODUCT,
         .kernel = {kernel},
         .flags = RN_OP_JOINS,
         .divide = made_up_divide,
         .inner = made_up_inner},
        {.name = "sums",
         .inputs = 1,
         .kind = RN_KIND_REDUCTION,
         .kernel = {kernel},
         .flags = RN_OP_ADDITIVE | RN_OP_INVOLUTION},
        {.name = "map", .inputs = 1, .map = {map_f32}},
        {.name = "any", .inputs = -1, .map = {map_f32}, .gradient = made_up_gradient},
        {.name = "few", .inputs = -9, .map = {map_f32}, .branches = made_up_branches},
        {.name = "small", .inputs = 1, .map = {map_f32}, .gradient = small_gradient},
        {.inputs = 1, .map = {map_f32}},
        {.name = "nothing", .inputs = 1},
        {.name = "no rank", .inputs = -1, .shape = no_rank, .kernel = {kernel}},
        {.name = "no size", .inputs = -1, .shape = no_size, .kernel = {kernel}},
        {.name = "no type", .inputs = -1, .shape = no_type, .kernel = {kernel}},
        {.name = "no variant", .inputs = -1, .shape = no_variant, .kernel = {kernel}},
        {.name = "fails", .inputs = 1, .kernel = {kernel}},
        {.name = "endless", .inputs = 1, .kernel = {kernel}, .scratch = endless}};

    return rn_test_draw(w, 8) ? &ops[rn_test_draw(w, sizeof ops / sizeof *ops)] : NULL;
}

/* SPDX-License-Identifier: MIT */
/* Calls that need more than one line: layers, models, programs, training. */
#ifndef RN_TEST_CALLS_MODEL_H
#define RN_TEST_CALLS_MODEL_H

#include <criterion/criterion.h>

#include "arguments.h"

static rn_loss_options loss_options(rn_test_world *w)
{
    rn_loss_options o = {.reduction = (rn_reduction)rn_test_draw(w, 4)};

    if (rn_test_draw(w, 3) == 0) o.weights = a_tensor(w);
    if (rn_test_draw(w, 3) == 0) o.mask = a_tensor(w);
    if (rn_test_draw(w, 3) == 0) o.class_weights = a_tensor(w);
    if (rn_test_draw(w, 6) == 0) o.positive_weights = a_tensor(w);
    if (rn_test_draw(w, 3) == 0) o.ignores = true, o.ignored = axis(w);
    if (rn_test_draw(w, 4) == 0) o.smoothing = real(w);
    if (rn_test_draw(w, 4) == 0) o.gamma = real(w);
    if (rn_test_draw(w, 4) == 0) o.delta = real(w);
    return o;
}

static void status_is(rn_status status, const char *message, bool told)
{
    cr_assert(status == RN_OK || !told || message[0], "without a message");
}

/* ---- layers ---- */

static void sequence(rn_test_world *w, rn_sequence s)
{
    built(w, s.outputs);
    built(w, s.last);
    cr_assert(rn_is_null(s.outputs) || s.final_count > 0);
    built(w, s.final[0]);
}

enum { STATES = 2 * RN_STATES_MAX * RN_LAYERS_MAX };

static void of_options(rn_test_world *w)
{
    sequence(w, rn_recurrent(scope(w), name(w), a_cell_with_options(w), a_tensor(w),
                             recurrent_options(w)));
}

static void recurrent_step(rn_test_world *w)
{
    rn_tensor states[STATES];
    const bool none = rn_test_draw(w, 4) == 0, good = rn_test_draw(w, 2) == 0;
    const rn_tensor x = good ? w->tensor[0] : a_tensor(w);

    for (int i = 0; i < STATES; i++) states[i] = good ? w->tensor[0] : a_tensor(w);
    built(w, rn_recurrent_step(scope(w), name(w), a_cell(w), x, none ? NULL : states,
                               recurrent_options(w)));
}

static void recurrent_begin(rn_test_world *w)
{
    rn_tensor states[STATES];
    const bool none = rn_test_draw(w, 4) == 0, good = rn_test_draw(w, 2) == 0;
    const rn_tensor x = good ? w->tensor[0] : a_tensor(w);

    states[0] = rn_null();
    rn_recurrent_begin(scope(w), name(w), a_cell(w), x, none ? NULL : states,
                       recurrent_options(w));
    built(w, states[0]);
}

/* ---- decoders ---- */

static rn_filter a_filter(rn_test_world *w)
{
    return (rn_filter){real(w), number(w), real(w), real(w)};
}

/* Logits of three tokens, or what is drawn. */
static rn_tensor a_step(rn_scope s, rn_tensor tokens, rn_tensor *states, void *user)
{
    rn_test_world *w = (rn_test_world *)user;

    (void)s;
    if (rn_test_draw(w, 8) == 0) return a_tensor(w);
    if (rn_test_draw(w, 8) == 0) states[0] = a_tensor(w);
    return rn_one_hot(tokens, 3, RN_F32);
}

/* A decoder, and its states; returns how many. */
static int a_decoder(rn_test_world *w, rn_decoder *decoder, rn_tensor *states)
{
    const bool good = rn_test_draw(w, 2) == 0;

    decoder->step = rn_test_draw(w, 8) ? a_step : NULL;
    decoder->user = w;
    for (int i = 0; i < RN_TEST_LIST; i++) states[i] = good ? w->tensor[0] : a_tensor(w);
    return DRAW(w, int, 1, 2, RN_TEST_LIST, 0, -1, INT32_MAX);
}

/* Whether a call may find a graph among these. */
static bool any_of(const rn_tensor *x, int count)
{
    bool any = false;

    for (int i = 0; i < count && count <= RN_TEST_LIST; i++) any = any || !rn_is_null(x[i]);
    return any;
}

static void decode(rn_test_world *w)
{
    rn_decoder decoder;
    rn_tensor states[RN_TEST_LIST];
    const int count = a_decoder(w, &decoder, states);
    rn_decode_options o = {.steps = number(w), .end = axis(w)};

    if (rn_test_draw(w, 2)) o.begin = axis(w);
    if (rn_test_draw(w, 4) == 0) o.first = a_tensor(w);
    o.endless = rn_test_draw(w, 4) == 0;
    if (rn_test_draw(w, 4) == 0) o.min_length = number(w);
    o.sample = rn_test_draw(w, 2) == 0;
    if (rn_test_draw(w, 2)) o.filter = a_filter(w);
    if (rn_test_draw(w, 2)) o.beam = DRAW(w, int, 1, 2, 3, -1, INT32_MAX);
    if (rn_test_draw(w, 4) == 0) o.length_penalty = real(w);
    if (rn_test_draw(w, 4) == 0) o.length_power = real(w);
    o.stop_early = rn_test_draw(w, 4) == 0;
    rn_scope s = scope(w);
    s.inference = rn_test_draw(w, 4) != 0;
    if (!s.graph) w->given = !rn_is_null(o.first) || any_of(states, count);
    const rn_decoding d =
        rn_decode(s, name(w), rn_test_draw(w, 8) ? &decoder : NULL, states, count, o);
    built(w, d.tokens);
    built(w, d.score);
}

static void teacher_force(rn_test_world *w)
{
    rn_decoder decoder;
    rn_tensor states[RN_TEST_LIST];
    const int count = a_decoder(w, &decoder, states);
    rn_teacher_options o = {.begin = axis(w), .draw = rn_test_draw(w, 2)};

    if (rn_test_draw(w, 4) == 0) o.first = a_tensor(w);
    if (rn_test_draw(w, 4) == 0) o.lengths = a_tensor(w);
    if (rn_test_draw(w, 2) == 0) o.own = a_tensor(w);
    built(w, rn_teacher_force(scope(w), name(w), rn_test_draw(w, 8) ? &decoder : NULL,
                              a_tensor(w), states, count, o));
}

static void model_set(rn_test_world *w)
{
    const float data[6] = {0};
    rn_model *model = a_model(w);

    status_is(rn_model_set(model, name(w), rn_test_draw(w, 2) ? data : NULL,
                           DRAW(w, size_t, 0, 24, 24, SIZE_MAX)),
              rn_model_error(model), model);
}

static void model_get(rn_test_world *w)
{
    float data[6];
    rn_model *model = a_model(w);

    status_is(rn_model_get(model, name(w), rn_test_draw(w, 2) ? data : NULL,
                           DRAW(w, size_t, 0, 24, 24, SIZE_MAX)),
              rn_model_error(model), model);
}

static void on_model(rn_test_world *w, rn_status (*function)(rn_model *, const char *))
{
    rn_model *model = a_model(w);
    const rn_status status = function(model, path(w));

    cr_assert_neq(status, RN_OK);
    status_is(status, rn_model_error(model), model);
}

/* ---- programs ---- */

static void compile(rn_test_world *w)
{
    rn_compile_options o = {.outputs = tensors(w)};
    rn_graph *graph = a_graph(w);

    o.output_count = count_of(w, o.outputs);
    o.convert = rn_test_draw(w, 2) == 0;
    o.real = a_type(w);
    o.watch = (rn_watch)axis(w);
    o.omit_assignments = rn_test_draw(w, 2) == 0;
    o.threads = axis(w);
    if (rn_test_draw(w, 2)) o.minimize = a_tensor(w);
    if (rn_test_draw(w, 2)) o.with = an_optimizer(w);
    w->given = graph;
    rn_program *p = rn_compile(graph, o);
    result(w, p != NULL);
    if (p && small_enough(graph)) rn_run(p);
    rn_program_free(p);
}

static void on_program(rn_test_world *w, rn_program *program,
                       rn_status (*function)(rn_program *))
{
    (void)w;
    status_is(function(program), rn_program_error(program), program);
}

static void feed(rn_test_world *w)
{
    const float data[6] = {0};
    rn_program *p = a_program(w);
    const rn_tensor x = rn_test_draw(w, 2) ? w->tensor[12] : a_tensor(w);

    status_is(rn_feed(p, x, rn_test_draw(w, 2) ? data : NULL,
                      DRAW(w, size_t, 0, 24, 24, SIZE_MAX)),
              rn_program_error(p), p);
}

/* Arrays of each type, all zeros. */
#define A_COUNT(w) DRAW(w, int64_t, 0, 6, 6, -1, INT64_MIN, INT64_MAX)

#define TYPED(function, type)                                                              \
    do {                                                                                   \
        type data[6] = {0};                                                                \
        rn_program *p = a_program(w);                                                      \
        const rn_tensor x = rn_test_draw(w, 2) ? w->tensor[12] : a_tensor(w);              \
        status_is(function(p, x, rn_test_draw(w, 2) ? data : NULL, A_COUNT(w)),            \
                  rn_program_error(p), p);                                                 \
    } while (0)

static void read_output(rn_test_world *w)
{
    float data[6];
    rn_program *p = a_program(w);

    status_is(rn_read(p, a_tensor(w), rn_test_draw(w, 2) ? data : NULL,
                      DRAW(w, size_t, 0, 24, 24, SIZE_MAX)),
              rn_program_error(p), p);
}

static void program_print(rn_test_world *w)
{
    char text[16];

    rn_program_print(a_program(w), text, DRAW(w, size_t, 0, 1, sizeof text));
    rn_program_print(a_program(w), NULL, DRAW(w, size_t, 0, 1, SIZE_MAX));
}

static void program_nonfinite(rn_test_world *w)
{
    rn_nonfinite found;

    rn_program_nonfinite(a_program(w), axis(w), rn_test_draw(w, 2) ? &found : NULL);
}

static void profile_at(rn_test_world *w)
{
    rn_profile step;

    rn_profile_at(a_program(w), axis(w), rn_test_draw(w, 2) ? &step : NULL);
}

static void profile_text(rn_test_world *w)
{
    char text[16];

    rn_profile_text(a_program(w), text, DRAW(w, size_t, 0, 1, sizeof text));
    rn_profile_text(a_program(w), NULL, DRAW(w, size_t, 0, 1, SIZE_MAX));
}

static void profile_trace(rn_test_world *w)
{
    rn_program *p = a_program(w);

    status_is(rn_profile_trace(p, rn_test_draw(w, 2) ? "/no/such/place" : NULL),
              rn_program_error(p), p);
}

/* ---- training ---- */

static void optimize(rn_test_world *w, rn_optimizer optimizer)
{
    const rn_tensor good = rn_sum_all(rn_mul(w->tensor[9], w->tensor[0]));
    const rn_tensor loss = rn_test_draw(w, 2) ? good : a_tensor(w);
    rn_program *p =
        rn_compile(w->g, (rn_compile_options){.minimize = loss, .with = optimizer});

    w->given = true;
    result(w, p != NULL);
    if (p) rn_run(p);
    rn_program_free(p);
}

static void set_learning_rate(rn_test_world *w)
{
    rn_model *model = a_model(w);

    status_is(rn_set_learning_rate(model, real(w)), rn_model_error(model), model);
}

static void progress(rn_test_world *w)
{
    FILE *file = rn_test_draw(w, 2) ? tmpfile() : NULL;
    rn_progress *p = rn_progress_new(file, name(w), number(w));
    const char *const format = rn_test_draw(w, 2) ? "%s" : NULL;

    rn_progress_limit(p, real(w));
    for (int i = 0; i < 9; i++) rn_progress_show(p, number(w), format, "text");
    rn_progress_end(p);
    cr_assert(rn_progress_seconds(p) >= 0);
    rn_progress_free(p);
    if (file) fclose(file);
}

static void plot_svg(rn_test_world *w)
{
    double x[3], y[3];
    rn_curve curves[2];

    for (int i = 0; i < 3; i++) x[i] = real(w), y[i] = real(w);
    for (int i = 0; i < 2; i++) {
        curves[i] = (rn_curve){name(w), rn_test_draw(w, 4) ? x : NULL, y, 3};
        if (rn_test_draw(w, 4) == 0) curves[i].points = DRAW(w, int64_t, 0, -1, INT64_MIN);
    }
    rn_plot_svg(rn_test_draw(w, 2) ? "/dev/null" : path(w), name(w), name(w), name(w),
                rn_test_draw(w, 4) ? curves : NULL, DRAW(w, int, 2, 2, 0, -1, INT32_MIN));
}

static void file_write(rn_test_world *w)
{
    char message[8];
    const bool room = rn_test_draw(w, 2);

    rn_file_write(path(w), rn_test_draw(w, 2) ? "data" : NULL, 4, room ? message : NULL,
                  room ? sizeof message : rn_test_draw(w, 2));
}

/* ---- flow.h ---- */

static rn_flow *a_flow(rn_test_world *w)
{
    const rn_tensor *states = tensors(w);
    rn_flow_options o = {.states = states,
                         .state_count = count_of(w, states),
                         .low = real(w),
                         .high = real(w),
                         .mask = a_tensor(w)};

    for (int i = 0; i < RN_FLOW_GATES && rn_test_draw(w, 2); i++) o.gates[i] = name(w);
    return rn_flow_new(scope(w), a_tensor(w), o);
}

static void flow_new(rn_test_world *w)
{
    rn_flow *flow = a_flow(w);

    result(w, flow != NULL);
    rn_flow_free(flow);
}

static void flow_read(rn_test_world *w)
{
    rn_flow *flow = a_flow(w);

    rn_flow_read(flow, a_program(w));
    rn_flow_free(flow);
}

static void flow_write(rn_test_world *w)
{
    rn_flow *flow = a_flow(w);
    char message[8];
    const bool room = rn_test_draw(w, 2);

    rn_flow_write(flow, path(w), room ? message : NULL, room ? sizeof message : 0);
    rn_flow_free(flow);
}

static void file_check(rn_test_world *w)
{
    char message[8];
    const bool room = rn_test_draw(w, 2);

    rn_file_check(path(w), room ? message : NULL, room ? sizeof message : 0);
}

#endif

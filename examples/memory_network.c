/* SPDX-License-Identifier: MIT */
/*
 * The network of the memory tasks:
 *
 *   h = cell(x)          [T, B, I] -> [T, B, H]
 *   y = W h + b          of each step, or of the last one if the answer is a number
 */
#include "memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The minimal gated unit: Zhou et al. 2016, arXiv:1603.09420; see custom_cell.c. */
static rn_tensor mgu(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0];
    rn_tensor f = rn_sigmoid(rn_gate(s, "f", x, h));
    rn_tensor g = rn_tanh(rn_gate(s, "g", x, rn_mul(f, h)));

    return state[0] = rn_add(rn_mul(rn_one_minus(f), h), rn_mul(f, g));
}

static const rn_cell mgu_cell = {.name = "mgu", .states = 1, .step = mgu};

static int gates_of(const char *cell)
{
    return !strcmp(cell, "lstm")  ? 4
           : !strcmp(cell, "gru") ? 3
           : !strcmp(cell, "mgu") ? 2
                                  : 1;
}

void network_size(settings *s)
{
    const int64_t gates = gates_of(s->cell), in = s->task->inputs, out = s->task->classes;

    if (s->weights == 0) return;
    s->units = 0;
    for (int64_t n = 1; gates * n * (in + n + 1) + out * (n + 1) <= s->weights; n++)
        s->units = n;
}

static rn_sequence recurrent(rn_scope scope, const settings *s, rn_tensor x,
                             rn_tensor length)
{
    const rn_lstm_options biased = {.forget_bias = s->forget,
                                    .no_forget_bias = s->forget == 0};
    const rn_cell lstm = rn_lstm_cell(&biased);
    const rn_cell *cell = &lstm;

    if (!strcmp(s->cell, "gru")) cell = &rn_cell_gru;
    if (!strcmp(s->cell, "rnn")) cell = &rn_cell_rnn;
    if (!strcmp(s->cell, "mgu")) cell = &mgu_cell;
    return rn_recurrent(scope, "rnn", cell, x,
                        (rn_recurrent_options){.units = s->units, .lengths = length});
}

/* ---- chrono initialisation ---- */

static bool set_bias(rn_model *model, const char *name, const settings *s, double sign,
                     dice d)
{
    const size_t bytes = (size_t)s->units * sizeof(float);
    float *b = (float *)malloc(bytes);

    if (!b) return complain("out of memory");
    for (int64_t i = 0; i < s->units; i++)
        b[i] = (float)(sign * log(1 + (s->chrono - 2) * draw_real(&d)));
    const bool ok = rn_model_set(model, name, b, bytes) == RN_OK;
    free(b);
    return ok || complain("%s", rn_model_error(model));
}

bool network_chrono(rn_model *model, const settings *s)
{
    const dice d = dice_new(s->seed + 2); /* the same for both gates */

    if (s->chrono == 0 || !strcmp(s->cell, "rnn")) return true;
    if (!strcmp(s->cell, "gru")) return set_bias(model, "rnn/layer0/z/b", s, -1, d);
    if (!strcmp(s->cell, "mgu")) return set_bias(model, "rnn/layer0/f/b", s, -1, d);
    return set_bias(model, "rnn/layer0/f/b", s, 1, d) &&
           set_bias(model, "rnn/layer0/i/b", s, -1, d);
}

/* ---- graphs ---- */

static bool batch_new(batch *b, int64_t steps, int64_t size, int64_t inputs)
{
    const size_t count = (size_t)(steps * size);

    *b = (batch){.steps = steps, .size = size, .inputs = inputs};
    b->x = (float *)calloc(count * (size_t)inputs, sizeof *b->x);
    b->length = (int32_t *)calloc((size_t)size, sizeof *b->length);
    b->number = (float *)calloc((size_t)size, sizeof *b->number);
    b->target = (int32_t *)calloc(count, sizeof *b->target);
    b->right = (uint32_t *)calloc(count, sizeof *b->right);
    return (b->x && b->length && b->number && b->target && b->right) ||
           complain("out of memory");
}

/* The rate falls along half a cosine to a fiftieth, over the last half of the updates. */
static rn_optimizer optimizer(const settings *s)
{
    rn_optimizer adam = rn_clipped(rn_adam(s->rate), s->clip);

    adam.schedule = (rn_schedule){.kind = RN_SCHEDULE_COSINE,
                                  .warm_up = (s->updates - 1) / 2,
                                  .warm_up_factor = 1,
                                  .steps = (s->updates + 1) / 2,
                                  .eta_min = 0.02 * s->rate};
    return adam;
}

bool runner_new(runner *r, rn_model *model, const settings *s, bool training)
{
    const int64_t T = training ? s->steps : s->test_steps,
                  B = training ? s->batch : s->tests;
    const int64_t I = s->task->inputs, C = s->task->classes;

    *r = (runner){.graph = rn_graph_new()};
    if (!batch_new(&r->data, T, B, I)) return false;
    r->data.held_out = !training;
    rn_scope scope =
        training ? rn_root(r->graph, model) : rn_root_inference(r->graph, model);
    r->x = rn_input(r->graph, "x", RN_F32, rn_shape(T, B, I));
    r->length = rn_input(r->graph, "length", RN_I32, rn_shape(B));
    rn_sequence h = recurrent(scope, s, r->x, r->length);
    if (C == 1) {
        r->answer = rn_input(r->graph, "number", RN_F32, rn_shape(B, 1));
        r->out = rn_linear(scope, "out", h.last, 1);
        r->loss = rn_mean_squared_error(r->out, r->answer);
    } else {
        r->answer = rn_input(r->graph, "target", RN_I32, rn_shape(T, B));
        r->out = rn_linear(scope, "out", h.outputs, C);
        r->loss = rn_cross_entropy_ignoring(r->out, r->answer, IGNORED);
    }
    rn_compile_options o = {RN_OUTPUTS(r->out, r->loss)};
    if (training) o = (rn_compile_options){.minimize = r->loss, .with = optimizer(s)};
    r->program = rn_compile(r->graph, o);
    return r->program || complain("%s", rn_graph_error(r->graph));
}

void runner_free(runner *r)
{
    rn_program_free(r->program);
    rn_graph_free(r->graph);
    free(r->data.x);
    free(r->data.length);
    free(r->data.number);
    free(r->data.target);
    free(r->data.right);
}

bool runner_run(runner *r, const settings *s, dice *d, int64_t shortest, int64_t longest)
{
    batch *b = &r->data;
    const int64_t T = b->steps, B = b->size, I = b->inputs;

    memset(b->x, 0, (size_t)(T * B * I) * sizeof *b->x);
    memset(b->number, 0, (size_t)B * sizeof *b->number);
    memset(b->right, 0, (size_t)(T * B) * sizeof *b->right);
    for (int64_t i = 0; i < T * B; i++) b->target[i] = IGNORED;
    for (int64_t i = 0; i < B; i++)
        s->task->make(b, i, shortest + draw(d, longest - shortest + 1), d);

    bool ok = rn_feed_f32(r->program, r->x, b->x, T * B * I) == RN_OK &&
              rn_feed_i32(r->program, r->length, b->length, B) == RN_OK;
    if (s->task->classes == 1)
        ok = ok && rn_feed_f32(r->program, r->answer, b->number, B) == RN_OK;
    else
        ok = ok && rn_feed_i32(r->program, r->answer, b->target, T * B) == RN_OK;
    ok = ok && rn_run(r->program) == RN_OK;
    return ok || complain("%s", rn_program_error(r->program));
}

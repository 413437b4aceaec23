/* SPDX-License-Identifier: MIT */
/*
 * draw -- one to many: a digit becomes an image, row by row.
 *
 *   x = [row before; embed[digit]]    [8, B, 8 + 16]
 *   h = LSTM(x)                       [8, B, H]
 *   softmax(W h + b)                  [8, B, 8, 17], the levels of each pixel of a row
 *
 * In training the row before is the true one; for a new image it is the one just drawn. A
 * fifth of the images is held out.
 */
#include "example.h"

#include <math.h>

enum { ACROSS = 8, IMAGES = CLASSES * ACROSS, SIDE = 46, EMBED = 16 };

/* ---- the network ---- */

/* What a step reads: the row before and the digit. */
static rn_tensor join(rn_tensor pixels, rn_tensor digit)
{
    rn_tensor in[2] = {rn_scale(rn_cast(pixels, RN_F32), 1.0 / (LEVELS - 1)), digit};

    return rn_concat(in, 2, -1);
}

/* Nats a pixel. */
static rn_tensor loss(rn_fit_graph *g)
{
    const settings *s = (const settings *)g->user;
    rn_tensor x = rn_fit_input(g, "x");
    rn_tensor digit =
        rn_embedding(g->scope, "embed", rn_fit_input(g, "label"), CLASSES, EMBED);
    rn_tensor in = join(rn_pad(rn_slice(x, 0, 0, -1, 1), 0, 1, 0, 0),
                        rn_broadcast(digit, rn_shape(ROWS, g->sequences, EMBED)));
    rn_sequence h = rn_lstm(g->scope, "rnn", in, (rn_recurrent_options){.units = s->units});
    rn_tensor out =
        rn_linear(g->scope, "pixel", rn_dropout(g->scope, "dropout", h.outputs, 0.3),
                  COLUMNS * LEVELS);

    return rn_cross_entropy_with(
        rn_reshape(out, rn_shape(ROWS, g->sequences, COLUMNS, LEVELS)), x,
        (rn_loss_options){.weights = rn_expand(g->weights, -1)});
}

/* New images of the digits [B], [8, B, 8]: the same network in a loop that feeds each row
 * back. */
static rn_tensor imagine(rn_scope s, rn_tensor labels, int units)
{
    const int64_t batch = rn_size(labels, 0);
    rn_tensor digit = rn_embedding(s, "embed", labels, CLASSES, EMBED);
    rn_tensor none = rn_fill(s.graph, RN_F32, rn_shape(batch, units), 0);
    rn_loop *loop = rn_loop_begin(s.graph);

    rn_loop_steps(loop, ROWS);
    rn_tensor before =
        rn_loop_carry(loop, rn_fill(s.graph, RN_I32, rn_shape(batch, COLUMNS), 0));
    rn_tensor first[2] = {rn_loop_carry(loop, none), rn_loop_carry(loop, none)};
    rn_tensor state[2] = {first[0], first[1]};
    rn_tensor h = rn_recurrent_step(s, "rnn", &rn_cell_lstm, join(before, digit), state,
                                    (rn_recurrent_options){.units = units});
    rn_tensor logits = rn_reshape(rn_linear(s, "pixel", h, COLUMNS * LEVELS),
                                  rn_shape(batch, COLUMNS, LEVELS));
    rn_tensor row =
        rn_categorical(rn_random_ticks(s, logits), rn_random_key_next(s, "pixel"), logits);
    rn_loop_next(loop, before, row);
    for (int i = 0; i < 2; i++) rn_loop_next(loop, first[i], state[i]);
    rn_loop_end(loop);
    return rn_loop_collect(loop, row);
}

/* ---- what it is measured by ---- */

/* Nats a pixel if each pixel of a class is independent, with the counts of the training
 * images plus a tenth. */
static double independent(const digits *d)
{
    static double count[CLASSES][PIXELS][LEVELS];
    double sum = 0, total[CLASSES] = {0};

    for (int64_t i = 0; i < d->train; i++) {
        total[d->label[i]]++;
        for (int k = 0; k < PIXELS; k++) count[d->label[i]][k][d->pixel[i * PIXELS + k]]++;
    }
    for (int64_t i = d->train; i < d->count; i++)
        for (int k = 0; k < PIXELS; k++)
            sum -= log((count[d->label[i]][k][d->pixel[i * PIXELS + k]] + 0.1) /
                       (total[d->label[i]] + 0.1 * LEVELS));
    return sum / (double)d->held.count / PIXELS;
}

static bool measure(const settings *s, rn_model *model, const digits *d)
{
    const rn_source learned = rn_source_arrays(&d->learn),
                    held = rn_source_arrays(&d->held);
    rn_trainer *t = learn(s, model, loss, (void *)(uintptr_t)s, &learned);
    double nats;
    const bool ok = t && evaluate(t, s, &held, &nats);

    if (ok)
        printf("held out, nats a pixel:\n  independent pixels   %.3f\n"
               "  draw                 %.3f\n",
               independent(d), nats);
    rn_trainer_free(t);
    return ok;
}

/* ---- the picture ---- */

/* A row for each digit: ACROSS drawn ones, and a true one. */
static bool draw(const settings *s, rn_model *model, const digits *d)
{
    int32_t label[IMAGES], pixel[IMAGES * PIXELS];
    rn_graph *g = rn_graph_new();
    picture p;

    for (int i = 0; i < IMAGES; i++) label[i] = i / ACROSS;
    rn_tensor digit = rn_constant(g, RN_I32, rn_shape(IMAGES), label);
    rn_tensor rows = imagine(rn_root_inference(g, model), digit, s->units);
    rn_tensor images = rn_permute(rows, (int[]){1, 0, 2});
    rn_program *use = rn_compile(g, (rn_compile_options){RN_OUTPUTS(images)});
    bool ok = use || complain("%s", rn_graph_error(g));
    if (ok)
        ok = (rn_run(use) == RN_OK &&
              rn_read_i32(use, images, pixel, IMAGES * PIXELS) == RN_OK) ||
             complain("%s", rn_program_error(use));
    rn_program_free(use);
    rn_graph_free(g);
    if (!ok) return false;

    picture_begin(&p, (ACROSS + 1) * SIDE + 70, CLASSES * SIDE + 60);
    picture_text(&p, 20 + ACROSS * SIDE / 2, 28, 15, "middle", "#222", "drawn");
    picture_text(&p, 40 + (ACROSS + 0.5) * SIDE, 28, 15, "middle", "#222", "held out");
    for (int i = 0; i < IMAGES; i++)
        picture_digit(&p, 20 + i % ACROSS * SIDE, 44 + i / ACROSS * SIDE, 5,
                      pixel + i * PIXELS);
    for (int k = 0; k < CLASSES; k++) {
        int64_t i = d->train;
        while (i + 1 < d->count && d->label[i] != k) i++;
        picture_digit(&p, 40 + ACROSS * SIDE, 44 + k * SIDE, 5, &d->pixel[i * PIXELS]);
    }
    return picture_end(&p, s);
}

int main(int argc, char **argv)
{
    settings s = {.data = DIGITS,
                  .out = "draw",
                  .units = 192,
                  .batch = 32,
                  .updates = 3000,
                  .seed = 1,
                  .rate = 3e-3};
    digits d;
    int status;

    if (!settings_read(&s, "draw", "Learns to draw handwritten digits, row by row.", argc,
                       argv, &status))
        return status;
    rn_model *model = rn_model_new((uint64_t)s.seed);
    const bool ok = digits_read(&d, s.data, 0.2, (uint64_t)s.seed) &&
                    measure(&s, model, &d) && draw(&s, model, &d);
    rn_model_free(model);
    digits_free(&d);
    return finish(ok);
}

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
#include <stdlib.h>

enum { ACROSS = 8, EMBED = 16 };

/* ---- the network ---- */

/* h [.., B, H] -> logits [.., B, 8, 17] */
static rn_tensor pixels_of(rn_scope s, rn_tensor h)
{
    rn_shape shape = rn_shape_get(h);

    if (rn_is_null(h)) return h;
    shape.size[shape.rank - 1] = COLUMNS;
    shape.size[shape.rank++] = LEVELS;
    return rn_reshape(rn_linear(s, "pixel", h, COLUMNS * LEVELS), shape);
}

static rn_tensor levels(rn_tensor pixels)
{
    return rn_scale(rn_cast(pixels, RN_F32), 1.0 / (LEVELS - 1));
}

/* -log p of each image, [B]; x are its levels [8, B, 8]. */
static rn_tensor surprise(rn_scope s, const job *j, int units)
{
    rn_tensor digit = rn_embedding(s, "embed", j->y, CLASSES, EMBED);
    rn_tensor before = rn_pad(rn_slice(levels(j->x), 0, 0, -1, 1), 0, 1, 0, 0);
    const int64_t batch = rn_size(j->y, 0);
    rn_tensor in[2] = {before, rn_broadcast(digit, rn_shape(ROWS, batch, EMBED))};
    rn_sequence h =
        rn_lstm(s, "rnn", rn_concat(in, 2, -1), (rn_recurrent_options){.units = units});
    rn_tensor logits = pixels_of(s, rn_dropout(s, "dropout", h.outputs, 0.3));
    rn_tensor log = rn_gather(rn_log_softmax(logits, -1), rn_expand(j->x, -1), -1);

    return rn_neg(rn_sum(log, (int[]){0, 2, 3}, 3, false));
}

/* New images [8, B, 8]: the same network in a loop that feeds each row back. */
static rn_tensor imagine(rn_scope s, const job *j, int units)
{
    rn_tensor digit = rn_embedding(s, "embed", j->y, CLASSES, EMBED);
    const int64_t batch = rn_size(j->y, 0);
    rn_loop *loop = rn_loop_begin(s.graph);
    rn_tensor state[2], first[2];

    rn_loop_steps(loop, ROWS);
    rn_tensor last =
        rn_loop_carry(loop, rn_fill(s.graph, RN_I32, rn_shape(batch, COLUMNS), 0));
    for (int i = 0; i < 2; i++)
        state[i] = first[i] =
            rn_loop_carry(loop, rn_fill(s.graph, RN_F32, rn_shape(batch, units), 0));
    rn_tensor in[2] = {levels(last), digit};
    rn_tensor h = rn_recurrent_step(s, "rnn", &rn_cell_lstm, rn_concat(in, 2, -1), state,
                                    (rn_recurrent_options){.units = units});
    rn_tensor logits = pixels_of(s, h);
    rn_tensor next =
        rn_categorical(rn_random_ticks(s, logits), rn_random_key_next(s, "pixel"), logits);
    rn_loop_next(loop, last, next);
    for (int i = 0; i < 2; i++) rn_loop_next(loop, first[i], state[i]);
    rn_loop_end(loop);
    return rn_loop_collect(loop, next);
}

static bool build(network *n, const settings *s)
{
    if (!network_begin(n, s)) return false;
    job *jobs[] = {&n->learn, &n->use};

    for (int i = 0; i < 2; i++) {
        job *j = jobs[i];
        rn_scope scope =
            i == 0 ? rn_root(j->graph, n->model) : rn_root_inference(j->graph, n->model);
        j->x = rn_input(j->graph, "x", RN_I32, rn_shape(ROWS, s->batch, COLUMNS));
        j->y = rn_input(j->graph, "y", RN_I32, rn_shape(s->batch));
        j->out = surprise(scope, j, s->units);
        if (i == 1) j->more = imagine(rn_share(scope), j, s->units);
    }
    n->learn.out = rn_scale(rn_mean_all(n->learn.out), 1.0 / PIXELS);
    return network_compile(n, s);
}

/* ---- training and testing ---- */

static void place(job *j, int batch, int b, const int32_t *pixel, int label)
{
    for (int i = 0; i < PIXELS; i++)
        ((int32_t *)j->x_data)[(i / COLUMNS * batch + b) * COLUMNS + i % COLUMNS] =
            pixel[i];
    ((int32_t *)j->y_data)[b] = label;
}

static void fill(job *learn, const settings *s, const void *data)
{
    const digits *d = (const digits *)data;

    for (int b = 0; b < s->batch; b++) {
        const int i = random_below((int)d->train);
        place(learn, s->batch, b, &d->pixel[i * PIXELS], d->label[i]);
    }
}

/* Nats a pixel of the held-out images. */
static bool measure(job *use, const settings *s, const digits *d, double *nats)
{
    double sum = 0;

    for (int64_t i = d->train; i < d->count; i += s->batch) {
        const int some = d->count - i < s->batch ? (int)(d->count - i) : s->batch;
        for (int b = 0; b < some; b++)
            place(use, s->batch, b, &d->pixel[(i + b) * PIXELS], d->label[i + b]);
        if (!job_run(use)) return false;
        for (int b = 0; b < some; b++) sum += ((const float *)use->out_data)[b];
    }
    *nats = sum / (double)d->held.count / PIXELS;
    return true;
}

/* The same if each pixel of a class is independent, with the counts of the training
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

/* A row for each digit: ACROSS drawn ones, and a true one. */
static bool show(job *use, const settings *s, const digits *d)
{
    const int count = CLASSES * ACROSS;
    const double side = 46;
    picture p;
    bool ok = true;

    picture_begin(&p, (ACROSS + 1) * (int)side + 70, CLASSES * (int)side + 60);
    picture_text(&p, 20 + ACROSS * side / 2, 28, 15, "middle", "#222", "drawn");
    picture_text(&p, 40 + (ACROSS + 0.5) * side, 28, 15, "middle", "#222", "held out");
    for (int from = 0; from < count && ok; from += s->batch) {
        for (int b = 0; b < s->batch; b++)
            ((int32_t *)use->y_data)[b] = (from + b) / ACROSS % CLASSES;
        ok = job_run(use);
        for (int b = 0; b < s->batch && from + b < count && ok; b++) {
            int32_t pixel[PIXELS];
            for (int i = 0; i < PIXELS; i++)
                pixel[i] =
                    ((const int32_t *)use
                         ->more_data)[(i / COLUMNS * s->batch + b) * COLUMNS + i % COLUMNS];
            picture_digit(&p, 20 + (from + b) % ACROSS * side,
                          44 + (from + b) / ACROSS * side, 5, pixel);
        }
    }
    for (int k = 0; k < CLASSES; k++)
        for (int64_t i = d->train; i < d->count; i++)
            if (d->label[i] == k) {
                picture_digit(&p, 40 + ACROSS * side, 44 + k * side, 5,
                              &d->pixel[i * PIXELS]);
                break;
            }
    return picture_end(&p, s) && ok;
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
    network n = {.model = NULL};
    digits d;
    double nats;
    int status;

    if (!settings_read(&s, "draw", "Learns to draw handwritten digits, row by row.", argc,
                       argv, &status))
        return status;
    bool ok = digits_read(&d, s.data, 0.2, (uint64_t)s.seed) && build(&n, &s) &&
              network_learn(&n, &s, fill, &d) && measure(&n.use, &s, &d, &nats);
    if (ok)
        printf("held out, nats a pixel:\n  independent pixels   %.3f\n"
               "  draw                 %.3f\n",
               independent(&d), nats);
    ok = ok && show(&n.use, &s, &d);
    network_free(&n);
    digits_free(&d);
    return finish(ok);
}

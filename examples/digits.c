/* SPDX-License-Identifier: MIT */
/*
 * digits -- many to one: an image is read row by row, and then named.
 *
 *   x [8, B, 8]        the rows of handwritten digits
 *   h = LSTM(x)        in both directions, the last outputs [B, 2 H]
 *   softmax(W h + b)   [B, 10]
 *
 * In training an image is moved by up to a pixel, so that no image is seen twice in the
 * same place often. A fifth of the images is held out.
 */
#include "example.h"

#include <stdlib.h>

static rn_tensor classify(rn_scope s, rn_tensor x, int units)
{
    rn_sequence h =
        rn_lstm(s, "rnn", x, (rn_recurrent_options){.units = units, .bidirectional = true});

    return rn_linear(s, "out", rn_dropout(s, "dropout", h.last, 0.3), CLASSES);
}

static bool build(network *n, const settings *s)
{
    if (!network_begin(n, s)) return false;
    job *jobs[] = {&n->learn, &n->use};

    for (int i = 0; i < 2; i++) {
        job *j = jobs[i];
        rn_scope scope =
            i == 0 ? rn_root(j->graph, n->model) : rn_root_inference(j->graph, n->model);
        j->x = rn_input(j->graph, "x", RN_F32, rn_shape(ROWS, s->batch, COLUMNS));
        j->out = classify(scope, j->x, s->units);
    }
    n->learn.y = rn_input(n->learn.graph, "y", RN_I32, rn_shape(s->batch));
    n->learn.out = rn_cross_entropy(n->learn.out, n->learn.y);
    n->use.out = rn_argmax(n->use.out, -1, false);
    return network_compile(n, s);
}

/* Column b of x: an image moved by dx and dy. */
static void place(float *x, int batch, int b, const unsigned char *pixel, int dx, int dy)
{
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLUMNS; c++) {
            const int from_r = r - dy, from_c = c - dx;
            const bool inside =
                from_r >= 0 && from_r < ROWS && from_c >= 0 && from_c < COLUMNS;
            x[(r * batch + b) * COLUMNS + c] =
                inside ? (float)pixel[from_r * COLUMNS + from_c] / 16 : 0;
        }
}

static void fill(job *learn, const settings *s, const void *data)
{
    const digits *d = (const digits *)data;
    int32_t *y = (int32_t *)learn->y_data;

    for (int b = 0; b < s->batch; b++) {
        const int i = random_below(d->train);
        place((float *)learn->x_data, s->batch, b, d->pixel[i], random_below(3) - 1,
              random_below(3) - 1);
        y[b] = d->label[i];
    }
}

/* Names the held-out images. */
static bool predict(job *use, const settings *s, const digits *d, int *named)
{
    const int32_t *out = (const int32_t *)use->out_data;

    for (int i = d->train; i < d->count; i += s->batch) {
        const int some = d->count - i < s->batch ? d->count - i : s->batch;
        for (int b = 0; b < some; b++)
            place((float *)use->x_data, s->batch, b, d->pixel[i + b], 0, 0);
        if (!job_run(use)) return false;
        for (int b = 0; b < some; b++) named[i - d->train + b] = out[b];
    }
    return true;
}

enum { ACROSS = 16, MOST = 80, SIDE = 40 };

/* The wrong ones first, then others. */
static bool draw(const settings *s, const digits *d, const int *named, int wrong)
{
    const int held = d->count - d->train, shown = held < MOST ? held : MOST;
    picture p;
    int at = 0;

    picture_begin(&p, ACROSS * SIDE + 20, (shown + ACROSS - 1) / ACROSS * (SIDE + 20) + 50);
    picture_text(
        &p, 10, 26, 15, "start", "#222",
        "%d held-out digits, %d named wrongly (red: as what, and in brackets what it is)",
        held, wrong);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < held && at < shown; i++) {
            const int meant = d->label[d->train + i];
            const double x = 10 + at % ACROSS * SIDE, y = 40.0 + at / ACROSS * (SIDE + 20);
            if ((named[i] == meant) != (pass == 1)) continue;
            if (pass == 0) picture_box(&p, x, y, SIDE - 2, SIDE + 16, "#f6c9cf");
            picture_digit(&p, x + 3, y + 3, 4, d->pixel[d->train + i]);
            if (pass == 0)
                picture_text(&p, x + 19, y + 50, 13, "middle", "#b00020", "%d (%d)",
                             named[i], meant);
            else
                picture_text(&p, x + 19, y + 50, 13, "middle", "#222", "%d", named[i]);
            at++;
        }
    return picture_end(&p, s);
}

static bool report(network *n, const settings *s, const digits *d)
{
    const int held = d->count - d->train;
    int *named = (int *)calloc((size_t)held, sizeof *named), wrong = 0;
    bool ok = named ? predict(&n->use, s, d, named) : complain("out of memory");

    for (int i = 0; i < held && ok; i++) wrong += named[i] != d->label[d->train + i];
    if (ok)
        printf("held out: %d of %d digits right, %.1f %%\n", held - wrong, held,
               100.0 * (held - wrong) / held);
    ok = ok && draw(s, d, named, wrong);
    free(named);
    return ok;
}

int main(int argc, char **argv)
{
    settings s = {.data = DIGITS,
                  .out = "digits",
                  .units = 64,
                  .batch = 32,
                  .updates = 8000,
                  .seed = 1,
                  .rate = 4e-3};
    network n = {.model = NULL};
    digits d;
    int status;

    if (!settings_read(&s, "digits",
                       "Learns to name handwritten digits, which it reads row by row.",
                       argc, argv, &status))
        return status;
    bool ok = digits_read(&d, &s) && build(&n, &s) && network_learn(&n, &s, fill, &d) &&
              report(&n, &s, &d);
    network_free(&n);
    digits_free(&d);
    return finish(ok);
}

/* SPDX-License-Identifier: MIT */
/*
 * digits -- many to one: an image is read row by row, and then named.
 *
 *   x [8, B, 8]        the rows of handwritten digits
 *   h = LSTM(x)        in both directions, the last outputs [B, 2 H]
 *   softmax(W h + b)   [B, 10]
 *
 * In training an image is moved by up to a pixel, so that it is there nine times. A fifth
 * of the images is held out.
 */
#include "example.h"

#include <stdlib.h>

enum { ACROSS = 16, MOST = 80, SIDE = 40 };

/* ---- the network ---- */

static rn_tensor network(rn_fit_graph *g)
{
    const int units = ((const settings *)g->user)->units;
    rn_tensor x = rn_scale(rn_cast(rn_fit_input(g, "x"), RN_F32), 1.0 / (LEVELS - 1));
    rn_sequence h = rn_lstm(g->scope, "rnn", x,
                            (rn_recurrent_options){.units = units, .bidirectional = true});
    rn_tensor scores =
        rn_linear(g->scope, "out", rn_dropout(g->scope, "dropout", h.last, 0.3), CLASSES);

    g->prediction = rn_argmax(scores, -1, false);
    return rn_cross_entropy_with(scores, rn_fit_input(g, "label"),
                                 (rn_loss_options){.weights = g->weights});
}

/* Trains, or loads the weights, and names the held-out images. */
static bool name(settings *s, digits *d, int32_t *named)
{
    const rn_source learned = digits_moved(d), held = rn_source_arrays(&d->held);
    rn_model *model = rn_model_new((uint64_t)s->seed);
    rn_trainer *t = learn(s, model, network, s, &learned);
    const bool ok = t && predict(t, s, &held, named, (size_t)held.count * sizeof *named);

    rn_trainer_free(t);
    rn_model_free(model);
    return ok;
}

/* ---- the held-out images: the wrong ones first, then others ---- */

static bool draw(const settings *s, const digits *d, const int32_t *named, int wrong)
{
    const int held = (int)d->held.count, shown = held < MOST ? held : MOST;
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
            picture_digit(&p, x + 3, y + 3, 4, d->pixel + (d->train + i) * PIXELS);
            if (pass == 0)
                picture_text(&p, x + 19, y + 50, 13, "middle", "#b00020", "%d (%d)",
                             named[i], meant);
            else
                picture_text(&p, x + 19, y + 50, 13, "middle", "#222", "%d", named[i]);
            at++;
        }
    return picture_end(&p, s);
}

static bool report(const settings *s, const digits *d, const int32_t *named)
{
    const int held = (int)d->held.count;
    int wrong = 0;

    for (int i = 0; i < held; i++) wrong += named[i] != d->label[d->train + i];
    printf("held out: %d of %d digits right, %.1f %%\n", held - wrong, held,
           100.0 * (held - wrong) / held);
    return draw(s, d, named, wrong);
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
    digits d;
    int status;

    if (!settings_read(&s, "digits",
                       "Learns to name handwritten digits, which it reads row by row.",
                       argc, argv, &status))
        return status;
    bool ok = digits_read(&d, s.data, 0.2, (uint64_t)s.seed);
    int32_t *named = (int32_t *)calloc((size_t)d.held.count + 1, sizeof *named);
    ok = ok && (named || complain("out of memory")) && name(&s, &d, named) &&
         report(&s, &d, named);
    free(named);
    digits_free(&d);
    return finish(ok);
}

/* SPDX-License-Identifier: MIT */
/*
 * Handwritten digits, one pixel a step: 64 steps for an image of 8 by 8, then its name. A
 * small relative of the sequential MNIST of arXiv:1504.00941. Every fifth image is held
 * out.
 */
#include "digits.h"
#include "memory.h"

#include <math.h>

#ifndef MEMORY_DIGITS
#define MEMORY_DIGITS "examples/data/digits.txt"
#endif

enum { HELD_OUT_OF = 5 };

static digits images; /* until the program ends */

static bool load(void)
{
    return digits_read(&images, MEMORY_DIGITS, 0, 0);
}

/* A random image of those to train on; or of those held out number `row`. */
static int64_t choose(const batch *b, int64_t row, dice *d)
{
    const int64_t count = images.count;

    if (b->held_out) return row * HELD_OUT_OF % count / HELD_OUT_OF * HELD_OUT_OF;
    for (;;) {
        const int64_t i = draw(d, count);
        if (i % HELD_OUT_OF != 0) return i;
    }
}

static void make(batch *b, int64_t row, int64_t length, dice *d)
{
    const int64_t image = choose(b, row, d);
    const int64_t steps = length < PIXELS ? length : PIXELS;
    const int32_t label = images.label[image];

    b->length[row] = (int32_t)steps;
    for (int64_t t = 0; t < steps; t++)
        batch_put(b, t, row, 0, images.pixel[image * PIXELS + t] / 16.0);
    batch_ask(b, steps - 1, row, label, 1u << label);
}

static double guess(int64_t steps)
{
    (void)steps;
    return log(CLASSES);
}

static void defaults(settings *s)
{
    s->steps = PIXELS;
    s->chrono = -1;
    s->updates = 3000;
    s->tests = 360;
}

const task task_digits = {.name = "digits",
                          .about = "handwritten digits, pixel by pixel",
                          .inputs = 1,
                          .classes = CLASSES,
                          .least = 1,
                          .guess = guess,
                          .defaults = defaults,
                          .load = load,
                          .make = make};

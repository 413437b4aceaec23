/* SPDX-License-Identifier: MIT */
/*
 * Handwritten digits, one pixel a step: 64 steps for an image of 8 by 8, then its name. A
 * small relative of the sequential MNIST of arXiv:1504.00941. Every fifth image is held
 * out.
 *
 * The file has a line for each image: its name, a space, and 64 letters for its pixels, 0
 * to 9 and a to g for 0 to 16. data/README.md says where it is from.
 */
#include "memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#ifndef MEMORY_DIGITS
#define MEMORY_DIGITS "examples/data/digits.txt"
#endif

enum { PIXELS = 64, NAMES = 10, MOST = 2000, HELD_OUT_OF = 5 };

typedef struct image {
    int name;
    float pixel[PIXELS];
} image;

static image images[MOST];
static int64_t count;

/* Whether the line is an image. */
static bool parse(const char *line, image *out)
{
    static const char letters[] = "0123456789abcdefg";

    if (strcspn(line, "\n") != PIXELS + 2 || line[1] != ' ') return false;
    out->name = line[0] - '0';
    for (int i = 0; i < PIXELS; i++) {
        const char *at = strchr(letters, line[2 + i]);
        if (!at) return false;
        out->pixel[i] = (float)(at - letters) / 16;
    }
    return out->name >= 0 && out->name < NAMES;
}

static bool load(void)
{
    FILE *file = fopen(MEMORY_DIGITS, "r");
    char line[PIXELS + 10];

    if (!file) return complain("%s: cannot be read", MEMORY_DIGITS);
    count = 0;
    while (count < MOST && fgets(line, sizeof line, file) && parse(line, &images[count]))
        count++;
    const bool whole = feof(file) != 0 && count >= HELD_OUT_OF;
    fclose(file);
    return whole ||
           complain("%s: line %lld is no image", MEMORY_DIGITS, (long long)count + 1);
}

/* A random image of those to train on; or of those held out number `row`. */
static const image *choose(const batch *b, int64_t row, dice *d)
{
    if (b->held_out) return &images[row * HELD_OUT_OF % count / HELD_OUT_OF * HELD_OUT_OF];
    for (;;) {
        const int64_t i = draw(d, count);
        if (i % HELD_OUT_OF != 0) return &images[i];
    }
}

static void make(batch *b, int64_t row, int64_t length, dice *d)
{
    const image *from = choose(b, row, d);
    const int64_t steps = length < PIXELS ? length : PIXELS;

    b->length[row] = (int32_t)steps;
    for (int64_t t = 0; t < steps; t++) batch_put(b, t, row, 0, from->pixel[t]);
    batch_ask(b, steps - 1, row, from->name, 1u << from->name);
}

static double guess(int64_t steps)
{
    (void)steps;
    return log(NAMES);
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
                          .classes = NAMES,
                          .guess = guess,
                          .defaults = defaults,
                          .load = load,
                          .make = make};

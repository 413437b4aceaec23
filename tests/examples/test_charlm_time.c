/* SPDX-License-Identifier: MIT */
/*
 * How charlm divides its time, with a clock that only runs of a program advance: measuring
 * is a small part, and does not show in the curves and the speed.
 *
 * The program's own files are compiled so that they read this clock.
 */
#include "charlm.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

/* The files of charlm call these instead of the library's; here they are as they are. */
#undef rn_run
rn_status rn_run(rn_program *program);

enum { BATCH = 16, STEPS = 64, LEARN_CHARACTERS = BATCH * STEPS, TEXT = 60000 };

/* What a run of training costs, and one of measuring. */
static struct {
    double now, learn, measure, slower; /* from the middle on measuring is so much slower */
    double learning, measuring;
    const rn_program *learner; /* the program that runs first */
} world;

double rn_test_seconds(const rn_progress *progress)
{
    (void)progress;
    return world.now;
}

rn_status rn_test_run(rn_program *program)
{
    if (!world.learner) world.learner = program;
    const bool learns = program == world.learner;
    const double slow = world.now > 20 ? world.slower : 1;
    const double cost = learns ? world.learn : slow * world.measure;

    world.now += cost;
    *(learns ? &world.learning : &world.measuring) += cost;
    return rn_run(program);
}

static void make_corpus(corpus *c)
{
    text whole = {(int32_t *)calloc(TEXT, sizeof(int32_t)), TEXT};

    for (int i = 0; i < TEXT; i++) whole.at[i] = 1 + i * 7 % 11 % 3;
    *c = (corpus){.vocabulary = {.size = 4}};
    cr_assert(text_split(&whole, &c->train, &c->held));
    text_free(&whole);
}

/* Trains in such a world for so many seconds, and measures at the end. */
static void live(training *t, double seconds, double learn, double measure, part *p)
{
    static settings s;
    static corpus c;
    const volatile sig_atomic_t stop = 0;
    double bits;

    s = (settings){.text = "text",
                   .cell = "rnn",
                   .layers = 1,
                   .hidden = 2,
                   .embed = 2,
                   .batch = BATCH,
                   .steps = STEPS,
                   .rate = 1e-3,
                   .seconds = seconds};
    make_corpus(&c);
    world.now = world.learning = world.measuring = 0;
    world.learn = learn;
    world.measure = measure;
    if (world.slower == 0) world.slower = 1;
    world.learner = NULL;
    const network n = network_of(&s, &c.vocabulary);
    cr_assert(training_begin(t, &s, &c, &n));
    cr_assert(training_run(t, &stop));
    cr_assert(training_measure(t, false, p, &bits));
    cr_assert(isfinite(bits) && bits > 0);
    int64_t count = 0;
    for (int64_t i = 0; i < c.held.count; i++) count += part_has(p, i);
    cr_assert_eq(count, p->characters, "what is said to be measured");
    corpus_free(&c);
}

/* Points of a curve are not nearer to each other than equal shares of the training. */
static void evenly(const curve *k, double seconds, double cost, int shares)
{
    const double share = seconds / shares / cost * LEARN_CHARACTERS * 1e-6;

    for (int64_t i = 1; i < k->points; i++)
        cr_assert(k->x[i] - k->x[i - 1] > 0.49 * share, "point %d: %g after %g", (int)i,
                  k->x[i], k->x[i - 1]);
}

/* The held-out part takes five runs of measuring in its whole length; here each costs more
 * than an update. */
Test(charlm_time, measuring_takes_a_tenth_at_most)
{
    static const double learn[] = {0.03, 0.1, 0.3, 1, 3};
    static const double measure[] = {0.001, 0.01, 0.1, 0.4, 1};

    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 5; k++) {
            training *t = (training *)calloc(1, sizeof *t);
            part p;
            live(t, 45, learn[i], measure[k], &p);
            /* Three runs are made at the end whatever they cost. */
            const double allowed = 0.1 * (world.learning + world.measuring);
            cr_assert(world.measuring <= fmax(allowed, 3 * measure[k]) + 1e-9,
                      "%g s of %g + %g: runs of %g and %g s", world.measuring,
                      world.learning, world.measuring, learn[i], measure[k]);
            cr_assert(world.now >= 45, "ended too early");
            cr_assert(world.learning >= 0.9 * 45 - learn[i] - 3 * measure[k],
                      "%g s of training", world.learning);
            cr_assert_float_eq(t->budget.learning, world.learning, 1e-6);
            cr_assert_float_eq(t->budget.measuring, world.measuring, 1e-6);
            cr_assert_float_eq(budget_speed(&t->budget), LEARN_CHARACTERS / learn[i],
                               1e-6 * LEARN_CHARACTERS / learn[i]);
            evenly(&t->learnt, 45, learn[i], CURVE_POINTS);
            cr_assert(p.characters > 0 && p.characters <= p.whole);
            cr_assert(measure[k] > 0.01 || p.characters == p.whole, "time enough for all");
            training_free(t);
            free(t);
        }
}

/* Where measuring costs next to nothing there are all points, each of the whole. */
Test(charlm_time, a_fast_machine_measures_everything)
{
    training *t = (training *)calloc(1, sizeof *t);
    part p;

    live(t, 10, 0.01, 0.001, &p);
    cr_assert_eq(t->held.points, 6);
    cr_assert((double)t->learnt.points >= 0.9 * CURVE_POINTS, "%d", (int)t->learnt.points);
    cr_assert_eq(t->largest, p.whole);
    cr_assert_eq(p.characters, p.whole);
    training_free(t);
    free(t);
}

/* A measure ends when its time is over, whatever it was expected to take. */
Test(charlm_time, a_machine_that_becomes_slow)
{
    for (int k = 1; k <= 8; k++) {
        training *t = (training *)calloc(1, sizeof *t);
        part p;
        world.slower = 3 * k;
        live(t, 60, 0.2, 0.05, &p);
        const double allowed = 0.1 * (world.learning + world.measuring);
        cr_assert(world.measuring <= allowed + world.slower * world.measure, "%g s of %g",
                  world.measuring, world.now);
        cr_assert(p.characters > 0 && p.characters <= p.whole);
        training_free(t);
        free(t);
    }
}

/* The whole has all characters but the first; a part has whole runs. */
Test(charlm_time, parts)
{
    const text t = {NULL, 12345};
    const runner r = {.steps = 64, .batch = 20};

    for (int64_t characters = 0; characters < 20000; characters += 700) {
        const part p = part_of(&r, &t, characters);
        int64_t count = 0;
        for (int64_t i = 0; i < t.count; i++) count += part_has(&p, i);
        cr_assert_eq(p.whole, 12344);
        cr_assert(characters < 12344 ? count <= characters || count == 1280
                                     : count == p.whole,
                  "%d of %d", (int)count, (int)characters);
    }
}

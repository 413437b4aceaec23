/* SPDX-License-Identifier: MIT */
#include "golden.h"

#include <ctype.h>

#include "run/driver.h"

enum { STATES = 8, WEIGHTS = 80, MOST = 256 };

/* A case as a graph. at walks through the golden numbers. */
typedef struct world {
    const rn_test_layer *l;
    const rn_test_golden *golden;
    const double *at;
    rn_type real;
    rn_model *model;
    rn_graph *g;
    rn_program *p;
    rn_tensor x, lengths, mask, y, dy;
    rn_tensor initial[STATES], final[STATES], dfinal[STATES];
    rn_tensor w[WEIGHTS], gradient[1 + STATES + WEIGHTS]; /* to x, initial, w */
    double value[WEIGHTS][MOST];
    bool have[WEIGHTS];
    const double *begin[STATES]; /* numbers of the initial states */
    int32_t length[MOST];
    int states, begun, weights; /* begun: initial states that are inputs */
    double worst;
} world;

static const double *next(world *w, int64_t count)
{
    const double *at = w->at;

    w->at += count;
    cr_assert_leq(w->at - w->golden->at, (ptrdiff_t)w->golden->count, "too few numbers");
    return at;
}

/* ---- the graph ---- */

/* [T, B, ..] or [B, T, ..] */
static rn_shape steps(const world *w, int rank)
{
    const rn_test_golden *o = w->golden;
    const bool major = w->l->options.batch_major;

    return (rn_shape){
        rank, {major ? o->batch : o->steps, major ? o->steps : o->batch, o->inputs}};
}

static void begin(world *w, rn_recurrent_options *o)
{
    const rn_cell *cell = w->l->cell;

    w->x = rn_input(w->g, "x", w->real, steps(w, 3));
    w->states = w->golden->layers * w->golden->directions * cell->states;
    cr_assert_leq(w->states, STATES);
    if (w->l->lengths)
        o->lengths = w->lengths =
            rn_input(w->g, "lengths", RN_I32, rn_shape(w->golden->batch));
    if (w->l->mask) o->mask = w->mask = rn_input(w->g, "mask", RN_BOOL, steps(w, 2));
    if (!w->l->initial) return;
    w->begun = w->states;
    for (int i = 0; i < w->begun; i++) {
        const rn_shape own = cell->state[i % cell->states].shape;
        const int64_t units = own.rank ? own.size[0] : w->golden->units;
        w->initial[i] = rn_input(w->g, "state", w->real, rn_shape(w->golden->batch, units));
    }
    o->initial = w->initial, o->initial_count = w->begun;
}

static void build(world *w)
{
    rn_recurrent_options o = w->l->options;

    w->g = rn_graph_new();
    w->model = rn_model_new_using(1, w->real, (rn_allocator){0});
    o.units = w->golden->units, o.layers = w->golden->layers;
    o.bidirectional = w->golden->directions == 2;
    begin(w, &o);
    const rn_sequence y = rn_recurrent(rn_root(w->g, w->model), "net", w->l->cell, w->x, o);
    cr_assert_str_eq(rn_graph_error(w->g), "");
    cr_assert_eq(y.final_count, w->states);
    memcpy(w->final, y.final, (size_t)w->states * sizeof *w->final);
    w->y = w->l->last ? y.last : y.outputs;
    if (w->l->reversed) w->y = rn_reverse(w->y, o.batch_major ? 1 : 0);
    for (int i = 0; i < rn_model_count(w->model); i++) {
        rn_tensor v = rn_read_variable(w->g, rn_model_at(w->model, i));
        if (!strstr(rn_name_get(v), "/state")) w->w[w->weights++] = v;
    }
    cr_assert_leq(w->weights, WEIGHTS);
}

/* y dy, with dy an input. */
static rn_tensor part_of_loss(world *w, rn_tensor y, rn_tensor *dy)
{
    *dy = rn_input(w->g, "cotangent", w->real, rn_shape_get(y));
    return rn_sum_all(rn_mul(y, *dy));
}

static void differentiate(world *w)
{
    rn_tensor x[1 + STATES + WEIGHTS] = {w->x};
    rn_tensor loss = part_of_loss(w, w->y, &w->dy);

    for (int i = 0; i < w->states; i++)
        loss = rn_add(loss, part_of_loss(w, w->final[i], &w->dfinal[i]));
    memcpy(x + 1, w->initial, (size_t)w->begun * sizeof *x);
    memcpy(x + 1 + w->begun, w->w, (size_t)w->weights * sizeof *x);
    cr_assert(rn_grad(loss, rn_null(), x, 1 + w->begun + w->weights, w->gradient), "%s",
              rn_graph_error(w->g));
}

static void compile(world *w)
{
    const int gradients = w->l->gradients ? 1 + w->begun + w->weights : 0;
    rn_tensor outputs[2 + 2 * STATES + WEIGHTS] = {w->y};

    memcpy(outputs + 1, w->final, (size_t)w->states * sizeof *outputs);
    memcpy(outputs + 1 + w->states, w->gradient, (size_t)gradients * sizeof *outputs);
    w->p = rn_test_compile_with(
        w->g, (rn_compile_options){.outputs = outputs,
                                   .output_count = 1 + w->states + gradients});
}

/* ---- what goes in ---- */

static void feed(world *w, rn_tensor x)
{
    rn_test_feed(w->p, x, next(w, rn_test_count(x)));
}

static void feed_steps(world *w)
{
    uint8_t mask[MOST];

    if (w->l->lengths) {
        const double *at = next(w, w->golden->batch);
        for (int i = 0; i < w->golden->batch; i++) w->length[i] = (int32_t)at[i];
        rn_test_feed_i32(w->p, w->lengths, w->length);
    }
    if (w->l->mask) {
        const int64_t n = rn_test_count(w->mask);
        const double *at = next(w, n);
        for (int64_t i = 0; i < n; i++) mask[i] = at[i] != 0;
        cr_assert_eq(rn_feed(w->p, w->mask, mask, (size_t)n), RN_OK);
    }
}

/* ---- weights ---- */

/* Calls `use` with every block that the arrays have and its weight here. */
typedef void block_use(world *w, int weight, const double *block);

/* The number of a weight, or -1. */
static int find(const world *w, const char *scope, char gate, const char *name)
{
    char path[64];

    snprintf(path, sizeof path, "%s/%c/%s", scope, tolower(gate), name);
    for (int i = 0; i < w->weights; i++)
        if (!strcmp(rn_name_get(w->w[i]), path)) return i;
    return -1;
}

/* The weight of a gate that a block stands for. */
static int weight_of(const world *w, const char *scope, char gate, const rn_test_part *part)
{
    const int i = find(w, scope, gate, part->name);

    if (i < 0 && part->added) return find(w, scope, gate, "b");
    cr_assert(i >= 0, "no weight %s/%c/%s", scope, tolower(gate), part->name);
    return i;
}

/* Block k of `all`: theirs -> ours, [n, m]. */
static void turn(const rn_test_part *part, const double *theirs, int k, rn_shape shape,
                 double *ours)
{
    const int64_t m = shape.size[shape.rank - 1], n = shape.rank == 2 ? shape.size[0] : 1;
    const int64_t all = (int64_t)strlen(part->gates) * m;
    const double sign = isupper((unsigned char)part->gates[k]) ? -1 : 1;

    for (int64_t j = 0; j < m; j++)
        for (int64_t i = 0; i < n; i++) {
            const int64_t row = k * m + j;
            ours[i * m + j] = sign * theirs[part->rows ? row * n + i : i * all + row];
        }
}

static void walk_part(world *w, const char *scope, const rn_test_part *part, block_use *use)
{
    const char *first = part->gates + strspn(part->gates, ".");
    const int blocks = (int)strlen(part->gates);
    const rn_shape shape = rn_shape_get(w->w[weight_of(w, scope, *first, part)]);
    const double *theirs = next(w, blocks * rn_shape_count(shape));
    double ours[MOST];

    for (int k = 0; k < blocks; k++) {
        if (part->gates[k] == '.') continue;
        turn(part, theirs, k, shape, ours);
        use(w, weight_of(w, scope, part->gates[k], part), ours);
    }
}

static void walk_weights(world *w, block_use *use)
{
    const int directions = w->golden->directions;

    for (int i = 0; i < w->golden->layers * directions; i++) {
        char scope[40];
        snprintf(scope, sizeof scope, "net/layer%d%s", i / directions,
                 directions == 1      ? ""
                 : i % directions > 0 ? "/backward"
                                      : "/forward");
        for (int k = 0; k < RN_TEST_PARTS && w->l->parts[k].name; k++)
            walk_part(w, scope, &w->l->parts[k], use);
    }
}

static void add(world *w, int weight, const double *block)
{
    w->have[weight] = true;
    for (int64_t i = 0; i < rn_test_count(w->w[weight]); i++)
        w->value[weight][i] += block[i];
}

static void set_weights(world *w)
{
    float narrow[MOST];

    walk_weights(w, add);
    for (int i = 0; i < w->weights; i++) {
        const char *name = rn_name_get(w->w[i]);
        const size_t n = (size_t)rn_test_count(w->w[i]);
        cr_assert(w->have[i], "no numbers for %s", name);
        for (size_t j = 0; j < n; j++) narrow[j] = (float)w->value[i][j];
        const void *data = w->real == RN_F32 ? (const void *)narrow : w->value[i];
        cr_assert_eq(rn_model_set(w->model, name, data, n * rn_type_size(w->real)), RN_OK,
                     "%s", rn_model_error(w->model));
    }
}

/* ---- what comes out ---- */

static void near(world *w, rn_tensor y, const double *want, const char *what)
{
    const int64_t n = rn_test_count(y);
    const double exact = w->l->tolerance > 0 ? w->l->tolerance : 1e-10;
    double got[MOST];
    char text[128];

    cr_assert_leq(n, MOST);
    snprintf(text, sizeof text, "%s, %s: %s", w->golden->name, rn_type_name(w->real), what);
    rn_test_near(rn_test_read(w->p, y, got), want, n, w->real == RN_F64 ? exact : 1e-5,
                 text);
    w->worst = fmax(w->worst, rn_test_distance(got, want, n));
}

static void expect(world *w, rn_tensor y, const char *what)
{
    near(w, y, next(w, rn_test_count(y)), what);
}

/* Final state i, [B, n]. */
static void expect_final(world *w, int i)
{
    const int64_t all = rn_test_count(w->final[i]), n = all / w->golden->batch;
    const double *theirs = next(w, all);
    double want[MOST];

    memcpy(want, theirs, (size_t)all * sizeof *want);
    for (int64_t b = 0; w->l->none_is_zero && b < w->golden->batch; b++)
        for (int64_t j = b * n; w->length[b] == 0 && j < (b + 1) * n; j++) {
            cr_assert_eq(theirs[j], 0);
            want[j] = w->begin[i][j];
        }
    near(w, w->final[i], want, "final state");
}

static void compare_gradient(world *w, int weight, const double *block)
{
    near(w, w->gradient[1 + w->begun + weight], block, rn_name_get(w->w[weight]));
}

static void run(world *w)
{
    feed(w, w->x);
    rn_test_run(w->p);
    expect(w, w->y, "y");
    for (int i = 0; i < w->states; i++) expect_final(w, i);
    if (!w->l->gradients) return;
    for (int i = 0; i <= w->begun; i++)
        expect(w, w->gradient[i], i ? "d initial state" : "dx");
    walk_weights(w, compare_gradient);
}

static void reproduce(const rn_test_layer *l, rn_type real)
{
    world w = {.l = l, .golden = l->golden, .real = real, .at = l->golden->at};

    build(&w);
    if (l->gradients) differentiate(&w);
    compile(&w);
    feed_steps(&w);
    for (int i = 0; i < w.begun; i++) w.begin[i] = w.at, feed(&w, w.initial[i]);
    set_weights(&w);
    if (l->gradients) feed(&w, w.dy);
    for (int i = 0; l->gradients && i < w.states; i++) feed(&w, w.dfinal[i]);
    for (int i = 0; i < (l->runs ? l->runs : 1); i++) run(&w);
    cr_assert_eq(w.at, l->golden->at + l->golden->count, "not every number was used");
    cr_log_info("%s, %s: largest difference %.3g", l->golden->name, rn_type_name(real),
                w.worst);
    rn_program_free(w.p);
    rn_graph_free(w.g);
    rn_model_free(w.model);
}

void rn_test_reproduce(rn_test_layer layer)
{
    reproduce(&layer, RN_F32);
    reproduce(&layer, RN_F64);
}

rn_tensor rn_test_hard_sigmoid(rn_tensor x, double a, double b)
{
    x = rn_offset(rn_scale(x, a), b);
    x = rn_minimum(x, rn_constant_like(x, 1));
    return rn_maximum(x, rn_constant_like(x, 0));
}

rn_tensor rn_test_softsign(rn_tensor x)
{
    return rn_div(x, rn_offset(rn_abs(x), 1));
}

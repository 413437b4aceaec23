/* SPDX-License-Identifier: MIT */
/*
 * rondo-bench-embedding -- the effect of an embedding's initial values on learning.
 *
 *   usage: rondo-bench-embedding TEXT [UPDATES [SEEDS]]
 *
 * Three tasks with Adam at 4e-3 and gradients clipped at 1, each for a fixed number of
 * updates, and what is measured afterwards on data that was not trained on:
 *
 *   characters  an LSTM that predicts the next byte of TEXT, bits a character
 *   tied        the same with the embedding as the output's weights, logits = h E^T
 *   sentences   an LSTM's last state tells whether a made-up sentence is positive: words
 *               have values, a negation turns that of the next word round; bits a sentence
 */
#include <math.h>
#include <rondo.h>
#include <stdio.h>
#include <stdlib.h>

enum { BYTES = 256, UNITS = 128, T = 64, B = 16, HELD = 40 }; /* HELD: held-out batches */
enum { WORDS = 200, NEGATIONS = 10, WORDS_LONG = 12, SENTENCES = 8000 };

static void fail(const char *message)
{
    fprintf(stderr, "rondo-bench-embedding: %s\n", message);
    exit(1);
}

/* ---- data: batch number i of training, or of what is held out ---- */

typedef struct data {
    unsigned char *text;
    int64_t count; /* the last tenth is held out */
} data;

static data read_text(const char *path)
{
    data d = {.text = (unsigned char *)malloc(1 << 24)};
    FILE *f = fopen(path, "rb");

    if (!d.text || !f) fail("the text cannot be read");
    d.count = (int64_t)fread(d.text, 1, 1 << 24, f);
    fclose(f);
    if (d.count < 20 * T * B) fail("the text is too short");
    return d;
}

/* B streams side by side. */
static void text_batch(const data *d, bool held, int64_t i, int32_t *x, int32_t *y)
{
    const int64_t begin = held ? d->count / 10 * 9 : 0;
    const int64_t stream = ((held ? d->count : d->count / 10 * 9) - begin) / B;

    for (int64_t b = 0; b < B; b++)
        for (int64_t t = 0; t < T; t++) {
            const int64_t at = begin + b * stream + (i * T + t) % (stream - 1);
            x[t * B + b] = d->text[at];
            y[t * B + b] = d->text[at + 1];
        }
}

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

/* Sentence number i. Word w is about as frequent as 1 / w, and w % 3 - 1 is its value. */
static void sentence(int64_t i, int64_t b, int32_t *x, int32_t *y)
{
    uint64_t state = (uint64_t)i * UINT64_C(0x9E3779B97F4A7C15);
    int value = 0, sign = 1;

    for (int64_t t = 0; t < WORDS_LONG; t++) {
        const double u = (double)next_random(&state) / 0x1p31;
        const int32_t word = (int32_t)pow(WORDS, u) % WORDS;
        x[t * B + b] = word;
        value += sign * (word % 3 - 1);
        sign = word < NEGATIONS ? -1 : 1;
    }
    y[b] = value > 0;
}

static void sentence_batch(bool held, int64_t i, int32_t *x, int32_t *y)
{
    for (int64_t b = 0; b < B; b++)
        sentence(held ? SENTENCES + i * B + b : (i * B + b) % SENTENCES, b, x, y);
}

/* ---- networks ---- */

typedef enum kind { CHARACTERS, TIED, SENTENCE } kind;

static rn_tensor network(kind task, rn_scope s, rn_tensor x, rn_init init)
{
    const int64_t count = task == SENTENCE ? WORDS : BYTES;
    const rn_recurrent_options options = {.units = UNITS, .stateful = task != SENTENCE};
    rn_tensor e = rn_embedding_init(s, "embed", x, count, UNITS, init);
    rn_sequence h = rn_lstm(s, "lstm", e, options);

    if (task == SENTENCE) return rn_linear(s, "out", h.last, 2);
    if (task == CHARACTERS) return rn_linear(s, "out", h.outputs, BYTES);

    rn_tensor w =
        rn_weight(rn_scope_in(rn_share(s), "embed"), "w", rn_shape(BYTES, UNITS), init);
    rn_tensor b = rn_weight(s, "out/b", rn_shape(BYTES), (rn_init){RN_INIT_ZEROS, 0});
    return rn_add(rn_matmul_transposed(h.outputs, w, RN_TRANSPOSE_Y), b);
}

typedef struct runner {
    rn_graph *graph;
    rn_program *program;
    rn_tensor x, y, loss;
} runner;

static runner build(kind task, rn_model *model, rn_init init, bool train)
{
    runner r = {.graph = rn_graph_new()};
    rn_scope s = train ? rn_root(r.graph, model) : rn_root_inference(r.graph, model);

    r.x = rn_input(r.graph, "x", RN_I32, rn_shape(task == SENTENCE ? WORDS_LONG : T, B));
    r.y = task == SENTENCE ? rn_input(r.graph, "y", RN_I32, rn_shape(B))
                           : rn_input(r.graph, "y", RN_I32, rn_shape(T, B));
    r.loss = rn_cross_entropy(network(task, s, r.x, init), r.y);

    const rn_compile_options learn = {.minimize = r.loss,
                                      .with = rn_clipped(rn_adam(4e-3), 1)};
    r.program =
        rn_compile(r.graph, train ? learn : (rn_compile_options){RN_OUTPUTS(r.loss)});
    if (!r.program) fail(rn_graph_error(r.graph));
    return r;
}

/* The loss in bits of batch number i. */
static double run(const runner *r, kind task, const data *d, bool held, int64_t i)
{
    static int32_t x[T * B], y[T * B];

    if (task == SENTENCE)
        sentence_batch(held, i, x, y);
    else
        text_batch(d, held, i, x, y);
    rn_feed(r->program, r->x, x, (size_t)rn_shape_count(rn_shape_get(r->x)) * 4);
    rn_feed(r->program, r->y, y, (size_t)rn_shape_count(rn_shape_get(r->y)) * 4);
    if (rn_run(r->program) != RN_OK) fail(rn_program_error(r->program));
    return rn_scalar(r->program, r->loss) / log(2);
}

/* Trains from scratch; *first: the loss of the first update. Returns the held-out loss. */
static double learn(kind task, const data *d, rn_init init, uint64_t seed, int64_t updates,
                    double *first)
{
    rn_model *model = rn_model_new(seed);
    runner train = build(task, model, init, true), use = build(task, model, init, false);
    double bits = 0;

    for (int64_t i = 0; i < updates; i++) {
        const double now = run(&train, task, d, false, i);
        if (i == 0) *first = now;
    }
    rn_model_reset_states(model);
    for (int64_t i = 0; i < HELD; i++) bits += run(&use, task, d, true, i) / HELD;
    rn_program_free(train.program);
    rn_program_free(use.program);
    rn_graph_free(train.graph);
    rn_graph_free(use.graph);
    rn_model_free(model);
    return bits;
}

int main(int argc, char **argv)
{
    static const char *const tasks[] = {"characters", "tied", "sentences"};
    static const struct {
        const char *name;
        rn_init init;
    } inits[] = {{"normal 1/sqrt(units)", {RN_INIT_NORMAL, 0.08838834764831845}},
                 {"uniform +-0.05", {RN_INIT_UNIFORM, 0.05}},
                 {"normal 0.5", {RN_INIT_NORMAL, 0.5}},
                 {"normal 1", {RN_INIT_NORMAL, 1}}};
    const int64_t updates = argc > 2 ? atoll(argv[2]) : 600;
    const int seeds = argc > 3 ? atoi(argv[3]) : 2;

    if (argc < 2) fail("usage: rondo-bench-embedding TEXT [UPDATES [SEEDS]]");
    const data d = read_text(argv[1]);
    printf("%d units, %lld updates\n%-12s%-22s%12s  held-out bits of each seed\n", UNITS,
           (long long)updates, "task", "embedding", "first loss");
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < 4; i++) {
            double first = 0, bits[16];
            for (int s = 0; s < seeds && s < 16; s++)
                bits[s] =
                    learn((kind)k, &d, inits[i].init, (uint64_t)s + 1, updates, &first);
            printf("%-12s%-22s%12.2f ", tasks[k], inits[i].name, first);
            for (int s = 0; s < seeds && s < 16; s++) printf(" %.3f", bits[s]);
            putchar('\n');
            fflush(stdout);
        }
    free(d.text);
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* Decoding without a beam, against loops in plain C over a program of one step. */
#include "nn_support.h"

#include <math.h>
#include <string.h>

#include "rondo/ops.h"

enum { B = 4, T = 9, V = 7, H = 6, STATES = 4 };

/* Two layers over embedded tokens. */
static rn_tensor step(rn_scope s, rn_tensor tokens, rn_tensor *states, void *user)
{
    rn_tensor x = rn_embedding(s, "embed", tokens, V, 3);
    rn_tensor y = rn_recurrent_step(s, "rnn", &rn_cell_lstm, x, states,
                                    (rn_recurrent_options){.units = H, .layers = 2});

    (void)user;
    return rn_scale(rn_linear(s, "out", y, V), 4);
}

static const rn_decoder decoder = {.step = step};

/* ---- one token at a time ---- */

/* The program of one step. */
typedef struct one_step {
    rn_graph *graph;
    rn_tensor tokens, in[STATES], out[STATES], logits;
    rn_program *program;
} one_step;

static one_step one_new(rn_model *model)
{
    one_step s = {.graph = rn_graph_new()};

    s.tokens = rn_input(s.graph, "tokens", RN_I32, rn_shape(B));
    for (int i = 0; i < STATES; i++)
        s.out[i] = s.in[i] = rn_input(s.graph, "state", RN_F64, rn_shape(B, H));
    s.logits = step(rn_root_inference(s.graph, model), s.tokens, s.out, NULL);
    s.program = rn_compile(s.graph, (rn_compile_options){RN_OUTPUTS(
                                        s.logits, s.out[0], s.out[1], s.out[2], s.out[3])});
    cr_assert(s.program, "%s", rn_graph_error(s.graph));
    return s;
}

static void one_free(one_step *s)
{
    rn_program_free(s->program);
    rn_graph_free(s->graph);
}

typedef struct decoded {
    int32_t token[T * B], length[B];
    double log[B], state[STATES][B * H];
} decoded;

static int largest(const double *x)
{
    int best = 0;

    for (int v = 1; v < V; v++)
        if (x[v] > x[best]) best = v;
    return best;
}

static double log_of(const double *x, int token)
{
    double sum = 0;

    for (int v = 0; v < V; v++) sum += exp(x[v] - x[token]);
    return -log(sum);
}

static void plainly(rn_model *model, const int32_t *first, const rn_decode_options *o,
                    decoded *r)
{
    one_step s = one_new(model);
    int32_t token[B];
    bool ended[B] = {false};
    double logits[B * V], next[B * H];

    memcpy(token, first, sizeof token);
    for (int b = 0; b < B; b++) r->length[b] = 0, r->log[b] = 0;
    for (int t = 0; t < o->steps; t++) {
        rn_test_feed_i32(s.program, s.tokens, token);
        for (int i = 0; i < STATES; i++) rn_test_feed_f64(s.program, s.in[i], r->state[i]);
        rn_test_run_once(s.program);
        rn_test_read_f64(s.program, s.logits, logits);
        for (int i = 0; i < STATES; i++) {
            rn_test_read_f64(s.program, s.out[i], next);
            for (int b = 0; b < B; b++)
                if (!ended[b]) memcpy(r->state[i] + b * H, next + b * H, H * sizeof *next);
        }
        for (int b = 0; b < B; b++) {
            double x[V];
            memcpy(x, logits + b * V, sizeof x);
            if (!o->endless && t < o->min_length) x[o->end] = -(double)INFINITY;
            token[b] = ended[b] ? o->end : largest(x);
            if (!ended[b]) r->log[b] += log_of(logits + b * V, token[b]);
            ended[b] = !o->endless && token[b] == o->end;
            r->length[b] += !ended[b];
            r->token[t * B + b] = token[b];
        }
    }
    one_free(&s);
}

/* ---- in one run ---- */

static void states_of(double state[STATES][B * H])
{
    for (int i = 0; i < STATES; i++) rn_test_numbers(state[i], B * H, 40 + (uint64_t)i);
}

static void check(uint64_t seed, rn_decode_options o, bool given)
{
    static decoded want, got;
    int32_t first[B] = {o.begin, o.begin, o.begin, o.begin};
    rn_test_world w = rn_test_begin();
    rn_tensor state[STATES];

    for (int i = 0; given && i < B; i++) first[i] = (i * 5 + 1) % V;
    if (given) o.first = rn_constant(w.graph, RN_I32, rn_shape(B), first);
    states_of(want.state);
    for (int i = 0; i < STATES; i++)
        state[i] = rn_constant(w.graph, RN_F64, rn_shape(B, H), want.state[i]);
    rn_decoding d = rn_decode(rn_root_inference(w.graph, w.model), "decode", &decoder,
                              state, STATES, o);
    rn_program *p = rn_compile(w.graph, (rn_compile_options){RN_OUTPUTS(
                                            d.tokens, d.lengths, d.log_probability, d.score,
                                            state[0], state[1], state[2], state[3])});
    cr_assert(p, "%s", rn_graph_error(w.graph));
    rn_test_scramble(w.model, 1 + (double)seed / 10);
    plainly(w.model, first, &o, &want);
    rn_test_run_once(p);
    cr_assert(!rn_read_i32(p, d.tokens, got.token, o.steps * B));
    cr_assert(!rn_read_i32(p, d.lengths, got.length, B));
    rn_test_read_f64(p, d.log_probability, got.log);
    cr_assert(memcmp(got.token, want.token, (size_t)(o.steps * B) * sizeof(int32_t)) == 0);
    cr_assert(memcmp(got.length, want.length, sizeof got.length) == 0);
    rn_test_close(got.log, want.log, B, 1e-12, "log_probability");
    rn_test_read_f64(p, d.score, got.log);
    rn_test_close(got.log, want.log, B, 1e-12, "score");
    for (int i = 0; i < STATES; i++) {
        rn_test_read_f64(p, state[i], got.state[i]);
        cr_assert(memcmp(got.state[i], want.state[i], sizeof *got.state) == 0,
                  "state %d has other bits than by steps", i);
    }
    rn_program_free(p);
    rn_test_end(&w);
}

Test(decode, the_most_likely)
{
    for (int seed = 0; seed < 6; seed++) {
        check((uint64_t)seed, (rn_decode_options){.steps = T, .begin = 1, .end = seed},
              seed % 2);
        check((uint64_t)seed, (rn_decode_options){.steps = T, .end = 3, .min_length = seed},
              true);
        check((uint64_t)seed, (rn_decode_options){.steps = T, .endless = true}, true);
    }
    check(1, (rn_decode_options){.steps = 0, .end = 1}, false);
    check(1, (rn_decode_options){.steps = 1, .end = 1}, true);
}

/* ---- draws ---- */

/* Logits from a table of the token before; no states. */
static rn_tensor table_step(rn_scope s, rn_tensor tokens, rn_tensor *states, void *user)
{
    (void)s, (void)states;
    return rn_take(*(const rn_tensor *)user, tokens);
}

enum { ROWS = 6000, TOKENS = 4 };
static const double table[TOKENS * TOKENS] = {0, 1,  0.5, -1, 2,  0, -INFINITY, 0.3,
                                              0, -1, 1,   1,  -2, 0, 0.7,       1};

/* Decodes ROWS sequences of two tokens, twice. */
static void draw(rn_filter filter, int32_t tokens[2][2 * ROWS])
{
    rn_test_world w = rn_test_begin();
    rn_tensor logits = rn_constant(w.graph, RN_F64, rn_shape(TOKENS, TOKENS), table);
    rn_decode_options o = {.steps = 2, .endless = true, .sample = true, .filter = filter};

    o.first = rn_fill(w.graph, RN_I32, rn_shape(ROWS), 1);
    rn_decoding d = rn_decode(rn_root_inference(w.graph, w.model), "decode",
                              &(rn_decoder){table_step, &logits}, NULL, 0, o);
    rn_program *p = rn_test_compile(d.tokens);
    for (int run = 0; run < 2; run++) {
        rn_test_run_once(p);
        cr_assert(!rn_read_i32(p, d.tokens, tokens[run], 2 * ROWS));
    }
    rn_program_free(p);
    rn_test_end(&w);
}

/* Pearson's statistic of both tokens: with 11 degrees of freedom above 47 once in a million
 * times. */
Test(decode, frequencies_of_draws)
{
    static int32_t tokens[2][2 * ROWS];
    int equal = 0;

    draw((rn_filter){.temperature = 0.8}, tokens);
    for (int run = 0; run < 2; run++) {
        double seen[TOKENS][TOKENS] = {{0}}, statistic = 0;
        for (int i = 0; i < ROWS; i++) seen[tokens[run][i]][tokens[run][ROWS + i]]++;
        for (int a = 0; a < TOKENS; a++)
            for (int b = 0; b < TOKENS; b++) {
                double sum[2] = {0};
                for (int v = 0; v < TOKENS; v++) {
                    sum[0] += exp(table[TOKENS + v] / 0.8);
                    sum[1] += exp(table[a * TOKENS + v] / 0.8);
                }
                const double want = ROWS * exp(table[TOKENS + a] / 0.8) / sum[0] *
                                    exp(table[a * TOKENS + b] / 0.8) / sum[1];
                if (want == 0) cr_assert(seen[a][b] == 0);
                if (want > 0) statistic += (seen[a][b] - want) * (seen[a][b] - want) / want;
            }
        cr_assert(statistic < 47, "run %d: %g", run, statistic);
    }
    for (int i = 0; i < 2 * ROWS; i++) equal += tokens[0][i] == tokens[1][i];
    cr_assert(equal < ROWS * 5 / 4, "two runs share %d of %d tokens", equal, 2 * ROWS);
}

/* After 1 come 0 and 3 before 1, and never 2; after 0 comes 1, after 3 also 3. */
Test(decode, filtered_draws)
{
    static int32_t tokens[2][2 * ROWS];
    int seen[TOKENS][TOKENS] = {{0}};

    draw((rn_filter){.top_k = 2}, tokens);
    for (int i = 0; i < ROWS; i++) seen[tokens[0][i]][tokens[0][ROWS + i]]++;
    for (int a = 0; a < TOKENS; a++)
        for (int b = 0; b < TOKENS; b++) {
            const bool allowed =
                (a == 0 && (b == 1 || b == 2)) || (a == 3 && (b == 2 || b == 3));
            cr_assert((seen[a][b] > 100) == allowed && (seen[a][b] > 0) == allowed,
                      "%d %d: %d times", a, b, seen[a][b]);
        }
    draw((rn_filter){.top_p = 0.01}, tokens);
    for (int i = 0; i < ROWS; i++) cr_assert(tokens[0][i] == 0 && tokens[0][ROWS + i] == 1);
}

/* A drawn end stays. */
Test(decode, drawn_end)
{
    enum { N = 50, STEPS = 12 };
    int32_t y[STEPS * N], length[N], ends = 0;
    rn_test_world w = rn_test_begin();
    rn_tensor logits = rn_constant(w.graph, RN_F64, rn_shape(TOKENS, TOKENS), table);
    rn_tensor first = rn_fill(w.graph, RN_I32, rn_shape(N), 0);
    rn_decoding d = rn_decode(
        rn_root_inference(w.graph, w.model), "decode", &(rn_decoder){table_step, &logits},
        NULL, 0,
        (rn_decode_options){.steps = STEPS, .end = 2, .sample = true, .first = first});
    rn_program *p =
        rn_compile(w.graph, (rn_compile_options){RN_OUTPUTS(d.tokens, d.lengths)});

    cr_assert(p, "%s", rn_graph_error(w.graph));
    rn_test_run_once(p);
    cr_assert(!rn_read_i32(p, d.tokens, y, STEPS * N));
    cr_assert(!rn_read_i32(p, d.lengths, length, N));
    for (int i = 0; i < N; i++) {
        for (int t = 0; t < STEPS; t++) cr_assert((y[t * N + i] == 2) == (t >= length[i]));
        ends += length[i] < STEPS;
    }
    cr_assert(ends > N / 2 && ends < N);
    rn_program_free(p);
    rn_test_end(&w);
}

/* ---- refusals ---- */

typedef struct call {
    rn_scope scope;
    const char *name;
    rn_decoder decoder;
    rn_tensor state[2];
    int count;
    rn_decode_options o;
} call;

static rn_tensor bad_step(rn_scope s, rn_tensor tokens, rn_tensor *states, void *user)
{
    (void)s;
    switch (*(const char *)user) {
    case 'n':
        return rn_null();
    case 't':
        return rn_name(rn_one_hot(tokens, 3, RN_F32), "z");
    case 's':
        return rn_name(rn_expand(rn_one_hot(tokens, 3, RN_F64), 0), "z");
    case 'c':
        states[1] = rn_name(rn_slice(states[1], 1, 0, 1, 1), "n");
        break;
    case 'y':
        states[0] = rn_name(rn_cast(states[0], RN_F32), "n");
        break;
    case '0':
        states[0] = rn_null();
        break;
    default:
        break;
    }
    return rn_one_hot(tokens, 3, RN_F64);
}

#define REFUSES(name_, message, ...)                                                       \
    Test(decode, refuses_##name_)                                                          \
    {                                                                                      \
        rn_test_world w = rn_test_begin();                                                 \
        call c = {.scope = rn_root_inference(w.graph, w.model), .name = "d"};              \
        c.decoder = (rn_decoder){bad_step, (void *)"-"};                                   \
        c.count = 2;                                                                       \
        for (int i = 0; i < 2; i++)                                                        \
            c.state[i] = rn_input(w.graph, "s", RN_F64, rn_shape(B, H));                   \
        c.o.steps = T;                                                                     \
        __VA_ARGS__;                                                                       \
        const rn_decoding d =                                                              \
            rn_decode(c.scope, c.name, &c.decoder, c.state, c.count, c.o);                 \
        cr_assert(rn_is_null(d.tokens) && rn_is_null(d.lengths) && rn_is_null(d.score));   \
        rn_test_error_is(w.graph, message);                                                \
        rn_test_end(&w);                                                                   \
    }

REFUSES(training, "decode: the scope is for training: d: use rn_root_inference",
        c.scope = w.root)
REFUSES(no_step, "decode: no step: d", c.decoder.step = NULL)
REFUSES(no_model, "decode: the scope has no model: d", c.scope.model = NULL)
REFUSES(no_batch, "decode: neither states nor first tokens give the batch: d", c.count = 0)
REFUSES(many, "decode: states must be 0 to 256: d", c.count = 257)
REFUSES(null_state, "decode: state 1 is no tensor of the graph: d has nothing",
        c.state[1] = rn_null())
REFUSES(other_rows, "decode: state 1 must have 4 rows: d has f64 s [3,6]",
        c.state[1] = rn_input(w.graph, "s", RN_F64, rn_shape(3, H)))
REFUSES(first, "decode: first must be i32 [B], of B sequences: d has f64 s [4,6]",
        c.o.first = c.state[0])
REFUSES(first_rows, "decode: state 0 must have 3 rows: d has f64 s [4,6]",
        c.o.first = rn_input(w.graph, "f", RN_I32, rn_shape(3)))
REFUSES(steps, "decode: steps must be 0 to 2^31 - 1: d has -1", c.o.steps = -1)
REFUSES(end, "decode: end must not be negative: d has -1", c.o.end = -1)
REFUSES(end_outside, "decode: end must be less than the number of logits: d has 3 and 3",
        c.o.end = 3)
REFUSES(min_length, "decode: min_length must not be negative: d has -2",
        c.o.min_length = -2)
REFUSES(beam, "decode: beam must not be negative: d has -1", c.o.beam = -1)
REFUSES(penalty, "decode: length_penalty must be finite: d has nan", c.o.beam = 2;
        c.o.length_penalty = NAN)
REFUSES(power, "decode: length_power must be finite: d has inf", c.o.beam = 2;
        c.o.length_power = INFINITY)
REFUSES(two_lengths, "decode: length_power excludes length_penalty: d", c.o.beam = 2;
        c.o.length_power = c.o.length_penalty = 1)
REFUSES(power_alone, "decode: length_power needs beam: d", c.o.length_power = 1)
REFUSES(both, "decode: sample excludes beam: d", c.o.beam = 2; c.o.sample = true)
REFUSES(filter, "decode: filter needs sample: d", c.o.filter.top_k = 2)
REFUSES(bad_filter, "filter_logits: top_k must not be negative: -1", c.o.filter.top_k = -1;
        c.o.sample = true)
REFUSES(no_beam, "decode: length_penalty needs beam: d", c.o.length_penalty = 1)
REFUSES(never, "decode: min_length excludes endless: d", c.o.min_length = 1;
        c.o.endless = true)
REFUSES(stop_never, "decode: stop_early excludes endless: d", c.o.stop_early = true;
        c.o.endless = true)
REFUSES(large, "decode: too many extensions of a beam: d has 1000000000 of 3 tokens",
        c.o.beam = 1000000000)
REFUSES(null_logits, "decode: the step's logits must be f64 [4,V]: d has nothing",
        c.decoder.user = (void *)"n")
REFUSES(logits_type, "decode: the step's logits must be f64 [4,V]: d has f32 z [4,3]",
        c.decoder.user = (void *)"t")
REFUSES(logits_shape, "decode: the step's logits must be f64 [4,V]: d has f64 z [1,4,3]",
        c.decoder.user = (void *)"s")
REFUSES(state_shape, "decode: the step must return state 1 as f64 [4,6]: d has f64 n [4,1]",
        c.decoder.user = (void *)"c")
REFUSES(state_type, "decode: the step must return state 0 as f64 [4,6]: d has f32 n [4,6]",
        c.decoder.user = (void *)"y")
REFUSES(next_null, "decode: the step must return state 0 as f64 [4,6]: d has nothing",
        c.decoder.user = (void *)"0")

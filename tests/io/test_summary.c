/* SPDX-License-Identifier: MIT */
/* The table of a model, against numbers that are counted by hand. */
#include "io_support.h"

#include <stdlib.h>
#include <string.h>

/* Embedding [100, 8], a bidirectional LSTM of 2 layers with 16 units, linear to 3. */
static rn_model *classifier(rn_allocator a)
{
    rn_model *model = rn_model_new_using(1, RN_F32, a);
    rn_graph *graph = rn_graph_new_using(a);
    rn_scope s = rn_root(graph, model);
    rn_tensor x = rn_input(graph, "x", RN_I32, rn_shape_of(2, (int64_t[]){5, 2}));

    x = rn_embedding(s, "embed", x, 100, 8);
    x = rn_lstm(s, "rnn", x,
                (rn_recurrent_options){.units = 16, .layers = 2, .bidirectional = true})
            .last;
    rn_linear(s, "out", x, 3);
    rn_graph_free(graph);
    return model;
}

static const char table[] = /* w [I, H], u [H, H] and b [H] of four gates */
    "layer                shape        elements   bytes\n"
    "embed                                  800   3,200\n"
    "  w                  [100,8]           800   3,200  frozen\n"
    "rnn/layer0/forward                   1,600   6,400  lstm of 2 layers in both "
    "directions\n"
    "  f,i,c,o/w          4 x [8,16]        512   2,048\n"
    "  f,i,c,o/u          4 x [16,16]     1,024   4,096\n"
    "  f,i,c,o/b          4 x [16]           64     256\n"
    "rnn/layer0/backward                  1,600   6,400  lstm of 2 layers in both "
    "directions\n"
    "  f,i,c,o/w          4 x [8,16]        512   2,048\n"
    "  f,i,c,o/u          4 x [16,16]     1,024   4,096\n"
    "  f,i,c,o/b          4 x [16]           64     256\n"
    "rnn/layer1/forward                   3,136  12,544  lstm of 2 layers in both "
    "directions\n"
    "  f,i,c,o/w          4 x [32,16]     2,048   8,192\n"
    "  f,i,c,o/u          4 x [16,16]     1,024   4,096\n"
    "  f,i,c,o/b          4 x [16]           64     256  frozen\n"
    "rnn/layer1/backward                  3,136  12,544  lstm of 2 layers in both "
    "directions\n"
    "  f,i,c,o/w          4 x [32,16]     2,048   8,192\n"
    "  f,i,c,o/u          4 x [16,16]     1,024   4,096\n"
    "  f,i,c,o/b          4 x [16]           64     256\n"
    "out                                     99     396\n"
    "  w                  [32,3]             96     384\n"
    "  b                  [3]                 3      12\n"
    "\n"
    "all                                 10,371  41,484\n"
    "trained                              9,507  38,028\n"
    "frozen                                 864   3,456\n";

Test(summary, classifier)
{
    rn_model *model = classifier((rn_allocator){NULL, NULL});
    char text[4000], start[12];
    static const char *const frozen = "embed*, rnn/layer1/forward/*/b";

    const size_t length = rn_model_summary(model, frozen, text, sizeof text);
    cr_assert_str_eq(text, table);
    cr_assert_eq(length, sizeof table - 1);
    cr_assert_eq(rn_model_parameters(model), 10371);
    /* As snprintf. */
    cr_assert_eq(rn_model_summary(model, frozen, start, sizeof start), sizeof table - 1);
    cr_assert(!strncmp(start, table, sizeof start - 1) && !start[sizeof start - 1]);
    cr_assert_eq(rn_model_summary(model, frozen, NULL, 99), sizeof table - 1);
    cr_assert_eq(rn_model_summary(model, frozen, text, 0), sizeof table - 1);
    rn_model_free(model);
}

/* Weights outside layers, long and foreign names, statistics, f64, scalars; states are left
 * out. */
Test(summary, other_variables)
{
    rn_test_world w = rn_test_begin();
    const rn_init zero = {RN_INIT_ZEROS, 0};
    char text[2000];

    rn_weight(w.root, "gain", (rn_shape){0}, zero);
    rn_weight(w.root, "a/b/\xc3\xa9<&>", rn_shape_of(1, (int64_t[]){1000000}), zero);
    rn_statistic(w.root, "a/b/mean", rn_shape_of(1, (int64_t[]){4}), zero);
    rn_weight(w.root, "a/w", rn_shape_of(2, (int64_t[]){0, 4}), zero);
    rn_state(w.root, "a/state", RN_F64, rn_shape_of(1, (int64_t[]){4}));
    rn_model_summary(w.model, NULL, text, sizeof text);
    cr_assert_str_eq(text, "layer    shape       elements      bytes\n"
                           ".                           1          8\n"
                           "  gain   []                 1          8\n"
                           "a/b                 1,000,004  8,000,032\n"
                           "  \xc3\xa9<&>   [1000000]  1,000,000  8,000,000\n"
                           "  mean   [4]                4         32  statistic\n"
                           "a                           0          0\n"
                           "  w      [0,4]              0          0\n"
                           "\n"
                           "all                 1,000,005  8,000,040\n"
                           "trained             1,000,001  8,000,008\n"
                           "frozen                      4         32\n");
    rn_test_end(&w);
}

Test(summary, nothing)
{
    char text[400] = "x";
    rn_model *model = rn_model_new(1);

    cr_assert_eq(rn_model_summary(NULL, NULL, text, sizeof text), 0);
    cr_assert_str_eq(text, "");
    cr_assert(rn_model_summary(model, "*", text, sizeof text) > 0);
    cr_assert(strstr(text, "all"));
    rn_model_free(model);
}

static bool work(rn_allocator a)
{
    rn_model *model = classifier(a);
    char text[4000];
    const size_t length = rn_model_summary(model, "none", text, sizeof text);

    cr_assert(!model || length == strlen(text));
    rn_model_free(model);
    return length > 0;
}

static rn_test_memory memory;

/* Of the summary's own memory. */
Test(summary, refused_memory)
{
    rn_model *model = classifier(rn_test_allocator(&memory));
    char text[4000] = "x";

    memory.fail_at = memory.requests + 1;
    cr_assert_eq(rn_model_summary(model, NULL, text, sizeof text), 0);
    cr_assert_str_eq(text, "");
    cr_assert(work(rn_test_allocator(&memory)));
    rn_model_free(model);
    cr_assert_eq(memory.blocks, 0);
}

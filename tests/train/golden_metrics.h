/* SPDX-License-Identifier: MIT */
/*
 * Metrics of scikit-learn 1.9.1, PyTorch 2.13.0, seqeval 1.2.2, sacrebleu 2.6.0 and jiwer
 * 4.0.0. Made by scripts/golden_metrics.py; not to be edited.
 */
#ifndef RN_TESTS_GOLDEN_METRICS_H
#define RN_TESTS_GOLDEN_METRICS_H

#include "rondo/metrics.h"

/* clang-format off */

typedef struct golden_case {
    double value;
    rn_metric_options options;
} golden_case;

/* Texts of tokens. */
typedef struct golden_bleu {
    const char *prediction, *target;
    rn_bleu_smoothing smoothing;
    bool effective;
    double value;
} golden_bleu;

enum { T = 6, B = 5, IGNORED = -7, SPAN_STEPS = 14, TOKEN_STEPS = 24, TEXTS = 10 };

static const int32_t all_lengths[] = {
    6, 4, 0, 5, 2
};

static const float all_weights[] = {
    1, 2, 1, 0, 1, 1, 2, 1, 0, 1
};

static const double classes_scores[] = {
    1.624, -0.612, -0.528, -0.32299999999999995, 0.865, -2.302, 1.745,
    -0.01100000000000001, 0.319, -0.249, 2.2119999999999997, -2.06, -0.322, -0.384, 1.134,
    -1.1, 0.5780000000000001, -0.878, 0.042, 0.583, -1.101, 1.895, 0.902, 0.502, 0.901,
    0.06599999999999995, -0.123, -0.936, -0.268, 0.53, -0.692, 0.353, -0.687, -0.845,
    -0.671, -0.013, -1.117, 0.234, 2.41, 0.742, -0.192, -0.888, -0.747, 2.442, 0.051,
    -0.637, 0.9410000000000001, 2.1, 0.12, 0.617, 0.3, -0.352, -0.393, -0.349, -0.209,
    0.587, 0.839, 0.931, 1.036, 0.885, -0.754, 1.253, 1.263, -0.298, 0.489, 0.674, 1.132,
    1.52, 2.186, -1.396, -1.444, -0.504, 0.91, 0.876, 0.316, -1.2719999999999998, -0.306,
    0.828, 0.23, 0.762, -0.222, -0.201, 0.937, 0.41, 0.198, 0.119, -0.671, 0.378, 0.872,
    1.129, 1.949, 0.185, -0.375, -0.639, 0.423, 0.077, -0.344, 0.794, -0.62, 0.698,
    -0.447, 1.225, 1.153, 0.594, -1.095, 0.919, 0.741, -0.954, -0.266, 0.033, -1.373,
    0.315, 0.846, -0.10999999999999999, 0.351, -1.312, -0.039, -0.8660000000000001, 1.121,
    0.409, 0.725, -0.775, 1.274, 1.967, -1.858, 1.236, 1.628, 0.338, -0.44900000000000007,
    0.863, -0.181, -0.604, -0.48, 0.551, 0.793, -0.624, 0.521, -1.144, 1.552, 0.047,
    -0.187, -0.102, 0.869, 1.5, 0.529, 0.888, 0.078, 0.618, 0.232, 0.683
};

static const double classes_steps[] = {
    0.375, 0.75, 0.375, 0.875, 0.75, 0.625, 0.75, 0.875, 0.5, 0.875, 0.625, 0.0, 0.125,
    0.5, 0.375, 0.625, 1.0, 1.0, 1.0, 0.75, 0.5, 0.625, 0.375, 0.875, 0.5, 0.125, 0.75,
    0.75, 0.375, 0.25
};

static const int32_t classes_targets[] = {
    3, 2, 0, 1, -7, -7, 1, 3, 3, 1, 2, 3, 2, 0, 2, 0, 2, 3, 0, 2, 2, 0, 3, 2, 0, 3, 2, 3,
    3, 0
};

static const double classes_confusion[] = {
    0.0, 0.0, 0.625, 0.0, 0.0, 0.0, 1.5, 0.875, 0.0, 0.0, 0.625, 2.0, 2.0, 0.0, 0.0, 0.375,
    0.125, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
};

static const golden_case classes_cases[] = {
    {0.4307692307692308, {.kind = RN_METRIC_ACCURACY}},
    {0.4307692307692308, {.kind = RN_METRIC_CONFUSION, .classes = 5}},
    {0.6, {.kind = RN_METRIC_TOP, .top = 2}},
    {1.6119342901441391, {.kind = RN_METRIC_CROSS_ENTROPY}},
    {5.0124974812767835, {.kind = RN_METRIC_PERPLEXITY}},
    {2.325529606629821, {.kind = RN_METRIC_BITS}},
    {0.2463054187192118, {.kind = RN_METRIC_PRECISION, .average = RN_MACRO_AVERAGE}},
    {0.4307692307692308, {.kind = RN_METRIC_PRECISION, .average = RN_MICRO_AVERAGE}},
    {0.44622963243652897, {.kind = RN_METRIC_PRECISION, .average = RN_WEIGHTED_AVERAGE}},
    {0.5714285714285714, {.kind = RN_METRIC_PRECISION, .average = RN_ONE_CLASS, .of_class = 2}},
    {0.26600284495021337, {.kind = RN_METRIC_RECALL, .average = RN_MACRO_AVERAGE}},
    {0.4307692307692308, {.kind = RN_METRIC_RECALL, .average = RN_MICRO_AVERAGE}},
    {0.4307692307692308, {.kind = RN_METRIC_RECALL, .average = RN_WEIGHTED_AVERAGE}},
    {0.43243243243243246, {.kind = RN_METRIC_RECALL, .average = RN_ONE_CLASS, .of_class = 2}},
    {0.24807692307692308, {.kind = RN_METRIC_F1, .average = RN_MACRO_AVERAGE}},
    {0.4307692307692308, {.kind = RN_METRIC_F1, .average = RN_MICRO_AVERAGE}},
    {0.4263905325443787, {.kind = RN_METRIC_F1, .average = RN_WEIGHTED_AVERAGE}},
    {0.49230769230769234, {.kind = RN_METRIC_F1, .average = RN_ONE_CLASS, .of_class = 2}},
};

static const double binary_scores[] = {
    2.5, -0.2, 0.0, 0.3, 1.3, 0.2, 0.7, 0.2, -1.3, 0.3, 1.0, 1.8, 0.4, -0.1, 1.1, 0.7, 0.3,
    -0.1, 1.2, 0.9, 1.9, 1.1, 1.2, -1.6, 1.1, 0.9, 0.8, 1.0, -0.4, 1.3, -0.1, 2.0, -0.8,
    -1.3, -1.7, -0.9, -1.1, 2.0, 0.2, -1.3, 1.1, -0.1, -1.2, 0.9, 0.6, -0.4, 1.4, 0.1,
    2.1, 1.0, 1.6, 0.1, -1.2, 2.4, -0.5, -0.2, -0.2, 0.3, 0.2, 0.7
};

static const int32_t binary_targets[] = {
    0, 0, 0, 1, 0, 1, 0, 1, -7, 0, 1, -7, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 0,
    0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1,
    1, 0, 1
};

static const golden_case binary_cases[] = {
    {0.35714285714285715, {.kind = RN_METRIC_AUC}},
    {0.43333333333333335, {.kind = RN_METRIC_BINARY_ACCURACY, .threshold = 0}},
    {0.4666666666666667, {.kind = RN_METRIC_BINARY_ACCURACY, .threshold = 0.25}},
};

static const double errors_scores[] = {
    0.106, 999998.474, 0.795, 999999.626, 0.134, 1000001.202, 0.285, 1000000.262, 0.276,
    999999.267, 0.836, 1000001.543, 0.759, 1000000.885, -0.877, 999999.132, -1.441,
    1000001.232, -0.254, 1000001.4, -0.782, 999999.562, 0.095, 1000000.921, 0.061,
    1000000.211, 0.017, 1000000.177, -1.116, 1000000.081, -0.187, 999999.943, 0.492,
    999999.319, -0.085, 999999.703, 0.417, 1000000.785, -0.955, 1000000.586, 2.066,
    999998.529, -0.83, 999999.119, -0.279, 1000001.623, 0.013, 999999.305, 0.622,
    999999.4, 1.123, 1000000.305, 1.389, 999999.339, 3.031, 1000000.825, 0.655,
    999999.949, -0.726, 999999.132
};

static const double errors_values[] = {
    -0.136, 999999.203, 0.283, 999999.174, 0.621, 1000000.956, -0.706, 1000001.193, -0.238,
    1000001.155, 0.438, 1000001.122, -0.997, 999999.893, 1.451, 999999.382, -2.037,
    999998.057, -2.506, 999997.886, -0.412, 1000001.279, -0.442, 1000000.324, -0.11,
    1000000.009, -0.168, 999999.826, 0.461, 999998.824, 1.01, 1000000.92, -0.195,
    1000000.805, -0.701, 999999.463, 0.156, 999999.81, -0.449, 999999.328, -0.557,
    1000000.939, -1.943, 1000000.352, -0.236, 1000000.728, 0.515, 999997.217, 0.585,
    1000000.324, 0.022, 999999.531, 0.853, 999999.587, 1.835, 1000000.564, 2.138,
    999999.214, -1.756, 1000000.715
};

static const double errors_steps[] = {
    0.375, 0.375, 0.125, 0.375, 0.375, 0.875, 0.25, 0.125, 0.25, 0.625, 0.875, 0.5, 0.25,
    0.625, 0.125, 0.125, 0.125, 0.875, 0.875, 0.375, 0.125, 0.875, 0.625, 0.25, 0.625,
    0.125, 0.375, 0.75, 0.5, 0.375
};

static const double errors_parts[] = {
    0.8248125000000001, 1.228666666650194, 1.1474159375, 2.4103686249513,
    -0.6249339850633728, -1.0823420916368134, 1.0711750265479494, 1.5525361911888882
};

static const golden_case errors_cases[] = {
    {1.026739583325097, {.kind = RN_METRIC_ABSOLUTE_ERROR}},
    {1.77889228122565, {.kind = RN_METRIC_SQUARED_ERROR}},
    {-0.8536380383500931, {.kind = RN_METRIC_R2}},
    {1.3337512066444963, {.kind = RN_METRIC_ROOT_SQUARED_ERROR}},
    {500000.27961458336, {.kind = RN_METRIC_MEAN}},
};

static const int32_t spans_targets[] = {
    1, 3, 0, 2, 0, 2, 1, 0, 0, 2, 2, 2, 0, 2, 5, 3, 2, 5, 4, 2, 0, 0, 0, 2, 1, 5, 0, 5, 3,
    3, -7, 2, 2, 0, 1, 2, 2, 2, 2, 0, 0, 3, 1, 5, 0, 1, 2, 3, 2, 0, 1, 2, 2, 3, 0, 0, 2,
    3, 0, 2, 2, 1, 4, 2, 0, 2, 4, 3, 2, 2, 2, 1, 2, 2, 1, 4, 0, 2, 1, 3, 1, 3, 1, 0, 3, 1,
    2, 2, 0, 0, 0, 0, 1, 0, 0, 2, 3, 0, 0, 0, 4, 2, 2, 1, 3, 1, 4, 2, 2, 0, 5, 0, 0, 1, 1,
    0, 2, 0, 2, 3, 0, 2, 2, 2, 2, 1, 2, 4, 1, 3, 0, 3, 0, 1, 1, 0, 4, 1, 2, 2
};

static const int32_t spans_classes[] = {
    1, 3, 0, 2, 0, 2, 1, 3, 0, 1, 2, 2, 0, 4, 5, 3, 0, 5, 4, 2, 1, 2, 0, 3, 1, 2, 0, 5, 1,
    4, 3, 2, 2, 5, 2, 3, 2, 2, 4, 0, 3, 5, 1, 5, 0, 1, 0, 4, 2, 0, 1, 2, 2, 3, 0, 0, 2, 3,
    0, 2, 2, 0, 4, 2, 0, 2, 4, 3, 2, 3, 2, 0, 2, 2, 1, 4, 0, 2, 2, 3, 1, 3, 1, 0, 3, 1, 2,
    2, 0, 2, 0, 2, 1, 5, 0, 2, 3, 0, 4, 0, 0, 5, 2, 1, 3, 1, 4, 4, 0, 0, 2, 0, 0, 1, 1, 0,
    0, 0, 2, 3, 0, 1, 2, 1, 2, 0, 2, 1, 1, 3, 0, 3, 0, 1, 1, 0, 3, 1, 0, 2
};

static const int32_t spans_lengths[] = {
    14, 11, 12, 9, 13, 7, 8, 11, 6, 9
};

static const double spans_f1[] = {
    0.5070422535211269, 0.7894736842105262, 0.4, 37.0, 18.0, 4.0
};

static const golden_case spans_cases[] = {
    {0.5833333333333334, {.kind = RN_METRIC_SPAN_PRECISION, .average = RN_MICRO_AVERAGE}},
    {0.6785714285714286, {.kind = RN_METRIC_SPAN_PRECISION, .average = RN_MICRO_AVERAGE, .strict = true}},
    {0.5375816993464052, {.kind = RN_METRIC_SPAN_PRECISION, .average = RN_MACRO_AVERAGE}},
    {0.6785714285714286, {.kind = RN_METRIC_SPAN_PRECISION, .average = RN_MACRO_AVERAGE, .strict = true}},
    {0.5834164174144235, {.kind = RN_METRIC_SPAN_PRECISION, .average = RN_WEIGHTED_AVERAGE}},
    {0.6751152073732719, {.kind = RN_METRIC_SPAN_PRECISION, .average = RN_WEIGHTED_AVERAGE, .strict = true}},
    {0.5932203389830508, {.kind = RN_METRIC_SPAN_RECALL, .average = RN_MICRO_AVERAGE}},
    {0.6129032258064516, {.kind = RN_METRIC_SPAN_RECALL, .average = RN_MICRO_AVERAGE, .strict = true}},
    {0.6066066066066066, {.kind = RN_METRIC_SPAN_RECALL, .average = RN_MACRO_AVERAGE}},
    {0.6218487394957983, {.kind = RN_METRIC_SPAN_RECALL, .average = RN_MACRO_AVERAGE, .strict = true}},
    {0.5932203389830508, {.kind = RN_METRIC_SPAN_RECALL, .average = RN_WEIGHTED_AVERAGE}},
    {0.6129032258064516, {.kind = RN_METRIC_SPAN_RECALL, .average = RN_WEIGHTED_AVERAGE, .strict = true}},
    {0.5882352941176471, {.kind = RN_METRIC_SPAN_F1, .average = RN_MICRO_AVERAGE}},
    {0.6440677966101694, {.kind = RN_METRIC_SPAN_F1, .average = RN_MICRO_AVERAGE, .strict = true}},
    {0.5655053125772177, {.kind = RN_METRIC_SPAN_F1, .average = RN_MACRO_AVERAGE}},
    {0.6474654377880185, {.kind = RN_METRIC_SPAN_F1, .average = RN_MACRO_AVERAGE, .strict = true}},
    {0.5859506728147655, {.kind = RN_METRIC_SPAN_F1, .average = RN_WEIGHTED_AVERAGE}},
    {0.6409989594172737, {.kind = RN_METRIC_SPAN_F1, .average = RN_WEIGHTED_AVERAGE, .strict = true}},
};

static const int32_t tokens_targets[] = {
    1, 2, 2, 1, 2, 1, 2, 3, 3, 2, 0, 1, 2, 3, 0, 0, 3, 3, 3, 2, 3, 0, 1, 1, 0, 2, 3, 1, 0,
    1, 0, 1, 2, 1, 0, 1, 2, 2, 3, 0, 1, 2, 3, 3, 1, 1, 1, 0, 0, 0, 3, 3, 3, 0, 3, 0, 1, 2,
    2, 1, 1, 3, 1, 2, 1, 1, 1, 3, 3, 2, 1, 0, 3, 3, 2, 2, 2, 1, 3, 1, 3, 1, 1, 0, 0, 1, 1,
    2, 1, 1, 3, 3, 0, 0, 0, 1, 0, 3, 1, 0, 2, 1, 1, 2, 2, 0, 3, 1, 3, 3, 0, 1, 0, 1, 0, 2,
    2, 3, 1, 2, 3, 1, 2, 0, 1, 3, 0, 2, 3, 3, 1, 2, 0, 2, 3, 3, 1, 1, 3, 1, 0, 1, 2, 0, 1,
    1, 2, 1, 3, 2, 0, 1, 1, 1, 3, 3, 3, 2, 0, 1, 3, 3, 2, 1, 2, 2, 2, 1, 0, 1, 1, 2, 2, 3,
    2, 2, 3, 2, 3, 1, 3, 2, 0, 1, 2, 2, 0, 1, 0, 2, 0, 2, 1, 1, 2, 2, 2, 3, 1, 1, 3, 3, 0,
    2, 1, 2, 2, 1, 3, 2, 1, 2, 2, 1, 1, 0, 2, 3, 0, 2, 1, 3, 0, 0, 2, 3, 3, 0, 3, 2, 2, 3,
    3, 1, 0, 2, 0, 3, 2, 3
};

static const int32_t tokens_classes[] = {
    1, 3, 1, 0, 1, 1, 3, 0, 3, 2, 2, 1, 2, 1, 0, 0, 2, 3, 3, 3, 0, 0, 1, 0, 0, 2, 2, 1, 0,
    2, 0, 1, 2, 3, 0, 2, 3, 2, 3, 2, 3, 2, 3, 1, 1, 1, 3, 0, 0, 1, 0, 3, 3, 2, 0, 0, 2, 0,
    2, 0, 1, 3, 1, 3, 1, 1, 1, 3, 3, 0, 3, 0, 3, 0, 2, 3, 1, 1, 3, 1, 1, 1, 1, 2, 2, 3, 1,
    2, 1, 0, 1, 3, 0, 2, 0, 1, 2, 3, 1, 1, 3, 1, 2, 0, 2, 0, 1, 1, 3, 1, 3, 1, 0, 0, 0, 2,
    0, 3, 2, 0, 2, 1, 2, 2, 1, 3, 3, 2, 3, 3, 0, 2, 0, 1, 3, 3, 2, 1, 3, 2, 3, 1, 2, 0, 1,
    1, 0, 1, 3, 3, 1, 1, 1, 2, 3, 3, 1, 2, 0, 1, 3, 3, 2, 0, 2, 2, 2, 1, 2, 2, 0, 2, 2, 1,
    2, 2, 3, 3, 3, 1, 3, 2, 0, 1, 2, 2, 2, 1, 0, 1, 1, 2, 1, 3, 2, 1, 1, 3, 1, 1, 3, 1, 0,
    1, 1, 2, 0, 1, 3, 2, 0, 2, 2, 0, 1, 0, 2, 3, 0, 1, 3, 3, 0, 1, 0, 3, 2, 0, 3, 2, 1, 3,
    3, 1, 0, 2, 2, 3, 2, 2
};

static const int32_t tokens_lengths[] = {
    8, 12, 9, 2, 24, 19, 3, 2, 22, 8
};

static const int32_t tokens_target_lengths[] = {
    9, 14, 16, 9, 14, 24, 18, 7, 21, 7
};

static const golden_case tokens_cases[] = {
    {0.5460992907801419, {.kind = RN_METRIC_ERROR_RATE}},
    {7.7, {.kind = RN_METRIC_EDIT_DISTANCE}},
    {0.875, {.kind = RN_METRIC_ERROR_RATE, .separates = true}},
    {0.43567697369950886, {.kind = RN_METRIC_BLEU, .order = 4, .smoothing = RN_BLEU_NONE}},
    {0.5169092799840604, {.kind = RN_METRIC_BLEU, .order = 2, .smoothing = RN_BLEU_EXP}},
    {0.4725545455155115, {.kind = RN_METRIC_BLEU, .order = 3, .smoothing = RN_BLEU_ADD}},
    {0.43567697369950886, {.kind = RN_METRIC_BLEU, .order = 4, .smoothing = RN_BLEU_EXP, .effective_order = true}},
};

static const golden_bleu short_bleu[] = {
    {"1 2 3", "1 2 4 5", RN_BLEU_NONE, false, 0.0},
    {"1 2 3", "1 2 4 5", RN_BLEU_NONE, true, 0.0},
    {"1 2 3", "1 2 4 5", RN_BLEU_EXP, false, 0.0},
    {"1 2 3", "1 2 4 5", RN_BLEU_EXP, true, 0.39432237651162877},
    {"1 2 3", "1 2 4 5", RN_BLEU_ADD, false, 0.4919625503668661},
    {"1 2 3", "1 2 4 5", RN_BLEU_ADD, true, 0.4919625503668661},
    {"1 2 9 4 5", "1 2 3 4 5", RN_BLEU_NONE, false, 0.0},
    {"1 2 9 4 5", "1 2 3 4 5", RN_BLEU_NONE, true, 0.0},
    {"1 2 9 4 5", "1 2 3 4 5", RN_BLEU_EXP, false, 0.30213753973567675},
    {"1 2 9 4 5", "1 2 3 4 5", RN_BLEU_EXP, true, 0.30213753973567675},
    {"1 2 9 4 5", "1 2 3 4 5", RN_BLEU_ADD, false, 0.44721359549995787},
    {"1 2 9 4 5", "1 2 3 4 5", RN_BLEU_ADD, true, 0.44721359549995787},
    {"5 1", "1 5 1", RN_BLEU_NONE, false, 0.0},
    {"5 1", "1 5 1", RN_BLEU_NONE, true, 0.6065306597126336},
    {"5 1", "1 5 1", RN_BLEU_EXP, false, 0.0},
    {"5 1", "1 5 1", RN_BLEU_EXP, true, 0.6065306597126336},
    {"5 1", "1 5 1", RN_BLEU_ADD, false, 0.6065306597126336},
    {"5 1", "1 5 1", RN_BLEU_ADD, true, 0.6065306597126336},
    {"1 2 3 4 5 6 7", "1 2 3 4 5", RN_BLEU_NONE, false, 0.6147881529512643},
    {"1 2 3 4 5 6 7", "1 2 3 4 5", RN_BLEU_NONE, true, 0.6147881529512643},
    {"1 2 3 4 5 6 7", "1 2 3 4 5", RN_BLEU_EXP, false, 0.6147881529512643},
    {"1 2 3 4 5 6 7", "1 2 3 4 5", RN_BLEU_EXP, true, 0.6147881529512643},
    {"1 2 3 4 5 6 7", "1 2 3 4 5", RN_BLEU_ADD, false, 0.6721264400785213},
    {"1 2 3 4 5 6 7", "1 2 3 4 5", RN_BLEU_ADD, true, 0.6721264400785213},
};

static const double several_length = 18;

static const char *const several_texts[][4] = {
    {"1 2 3 4 5 6", "1 2 3 9 5 6 7", "1 2 3 4 8", "3 4 5 6"},
    {"2 2 2 7", "2 7 2 7 2", "2 2 9", NULL},
    {"5 6 7 8", "9 5 6 7 8", NULL, NULL},
};

static const golden_case several_cases[] = {
    {0.8359253812205281, {.kind = RN_METRIC_BLEU, .order = 4, .smoothing = RN_BLEU_NONE}},
    {0.9682458365518546, {.kind = RN_METRIC_BLEU, .order = 2, .smoothing = RN_BLEU_EXP}},
    {0.9269154718887614, {.kind = RN_METRIC_BLEU, .order = 3, .smoothing = RN_BLEU_ADD}},
};

#endif

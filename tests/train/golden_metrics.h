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
    0.441, -0.331, 3.181, -0.252, 0.11, 1.582, -0.909, -0.592, 0.938, -0.33, -1.193,
    -0.205, 0.391, 0.603, -1.665, -0.7, 1.901, 1.857, -1.511, 0.645, -0.981, -0.857,
    -0.872, 0.327, 0.996, 1.462, 0.059, -0.363, 0.003, -0.106, 0.793, -0.632, -0.006,
    0.649, -0.052, 0.999, 0.198, 1.335, -0.087, 1.562, -0.306, -0.478, 0.851, 0.355, 0.27,
    1.292, 1.139, 0.494, 0.414, -0.101, 1.413, 0.221, -1.311, 0.06000000000000005, -0.578,
    1.902, -0.107, 2.26, 0.657, 0.125, 0.314, 0.972, -0.241, -0.824, 0.568, 0.013, 1.189,
    0.676, -2.86, 0.789, -1.878, 1.539, 1.821, 0.323, -1.165, -1.397, 0.873, 0.548,
    -0.598, -0.243, 2.089, 0.347, 0.746, 1.5270000000000001, 1.018, 1.061, -0.71, 0.535,
    -0.761, -0.711, 1.142, 0.248, -0.079, -0.693, -0.593, 1.538, -0.445, -0.482, 0.494,
    0.5, 0.792, 0.921, -1.754, 0.63, 0.498, 1.768, -0.846, 2.521, -1.232, 0.727, 0.046,
    0.263, 0.816, -0.281, -2.336, -1.167, 0.458, 2.988, -1.481, -0.017, 1.451, 0.607,
    -0.376, -0.6719999999999999, -1.781, -0.748, -0.368, -1.499, -1.694, 0.304, -0.409,
    -0.0050000000000000044, -0.408, -0.813, 0.928, 1.64, 2.824, 0.71, 0.747, 1.463, 1.738,
    2.215, 1.212, -0.635, -1.6, 1.627, -0.094, -0.056, -0.889, -1.301
};

static const double classes_steps[] = {
    1.0, 0.25, 0.875, 0.75, 0.25, 0.125, 0.375, 0.375, 0.625, 0.875, 0.625, 0.0, 0.75,
    0.625, 0.25, 0.25, 0.75, 1.0, 0.125, 0.875, 0.625, 0.25, 0.75, 0.25, 0.5, 0.125,
    0.125, 0.75, 0.125, 0.5
};

static const int32_t classes_targets[] = {
    2, 3, 2, 1, -7, -7, 3, 0, 2, 3, 3, 0, 0, 2, 3, 2, 3, 2, 1, 0, 1, 0, 1, 2, 3, 2, 1, 1,
    1, 0
};

static const double classes_confusion[] = {
    0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.625, 0.0, 0.0, 0.0, 0.0, 0.25, 1.0, 0.0, 0.125, 4.25,
    0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
};

static const golden_case classes_cases[] = {
    {0.26, {.kind = RN_METRIC_ACCURACY}},
    {0.26, {.kind = RN_METRIC_CONFUSION, .classes = 5}},
    {0.74, {.kind = RN_METRIC_TOP, .top = 2}},
    {1.3031015229335794, {.kind = RN_METRIC_CROSS_ENTROPY}},
    {3.6806947419414993, {.kind = RN_METRIC_PERPLEXITY}},
    {1.8799781049111308, {.kind = RN_METRIC_BITS}},
    {0.34285714285714286, {.kind = RN_METRIC_PRECISION, .average = RN_AVERAGE_MACRO}},
    {0.26, {.kind = RN_METRIC_PRECISION, .average = RN_AVERAGE_MICRO}},
    {0.2914285714285714, {.kind = RN_METRIC_PRECISION, .average = RN_AVERAGE_WEIGHTED}},
    {0.0, {.kind = RN_METRIC_PRECISION, .average = RN_AVERAGE_ONE, .of_class = 0}},
    {0.34545454545454546, {.kind = RN_METRIC_RECALL, .average = RN_AVERAGE_MACRO}},
    {0.26, {.kind = RN_METRIC_RECALL, .average = RN_AVERAGE_MICRO}},
    {0.26, {.kind = RN_METRIC_RECALL, .average = RN_AVERAGE_WEIGHTED}},
    {0.0, {.kind = RN_METRIC_RECALL, .average = RN_AVERAGE_ONE, .of_class = 0}},
    {0.33508771929824566, {.kind = RN_METRIC_F1, .average = RN_AVERAGE_MACRO}},
    {0.26, {.kind = RN_METRIC_F1, .average = RN_AVERAGE_MICRO}},
    {0.2685964912280702, {.kind = RN_METRIC_F1, .average = RN_AVERAGE_WEIGHTED}},
    {0.0, {.kind = RN_METRIC_F1, .average = RN_AVERAGE_ONE, .of_class = 0}},
};

static const double binary_scores[] = {
    0.5, 0.1, 0.4, -1.9, 1.2, -0.3, 1.0, -0.1, -0.1, 0.3, -0.5, -0.2, 0.5, -0.4, -0.8,
    -0.1, 0.2, 1.1, 0.8, 0.8, -0.5, 0.9, 0.0, -0.2, 1.4, 1.1, 0.5, -1.2, -0.6, -1.2, 0.2,
    0.5, 0.9, 0.7, 0.1, 2.1, -0.5, -1.3, -0.1, 1.0, 0.2, 0.1, -0.6, 1.5, -0.6, -0.6, 0.4,
    -0.3, -0.2, 1.8, 0.1, 0.5, 0.1, -0.2, 0.8, 0.5, -0.3, -0.4, 0.4, 1.3
};

static const int32_t binary_targets[] = {
    0, 0, 1, 1, 0, 1, 0, 1, -7, 1, 1, -7, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0,
    0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 1, 0, 0, 0, 0,
    1, 1, 1
};

static const golden_case binary_cases[] = {
    {0.4311111111111111, {.kind = RN_METRIC_AUC}},
    {0.5666666666666667, {.kind = RN_METRIC_BINARY_ACCURACY, .threshold = 0}},
    {0.5333333333333333, {.kind = RN_METRIC_BINARY_ACCURACY, .threshold = 0.25}},
};

static const double errors_scores[] = {
    0.696, 1000000.899, 1.208, 1000000.693, -0.166, 1000001.353, -0.929, 999999.965, 0.86,
    999999.713, 0.715, 999999.197, -0.54, 1000000.546, 0.712, 1000001.197, -0.07,
    1000000.298, 0.626, 1000000.467, -1.303, 999999.43, 1.443, 999998.756, 0.629,
    999999.574, 1.003, 999999.222, 0.049, 999997.974, -0.042, 1000001.075, -1.501,
    1000001.186, -0.715, 999999.949, -2.775, 1000001.079, -0.876, 999999.462, -1.278,
    999999.007, 1.143, 999999.491, 0.895, 999999.824, 0.346, 999999.494, 0.427,
    1000002.589, 0.653, 1000000.506, -0.476, 1000001.011, 1.359, 999998.298, -1.38,
    1000002.102, 0.426, 1000000.129
};

static const double errors_values[] = {
    0.563, 1000001.097, 0.801, 999999.777, 2.064, 1000000.013, -0.875, 999999.443, -0.132,
    999999.621, -0.188, 1000000.315, -3.284, 999999.221, 0.95, 1000000.563, -0.681,
    999999.375, 1.14, 999999.752, -0.53, 1000001.856, -0.37, 1000000.684, -0.046,
    1000000.051, -0.947, 999999.173, 1.258, 999998.861, 0.277, 999998.806, -0.24,
    999999.963, -1.63, 1000001.135, -0.184, 1000001.215, -0.934, 1000000.912, 2.334,
    1000000.217, -0.647, 1000000.479, 0.141, 999999.79, -0.121, 999999.421, 0.424,
    999999.613, -0.857, 1000000.815, -0.166, 1000002.645, -0.249, 999999.283, -0.549,
    1000000.371, -0.697, 999998.737
};

static const double errors_steps[] = {
    0.625, 0.5, 0.625, 0.625, 0.75, 0.625, 0.25, 0.625, 0.875, 0.25, 0.5, 1.0, 0.5, 0.125,
    0.125, 0.375, 0.25, 0.375, 0.125, 0.375, 0.875, 0.625, 0.5, 0.625, 0.75, 0.125, 1.0,
    0.25, 0.375, 0.125
};

static const double errors_parts[] = {
    1.4044153846153844, 1.264923076881454, 3.035306107692308, 2.0929669229766477,
    -1.0737542683533299, -3.154563819201911, 1.742212991483047, 1.4467089973372833
};

static const golden_case errors_cases[] = {
    {1.3346692307484191, {.kind = RN_METRIC_ABSOLUTE_ERROR}},
    {2.5641365153344777, {.kind = RN_METRIC_SQUARED_ERROR}},
    {-2.1141590437776205, {.kind = RN_METRIC_R2}},
    {1.601292139284546, {.kind = RN_METRIC_ROOT_SQUARED_ERROR}},
    {500000.0860307693, {.kind = RN_METRIC_MEAN}},
};

static const int32_t spans_targets[] = {
    2, 2, 2, 4, 4, 1, 4, 2, 0, 1, 2, 4, 4, 2, 3, 2, 0, 1, 2, 3, 2, 0, 2, 5, 0, 2, 0, 3, 4,
    0, -7, 1, 4, 0, 3, 0, 1, 0, 3, 0, 1, 1, 1, 0, 2, 2, 3, 0, 2, 0, 0, 1, 2, 2, 2, 0, 1,
    2, 5, 4, 2, 4, 1, 2, 3, 0, 0, 1, 0, 0, 2, 2, 2, 2, 1, 1, 0, 0, 2, 3, 2, 4, 4, 3, 3, 0,
    2, 0, 3, 1, 0, 4, 0, 5, 3, 4, 2, 1, 2, 2, 2, 5, 0, 0, 1, 0, 1, 1, 0, 0, 2, 0, 2, 1, 4,
    1, 2, 1, 4, 1, 2, 1, 2, 2, 3, 2, 2, 2, 0, 0, 0, 4, 2, 4, 2, 0, 0, 2, 5, 3
};

static const int32_t spans_classes[] = {
    2, 2, 2, 4, 4, 1, 4, 2, 0, 1, 2, 4, 0, 2, 3, 2, 0, 1, 2, 5, 0, 0, 5, 5, 5, 2, 0, 0, 4,
    0, 3, 5, 4, 0, 3, 0, 1, 0, 3, 0, 1, 1, 2, 0, 2, 2, 3, 0, 2, 4, 0, 1, 2, 1, 0, 0, 1, 2,
    5, 4, 2, 5, 1, 2, 3, 0, 1, 1, 0, 0, 1, 2, 2, 2, 1, 1, 1, 0, 2, 3, 5, 4, 4, 3, 3, 0, 2,
    0, 3, 1, 0, 4, 5, 5, 3, 4, 2, 1, 2, 2, 2, 5, 0, 4, 1, 0, 0, 1, 1, 3, 2, 0, 2, 1, 4, 1,
    2, 1, 4, 1, 2, 1, 2, 2, 1, 2, 2, 2, 0, 0, 0, 4, 2, 4, 2, 0, 0, 2, 5, 3
};

static const int32_t spans_lengths[] = {
    14, 14, 7, 5, 3, 10, 6, 10, 7, 11
};

static const double spans_f1[] = {
    0.8787878787878787, 0.7894736842105262, 0.33333333333333337, 34.0, 21.0, 2.0
};

static const golden_case spans_cases[] = {
    {0.7796610169491526, {.kind = RN_METRIC_SPAN_PRECISION, .average = RN_AVERAGE_MICRO}},
    {0.92, {.kind = RN_METRIC_SPAN_PRECISION, .average = RN_AVERAGE_MICRO, .strict = true}},
    {0.6628676470588235, {.kind = RN_METRIC_SPAN_PRECISION, .average = RN_AVERAGE_MACRO}},
    {0.875, {.kind = RN_METRIC_SPAN_PRECISION, .average = RN_AVERAGE_MACRO, .strict = true}},
    {0.8726651186790506, {.kind = RN_METRIC_SPAN_PRECISION, .average = RN_AVERAGE_WEIGHTED}},
    {0.9178571428571428, {.kind = RN_METRIC_SPAN_PRECISION, .average = RN_AVERAGE_WEIGHTED, .strict = true}},
    {0.8070175438596491, {.kind = RN_METRIC_SPAN_RECALL, .average = RN_AVERAGE_MICRO}},
    {0.8214285714285714, {.kind = RN_METRIC_SPAN_RECALL, .average = RN_AVERAGE_MICRO, .strict = true}},
    {0.8557422969187675, {.kind = RN_METRIC_SPAN_RECALL, .average = RN_AVERAGE_MACRO}},
    {0.7651515151515151, {.kind = RN_METRIC_SPAN_RECALL, .average = RN_AVERAGE_MACRO, .strict = true}},
    {0.8070175438596491, {.kind = RN_METRIC_SPAN_RECALL, .average = RN_AVERAGE_WEIGHTED}},
    {0.8214285714285714, {.kind = RN_METRIC_SPAN_RECALL, .average = RN_AVERAGE_WEIGHTED, .strict = true}},
    {0.7931034482758621, {.kind = RN_METRIC_SPAN_F1, .average = RN_AVERAGE_MICRO}},
    {0.8679245283018867, {.kind = RN_METRIC_SPAN_F1, .average = RN_AVERAGE_MICRO, .strict = true}},
    {0.6671982987772461, {.kind = RN_METRIC_SPAN_F1, .average = RN_AVERAGE_MACRO}},
    {0.816017316017316, {.kind = RN_METRIC_SPAN_F1, .average = RN_AVERAGE_MACRO, .strict = true}},
    {0.8267438932258876, {.kind = RN_METRIC_SPAN_F1, .average = RN_AVERAGE_WEIGHTED}},
    {0.8667285095856524, {.kind = RN_METRIC_SPAN_F1, .average = RN_AVERAGE_WEIGHTED, .strict = true}},
};

static const int32_t tokens_targets[] = {
    2, 3, 3, 2, 1, 2, 2, 1, 1, 2, 1, 1, 1, 1, 0, 3, 2, 0, 2, 3, 2, 0, 3, 2, 1, 3, 1, 0, 0,
    3, 0, 3, 0, 2, 0, 2, 0, 3, 2, 3, 3, 2, 2, 3, 2, 3, 2, 3, 2, 0, 0, 3, 0, 2, 1, 3, 1, 0,
    0, 0, 2, 0, 1, 0, 0, 2, 3, 2, 1, 1, 2, 2, 2, 0, 1, 2, 3, 1, 2, 3, 1, 3, 2, 1, 2, 0, 2,
    3, 0, 2, 0, 0, 2, 2, 0, 1, 0, 2, 2, 3, 2, 3, 3, 2, 2, 0, 0, 2, 1, 0, 3, 1, 0, 0, 0, 0,
    2, 2, 0, 0, 1, 2, 1, 2, 3, 3, 2, 1, 2, 2, 1, 0, 2, 3, 1, 3, 2, 2, 0, 0, 2, 2, 0, 3, 0,
    3, 1, 1, 3, 3, 0, 2, 2, 2, 1, 1, 1, 3, 0, 0, 2, 1, 2, 2, 2, 0, 2, 1, 2, 1, 3, 3, 2, 1,
    1, 1, 0, 0, 2, 1, 0, 2, 2, 2, 0, 1, 2, 0, 1, 3, 3, 3, 1, 2, 0, 1, 2, 1, 3, 3, 1, 0, 2,
    0, 3, 2, 3, 0, 1, 3, 3, 3, 0, 1, 2, 2, 0, 3, 2, 1, 0, 0, 0, 2, 2, 2, 2, 1, 2, 2, 2, 0,
    3, 0, 2, 2, 1, 2, 3, 2
};

static const int32_t tokens_classes[] = {
    0, 1, 3, 2, 3, 2, 2, 3, 2, 2, 2, 3, 3, 0, 0, 3, 2, 0, 2, 2, 1, 0, 3, 2, 1, 0, 0, 0, 0,
    2, 1, 3, 0, 1, 0, 1, 2, 3, 2, 3, 2, 0, 1, 2, 2, 3, 1, 3, 2, 3, 0, 3, 0, 2, 3, 3, 1, 0,
    0, 3, 3, 0, 1, 3, 0, 2, 2, 2, 1, 0, 0, 2, 0, 2, 1, 2, 1, 2, 2, 0, 2, 2, 3, 0, 0, 0, 3,
    0, 0, 1, 2, 0, 2, 0, 0, 1, 3, 2, 1, 3, 1, 3, 3, 1, 2, 0, 2, 2, 1, 2, 0, 1, 0, 2, 0, 2,
    1, 2, 0, 3, 2, 2, 1, 2, 0, 3, 0, 0, 2, 0, 3, 3, 2, 0, 2, 3, 2, 2, 0, 0, 1, 2, 0, 0, 0,
    3, 2, 1, 3, 2, 1, 2, 2, 3, 1, 3, 2, 3, 0, 0, 2, 1, 2, 3, 0, 2, 1, 1, 2, 3, 0, 3, 2, 2,
    1, 1, 1, 0, 2, 0, 2, 2, 2, 2, 0, 1, 2, 0, 1, 1, 3, 3, 2, 1, 0, 0, 0, 1, 2, 1, 0, 0, 2,
    2, 3, 2, 2, 0, 1, 3, 3, 3, 0, 2, 0, 3, 2, 3, 0, 3, 1, 0, 0, 0, 2, 2, 3, 1, 1, 3, 3, 0,
    3, 1, 2, 2, 0, 2, 3, 1
};

static const int32_t tokens_lengths[] = {
    8, 3, 19, 0, 12, 10, 24, 8, 17, 18
};

static const int32_t tokens_target_lengths[] = {
    24, 23, 5, 9, 14, 6, 11, 6, 21, 14
};

static const golden_case tokens_cases[] = {
    {0.8467153284671532, {.kind = RN_METRIC_ERROR_RATE}},
    {11.6, {.kind = RN_METRIC_EDIT_DISTANCE}},
    {1.162162162162162, {.kind = RN_METRIC_ERROR_RATE, .separates = true}},
    {0.3633892888879429, {.kind = RN_METRIC_BLEU, .order = 4, .smoothing = RN_BLEU_NONE}},
    {0.5003147440166128, {.kind = RN_METRIC_BLEU, .order = 2, .smoothing = RN_BLEU_EXP}},
    {0.4344216081279477, {.kind = RN_METRIC_BLEU, .order = 3, .smoothing = RN_BLEU_ADD}},
    {0.3633892888879429, {.kind = RN_METRIC_BLEU, .order = 4, .smoothing = RN_BLEU_EXP, .effective_order = true}},
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
};

#endif

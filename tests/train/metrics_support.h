/* SPDX-License-Identifier: MIT */
/* What the tests of metrics share. */
#ifndef RN_TESTS_METRICS_SUPPORT_H
#define RN_TESTS_METRICS_SUPPORT_H

#include "nn_support.h"

#include <math.h>
#include <string.h>

#define METRIC(...) rn_metric_new((rn_metric_options){__VA_ARGS__})
#define ADD(m, ...) rn_metric_add(m, &(rn_metric_batch){__VA_ARGS__})

#endif

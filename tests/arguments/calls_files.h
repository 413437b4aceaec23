/* SPDX-License-Identifier: MIT */
/* Calls of functions on files that need more than one line. */
#ifndef RN_TEST_CALLS_FILES_H
#define RN_TEST_CALLS_FILES_H

#include <limits.h>

#include "calls_model.h"

static void model_load_using(rn_test_world *w)
{
    char text[50];
    rn_model *model = a_model(w);
    rn_load_report report = {.text = rn_test_draw(w, 2) ? text : NULL,
                             .capacity = rn_test_draw(w, 2) ? sizeof text : 0};
    const rn_load_options o = {.only = name(w),
                               .rename = rn_test_draw(w, 2) ? "*->*, a -> b" : name(w),
                               .transpose = name(w),
                               .allow_extra = axis(w) > 0,
                               .allow_missing = axis(w) > 0,
                               .report = rn_test_draw(w, 2) ? &report : NULL};
    const rn_status status = rn_model_load_using(model, path(w), o);

    cr_assert_neq(status, RN_OK);
    status_is(status, rn_model_error(model), model);
}

static void model_set_text(rn_test_world *w)
{
    rn_model *model = a_model(w);

    status_is(rn_model_set_text(model, name(w), name(w)), rn_model_error(model), model);
}

/* Two items of any size; their values are read only after the path was opened. */
static void checkpoint(rn_test_world *w, int function)
{
    int64_t numbers[3] = {0};
    double reals[3] = {0};
    char text[3] = "a", message[50] = "?";
    rn_model *model = a_model(w);
    rn_checkpoint_item item[2];
    rn_status status;

    for (int i = 0; i < 2; i++)
        item[i] = (rn_checkpoint_item){
            .name = name(w),
            .numbers = rn_test_draw(w, 2) ? numbers : NULL,
            .reals = rn_test_draw(w, 3) ? NULL : reals,
            .text = rn_test_draw(w, 3) ? NULL : text,
            .count = DRAW(w, int64_t, 0, 1, 2, 3, -1, INT64_MIN, INT64_MAX)};
    rn_checkpoint_item *items = rn_test_draw(w, 8) ? item : NULL;
    const int count = DRAW(w, int, 0, 1, 2, -1, INT_MIN);
    if (function == 0)
        status = rn_checkpoint_save(model, path(w), items, count);
    else if (function == 1)
        status = rn_checkpoint_load(model, path(w), items, count);
    else
        status = rn_checkpoint_read(path(w), items, count, message, sizeof message);
    cr_assert_neq(status, RN_OK);
    status_is(status, function == 2 ? message : rn_model_error(model), model);
}

#endif

/* SPDX-License-Identifier: MIT */
/* The caller's items in a checkpoint. */
#include "checkpoint_support.h"
#include "io_support.h"

#include <limits.h>
#include <string.h>

Test(checkpoint_items, round_trip)
{
    rn_test_directory d = rn_test_directory_new();
    rn_model *model = make(1);
    int64_t position[3] = {0};
    double losses[2] = {0};
    char text[14] = "", message[100] = "?";
    rn_checkpoint_item items[] = {
        {.name = "config", .text = text, .count = sizeof text},
        {.name = "other", .numbers = position, .count = 3, .optional = true},
        {.name = "losses", .reals = losses, .count = 2},
        {.name = "none", .reals = losses},
        {.name = "data/position", .numbers = position, .count = 3}};
    rn_checkpoint_item sizes[] = {{.name = "config"}, {.name = "losses"}, {.name = "none"}};

    save_items();
    cr_assert_eq(rn_checkpoint_read("c", sizes, 3, message, sizeof message), RN_OK, "%s",
                 message);
    cr_assert_str_empty(message);
    cr_assert(sizes[0].count == 11 && sizes[1].count == 2 && sizes[2].count == 0);
    for (int i = 0; i < 2; i++) {
        const rn_status status = i ? rn_checkpoint_load(model, "c", items, 5)
                                   : rn_checkpoint_read("c", items, 5, NULL, 0);
        cr_assert_eq(status, RN_OK, "%s", rn_model_error(model));
        cr_assert(position[0] == INT64_MIN && position[1] == -1 &&
                  position[2] == INT64_MAX);
        cr_assert(losses[0] == 0.1 && losses[1] == 0 && 1 / losses[1] < 0);
        cr_assert_str_eq(text, "a \"b\"\n\t\\\xc3\xa9");
        cr_assert(items[0].count == 11 && items[1].count == -1 && items[3].count == 0);
        memset(position, 0, sizeof position), memset(losses, 0, sizeof losses);
        items[1].count = 3;
    }
    rn_model_free(model);
    rn_test_directory_free(&d);
}

static void reading_fails(rn_checkpoint_item item, const char *want)
{
    rn_model *model = make(1);
    const rn_checkpoint_item before = item;
    rn_checkpoint_item items[] = {{.name = "none", .count = 7}, item};
    char message[200];

    cr_assert_eq(rn_checkpoint_read("c", items, 2, message, sizeof message), RN_BAD_FILE);
    cr_assert_str_eq(message, want, "%s", message);
    cr_assert(items[0].count == 7 && items[1].count == before.count, "something was set");
    cr_assert_eq(rn_checkpoint_load(model, "c", items, 2), RN_BAD_FILE);
    cr_assert_str_eq(rn_model_error(model), want, "%s", rn_model_error(model));
    rn_model_free(model);
}

Test(checkpoint_items, items_that_do_not_fit)
{
    rn_test_directory d = rn_test_directory_new();
    int64_t n[3];
    double x[3];
    char text[11];

    save_items();
    reading_fails((rn_checkpoint_item){.name = "step", .numbers = n, .count = 1},
                  "c: item \"step\": missing");
    reading_fails((rn_checkpoint_item){.name = "step"}, "c: item \"step\": missing");
    reading_fails((rn_checkpoint_item){.name = "data/position", .numbers = n, .count = 2},
                  "c: item \"data/position\": has 3 elements, not 2");
    reading_fails((rn_checkpoint_item){.name = "data/position", .reals = x, .count = 3},
                  "c: item \"data/position\": is I64, not F64");
    reading_fails((rn_checkpoint_item){.name = "losses", .numbers = n, .count = 2},
                  "c: item \"losses\": is F64, not I64");
    reading_fails((rn_checkpoint_item){.name = "config", .text = text, .count = 10},
                  "c: item \"config\": has 11 bytes, not 10");
    reading_fails((rn_checkpoint_item){.name = "config", .numbers = n, .count = 1},
                  "c: item \"config\": is a text, not an array");
    reading_fails((rn_checkpoint_item){.name = "data/position", .text = text, .count = 9},
                  "c: item \"data/position\": is an array, not a text");
    rn_test_directory_free(&d);
}

static void saving_fails(const rn_checkpoint_item *items, int count, const char *want)
{
    rn_model *model = make(1);

    cr_assert_eq(rn_checkpoint_save(model, "c", items, count), RN_INVALID, "%s", want);
    cr_assert_str_eq(rn_model_error(model), want, "%s", rn_model_error(model));
    rn_model_free(model);
}

Test(checkpoint_items, items_that_are_invalid)
{
    rn_test_directory d = rn_test_directory_new();
    int64_t n[1] = {0};
    double x[1] = {0};
    char text[3] = {'a', 'b', 'c'}, latin[2] = "\xe9", name[202];
    const rn_checkpoint_item a = {.name = "a", .numbers = n, .count = 1};
#define ITEM(...) (&(rn_checkpoint_item){__VA_ARGS__}), 1

    memset(name, 'n', 201), name[201] = 0;
    saving_fails(NULL, 1, "c: no items, but a count of 1");
    saving_fails(&a, -1, "c: no items, but a count of -1");
    saving_fails(ITEM(.numbers = n), "c: item \"\": the name is missing");
    saving_fails(ITEM(.name = "rondo.x"),
                 "c: item \"rondo.x\": the name begins with \"rondo.\"");
    saving_fails(ITEM(.name = "a\n"), "c: item \"a?\": the name has a control character");
    saving_fails((rn_checkpoint_item[]){a, a}, 2, "c: item \"a\": the name occurs twice");
    saving_fails(ITEM(.name = "a", .numbers = n, .reals = x),
                 "c: item \"a\": has more than one of numbers, reals and text");
    saving_fails(ITEM(.name = "a", .numbers = n, .count = -1),
                 "c: item \"a\": the count is negative");
    saving_fails(ITEM(.name = "a", .numbers = n, .count = INT64_MAX),
                 "c: item \"a\": the count is too large");
    saving_fails(ITEM(.name = "a", .count = 1), "c: item \"a\": has no values");
    saving_fails(ITEM(.name = "a", .text = text, .count = 3),
                 "c: item \"a\": the text does not end within its buffer");
    saving_fails(ITEM(.name = "a", .text = latin, .count = 2),
                 "c: item \"a\": the text is not UTF-8");
    rn_model *model = make(1);
    cr_assert_eq(rn_checkpoint_save(model, "c", ITEM(.name = name)), RN_INVALID);
    cr_assert_eq(rn_checkpoint_save(model, NULL, NULL, 0), RN_INVALID);
    cr_assert_str_eq(rn_model_error(model), "checkpoint_save: no path");
    cr_assert_eq(rn_checkpoint_load(model, NULL, NULL, 0), RN_INVALID);
    cr_assert_str_eq(rn_model_error(model), "checkpoint_load: no path");
    cr_assert_eq(rn_checkpoint_save(NULL, "c", NULL, 0), RN_INVALID);
    cr_assert_eq(rn_checkpoint_load(NULL, "c", NULL, 0), RN_INVALID);
    cr_assert_eq(rn_checkpoint_read(NULL, NULL, 0, NULL, 0), RN_INVALID);
    rn_graph *g = rn_graph_new();
    rn_state(rn_root(g, model), "checkpoint/x", RN_I32, rn_shape());
    cr_assert_eq(rn_checkpoint_save(model, "c", NULL, 0), RN_INVALID);
    cr_assert_str_eq(rn_model_error(model),
                     "c: variable \"checkpoint/x\": its name begins with \"checkpoint/\"");
    rn_graph_free(g);
    rn_model_free(model);
    cr_assert_eq(rn_test_directory_count(), 0);
    rn_test_directory_free(&d);
}

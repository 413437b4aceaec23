/* SPDX-License-Identifier: MIT */
/* Texts that belong to a model, and their way through files. */
#include "io_support.h"

#include <stdlib.h>
#include <string.h>

static rn_model *make(void)
{
    rn_model *model = rn_test_model(1);
    rn_graph *g = rn_graph_new();

    rn_weight(rn_root(g, model), "w", rn_shape(2), (rn_init){RN_INIT_NORMAL, 1});
    rn_graph_free(g);
    return model;
}

static void text_is(const rn_model *model, const char *key, const char *want)
{
    const char *got = rn_model_text(model, key);

    cr_assert(want ? got && !strcmp(got, want) : !got, "%s is %s", key,
              got ? got : "(null)");
}

Test(model_text, set_and_removed)
{
    rn_model *model = make();
    char text[4] = "one";

    text_is(model, "a", NULL);
    cr_assert_eq(rn_model_set_text(model, "a", text), RN_OK);
    text[0] = 'x';
    text_is(model, "a", "one");
    rn_model_set_text(model, "b", "");
    rn_model_set_text(model, "c", "three");
    rn_model_set_text(model, "a", "another");
    text_is(model, "a", "another");
    rn_model_set_text(model, "b", NULL);
    rn_model_set_text(model, "none", NULL);
    text_is(model, "b", NULL);
    text_is(model, "c", "three");
    text_is(model, NULL, NULL);
    text_is(NULL, "a", NULL);
    rn_model_free(model);
}

static void refused(const char *key, const char *text, const char *message)
{
    rn_model *model = make();

    cr_assert_eq(rn_model_set_text(model, key, text), RN_INVALID);
    cr_assert_str_eq(rn_model_error(model), message, "%s", rn_model_error(model));
    rn_model_free(model);
}

Test(model_text, refused)
{
    refused(NULL, "a", "model_set_text: no key: ");
    refused("", "a", "model_set_text: no key: ");
    refused("rondo.x", "a", "model_set_text: a reserved key: rondo.x");
    refused("checkpoint/x", "a", "model_set_text: a reserved key: checkpoint/x");
    refused("k", "\xff", "model_set_text: not UTF-8: k");
    cr_assert_eq(rn_model_set_text(NULL, "a", "b"), RN_INVALID);
}

Test(model_text, through_files)
{
    static const char words[] = "\xc3\xa9\n\"quoted\"\t\\\x1f\x7f";
    rn_test_directory d = rn_test_directory_new();
    rn_model *model = make();
    size_t bytes, again;

    rn_model_set_text(model, "words", words);
    rn_model_set_text(model, "empty", "");
    for (int i = 0; i < 2; i++) {
        rn_model *other = make();
        cr_assert_eq(
            i ? rn_checkpoint_save(model, "x", NULL, 0) : rn_model_save(model, "x"), RN_OK);
        rn_model_set_text(other, "words", "old");
        rn_model_set_text(other, "own", "kept");
        cr_assert_eq(i ? rn_checkpoint_load(other, "x", NULL, 0)
                       : rn_model_load(other, "x"),
                     RN_OK, "%s", rn_model_error(other));
        text_is(other, "words", words);
        text_is(other, "empty", "");
        text_is(other, "own", "kept");
        text_is(other, "rondo.checkpoint", NULL);
        rn_model_set_text(other, "own", NULL);
        rn_model_save(model, "x"), rn_model_save(other, "y");
        char *a = rn_test_read("x", &bytes), *b = rn_test_read("y", &again);
        cr_assert(bytes == again && !memcmp(a, b, bytes), "equal models are equal files");
        cr_assert(strstr(a + 8, "{\"__metadata__\":{\"words\":") == a + 8);
        free(a), free(b);
        rn_model_free(other);
    }
    rn_model_free(model);
    rn_test_directory_free(&d);
}

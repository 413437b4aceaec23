/* SPDX-License-Identifier: MIT */
/* Checkpoints: a run that is resumed gives the bits of one that was not stopped. */
#include "resume.h"

#include <limits.h>

/* ---- resuming ---- */

enum { SEED = 7, BEFORE = 4, AFTER = 5 };

static rn_test_run started(uint64_t seed)
{
    rn_test_run r = {.model = rn_test_model(seed)};

    rn_test_run_build(&r);
    return r;
}

/* When the checkpoint is loaded. */
typedef enum moment { BEFORE_BUILDING, BEFORE_COMPILING, AFTER_COMPILING, TRAINED } moment;

static void resume(rn_optimizer with, moment when, const rn_model *want)
{
    rn_test_run r = started(when == BEFORE_BUILDING ? SEED + 1 : SEED);
    rn_tensor loss = rn_null();

    if (when == BEFORE_BUILDING)
        cr_assert_eq(rn_test_run_load(&r, "c"), RN_OK, "%s", rn_model_error(r.model));
    loss = rn_test_run_loss(&r);
    if (when == BEFORE_COMPILING)
        cr_assert_eq(rn_test_run_load(&r, "c"), RN_OK, "%s", rn_model_error(r.model));
    r.program = rn_test_training(loss, with);
    if (when == TRAINED) rn_test_run_train(&r, 3);
    if (when >= AFTER_COMPILING)
        cr_assert_eq(rn_test_run_load(&r, "c"), RN_OK, "%s", rn_model_error(r.model));
    cr_assert_eq(r.step, BEFORE);
    rn_test_run_train(&r, AFTER);
    rn_test_same_models(want, r.model);
    rn_test_run_free(&r);
}

/* Trains, saves, goes on; and resumes at the moments whose bits are set. */
static void stop_and_resume(rn_optimizer with, unsigned moments)
{
    rn_test_run r = started(SEED);

    rn_test_run_compile(&r, with);
    rn_test_run_train(&r, BEFORE);
    rn_set_learning_rate(r.model, 0.005);
    cr_assert_eq(rn_test_run_save(&r, "c"), RN_OK, "%s", rn_model_error(r.model));
    rn_test_run_train(&r, AFTER);
    for (int when = BEFORE_BUILDING; when <= TRAINED; when++)
        if (moments >> when & 1) resume(with, (moment)when, r.model);
    rn_test_run_free(&r);
}

Test(checkpoint, resumed_runs_give_the_same_bits)
{
    rn_test_directory d = rn_test_directory_new();

    stop_and_resume(rn_sgd(0.1, 0.9), 15);
    stop_and_resume(rn_rmsprop(0.01), 15);
    stop_and_resume(rn_clipped(rn_adamw(0.01, 0.1), 0.5), 15);
    rn_test_directory_free(&d);
}

Test(checkpoint, other_optimizers)
{
    rn_test_directory d = rn_test_directory_new();
    rn_optimizer scheduled = rn_amsgrad(0.01), averaged = rn_sgd(0.01, 0.5);
    const rn_optimizer more[] = {rn_adagrad(0.1),    rn_nadam(0.01), rn_lamb(0.01, 0.1),
                                 rn_adafactor(0.01), rn_rprop(0.01), rn_asgd(0.1)};

    scheduled.schedule =
        (rn_schedule){.kind = RN_SCHEDULE_COSINE, .steps = 8, .warm_up = 2};
    scheduled.accumulate = 3;
    averaged.average = (rn_average){.kind = RN_AVERAGE_EMA, .decay = 0.75};
    stop_and_resume(scheduled, 1u << BEFORE_BUILDING | 1u << TRAINED);
    stop_and_resume(averaged, 1u << BEFORE_BUILDING | 1u << TRAINED);
    for (int i = 0; i < 6; i++) stop_and_resume(more[i], 1u << i % 4);
    rn_test_directory_free(&d);
}

/* The states of the run are there, so the above is no comparison of nothing. */
Test(checkpoint, all_variables_are_in_the_file)
{
    static const char *const names[] = {"random/counter",    "optimizer/steps",
                                        "optimizer/rate",    "optimizer/out/w/m",
                                        "optimizer/out/w/t", "rnn/layer1/state0/batch2",
                                        "norm/mean"};
    rn_test_directory d = rn_test_directory_new();
    rn_test_run r = started(SEED);
    rn__safetensors st;
    rn__fault fault = {""};

    rn_test_run_compile(&r, rn_adam(0.1));
    rn_test_run_train(&r, 2);
    cr_assert_eq(rn_test_run_save(&r, "c"), RN_OK);
    cr_assert_eq(rn_test_safetensors(&st, (rn_allocator){NULL, NULL}, "c", &fault), RN_OK,
                 "%s", fault.message);
    cr_assert_eq(st.count, (size_t)rn_model_count(r.model) + 3);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const rn__stored *stored = rn__safetensors_find(&st, names[i]);
        bool zero = true;
        cr_assert(stored && rn_model_find(r.model, names[i]), "%s", names[i]);
        for (size_t k = 0; k < stored->end - stored->begin; k++)
            if (((const char *)stored->data)[k]) zero = false;
        cr_assert(!zero, "%s", names[i]);
    }
    rn__safetensors_finish(&st);
    rn_test_run_free(&r);
    rn_test_directory_free(&d);
}

/* Another optimiser and a carried state of the model that the file does not have. */
Test(checkpoint, what_the_file_does_not_have_begins_anew)
{
    rn_test_directory d = rn_test_directory_new();
    rn_test_run r = started(SEED);
    const rn_tensor loss = rn_test_run_loss(&r);
    rn_program *other;

    r.program = rn_test_training(loss, rn_sgd(0.1, 0));
    cr_assert_eq(rn_test_run_save(&r, "c"), RN_OK);
    other = rn_test_training(loss, rn_named(rn_sgd(0.25, 0.9), "other"));
    rn_program *first = r.program;
    r.program = other;
    rn_test_run_train(&r, 1);
    cr_assert(*rn_test_values(r.model, "other/out/w/velocity") != 0);
    cr_assert_eq(rn_test_run_load(&r, "c"), RN_OK, "%s", rn_model_error(r.model));
    cr_assert(*rn_test_values(r.model, "other/out/w/velocity") == 0);
    cr_assert(*rn_test_values(r.model, "other/rate") == 0.25);
    cr_assert(*rn_test_values(r.model, "rnn/layer0/state0/batch2") == 0);
    rn_program_free(first);
    rn_test_run_free(&r);
    rn_test_directory_free(&d);
}

Test(checkpoint, equal_runs_are_equal_files)
{
    rn_test_directory d = rn_test_directory_new();
    size_t bytes[2];
    char *file[2];

    for (int i = 0; i < 2; i++) {
        rn_test_run r = started(SEED);
        if (i) cr_assert_eq(rn_test_run_load(&r, "c"), RN_OK);
        rn_test_run_compile(&r, rn_adam(0.1));
        if (!i) rn_test_run_train(&r, 2);
        cr_assert_eq(rn_test_run_save(&r, "c"), RN_OK);
        file[i] = rn_test_read("c", &bytes[i]);
        rn_test_run_free(&r);
    }
    cr_assert(bytes[0] == bytes[1] && !memcmp(file[0], file[1], bytes[0]));
    free(file[0]), free(file[1]);
    rn_test_directory_free(&d);
}

/* ---- a weight alone, from a checkpoint ---- */

Test(checkpoint, weights_alone)
{
    rn_test_directory d = rn_test_directory_new();
    rn_test_run r = started(SEED), s = started(SEED + 1);

    rn_test_run_compile(&r, rn_adam(0.1));
    rn_test_run_train(&r, 2);
    cr_assert_eq(rn_model_set_text(r.model, "words", "a\nb"), RN_OK);
    cr_assert_eq(rn_test_run_save(&r, "c"), RN_OK);
    rn_test_run_compile(&s, rn_sgd(0.1, 0));
    cr_assert_eq(rn_model_load(s.model, "c"), RN_OK, "%s", rn_model_error(s.model));
    for (int i = 0; i < rn_model_count(r.model); i++) {
        const char *name = rn_variable_name(rn_model_at(r.model, i));
        const size_t bytes =
            8 * (size_t)rn_shape_count(rn_variable_shape(rn_model_at(r.model, i)));
        if (rn_model_is_weight(r.model, i))
            cr_assert(!memcmp(rn_test_values(r.model, name), rn_test_values(s.model, name),
                              bytes),
                      "%s", name);
    }
    cr_assert(*rn_test_values(s.model, "norm/mean") ==
              *rn_test_values(r.model, "norm/mean"));
    cr_assert(!rn_model_find(s.model, "optimizer/out/w/m"));
    cr_assert_str_eq(rn_model_text(s.model, "words"), "a\nb");
    rn_test_run_free(&r);
    rn_test_run_free(&s);
    rn_test_directory_free(&d);
}

/* ---- models that do not fit ---- */

/* A model with a weight and a state. */
static rn_model *small(uint64_t seed, rn_type real, const char *weight, rn_shape shape,
                       const char *state)
{
    rn_model *model = rn_model_new_using(seed, real, (rn_allocator){NULL, NULL});
    rn_graph *g = rn_graph_new();

    if (weight) rn_weight(rn_root(g, model), weight, shape, (rn_init){RN_INIT_NORMAL, 1});
    if (state) rn_state(rn_root(g, model), state, RN_I32, rn_shape(2));
    cr_assert_str_eq(rn_graph_error(g), "");
    rn_graph_free(g);
    return model;
}

static void load_fails(rn_model *model, const char *message)
{
    const int count = rn_model_count(model);
    const rn_variable *v = rn_model_at(model, 0);
    const double before = v ? *(double *)rn_variable_data(rn_model_at(model, 0)) : 0;

    cr_assert_eq(rn_checkpoint_load(model, "c", NULL, 0), RN_BAD_FILE);
    cr_assert_str_eq(rn_model_error(model), message, "%s", rn_model_error(model));
    cr_assert_eq(rn_model_count(model), count, "something was created");
    cr_assert(!v || *(double *)rn_variable_data(rn_model_at(model, 0)) == before);
    rn_model_free(model);
}

Test(checkpoint, mismatches)
{
    rn_test_directory d = rn_test_directory_new();
    rn_model *model = small(1, RN_F64, "w", rn_shape(2, 3), "count");

    cr_assert_eq(rn_checkpoint_save(model, "c", NULL, 0), RN_OK);
    rn_model_free(model);
    load_fails(small(2, RN_F64, "w", rn_shape(2, 3), NULL),
               "c: the model's seed is 2, that of the checkpoint is 1");
    load_fails(small(1, RN_F64, "w", rn_shape(3, 2), NULL),
               "c: tensor \"w\": is f64 [2,3], the model's is f64 [3,2]");
    load_fails(small(1, RN_F64, "v", rn_shape(2, 3), NULL),
               "c: tensor \"w\": unknown parameter");
    load_fails(small(1, RN_F64, "count", rn_shape(2), NULL),
               "c: tensor \"count\": is not the same kind of variable in the model");
    load_fails(small(1, RN_F32, NULL, rn_shape(), NULL),
               "c: tensor \"w\": is f64, the model's weights are f32");
    model = small(1, RN_F64, "w", rn_shape(2, 3), NULL);
    rn_graph *g = rn_graph_new();
    rn_weight(rn_root(g, model), "more", rn_shape(2), (rn_init){RN_INIT_ZEROS, 0});
    rn_graph_free(g);
    load_fails(model, "c: tensor \"more\": missing");
    rn_test_directory_free(&d);
}

/* What a checkpoint created must agree with the graph that is built afterwards. */
Test(checkpoint, graphs_that_do_not_fit)
{
    rn_test_directory d = rn_test_directory_new();
    rn_model *model = small(1, RN_F64, "w", rn_shape(2, 3), "count"), *other;

    cr_assert_eq(rn_checkpoint_save(model, "c", NULL, 0), RN_OK);
    other = rn_test_model(5);
    cr_assert_eq(rn_checkpoint_load(other, "c", NULL, 0), RN_OK, "%s",
                 rn_model_error(other));
    rn_test_same_models(model, other);
    rn_graph *g = rn_graph_new();
    rn_weight(rn_root(g, other), "w", rn_shape(3, 3), (rn_init){RN_INIT_ZEROS, 0});
    rn_test_error_is(g, "weight: the model has another shape: w is [2,3], not [3,3]");
    rn_graph_free(g);
    g = rn_graph_new();
    rn_weight(rn_root_inference(g, other), "v", rn_shape(3), (rn_init){RN_INIT_ZEROS, 0});
    cr_assert(strstr(rn_graph_error(g), "creates no new weights"), "%s", rn_graph_error(g));
    rn_graph_free(g);
    rn_model_free(model), rn_model_free(other);
    rn_test_directory_free(&d);
}

/* ---- memory ---- */

static bool work(rn_allocator a)
{
    rn_model *model = rn_model_new_using(1, RN_F64, a), *other;
    rn_graph *g = rn_graph_new_using(a);
    rn_tensor w =
        rn_weight(rn_root(g, model), "w", rn_shape(2), (rn_init){RN_INIT_NORMAL, 1});
    rn_tensor n = rn_state(rn_root(g, model), "n", RN_I32, rn_shape());
    int64_t step = 3;
    rn_checkpoint_item item = {.name = "step", .numbers = &step, .count = 1};
    rn_status status = RN_NO_MEMORY;

    if (!rn_is_null(w) && !rn_is_null(n)) status = rn_model_set_text(model, "key", "text");
    if (status == RN_OK) status = rn_checkpoint_save(model, "c", &item, 1);
    other = status == RN_OK ? rn_model_new_using(2, RN_F64, a) : NULL;
    if (status == RN_OK && !other) status = RN_NO_MEMORY;
    if (status == RN_OK) status = rn_model_set_text(other, "own", "text");
    if (status == RN_OK) {
        status = rn_checkpoint_load(other, "c", &item, 1);
        cr_assert_eq(rn_model_count(other), status == RN_OK ? 2 : 0);
        cr_assert_eq(rn_model_text(other, "key") != NULL, status == RN_OK);
        cr_assert_str_eq(rn_model_text(other, "own"), "text");
    }
    cr_assert(status == RN_OK || status == RN_NO_MEMORY, "%s", rn_model_error(other));
    rn_graph_free(g);
    rn_model_free(model), rn_model_free(other);
    return status == RN_OK;
}

Test(checkpoint, every_allocation_may_fail)
{
    rn_test_directory d = rn_test_directory_new();

    rn_test_each_failure(work);
    rn_test_directory_free(&d);
}

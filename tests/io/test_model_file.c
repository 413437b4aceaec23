/* SPDX-License-Identifier: MIT */
/* Saving and loading models. */
#include "io_support.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A model with weights a [2,3] and in/b [4], and a state. */
static rn_model *make(uint64_t seed, rn_type real)
{
    rn_model *model = rn_model_new_using(seed, real, (rn_allocator){NULL, NULL});
    rn_graph *g = rn_graph_new();
    const rn_scope s = rn_root(g, model);
    const rn_init normal = {RN_INIT_NORMAL, 1};

    rn_weight(rn_scope_in(s, "in"), "b", rn_shape(4), normal);
    rn_state(s, "count", RN_I32, rn_shape());
    rn_weight(s, "a", rn_shape(2, 3), normal);
    cr_assert_str_eq(rn_graph_error(g), "");
    rn_graph_free(g);
    return model;
}

static bool same(const rn_model *x, const rn_model *y)
{
    return !memcmp(rn_test_values(x, "a"), rn_test_values(y, "a"), 48) &&
           !memcmp(rn_test_values(x, "in/b"), rn_test_values(y, "in/b"), 32);
}

Test(model_file, round_trip)
{
    rn_test_directory d = rn_test_directory_new();
    rn_model *x = make(1, RN_F64), *y = make(2, RN_F64);
    const int32_t count = 5;

    rn_model_set(y, "count", &count, sizeof count);
    cr_assert(!same(x, y));
    cr_assert_eq(rn_model_save(x, "model.safetensors"), RN_OK, "%s", rn_model_error(x));
    cr_assert_eq(rn_model_load(y, "model.safetensors"), RN_OK, "%s", rn_model_error(y));
    cr_assert(same(x, y));
    cr_assert_eq(*(int32_t *)rn_variable_data(rn_model_find(y, "count")), 5,
                 "states stay as they are");
    cr_assert_eq(rn_test_directory_count(), 1);
    rn_model_free(x);
    rn_model_free(y);
    rn_test_directory_free(&d);
}

Test(model_file, equal_models_are_equal_files)
{
    rn_test_directory d = rn_test_directory_new();
    rn_model *x = make(1, RN_F32), *y = make(1, RN_F32);
    size_t one, other;

    cr_assert_eq(rn_model_save(x, "x"), RN_OK);
    cr_assert_eq(rn_model_save(y, "y"), RN_OK);
    cr_assert_eq(rn_model_save(x, "x"), RN_OK, "over an old one");
    char *a = rn_test_read("x", &one), *b = rn_test_read("y", &other);
    cr_assert(one == other && !memcmp(a, b, one));
    free(a);
    free(b);
    rn_model_free(x);
    rn_model_free(y);
    rn_test_directory_free(&d);
}

/* ---- files that do not fit the model ---- */

#define F64(name, shape, begin, end)                                                       \
    "\"" name "\":{\"dtype\":\"F64\",\"shape\":" shape ",\"data_offsets\":[" #begin        \
    "," #end "]}"

static void load_fails(const char *header, size_t bytes, const char *message)
{
    static const char zeros[200] = {0};
    rn_model *model = make(1, RN_F64), *untouched = make(1, RN_F64);

    rn_test_write_safetensors("m", header, zeros, bytes);
    cr_assert_eq(rn_model_load(model, "m"), RN_BAD_FILE);
    cr_assert_str_eq(rn_model_error(model), message, "%s", rn_model_error(model));
    cr_assert(same(model, untouched), "something was loaded");
    rn_model_free(model);
    rn_model_free(untouched);
}

Test(model_file, mismatches)
{
    rn_test_directory d = rn_test_directory_new();

    load_fails("{" F64("a", "[2,3]", 0, 48) "," F64("x", "[4]", 48, 80) "}", 80,
               "m: tensor \"x\": unknown parameter");
    load_fails("{" F64("a", "[2,3]", 0, 48) "," F64("in/b", "[4]", 48, 80) "," F64(
                   "rnn/x\\n", "[]", 80, 88) "}",
               88, "m: tensor \"rnn/x?\": unknown parameter");
    load_fails("{" F64("a", "[2,3]", 0, 48) "}", 48, "m: tensor \"in/b\": missing");
    load_fails("{}", 0, "m: tensor \"in/b\": missing");
    load_fails("{" F64("a", "[3,2]", 0, 48) "," F64("in/b", "[4]", 48, 80) "}", 80,
               "m: tensor \"a\": is [3,2], the model's is [2,3]");
    load_fails("{" F64("a", "[2,3]", 0, 48) ",\"in/b\":{\"dtype\":\"F32\",\"shape\":[4],"
                                            "\"data_offsets\":[48,64]}}",
               64, "m: tensor \"in/b\": is f32, the model's is f64");
    load_fails("{\"count\":{\"dtype\":\"I32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4,
               "m: tensor \"count\": unknown parameter");
    rn_test_directory_free(&d);
}

Test(model_file, failures)
{
    rn_test_directory d = rn_test_directory_new();
    rn_model *model = make(1, RN_F64);

    cr_assert_eq(rn_model_load(model, "none"), RN_IO);
    cr_assert_str_eq(rn_model_error(model),
                     "none: cannot be opened: No such file or directory");
    cr_assert_eq(rn_model_save(model, "no/where"), RN_IO);
    cr_assert_str_eq(rn_model_error(model),
                     "no/where: cannot be written: No such file or directory");
    cr_assert_eq(rn_model_load(model, NULL), RN_INVALID);
    cr_assert_eq(rn_model_save(model, NULL), RN_INVALID);
    rn_test_write("text", "a text that is longer than eight bytes", 38);
    cr_assert_eq(rn_model_load(model, "text"), RN_BAD_FILE);
    rn_model_free(model);
    rn_test_directory_free(&d);
}

/* An allocator that gives no more than a few bytes at a time. */
static void *give_little(void *user, void *memory, size_t bytes)
{
    (void)user;
    if (bytes > 100000) return NULL;
    if (bytes) return realloc(memory, bytes);
    free(memory);
    return NULL;
}

/* A file of 3 GB with other weights is refused by its header. */
Test(model_file, weights_are_compared_before_they_are_read)
{
    rn_test_directory d = rn_test_directory_new();
    rn_model *model = rn_model_new_using(1, RN_F64, (rn_allocator){give_little, NULL});
    static const char header[] = "{" F64("x", "[375000000]", 0, 3000000000) "}";

    rn_graph *g = rn_graph_new();
    rn_linear(rn_root(g, model), "out", rn_input(g, "x", RN_F64, rn_shape(1, 3)), 2);
    rn_graph_free(g);
    rn_test_write_safetensors("m", header, "", 0);
    cr_assert(!truncate("m", 8 + (off_t)strlen(header) + 3000000000));
    cr_assert_eq(rn_model_load(model, "m"), RN_BAD_FILE);
    cr_assert_str_eq(rn_model_error(model), "m: tensor \"x\": unknown parameter");
    rn_model_free(model);
    rn_test_directory_free(&d);
}

/* ---- a whole life ---- */

static rn_tensor network(rn_scope s, rn_tensor x)
{
    rn_sequence y = rn_gru(s, "rnn", x, (rn_recurrent_options){.units = 4, .layers = 2});

    return rn_linear(s, "out", y.last, 3);
}

/* What a network gives is the same after its weights went through a file into another
 * model, made with another seed. */
Test(model_file, a_network)
{
    rn_test_directory d = rn_test_directory_new();
    double values[2][6];

    for (int i = 0; i < 2; i++) {
        rn_model *model = rn_test_model((uint64_t)i);
        rn_graph *g = rn_graph_new();
        rn_tensor x = rn_fill(g, RN_F64, rn_shape(5, 2, 3), 0.25);
        rn_tensor y = network(rn_root(g, model), x);
        if (i == 0) {
            rn_program *p = rn_test_training(rn_sum_all(rn_square(y)), rn_adam(0.1));
            rn_test_run_once(p);
            rn_program_free(p);
            cr_assert_eq(rn_model_save(model, "m"), RN_OK, "%s", rn_model_error(model));
        } else {
            cr_assert_eq(rn_model_load(model, "m"), RN_OK, "%s", rn_model_error(model));
        }
        rn_test_value_f64(y, values[i]);
        rn_graph_free(g);
        rn_model_free(model);
    }
    cr_assert(!memcmp(values[0], values[1], sizeof values[0]));
    rn_test_directory_free(&d);
}

/* ---- into a model that was trained ---- */

static int32_t count_of(const rn_model *model, const char *name)
{
    rn_variable *v = rn_model_find(model, name);

    cr_assert(v, "%s", name);
    return *(int32_t *)rn_variable_data(v);
}

/* What belongs to the old weights goes: training is then what it is from the file. */
Test(model_file, moments_counts_and_states_begin_anew)
{
    rn_test_directory d = rn_test_directory_new();
    rn_model *model = rn_test_model(1);
    rn_graph *g = rn_graph_new();
    const rn_scope s = rn_root(g, model);
    rn_tensor x = rn_fill(g, RN_F64, rn_shape(3, 2, 3), 0.25);
    rn_sequence y =
        rn_gru(s, "rnn", x, (rn_recurrent_options){.units = 4, .stateful = true});
    rn_program *p = rn_test_training(rn_sum_all(rn_square(y.last)), rn_adam(0.1));
    rn_program *q = rn_test_training(rn_sum_all(y.last), rn_named(rn_sgd(0.1, 0.9), "sgd"));
    double first[12], again[12];

    cr_assert_eq(rn_model_save(model, "m"), RN_OK);
    rn_test_run_once(p);
    memcpy(first, rn_test_values(model, "rnn/layer0/r/w"), sizeof first);
    rn_test_run_once(q), rn_test_run_once(p);
    rn_set_learning_rate_of(model, "sgd", 0.5);
    cr_assert_eq(rn_model_load(model, "nothing"), RN_IO);
    cr_assert(rn_test_values(model, "rnn/layer0/state0/batch2")[0] != 0);
    cr_assert_eq(count_of(model, "optimizer/steps"), 2, "a failed one changes nothing");

    cr_assert_eq(rn_model_load(model, "m"), RN_OK, "%s", rn_model_error(model));
    cr_assert(rn_test_values(model, "rnn/layer0/state0/batch2")[0] == 0);
    cr_assert(rn_test_values(model, "optimizer/rnn/layer0/r/w/m")[0] == 0);
    cr_assert(rn_test_values(model, "sgd/rnn/layer0/r/w/velocity")[0] == 0);
    cr_assert_eq(count_of(model, "optimizer/rnn/layer0/r/w/t"), 0);
    cr_assert_eq(rn_training_of(model).steps, 0);
    cr_assert(*rn_test_values(model, "sgd/rate") == 0.5, "rates are not the weights'");
    rn_test_run_once(p);
    memcpy(again, rn_test_values(model, "rnn/layer0/r/w"), sizeof again);
    cr_assert(!memcmp(first, again, sizeof first));
    rn_program_free(p), rn_program_free(q);
    rn_graph_free(g);
    rn_model_free(model);
    rn_test_directory_free(&d);
}

static bool work(rn_allocator a)
{
    rn_model *model = rn_model_new_using(1, RN_F64, a);
    rn_graph *g = rn_graph_new_using(a);
    rn_tensor w =
        rn_weight(rn_root(g, model), "w", rn_shape(2), (rn_init){RN_INIT_NORMAL, 1});
    rn_status status = RN_NO_MEMORY;

    if (!rn_is_null(w)) status = rn_model_save(model, "m");
    if (status == RN_OK) status = rn_model_load(model, "m");
    cr_assert(status == RN_OK || status == RN_NO_MEMORY);
    rn_graph_free(g);
    rn_model_free(model);
    return status == RN_OK;
}

Test(model_file, every_allocation_may_fail)
{
    rn_test_directory d = rn_test_directory_new();

    rn_test_each_failure(work);
    cr_assert_eq(rn_test_directory_count(), 1);
    rn_test_directory_free(&d);
}

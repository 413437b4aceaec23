/* SPDX-License-Identifier: MIT */
/* Checkpoints that are damaged or malformed. */
#include "checkpoint_support.h"
#include "io_support.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Loads into a model with another weight, which must stay; returns the message. */
static const char *loading_fails(rn_model *model)
{
    const double before = *rn_test_values(model, "w");
    int64_t n[3] = {5, 5, 5};
    rn_checkpoint_item item = {.name = "data/position", .numbers = n, .count = 3};

    cr_assert_eq(rn_checkpoint_load(model, "c", &item, 1), RN_BAD_FILE);
    cr_assert(*rn_test_values(model, "w") == before && n[0] == 5 && n[2] == 5);
    cr_assert_eq(rn_model_count(model), 1);
    return rn_model_error(model);
}

/* Every byte counts: a bit of every other one is changed. */
Test(checkpoint_damaged, every_changed_byte)
{
    rn_test_directory d = rn_test_directory_new();
    rn_model *model = make(1);
    const double other[2] = {3, 4};
    size_t bytes;

    save_items();
    rn_model_set(model, "w", other, sizeof other);
    char *content = rn_test_read("c", &bytes);
    const int file = open("c", O_WRONLY);
    for (size_t i = 0; i < bytes; i += 2) {
        const char changed = (char)(content[i] ^ 1 << i / 2 % 7);
        cr_assert_eq(pwrite(file, &changed, 1, (off_t)i), 1);
        const char *message = loading_fails(model);
        cr_assert(!strncmp(message, "c: ", 3) && message[3], "%s", message);
        cr_assert_eq(pwrite(file, &content[i], 1, (off_t)i), 1);
    }
    cr_assert(!ftruncate(file, (off_t)bytes - 1));
    loading_fails(model);
    cr_assert_eq(pwrite(file, content + bytes - 1, 2, (off_t)bytes - 1), 2);
    loading_fails(model);
    close(file);
    free(content);
    rn_model_free(model);
    rn_test_directory_free(&d);
}

/* Changes one byte of the saved file, the first of `text` plus `offset`. */
static void damage(const char *text, size_t offset, char to, const char *want)
{
    rn_model *model = make(1);
    size_t bytes;

    save_items();
    char *file = rn_test_read("c", &bytes), *at = file;
    while (at < file + bytes && strncmp(at, text, strlen(text))) at++;
    cr_assert(at < file + bytes);
    at[offset] = to;
    rn_test_write("c", file, bytes);
    const char *message = loading_fails(model);
    cr_assert_str_eq(message, want, "%s", message);
    cr_assert_eq(rn_model_load(model, "c"), RN_BAD_FILE);
    free(file);
    rn_model_free(model);
}

Test(checkpoint_damaged, messages_of_damaged_files)
{
    static const char header[] = "c: the header or the table of checksums is damaged";
    rn_test_directory d = rn_test_directory_new();
    const double last[2] = {0.1, -0.0};

    damage("config\":\"a", 9, 'b', header);
    damage("[3],\"data", 8, 'x',
           "c: tensor \"checkpoint/data/position\": a member that is not dtype, shape or "
           "data_offsets");
    damage("\"w\"", 1, 'v', header);
    damage("point\":\"1:", 8, '2', "c: is a checkpoint of another version, or damaged");
    damage("point\":\"1:", 10, 'x', header);
    damage("rondo.checkpoint", 0, 'R', "c: is a safetensors file, but not a checkpoint");
    damage((const char *)last, 0, 1,
           "c: tensor \"checkpoint/losses\": is damaged: its checksum differs");
    rn_test_directory_free(&d);
}

/* ---- sealed files that are no checkpoints ---- */

static const int64_t seed = 1;
static int64_t table[18];
static const double values[2] = {1, 2};

/* Writes a sealed file of these arrays and the table, and loads it. */
static void sealed(const rn__stored *array, const int64_t *kind, size_t count,
                   const char *want)
{
    rn_model *model = make(1);
    rn__stored stored[6];
    int64_t kinds[6] = {0};
    rn__fault fault = {""};
    const rn__seal seal = {NULL, 0, kinds, table};

    memcpy(stored, array, count * sizeof *array);
    memcpy(kinds, kind, count * sizeof *kind);
    stored[count] = (rn__stored){
        "checkpoint/rondo.table", RN__I64, {2, {(int64_t)count + 1, 3}}, 0, 0, table};
    kinds[count] = -1;
    cr_assert_eq(rn__safetensors_write((rn_allocator){NULL, NULL}, "c", stored, count + 1,
                                       &seal, &fault),
                 RN_OK, "%s", fault.message);
    cr_assert_eq(rn_checkpoint_load(model, "c", NULL, 0), *want ? RN_BAD_FILE : RN_OK);
    cr_assert_str_eq(rn_model_error(model), want, "%s", rn_model_error(model));
    rn_model_free(model);
}

#define A_SEED                                                                             \
    {                                                                                      \
        "checkpoint/rondo.seed", RN__I64, {0, {0}}, 0, 0, &seed                            \
    }
#define A_WEIGHT                                                                           \
    {                                                                                      \
        "w", RN_F64, {1, {2}}, 0, 0, values                                                \
    }

Test(checkpoint_damaged, malformed)
{
    rn_test_directory d = rn_test_directory_new();
    const rn__stored good[] = {A_SEED, A_WEIGHT};
    const rn__stored long_seed[] = {
        {"checkpoint/rondo.seed", RN__I64, {1, {2}}, 0, 0, values}, A_WEIGHT};
    const rn__stored half[] = {A_SEED, {"w", RN__F16, {1, {2}}, 0, 0, values}};
    const rn__stored more[] = {A_SEED, A_WEIGHT, {"a\n", RN_F64, {1, {1}}, 0, 0, values}};
    const rn__stored unnamed[] = {A_SEED, A_WEIGHT, {"", RN_F64, {1, {1}}, 0, 0, values}};

    sealed(good, (int64_t[]){-1, 0}, 2, "");
    sealed(good + 1, (int64_t[]){0}, 1, "c: the seed is missing");
    sealed(long_seed, (int64_t[]){-1, 0}, 2, "c: the seed is missing");
    sealed(good, (int64_t[]){-1, 1}, 2,
           "c: tensor \"w\": is not the same kind of variable in the model");
    sealed(good, (int64_t[]){-1, -1}, 2, "c: tensor \"w\": is not a variable");
    sealed(good, (int64_t[]){-1, INT64_MIN}, 2, "c: tensor \"w\": is not a variable");
    sealed(good, (int64_t[]){-1, 99}, 2, "c: tensor \"w\": is not a variable");
    sealed(half, (int64_t[]){-1, 0}, 2, "c: tensor \"w\": is not a variable");
    sealed(more, (int64_t[]){-1, 0, 2}, 3,
           "c: tensor \"a?\": the name has a control character");
    sealed(unnamed, (int64_t[]){-1, 0, 2}, 3, "c: tensor \"\": the name is missing");
    rn_test_directory_free(&d);
}

Test(checkpoint_damaged, without_a_table)
{
    static const char header[] =
        RN__SEAL_MARK "0000000000000000\"},\"w\":{\"dtype\":\"F64\",\"shape\":[2],"
                      "\"data_offsets\":[0,16]}}";
    rn_test_directory d = rn_test_directory_new();
    rn_model *model = make(1);

    rn_test_write_safetensors("c", header, values, 16);
    cr_assert_eq(rn_checkpoint_load(model, "c", NULL, 0), RN_BAD_FILE);
    cr_assert_str_eq(rn_model_error(model), "c: the table of checksums is missing");
    cr_assert_eq(rn_model_load(model, "c"), RN_BAD_FILE);
    cr_assert_eq(rn_model_save(model, "c"), RN_OK);
    cr_assert_eq(rn_checkpoint_load(model, "c", NULL, 0), RN_BAD_FILE);
    cr_assert_str_eq(rn_model_error(model),
                     "c: is a safetensors file, but not a checkpoint");
    cr_assert_eq(rn_checkpoint_load(model, "none", NULL, 0), RN_IO);
    rn_model_free(model);
    rn_test_directory_free(&d);
}

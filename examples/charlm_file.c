/* SPDX-License-Identifier: MIT */
/*
 * Files of charlm: the weights as safetensors, and beside them what it takes to build the
 * network again, as text:
 *
 *   charlm 1
 *   cell lstm
 *   layers 2
 *   hidden 192
 *   embed 64
 *   bytes 3  10 32 97         the vocabulary
 */
#include "charlm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- writing ---- */

static void write_network(const network *n, FILE *file)
{
    fprintf(file, "charlm 1\ncell %s\nlayers %lld\nhidden %lld\nembed %lld\nbytes %d ",
            n->cell, (long long)n->layers, (long long)n->hidden, (long long)n->embed,
            n->vocabulary.size - 1);
    for (int i = 1; i < n->vocabulary.size; i++)
        fprintf(file, " %d", n->vocabulary.byte[i]);
    fputc('\n', file);
}

static bool save_network(const network *n, const char *path)
{
    char *content = NULL, why[600];
    size_t bytes = 0;
    FILE *file = open_memstream(&content, &bytes);

    if (!file) return complain("out of memory");
    write_network(n, file);
    bool ok = !ferror(file);
    ok = fclose(file) == 0 && ok;
    if (!ok)
        complain("out of memory");
    else if (rn_file_write(path, content, bytes, why, sizeof why) != RN_OK)
        ok = complain("%s", why);
    free(content);
    return ok;
}

bool network_save(const network *n, rn_model *model, const char *name)
{
    char *weights = output_path(name, WEIGHTS), *rest = output_path(name, SETTINGS);
    bool ok = weights && rest;

    if (ok && rn_model_save(model, weights) != RN_OK)
        ok = complain("%s", rn_model_error(model));
    if (ok) ok = save_network(n, rest);
    free(weights);
    free(rest);
    return ok;
}

bool network_say(const char *name)
{
    char *weights = output_path(name, WEIGHTS), *rest = output_path(name, SETTINGS);
    const bool ok = weights && rest;

    if (ok) printf("model     %s and %s\n", weights, rest);
    free(weights);
    free(rest);
    return ok;
}

/* ---- reading ---- */

static bool read_size(FILE *file, const char *format, int64_t most, int64_t *to)
{
    long long value;

    if (fscanf(file, format, &value) != 1 || value < 1 || value > most) return false;
    *to = value;
    return true;
}

static bool read_vocabulary(FILE *file, vocabulary *v)
{
    int64_t count;

    if (!read_size(file, " bytes %lld", BYTES, &count)) return false;
    *v = (vocabulary){.size = 1};
    for (int64_t i = 0; i < count; i++) {
        int byte;
        if (fscanf(file, "%d", &byte) != 1 || byte < 0 || byte >= BYTES) return false;
        if (v->code[byte]) return false;
        v->code[byte] = v->size;
        v->byte[v->size++] = (unsigned char)byte;
    }
    return true;
}

static bool parse(network *n, FILE *file)
{
    int version;

    *n = (network){.cell = ""};
    return fscanf(file, "charlm %d cell %7s", &version, n->cell) == 2 && version == 1 &&
           (!strcmp(n->cell, "rnn") || !strcmp(n->cell, "lstm") ||
            !strcmp(n->cell, "gru")) &&
           read_size(file, " layers %lld", RN_LAYERS_MAX, &n->layers) &&
           read_size(file, " hidden %lld", 65536, &n->hidden) &&
           read_size(file, " embed %lld", 65536, &n->embed) &&
           read_vocabulary(file, &n->vocabulary) && fscanf(file, " %*c") == EOF;
}

bool network_parse(network *n, const char *path)
{
    FILE *file = fopen(path, "r");
    const bool ok = file && parse(n, file);

    if (file) fclose(file);
    return ok;
}

bool network_read(network *n, const char *path)
{
    char *rest = output_path(path, SETTINGS);

    if (!rest) return false;
    bool ok = network_parse(n, rest);
    if (!ok && access(rest, R_OK) != 0)
        complain("%s, which belongs to %s: %s", rest, path, strerror(errno));
    else if (!ok)
        complain("%s: not the text that charlm writes beside its weights", rest);
    free(rest);
    return ok;
}

/* SPDX-License-Identifier: MIT */
/*
 * What it takes to build the network again, as a text beside the weights:
 *
 *   charlm 2
 *   cell lstm
 *   layers 2
 *   hidden 192
 *   embed 64
 *   tokens 98
 *
 * The weights are saved by rn_fit, and the vocabulary is among the model's texts.
 */
#include "charlm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- writing ---- */

bool network_save(const network *n, const char *name)
{
    char *path = output_path(name, SETTINGS), content[256], why[600];

    if (!path) return false;
    snprintf(content, sizeof content,
             "charlm 2\ncell %s\nlayers %lld\nhidden %lld\nembed %lld\ntokens %lld\n",
             n->cell, (long long)n->layers, (long long)n->hidden, (long long)n->embed,
             (long long)n->tokens);
    bool ok = rn_file_write(path, content, strlen(content), why, sizeof why) == RN_OK ||
              complain("%s", why);
    free(path);
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

static bool parse(network *n, FILE *file)
{
    int version;

    *n = (network){.cell = ""};
    return fscanf(file, "charlm %d cell %7s", &version, n->cell) == 2 && version == 2 &&
           (!strcmp(n->cell, "rnn") || !strcmp(n->cell, "lstm") ||
            !strcmp(n->cell, "gru")) &&
           read_size(file, " layers %lld", RN_LAYERS_MAX, &n->layers) &&
           read_size(file, " hidden %lld", 65536, &n->hidden) &&
           read_size(file, " embed %lld", 65536, &n->embed) &&
           read_size(file, " tokens %lld", BYTES + 1, &n->tokens) &&
           fscanf(file, " %*c") == EOF;
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

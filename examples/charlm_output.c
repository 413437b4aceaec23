/* SPDX-License-Identifier: MIT */
/*
 * The names of the files that charlm writes, and whether it may write them, which is
 * checked before training. The text that it learns from is never overwritten, and a file
 * that charlm did not write only with --force.
 */
#include "charlm.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const endings[OUTPUTS] = {".safetensors", ".txt", ".svg",
                                             "-checkpoint.safetensors"};

char *output_path(const char *name, output which)
{
    const char *const cut = endings[WEIGHTS], *const end = endings[which];
    size_t length = strlen(name);
    char *path = (char *)malloc(length + strlen(end) + 1);

    if (!path) {
        complain("out of memory");
        return NULL;
    }
    if (length > strlen(cut) && strcmp(name + length - strlen(cut), cut) == 0)
        length -= strlen(cut);
    memcpy(path, name, length);
    strcpy(path + length, end);
    return path;
}

/* ---- files that charlm made ---- */

/* Whether the file contains these words between the offsets `from` and `most`. */
static bool has(const char *path, long from, const char *words, size_t most, bool anywhere)
{
    FILE *file = fopen(path, "rb");
    char *content = (char *)calloc(1, most + 1);
    bool found = false;

    if (file && content && !fseek(file, from, SEEK_SET) &&
        fread(content, 1, most, file) > 0)
        found = anywhere ? strstr(content, words) != NULL
                         : strncmp(content, words, strlen(words)) == 0;
    free(content);
    if (file) fclose(file);
    return found;
}

static bool made(output which, const char *path)
{
    network n;

    switch (which) {
    case WEIGHTS:
    case CHECKPOINT: /* the header comes after its size, and has the model's texts */
        return has(path, 8, "\"vocabulary/" VOCABULARY "\"", 1 << 16, true);
    case SETTINGS:
        return network_parse(&n, path);
    case PICTURE:
        return has(path, 0, "<?xml", 8, false) &&
               has(path, 0, ">" CURVE_TITLE "<", 1 << 20, true);
    }
    return false;
}

/* ---- the check ---- */

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* `seen` lists the files with earlier names. */
static bool check(const settings *s, output which, const char *path, struct stat *seen,
                  bool *exists)
{
    struct stat input;
    char why[600];

    exists[which] = stat(path, &seen[which]) == 0;
    if (exists[which] && stat(s->text, &input) == 0 && same_file(&seen[which], &input))
        return complain("%s is the text to learn from, and --out %s would write over it: "
                        "choose another name with --out",
                        path, s->out);
    for (int i = 0; exists[which] && i < (int)which; i++)
        if (exists[i] && same_file(&seen[which], &seen[i]))
            return complain(
                "%s is the same file as the one that ends in %s: choose another "
                "name with --out",
                path, endings[i]);
    if (rn_file_check(path, why, sizeof why) != RN_OK)
        return complain("%s: choose another name with --out", why);
    if (!exists[which] || s->force || made(which, path)) return true;
    return complain(
        "%s is there already, and charlm cannot tell that it made it: move it away, "
        "choose another name with --out, or write over it with --force",
        path);
}

bool outputs_check(const settings *s)
{
    struct stat seen[OUTPUTS];
    bool exists[OUTPUTS] = {false}, ok = true;

    for (int i = 0; i < OUTPUTS && ok; i++) {
        char *path = output_path(s->out, (output)i);
        ok = path && check(s, (output)i, path, seen, exists);
        free(path);
    }
    return ok;
}

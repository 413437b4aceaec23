/* SPDX-License-Identifier: MIT */
/* Cuts files into pieces of a few lines. */
#include "textclass.h"

#include <stdlib.h>
#include <string.h>

enum { LINES = 2, SHORTEST = 8 };
const char *const language[LANGUAGES] = {"C", "Python", "shell", "Markdown", "Meson"};
static const char *const ending[LANGUAGES] = {".c .h", ".py", ".sh", ".md", "meson.build"};

/* The next lines that are not empty, at most STEPS characters. False at the end. Listings
 * in Markdown are other languages, so they are left out. */
static bool next_piece(const char **at, bool markdown, piece *p)
{
    bool listing = false;
    int lines = 0;

    *p = (piece){.at = NULL};
    while (**at && lines < LINES) {
        const char *line = *at;
        const size_t length = strcspn(line, "\n"), blank = strspn(line, " ");
        const bool fence = markdown && strncmp(line + blank, "```", 3) == 0;
        if (fence && lines > 0) break;
        *at += length + (line[length] == '\n');
        if (fence) listing = !listing;
        if (fence || listing || length == blank) {
            if (lines > 0) break;
            continue;
        }
        if (lines++ == 0) p->at = line;
        p->length = (int)(line + length - p->at);
    }
    if (p->length > STEPS) p->length = STEPS;
    return lines > 0;
}

static bool cut(pieces *all, int label, const page *file)
{
    piece **to = file->held ? &all->held[label] : &all->learn[label], p;
    int *count = file->held ? &all->helds[label] : &all->learns[label];
    const char *at = file->bytes;

    while (next_piece(&at, label == MARKDOWN, &p)) {
        /* Room is doubled at each power of two. */
        if ((*count & (*count - 1)) == 0) {
            piece *more = (piece *)realloc(*to, ((size_t)*count * 2 + 1) * sizeof *more);
            if (!more) return complain("out of memory");
            *to = more;
        }
        if (p.length >= SHORTEST) (*to)[(*count)++] = p;
    }
    return true;
}

bool pieces_read(pieces *all, const settings *s)
{
    *all = (pieces){.files = {.count = 0}};
    bool ok = library_read(&all->files, s->data, ".c .h .py .sh .md meson.build");

    for (int i = 0; i < all->files.count && ok; i++)
        for (int k = 0; k < LANGUAGES && ok; k++)
            if (has_ending(all->files.at[i].path, ending[k]))
                ok = cut(all, k, &all->files.at[i]);
    for (int k = 0; k < LANGUAGES && ok; k++)
        if (!all->learns[k] || !all->helds[k])
            ok = complain("%s: too few files that end in %s: some are held out", s->data,
                          ending[k]);
    return ok;
}

void pieces_free(pieces *all)
{
    for (int k = 0; k < LANGUAGES; k++) {
        free(all->learn[k]);
        free(all->held[k]);
    }
    library_free(&all->files);
}

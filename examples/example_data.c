/* SPDX-License-Identifier: MIT */
/* The data of the examples: the files of a folder. */
#include "example.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

char *file_read(const char *path, int *count)
{
    FILE *file = fopen(path, "rb");
    char *bytes = NULL, part[4096];
    size_t size = 0, got;
    FILE *to = open_memstream(&bytes, &size);

    errno = file ? 0 : errno;
    while (file && to && (got = fread(part, 1, sizeof part, file)) > 0)
        fwrite(part, 1, got, to);
    const int why = errno;
    const bool bad = !file || ferror(file);
    if (file) fclose(file);
    if (!to || fclose(to) != 0 || size > 1 << 28 || bad) {
        complain("%s: %s", path, bad ? strerror(why) : "out of memory");
        free(bytes);
        return NULL;
    }
    *count = (int)size;
    return bytes;
}

/* ---- files of a folder ---- */

static bool has_ending(const char *path, const char *endings)
{
    const size_t length = strlen(path);

    while (*endings) {
        const size_t size = strcspn(endings, " ");
        if (length >= size && strncmp(path + length - size, endings, size) == 0)
            return true;
        endings += size + (endings[size] == ' ');
    }
    return false;
}

static char *join(const char *folder, const char *name)
{
    char *path = (char *)malloc(strlen(folder) + strlen(name) + 2);

    if (path) strcat(strcat(strcpy(path, folder), *folder ? "/" : ""), name);
    return path;
}

static bool add(library *l, const char *full, char *path)
{
    page *more = (page *)realloc(l->at, ((size_t)l->count + 1) * sizeof *more);

    if (!more) return free(path), complain("out of memory");
    l->at = more;
    page *t = &l->at[l->count];
    *t = (page){.path = path, .held = text_hash(path) % 3 == 0};
    t->bytes = file_read(full, &t->count);
    if (!t->bytes) return free(path), false;
    l->count++;
    return true;
}

static bool walk(library *l, const char *root, const char *folder, const char *endings);

/* What builds leave and hidden folders are left out. */
static bool visit(library *l, const char *root, const char *folder, const char *name,
                  const char *endings)
{
    struct stat what;

    if (name[0] == '.' || strncmp(name, "build", 5) == 0) return true;
    char *path = join(folder, name), *full = path ? join(root, path) : NULL;
    bool ok = full || complain("out of memory");

    if (ok && stat(full, &what) == 0) {
        if (S_ISDIR(what.st_mode)) {
            ok = walk(l, root, path, endings);
        } else if (S_ISREG(what.st_mode) && has_ending(name, endings)) {
            ok = add(l, full, path);
            path = NULL;
        }
    }
    free(path);
    free(full);
    return ok;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool walk(library *l, const char *root, const char *folder, const char *endings)
{
    struct dirent **entries = NULL;
    char *full = join(root, folder);
    const int count = full ? scandir(full, &entries, NULL, by_bytes) : -1;
    bool ok = count >= 0 || complain("%s: %s", root, strerror(errno));

    for (int i = 0; i < count; i++) {
        ok = ok && visit(l, root, folder, entries[i]->d_name, endings);
        free(entries[i]);
    }
    free(entries);
    free(full);
    return ok;
}

bool library_read(library *l, const char *folder, const char *endings)
{
    *l = (library){.count = 0};
    return walk(l, folder, "", endings);
}

void library_free(library *l)
{
    for (int i = 0; i < l->count; i++) {
        free(l->at[i].path);
        free(l->at[i].bytes);
    }
    free(l->at);
}

/* SPDX-License-Identifier: MIT */
/* Temporary directories and whole files, for the tests of files. */
#include "io_support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"

rn_test_directory rn_test_directory_new(void)
{
    rn_test_directory d = {"/tmp/rondo-test-XXXXXX"};

    cr_assert(mkdtemp(d.path) && !chdir(d.path));
    return d;
}

/* Entries of the directory that is entered; removed if `clear`. */
static int walk(bool clear)
{
    DIR *directory = opendir(".");
    int count = 0;

    cr_assert(directory);
    for (struct dirent *e; (e = readdir(directory)) != NULL;) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
        count++;
        if (clear) remove(e->d_name);
    }
    closedir(directory);
    return count;
}

int rn_test_directory_count(void)
{
    return walk(false);
}

void rn_test_directory_free(rn_test_directory *directory)
{
    cr_assert(!chdir(directory->path));
    walk(true);
    cr_assert(!chdir("/") && !rmdir(directory->path));
}

void rn_test_write(const char *path, const void *data, size_t bytes)
{
    FILE *file = fopen(path, "wb");

    cr_assert(file);
    cr_assert_eq(fwrite(data, 1, bytes, file), bytes);
    cr_assert(!fclose(file));
}

char *rn_test_read(const char *path, size_t *bytes)
{
    FILE *file = fopen(path, "rb");
    char *data = (char *)malloc(1 << 20);

    cr_assert(file && data, "%s", path);
    *bytes = fread(data, 1, (1 << 20) - 1, file);
    data[*bytes] = 0;
    fclose(file);
    return data;
}

void rn_test_write_safetensors(const char *path, const char *header, const void *data,
                               size_t bytes)
{
    const size_t length = strlen(header);
    char *all = (char *)malloc(8 + length + bytes);

    for (int i = 0; i < 8; i++) all[i] = (char)(unsigned char)((uint64_t)length >> (8 * i));
    memcpy(all + 8, header, length);
    if (bytes) memcpy(all + 8 + length, data, bytes);
    rn_test_write(path, all, 8 + length + bytes);
    free(all);
}

rn_status rn_test_safetensors(rn__safetensors *st, rn_allocator allocator, const char *path,
                              rn__fault *fault)
{
    const rn_status status = rn__safetensors_open(st, allocator, path, fault);

    return status == RN_OK ? rn__safetensors_data(st, fault) : status;
}

/* ---- XML: tags nest, attributes are quoted ---- */

static bool name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-';
}

/* Past one tag, of which the name goes to `name`; NULL if it is not one. */
static const char *tag(const char *at, char *name, bool *empty)
{
    size_t n = 0;

    while (name_character(*at) && n < 30) name[n++] = *at++;
    name[n] = 0;
    while (n && *at != '>') {
        if (*at == '/' && at[1] == '>') {
            *empty = true;
            return at + 2;
        }
        if (*at++ != ' ') return NULL;
        while (name_character(*at)) at++;
        if (*at++ != '=' || *at++ != '"') return NULL;
        while (*at && *at != '"' && *at != '<') at++;
        if (*at++ != '"') return NULL;
    }
    *empty = false;
    return n ? at + 1 : NULL;
}

static bool entity(const char *at)
{
    static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;"};

    for (int i = 0; i < 4; i++)
        if (!strncmp(at, known[i], strlen(known[i]))) return true;
    return false;
}

void rn_test_xml(const char *text)
{
    static const char head[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    char open[8][32];
    int depth = 0;

    cr_assert(!strncmp(text, head, sizeof head - 1));
    for (const char *at = text + sizeof head - 1; *at;) {
        char name[32];
        bool empty;
        if (*at != '<') {
            cr_assert(*at != '&' || entity(at), "bad entity: %.20s", at);
            cr_assert(*at == '\n' || (unsigned char)*at >= 0x20);
            at++;
        } else if (at[1] == '/') {
            at = tag(at + 2, name, &empty);
            cr_assert(at && depth > 0 && !strcmp(name, open[depth - 1]), "</%s>", name);
            depth--;
        } else {
            const char *from = at;
            at = tag(at + 1, name, &empty);
            cr_assert(at, "bad tag: %.60s", from);
            if (!empty) strcpy(open[depth++], name);
            cr_assert(depth < 8);
        }
    }
    cr_assert_eq(depth, 0, "something is not closed");
}

/* ---- pictures ---- */

char *rn_test_picture(const char *path)
{
    size_t bytes;
    char *text = rn_test_read(path, &bytes);

    rn_test_xml(text);
    cr_assert(!strstr(text, "nan") && !strstr(text, "inf"));
    cr_assert(rn__utf8_valid(text, bytes));
    return text;
}

int rn_test_times(const char *text, const char *part)
{
    int times = 0;

    for (; (text = strstr(text, part)) != NULL; text += strlen(part)) times++;
    return times;
}

/* SPDX-License-Identifier: MIT */
/* Records of CSV, RFC 4180. */
#include "data/csv.h"

#include <limits.h>
#include <string.h>

rn__csv rn__csv_of(char delimiter)
{
    rn__csv csv = {.delimiter = delimiter};

    csv.stops[0] = csv.stops['\r'] = csv.stops['\n'] = csv.stops['"'] = 1;
    csv.stops[(unsigned char)delimiter] = 1;
    return csv;
}

static const char *fault_at(rn__record *r, const char *at, const char *fault)
{
    r->next = at;
    r->fault = fault;
    return NULL;
}

/* The field in quotes that begins at `at`: the byte behind it; NULL: a fault, or no end. */
static const char *read_quoted(const char *at, const char *end, bool last, rn__cell *cell,
                               rn__record *r)
{
    const char *start = at++;

    *cell = (rn__cell){.at = at};
    for (;; at++) {
        at = (const char *)memchr(at, '"', (size_t)(end - at));
        if (!at) return last ? fault_at(r, start, "a quote that is not closed") : NULL;
        if (++at == end) {
            if (!last) return NULL;
            break;
        }
        if (*at != '"') break;
        cell->doubled = true;
    }
    cell->bytes = (size_t)(at - 1 - cell->at);
    return at;
}

/* The field that begins at `at`, as above. */
static const char *read_field(const rn__csv *csv, const char *at, const char *end,
                              bool last, rn__cell *cell, rn__record *r)
{
    if (at < end && *at == '"') {
        at = read_quoted(at, end, last, cell, r);
        if (at && at < end && (*at == 0 || !csv->stops[(unsigned char)*at]))
            return fault_at(r, at, "text behind a closing quote");
        return at;
    }
    cell->at = at;
    cell->doubled = false;
    while (!csv->stops[(unsigned char)*at]) at++;
    if (at > end) at = end;
    cell->bytes = (size_t)(at - cell->at);
    if (at < end && *at == '"') return fault_at(r, at, "a quote in a field without quotes");
    if (at < end && *at == 0) return fault_at(r, at, "a NUL byte");
    return at;
}

bool rn__csv_read(const rn__csv *csv, const char *at, const char *end, bool last,
                  rn__record *r)
{
    rn__cell unused;

    r->count = 0;
    r->fault = NULL;
    for (;; at++) {
        at = read_field(csv, at, end, last,
                        r->count < r->room ? &r->cell[r->count] : &unused, r);
        if (!at || (at == end && !last)) return false;
        if (r->count < INT_MAX) r->count++;
        if (at == end || *at != csv->delimiter) break;
    }
    r->next = at;
    if (at == end) return true;
    if (*at == '\r') {
        if (++at == end && !last) return false;
        if (at == end || *at != '\n') return fault_at(r, at - 1, "a CR without LF"), false;
    }
    r->next = at + 1;
    return true;
}

/* SPDX-License-Identifier: MIT */
/*
 * The last run as a trace in the format of Chrome's viewer: an object with the list
 * "traceEvents" of complete events, whose times are microseconds.
 *
 * Numbers are written by hand, because printf's decimal point depends on the locale.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "io/file.h"
#include "plan/cost.h"
#include "program/program.h"
#include "rondo/profile.h"

/* Within a string: escaped, and '?' for bytes that are not UTF-8. */
static void write_text(FILE *file, const char *text)
{
    while (*text) {
        size_t bytes = 1;

        while (bytes < 4 && text[bytes] && !rn__utf8_valid(text, bytes)) bytes++;
        if (!rn__utf8_valid(text, bytes)) {
            fputc('?', file);
            bytes = 1;
        } else if (bytes == 1 && (unsigned char)*text < ' ') {
            fprintf(file, "\\u%04x", (unsigned)*text);
        } else {
            if (*text == '"' || *text == '\\') fputc('\\', file);
            fwrite(text, 1, bytes, file);
        }
        text += bytes;
    }
}

static void write_times(FILE *file, int64_t start, int64_t nanoseconds)
{
    fprintf(file, "\"pid\":1,\"tid\":1,\"ts\":%lld.%03d,\"dur\":%lld.%03d",
            (long long)(start / 1000), (int)(start % 1000), (long long)(nanoseconds / 1000),
            (int)(nanoseconds % 1000));
}

/* The run as a slice around all others. */
static void write_run(FILE *file, const rn__profile *p)
{
    fputs("{\"name\":\"run\",\"cat\":\"run\",\"ph\":\"X\",", file);
    write_times(file, 0, p->last);
    fprintf(file, ",\"args\":{\"slices left out\":%lld}}", (long long)p->left_out);
}

static void write_event(FILE *file, const rn__profile *p, const rn__profile_event *event)
{
    const rn__step *step = &p->plan->step[event->step];
    const rn__node *node = rn__step_node(p->plan, step);
    const rn__cost cost = rn__step_cost(p->plan, step);
    char shape[128];

    fputs(",\n{\"name\":\"", file);
    write_text(file, rn__step_name(p->plan, step));
    if (node && node->name) fputc(' ', file), write_text(file, node->name);
    fputs("\",\"cat\":\"", file);
    write_text(file, rn__step_name(p->plan, step));
    fputs("\",\"ph\":\"X\",", file);
    write_times(file, event->start, event->nanoseconds);
    fprintf(file, ",\"args\":{\"step\":%d", (int)event->step);
    if (event->iteration >= 0)
        fprintf(file, ",\"iteration\":%lld", (long long)event->iteration);
    if (step->kind != RN__STEP_LOOP && step->kind != RN__STEP_CHAIN) {
        const rn__operand *out = rn__step_output(p->plan, step);
        fprintf(file, ",\"shape\":\"%s %s\"", rn_type_name(out->type),
                rn__shape_text(rn_shape_of(out->rank, out->size), shape, sizeof shape));
        fprintf(file, ",\"operations\":%.0f,\"read\":%.0f,\"written\":%.0f",
                cost.operations, cost.read, cost.written);
    }
    fputs("}}", file);
}

static void write_trace(FILE *file, const rn__profile *p)
{
    fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n", file);
    write_run(file, p);
    for (int32_t i = 0; i < p->events; i++) write_event(file, p, &p->event[i]);
    fputs("\n]}\n", file);
}

/* ---- the file ---- */

static rn_status fail(rn_program *program, rn_status status, const char *message)
{
    snprintf(program->error, sizeof program->error, "%s", message);
    return status;
}

static rn_status write_file(rn_program *program, const rn__profile *p, const char *path)
{
    char *text = NULL;
    rn__piece piece = {NULL, 0};
    rn__fault fault = {""};
    FILE *file = open_memstream(&text, &piece.bytes);

    if (!file) return fail(program, RN_NO_MEMORY, "profile_trace: out of memory");
    write_trace(file, p);
    const bool written = !ferror(file);
    const bool whole = fclose(file) == 0 && written;
    piece.data = text;
    const rn_status status =
        whole ? rn__file_replace(program->allocator, path, &piece, 1, &fault)
              : RN_NO_MEMORY;
    free(text);
    if (status == RN_OK) return status;
    return fail(program, status, whole ? fault.message : "profile_trace: out of memory");
}

rn_status rn_profile_trace(rn_program *program, const char *path)
{
    const rn__profile *p = rn__profile_of(program);

    if (!program) return RN_INVALID;
    program->error[0] = 0;
    if (!p)
        return fail(program, RN_INVALID,
                    "profile_trace: the program was not compiled with .profile");
    if (!path) return fail(program, RN_INVALID, "profile_trace: no path");
    if (p->runs == 0) return fail(program, RN_INVALID, "profile_trace: no run yet");
    return write_file(program, p, path);
}

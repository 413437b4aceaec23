/* SPDX-License-Identifier: MIT */
/* Feeding inputs and reading outputs. */
#include "program/program.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static rn_status refuse(const rn_program *program, const char *format, ...) RN_PRINTF(2, 3);

/* The message is the program's one part that a const reader may write. */
static rn_status refuse(const rn_program *program, const char *format, ...)
{
    rn_program *p = (rn_program *)(uintptr_t)program;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(p->error, sizeof p->error, format, arguments);
    va_end(arguments);
    return RN_INVALID;
}

/* The graph of x may have been freed: it is not looked at. */
static rn__port *find(rn__port *ports, int count, rn_tensor x)
{
    for (int i = 0; i < count; i++)
        if (ports[i].graph == x.graph && ports[i].id == x.id &&
            (ports[i].serial == x.serial || x.serial == 0))
            return &ports[i];
    return NULL;
}

static char *text_of(const rn__port *port, char *text, size_t capacity)
{
    char shape[128];

    rn__shape_text(rn_shape_of(port->value.rank, port->value.size), shape, sizeof shape);
    snprintf(text, capacity, "%s %s %s", port->name[0] ? port->name : "a tensor", shape,
             rn_type_name(port->value.type));
    return text;
}

/* Of a tensor that is no port. Its name is not known here: its graph may be gone. */
static rn_status unknown(const rn_program *p, const char *what, rn_tensor x,
                         const rn__port *ports, int count)
{
    char text[256];

    if (!x.graph)
        return refuse(p, "%s: the null tensor%s", what,
                      rn__null_text(x, text, sizeof text));
    if (x.serial == p->serial || x.serial == 0)
        return refuse(p, "%s: tensor %d", what, (int)x.id);
    for (int i = 0; i < count; i++)
        if (ports[i].id == x.id)
            return refuse(p, "%s: tensor %d of another graph, not %s", what, (int)x.id,
                          text_of(&ports[i], text, sizeof text));
    return refuse(p, "%s: tensor %d of another graph", what, (int)x.id);
}

/* ---- feeding ---- */

/* Some elements of a user's array: of a known type, or bytes alone. */
typedef struct given {
    const char *what; /* the function */
    bool typed;
    rn_type type;
    size_t count; /* of elements, or bytes */
} given;

/* Whether the array is what the port takes or gives; says why not. */
static bool fits(const rn_program *p, const rn__port *port, const given *g,
                 const void *data)
{
    const bool feeds = g->what[0] == 'f';
    const size_t want =
        g->typed ? port->bytes / rn_type_size(port->value.type) : port->bytes;
    const char *unit = g->typed ? "values" : "bytes";
    char text[256];

    text_of(port, text, sizeof text);
    if (g->typed && g->type != port->value.type)
        refuse(p, "%s: type differs: %s is no array of %s", g->what, text,
               rn_type_name(g->type));
    else if (g->count != want)
        refuse(p, "%s: size differs: %s %s %zu %s, %s %lld", g->what, text,
               feeds ? "takes" : "has", want, unit, feeds ? "given" : "room for",
               (long long)g->count);
    else if (want && !data)
        refuse(p, "%s: no %s: %s", g->what, feeds ? "data" : "buffer", text);
    else
        return true;
    return false;
}

static rn_status feed(rn_program *program, rn_tensor input, const void *data, given g)
{
    char what[96];

    if (!program) return RN_INVALID;
    rn__port *port = find(program->input, program->inputs, input);
    if (!port) {
        snprintf(what, sizeof what, "%s: not an input of the program's graph", g.what);
        return unknown(program, what, input, program->input, program->inputs);
    }
    if (!fits(program, port, &g, data)) return RN_INVALID;
    if (port->used && port->bytes)
        program->backend->feed(program->loaded, &port->value, data);
    port->fed = true;
    return RN_OK;
}

rn_status rn_feed(rn_program *program, rn_tensor input, const void *data, size_t bytes)
{
    return feed(program, input, data, (given){.what = "feed", .count = bytes});
}

rn_status rn_feed_f32(rn_program *program, rn_tensor input, const float *data,
                      int64_t count)
{
    return feed(program, input, data, (given){"feed_f32", true, RN_F32, (size_t)count});
}

rn_status rn_feed_f64(rn_program *program, rn_tensor input, const double *data,
                      int64_t count)
{
    return feed(program, input, data, (given){"feed_f64", true, RN_F64, (size_t)count});
}

rn_status rn_feed_i32(rn_program *program, rn_tensor input, const int32_t *data,
                      int64_t count)
{
    return feed(program, input, data, (given){"feed_i32", true, RN_I32, (size_t)count});
}

rn_status rn_feed_bool(rn_program *program, rn_tensor input, const bool *data,
                       int64_t count)
{
    return feed(program, input, data, (given){"feed_bool", true, RN_BOOL, (size_t)count});
}

static bool missing(const rn__port *port)
{
    return port->used && port->bytes && !port->fed;
}

bool rn__inputs_fed(rn_program *p)
{
    const rn__port *first = NULL;
    char text[256], more[32] = "";
    int count = 0;

    if (p->all_fed) return true;
    for (int i = p->inputs - 1; i >= 0; i--) {
        if (!missing(&p->input[i])) continue;
        first = &p->input[i];
        count++;
    }
    p->all_fed = count == 0;
    if (p->all_fed) return true;
    if (count > 1) snprintf(more, sizeof more, ", and %d more", count - 1);
    refuse(p, "run: an input was never fed: %s%s", text_of(first, text, sizeof text), more);
    return false;
}

/* ---- reading ---- */

/* Whether there are values to be read. */
static bool was_run(const rn_program *p, const char *what, const rn__port *port)
{
    char text[256];

    if (p->last == RN__RUN_DONE) return true;
    text_of(port, text, sizeof text);
    if (p->last == RN__NEVER_RUN)
        refuse(p, "%s: the program was not run yet: %s has no value", what, text);
    else
        refuse(p, "%s: the last run failed: %.100s has no value: %.300s", what, text,
               p->failure);
    return false;
}

static rn_status read(const rn_program *program, rn_tensor output, void *data, given g)
{
    char what[96];

    if (!program) return RN_INVALID;
    const rn__port *port = find(program->output, program->outputs, output);
    if (!port) {
        snprintf(what, sizeof what,
                 "%s: not an output of the program; name it in rn_compile's options",
                 g.what);
        return unknown(program, what, output, program->output, program->outputs);
    }
    if (!fits(program, port, &g, data) || !was_run(program, g.what, port))
        return RN_INVALID;
    if (port->bytes) program->backend->read(program->loaded, &port->value, data);
    return RN_OK;
}

rn_status rn_read(const rn_program *program, rn_tensor output, void *data, size_t bytes)
{
    return read(program, output, data, (given){.what = "read", .count = bytes});
}

rn_status rn_read_f32(const rn_program *program, rn_tensor output, float *data,
                      int64_t count)
{
    return read(program, output, data, (given){"read_f32", true, RN_F32, (size_t)count});
}

rn_status rn_read_f64(const rn_program *program, rn_tensor output, double *data,
                      int64_t count)
{
    return read(program, output, data, (given){"read_f64", true, RN_F64, (size_t)count});
}

rn_status rn_read_i32(const rn_program *program, rn_tensor output, int32_t *data,
                      int64_t count)
{
    return read(program, output, data, (given){"read_i32", true, RN_I32, (size_t)count});
}

rn_status rn_read_bool(const rn_program *program, rn_tensor output, bool *data,
                       int64_t count)
{
    return read(program, output, data, (given){"read_bool", true, RN_BOOL, (size_t)count});
}

double rn_scalar(rn_program *program, rn_tensor output)
{
    union {
        float f32;
        double f64;
        int32_t i32;
        uint8_t boolean;
    } value;
    char text[256];

    if (!program) return NAN;
    const rn__port *port = find(program->output, program->outputs, output);
    const rn_type type = rn_program_type(program, output);
    const given bytes = {.what = "scalar", .count = rn_type_size(type)};
    if (port && port->bytes != bytes.count) {
        refuse(program, "scalar: not one value: %s", text_of(port, text, sizeof text));
        return NAN;
    }
    if (read(program, output, &value, bytes) != RN_OK) return NAN;
    switch (type) {
    case RN_F32:
        return (double)value.f32;
    case RN_F64:
        return value.f64;
    case RN_I32:
        return value.i32;
    case RN_BOOL:
        return value.boolean;
    }
    return NAN;
}

rn_type rn_program_type(const rn_program *program, rn_tensor tensor)
{
    if (!program) return rn_type_get(tensor);
    const rn__port *port = find(program->output, program->outputs, tensor);
    if (!port) port = find(program->input, program->inputs, tensor);
    return port ? port->value.type : RN_F32;
}

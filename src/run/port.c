/* SPDX-License-Identifier: MIT */
/* Feeding inputs and reading outputs. */
#include "program.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "strided.h"

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
static const rn__port *find(const rn__port *ports, int count, rn_tensor x)
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

    rn__shape_text(rn_shape_of(port->array.rank, port->array.size), shape, sizeof shape);
    snprintf(text, capacity, "%s %s %s", port->name[0] ? port->name : "a tensor", shape,
             rn_type_name(port->array.type));
    return text;
}

/* Of a tensor that is no port. Its name is not known here: its graph may be gone. */
static rn_status unknown(const rn_program *p, const char *what, rn_tensor x,
                         const rn__port *ports, int count)
{
    char text[256];

    if (!x.graph) return refuse(p, "%s: the null tensor", what);
    if (x.serial == p->serial || x.serial == 0)
        return refuse(p, "%s: tensor %d", what, (int)x.id);
    for (int i = 0; i < count; i++)
        if (ports[i].id == x.id)
            return refuse(p, "%s: tensor %d of another graph, not %s", what, (int)x.id,
                          text_of(&ports[i], text, sizeof text));
    return refuse(p, "%s: tensor %d of another graph", what, (int)x.id);
}

rn_status rn_feed(rn_program *program, rn_tensor input, const void *data, size_t bytes)
{
    char text[256];

    if (!program) return RN_INVALID;
    const rn__port *port = find(program->input, program->inputs, input);
    if (!port)
        return unknown(program, "feed: not an input of the program's graph", input,
                       program->input, program->inputs);
    if (bytes != port->bytes)
        return refuse(program, "feed: size differs: %s takes %zu bytes, given %zu",
                      text_of(port, text, sizeof text), port->bytes, bytes);
    if (bytes && !data)
        return refuse(program, "feed: no data: %s", text_of(port, text, sizeof text));
    if (port->used && bytes) memcpy(port->address.base, data, bytes);
    return RN_OK;
}

rn_status rn_read(const rn_program *program, rn_tensor output, void *data, size_t bytes)
{
    char text[256];
    int64_t dense[RN_RANK_MAX], step = 1;

    if (!program) return RN_INVALID;
    const rn__port *port = find(program->output, program->outputs, output);
    if (!port)
        return unknown(program,
                       "read: not an output of the program; name it in rn_compile's "
                       "options",
                       output, program->output, program->outputs);
    if (bytes != port->bytes)
        return refuse(program, "read: size differs: %s has %zu bytes, room for %zu",
                      text_of(port, text, sizeof text), port->bytes, bytes);
    if (bytes && !data)
        return refuse(program, "read: no buffer: %s", text_of(port, text, sizeof text));
    for (int i = port->array.rank - 1; i >= 0; i--) {
        dense[i] = step;
        step *= port->array.size[i];
    }
    if (bytes)
        rn__copy(port->array.rank, port->array.size, rn_type_size(port->array.type), data,
                 dense, port->address.base, port->array.stride);
    return RN_OK;
}

double rn_scalar(rn_program *program, rn_tensor output)
{
    union {
        float f32;
        double f64;
        int32_t i32;
        uint8_t boolean;
    } value;
    if (!program) return NAN;
    const rn_type type = rn_program_type(program, output);
    if (rn_read(program, output, &value, rn_type_size(type)) != RN_OK) return NAN;
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
    return port ? port->array.type : RN_F32;
}

/* SPDX-License-Identifier: MIT */
#include "data/state.h"

#include <stdarg.h>

void *rn__state_new(rn_allocator allocator, size_t bytes, const char *name)
{
    rn__state *state = (rn__state *)rn__new(allocator, bytes);

    if (!state) return NULL;
    state->arena.allocator = allocator;
    state->name = name;
    return state;
}

void rn__state_free(rn__state *state)
{
    if (!state) return;
    const rn_allocator allocator = state->arena.allocator;

    rn__arena_finish(&state->arena);
    rn__free(allocator, state);
}

static void record(rn__state *state, const char *format, va_list arguments)
{
    const int used = snprintf(state->error, sizeof state->error, "%s: ", state->name);

    vsnprintf(state->error + used, sizeof state->error - (size_t)used, format, arguments);
}

rn_status rn__state_fail(rn__state *state, rn_status status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    record(state, format, arguments);
    va_end(arguments);
    return status;
}

bool rn__state_refuse(rn__state *state, const char *format, ...)
{
    va_list arguments;

    if (state->failed) return false;
    va_start(arguments, format);
    record(state, format, arguments);
    va_end(arguments);
    state->failed = RN_INVALID;
    return false;
}

bool rn__state_no_memory(rn__state *state)
{
    if (state->failed) return false;
    rn__state_refuse(state, "out of memory");
    state->failed = RN_NO_MEMORY;
    return false;
}

bool rn__state_take(rn__state *state, const rn_source *source, rn_source *to)
{
    char text[256];
    const char *fault = rn__source_fault(source, text, sizeof text);

    if (fault) return rn__state_refuse(state, "%s", fault);
    *to = *source;
    return true;
}

void *rn__state_add(rn__state *state, int64_t count, size_t bytes)
{
    size_t all;
    void *memory = NULL;

    if (rn__multiply((size_t)count, bytes, &all))
        memory = rn__arena_new(&state->arena, all);
    if (!memory) rn__state_no_memory(state);
    return memory;
}

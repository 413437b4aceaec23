/* SPDX-License-Identifier: MIT */
/*
 * A null tensor remembers the operator that was the first to be given null tensors alone:
 * up to twelve letters of its name, in base 38, in its other members.
 */
#include "graph/node.h"

#include <stdio.h>
#include <string.h>

enum { LETTERS = 13, BASE = 38 }; /* with the 0 at the end */
static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789_"; /* 1 .. 37 */

static const uint32_t named = UINT32_C(1) << 31; /* of the serial number */

rn_tensor rn__null_from(const rn_op *op, const rn_tensor *in, int inputs)
{
    uint64_t code = 0, place = 1;

    for (int i = 0; in && i < inputs; i++)
        if (!in[i].graph && (in[i].serial & named)) return in[i];
    if (!op || !op->name) return rn_null();
    for (int i = 0; i < LETTERS - 1 && op->name[i]; i++, place *= BASE) {
        const char *at = strchr(alphabet, op->name[i]);
        code += place * (uint64_t)(at ? at - alphabet + 1 : BASE - 1);
    }
    return (rn_tensor){NULL, (int32_t)(uint32_t)code, (uint32_t)(code >> 32) | named};
}

char *rn__null_text(rn_tensor x, char *text, size_t capacity)
{
    uint64_t code = (uint64_t)(x.serial & ~named) << 32 | (uint32_t)x.id;
    char name[LETTERS] = "";

    text[0] = 0;
    if (x.graph || !(x.serial & named)) return text;
    for (int i = 0; i < LETTERS - 1 && code; i++, code /= BASE)
        name[i] = code % BASE ? alphabet[code % BASE - 1] : '_';
    snprintf(text, capacity, ", which was first given to %s", name);
    return text;
}

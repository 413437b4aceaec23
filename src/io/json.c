/* SPDX-License-Identifier: MIT */
/* As much JSON as file headers need. */
#include "io/json.h"

static bool fail(rn__json *json, const char *what)
{
    if (!json->fault) json->fault = what;
    json->at = json->end;
    return false;
}

static void skip_blanks(rn__json *json)
{
    for (; json->at < json->end; json->at++) {
        const char c = *json->at;
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return;
    }
}

bool rn__json_accept(rn__json *json, char character)
{
    skip_blanks(json);
    if (json->at == json->end || *json->at != character) return false;
    json->at++;
    return true;
}

bool rn__json_expect(rn__json *json, char character, const char *what)
{
    return rn__json_accept(json, character) || fail(json, what);
}

bool rn__json_ends(rn__json *json)
{
    skip_blanks(json);
    return !json->fault && json->at == json->end;
}

/* ---- strings ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* The four digits of \uXXXX, or -1. */
static int32_t hex4(rn__json *json)
{
    int32_t value = 0;

    if (json->end - json->at < 4) return -1;
    for (int i = 0; i < 4; i++) {
        const int digit = hex_digit(*json->at++);
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* After \u: the character, of two escapes if it is a surrogate pair; or -1. */
static int32_t unicode(rn__json *json)
{
    const int32_t high = hex4(json);

    if (high < 0xD800 || high > 0xDFFF) return high;
    if (high > 0xDBFF || json->end - json->at < 2) return -1;
    if (*json->at++ != '\\' || *json->at++ != 'u') return -1;

    const int32_t low = hex4(json);
    if (low < 0xDC00 || low > 0xDFFF) return -1;
    return 0x10000 + (high - 0xD800) * 0x400 + (low - 0xDC00);
}

/* At most four bytes, never more than the escapes that they were read from. */
static char *put_utf8(char *to, int32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xC0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *to++ = (char)(0xE0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    } else {
        *to++ = (char)(0xF0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 0x3F));
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    }
    return to;
}

/* After a backslash: the character, or -1. */
static int32_t escape(rn__json *json)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";

    if (json->at == json->end) return -1;

    const char c = *json->at++;
    if (c == 'u') return unicode(json);
    for (int i = 0; letters[i]; i++)
        if (c == letters[i]) return meant[i];
    return -1;
}

char *rn__json_string(rn__json *json)
{
    if (!rn__json_expect(json, '"', "a string is missing")) return NULL;

    char *const text = json->at, *to = text;
    while (json->at < json->end && *json->at != '"') {
        int32_t c = (unsigned char)*json->at++;

        if (c < 0x20) {
            fail(json, "a control character in a string");
            return NULL;
        }
        if (c != '\\') {
            *to++ = (char)c;
            continue;
        }
        c = escape(json);
        if (c <= 0) {
            fail(json, c == 0 ? "a zero in a string" : "a bad escape in a string");
            return NULL;
        }
        to = put_utf8(to, c);
    }
    if (!rn__json_expect(json, '"', "a string does not end")) return NULL;
    *to = 0;
    return text;
}

/* ---- numbers ---- */

static bool at_digit(const rn__json *json)
{
    return json->at < json->end && *json->at >= '0' && *json->at <= '9';
}

bool rn__json_natural(rn__json *json, uint64_t *value)
{
    static const char what[] = "a natural number is missing";

    skip_blanks(json);
    if (!at_digit(json)) return fail(json, what);

    const char *const first = json->at;
    for (*value = 0; at_digit(json); json->at++) {
        const uint64_t digit = (uint64_t)(*json->at - '0');
        if (*value > (UINT64_MAX - digit) / 10) return fail(json, "a number is too large");
        *value = *value * 10 + digit;
    }
    if (*first == '0' && json->at - first > 1)
        return fail(json, "a number with a leading zero");
    if (json->at < json->end &&
        (*json->at == '.' || *json->at == 'e' || *json->at == 'E' || *json->at == '-'))
        return fail(json, what);
    return true;
}

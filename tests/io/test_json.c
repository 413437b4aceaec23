/* SPDX-License-Identifier: MIT */
/* The JSON reader, token by token. */
#include "io/json.h"

#include <criterion/criterion.h>
#include <string.h>

/* The reader on a copy of the text, which it changes. */
static rn__json over(char *buffer, const char *text)
{
    strcpy(buffer, text);
    return (rn__json){buffer, buffer + strlen(text), NULL};
}

static void string_is(const char *text, const char *want)
{
    char buffer[100];
    rn__json json = over(buffer, text);
    const char *got = rn__json_string(&json);

    cr_assert(got && !strcmp(got, want), "%s gives %s, not %s", text, got ? got : "(null)",
              want);
    cr_assert(rn__json_ends(&json), "%s: something is left", text);
}

static void string_fails(const char *text, const char *fault)
{
    char buffer[100];
    rn__json json = over(buffer, text);

    cr_assert(!rn__json_string(&json), "%s is read", text);
    cr_assert_str_eq(json.fault, fault, "%s: %s", text, json.fault);
    cr_assert(!rn__json_ends(&json));
}

Test(json, strings)
{
    string_is("\"\"", "");
    string_is("  \t\r\n\"a b\"  ", "a b");
    string_is("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t");
    string_is("\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac");
    string_is("\"\\ud83d\\ude00\\uDBFF\\uDFFF\"", "\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf");
    string_is("\"\\u007f\\u0080\\u07ff\\u0800\\uffff\"",
              "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf");
    string_is("\"\xc3\xa9\"", "\xc3\xa9");
}

Test(json, bad_strings)
{
    string_fails("", "a string is missing");
    string_fails("abc", "a string is missing");
    string_fails("'a'", "a string is missing");
    string_fails("\"abc", "a string does not end");
    string_fails("\"abc\\\"", "a string does not end");
    string_fails("\"a\nb\"", "a control character in a string");
    string_fails("\"a\\", "a bad escape in a string");
    string_fails("\"\\x41\"", "a bad escape in a string");
    string_fails("\"\\u00g0\"", "a bad escape in a string");
    string_fails("\"\\u12\"", "a bad escape in a string");
    string_fails("\"\\u123", "a bad escape in a string");
    string_fails("\"\\u0000\"", "a zero in a string");
    string_fails("\"\\ud83d\"", "a bad escape in a string");
    string_fails("\"\\ud83dx\"", "a bad escape in a string");
    string_fails("\"\\ud83d\\n\"", "a bad escape in a string");
    string_fails("\"\\ud83d\\u0041\"", "a bad escape in a string");
    string_fails("\"\\ude00\"", "a bad escape in a string");
    string_fails("\"\\ud83d\\ud83d\"", "a bad escape in a string");
}

static void number_is(const char *text, uint64_t want)
{
    char buffer[100];
    rn__json json = over(buffer, text);
    uint64_t got = 1;

    cr_assert(rn__json_natural(&json, &got), "%s: %s", text, json.fault);
    cr_assert_eq(got, want);
}

static void number_fails(const char *text, const char *fault)
{
    char buffer[100];
    rn__json json = over(buffer, text);
    uint64_t got;

    cr_assert(!rn__json_natural(&json, &got), "%s is read", text);
    cr_assert_str_eq(json.fault, fault, "%s: %s", text, json.fault);
}

Test(json, naturals)
{
    number_is("0", 0);
    number_is(" 7 ", 7);
    number_is("10,", 10);
    number_is("9223372036854775808", UINT64_C(9223372036854775808));
    number_is("18446744073709551615", UINT64_MAX);
}

Test(json, bad_naturals)
{
    static const char missing[] = "a natural number is missing";

    number_fails("", missing);
    number_fails("-1", missing);
    number_fails("+1", missing);
    number_fails("1.0", missing);
    number_fails("1e3", missing);
    number_fails("2E0", missing);
    number_fails("1-", missing);
    number_fails("true", missing);
    number_fails("\"1\"", missing);
    number_fails("00", "a number with a leading zero");
    number_fails("01", "a number with a leading zero");
    number_fails("010", "a number with a leading zero");
    number_fails("18446744073709551616", "a number is too large");
    number_fails("99999999999999999999999", "a number is too large");
}

Test(json, punctuation)
{
    char buffer[20];
    rn__json json = over(buffer, " { } ");

    cr_assert(!rn__json_accept(&json, '}'));
    cr_assert(rn__json_accept(&json, '{'));
    cr_assert(rn__json_expect(&json, '}', "x"));
    cr_assert(rn__json_ends(&json));
    cr_assert(!rn__json_expect(&json, '}', "first"));
    cr_assert(!rn__json_expect(&json, '}', "second"));
    cr_assert_str_eq(json.fault, "first");
}

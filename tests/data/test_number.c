/* SPDX-License-Identifier: MIT */
/* Numbers from text, compared with strtod in the C locale. */
#include <criterion/criterion.h>

#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/number.h"

static void same_as_strtod(const char *text)
{
    const double expected = strtod(text, NULL);
    double value = 7;

    cr_assert(rn__number_read(text, strlen(text), &value), "%s", text);
    cr_assert_eq(memcmp(&value, &expected, sizeof value), 0, "%s: %.17g instead of %.17g",
                 text, value, expected);
}

static uint64_t draw(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 11 ^ *state << 20;
}

Test(number, as_strtod)
{
    static const char *const texts[] = {
        "0", "-0", "0.0", "1", "+1", "-1.5", ".5", "5.", "1e5", "1E-5", "1e22", "1e23",
        "123e+4", "9007199254740992", "9007199254740993",
        "9007199254740993.0000000000000000001", "18446744073709551615",
        "18446744073709551616", "2.2250738585072014e-308", "4.9e-324", "2e-324", "1e-400",
        "1.7976931348623157e308", "0.1000000000000000055511151231257827",
        "00000000000000000000001.5", "0.00000000000000000000000000000015", "8.5e-19",
        "1e-22", "1e-23",
        /* Half way between two doubles, exactly and nearly. */
        "9007199254740993e0", "4503599627370497.5", "4503599627370496.5",
        "0.500000000000000166533453693773481063544750213623046875",
        "1.00000000000000011102230246251565404", "18014398509481990e-1",
        /* Above half way by less than 64 bits show. */
        "8522344549889557129e-6", "6358355107773744036e-12", "1277406983342722416e-8"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) same_as_strtod(texts[i]);
}

Test(number, random_numbers)
{
    uint64_t state = 1;
    char text[80];

    for (int i = 0; i < 20000; i++) {
        const uint64_t bits = draw(&state);
        const int digits = 1 + (int)(draw(&state) % 19), e = (int)(draw(&state) % 60) - 30;
        double value;
        snprintf(text, sizeof text, "%.*se%d", digits, &"1234567890987654321"[i % 7], e);
        same_as_strtod(text);
        snprintf(text, sizeof text, "%llue-%d", (unsigned long long)bits,
                 (int)(draw(&state) % 20));
        same_as_strtod(text);
        memcpy(&value, &bits, sizeof value);
        if (!(value - value == 0)) continue;
        snprintf(text, sizeof text, "%.17g", value);
        same_as_strtod(text);
        snprintf(text, sizeof text, "%.*f", i % 12, (double)(bits >> 40) / 1000);
        same_as_strtod(text);
    }
}

Test(number, refused)
{
    static const char *const texts[] = {
        "",     " ",   "-",        "+",     ".",      "-.",
        "e5",   "1e",  "1e+",      "1.2.3", "1,5",    "0x1",
        "inf",  "nan", "1 ",       " 1",    "--1",    "1e5.",
        "1e1e", "1_0", "Infinity", "1e309", "-1e999", "1e99999999999999999999"};
    double value;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_assert(!rn__number_read(texts[i], strlen(texts[i]), &value), "%s", texts[i]);
    cr_assert(!rn__number_read("1\0", 2, &value));
}

/* Texts are read up to their length, without a 0 behind them. */
Test(number, only_its_bytes)
{
    double value;

    cr_assert(rn__number_read("123456", 2, &value) && value == 12);
    cr_assert(rn__number_read("1.5e3", 3, &value) && value == 1.5);
    cr_assert(rn__number_read("12345678901234567890123", 21, &value));
    cr_assert_eq(value, 123456789012345678901.0);
}

Test(number, every_locale)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "C"};
    double value;

    for (size_t i = 0; i < 4 && !setlocale(LC_ALL, names[i]); i++) continue;
    cr_assert(rn__number_read("1.5", 3, &value) && value == 1.5);
    cr_assert(rn__number_read("1.5e-30", 7, &value) && value == 1.5e-30);
    cr_assert(!rn__number_read("1,5", 3, &value));
}

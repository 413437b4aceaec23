/* SPDX-License-Identifier: MIT */
/* A lexer of C that labels characters. */
#include "tagger.h"

#include <ctype.h>
#include <string.h>

static const char keywords[] =
    " auto break case char const continue default do double else enum extern float for "
    "goto "
    "if inline int long register restrict return short signed sizeof static struct switch "
    "typedef union unsigned void volatile while _Alignas _Alignof _Atomic _Bool _Complex "
    "_Generic _Imaginary _Noreturn _Static_assert _Thread_local ";

static int word_length(const char *at)
{
    int n = 0;

    while (isalnum((unsigned char)at[n]) || at[n] == '_') n++;
    return n;
}

static int is_keyword(const char *at, int length)
{
    for (const char *k = keywords; (k = strchr(k, ' ')) && k[1]; k++)
        if (strncmp(k + 1, at, (size_t)length) == 0 && k[1 + length] == ' ') return 1;
    return 0;
}

/* The length of a literal that ends with `quote`, or with its line. */
static int literal_length(const char *at, char quote)
{
    int n = 1;

    while (at[n] && at[n] != '\n' && at[n] != quote)
        n += at[n] == '\\' && at[n + 1] ? 2 : 1;
    return at[n] == quote ? n + 1 : n;
}

static int comment_length(const char *at)
{
    const char *end = strstr(at + 2, "*/");

    if (at[1] == '/') return (int)strcspn(at, "\n");
    return end ? (int)(end + 2 - at) : (int)strlen(at);
}

/* Digits, letters and points; a sign after an exponent. */
static int number_length(const char *at)
{
    int n = 1;

    while (isalnum((unsigned char)at[n]) || at[n] == '.' ||
           ((at[n] == '-' || at[n] == '+') && strchr("eEpP", at[n - 1]) &&
            !(at[0] == '0' && (at[1] == 'x' || at[1] == 'X') && strchr("eE", at[n - 1]))))
        n++;
    return n;
}

static int directive_length(const char *at)
{
    const int blank = 1 + (int)strspn(at + 1, " \t");

    return blank + word_length(at + blank);
}

/* The next token: its kind and length. `first`: nothing but blanks stands before it in its
 * line. */
static int token(const char *at, int first, int include, int32_t *kind)
{
    const unsigned char c = (unsigned char)*at;

    if (isspace(c)) return *kind = SPACE, 1;
    if (c == '/' && (at[1] == '*' || at[1] == '/'))
        return *kind = COMMENT, comment_length(at);
    if (c == '"' || c == '\'') return *kind = STRING, literal_length(at, (char)c);
    if (include && c == '<') return *kind = STRING, literal_length(at, '>');
    if (first && c == '#') return *kind = DIRECTIVE, directive_length(at);
    if (isdigit(c) || (c == '.' && isdigit((unsigned char)at[1])))
        return *kind = NUMBER, number_length(at);
    const int length = word_length(at);
    if (length > 0) return *kind = is_keyword(at, length) ? KEYWORD : NAME, length;
    return *kind = PUNCTUATION, 1;
}

void lex(const char *at, int count, int32_t *kind)
{
    int include = 0, first = 1;

    for (int i = 0; i < count;) {
        int32_t k;
        int length = token(at + i, first, include, &k);
        if (length > count - i) length = count - i;
        if (k == DIRECTIVE)
            include = length >= 8 && !strncmp(at + i + length - 7, "include", 7);
        if (at[i] == '\n') include = 0;
        first = at[i] == '\n' || (first && k == SPACE);
        for (const int end = i + length; i < end; i++) kind[i] = k;
    }
}

// SPDX-License-Identifier: MIT
// The first description wins because it was written nearest to the cause; callers put the places
// that they know in front of it. Texts become one line as soon as they are made, whatever names are
// in them: terminals, log scrapers and a job's failure file get them as they are.
#include "base/err.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const char *error_name(int code)
{
#define ERROR_CASE(name, value, text)                                                              \
    case name:                                                                                     \
        return text;
    switch (code) {
        ERROR_CODES(ERROR_CASE)
    default:
        return code == 0 ? "ok" : "unknown error";
    }
#undef ERROR_CASE
}

// U+0080 to U+009F, of which terminals take some for the beginning of a command; and what turns the
// direction of the text that follows (U+202A to U+202E, U+2066 to U+2069).
static bool is_hidden(const char *character, size_t size)
{
    const unsigned char *p = (const unsigned char *)character;
    if (size == 2)
        return p[0] == 0xc2 && p[1] < 0xa0;
    return size == 3 && p[0] == 0xe2 &&
           ((p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae) ||
            (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));
}

void error_one_line(char *text)
{
    while (*text) {
        const size_t size = utf8_character(text);
        if (size == 0 || (unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
        if (is_hidden(text, size))
            memset(text, '?', size);
        text += size ? size : 1;
    }
}

int error_vset(struct error *e, int code, const char *format, va_list args)
{
    if (e && e->code == 0) {
        e->code = code;
        vsnprintf(e->text, sizeof e->text, format, args);
        error_one_line(e->text);
    }
    return code;
}

int error_set(struct error *e, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error_vset(e, code, format, args);
    va_end(args);
    return code;
}

int error_errno(struct error *e, const char *format, ...)
{
    const int saved = errno;
    if (!e || e->code != 0)
        return ERR_IO;
    va_list args;
    va_start(args, format);
    error_vset(e, ERR_IO, format, args);
    va_end(args);
    const size_t used = strlen(e->text);
    snprintf(e->text + used, sizeof e->text - used, ": %s", strerror(saved));
    error_one_line(e->text);
    return ERR_IO;
}

int error_nomem(struct error *e, const char *what)
{
    return error_set(e, ERR_NOMEM, "out of memory: %s", what);
}

int error_prefix(struct error *e, int code, const char *format, ...)
{
    if (!e || e->code == 0)
        return code;
    char old[ERROR_TEXT_MAX];
    memcpy(old, e->text, sizeof old);
    va_list args;
    va_start(args, format);
    vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    const size_t used = strlen(e->text);
    snprintf(e->text + used, sizeof e->text - used, ": %s", old);
    error_one_line(e->text);
    return code;
}

int error_code(const struct error *e)
{
    return e ? e->code : ERR_IO;
}

void error_clear(struct error *e)
{
    if (e) {
        e->code = 0;
        e->text[0] = '\0';
    }
}

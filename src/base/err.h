// SPDX-License-Identifier: MIT
// The one error type. Library functions return 0 or a negative code from ERROR_CODES and describe
// what happened in an optional struct error: one line that names the file, the place, the reason
// and, where there is one, the remedy. The same text goes to stderr and to a job's failure file.
#ifndef SKIFF_BASE_ERR_H
#define SKIFF_BASE_ERR_H

#include <stdarg.h>
#include <stddef.h>

// name, value, what kind of thing went wrong
#define ERROR_CODES(X)                                                                             \
    X(ERR_NOMEM, -1, "out of memory")                                                              \
    X(ERR_IO, -2, "input/output error")                                                            \
    X(ERR_FORMAT, -3, "malformed file")                                                            \
    X(ERR_UNSUPPORTED, -4, "unsupported")                                                          \
    X(ERR_LIMIT, -5, "over a limit")                                                               \
    X(ERR_DATA, -6, "unusable data")                                                               \
    X(ERR_USAGE, -7, "usage")                                                                      \
    X(ERR_NOTFOUND, -8, "not found")                                                               \
    X(ERR_NUMERIC, -9, "numeric failure")                                                          \
    X(ERR_MISMATCH, -10, "does not match")

#define ERROR_ENUM(name, value, text) name = value,
enum error_code { ERROR_CODES(ERROR_ENUM) };
#undef ERROR_ENUM

#define ERROR_TEXT_MAX                                                                             \
    896 // a SageMaker failure reason keeps 1024 characters, its own prefix included

struct error {
    int code; // 0 while nothing has gone wrong
    char text[ERROR_TEXT_MAX];
};

// Short name of a code ("out of memory"); "ok" for 0.
const char *error_name(int code);

// Describe a failure and return `code`. The first description wins: a second call on the same
// struct changes nothing. `e` may be NULL.
int error_set(struct error *e, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int error_vset(struct error *e, int code, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

// The same with ": <strerror(errno)>" appended; returns ERR_IO.
int error_errno(struct error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Out of memory while making `what`.
int error_nomem(struct error *e, const char *what);

// Put "<text>: " in front of what is there, so that a caller can add the place it knows about.
// Returns `code` unchanged, so that it can stand in a return statement.
int error_prefix(struct error *e, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Make one line of UTF-8 of a text: control characters in names that come from files, bytes that
// are none of a character's and what a cut has left of one become '?'.
void error_one_line(char *text);

// The code of what was described; ERR_IO when `e` is NULL. For callers of functions that return a
// pointer.
int error_code(const struct error *e);

void error_clear(struct error *e);

#endif

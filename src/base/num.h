// SPDX-License-Identifier: MIT
// Numbers as text. The program never calls setlocale, so the C library's "C" locale holds.
#ifndef SKIFF_BASE_NUM_H
#define SKIFF_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// All of text[0 .. len), which need not end in a zero byte, as a decimal number: a sign or none,
// digits with or without a point, an exponent or none; correctly rounded. *value stays as it was
// for NUM_NONE: no number, or one beyond double.
enum num_kind {
    NUM_NONE,
    NUM_WHOLE, // digits only
    NUM_REAL,  // with a point or an exponent
};
enum num_kind num_scan(const char *text, size_t len, double *value);
// The same, quicker, where NUM_PAD bytes behind the text may be read, whatever they are.
#define NUM_PAD 8
enum num_kind num_scan_padded(const char *text, size_t len, double *value);

// The whole of `text`, white space around it allowed, as a finite decimal number. Hexadecimal,
// "nan", "inf" and a number beyond double are refused.
bool num_parse(const char *text, double *value);

// The same for integers; "10.0" and "1e2" are integers too. Numbers beyond 2^53 must be digits
// only.
bool num_parse_i64(const char *text, int64_t *value);

// The same, and whole numbers from 2^63 to 2^64 - 1 as the negative one that has their bits.
bool num_parse_bits(const char *text, int64_t *value);

// true/false, yes/no, on/off, 1/0 in any case.
bool num_parse_bool(const char *text, bool *value);

// What printf's %.9g makes of the value, to the byte, some ten times faster: nine digits tell any
// float from its neighbours. Returns the length, less than NUM_NINE_MAX.
#define NUM_NINE_MAX 24
size_t num_print_nine(double value, char text[NUM_NINE_MAX]);

// 1234567 -> "1,234,567": for rounded figures, pages and progress. What a command has counted it
// prints in plain digits, to be searched for and copied.
void num_group(uint64_t value, char text[32]);

#endif

// SPDX-License-Identifier: MIT
// Nine significant digits of a number, exactly rounded. A double is m * 2^e with m < 2^53, and its
// nine digits before the point are m * 2^e * 10^p = m * 5^p * 2^(e+p): a product of integers that
// fits 128 bits up to p = 27, and a shift whose lost bits tell how to round (to nearest, ties to
// even, as printf does). What lies outside of 1e-19 .. 1e9 is rare and goes through snprintf.
#include "base/num.h"
#include "base/num_fives.h"

#include <stdio.h>
#include <string.h>

#define DIGITS 9

__extension__ typedef unsigned __int128 wide;

struct decimal {
    uint32_t digits; // nine of them, the first is not 0
    int exponent;    // of the first digit
};

// m * 2^e * 10^p, rounded; below 10^10 by the choice of p, and so less than m, which has 53 bits.
static uint64_t scaled(uint64_t m, int e, int p)
{
    const wide product = (wide)m * num_fives[p];
    const int shift = -(e + p);
    const uint64_t whole = (uint64_t)(product >> shift);
    const wide lost = product - ((wide)whole << shift), half = (wide)1 << (shift - 1);
    return whole + (lost > half || (lost == half && (whole & 1)));
}

// false: out of the range that is done here.
static bool to_decimal(uint64_t bits, struct decimal *d)
{
    const int e = (int)(bits >> 52 & 0x7ff) - 1075;
    const uint64_t one = UINT64_C(1) << 52, m = (bits & (one - 1)) | one;
    // floor(log10(2^(e+52))) by log10(2) = 78913 / 2^18: the value's own or one less
    int exponent = (int)(((int64_t)(e + 52) * 78913) >> 18);
    if (exponent < DIGITS - 1 - NUM_FIVES_MAX || exponent >= DIGITS)
        return false;
    uint64_t digits = scaled(m, e, DIGITS - 1 - exponent);
    if (digits >= 1000000000) {
        if (++exponent >= DIGITS)
            return false;
        digits = scaled(m, e, DIGITS - 1 - exponent);
    }
    *d = (struct decimal){(uint32_t)digits, exponent};
    return true;
}

// The digits as text; returns how many are left without the zeros at the end.
static int digit_text(uint32_t digits, char text[DIGITS])
{
    int kept = 0;
    for (int i = DIGITS - 1; i >= 0; i--) {
        text[i] = (char)('0' + digits % 10);
        digits /= 10;
        if (kept == 0 && text[i] != '0')
            kept = i + 1;
    }
    return kept;
}

// As %g: d.ddde-05 below 1e-4, else 0.000ddd or ddd.ddd.
static char *lay_out(char *to, const char *digits, int kept, int exponent)
{
    if (exponent < -4) {
        *to++ = digits[0];
        if (kept > 1)
            *to++ = '.';
        for (int i = 1; i < kept; i++)
            *to++ = digits[i];
        *to++ = 'e';
        *to++ = '-';
        *to++ = (char)('0' + -exponent / 10);
        *to++ = (char)('0' + -exponent % 10);
        return to;
    }
    int used = 0;
    if (exponent < 0)
        *to++ = '0';
    for (; used <= exponent; used++)
        *to++ = digits[used];
    if (kept > used)
        *to++ = '.';
    for (int zero = -1; zero > exponent; zero--)
        *to++ = '0';
    for (; used < kept; used++)
        *to++ = digits[used];
    return to;
}

size_t num_print_nine(double value, char text[NUM_NINE_MAX])
{
    uint64_t bits;
    struct decimal d;
    char digits[DIGITS];
    memcpy(&bits, &value, sizeof bits);
    if (!to_decimal(bits, &d))
        return (size_t)snprintf(text, NUM_NINE_MAX, "%.9g", value);
    char *to = text;
    if (bits >> 63)
        *to++ = '-';
    to = lay_out(to, digits, digit_text(d.digits, digits), d.exponent);
    *to = '\0';
    return (size_t)(to - text);
}

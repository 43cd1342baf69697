// SPDX-License-Identifier: MIT
// Decimal text to double, correctly rounded, whatever the locale. Up to 19 significant digits make
// an integer w exactly, and the value is w * 10^e:
//
//   |e| <= 22, w <= 2^53   one multiplication or division of exact doubles, which IEEE rounds
//   0 < e <= 27            10^e = 5^e 2^e and 5^27 < 2^63: w * 5^e is exact in 128 bits, and is
//                          rounded once
//   -27 <= e < 0           the first 64 bits of w / 5^e by an integer division; that something is
//                          left over goes into the lowest of the 11 bits that rounding drops
//
// Multiplying by 2^e is exact there: nothing comes near the ends of double's range. All else is put
// into plain digits with an exponent, no point, and given to strtod, where no locale can matter;
// 800 digits and a last one for "and more" decide every case, for 767 do.
#include "base/num.h"
#include "base/num_fives.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_DIGITS 19  // 10^19 - 1 fits 64 bits
#define TENS_MAX    22  // 10^22 = 5^22 2^22 and 5^22 < 2^53: exact
#define LONG_DIGITS 800 // significant digits that strtod gets to see

// A larger exponent is as good as this: no text has so many digits.
#define EXPONENT_MAX ((int64_t)1 << 40)

#define INLINE static inline __attribute__((always_inline))

#define ZEROS  UINT64_C(0x3030303030303030) // "00000000"
#define POINTS UINT64_C(0x2e2e2e2e2e2e2e2e) // "........"

__extension__ typedef unsigned __int128 wide;

static const double tens[TENS_MAX + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                          1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                          1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

// The parts of a number's text. Digits are those before and behind the point together.
struct parts {
    const char *whole, *whole_end;
    const char *fraction, *fraction_end;
    uint64_t word; // all digits as one integer; meaningful up to WORD_DIGITS of them
    int64_t exponent;
    bool negative, real; // real: a point or an exponent is there
};

static double power_of_two(int k)
{
    const uint64_t bits = (uint64_t)(k + 1023) << 52;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static double times_power(uint64_t w, int e)
{
    return (double)((wide)w * num_fives[e]) * power_of_two(e);
}

static double over_power(uint64_t w, int e)
{
    // Both with their top bit set; n / d then lies in [2^63, 2^64) for the right one of two n.
    const int w_shift = __builtin_clzll(w), d_shift = __builtin_clzll(num_fives[e]);
    const uint64_t top = w << w_shift, d = num_fives[e] << d_shift;
    const int lift = top < d ? 64 : 63;
    const wide n = (wide)top << lift;
    const uint64_t quotient = (uint64_t)(n / d);
    const uint64_t sticky = n != (wide)quotient * d;
    return (double)(quotient | sticky) * power_of_two(d_shift - w_shift - lift - e);
}

// Eight characters, the first in the low byte. With `padded` what follows the text may be read;
// the caller leaves alone what is not its own.
INLINE uint64_t load(const char *p, const char *end, bool padded)
{
    uint64_t v = 0;
    if (padded || end - p >= 8) {
        memcpy(&v, p, sizeof v);
        return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? v : __builtin_bswap64(v);
    }
    for (int i = 0; p + i < end; i++)
        v |= (uint64_t)(unsigned char)p[i] << 8 * i;
    return v;
}

// Zero where all eight characters are digits, else the lowest byte that is not 0 is that of the
// first which is none. Digits have 3 in their high half, and still have with 6 added; a carry
// spoils only characters behind one that is none.
INLINE uint64_t no_digits(uint64_t v)
{
    const uint64_t high = 0xf0f0f0f0f0f0f0f0;
    return ((v & high) | ((v + 0x0606060606060606) & high) >> 4) ^ 0x3333333333333333;
}

// Digits in bytes, the first in the low one: as pairs, as fours, as one number.
INLINE uint64_t join_digits(uint64_t v)
{
    const uint64_t pairs = 0x000000ff000000ff;
    v = v * 10 + (v >> 8); // bytes 0, 2, 4, 6: two digits each
    return ((v & pairs) * (100 + ((uint64_t)1000000 << 32)) +
            (v >> 16 & pairs) * (1 + ((uint64_t)10000 << 32))) >>
           32;
}

// Digits are taken eight at a time, the last few like eight with zeros in front.
INLINE const char *take_digits(const char *p, const char *end, uint64_t *word, bool padded)
{
    static const uint64_t shift[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
    while (p < end) {
        const uint64_t v = load(p, end, padded), other = no_digits(v);
        if (other == 0 && end - p >= 8) {
            *word = *word * 100000000 + join_digits(v ^ ZEROS);
            p += 8;
            continue;
        }
        const unsigned digits = other ? (unsigned)__builtin_ctzll(other) / 8 : 8;
        const unsigned left = end - p < 8 ? (unsigned)(end - p) : 8;
        const unsigned count = digits < left ? digits : left;
        if (count)
            *word = *word * shift[count] + join_digits((v ^ ZEROS) << (64 - 8 * count));
        return p + count;
    }
    return p;
}

// A number of up to eight characters, sign aside, in one word: its last character is moved to the
// top byte, zeros go in front, and what stands before a point closes up to what stands behind it.
// NUM_NONE leaves the answer to others.
INLINE enum num_kind scan_short(const char *p, size_t len, double *value, bool padded)
{
    uint64_t v = load(p, p + len, padded) << 8 * (8 - len) | ZEROS >> 8 * (len - 1) >> 8;
    const uint64_t other = v ^ POINTS;
    const uint64_t points = (other - 0x0101010101010101) & ~other & 0x8080808080808080;
    size_t fraction = 0;
    if (points) { // the lowest is the first
        const unsigned bit = (unsigned)__builtin_ctzll(points) - 7;
        fraction = 7 - bit / 8;
        v = (v >> bit >> 8 << bit << 8) | (v & (((uint64_t)1 << bit) - 1)) << 8 | '0';
    }
    if (no_digits(v) || (points && len == 1))
        return NUM_NONE;
    const double w = (double)(int64_t)join_digits(v ^ ZEROS);
    *value = points ? w / tens[fraction] : w;
    return points ? NUM_REAL : NUM_WHOLE;
}

// What stands behind an e; NULL when that is no exponent.
static const char *take_exponent(const char *p, const char *end, int64_t *exponent)
{
    const bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end)
        return NULL;
    int64_t e = 0;
    for (; p < end && (unsigned char)(*p - '0') < 10; p++)
        if (e < EXPONENT_MAX)
            e = 10 * e + (*p - '0');
    *exponent = negative ? -e : e;
    return p;
}

// False when the text, all of it, is no number.
static bool take_parts(const char *p, const char *end, struct parts *n)
{
    n->negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    n->word = 0;
    n->exponent = 0;
    n->whole = p;
    n->whole_end = n->fraction = n->fraction_end = p = take_digits(p, end, &n->word, false);
    n->real = p < end;
    if (p < end && *p == '.') {
        n->fraction = p + 1;
        n->fraction_end = p = take_digits(p + 1, end, &n->word, false);
    }
    if (n->whole == n->whole_end && n->fraction == n->fraction_end)
        return false;
    if (p < end && (*p == 'e' || *p == 'E'))
        p = take_exponent(p + 1, end, &n->exponent);
    return p == end;
}

// Significant digits gathered for strtod.
struct digits {
    char text[LONG_DIGITS + 32];
    size_t count;
    int64_t dropped; // digits left out behind those
    bool more;       // one of them is not 0
};

static void gather(struct digits *d, const char *p, const char *end)
{
    for (; p < end; p++) {
        if (d->count == LONG_DIGITS) {
            d->dropped++;
            d->more |= *p != '0';
        } else if (d->count || *p != '0') {
            d->text[d->count++] = *p;
        }
    }
}

static double by_strtod(const struct parts *n)
{
    struct digits d;
    d.count = 0;
    d.dropped = 0;
    d.more = false;
    gather(&d, n->whole, n->whole_end);
    gather(&d, n->fraction, n->fraction_end);
    if (d.count == 0)
        return 0;
    int64_t exponent = n->exponent - (n->fraction_end - n->fraction) + d.dropped;
    if (d.more) {
        d.text[d.count++] = '1';
        exponent--;
    }
    // Beyond this the value is infinite or 0 with any of so many digits.
    const int64_t most = 9999;
    exponent = exponent > most ? most : exponent < -most ? -most : exponent;
    snprintf(d.text + d.count, sizeof d.text - d.count, "e%lld", (long long)exponent);
    return strtod(d.text, NULL);
}

static double magnitude(const struct parts *n)
{
    const int64_t e = n->exponent - (n->fraction_end - n->fraction);
    const bool fits = (n->whole_end - n->whole) + (n->fraction_end - n->fraction) <= WORD_DIGITS;
    if (fits && n->word == 0)
        return 0;
    if (!fits || e > NUM_FIVES_MAX || e < -NUM_FIVES_MAX)
        return by_strtod(n);
    if (n->word <= (uint64_t)1 << 53 && e <= TENS_MAX && e >= -TENS_MAX)
        return e < 0 ? (double)n->word / tens[-e] : (double)n->word * tens[e];
    return e < 0 ? over_power(n->word, (int)-e) : times_power(n->word, (int)e);
}

static enum num_kind scan_any(const char *text, const char *end, double *value)
{
    struct parts n;
    if (!take_parts(text, end, &n))
        return NUM_NONE;
    const double x = magnitude(&n);
    if (!isfinite(x))
        return NUM_NONE;
    *value = n.negative ? -x : x;
    return n.real ? NUM_REAL : NUM_WHOLE;
}

// Without a branch: signs are as good as random.
INLINE double with_sign(double x, bool negative)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits |= (uint64_t)negative << 63;
    memcpy(&x, &bits, sizeof x);
    return x;
}

// Most numbers have no exponent and up to 19 digits: those in one go, all in registers.
INLINE enum num_kind scan(const char *text, size_t len, double *value, bool padded)
{
    const char *const end = text + len, *p = text;
    const bool negative = len && *p == '-';
    p += negative;
    if (len - negative - 1 < 8) { // 1 to 8
        double x;
        const enum num_kind kind = scan_short(p, len - negative, &x, padded);
        if (kind != NUM_NONE) {
            *value = with_sign(x, negative);
            return kind;
        }
    }
    const char *const start = p;
    uint64_t w = 0;
    size_t fraction = 0, point = 0;
    if (end - p > 1 && p[1] == '.' && (unsigned char)(*p - '0') < 10) // 0.577
        w = (unsigned char)(*p++ - '0');
    else
        p = take_digits(p, end, &w, padded);
    if (p < end && *p == '.') {
        const char *const behind = p + 1;
        p = take_digits(behind, end, &w, padded);
        fraction = (size_t)(p - behind);
        point = 1;
    }
    const size_t digits = (size_t)(p - start) - point;
    if (p != end || digits == 0 || digits > WORD_DIGITS)
        return scan_any(text, end, value);
    const double x =
        w > (uint64_t)1 << 53 ? over_power(w, (int)fraction) : (double)w / tens[fraction];
    *value = with_sign(x, negative);
    return point ? NUM_REAL : NUM_WHOLE;
}

enum num_kind num_scan(const char *text, size_t len, double *value)
{
    return scan(text, len, value, false);
}

enum num_kind num_scan_padded(const char *text, size_t len, double *value)
{
    return scan(text, len, value, true);
}

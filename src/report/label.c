// SPDX-License-Identifier: MIT
// Digits come from an integer, value times a power of ten: printf's %f would follow the locale of
// whoever calls the library.
#include "report/label.h"

#include "base/num.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DECIMALS_MAX 9
#define EXACT_MAX    1e15 // below, every integer is a double of its own

// |value| < EXACT_MAX / 10^decimals, then `unit`.
static void fixed(char text[LABEL_MAX], double value, int decimals, const char *unit)
{
    const double scale = pow(10, decimals);
    const uint64_t all = (uint64_t)(fabs(value) * scale + 0.5), power = (uint64_t)scale;
    const char *sign = value < 0 && all ? LABEL_MINUS : "";
    if (decimals == 0)
        snprintf(text, LABEL_MAX, "%s%" PRIu64 "%s", sign, all, unit);
    else
        snprintf(text, LABEL_MAX, "%s%" PRIu64 ".%0*" PRIu64 "%s", sign, all / power, decimals,
                 all % power, unit);
}

static int exponent_of(double value)
{
    return (int)floor(log10(fabs(value)) + 1e-12);
}

// d.dde-5; 0 is "0".
static void scientific(char text[LABEL_MAX], double value, int decimals, int exponent)
{
    char unit[16];
    const double digits = value / pow(10, exponent);
    snprintf(unit, sizeof unit, "e%s%d", exponent < 0 ? LABEL_MINUS : "", abs(exponent));
    fixed(text, digits, decimals, digits == 0 ? "" : unit);
    if (digits == 0)
        snprintf(text, LABEL_MAX, "0");
}

void label_decimal(char text[LABEL_MAX], double value, int decimals)
{
    if (!isfinite(value))
        snprintf(text, LABEL_MAX, "undefined");
    else if (decimals <= DECIMALS_MAX && fabs(value) < EXACT_MAX / pow(10, decimals))
        fixed(text, value, decimals, "");
    else
        scientific(text, value, 2, exponent_of(value));
}

// What to divide by, and its letter; 0 where numbers of that size are written with an exponent.
static double unit_of(double size, const char **letter)
{
    static const struct {
        double from, unit;
        const char *letter;
    } units[] = {{EXACT_MAX, 0, ""}, {1e12, 1e12, "T"}, {1e9, 1e9, "G"},
                 {1e6, 1e6, "M"},    {1e4, 1e3, "k"},   {1e-4, 1, ""}};
    *letter = "";
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (size >= units[i].from) {
            *letter = units[i].letter;
            return units[i].unit;
        }
    return size == 0 ? 1 : 0;
}

// Digits behind the point that tell multiples of `step` apart.
static int decimals_of(double step)
{
    const int decimals = (int)ceil(-log10(step) - 1e-6);
    return decimals < 0 ? 0 : decimals > DECIMALS_MAX ? DECIMALS_MAX : decimals;
}

void label_tick(char text[LABEL_MAX], double value, double step, double largest)
{
    const char *letter;
    const double unit = unit_of(largest, &letter);
    if (unit > 0) {
        fixed(text, value / unit, decimals_of(step / unit), value == 0 ? "" : letter);
        return;
    }
    const int exponent = exponent_of(largest);
    scientific(text, value, decimals_of(step / pow(10, exponent)), exponent);
}

void label_value(char text[LABEL_MAX], double value)
{
    if (!isfinite(value) || value == 0) {
        label_decimal(text, value, 0);
        return;
    }
    const double third = pow(10, exponent_of(value) - 2);
    label_tick(text, value, third < 1e-300 ? 1e-300 : third, fabs(value));
}

void label_count(char text[LABEL_MAX], uint64_t count)
{
    num_group(count, text);
}

void label_percent(char text[LABEL_MAX], double share)
{
    const double percent = 100 * share;
    if (!isfinite(percent))
        label_decimal(text, percent, 0);
    else if (percent > 0 && percent < 0.1)
        snprintf(text, LABEL_MAX, "<0.1 %%");
    else
        fixed(text, percent, percent > 0 && percent < 0.95 ? 1 : 0, " %");
}

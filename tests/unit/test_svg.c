// SPDX-License-Identifier: MIT
// SVG as text: numbers, markup, text that is cut, paths, long lines in few points.
#include "testing.h"

#include "report/ranked.h"
#include "report/svg.h"
#include "report/trace.h"

static struct buf out;

static int begin(void **state)
{
    (void)state;
    buf_init(&out, 1 << 20);
    return 0;
}

static int end(void **state)
{
    (void)state;
    buf_clear(&out);
    return 0;
}

// What was written since the last call.
static const char *written(void)
{
    static char text[4096];
    snprintf(text, sizeof text, "%s", out.data ? out.data : "");
    out.len = 0;
    if (out.data)
        out.data[0] = '\0';
    return text;
}

static const char *number(double value)
{
    svg_number(&out, value);
    return written();
}

static void numbers_have_a_tenth(void **state)
{
    (void)state;
    assert_string_equal(number(0), "0");
    assert_string_equal(number(12), "12");
    assert_string_equal(number(12.34), "12.3");
    assert_string_equal(number(-0.04), "0");
    assert_string_equal(number(-0.05001), "-.1");
    assert_string_equal(number(0.96), "1");
    assert_string_equal(number(-3.5), "-3.5");
    assert_string_equal(number(NAN), "0");
    assert_string_equal(number(INFINITY), "0");
    assert_string_equal(number(1e300), "1000000");
}

static const char *escaped(const char *text)
{
    svg_escape(&out, text);
    return written();
}

static void text_is_escaped(void **state)
{
    (void)state;
    assert_string_equal(escaped(""), "");
    assert_string_equal(escaped("a<b>&\"c'"), "a&lt;b&gt;&amp;&quot;c'");
    assert_string_equal(escaped("]]>"), "]]&gt;");
    assert_string_equal(escaped("é€𝄞"), "é€𝄞");
    assert_string_equal(escaped("a\tb\nc"), "a b c");
    assert_string_equal(escaped("\x01\x1f\x7f"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

// One mark for each byte that cannot be read; the text goes on behind it.
static void what_is_no_utf8_is_replaced(void **state)
{
    (void)state;
#define MARK "\xef\xbf\xbd"
    assert_string_equal(escaped("\xff-"), MARK "-");
    assert_string_equal(escaped("\xc3"), MARK);
    assert_string_equal(escaped("\xe2\x82<"), MARK MARK "&lt;");
    assert_string_equal(escaped("\xc0\x80"), MARK MARK);                   // overlong
    assert_string_equal(escaped("\xed\xa0\x80"), MARK MARK MARK);          // a surrogate
    assert_string_equal(escaped("\xf4\x90\x80\x80"), MARK MARK MARK MARK); // beyond Unicode
    assert_string_equal(escaped("\xef\xbf\xbf"), MARK);                    // U+FFFF
    assert_string_equal(escaped("\x80z"), MARK "z");
}

static void long_text_is_cut(void **state)
{
    (void)state;
    char cut[SVG_CUT_MAX], text[2000];
    svg_cut(cut, "short", 100, 13);
    assert_string_equal(cut, "short");
    svg_cut(cut, "", 0, 13);
    assert_string_equal(cut, "");
    svg_cut(cut, "short", 0, 13);
    assert_string_equal(cut, "…");
    svg_cut(cut, "ééééé ééééé ééééé", 60, 13);
    assert_string_equal(cut, "ééé…éé");
    assert_true(svg_width(cut, 13) <= 60);
    svg_cut(cut, "column_number_217", 100, 13);
    assert_string_equal(cut, "colum…r_217");
    svg_cut(cut, "one two e\u0301\u0301", 40, 13); // no accent without its letter
    assert_string_equal(cut, "o…e\u0301\u0301");
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    svg_cut(cut, text, 1e9, 13);
    assert_true(strlen(cut) < SVG_CUT_MAX && strlen(cut) > 200);
    assert_non_null(strstr(cut, "x…x"));
    for (size_t i = 0; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "€", 3);
    text[1998] = '\0';
    for (int width = 0; width < 300; width++) {
        svg_cut(cut, text, width, 13);
        assert_true(width < 11 || svg_width(cut, 13) <= width);
        assert_int_equal(strlen(cut) % 3, 0);
    }
}

static void elements_have_prefixed_classes(void **state)
{
    (void)state;
    svg_label(&out, "a b", SVG_END, (double[]){1, 2.55}, "<");
    assert_string_equal(written(), "<text class=\"sk-a sk-b\" x=\"1\" y=\"2.6\" "
                                   "text-anchor=\"end\">&lt;</text>\n");
    svg_line(&out, "g", (double[]){0, 1}, (double[]){2, 3});
    assert_string_equal(written(), "<line class=\"sk-g\" x1=\"0\" y1=\"1\" x2=\"2\" y2=\"3\"/>\n");
    svg_rect(&out, "r", (double[]){0, 1}, (double[]){0, 3});
    svg_rect(&out, "r", (double[]){0, 1}, (double[]){NAN, 3});
    assert_string_equal(written(), "");
    svg_mark(&out, "m", SVG_DISC, (double[]){5, 6}, 2);
    assert_string_equal(written(), "<circle class=\"sk-m\" cx=\"5\" cy=\"6\" r=\"2\"/>\n");
    svg_mark(&out, "m", SVG_DIAMOND, (double[]){5, 6}, 1);
    assert_string_equal(written(),
                        "<path class=\"sk-m\" d=\"M5 4.7l1.3 1.3-1.3 1.3-1.3-1.3z\"/>\n");
}

static void paths_are_short(void **state)
{
    (void)state;
    struct svg_path p;
    svg_path_begin(&p, &out, "line");
    svg_path_end(&p);
    assert_string_equal(written(), "");
    svg_path_begin(&p, &out, "line");
    for (int i = 0; i < 5; i++)
        svg_path_line(&p, i, 7);
    svg_path_line(&p, 4, 7);
    svg_path_line(&p, 4.5, 6.75);
    svg_path_line(&p, 5, 7.25);
    svg_path_line(&p, 5, 9);
    svg_path_line(&p, 5, 8);
    svg_path_break(&p);
    svg_path_line(&p, 1, 1);
    svg_path_end(&p);
    assert_string_equal(written(),
                        "<path class=\"sk-line\" d=\"M0 7h4l.5-.2 .5 .5v1.7-1M1 1h0\"/>\n");
    svg_path_begin(&p, &out, "spot");
    svg_path_spot(&p, 1, 1);
    svg_path_spot(&p, 3, 0.5);
    svg_path_box(&p, (double[]){2, 2}, (double[]){4, 1});
    svg_path_end(&p);
    assert_string_equal(written(), "<path class=\"sk-spot\" d=\"M1 1h0m2-.5h0M2 2h4v1h-4z\"/>\n");
}

// Steps are rounded from the last point written, so an error does not grow.
static void rounding_does_not_add_up(void **state)
{
    (void)state;
    struct svg_path p;
    double x, y;
    svg_path_begin(&p, &out, "line");
    for (int i = 0; i <= 1000; i++)
        svg_path_line(&p, 0.333 * i, 0.0149 * i * (i % 2 ? 1 : 0.5));
    x = (double)(p.x + p.dx) / 10;
    y = (double)(p.y + p.dy) / 10;
    svg_path_end(&p);
    check_close(x, 333, 0.05, "x after 1000 steps");
    check_close(y, 7.45, 0.0501, "y after 1000 steps");
}

// The points of a path of M, l, h and v.
static size_t walk(const char *d, double (*point)[2], size_t max)
{
    double at[2] = {0, 0};
    size_t n = 0;
    char letter = 0;
    while (*d && n < max) {
        char *next;
        if (strchr("Mlhv", *d))
            letter = *d++;
        const double first = strtod(d, &next);
        if (letter == 'v')
            at[1] += first;
        else if (letter == 'h')
            at[0] += first;
        else {
            const double second = strtod(next, &next);
            at[0] = letter == 'M' ? first : at[0] + first;
            at[1] = letter == 'M' ? second : at[1] + second;
        }
        d = next;
        point[n][0] = at[0];
        point[n++][1] = at[1];
    }
    return n;
}

// 200,000 points of noise with one peak and one dip: few are left, those two among them, and in
// every column the line reaches as high and as low as before.
static void long_lines_keep_their_look(void **state)
{
    (void)state;
    enum { N = 200000, COLUMNS = 300 };
    static double point[4 * COLUMNS + 8][2], low[COLUMNS], high[COLUMNS];
    struct trace t;
    uint32_t seed = 7;
    for (int i = 0; i < COLUMNS; i++) {
        low[i] = 1e9;
        high[i] = -1e9;
    }
    trace_begin(&t, &out, "line", 1);
    for (int i = 0; i < N; i++) {
        const double x = (double)COLUMNS * i / N;
        double y = 100 + 20 * (double)test_float(&seed);
        y = i == 77777 ? 5 : i == 133333 ? 190 : y;
        low[(int)x] = fmin(low[(int)x], y);
        high[(int)x] = fmax(high[(int)x], y);
        trace_to(&t, x, y);
    }
    trace_end(&t);
    assert_true(out.len < 20000);
    char *d = strstr(out.data, "d=\"") + 3;
    *strchr(d, '"') = '\0';
    const size_t n = walk(d, point, sizeof point / sizeof point[0]);
    assert_in_range(n, 2 * COLUMNS, 4 * COLUMNS);
    for (int i = 0; i < COLUMNS; i++) {
        double least = 1e9, most = -1e9;
        for (size_t k = 0; k < n; k++)
            if (point[k][0] >= i - 0.05 && point[k][0] <= i + 1.05) {
                least = fmin(least, point[k][1]);
                most = fmax(most, point[k][1]);
            }
        assert_true(least <= low[i] + 0.051 && most >= high[i] - 0.051);
    }
    check_close(point[0][0], 0, 0.05, "the beginning");
    check_close(point[n - 1][0], COLUMNS, 0.1, "the end");
}

static void gaps_stay_gaps(void **state)
{
    (void)state;
    struct trace t;
    trace_begin(&t, &out, "line", 1);
    trace_gap(&t);
    trace_to(&t, 0, 0);
    trace_gap(&t);
    trace_gap(&t);
    trace_to(&t, 4, 0);
    trace_to(&t, 5, 1);
    trace_end(&t);
    assert_string_equal(written(), "<path class=\"sk-line\" d=\"M0 0h0M4 0l1 1\"/>\n");
}

static void ranks_are_stable(void **state)
{
    (void)state;
    struct ranked list[] = {{3, 0}, {NAN, 1}, {1, 2}, {3, 3}, {NAN, 4}, {-2, 5}};
    static const size_t want[] = {5, 2, 0, 3, 1, 4};
    ranked_sort(NULL, 0);
    ranked_sort(list, 6);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(list[i].index, want[i]);
    ranked_sort_index(list, 6);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(list[i].index, i);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers_have_a_tenth),
        TEST(text_is_escaped),
        TEST(what_is_no_utf8_is_replaced),
        TEST(long_text_is_cut),
        TEST(elements_have_prefixed_classes),
        TEST(paths_are_short),
        TEST(rounding_does_not_add_up),
        TEST(long_lines_keep_their_look),
        TEST(gaps_stay_gaps),
        TEST(ranks_are_stable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
// A row a true class, a column a predicted one, in the same order. Shade is the share of the row's
// rows, so a rare class is judged like a frequent one; counts stand in the cells while they fit,
// and the worst mixtures are named below where they do not.
#include "report/canvas.h"
#include "report/ranked.h"

#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX  FIGURE_CLASSES_MAX
#define CELL_HIGH  54 // of a few classes
#define CELL_LOW   15 // of many: a line of text
#define SMALL      12 // the smaller font
#define TINY       9  // of names above columns that are hardly wider
#define TURNED_MAX 74 // room for names that stand upright
#define MISTAKES   5  // named below
#define TEXT_ROW   18

// The shade of a cell, from none to that of the whole row: all texts have a contrast of 4.5 to it.
static const char *const shades[] = {"", "a1", "a2", "a3", "a6", "a5"};
enum {
    SHADE_INK = 3,
    SHADE_INSIDE = 5
}; // from which on small text is in ink, and all in the page's

// What is drawn: the classes themselves, or the larger of them and the rest as one.
struct matrix {
    size_t n, all, right; // right: rows on the diagonal of all classes
    size_t count[SHOWN_MAX][SHOWN_MAX], rows[SHOWN_MAX];
    char name[SHOWN_MAX][SVG_CUT_MAX];
    bool numbers; // they fit the cells
    bool merged;  // the last place is several classes
    double wide, high, left, top;
};

// ---- which classes ----

static size_t rows_of(const struct figure_confusion *f, size_t class)
{
    size_t rows = 0;
    for (size_t i = 0; i < f->classes; i++)
        rows += f->counts[class * f->classes + i];
    return rows;
}

// place[class] = where it is shown.
static void give_places(const struct figure_confusion *f, struct ranked *list, size_t *place)
{
    const size_t kept = f->classes <= SHOWN_MAX ? f->classes : SHOWN_MAX - 1;
    for (size_t i = 0; i < f->classes; i++) {
        list[i] = (struct ranked){-(double)rows_of(f, i), i};
        place[i] = kept;
    }
    ranked_sort(list, f->classes);
    ranked_sort_index(list, kept);
    for (size_t i = 0; i < kept; i++)
        place[list[i].index] = i;
}

static void name_places(const struct figure_confusion *f, const size_t *place, struct matrix *m)
{
    if (m->merged)
        snprintf(m->name[m->n - 1], SVG_CUT_MAX, "%zu others", f->classes - m->n + 1);
    for (size_t i = 0; i < f->classes; i++) {
        char *name = m->name[place[i]];
        if (m->merged && place[i] == m->n - 1)
            continue;
        if (f->names && f->names[i])
            svg_cut(name, f->names[i], CANVAS_WIDTH, CANVAS_TEXT);
        else
            snprintf(name, SVG_CUT_MAX, "%zu", i);
    }
}

static int fill_matrix(const struct figure_confusion *f, struct matrix *m)
{
    struct ranked *list = mem_array(f->classes, sizeof *list);
    size_t *place = mem_array(f->classes, sizeof *place);
    m->merged = f->classes > SHOWN_MAX;
    m->n = m->merged ? SHOWN_MAX : f->classes;
    if (list && place) {
        give_places(f, list, place);
        name_places(f, place, m);
        for (size_t i = 0; i < f->classes; i++)
            for (size_t j = 0; j < f->classes; j++) {
                const size_t count = f->counts[i * f->classes + j];
                m->count[place[i]][place[j]] += count;
                m->rows[place[i]] += count;
                m->all += count;
                m->right += i == j ? count : 0;
            }
    }
    const bool done = list && place;
    mem_free(list);
    mem_free(place);
    return done ? 0 : ERR_NOMEM;
}

// ---- where they lie ----

static void say_count(const struct matrix *m, size_t i, size_t j, char text[LABEL_MAX])
{
    label_count(text, m->count[i][j]);
    if (svg_width(text, CANVAS_TEXT) > fmax(m->wide - 6, 30))
        label_value(text, (double)m->count[i][j]);
}

static double widest_name(const struct matrix *m, double size)
{
    double widest = 0;
    for (size_t i = 0; i < m->n; i++)
        widest = fmax(widest, svg_width(m->name[i], size));
    return widest;
}

static void lay_out(struct matrix *m)
{
    char text[LABEL_MAX];
    double widest = 0;
    m->left = CANVAS_MARGIN + fmin(widest_name(m, CANVAS_TEXT), m->n > 15 ? 84 : 104) + 8;
    m->wide = (CANVAS_WIDTH - CANVAS_MARGIN - m->left) / (double)(m->n ? m->n : 1);
    m->high = fmin(fmax(0.85 * m->wide, CELL_LOW), CELL_HIGH);
    for (size_t i = 0; i < m->n; i++)
        for (size_t j = 0; j < m->n; j++) {
            say_count(m, i, j, text);
            widest = fmax(widest, svg_width(text, SMALL));
        }
    m->numbers = widest + 2 <= m->wide;
}

// Do the names fit side by side above their columns?
static bool names_lie(const struct matrix *m)
{
    return m->wide >= 44 || widest_name(m, CANVAS_TEXT) + 4 <= m->wide;
}

static double names_size(const struct matrix *m)
{
    return m->wide >= 13 ? SMALL : TINY;
}

static double names_height(const struct matrix *m)
{
    if (names_lie(m))
        return TEXT_ROW;
    return fmin(widest_name(m, names_size(m)), TURNED_MAX) + 6;
}

static double height_of(const struct matrix *m)
{
    const double cells = m->n ? (double)m->n * m->high : 60;
    const double below = m->numbers ? 0 : TEXT_ROW * (MISTAKES + 1) + 6;
    return 82 + names_height(m) + cells + below + CANVAS_MARGIN;
}

// ---- drawing ----

static double share_of(const struct matrix *m, size_t i, size_t j)
{
    return m->rows[i] ? (double)m->count[i][j] / (double)m->rows[i] : 0;
}

static int shade_of(double share)
{
    static const double from[] = {0, 0.1, 0.3, 0.5, 0.8};
    int shade = 0;
    while (shade < 5 && share > from[shade])
        shade++;
    return shade;
}

static void draw_cell(struct canvas *c, const struct matrix *m, size_t i, size_t j)
{
    char text[LABEL_MAX], class[32];
    const double x = m->left + (double)j * m->wide, y = m->top + (double)i * m->high;
    const int shade = shade_of(share_of(m, i, j));
    const bool both = m->high >= 34 && m->wide >= 44;
    if (shade) {
        snprintf(class, sizeof class, "f%d %s", i != j, shades[shade]);
        svg_rect(c->out, class, (double[]){x + 0.5, y + 0.5}, (double[]){m->wide - 1, m->high - 1});
    }
    if (!m->numbers)
        return;
    const char *ink = shade >= SHADE_INSIDE ? " inside" : m->count[i][j] ? "" : " soft";
    const double middle = x + m->wide / 2, centre = y + m->high / 2;
    say_count(m, i, j, text);
    snprintf(class, sizeof class, "%s%s", m->wide >= 44 ? "count" : "small", ink);
    svg_label(c->out, class, SVG_MIDDLE, (double[]){middle, centre + (both ? -2 : 4.5)}, text);
    if (!both)
        return;
    label_percent(text, share_of(m, i, j));
    ink = shade >= SHADE_INSIDE ? " inside" : shade >= SHADE_INK ? "" : " soft";
    snprintf(class, sizeof class, "small%s", ink);
    svg_label(c->out, class, SVG_MIDDLE, (double[]){middle, centre + 13}, text);
}

static void draw_names(struct canvas *c, const struct matrix *m)
{
    char cut[SVG_CUT_MAX];
    for (size_t i = 0; i < m->n; i++) {
        const double x = m->left + ((double)i + 0.5) * m->wide;
        const double y = m->top + ((double)i + 0.5) * m->high + 4.5;
        svg_cut(cut, m->name[i], m->left - CANVAS_MARGIN - 7, CANVAS_TEXT);
        svg_label(c->out, "name", SVG_END, (double[]){m->left - 7, y}, cut);
        if (names_lie(m)) {
            svg_cut(cut, m->name[i], m->wide - 4, CANVAS_TEXT);
            svg_label(c->out, "name", SVG_MIDDLE, (double[]){x, m->top - 6}, cut);
        } else {
            const bool tiny = names_size(m) < SMALL;
            svg_cut(cut, m->name[i], TURNED_MAX, names_size(m));
            svg_label_up(c->out, tiny ? "tiny" : "small",
                         (double[]){x + (tiny ? 3 : 4), m->top - 5}, cut);
        }
    }
}

// Of or for the classes that are shown as one.
static bool is_others(const struct matrix *m, size_t at)
{
    return m->merged && (at / m->n == m->n - 1 || at % m->n == m->n - 1);
}

// The cell off the diagonal with the most rows that is smaller than `last`, or as large and behind.
static bool next_mistake(const struct matrix *m, size_t *last)
{
    size_t best = 0, found = SIZE_MAX;
    const size_t limit = *last == SIZE_MAX ? SIZE_MAX : m->count[*last / m->n][*last % m->n];
    for (size_t at = 0; at < m->n * m->n; at++) {
        const size_t count = m->count[at / m->n][at % m->n];
        if (at / m->n == at % m->n || count <= best || is_others(m, at))
            continue;
        if (count < limit || (count == limit && *last != SIZE_MAX && at > *last)) {
            best = count;
            found = at;
        }
    }
    *last = found;
    return found != SIZE_MAX;
}

static void name_mistakes(struct canvas *c, const struct matrix *m)
{
    double y = m->top + (double)m->n * m->high + TEXT_ROW + 4;
    size_t at = SIZE_MAX;
    const double half = (CANVAS_WIDTH - 2 * CANVAS_MARGIN - 120) / 2.0;
    svg_label(c->out, "soft", SVG_START, (double[]){CANVAS_MARGIN, y},
              "taken for another class most often:");
    for (int i = 0; i < MISTAKES && next_mistake(m, &at); i++) {
        char text[3 * SVG_CUT_MAX], from[SVG_CUT_MAX], to[SVG_CUT_MAX];
        char count[LABEL_MAX], share[LABEL_MAX];
        const size_t row = at / m->n, column = at % m->n;
        y += TEXT_ROW;
        svg_cut(from, m->name[row], half, CANVAS_TEXT);
        svg_cut(to, m->name[column], half, CANVAS_TEXT);
        say_count(m, row, column, count);
        label_percent(share, share_of(m, row, column));
        snprintf(text, sizeof text, "%s \xe2\x86\x92 %s: %s (%s)", from, to, count, share);
        svg_label(c->out, "name", SVG_START, (double[]){CANVAS_MARGIN, y}, text);
    }
}

static void draw_matrix(struct canvas *c, struct matrix *m)
{
    svg_label(c->out, "soft", SVG_START, (double[]){CANVAS_MARGIN, c->top},
              "rows: true; columns: predicted; shade: share of row");
    m->top = c->top + 12 + names_height(m);
    for (size_t i = 0; i < m->n; i++)
        for (size_t j = 0; j < m->n; j++)
            draw_cell(c, m, i, j);
    draw_names(c, m);
    if (!m->numbers)
        name_mistakes(c, m);
}

static void say_accuracy(const struct matrix *m, char *text, size_t room)
{
    char share[LABEL_MAX];
    label_decimal(share, m->all ? (double)m->right / (double)m->all : NAN, 3);
    snprintf(text, room, "accuracy %s", share);
}

int figure_confusion(struct buf *out, const struct figure_confusion *f)
{
    struct canvas c;
    char result[64], about[CANVAS_ABOUT_MAX];
    struct matrix *m = mem_zalloc(sizeof *m);
    if (!m || fill_matrix(f, m)) {
        mem_free(m);
        return canvas_nomem(out);
    }
    lay_out(m);
    say_accuracy(m, result, sizeof result);
    snprintf(about, sizeof about, "Rows of each true class by the class predicted: %s", result);
    canvas_begin(&c, out, &f->head, &(struct canvas_text){"Confusion matrix", result, about},
                 height_of(m));
    if (m->all)
        draw_matrix(&c, m);
    else
        canvas_empty(&c, "no rows to show");
    mem_free(m);
    return canvas_end(&c);
}

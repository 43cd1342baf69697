// SPDX-License-Identifier: MIT
// Text cannot be measured here, since fonts are the reader's: widths are estimates by character
// (svg_text.c), and everything leaves room for them. Ids carry the figure's prefix, because a page
// has many figures.
#include "report/canvas.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define HEAD_SIZE 16
#define HEAD_BOLD 1.12 // how much wider its letters are
#define LINE      16   // from one name to the next
#define LEAD      4    // more than that between the lines of a head
#define HALF_TEXT 4.5  // from the middle of a line of text down to its foot
#define TICK_ROOM 7    // from a tick's label to the plot

// ---- the SVG around ----

// The prefix with what cannot be part of an id left out.
static void put_id(struct buf *out, const char *prefix, const char *which)
{
    buf_puts(out, SVG_CLASS);
    for (const char *s = prefix ? prefix : ""; *s; s++)
        if (isalnum((unsigned char)*s) || *s == '-' || *s == '_')
            buf_append(out, s, 1);
    buf_printf(out, "-%s", which);
}

static void named_element(struct buf *out, const char *tag, const char *prefix, const char *text)
{
    buf_printf(out, "<%s id=\"", tag);
    put_id(out, prefix, tag);
    buf_puts(out, "\">");
    svg_escape(out, text);
    buf_printf(out, "</%s>\n", tag);
}

static void open_svg(struct buf *out, const struct figure_head *head, double height)
{
    buf_printf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d ", CANVAS_WIDTH);
    svg_number(out, height);
    buf_puts(out, "\" role=\"img\" class=\"" SVG_CLASS "figure\" aria-labelledby=\"");
    put_id(out, head->prefix, "title");
    buf_puts(out, " ");
    put_id(out, head->prefix, "desc");
    buf_puts(out, "\">\n");
}

// A line of text below the one before, cut to the canvas.
static void text_line(struct canvas *c, const char *class, const char *text, double size)
{
    char cut[SVG_CUT_MAX];
    if (!text[0])
        return;
    svg_cut(cut, text, CANVAS_WIDTH - 2 * CANVAS_MARGIN, size);
    svg_label(c->out, class, SVG_START, (double[]){CANVAS_MARGIN, c->top}, cut);
    c->top += LINE + LEAD;
}

// "result, note" where that is a line, else the first of two.
static void join_note(char *to, size_t room, const char *result, const char **note)
{
    const double wide = svg_width(result, CANVAS_TEXT) + svg_width(*note, CANVAS_TEXT) + LINE;
    const bool both = result[0] && (*note)[0];
    if (both && wide > CANVAS_WIDTH - 2 * CANVAS_MARGIN) {
        snprintf(to, room, "%s", result);
        return;
    }
    snprintf(to, room, "%s%s%s", result, both ? ", " : "", *note);
    *note = "";
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

void canvas_begin(struct canvas *c, struct buf *out, const struct figure_head *head,
                  const struct canvas_text *text, double height)
{
    char note[SVG_CUT_MAX];
    const char *title = head->title ? head->title : text->title;
    const char *more = or_empty(head->note);
    join_note(note, sizeof note, or_empty(text->result), &more);
    height += more[0] ? LINE + LEAD : 0;
    *c = (struct canvas){.out = out, .top = 24, .left = CANVAS_MARGIN};
    c->right = CANVAS_WIDTH - CANVAS_MARGIN;
    c->bottom = height - 44;
    open_svg(out, head, height);
    named_element(out, "title", head->prefix, title[0] ? title : text->title);
    named_element(out, "desc", head->prefix, text->about);
    if (!head->inlined) {
        buf_puts(out, "<style>");
        figure_style(out);
        buf_puts(out, "</style>\n");
    }
    svg_rect(out, "page", (double[]){0, 0}, (double[]){CANVAS_WIDTH, height});
    text_line(c, "head", title, HEAD_SIZE * HEAD_BOLD);
    text_line(c, "soft", note, CANVAS_TEXT);
    text_line(c, "soft", more, CANVAS_TEXT);
}

int canvas_end(struct canvas *c)
{
    buf_puts(c->out, "</svg>\n");
    return c->out->failed;
}

int canvas_nomem(struct buf *out)
{
    if (!out->failed)
        out->failed = ERR_NOMEM;
    return out->failed;
}

void canvas_empty(struct canvas *c, const char *why)
{
    const double middle[] = {CANVAS_WIDTH / 2.0, (c->top + c->bottom) / 2};
    svg_label(c->out, "soft", SVG_MIDDLE, middle, why);
}

// ---- axes ----

static void draw_y(struct canvas *c, bool mirrored)
{
    for (size_t i = 0; i < c->y.ticks; i++) {
        const double at = axis_at(&c->y, c->y.tick[i]);
        svg_line(c->out, "grid", (double[]){c->left, at}, (double[]){c->right, at});
        const char *label = c->y.label[i];
        if (mirrored && c->y.tick[i] < 0)
            label += sizeof LABEL_MINUS - 1;
        svg_label(c->out, "soft", SVG_END, (double[]){c->left - TICK_ROOM, at + HALF_TEXT}, label);
    }
}

// A label that would stick out at a side is moved in.
static void draw_x(struct canvas *c)
{
    svg_line(c->out, "axis", (double[]){c->left, c->bottom}, (double[]){c->right, c->bottom});
    for (size_t i = 0; i < c->x.ticks; i++) {
        const double at = axis_at(&c->x, c->x.tick[i]);
        const double half = svg_width(c->x.label[i], CANVAS_TEXT) / 2;
        const double x = fmin(at, CANVAS_WIDTH - 3 - half);
        svg_line(c->out, "axis", (double[]){at, c->bottom}, (double[]){at, c->bottom + 4});
        svg_label(c->out, "soft", SVG_MIDDLE, (double[]){x, c->bottom + 18}, c->x.label[i]);
    }
}

// At the end of the axis, with an arrow along it.
static void name_x(struct canvas *c, const char *text)
{
    char name[SVG_CUT_MAX + 8], cut[SVG_CUT_MAX];
    if (!text)
        return;
    svg_cut(cut, text, c->right - CANVAS_MARGIN - 20, CANVAS_TEXT);
    snprintf(name, sizeof name, "%s \xe2\x86\x92", cut);
    svg_label(c->out, "soft", SVG_END, (double[]){c->right, c->bottom + 36}, name);
}

void canvas_plot(struct canvas *c, const struct canvas_axes *axes)
{
    char name[SVG_CUT_MAX];
    c->top += 2;
    if (axes->y_name) {
        snprintf(name, sizeof name, "\xe2\x86\x91 %s", axes->y_name);
        text_line(c, "soft", name, CANVAS_TEXT);
    }
    c->top -= 8; // from the foot of a line to the plot below it
    axis_vertical(&c->y, axes->y, axes->y_kind, (double[]){c->bottom - axes->strip, c->top});
    c->left = CANVAS_MARGIN + axis_label_width(&c->y, CANVAS_TEXT) + TICK_ROOM;
    axis_horizontal(&c->x, axes->x, axes->x_kind, (double[]){c->left, c->right});
    draw_y(c, axes->mirrored);
    draw_x(c);
    name_x(c, axes->x_name);
}

// ---- rows and keys ----

#define ABOVE_ROWS 70 // title, note, a line of keys
#define BELOW_ROWS 44 // the axis and its name
#define NAME_ROW   18 // of them the name, which there may not be

double canvas_rows_height(const struct canvas_rows *rows)
{
    const double below = rows->x_name ? BELOW_ROWS : BELOW_ROWS - NAME_ROW;
    return ABOVE_ROWS + rows->height * (double)(rows->n > 2 ? rows->n : 2) + below;
}

double canvas_row(const struct canvas *c, const struct canvas_rows *rows, size_t i)
{
    return c->top + ((double)i + 0.5) * (c->bottom - c->top) / (double)rows->n;
}

void canvas_plot_rows(struct canvas *c, const struct canvas_rows *rows)
{
    char cut[SVG_CUT_MAX];
    double widest = 0;
    c->top -= 8;
    c->bottom += rows->x_name ? 0 : NAME_ROW;
    for (size_t i = 0; i < rows->n; i++)
        widest = fmax(widest, svg_width(rows->name[i], CANVAS_TEXT));
    widest = fmin(widest, CANVAS_NAMES);
    c->left = CANVAS_MARGIN + widest + TICK_ROOM;
    axis_horizontal(&c->x, rows->x, AXIS_LINEAR, (double[]){c->left, c->right});
    for (size_t i = 0; i < c->x.ticks; i++) {
        const double at = axis_at(&c->x, c->x.tick[i]);
        svg_line(c->out, "grid", (double[]){at, c->top}, (double[]){at, c->bottom});
    }
    draw_x(c);
    for (size_t i = 0; i < rows->n; i++) {
        const double y = canvas_row(c, rows, i) + HALF_TEXT;
        svg_cut(cut, rows->name[i], widest + 1, CANVAS_TEXT);
        svg_label(c->out, "name", SVG_END, (double[]){c->left - TICK_ROOM, y}, cut);
    }
    name_x(c, rows->x_name);
}

void canvas_keys(struct canvas *c, const struct canvas_key *key, size_t n)
{
    char cut[SVG_CUT_MAX];
    double x = CANVAS_MARGIN;
    const double share = (CANVAS_WIDTH - 2 * CANVAS_MARGIN) / (double)n;
    for (size_t i = 0; i < n; i++) {
        svg_cut(cut, key[i].text, share - 30, CANVAS_TEXT);
        svg_mark(c->out, key[i].class, key[i].mark, (double[]){x + 5, c->top - HALF_TEXT}, 5);
        svg_label(c->out, "name", SVG_START, (double[]){x + 16, c->top}, cut);
        x += 16 + svg_width(cut, CANVAS_TEXT) + 14;
    }
    c->top += LINE + LEAD;
}

// ---- names ----

void canvas_line_class(char class[CANVAS_CLASS_MAX], size_t i)
{
    snprintf(class, CANVAS_CLASS_MAX, "line c%zu d%zu", i % CANVAS_COLOURS,
             (i + i / CANVAS_COLOURS) % 4);
}

// From the plot to the names: with a mark between them where they have one.
static double name_inset(const struct canvas_name *name)
{
    return name->marked ? 19 : 6;
}

double canvas_names_width(const struct canvas_name *name, size_t n)
{
    double width = 0;
    for (size_t i = 0; i < n; i++)
        width = fmax(width, svg_width(name[i].text, CANVAS_TEXT));
    return fmin(width + 10 + name_inset(name), CANVAS_NAMES);
}

static void sort_names(struct canvas_name *name, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j > 0 && name[j].y < name[j - 1].y; j--) {
            const struct canvas_name other = name[j];
            name[j] = name[j - 1];
            name[j - 1] = other;
        }
}

// Neighbours that are too close push each other away by half of what is missing, again and again;
// what is still missing then, and the ends of the plot, are seen to from the top and the bottom.
static void spread_names(struct canvas_name *name, size_t n, double top, double bottom)
{
    for (int again = 0; again < 100; again++)
        for (size_t i = 1; i < n; i++) {
            const double lack = fmax(0, LINE - (name[i].y - name[i - 1].y));
            name[i - 1].y -= lack / 2;
            name[i].y += lack / 2;
        }
    for (size_t i = 0; i < n; i++)
        name[i].y = fmax(name[i].y, i ? name[i - 1].y + LINE : top);
    for (size_t i = n; i-- > 0;)
        name[i].y = fmin(name[i].y, i + 1 < n ? name[i + 1].y - LINE : bottom);
}

void canvas_mark(struct canvas *c, size_t line, const double at[2], double radius)
{
    char class[CANVAS_CLASS_MAX];
    snprintf(class, sizeof class, "mark f%zu", line % CANVAS_COLOURS);
    svg_mark(c->out, class, (enum svg_mark)(line % SVG_MARKS), at, radius);
}

void canvas_names(struct canvas *c, struct canvas_name *name, size_t n)
{
    char cut[SVG_CUT_MAX], class[CANVAS_CLASS_MAX];
    sort_names(name, n);
    spread_names(name, n, c->top + 2, c->bottom - 2);
    for (size_t i = 0; i < n; i++) {
        const double x = c->right + name_inset(&name[i]);
        if (name[i].marked)
            canvas_mark(c, name[i].line, (double[]){c->right + 10, name[i].y}, 4);
        snprintf(class, sizeof class, "f%zu", name[i].line % CANVAS_COLOURS);
        svg_cut(cut, name[i].text, CANVAS_WIDTH - 4 - x, CANVAS_TEXT);
        svg_label(c->out, class, SVG_START, (double[]){x, name[i].y + HALF_TEXT}, cut);
    }
}

void canvas_beside(struct canvas *c, const char *class, int side, const double at[2],
                   const char *text)
{
    const double width = svg_width(text, CANVAS_TEXT);
    bool right = side > 0;
    if (right && at[0] + 8 + width > c->right)
        right = false;
    else if (!right && at[0] - 8 - width < c->left)
        right = true;
    const double y = fmin(fmax(at[1] + HALF_TEXT, c->top + 12), c->bottom - 5);
    svg_label(c->out, class, right ? SVG_START : SVG_END,
              (double[]){right ? at[0] + 8 : at[0] - 8, y}, text);
}

// SPDX-License-Identifier: MIT
// Nothing, one of each, constants, numbers at the ends of their types, no numbers at all, and names
// that are markup, no UTF-8 or a page long.
#include "report/figure_demo.h"

#include <math.h>
#include <stdio.h>

#define N 12
static const double nan_values[N] = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
static const double constant[N] = {.5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5};
static const double zeros[N];
static const double tiny[N] = {1e-300, 2e-300, 5e-300, 3e-310, 1e-300, 2e-300,
                               1e-300, 0,      1e-300, 2e-300, 1e-300, 4e-320};
static const double huge[N] = {1e300,  -1e300, 1.7e308, -1.7e308, 1e10, 0,
                               -1e308, 1e308,  5e307,   1e300,    1e8,  1.7e308};
static const double span[N] = {1e-300, 1e-200, 1e-100, 1e-50, 1e-10, 1,
                               1e10,   1e50,   1e100,  1e200, 1e300, 1.7e308};
static const double holes[N] = {INFINITY, 1,   NAN, .5,       .4,  NAN,
                                NAN,      .35, NAN, INFINITY, .33, -INFINITY};
static const double noise[N] = {1,          1.00000001, 1.00000002, 1, 1.00000003, 1,
                                1.00000001, 1,          1.00000002, 1, 1,          1.00000001};

static const char *const odd_names[] = {
    "<b>\"bold\"</b> & 'co' ]]>",
    "no UTF-8: \xff\xfe \xc3 \xed\xa0\x80 \xf4\x90\x80\x80 \x01\x02",
    "Überlänge der Straße in Zürich und noch viel mehr davon, denn eine Spalte hieß einmal so",
    "乗客の名前と年齢と運賃と港と等級と性別",
    "",
    "a\tb\nc",
};

static void curves(void)
{
    const struct {
        const char *name;
        const double *y;
    } cases[] = {{"bad-curve-nothing", nan_values}, {"bad-curve-constant", constant},
                 {"bad-curve-zero", zeros},         {"bad-curve-tiny", tiny},
                 {"bad-curve-huge", huge},          {"bad-curve-span", span},
                 {"bad-curve-holes", holes},        {"bad-curve-noise", noise}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct figure_line line[] = {{"train", cases[i].y}, {NULL, nan_values}};
        DRAW(cases[i].name, figure_curves,
             {.head = {.prefix = cases[i].name},
              .n = N,
              .lines = 2,
              .line = line,
              .best = 3,
              .loss = true});
    }
    struct figure_line line[8];
    for (size_t i = 0; i < 8; i++)
        line[i] = (struct figure_line){odd_names[i % 6], i % 2 ? constant : holes};
    DRAW("bad-curve-names", figure_curves,
         {.head = {"bad id <\"&'>", odd_names[2], odd_names[0], false},
          .n = N,
          .lines = 8,
          .line = line,
          .best = 99});
    DRAW("bad-curve-none", figure_curves, {.loss = true});
    DRAW("bad-curve-one", figure_curves, {.n = 1, .lines = 1, .line = line, .best = 1});
}

static void two_classes(void)
{
    const double up[] = {0, NAN, 0.5, 1}, down[] = {1, 0.5, NAN, 0};
    const float score[] = {0.5F, NAN, -3, 7, INFINITY, 1, 0}, label[] = {1, 1, 1, 1, 1, 1, 1};
    const struct figure_point nowhere = {NAN, NAN, NAN}, corner = {1, 0, INFINITY};
    const struct figure_point far = {9e99, -9e99, 1e-99};
    const struct figure_bin bin[] = {{0, 0, 1}, {NAN, 0.5, 3}, {1, 1, 4000000000U}, {0.5, 0.5, 0}};
    DRAW("bad-roc-none", figure_roc, {.auc = NAN, .at = &nowhere});
    DRAW("bad-roc-one", figure_roc, {.n = 1, .fpr = up, .tpr = up, .auc = 0.5, .at = &nowhere});
    DRAW("bad-roc-holes", figure_roc, {.n = 4, .fpr = up, .tpr = down, .auc = 2, .at = &corner});
    DRAW("bad-roc-huge", figure_roc, {.n = N, .fpr = huge, .tpr = span, .auc = 1e99, .at = &far});
    DRAW("bad-pr-none", figure_pr, {.ap = NAN, .positives = NAN, .at = &nowhere});
    DRAW("bad-pr-holes", figure_pr,
         {.n = 4, .recall = down, .precision = up, .ap = 0, .positives = 0, .at = &corner});
    DRAW("bad-pr-one", figure_pr, {.n = 1, .recall = up, .precision = down, .positives = 1});
    DRAW("bad-calibration-none", figure_calibration, {.brier = NAN, .ece = NAN});
    DRAW("bad-calibration", figure_calibration, {.bins = 4, .bin = bin, .brier = 1e99, .ece = -1});
    DRAW("bad-scores-none", figure_scores, {.threshold = NAN});
    DRAW("bad-scores", figure_scores,
         {.head = {.note = odd_names[1]},
          .n = 7,
          .score = score,
          .label = label,
          .names = {odd_names[0], odd_names[2]},
          .threshold = 5});
}

static void classes(void)
{
    const size_t big = (size_t)1 << 50, counts[] = {big, 1, 0, 0, big / 3, 0, 7, 0, 0};
    const double rate[] = {0, 1};
    struct figure_class class[40] = {{.precision = NAN, .f1 = NAN, .auc = NAN}};
    for (size_t i = 1; i < 40; i++)
        class[i] = (struct figure_class){.name = odd_names[i % 6],
                                         .precision = NAN,
                                         .recall = 2,
                                         .f1 = i % 3 ? 0 : 1e9,
                                         .support = big,
                                         .n = 2,
                                         .fpr = rate,
                                         .tpr = rate,
                                         .auc = (double)i / 40};
    DRAW("bad-confusion-none", figure_confusion, {.classes = 0});
    DRAW("bad-confusion-one", figure_confusion, {.classes = 1, .counts = counts});
    DRAW("bad-confusion-zero", figure_confusion, {.classes = 1, .counts = counts + 2});
    DRAW("bad-confusion", figure_confusion, {.classes = 3, .names = odd_names, .counts = counts});
    DRAW_AS("bad-roc-classes-none", figure_roc_classes, figure_classes, {.classes = 0});
    DRAW_AS("bad-roc-classes-nan", figure_roc_classes, figure_classes,
            {.classes = 1, .class = class});
    DRAW_AS("bad-roc-classes", figure_roc_classes, figure_classes, {.classes = 40, .class = class});
    DRAW_AS("bad-class-bars-none", figure_class_bars, figure_classes,
            {.classes = 1, .class = class});
    DRAW_AS("bad-class-bars", figure_class_bars, figure_classes, {.classes = 40, .class = class});
}

static void regression(void)
{
    static const float ends[] = {3e38F, -3e38F, NAN, INFINITY, 1, -3e38F};
    static const float others[] = {-3e38F, 3e38F, 1, 1, NAN, -3e38F};
    static float same[2000];
    const struct figure_regression cases[] = {{.r2 = NAN, .rmse = NAN},
                                              {.n = 1, .predicted = ends, .truth = others},
                                              {.n = 6, .predicted = ends, .truth = others},
                                              {.n = 2000, .predicted = same, .truth = same}};
    static const char *const tags[] = {"none", "one", "ends", "same"};
    for (int i = 0; i < 4; i++) {
        char name[64];
        const struct figure_regression f = cases[i];
        snprintf(name, sizeof name, "bad-predicted-%s", tags[i]);
        DRAW_AS(name, figure_predicted, figure_regression,
                {.n = f.n, .predicted = f.predicted, .truth = f.truth, .r2 = NAN, .rmse = 1e39});
        snprintf(name, sizeof name, "bad-residuals-%s", tags[i]);
        DRAW_AS(name, figure_residuals, figure_regression,
                {.n = f.n, .predicted = f.predicted, .truth = f.truth});
        snprintf(name, sizeof name, "bad-residual-histogram-%s", tags[i]);
        DRAW_AS(name, figure_residual_histogram, figure_regression,
                {.n = f.n, .predicted = f.predicted, .truth = f.truth});
    }
}

static void importance(void)
{
    DRAW("bad-importance-none", figure_importance, {.n = 0});
    DRAW("bad-importance-one", figure_importance,
         {.n = 1, .names = odd_names, .mean = zeros, .spread = zeros});
    DRAW("bad-importance", figure_importance,
         {.n = 6, .names = odd_names, .mean = holes, .spread = nan_values, .metric = odd_names[2]});
    DRAW("bad-importance-huge", figure_importance,
         {.n = 6, .names = odd_names, .mean = huge, .spread = huge, .metric = odd_names[0]});
}

static void costs(void)
{
    struct figure_run run[70];
    for (size_t i = 0; i < 70; i++)
        run[i] = (struct figure_run){
            odd_names[i % 6],   i,           (enum figure_origin)(i % 3), span[i % N],
            holes[i % N],       huge[i % N], huge[(i + 1) % N],           nan_values[i % N],
            holes[(i + 2) % N], i % 2 == 0};
    const struct figure_run same[] = {{.name = "a", .dollars = 0, .metric = .5, .best = true},
                                      {.name = "b", .dollars = 0, .metric = .5, .best = true}};
    DRAW("bad-cost-none", figure_cost, {.n = 0});
    DRAW("bad-cost-same", figure_cost, {.n = 2, .run = same, .metric = "<auroc>"});
    DRAW("bad-cost", figure_cost, {.n = 70, .run = run, .metric = odd_names[2], .lower = true});
}

static void growth(void)
{
    const struct figure_growth_line line[] = {
        {odd_names[0], N, span, huge, 1, 1e-300},
        {odd_names[1], N, tiny, span, NAN, 1},
        {odd_names[2], N, zeros, zeros, 0, 0},
        {odd_names[3], N, nan_values, holes, 1e300, 1e300},
        {odd_names[4], N, constant, constant, 0, 0},
        {odd_names[5], N, span, span, -1, -1},
    };
    DRAW("bad-growth-none", figure_growth, {.at = NAN, .low = NAN, .high = NAN});
    DRAW("bad-growth-one", figure_growth,
         {.lines = 1, .line = line + 4, .at = 0, .low = 0, .high = INFINITY});
    DRAW("bad-growth-nan", figure_growth,
         {.lines = 2, .line = line + 2, .at = 1, .low = NAN, .high = NAN});
    DRAW("bad-growth", figure_growth,
         {.head = {.note = odd_names[2]},
          .lines = 6,
          .line = line,
          .size = odd_names[2],
          .value = odd_names[2],
          .at = 1e10,
          .low = -INFINITY,
          .high = INFINITY});
}

void demo_hostile(void)
{
    curves();
    two_classes();
    classes();
    regression();
    importance();
    costs();
    growth();
}

// SPDX-License-Identifier: MIT
// figure_demo FOLDER: every figure with data as they come and as they should not, one SVG a file:
// what the browser tier looks at.
#include "report/figure_demo.h"

#include "base/mem.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *folder;
static int failed;

// ---- data ----

static double uniform(void)
{
    static uint32_t state = 12345;
    state = state * 1664525U + 1013904223U;
    return (state >> 8) / 16777216.0;
}

// About normal, mean 0, deviation 1.
static double normal(void)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += uniform();
    return sum;
}

static double *numbers(size_t n)
{
    double *a = mem_array(n, sizeof *a);
    if (!a)
        abort();
    return a;
}

void demo_write(struct buf *out, const char *name)
{
    char path[512];
    struct error e = {0};
    snprintf(path, sizeof path, "%s/%s.svg", folder, name);
    FILE *file = buf_check(out, name, &e) ? NULL : fopen(path, "w");
    if (!file || fwrite(out->data, 1, out->len, file) != out->len || fclose(file)) {
        fprintf(stderr, "%s: %s\n", path, e.code ? e.text : "cannot be written");
        failed = 1;
    }
    printf("%s %zu\n", name, out->len);
    buf_clear(out);
}

// ---- training ----

static void losses(void)
{
    const size_t n = 1000, many = 50000;
    double *train = numbers(n), *val = numbers(n), *long_train = numbers(many),
           *long_val = numbers(many);
    for (size_t i = 0; i < n; i++) {
        const double t = (double)i / (double)n;
        train[i] = 0.33 + 0.36 * exp(-6 * t) + 0.004 * normal();
        val[i] = 0.41 + 0.28 * exp(-8 * t) + 0.05 * t + 0.004 * normal();
    }
    for (size_t i = 0; i < many; i++) {
        const double t = (double)i / (double)many;
        long_train[i] = exp(-7 * t) * (1 + 0.4 * uniform()) * 40;
        long_val[i] = (exp(-6 * t) + 0.02) * (1 + 0.5 * uniform()) * 45;
    }
    const struct figure_line line[] = {{"train", train}, {"val", val}};
    const struct figure_line long_line[] = {{"train", long_train}, {"val", long_val}};
    const struct figure_line alone = {"train", train};
    DRAW("loss", figure_curves,
         {.head = {.prefix = "loss", .note = "143 validation rows"},
          .n = n,
          .lines = 2,
          .line = line,
          .best = 412,
          .loss = true});
    DRAW("loss-log", figure_curves,
         {.head = {.prefix = "losslog"},
          .n = many,
          .lines = 2,
          .line = long_line,
          .best = 49321,
          .loss = true});
    DRAW("loss-train", figure_curves,
         {.head = {.prefix = "losst"}, .n = 12, .lines = 1, .line = &alone, .loss = true});
    DRAW("loss-one-epoch", figure_curves,
         {.head = {.prefix = "loss1"}, .n = 1, .lines = 2, .line = line, .best = 1, .loss = true});
    mem_free(train);
    mem_free(val);
    mem_free(long_train);
    mem_free(long_val);
}

static void metrics(void)
{
    const size_t n = 300;
    static const char *const names[] = {"accuracy", "AUROC", "F1", "AP", "precision", "recall"};
    struct figure_line line[6];
    double *values[6];
    for (size_t k = 0; k < 6; k++) {
        values[k] = numbers(n);
        for (size_t i = 0; i < n; i++)
            values[k][i] = 0.78 + 0.015 * (double)k -
                           (0.3 + 0.03 * (double)k) * exp(-0.03 * (double)i) + 0.006 * normal();
        line[k] = (struct figure_line){names[k], values[k]};
    }
    DRAW("metrics", figure_curves,
         {.head = {.prefix = "metrics", .note = "143 validation rows"},
          .n = n,
          .lines = 4,
          .line = line,
          .best = 201});
    DRAW("metrics-six", figure_curves,
         {.head = {.prefix = "metrics6"}, .n = n, .lines = 6, .line = line, .best = 11});
    for (size_t k = 0; k < 6; k++)
        mem_free(values[k]);
}

// ---- two classes ----

struct row {
    float score, label;
};

static int by_score(const void *one, const void *two)
{
    const struct row *a = one, *b = two;
    return (a->score < b->score) - (a->score > b->score);
}

// A curve of every row's threshold, from the highest score down.
struct curve {
    size_t n;
    double *fpr, *tpr, *precision, *recall, auc, ap, positives;
};

static void make_rows(struct row *row, size_t n, double share, double apart)
{
    for (size_t i = 0; i < n; i++) {
        const double label = uniform() < share, z = apart * (label - 0.5) + normal();
        row[i] = (struct row){(float)(1 / (1 + exp(-z))), (float)label};
    }
    qsort(row, n, sizeof *row, by_score);
}

static struct curve make_curve(const struct row *row, size_t n)
{
    struct curve c = {.n = n + 1,
                      .fpr = numbers(n + 1),
                      .tpr = numbers(n + 1),
                      .precision = numbers(n + 1),
                      .recall = numbers(n + 1)};
    double ones = 0, tp = 0;
    for (size_t i = 0; i < n; i++)
        ones += (double)row[i].label;
    const double zeros = (double)n - ones;
    c.positives = ones / (double)n;
    c.precision[n] = 1;
    for (size_t i = 0; i < n; i++) {
        tp += (double)row[i].label;
        const double fp = (double)(i + 1) - tp;
        c.tpr[i + 1] = tp / ones;
        c.fpr[i + 1] = fp / zeros;
        c.recall[n - 1 - i] = tp / ones;
        c.precision[n - 1 - i] = tp / (double)(i + 1);
        c.auc += (c.fpr[i + 1] - c.fpr[i]) * c.tpr[i + 1];
        c.ap += (c.tpr[i + 1] - c.tpr[i]) * tp / (double)(i + 1);
    }
    return c;
}

static void free_curve(struct curve *c)
{
    mem_free(c->fpr);
    mem_free(c->tpr);
    mem_free(c->precision);
    mem_free(c->recall);
}

static void draw_scores(const char *tag, const struct row *row, size_t n)
{
    char name[40];
    float *score = mem_array(n, sizeof *score), *label = mem_array(n, sizeof *label);
    for (size_t i = 0; score && label && i < n; i++) {
        score[i] = row[i].score;
        label[i] = row[i].label;
    }
    snprintf(name, sizeof name, "scores%s", tag);
    DRAW(name, figure_scores,
         {.head = {.prefix = name},
          .n = n,
          .score = score,
          .label = label,
          .names = {"died", "survived"},
          .threshold = 0.43});
    mem_free(score);
    mem_free(label);
}

static void draw_bins(const char *tag, const struct row *row, size_t n)
{
    char name[40];
    struct figure_bin bin[10] = {0};
    double brier = 0, ece = 0;
    for (size_t i = 0; i < n; i++) {
        struct figure_bin *b = &bin[row[i].score < 1 ? (int)(10 * row[i].score) : 9];
        b->score += (double)row[i].score;
        b->positives += (double)row[i].label;
        b->count++;
        brier += pow((double)(row[i].score - row[i].label), 2) / (double)n;
    }
    for (int i = 0; i < 10; i++) {
        const double count = (double)bin[i].count;
        ece += fabs(bin[i].score - bin[i].positives) / (double)n;
        bin[i].score /= count;
        bin[i].positives /= count;
    }
    snprintf(name, sizeof name, "calibration%s", tag);
    DRAW(name, figure_calibration,
         {.head = {.prefix = name}, .bins = 10, .bin = bin, .brier = brier, .ece = ece});
}

static void two_classes(const char *tag, size_t n, double share, double apart)
{
    char name[40];
    struct row *row = mem_array(n, sizeof *row);
    if (!row)
        abort();
    make_rows(row, n, share, apart);
    struct curve c = make_curve(row, n);
    const size_t at = (size_t)(share * (double)n);
    const struct figure_point roc = {c.fpr[at], c.tpr[at], (double)row[at].score};
    const struct figure_point pr = {c.recall[n - at], c.precision[n - at], (double)row[at].score};
    snprintf(name, sizeof name, "roc%s", tag);
    DRAW(name, figure_roc,
         {.head = {.prefix = name, .note = "143 validation rows"},
          .n = c.n,
          .fpr = c.fpr,
          .tpr = c.tpr,
          .auc = c.auc,
          .at = &roc});
    snprintf(name, sizeof name, "pr%s", tag);
    DRAW(name, figure_pr,
         {.head = {.prefix = name},
          .n = c.n,
          .recall = c.recall,
          .precision = c.precision,
          .ap = c.ap,
          .positives = c.positives,
          .at = &pr});
    draw_scores(tag, row, n);
    draw_bins(tag, row, n);
    free_curve(&c);
    mem_free(row);
}

// ---- classes ----

static const char *const animals[30] = {
    "cat",     "dog",       "horse",   "sheep",        "cow",      "elephant",
    "bear",    "zebra",     "giraffe", "mouse",        "rat",      "rabbit",
    "fox",     "wolf",      "lion",    "tiger",        "leopard",  "cheetah",
    "panther", "wolverine", "badger",  "hippopotamus", "squirrel", "otter",
    "beaver",  "seal",      "whale",   "dolphin",      "penguin",  "greater roadrunner"};

static void confusion(const char *name, size_t classes, size_t rows, const char *const *names)
{
    size_t *counts = mem_array(classes * classes, sizeof *counts);
    for (size_t i = 0; counts && i < classes; i++) {
        const size_t own = (size_t)((double)rows * (0.3 + uniform()));
        for (size_t r = 0; r < own; r++) {
            const bool right = uniform() < 0.82;
            const size_t near = (i + 1 + (size_t)fabs(2 * normal())) % classes;
            counts[i * classes + (right ? i : near)]++;
        }
    }
    DRAW(name, figure_confusion,
         {.head = {.prefix = name}, .classes = classes, .names = names, .counts = counts});
    mem_free(counts);
}

static void many_classes(const char *tag, size_t classes)
{
    char name[40];
    struct figure_class class[60];
    struct curve curve[60];
    for (size_t k = 0; k < classes; k++) {
        const size_t n = 400;
        struct row row[400];
        make_rows(row, n, 0.2, 0.4 + 3.5 * uniform());
        curve[k] = make_curve(row, n);
        class[k] = (struct figure_class){.name = animals[k % 30],
                                         .precision = 0.5 + 0.5 * uniform(),
                                         .recall = 0.4 + 0.6 * uniform(),
                                         .support = (size_t)(10 + 5000 * uniform() * uniform()),
                                         .n = curve[k].n,
                                         .fpr = curve[k].fpr,
                                         .tpr = curve[k].tpr,
                                         .auc = curve[k].auc};
        class[k].f1 = 2 / (1 / class[k].precision + 1 / class[k].recall);
    }
    snprintf(name, sizeof name, "roc-classes%s", tag);
    DRAW_AS(name, figure_roc_classes, figure_classes,
            {.head = {.prefix = name}, .classes = classes, .class = class});
    snprintf(name, sizeof name, "class-bars%s", tag);
    DRAW_AS(name, figure_class_bars, figure_classes,
            {.head = {.prefix = name}, .classes = classes, .class = class});
    for (size_t k = 0; k < classes; k++)
        free_curve(&curve[k]);
}

// ---- regression and features ----

static void regression(const char *tag, size_t n, double scale)
{
    char name[40];
    float *predicted = mem_array(n, sizeof *predicted), *truth = mem_array(n, sizeof *truth);
    for (size_t i = 0; predicted && truth && i < n; i++) {
        const double x = exp(0.6 * normal());
        predicted[i] = (float)(scale * x);
        truth[i] = (float)(scale * (x + (0.1 + 0.1 * x) * normal()));
    }
    const struct figure_regression f = {.head = {.prefix = name, .note = "held-out rows"},
                                        .n = n,
                                        .predicted = predicted,
                                        .truth = truth,
                                        .r2 = 0.912,
                                        .rmse = 0.2 * scale};
    int (*const draw[])(struct buf *, const struct figure_regression *) = {
        figure_predicted, figure_residuals, figure_residual_histogram};
    static const char *const names[] = {"predicted", "residuals", "residual-histogram"};
    for (int i = 0; i < 3; i++) {
        struct buf out;
        buf_init(&out, FIGURE_MAX);
        snprintf(name, sizeof name, "%s%s", names[i], tag);
        draw[i](&out, &f);
        demo_write(&out, name);
    }
    mem_free(predicted);
    mem_free(truth);
}

static void importance(void)
{
    static const char *const titanic[] = {"Pclass", "Sex",  "Age",     "SibSp",
                                          "Parch",  "Fare", "Embarked"};
    static const double mean[] = {0.052, 0.187, 0.021, 0.008, -0.003, 0.014, 0.001};
    static const double spread[] = {0.011, 0.02, 0.009, 0.004, 0.004, 0.008, 0.003};
    double many[40], spreads[40];
    const char *names[40];
    for (size_t i = 0; i < 40; i++) {
        many[i] = pow(0.85, (double)i) * 12000;
        spreads[i] = many[i] * 0.1;
        names[i] = i == 3 ? "the column whose name is a sentence & <odd> \"signs\" of 'many' kinds"
                          : animals[i % 30];
    }
    DRAW("importance", figure_importance,
         {.head = {.prefix = "imp"},
          .n = 7,
          .names = titanic,
          .mean = mean,
          .spread = spread,
          .metric = "AUROC"});
    DRAW("importance-many", figure_importance,
         {.head = {.prefix = "impmany"},
          .n = 40,
          .names = names,
          .mean = many,
          .spread = spreads,
          .metric = "RMSE"});
}

// ---- what runs cost ----

static void costs(void)
{
    static const struct figure_run run[] = {
        {"ml.m5.large", 1, FIGURE_MEASURED, .0043, .0041, .0047, .861, .80, .91, true},
        {"ml.m5.xlarge", 2, FIGURE_MEASURED, .0061, .0058, .0064, .863, .80, .91, true},
        {"ml.c5.xlarge", 3, FIGURE_MEASURED, .0052, .0050, .0055, .855, .79, .91, false},
        {"2 x ml.m5.xlarge", 4, FIGURE_PUBLISHED, .0146, NAN, NAN, .858, NAN, NAN, false},
        {"ml.g4dn.xlarge", 5, FIGURE_PUBLISHED, .0716, NAN, NAN, .8625, NAN, NAN, false},
        {"ml.t3.medium", 6, FIGURE_GUESSED, .0009, .0008, .0012, .859, .79, .91, true},
        {"ml.p3.2xlarge", 7, FIGURE_PUBLISHED, .213, NAN, NAN, .87, NAN, NAN, true},
    };
    struct figure_run many[40], close[12];
    for (size_t i = 0; i < 40; i++) {
        const double cost = pow(10, -4 + 4 * uniform()), at = .8 + .02 * log10(cost) * uniform();
        many[i] = (struct figure_run){animals[i % 30],
                                      i + 1,
                                      (enum figure_origin)(i % 3),
                                      cost,
                                      cost * .9,
                                      cost * 1.2,
                                      at,
                                      at - .03,
                                      at + .03,
                                      i % 9 == 0};
    }
    for (size_t i = 0; i < 12; i++)
        close[i] = (struct figure_run){run[i % 7].name,
                                       i + 1,
                                       FIGURE_MEASURED,
                                       .0043 * (1 + .01 * normal()),
                                       NAN,
                                       NAN,
                                       .35 + .001 * normal(),
                                       NAN,
                                       NAN,
                                       i == 3};
    DRAW("cost", figure_cost,
         {.head = {.prefix = "cost", .note = "143 validation rows"},
          .n = 7,
          .run = run,
          .metric = "val_auroc"});
    DRAW("cost-many", figure_cost,
         {.head = {.prefix = "costmany"}, .n = 40, .run = many, .metric = "val_auroc"});
    DRAW("cost-close", figure_cost,
         {.head = {.prefix = "costclose"},
          .n = 12,
          .run = close,
          .metric = "val_loss",
          .lower = true});
    DRAW("cost-one", figure_cost,
         {.head = {.prefix = "costone"}, .n = 1, .run = run, .metric = "val_auroc"});
}

// Three runs at each of five sizes, on lines of these figures.
struct sweep {
    double size[15], value[15];
};

static struct figure_growth_line sweep(struct sweep *s, const char *name, double fixed, double each)
{
    for (size_t i = 0; i < 15; i++) {
        s->size[i] = 1000 * pow(10, (double)(i / 3) * .75);
        s->value[i] = (fixed + each * s->size[i]) * (1 + .06 * normal());
    }
    return (struct figure_growth_line){name, 15, s->size, s->value, fixed, each};
}

static void growth(void)
{
    struct sweep s[5];
    const struct figure_growth_line line[] = {
        sweep(&s[0], "ml.m5.large", .0002, 3e-8),
        sweep(&s[1], "ml.g4dn.xlarge", .006, 4e-9),
        sweep(&s[2], "ml.m5.xlarge", .0003, 2.6e-8),
        sweep(&s[3], "ml.c5.2xlarge, 8 threads", .0005, 2.2e-8),
        sweep(&s[4], "ml.g5.xlarge", .009, 1.1e-9),
    };
    DRAW("growth", figure_growth,
         {.head = {.prefix = "growth"},
          .lines = 2,
          .line = line,
          .size = "rows",
          .value = "dollars a run",
          .at = 223000,
          .low = 190000,
          .high = 262000});
    DRAW("growth-far", figure_growth,
         {.head = {.prefix = "growthfar", .title = "Dollars"},
          .lines = 2,
          .line = line + 1,
          .size = "rows",
          .value = "dollars a run",
          .at = 4e7,
          .low = 1e7,
          .high = INFINITY});
    DRAW("growth-five", figure_growth,
         {.head = {.prefix = "growthfive", .title = "Seconds", .note = "3 runs of each size"},
          .lines = 5,
          .line = line,
          .size = "rows",
          .value = "seconds",
          .at = NAN,
          .low = NAN,
          .high = NAN});
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: figure_demo FOLDER\n");
        return 2;
    }
    folder = argv[1];
    losses();
    metrics();
    two_classes("", 143, 0.4, 2);
    two_classes("-large", 200000, 0.03, 1.2);
    two_classes("-tiny", 6, 0.5, 4);
    confusion("confusion", 2, 90, (const char *const[]){"died", "survived"});
    confusion("confusion-5", 5, 30000, animals);
    confusion("confusion-10", 10, 900, NULL);
    confusion("confusion-30", 30, 900, animals);
    confusion("confusion-100", 100, 300, NULL);
    many_classes("", 3);
    many_classes("-10", 10);
    many_classes("-45", 45);
    regression("", 300, 100);
    regression("-large", 1000000, 2e6);
    importance();
    costs();
    growth();
    demo_hostile();
    return failed;
}

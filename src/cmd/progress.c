// SPDX-License-Identifier: MIT
// Lines for log scrapers go to standard output and stay; the bar goes to standard error, is erased
// before anything else is printed there, and is drawn on a terminal alone.
#include "cmd/progress.h"

#include "base/clock.h"
#include "cmd/metric_lines.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PAINT_SECONDS 0.1
#define BAR_CELLS     24
#define BAR_LEAST     5 // cells; below that there is only text

void progress_init(struct progress *p, const struct train_config *c)
{
    const char *term = getenv("TERM");
    *p = (struct progress){
        .epochs = (uint64_t)c->epochs,
        .log_every = c->quiet ? 0 : (uint64_t)c->log_every,
        .bar = c->progress && !c->quiet && isatty(STDERR_FILENO) && term && strcmp(term, "dumb"),
        .quiet = c->quiet,
        .first_done = -1,
        .loss = NAN,
    };
}

static void erase(struct progress *p)
{
    if (p->drawn)
        fputs("\r\033[K", stderr);
    p->drawn = false;
}

void progress_end(struct progress *p)
{
    erase(p);
}

void progress_note(void *context, const char *text)
{
    struct progress *p = context;
    struct error said = {0};
    erase(p);
    error_set(&said, ERR_DATA, "%s", text);
    if (p->parts)
        channel_parts_explain(p->parts, &said);
    if (!p->quiet)
        fprintf(stderr, "skiff train: %s\n", said.text);
}

// The lesson's two lines: "Epoch [100/1000], Loss: 0.4312, Val Loss: 0.4508, Val Accuracy: 0.8101"
// and "validation:accuracy = 0.8101". Fixed point, for log scrapers stop at an exponent.
static void print_lines(struct progress *p, uint64_t epoch, const struct history_row *row)
{
    const double val_loss = row->value[HISTORY_VAL_LOSS];
    const double accuracy = row->value[HISTORY_VAL_ACCURACY], rmse = row->value[HISTORY_VAL_RMSE];
    printf("Epoch [%llu/%llu], Loss: %.4f", (unsigned long long)epoch,
           (unsigned long long)p->epochs, row->value[HISTORY_TRAIN_LOSS]);
    if (!isnan(val_loss))
        printf(", Val Loss: %.4f", val_loss);
    if (!isnan(accuracy))
        printf(", Val Accuracy: %.4f\nvalidation:accuracy = %.4f", accuracy, accuracy);
    else if (!isnan(rmse))
        printf(", Val RMSE: %.4f\nvalidation:rmse = %.4f", rmse, rmse);
    printf("\n");
    if (p->scraped)
        metric_lines_print(epoch, row);
    fflush(stdout);
    p->printed = epoch;
}

void progress_kept(struct progress *p, uint64_t epoch, const struct history_row *row)
{
    if (p->scraped && p->log_every && epoch && epoch != p->printed)
        print_lines(p, epoch, row);
}

static int terminal_width(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

// "1:02:03" or "2:03"
static void print_time(char *text, size_t size, double seconds)
{
    if (!(seconds >= 0 && seconds < 360000))
        snprintf(text, size, "-:--");
    else if (seconds >= 3600)
        snprintf(text, size, "%d:%02d:%02d", (int)seconds / 3600, (int)seconds / 60 % 60,
                 (int)seconds % 60);
    else
        snprintf(text, size, "%d:%02d", (int)seconds / 60, (int)seconds % 60);
}

// " 42%  epoch 4/10  loss 0.4312  12.3 epochs/s  0:07 left"
static int describe(const struct progress *p, uint64_t epoch, double done, char *text, size_t size)
{
    char left[32];
    const double speed = (done - p->first_done) / (clock_seconds() - p->started);
    const int decimals = speed < 1 ? 3 : speed < 100 ? 1 : 0; // never an exponent
    print_time(left, sizeof left, speed > 0 ? ((double)p->epochs - done) / speed : -1);
    int len = snprintf(text, size, "%3.0f%%  epoch %llu/%llu", 100 * done / (double)p->epochs,
                       (unsigned long long)epoch, (unsigned long long)p->epochs);
    if (!isnan(p->loss))
        len += snprintf(text + len, size - (size_t)len, "  loss %.4f", p->loss);
    return len + snprintf(text + len, size - (size_t)len, "  %.*f epochs/s  %s left", decimals,
                          speed, left);
}

// `done` in epochs, with a fraction. The bar takes what the text leaves of the line.
static void paint(struct progress *p, uint64_t epoch, double done)
{
    if (p->first_done < 0) { // the clock of the speed starts with the training, not the loading
        p->first_done = done;
        p->started = clock_seconds();
    }
    if (clock_seconds() - p->painted < PAINT_SECONDS)
        return;
    p->painted = clock_seconds();
    char text[192], bar[BAR_CELLS + 4] = "";
    const int len = describe(p, epoch, done, text, sizeof text), width = terminal_width() - 1;
    int cells = width - len - 3; // brackets and a space
    if (cells > BAR_CELLS)
        cells = BAR_CELLS;
    if (cells >= BAR_LEAST) {
        const int filled = (int)(done / (double)p->epochs * cells);
        bar[0] = '[';
        for (int i = 0; i < cells; i++)
            bar[i + 1] = i < filled ? '#' : '.';
        bar[cells + 1] = ']';
        bar[cells + 2] = ' ';
    }
    fprintf(stderr, "\r%s%.*s\033[K", bar, width, text);
    fflush(stderr);
    p->drawn = true;
}

void progress_step(void *context, uint64_t epoch, size_t done, size_t total)
{
    struct progress *p = context;
    if (p->bar)
        paint(p, epoch, (double)(epoch - 1) + (double)done / (double)total);
}

void progress_epoch(void *context, uint64_t epoch, const struct history_row *row, bool last)
{
    struct progress *p = context;
    p->loss = row->value[HISTORY_TRAIN_LOSS];
    if (p->log_every == 0 || (epoch % p->log_every && !last))
        return;
    erase(p);
    print_lines(p, epoch, row);
}

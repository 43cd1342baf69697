// SPDX-License-Identifier: MIT
// What a run has left in its folder from arbitrary bytes: run.json, metrics.json and history.csv,
// separated by the byte 30. What is accepted becomes a page whose brackets are ours.
#include "fuzz.h"

#include "report/report.h"

// The next part, up to a separator; NULL when it is empty.
static const char *take(const char **from, size_t *left, size_t *size)
{
    const char *begin = *from, *end = memchr(begin, 30, *left);
    *size = end ? (size_t)(end - begin) : *left;
    *left -= end ? *size + 1 : *size;
    *from += end ? *size + 1 : *size;
    return *size ? begin : NULL;
}

static void check_page(const struct buf *page)
{
    size_t opened = 0, closed = 0;
    must(memchr(page->data, 0, page->len) == NULL);
    for (size_t i = 0; i < page->len; i++) {
        opened += page->data[i] == '<';
        closed += page->data[i] == '>';
        must(opened - closed <= 1);
    }
    must(opened == closed && strstr(page->data, "<script") == NULL);
}

static void make_page(struct report *r)
{
    struct error e = {0};
    struct buf page;
    buf_init(&page, REPORT_PAGE_MAX);
    int rc = remarks_find(&r->remarks, &r->run, &r->found, &e);
    must(rc == 0);
    rc = report_figures_make(&r->figures, &r->run, &r->found, &e);
    must(rc == 0);
    rc = report_page(r, &page, &e);
    must(rc == 0 || rc == ERR_LIMIT);
    if (rc == 0)
        check_page(&page);
    buf_clear(&page);
    report_clear(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct report_spec spec = {.run = "run"};
    struct report r = {.spec = &spec};
    struct run_texts t = {0};
    struct error e = {0};
    const char *from = (const char *)data;
    buf_init(&r.missing, 1024);
    if (size == 0)
        return 0;
    t.run = take(&from, &size, &t.run_size);
    t.metrics = take(&from, &size, &t.metrics_size);
    t.history = take(&from, &size, &t.history_size);
    const int rc = run_folder_parse(&r.run, "run", &t, &e);
    must(rc == e.code && (rc == 0) == (e.text[0] == 0));
    if (rc == 0)
        make_page(&r);
    return 0;
}

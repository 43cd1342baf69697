// SPDX-License-Identifier: MIT
// What does not change from answer to answer is made once: the keys that are wanted and the texts
// of labels.
#include "serve/answer.h"

#include "base/mem.h"
#include "base/near.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX ((size_t)256 << 20)

static const char *const key_names[] = {
    "predicted_label", "labels",     "probability",     "probabilities",
    "raw_score",       "raw_scores", "predicted_score",
};
#define KEYS (sizeof key_names / sizeof *key_names)
_Static_assert(KEYS == ANSWER_KEYS_MAX, "each key once");

const char *answer_key_name(enum answer_key k)
{
    return key_names[k];
}

// ---- keys ----

static int add_key(struct answer_form *f, const char *name, struct error *e)
{
    struct near near = near_begin(name);
    size_t k = 0;
    for (; k < KEYS && strcmp(name, key_names[k]) != 0; k++)
        near_look(&near, key_names[k]);
    if (k == KEYS)
        return error_set(e, ERR_USAGE, "output '%.60s' is none that a model has; %s%s%s", name,
                         near.best ? "is it '"
                                   : "take predicted_label, labels, probability, "
                                     "probabilities, raw_score, raw_scores or "
                                     "predicted_score",
                         near.best ? near.best : "", near.best ? "'?" : "");
    for (size_t i = 0; i < f->keys; i++)
        if (f->key[i] == (enum answer_key)k)
            return error_set(e, ERR_USAGE, "output '%s' is named twice", name);
    f->key[f->keys++] = (enum answer_key)k;
    return 0;
}

// Names with commas; what is empty is passed over.
static int read_keys(struct answer_form *f, const char *output, struct error *e)
{
    int rc = 0;
    for (const char *at = output; rc == 0 && at && *at;) {
        char name[64];
        at += strspn(at, ", \t");
        const size_t len = strcspn(at, ", \t");
        snprintf(name, sizeof name, "%.*s", (int)(len < 63 ? len : 63), at);
        rc = len ? add_key(f, name, e) : 0;
        at += len;
    }
    return rc;
}

// ---- labels ----

static void put_json_text(struct buf *out, const char *text)
{
    static const char hex[] = "0123456789abcdef";
    buf_puts(out, "\"");
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            buf_append(out, (char[]){'\\', *text}, 2);
        else if (c < ' ')
            buf_append(out, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
        else
            buf_append(out, text, 1);
    }
    buf_puts(out, "\"");
}

// The class as JSON, whatever the spelling of a number was.
static void put_label(struct buf *out, const struct prep_target *t, size_t class)
{
    if (!t)
        buf_printf(out, "%zu", class);
    else if (t->kind == FRAME_TEXT)
        put_json_text(out, t->class_name[class]);
    else if (t->kind == FRAME_BOOLEAN)
        buf_puts(out, t->class_value[class] != 0 ? "true" : "false");
    else
        buf_printf(out, "%.17g", t->class_value[class]);
}

// The text in `from` becomes JSON, and a field of a CSV unless `field` is one already.
static int keep_text(struct answer_text *to, const struct buf *from, const char *field,
                     struct error *e)
{
    struct buf csv;
    buf_init(&csv, TEXT_MAX);
    int rc = buf_check(from, "labels", e);
    if (rc == 0) {
        csv_quote(&csv, field ? field : from->data);
        rc = buf_check(&csv, "labels", e);
    }
    if (rc == 0) {
        to->json = mem_strdup(from->data);
        to->csv = mem_strdup(csv.data);
        to->json_len = from->len;
        to->csv_len = csv.len;
        rc = to->json && to->csv ? 0 : error_nomem(e, "labels");
    }
    buf_clear(&csv);
    return rc;
}

static int make_labels(struct answer_form *f, const struct prep_target *t, struct error *e)
{
    struct buf all, one;
    int rc = 0;
    buf_init(&all, TEXT_MAX);
    buf_init(&one, TEXT_MAX);
    for (size_t i = 0; rc == 0 && i < f->classes; i++) {
        one.len = 0;
        put_label(&one, t, i);
        rc = keep_text(&f->label[i], &one, t ? t->class_name[i] : NULL, e);
        buf_puts(&all, i ? ", " : "[");
        buf_append(&all, one.data, one.len);
    }
    buf_puts(&all, "]");
    if (rc == 0)
        rc = keep_text(&f->all, &all, NULL, e);
    buf_clear(&all);
    buf_clear(&one);
    return rc;
}

// ---- both ----

int answer_form_init(struct answer_form *f, const struct model *model, const char *output,
                     struct error *e)
{
    const struct net *net = &model->net;
    const struct prep *p = model->prep;
    *f = (struct answer_form){.task = net->task, .outputs = net->outputs, .threshold = 0.5F};
    f->classes = net->task == TASK_REGRESSION ? 0 : net->task == TASK_BINARY ? 2 : net->outputs;
    int rc = read_keys(f, output, e);
    if (rc == 0 && f->classes) {
        f->label = mem_array(f->classes, sizeof *f->label);
        rc = f->label ? make_labels(f, p && p->target.name ? &p->target : NULL, e)
                      : error_nomem(e, "labels");
    }
    if (rc)
        answer_form_clear(f);
    return rc;
}

int answer_form_check(const char *output, struct error *e)
{
    struct answer_form f = {0};
    return read_keys(&f, output, e);
}

void answer_form_clear(struct answer_form *f)
{
    for (size_t i = 0; f->label && i < f->classes; i++) {
        mem_free(f->label[i].json);
        mem_free(f->label[i].csv);
    }
    mem_free(f->label);
    mem_free(f->all.json);
    mem_free(f->all.csv);
    *f = (struct answer_form){0};
}

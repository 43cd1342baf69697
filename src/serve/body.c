// SPDX-License-Identifier: MIT
// What all kinds of bodies have in common, which are tables of functions in files of their own:
// which kind it is, columns that would pass for features, and that every value is finite.
#include "serve/body_inner.h"

#include <math.h>

// scipy's archives have arrays that np.savez's have no reason to have.
static struct body *open_archive(const struct body_spec *spec, struct error *e)
{
    struct npz z;
    if (npz_open_memory(&z, spec->name, spec->data, spec->size, e) != 0)
        return NULL;
    const bool sparse = npz_has(&z, "format") && npz_has(&z, "shape");
    npz_close(&z);
    return sparse ? body_sparse_open(spec, e) : body_array_open(spec, e);
}

// May raw numbers be taken for features, of which there are as many, and mean something else? Texts
// cannot.
static bool is_ambiguous(const struct prep *p)
{
    bool changed = false;
    if (!p || p->columns != p->features)
        return false;
    for (size_t i = 0; i < p->columns; i++) {
        const struct prep_column *c = &p->column[i];
        if (c->kind == FRAME_TEXT)
            return false;
        changed = changed || c->encode != PREP_NUMERIC || c->scale != PREP_SCALE_NONE || c->log1p ||
                  c->clip[0] > -INFINITY || c->clip[1] < INFINITY;
    }
    return changed;
}

static bool holds_features(enum media m)
{
    return m == MEDIA_NPY || m == MEDIA_NPZ || m == MEDIA_LIBSVM || m == MEDIA_RECORDIO;
}

static struct body *open_kind(const struct body_spec *spec, struct error *e)
{
    switch (spec->media) {
    case MEDIA_CSV:
        return body_csv_open(spec, e);
    case MEDIA_JSON:
    case MEDIA_JSONLINES:
        return body_json_open(spec, e);
    case MEDIA_NPY:
        return body_array_open(spec, e);
    case MEDIA_NPZ:
        return open_archive(spec, e);
    case MEDIA_LIBSVM:
        return body_libsvm_open(spec, e);
    case MEDIA_RECORDIO:
        return body_recordio_open(spec, e);
    case MEDIA_NONE:
        break;
    }
    error_set(e, ERR_UNSUPPORTED, "%s: of no known type", spec->name);
    return NULL;
}

struct body *body_open(const struct body_spec *spec, struct error *e)
{
    const struct prep *p = spec->model->prep;
    struct body *b = NULL;
    if (holds_features(spec->media) && is_ambiguous(p))
        error_set(e, ERR_MISMATCH,
                  "%s: columns, or features? the model makes its %zu features from as many columns "
                  "of numbers; send the columns as text/csv or application/json",
                  spec->name, p->features);
    else
        b = open_kind(spec, e);
    if (b)
        b->inputs = spec->model->net.inputs;
    return b;
}

void body_close(struct body *b)
{
    if (b)
        b->kind->close(b);
}

static int refuse_value(const struct body *b, const float *X, struct error *e)
{
    size_t at = 0;
    while (isfinite(X[at]))
        at++;
    return error_set(e, ERR_DATA,
                     "row %zu, feature %zu: NaN or infinite; a finite number is needed",
                     b->rows + at / b->inputs + 1, at % b->inputs + 1);
}

int body_next(struct body *b, size_t most, float *X, size_t *got, struct error *e)
{
    const int rc = b->kind->next(b, most, X, got, e);
    if (rc)
        return rc;
    if (!npy_all_finite(X, *got * b->inputs))
        return refuse_value(b, X, e);
    b->rows += *got;
    return 0;
}

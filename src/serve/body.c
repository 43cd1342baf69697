// SPDX-License-Identifier: MIT
#include "serve/body_inner.h"

struct body *body_open(const struct body_spec *spec, struct error *e)
{
    switch (spec->media) {
    case MEDIA_CSV:
        return body_csv_open(spec, e);
    case MEDIA_JSON:
    case MEDIA_JSONLINES:
        return body_json_open(spec, e);
    case MEDIA_NONE:
        break;
    }
    error_set(e, ERR_UNSUPPORTED, "%s: of no known type", spec->name);
    return NULL;
}

void body_close(struct body *b)
{
    if (b)
        b->kind->close(b);
}

int body_next(struct body *b, size_t most, float *X, size_t *got, struct error *e)
{
    return b->kind->next(b, most, X, got, e);
}

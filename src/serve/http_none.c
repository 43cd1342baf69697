// SPDX-License-Identifier: MIT
// A build --without-microhttpd.
#include "serve/http.h"

#include <unistd.h>

int http_serve(const struct http_spec *spec, struct error *e)
{
    close(spec->listener);
    return error_set(e, ERR_UNSUPPORTED,
                     "skiff was built --without-microhttpd, so it cannot serve; configure with it "
                     "(Debian: apt-get install libmicrohttpd-dev)");
}

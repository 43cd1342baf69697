// SPDX-License-Identifier: MIT
// HTTP/1.1, as much of it as an endpoint wants: one thread talks to all connections, others work on
// requests whose bodies are complete. What can be told from a request's head alone is answered by
// the one that talks, so it is answered while all others work.
#ifndef SKIFF_SERVE_HTTP_H
#define SKIFF_SERVE_HTTP_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>

// Texts are NULL where the request has none, and last until it is answered.
struct http_request {
    const char *method;
    const char *path;       // decoded, without the query
    const char *page;       // of which the value of next_page_token
    const char *type;       // Content-Type
    const char *encoding;   // Content-Encoding
    const char *accept;     // Accept
    const char *attributes; // X-Amzn-SageMaker-Custom-Attributes
    const char *body;       // `size` bytes; NULL when there are none
    size_t size;
};

struct http_reply {
    unsigned status;        // 0: no answer yet
    const char *type;       // of the body; a constant
    const char *allow;      // methods, of a 405; a constant
    const char *attributes; // the request's, where they go back
    struct buf body;        // empty at first; goes with the reply
};

// A body of one line of text, such as all errors have.
void http_say(struct http_reply *reply, unsigned status, const char *line);

struct http_handler {
    void *context;
    // By the head alone; must not wait. A status is the answer, once the body has been read and
    // thrown away. Without one the body is collected, and a worker is asked.
    void (*head)(void *context, const struct http_request *request, struct http_reply *reply);
    // The whole request, on a worker's thread. It leaves a status.
    void (*work)(void *context, const struct http_request *request, size_t worker,
                 struct http_reply *reply);
};

// Told by the thread that talks; each function may be NULL.
struct http_watch {
    void *context;
    void (*ready)(void *context); // connections are taken from now on
    // An answer of so many bytes has left, so many seconds after its request's head has come.
    void (*sent)(void *context, const struct http_request *request, unsigned status, size_t bytes,
                 double seconds);
};

struct http_spec {
    int listener; // a socket that listens and does not block; http_serve closes it
    int stop;     // readable when it is time to stop, a second time to do so at once; it is read
    size_t workers;
    size_t body_max;   // bytes of a request's body; beyond: 413
    size_t bodies_max; // of all of them together; beyond: 503
    // For a body to arrive, for a worker to be free and for the answer to be taken; twice that for
    // the next request of a connection.
    double seconds;
    struct http_handler handler;
    struct http_watch watch;
};

// Serves until it is told to stop: then it takes no more connections, and ends when all requests
// that have been begun are answered. ERR_UNSUPPORTED and ERR_NOTFOUND: without the library.
int http_serve(const struct http_spec *spec, struct error *e);

#endif

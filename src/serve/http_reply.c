// SPDX-License-Identifier: MIT
// What an answer is made of, whoever carries it.
#include "serve/http.h"

void http_say(struct http_reply *reply, unsigned status, const char *line)
{
    reply->status = status;
    reply->type = "text/plain; charset=utf-8";
    buf_clear(&reply->body);
    buf_puts(&reply->body, line);
    buf_puts(&reply->body, "\n");
}

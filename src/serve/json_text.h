// SPDX-License-Identifier: MIT
// A JSON text, looked through without making anything of it: where values begin and end, and lists
// of numbers straight to floats. What is found is for a parser to judge; white space is passed over
// everywhere.
#ifndef SKIFF_SERVE_JSON_TEXT_H
#define SKIFF_SERVE_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct json_text {
    const char *at, *end;
};

char json_look(struct json_text *t);         // the next character; 0 at the end
bool json_take(struct json_text *t, char c); // is it this one? then go behind it
// "name": of a member. The name is as it stands there.
bool json_take_name(struct json_text *t, struct json_text *name);
// Any value; false when it does not end, and when there is none.
bool json_take_value(struct json_text *t, struct json_text *value);
// [1, 2.5, -3e4] of exactly `count` numbers, finite as floats. False, and nothing taken, for
// anything else.
bool json_take_numbers(struct json_text *t, size_t count, float *to);

#endif

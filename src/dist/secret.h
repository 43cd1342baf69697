// SPDX-License-Identifier: MIT
// What the hosts of a job know and nobody else does: each proves to the other that it has it
// without saying it, by a code over what both have just said (HMAC-SHA256). It is about who joins;
// what is said afterwards is neither signed nor hidden. Inside src/dist/ and for who starts a run.
#ifndef SKIFF_DIST_SECRET_H
#define SKIFF_DIST_SECRET_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define SECRET_LEAST 16 // bytes: 16 characters of a random text cannot be guessed
#define SECRET_MOST  1024

struct secret {
    size_t size; // 0: there is none
    unsigned char bytes[SECRET_MOST];
};

// A file's bytes, less the ends of lines behind them.
int secret_read(struct secret *s, const char *path, struct error *e);
// `what` names it in messages, which never have the text itself.
int secret_take(struct secret *s, const char *text, size_t size, const char *what, struct error *e);
void secret_clear(struct secret *s);

// A number that nobody has seen before, in hex; so a proof is good for one time.
#define SECRET_NONCE 33 // characters, with the byte behind them
int secret_nonce(char nonce[SECRET_NONCE], struct error *e);
bool secret_is_nonce(const char *text);

// What `role`, "leader" or "worker", says of a worker's greeting, which has a nonce of its own, and
// of the leader's nonce.
#define SECRET_PROOF 65 // characters, with the byte behind them
void secret_prove(const struct secret *s, const char *role, const char *greeting, const char *nonce,
                  char proof[SECRET_PROOF]);
// Is `text` that proof? Takes as long whatever it is.
bool secret_proves(const struct secret *s, const char *role, const char *greeting,
                   const char *nonce, const char *text);

// A worker's answer to "challenge NONCE PROOF"; false: whoever says that has not the secret.
bool secret_answer(const struct secret *s, const char *greeting, const char *challenge,
                   char proof[SECRET_PROOF]);

#endif

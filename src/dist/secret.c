// SPDX-License-Identifier: MIT
// A proof is HMAC-SHA256, with the secret as its key, over role, greeting and the leader's nonce.
// The greeting has a nonce of the worker's, so either side has put in something new and a proof
// that was overheard is of no use; the role keeps one from being sent back to who said it. Nonces
// are the kernel's random numbers. A secret is no password: it is long and random, so no key has to
// be derived from it slowly.
#include "dist/secret.h"

#include "base/file.h"
#include "base/sha256.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

static const char digits[] = "0123456789abcdef";

static void to_hex(const unsigned char *bytes, size_t count, char *hex)
{
    for (size_t i = 0; i < count; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    hex[2 * count] = '\0';
}

int secret_take(struct secret *s, const char *text, size_t size, const char *what, struct error *e)
{
    s->size = 0;
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
        size--;
    if (size < SECRET_LEAST || size > SECRET_MOST)
        return error_set(e, ERR_USAGE,
                         "%s: a job's secret has %d to %d bytes, not %zu; head -c 24 /dev/urandom "
                         "| base64 makes one",
                         what, SECRET_LEAST, SECRET_MOST, size);
    memcpy(s->bytes, text, size);
    s->size = size;
    return 0;
}

void secret_clear(struct secret *s)
{
    explicit_bzero(s, sizeof *s);
}

int secret_nonce(char nonce[SECRET_NONCE], struct error *e)
{
    unsigned char bytes[(SECRET_NONCE - 1) / 2];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return error_errno(e, "random numbers of the system");
    to_hex(bytes, sizeof bytes, nonce);
    return 0;
}

bool secret_is_nonce(const char *text)
{
    return strlen(text) == SECRET_NONCE - 1 && strspn(text, digits) == SECRET_NONCE - 1;
}

// Each part with the byte behind it, which none has within: two texts of different parts differ.
static void sign(const struct secret *s, const char *const part[3],
                 unsigned char digest[SHA256_SIZE])
{
    struct hmac h;
    hmac_begin(&h, s->bytes, s->size);
    for (size_t i = 0; i < 3; i++)
        hmac_add(&h, part[i], strlen(part[i]) + 1);
    hmac_end(&h, digest);
    explicit_bzero(&h, sizeof h);
}

void secret_prove(const struct secret *s, const char *role, const char *greeting, const char *nonce,
                  char proof[SECRET_PROOF])
{
    unsigned char digest[SHA256_SIZE];
    sign(s, (const char *const[]){role, greeting, nonce}, digest);
    to_hex(digest, sizeof digest, proof);
}

static unsigned value_of(char digit)
{
    return digit <= '9' ? (unsigned)(digit - '0') : (unsigned)(digit - 'a') + 10;
}

// `text` is of digits.
static void from_hex(const char *text, unsigned char digest[SHA256_SIZE])
{
    for (size_t i = 0; i < SHA256_SIZE; i++)
        digest[i] = (unsigned char)(value_of(text[2 * i]) << 4 | value_of(text[2 * i + 1]));
}

bool secret_proves(const struct secret *s, const char *role, const char *greeting,
                   const char *nonce, const char *text)
{
    unsigned char want[SHA256_SIZE], got[SHA256_SIZE];
    if (strlen(text) != 2 * SHA256_SIZE || strspn(text, digits) != 2 * SHA256_SIZE)
        return false;
    sign(s, (const char *const[]){role, greeting, nonce}, want);
    from_hex(text, got);
    return sha256_same(want, got);
}

bool secret_answer(const struct secret *s, const char *greeting, const char *challenge,
                   char proof[SECRET_PROOF])
{
    const size_t word = strlen("challenge ");
    char nonce[SECRET_NONCE];
    if (strncmp(challenge, "challenge ", word) != 0 || strlen(challenge + word) < SECRET_NONCE)
        return false;
    memcpy(nonce, challenge + word, SECRET_NONCE - 1);
    nonce[SECRET_NONCE - 1] = '\0';
    const char *rest = challenge + word + SECRET_NONCE - 1;
    if (!secret_is_nonce(nonce) || *rest != ' ' ||
        !secret_proves(s, "leader", greeting, nonce, rest + 1))
        return false;
    secret_prove(s, "worker", greeting, nonce, proof);
    return true;
}

int secret_read(struct secret *s, const char *path, struct error *e)
{
    struct buf text;
    buf_init(&text, SECRET_MOST + 16); // ends of lines
    int rc = file_read_all(path, SECRET_MOST + 16, &text, e);
    if (rc == 0)
        rc = secret_take(s, text.data, text.len, path, e);
    if (text.data)
        explicit_bzero(text.data, text.len);
    buf_clear(&text);
    return rc;
}

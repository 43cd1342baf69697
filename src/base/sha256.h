// SPDX-License-Identifier: MIT
// SHA-256 (FIPS 180-4) and HMAC on it (RFC 2104).
#ifndef SKIFF_BASE_SHA256_H
#define SKIFF_BASE_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE  32 // bytes of a digest
#define SHA256_BLOCK 64

struct sha256 {
    uint32_t state[8];
    uint64_t bytes; // so far
    unsigned char block[SHA256_BLOCK];
};

void sha256_begin(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t size);
void sha256_end(struct sha256 *s, unsigned char digest[SHA256_SIZE]);

// What only somebody who has the key can say of a text. A text is put together with one call a
// piece.
struct hmac {
    struct sha256 inner, outer;
};
void hmac_begin(struct hmac *h, const void *key, size_t size);
void hmac_add(struct hmac *h, const void *data, size_t size);
void hmac_end(struct hmac *h, unsigned char digest[SHA256_SIZE]);

// In a time that says nothing about where they differ.
bool sha256_same(const unsigned char a[SHA256_SIZE], const unsigned char b[SHA256_SIZE]);

#endif

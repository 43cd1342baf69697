// SPDX-License-Identifier: MIT
// Plain code: what it serves is a few hundred bytes a run.
#include "base/sha256.h"

#include <string.h>

#define ROUNDS 64

// The first 32 bits behind the point of the cube roots of the first 64 primes.
static const uint32_t constants[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, unsigned by)
{
    return x >> by | x << (32 - by);
}

static uint32_t read_word(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void write_word(unsigned char *at, uint32_t word)
{
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(word >> (24 - 8 * i));
}

static void expand(const unsigned char block[SHA256_BLOCK], uint32_t w[ROUNDS])
{
    for (size_t i = 0; i < 16; i++)
        w[i] = read_word(block + 4 * i);
    for (size_t i = 16; i < ROUNDS; i++) {
        const uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7] +
               (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
}

// State is a..h of the standard, which move on by one place a round.
static void add_block(uint32_t state[8], const unsigned char block[SHA256_BLOCK])
{
    uint32_t w[ROUNDS], s[8];
    expand(block, w);
    memcpy(s, state, sizeof s);
    for (size_t i = 0; i < ROUNDS; i++) {
        const uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
        const uint32_t majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        const uint32_t one = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) +
                             choice + constants[i] + w[i];
        const uint32_t two = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) + majority;
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += one;
        s[0] = one + two;
    }
    for (size_t i = 0; i < 8; i++)
        state[i] += s[i];
}

void sha256_begin(struct sha256 *s)
{
    // Of the square roots of the first 8 primes.
    static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(s->state, first, sizeof first);
    s->bytes = 0;
}

void sha256_add(struct sha256 *s, const void *data, size_t size)
{
    const unsigned char *at = data;
    while (size > 0) {
        const size_t have = s->bytes % SHA256_BLOCK, room = SHA256_BLOCK - have;
        const size_t piece = size < room ? size : room;
        memcpy(s->block + have, at, piece);
        s->bytes += piece;
        at += piece;
        size -= piece;
        if (piece == room)
            add_block(s->state, s->block);
    }
}

// A bit, zeros, and the number of bits in 8 bytes, to the end of a block.
void sha256_end(struct sha256 *s, unsigned char digest[SHA256_SIZE])
{
    static const unsigned char padding[SHA256_BLOCK] = {0x80};
    const uint64_t bits = s->bytes * 8;
    const size_t have = s->bytes % SHA256_BLOCK;
    unsigned char length[8];
    write_word(length, (uint32_t)(bits >> 32));
    write_word(length + 4, (uint32_t)bits);
    sha256_add(s, padding, (have < 56 ? 56 : 56 + SHA256_BLOCK) - have);
    sha256_add(s, length, sizeof length);
    for (size_t i = 0; i < 8; i++)
        write_word(digest + 4 * i, s->state[i]);
}

static void begin_padded(struct sha256 *s, const unsigned char key[SHA256_BLOCK],
                         unsigned char with)
{
    unsigned char block[SHA256_BLOCK];
    for (size_t i = 0; i < SHA256_BLOCK; i++)
        block[i] = key[i] ^ with;
    sha256_begin(s);
    sha256_add(s, block, sizeof block);
}

void hmac_begin(struct hmac *h, const void *key, size_t size)
{
    unsigned char block[SHA256_BLOCK] = {0};
    if (size > sizeof block) {
        sha256_begin(&h->inner);
        sha256_add(&h->inner, key, size);
        sha256_end(&h->inner, block);
    } else if (size > 0) {
        memcpy(block, key, size);
    }
    begin_padded(&h->inner, block, 0x36);
    begin_padded(&h->outer, block, 0x5c);
}

void hmac_add(struct hmac *h, const void *data, size_t size)
{
    sha256_add(&h->inner, data, size);
}

void hmac_end(struct hmac *h, unsigned char digest[SHA256_SIZE])
{
    sha256_end(&h->inner, digest);
    sha256_add(&h->outer, digest, SHA256_SIZE);
    sha256_end(&h->outer, digest);
}

bool sha256_same(const unsigned char a[SHA256_SIZE], const unsigned char b[SHA256_SIZE])
{
    volatile unsigned char other = 0;
    for (size_t i = 0; i < SHA256_SIZE; i++)
        other = (unsigned char)(other | (a[i] ^ b[i]));
    return other == 0;
}

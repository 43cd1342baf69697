// SPDX-License-Identifier: MIT
// model.npz: everything that prediction needs, as arrays fc1.weight [out][in], fc1.bias, ..., and
// as JSON members: meta.json and, where the model takes raw rows, prep.json; and nn_model.pth, the
// same tensors as a torch state dict.
#ifndef SKIFF_MODEL_MODEL_FILE_H
#define SKIFF_MODEL_MODEL_FILE_H

#include "base/err.h"
#include "model/net.h"
#include "model/slice.h"
#include "table/prep.h"

#define MODEL_FORMAT   1                  // of meta.json: written, and the newest that is read
#define MODEL_PREP_MAX ((size_t)32 << 20) // bytes of prep.json

struct model_meta {
    const char *version; // of the program
    int64_t seed;
    const char *activation;
};

// `prep` (NULL: none) is how the features were made; model_check_prep has passed it.
int model_write_npz(const char *path, const struct net *net, const float *params,
                    const struct model_meta *meta, const struct prep *prep, struct error *e);
int model_write_pth(const char *path, const struct net *net, const float *params, struct error *e);

// The same where the weights are not whole in memory. `read` gives rows [begin, end) of tensor t:
// of the weight of layer t / 2 in torch's orientation where t is even, of its bias where it is odd.
// It is called for all tensors in order, in pieces that follow from the network alone, and to the
// end, whatever becomes of the file: so ranks that each have a part may exchange in it. Those that
// write no file give no path.
struct model_source {
    int (*read)(void *context, size_t t, size_t begin, size_t end, float *values, struct error *e);
    void *context;
    float *values; // [model_piece_floats]: scratch for a piece
};
size_t model_piece_floats(const struct net *net);
int model_store_npz(const char *path, const struct net *net, const struct model_source *source,
                    const struct model_meta *meta, const struct prep *prep, struct error *e);
int model_store_pth(const char *path, const struct net *net, const struct model_source *source,
                    struct error *e);

// Weights for `net` from arrays fc1.weight, fc1.bias, ... of an .npz file; shapes must agree and
// every value must be finite. After a failure some of `params` may have been written.
int model_read_weights(const char *path, const struct net *net, float *params, struct error *e);
// What a rank keeps of them; *digest is the CRC-32 of all.
int model_read_slice(const char *path, const struct slice *slice, float *params, uint32_t *digest,
                     struct error *e);

// A trained model, ready to predict.
struct model {
    struct net net;
    float *params;     // net.size floats
    struct prep *prep; // how its features are made from a CSV; NULL when it does not say
};

// From a model.npz. What meta.json claims is checked against the arrays before memory is taken on
// its word, and prep.json against the network. Other files, a nn_model.pth among them, are refused
// with advice.
int model_read_npz(struct model *m, const char *path, struct error *e);
void model_clear(struct model *m);

// The network that a meta.json of `size` bytes describes; spec->hidden is `hidden`. `path` begins
// the message.
int model_parse_meta(const char *path, const void *text, size_t size, struct net_spec *spec,
                     struct opt_sizes *hidden, struct error *e);

// ERR_MISMATCH unless a preparation makes the features that the network takes and, if it has a
// target, the classes or amounts that it gives. `name` begins the message.
int model_check_prep(const struct net *net, const struct prep *prep, const char *name,
                     struct error *e);

#endif

// SPDX-License-Identifier: MIT
// One function a subcommand: argv[0] is its name; the result is the exit status: 0 good, 1 failed,
// 2 usage.
#ifndef SKIFF_CMD_CMD_H
#define SKIFF_CMD_CMD_H

#include "base/err.h"

int cmd_train(int argc, char **argv);
int cmd_eval(int argc, char **argv);
int cmd_inspect(int argc, char **argv);

#endif

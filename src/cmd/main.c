// SPDX-License-Identifier: MIT
// What is called like a command is that command; otherwise the first argument names it. jansson
// gets its memory from mem.h before anything else, so that no JSON is made without.
#include "base/near.h"
#include "cmd/cmd.h"
#include "io/json_read.h"
#include "kern/cpu.h"

#include <stdio.h>
#include <string.h>

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"prep", cmd_prep, "a CSV to arrays for training"},
    {"train", cmd_train, "train a network on a CSV, or on .npz files"},
    {"plan", cmd_plan, "what a training run would take on other machines, and on several"},
    {"predict", cmd_predict, "what a trained model says about new rows"},
    {"serve", cmd_serve, "the same over HTTP, as SageMaker's hosting wants it"},
    {"eval", cmd_eval, "how good a model is, or predictions that are already made"},
    {"report", cmd_report, "a page about a training run, with its figures"},
    {"compare", cmd_compare, "what runs took, cost and came to, and what to rent"},
    {"job", cmd_job, "a SageMaker training job, here: its files, its run, its results"},
    {"inspect", cmd_inspect, "what is inside a CSV or an .npz file"},
};

#define COMMANDS (sizeof commands / sizeof *commands)

static void print_help(FILE *to)
{
    fputs("Usage: skiff COMMAND [OPTION ...]\n"
          "\n"
          "Trains small networks on tables, on the CPU, to PyTorch's numbers.\n"
          "\n"
          "Commands:\n",
          to);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].help);
    fputs("\n"
          "  skiff train --train train_data.npz --val val_data.npz --epochs 1000\n"
          "\n"
          "'skiff COMMAND --help' explains a command, 'skiff --version' tells the version.\n",
          to);
}

static int print_version(void)
{
    printf("skiff %s\n", PACKAGE_VERSION);
    printf("CPU levels:");
    for (const struct kern *const *k = kern_available(); *k; k++)
        printf(" %s", (*k)->name);
    printf("\n");
    return fflush(stdout) == 0 ? 0 : 1;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(name, commands[i].name) == 0)
            return &commands[i];
    return NULL;
}

static const char *nearest_command(const char *name)
{
    struct near n = near_begin(name);
    for (size_t i = 0; i < COMMANDS; i++)
        near_look(&n, commands[i].name);
    return n.best;
}

static int run_command(int argc, char **argv)
{
    const struct command *command = find_command(argv[0]);
    if (command)
        return command->run(argc, argv);
    const char *const nearest = nearest_command(argv[0]);
    fprintf(stderr, "skiff: '%.60s' is not a command; %s%s%s'skiff --help' lists them\n", argv[0],
            nearest ? "did you mean '" : "", nearest ? nearest : "", nearest ? "'? " : "");
    return 2;
}

// A link to the program that is called like a command is that command: platforms start `train`. One
// that has its own name as first argument too (an entry point and a platform's word) takes it once.
static const struct command *command_of_link(int argc, char ***argv)
{
    char *slash = argc > 0 ? strrchr(**argv, '/') : NULL;
    if (slash)
        **argv = slash + 1;
    const struct command *command = argc > 0 ? find_command(**argv) : NULL;
    if (command && argc > 1 && strcmp((*argv)[1], command->name) == 0)
        ++*argv;
    return command;
}

int main(int argc, char **argv)
{
    json_use_memory();
    char **words = argv;
    const struct command *linked = command_of_link(argc, &words);
    if (linked)
        return linked->run(argc - (int)(words - argv), words);
    const char *name = argc > 1 ? argv[1] : "";
    char *help[] = {argc > 2 ? argv[2] : NULL, "--help", NULL};
    if (help[0] && strcmp(name, "help") == 0)
        return run_command(2, help);
    if (strcmp(name, "--version") == 0 || strcmp(name, "version") == 0)
        return print_version();
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_help(stdout);
        return fflush(stdout) == 0 ? 0 : 1;
    }
    if (*name)
        return run_command(argc - 1, argv + 1);
    print_help(stderr);
    return 2;
}

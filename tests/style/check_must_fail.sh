#!/bin/sh
# SPDX-License-Identifier: MIT
# The style checks themselves: a clean little tree passes each, and each kind of mistake fails.
set -u
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON3:-python3}
command -v "$python" >/dev/null 2>&1 || { echo "skipped: no python3"; exit 77; }
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
failed=0
licence='// SPDX-License-Identifier: MIT'

clean_tree() {
    rm -rf "$folder/t"
    mkdir -p "$folder/t/src/base" "$folder/t/src/io"
    cd "$folder/t" || exit 1
    printf '# SPDX-License-Identifier: MIT\ninclude src/base/Makefile.inc\n' >Makefile.am
    printf '# SPDX-License-Identifier: MIT\n' >configure.ac
    printf '# SPDX-License-Identifier: MIT\n# all of src\nx += src/base/a.c src/base/a.h src/io/b.h\n' \
        >src/base/Makefile.inc
    printf '%s\nint a_add(int a, int b);\n' "$licence" >src/base/a.h
    printf '%s\n#include "base/a.h"\n\nint a_add(int a, int b)\n{\n    return a + b; // free(x) "\n}\n' \
        "$licence" >src/base/a.c
    printf '%s\nint b_get(void);\n' "$licence" >src/io/b.h
}

# expect STATUS CHECK WHAT
expect() {
    case $2 in
        *.sh) sh "$here/$2" "$folder/t" >"$folder/log" 2>&1 ;;
        *) "$python" "$here/$2" "$folder/t" >"$folder/log" 2>&1 ;;
    esac
    got=$?
    [ "$got" -eq "$1" ] || [ "$got" -eq 77 ] || {
        echo "$2: exit status $got, expected $1: $3"
        cat "$folder/log"
        failed=1
    }
}

clean_tree
for check in check_layers.py check_sizes.py check_words.py check_files.py; do
    expect 0 "$check" "a clean tree"
done

# append CHECK WHAT TEXT: the text at the end of a.c makes the check fail.
append() {
    clean_tree
    printf '%b\n' "$3" >>src/base/a.c
    expect 1 "$1" "$2"
}

lines() {
    i=0
    while [ "$i" -lt "$1" ]; do
        printf '    a += b;\\n'
        i=$((i + 1))
    done
}

append check_layers.py "an arrow that goes back" '#include "io/b.h"'
append check_layers.py "a header that is not there" '#include "base/none.h"'
append check_sizes.py "a function of 81 lines" \
    "void f(int a,\n       int b)\n{\n$(lines 77)}\n"
append check_sizes.py "seven parameters" \
    'void f(int a, int b, int c, int d, int e, int (*f)(int, int), int g)\n{\n}\n'
append check_sizes.py "a file of 801 lines" "$(lines 800)"
append check_sizes.py "many #if" '#if 1\n#endif\n#if 2\n#endif\n#ifdef X\n#endif'
for call in 'strcpy(a, b)' 'atoi (a)' 'malloc(3)' 'free(p)' 'exit(1)' 'printf("x")' 'rand()'; do
    append check_words.py "$call" "void f(void)\n{\n    $call;\n}"
done
append check_words.py "stderr" 'void f(void)\n{\n    fprintf(stderr, "x");\n}'
append check_words.py "a struct typedef" 'typedef struct x { int a; } x;'
append check_words.py "a _t name" 'typedef int x_t;'
append check_files.py "a machine's path" '// see /home/me/x'
clean_tree
echo 'int a;' >src/io/b.h
expect 1 check_files.py "no licence"
clean_tree
cp src/base/a.h src/io/a.h
echo 'x += src/io/a.h' >>src/base/Makefile.inc
expect 1 check_files.py "a name twice"
clean_tree
echo "$licence" >src/base/lost.c
expect 1 check_files.py "a file not listed"
clean_tree
printf '### src/base\n\n- `a` adds\n\n### src/io\n\n- `b.h` gets\n' >ARCHITECTURE.md
expect 0 check_files.py "a map of the tree"
printf '### src/base\n\n- `a` adds, `b`\n' >ARCHITECTURE.md
expect 1 check_files.py "a module that its layer does not name"
clean_tree
mkdir tests
printf 'x += tests/lib.sh tests/a.sh\n' >>src/base/Makefile.inc
printf '# SPDX-License-Identifier: MIT\nrefuses() {\n    true\n}\n' >tests/lib.sh
printf '# SPDX-License-Identifier: MIT\n. "tests/lib.sh"\nrefuses x\n' >tests/a.sh
expect 0 check_files.py "a function of a library"
sed -i 2d tests/a.sh
expect 1 check_files.py "a library that is not sourced"
clean_tree
cp "$here/../../.clang-format" .
mkdir -p tests bench
expect 0 check_format.sh "a clean tree"
printf 'int    x ;\n' >>src/base/a.c
expect 1 check_format.sh "untidy text"

[ "$failed" = 0 ] && echo "the style checks pass and fail as they should"
exit "$failed"

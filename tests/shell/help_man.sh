#!/bin/sh
# SPDX-License-Identifier: MIT
# The manual pages say what --help says: the same options with the same values, words, aliases and
# defaults, and the ranges that the program enforces; no page has an option that --help lacks. The
# program's commands and version, too. Then pages that were spoilt on purpose must be found out.
set -u
[ -n "${SKIFF:-}" ] || { echo "skipped: SKIFF does not name the program"; exit 77; }
man=${SKIFF_SRCDIR:-.}/man
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
status=0

complain() {
    echo "FAIL: $*"
    status=1
}

# Both readers print one line an option: name, aliases, value, default, words; separated by tabs.

# From --help: explanations begin in column 29, end in "One of: a, b." "[default]" "(also --b)".
from_help() {
    awk '
        function cut(text, pattern, from, less) {
            if (!match(text, pattern)) return ""
            rest = substr(text, 1, RSTART - 1) substr(text, RSTART + RLENGTH)
            return substr(text, RSTART + from, RLENGTH - less)
        }
        function flush() {
            if (name == "") return
            rest = text
            alias = cut(rest, " *\\(also --[^)]*\\)$", 0, 0)
            gsub(/\(also|--|[,)]/, "", alias)
            gsub(/^ +/, "", alias)
            initial = cut(rest, " \\[[^][]*\\]$", 2, 3)
            words = cut(rest, " One of: [a-z_0-9, ]*\\.$", 9, 10)
            gsub(/,/, "", words)
            printf "%s\t%s\t%s\t%s\t%s\n", name, alias, value, initial, words
        }
        /^  --/ {
            flush()
            name = substr($1, 3)
            value = length($0) < 28 ? $0 : substr($0, 1, 28)
            sub(/^ *--[a-z_0-9]* ?/, "", value)
            sub(/ *$/, "", value)
            text = substr($0, 29)
            next
        }
        /^                            / { text = text " " substr($0, 29); next }
        { flush(); name = "" }
        END { flush() }'
}

# From a page: the tags of its OPTIONS, the line after "the default is", the words in bold.
from_page() {
    awk '
        function plain(text) {
            gsub(/\\-/, "-", text)
            return text
        }
        function flush() {
            if (name != "") printf "%s\t%s\t%s\t%s\t%s\n", name, alias, value, initial, words
            name = alias = value = initial = words = ""
        }
        /^\.S[HS]/ { if ($1 == ".SH") { flush(); inside = $2 == "OPTIONS" && NF == 2 } next }
        !inside { next }
        $1 == ".TP" || $1 == ".TQ" { kind = $1; next }
        kind != "" {
            tag = plain($2)
            if (tag !~ /^--[a-z_0-9]+$/) { kind = ""; next }
            if (kind == ".TP") {
                flush()
                name = substr(tag, 3)
                value = $0
                sub(/^[^"]*"? ?/, "", value)
                sub(/"$/, "", value)
                if (NF == 2) value = ""
            } else
                alias = alias (alias == "" ? "" : " ") substr(tag, 3)
            kind = ""
            next
        }
        ahead { initial = plain($2); ahead = 0; next }
        /[Tt]he default is$/ { ahead = 1; next }
        /^\.BR? [a-z_0-9]+( |$)/ { words = words " " $2 }
        END { flush() }' "$1" | sed 's/\t /\t/'
}

# compare COMMAND PAGE: the options of --help and of the page.
compare() {
    "$SKIFF" "$1" --help | from_help | sort >"$folder/help"
    from_page "$2" | sort >"$folder/page"
    [ -s "$folder/help" ] || echo "skiff $1 --help lists no options"
    awk -F '\t' '
        function differ(what, ours, theirs) {
            printf "--%s: %s is \"%s\" in --help and \"%s\" on the page\n", $1, what, theirs, ours
        }
        NR == FNR { alias[$1] = $2; value[$1] = $3; initial[$1] = $4; words[$1] = $5; next }
        !($1 in value) { printf "--%s: on the page, not in --help\n", $1; next }
        {
            seen[$1] = 1
            if ($2 != alias[$1]) differ("its other name", $2, alias[$1])
            # A value of one of some words is called NAME in both.
            if ($3 != value[$1]) differ("its value", $3, value[$1])
            if ($4 != initial[$1]) differ("the default", $4, initial[$1])
            n = split(words[$1], word, " ")
            for (i = 1; i <= n; i++)
                if (index(" " $5 " " $4 " ", " " word[i] " ") == 0)
                    printf "--%s: the page lacks the word \"%s\"\n", $1, word[i]
        }
        END {
            for (name in value)
                if (!(name in seen)) printf "--%s: in --help, not on the page\n", name
        }' "$folder/help" "$folder/page"
}

# compare_ranges PAGE: the program is given a number that no range holds and names the range. A seed
# may be any.
compare_ranges() {
    awk '
        before == ".TP" && /^\.BI \\-\\-/ {
            name = $2
            gsub(/\\-/, "-", name)
            if ($0 !~ /" (PATH|FILE|DIR|LIST|(NAME|HOW)(,\.\.\.)?)"$/ && name != "--seed") print name > numbers
        }
        { before = $1 }
        /^\.SH/ { name = "" }
        name != "" && /numbers? (from|of at least) [^ ]+( to [^ ;]+)?; the default is$/ {
            gsub(/\\-/, "-")
            sub(/.*numbers? (from|of)/, "from")
            sub(/from at/, "at")
            sub(/; the default is$/, "")
            print name, $0
            name = ""
        }' numbers="$folder/numbers" "$1" >"$folder/ranges"
    [ "$(wc -l <"$folder/ranges")" -gt 15 ] || echo "the page has too few ranges"
    while read -r name range; do
        said=$("$SKIFF" train --train x "$name" 9100000000000000000,1 2>&1)
        case $said in
        *" is out of range, it must be "*) ;;
        *) said=$("$SKIFF" train --train x "$name" 9100000000000000000 2>&1) ;;
        esac
        said=${said##* it must be }
        # The program prints ten digits, and no limit of 1e15 or more.
        same=$(printf '%s\n%s\n' "$range" "$said" | awk '
            $1 == "from" && $4 >= 1e15 { $0 = "at least " $2 }
            { line = ""
              for (i = 1; i <= NF; i++) line = line " " ($i ~ /^-?[0-9]/ ? sprintf("%.10g", $i) : $i)
              text[NR] = line }
            END { print text[1] == text[2] ? "same" : "other" }')
        [ "$same" = same ] || echo "$name: the page says $range, the program $said"
    done <"$folder/ranges"
    while read -r name; do
        grep -q -e "^$name " "$folder/ranges" || echo "$name: the page gives no range"
    done <"$folder/numbers"
}

version=$("$SKIFF" --version | sed -n '1s/^skiff //p')
commands=$("$SKIFF" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
[ -n "$commands" ] || complain "skiff --help lists no commands"
for command in $commands; do
    page=$man/skiff-$command.1
    [ -f "$page" ] || { complain "$command: no manual page"; continue; }
    compare "$command" "$page" >"$folder/found"
    [ ! -s "$folder/found" ] || complain "skiff $command and its page differ:
$(cat "$folder/found")"
    grep -q "^\.B $command\$" "$man/skiff.1" || complain "skiff.1 lacks the command $command"
    grep -q "skiff $version\"" "$page" || complain "$page is not of version $version"
    "$SKIFF" "$command" --help | grep -q '^Exit status: 0 ' || complain "$command --help: no exit status"
done
grep -q "skiff $version\"" "$man/skiff.1" || complain "skiff.1 is not of version $version"
compare_ranges "$man/skiff-train.1" >"$folder/found"
[ ! -s "$folder/found" ] || complain "ranges: $(cat "$folder/found")"

# must_find PATTERN SED-SCRIPT: a page changed so is found to differ.
must_find() {
    sed "$2" "$man/skiff-train.1" >"$folder/spoilt.1"
    { compare train "$folder/spoilt.1"; compare_ranges "$folder/spoilt.1"; } >"$folder/found"
    grep -q -e "$1" "$folder/found" || complain "not found out: $2 (found: $(cat "$folder/found"))"
}
must_find '--gamma: in --help, not on the page' 's/^\.BI .*gamma .*/.BI x/'
must_find '--delta: on the page, not in --help' 's/gamma/delta/'
must_find '--lr.* "0.001".*"0.002"\|--learning_rate: the default' 's/^\.BR 0\.001 /.BR 0.002 /'
must_find '--epochs: its other name' 's/max_epochs/most_epochs/'
must_find '--patience: its value' 's/patience " N"/patience " M"/'
must_find '--activation: the page lacks the word "tanh"' 's/^\.BR tanh /.BR tan /'
must_find '--dropout: the page says' 's/from 0 to 0\.999;/from 0 to 1;/'

# The pages are clean where there is something to render them with.
if command -v groff >/dev/null 2>&1; then
    for page in "$man"/*.[17]; do
        groff -man -Tutf8 -ww "$page" >"$folder/text" 2>"$folder/warnings"
        [ ! -s "$folder/warnings" ] || complain "$page: $(cat "$folder/warnings")"
        [ -s "$folder/text" ] || complain "$page: nothing is rendered"
    done
else
    echo "no groff: the pages were not rendered"
fi
# A command that there is not: the nearest is named, where one is near.
refuses() {
    "$SKIFF" "$1" 2>"$folder/refused"
    [ $? = 2 ] || complain "skiff $1: the exit status is not 2"
    [ "$(cat "$folder/refused")" = "$2" ] || complain "skiff $1: $(cat "$folder/refused")"
}
refuses trian "skiff: 'trian' is not a command; did you mean 'train'? 'skiff --help' lists them"
refuses fortify "skiff: 'fortify' is not a command; 'skiff --help' lists them"
[ "$status" != 0 ] || echo "pages of: $(echo "$commands" | paste -s -d " " -); $(wc -l <"$folder/ranges") ranges"
exit $status

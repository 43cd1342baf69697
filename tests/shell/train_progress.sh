#!/bin/sh
# SPDX-License-Identifier: MIT
# On a terminal there is a bar with loss, speed and time left while the run goes on, and nothing of
# it is left at the end; elsewhere there is no bar and no control character.
. "$(dirname "$0")/lib.sh"
command -v tmux >/dev/null 2>&1 || { echo "skipped: no tmux"; exit 77; }
common="--train '$data/train_data.npz' --val '$data/val_data.npz' --threads 1"

terminals=0
terminal() {
    env -u TMUX tmux -f /dev/null -S "$folder/socket$terminals" "$@"
}

# begin WIDTH COMMAND: a terminal of that width that runs it and then waits to be looked at.
begin() {
    for try in 1 2 3; do
        terminals=$((terminals + 1))
        rm -f "$folder/code"
        terminal new-session -d -x "$1" -y 24 "$2; echo \$? >'$folder/code'; sleep 60" \
            2>"$folder/log" && return
    done
    echo "skipped: tmux does not start in $try tries: $(cat "$folder/log")"
    exit 77
}

# screen: what stands on it, less empty lines at the end.
screen() {
    terminal capture-pane -p | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' -e 's/ *$//'
}

bar='^\[[#.]{24}\] +[0-9]+%  epoch [0-9]+/1000000  loss 0\.[0-9]{4}  [0-9.]+ epochs/s  [0-9]+:[0-9:]+ left$'
shows() {
    screen >"$folder/screen"
    grep -q -E "$1" "$folder/screen"
}

end() {
    until_true test -s "$folder/code" || complain "$1: the run does not end"
    screen >"$folder/screen"
    terminal kill-server
}

begin 110 "'$SKIFF' train $common --epochs 1000000 --log_every 200000 --out '$folder/stopped'"
until_true shows "$bar" || complain "no bar: $(cat "$folder/screen")"
cat "$folder/screen"
terminal send-keys C-c
end "interrupted"
[ "$(cat "$folder/code")" -eq 0 ] || complain "interrupted: exit status $(cat "$folder/code")"
grep -q '\[[#.]*\]' "$folder/screen" && complain "the bar is left: $(cat "$folder/screen")"
has "$(cat "$folder/screen")" "skiff train: interrupted" "Model saved to $folder/stopped/nn_model.pth"

# On 80 columns the bar makes room for the time left.
begin 80 "'$SKIFF' train $common --epochs 1000000 --log_every 500000 --out '$folder/usual'"
until_true shows '^\[[#.]{5,24}\] +[0-9]+%  epoch .* left$' || complain "at 80: $(cat "$folder/screen")"
terminal send-keys C-c
end "80 columns"

# What is wider than the terminal is cut, not wrapped.
begin 44 "'$SKIFF' train $common --epochs 1000000 --log_every 500000 --out '$folder/narrow'"
until_true shows '^ *[0-9]+%  epoch ' || complain "no narrow bar: $(cat "$folder/screen")"
sleep 0.3
screen >"$folder/screen"
[ "$(grep -c epoch "$folder/screen")" -eq 1 ] && tail -n 1 "$folder/screen" | grep -q epoch ||
    complain "the narrow bar wraps: $(cat "$folder/screen")"
terminal send-keys C-c
end "narrow"

# The lines of a whole run, as if there had been no bar.
begin 110 "'$SKIFF' train $common --batch_size 16 --epochs 600 --out '$folder/whole'"
end "a whole run"
sed -i '1{/^skiff train: binary task/d}' "$folder/screen"
eval "train $common --batch_size 16 --epochs 600 --out '$folder/whole'"
same_file "a terminal's lines and a file's" "$folder/screen" "$folder/stdout"
[ "$(wc -l <"$folder/stdout")" -eq 13 ] || complain "lines of a whole run: $(cat "$folder/stdout")"
[ -s "$folder/stderr" ] && complain "standard error is not empty: $(cat "$folder/stderr")"
LC_ALL=C grep -q '[[:cntrl:]]' "$folder/stdout" && complain "control characters in a file"

# No bar where none is wanted; the log goes to a file while the bar stays on the terminal.
for no in "--no-progress" "--progress=false" "--quiet" "TERM=dumb"; do
    case $no in
    TERM=*) command="env $no '$SKIFF' train $common" ;;
    *) command="'$SKIFF' train $common $no" ;;
    esac
    begin 110 "$command --batch_size 16 --epochs 500 --log_every 0 --out '$folder/no' 2>&1 | tee '$folder/tee' >/dev/null; $command --batch_size 16 --epochs 400 --log_every 0 --out '$folder/no' >/dev/null; true"
    seen=no
    for look in 1 2 3 4 5 6; do
        sleep 0.05
        shows '^\[[#.]{24}\]' && seen=$look
    done
    end "$no"
    [ "$seen" = no ] || complain "$no: there is a bar"
    grep -q "$(printf '\r')" "$folder/tee" && complain "$no: control characters in a pipe"
done

# `skiff eval` counts resamples where they take a while, and leaves its table alone.
begin 110 "'$SKIFF' eval '$folder/whole/model.npz' '$data/val_data.npz' --bootstrap 1000000 --threads 1"
until_true shows '^[0-9,]+ of 1,000,000 resamples$' || complain "eval: $(cat "$folder/screen")"
terminal kill-server
begin 110 "'$SKIFF' eval '$folder/whole/model.npz' '$data/val_data.npz' --bootstrap 200000 --threads 1"
end "eval"
grep -q 'accuracy' "$folder/screen" && ! grep -q ' of 200,000 resamples' "$folder/screen" ||
    complain "eval: the line stays: $(cat "$folder/screen")"
finish

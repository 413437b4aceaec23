#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs charlm with tiny settings: trains, loads and samples, refuses what is wrong, and is
# interrupted.  usage: test_charlm.sh [wrapper ...] charlm
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failures=0

fail()
{
    echo "FAILED: $*" >&2
    sed 's/^/  | /' "$work/out" "$work/err" >&2
    failures=$((failures + 1))
}

# expect STATUS WORDS command ...: the exit status, and words among what it prints.
expect()
{
    status=$1 words=$2
    shift 2
    "$@" >"$work/out" 2>"$work/err"
    got=$?
    [ $got -eq "$status" ] || fail "exit status $got instead of $status: $*"
    cat "$work/out" "$work/err" | grep -q -e "$words" || fail "does not say '$words': $*"
}

exists()
{
    [ -s "$1" ] || fail "there is no $1"
}

text=$work/text
awk 'BEGIN { for (i = 1; i <= 400; i++) print "the square of", i, "is", i * i }' >"$text"

for cell in lstm gru rnn; do
    expect 0 "^  $cell  *[0-9]" "$@" "$text" --cell $cell --hidden 8 --embed 4 --batch 4 \
        --steps 16 --epochs 0.4 --dropout 0.2 --out "$work/$cell" --sample 20
    exists "$work/$cell.safetensors"
    exists "$work/$cell.txt"
    exists "$work/$cell.svg"
done

# The same seed gives the same weights and the same text.
expect 0 trigram "$@" "$text" --cell rnn --hidden 8 --embed 4 --batch 4 --steps 16 \
    --epochs 0.4 --dropout 0.2 --out "$work/again"
cmp -s "$work/rnn.safetensors" "$work/again.safetensors" || fail "another run, other weights"

expect 0 "^the square" "$@" --load "$work/lstm.safetensors" --prompt "the square" \
    --sample 30 --temperature 0.5
cp "$work/out" "$work/first"
expect 0 "^the square" "$@" --load "$work/lstm.safetensors" --prompt "the square" \
    --sample 30 --temperature 0.5
cmp -s "$work/out" "$work/first" || fail "the same seed, another sample"

# Files that do not fit.
cp "$work/gru.safetensors" "$work/wrong.safetensors"
expect 1 "wrong.txt, which belongs to" "$@" --load "$work/wrong.safetensors"
cp "$work/lstm.txt" "$work/wrong.txt"
expect 1 "wrong.safetensors" "$@" --load "$work/wrong.safetensors"
echo nonsense >"$work/wrong.txt"
expect 1 "not the text" "$@" --load "$work/wrong.safetensors"
echo nonsense >"$work/lstm.safetensors"
expect 1 "lstm.safetensors" "$@" --load "$work/lstm.safetensors"
expect 1 "nowhere" "$@" "$work/nowhere" --out "$work/few"
expect 1 "too few" "$@" "$text" --batch 1000 --out "$work/few"
expect 1 "nowhere" "$@" "$text" --hidden 8 --batch 4 --steps 16 --epochs 0.01 \
    --out "$work/nowhere/model"

# Overwriting files: only its own. Names are checked before training.
tiny="--cell rnn --hidden 8 --embed 4 --batch 4 --steps 16 --epochs 0.1 --sample 0"

refuses()
{
    words=$1
    shift
    # shellcheck disable=SC2086 # several options
    expect 1 "$words" "$@" $tiny
    grep -q network "$work/out" && fail "it is noticed after the training began: $words"
    cmp -s "$text" "$work/copy" || fail "the text to learn from is changed"
}

cp "$text" "$work/copy"
mv "$text" "$work/book.txt"
text=$work/book.txt
refuses "book.txt is the text to learn from" "$@" "$text" --out "$work/book"
refuses "book.txt is the text to learn from" "$@" "$text" --out "$work/book" --force
ln "$text" "$work/hard.svg"
refuses "hard.svg is the text to learn from" "$@" "$text" --out "$work/hard"
ln -s book.txt "$work/soft.safetensors"
refuses "soft.safetensors is the text to learn from" "$@" "$text" --out "$work/soft"
ln -s book.txt "$work/way"
refuses "book.txt is the text to learn from" "$@" "$work/way" --out "$work/book.safetensors"
mkfifo "$work/pipe.svg"
refuses "pipe.svg: is a pipe" "$@" "$text" --out "$work/pipe"
mkdir "$work/folder.txt"
refuses "folder.txt: is a directory" "$@" "$text" --out "$work/folder"
refuses "nowhere/model.safetensors: cannot be written" "$@" "$text" --out "$work/nowhere/model"

# Files of others: a letter, a picture, weights.
for end in .txt .svg .safetensors -checkpoint.safetensors; do
    echo "my own $end" >"$work/mine$end"
    refuses "mine$end is there already" "$@" "$text" --out "$work/mine"
    grep -q "my own $end" "$work/mine$end" || fail "mine$end is written over"
    # shellcheck disable=SC2086 # several options
    expect 0 "^  rnn" "$@" "$text" $tiny --out "$work/mine" --force
    rm "$work"/mine*
done
# shellcheck disable=SC2086 # several options
expect 0 "^  rnn" "$@" "$text" $tiny --out "$work/mine"
# shellcheck disable=SC2086 # several options
expect 0 "^  rnn" "$@" "$text" $tiny --out "$work/mine" --layers 2 --embed 5
expect 0 "." "$@" --load "$work/mine.safetensors" --sample 9
ln "$work/mine.txt" "$work/twice.txt"
ln "$work/mine.txt" "$work/twice.svg"
refuses "twice.svg is the same file" "$@" "$text" --out "$work/twice" --force

# The time of measuring is printed.
expect 0 "^measuring [0-9.]* s" "$@" "$text" --cell rnn --hidden 8 --embed 4 --batch 4 \
    --steps 16 --epochs 0.1 --out "$work/again" --sample 0

# Command lines that are refused.
expect 0 "usage" "$@" --help
expect 2 "cannot run backward" "$@" --bidirectional
expect 2 "no such option" "$@" --nonsense
expect 2 "is missing" "$@" --hidden
expect 2 "whole number" "$@" --hidden 1.5
expect 2 "not within" "$@" --dropout 1
expect 2 "rnn, lstm or gru" "$@" --cell tanh
expect 2 "one text file" "$@" "$text" "$text"

# A killed run goes on, and ends with the weights of one that was not killed.
long="--cell rnn --hidden 8 --embed 4 --batch 4 --steps 16 --epochs 3 --sample 0"
# shellcheck disable=SC2086 # several options
expect 0 "^  rnn" "$@" "$text" $long --out "$work/whole"
# shellcheck disable=SC2086 # several options
"$@" "$text" $long --out "$work/half" >"$work/out" 2>"$work/err" &
pid=$!
until [ -s "$work/half-checkpoint.safetensors" ] || ! kill -0 $pid; do
    sleep 0.01
done
kill -9 $pid
wait $pid
# shellcheck disable=SC2086 # several options
expect 0 "^  rnn" "$@" "$text" $long --out "$work/half" --resume --tensorboard "$work/events"
for end in .safetensors -checkpoint.safetensors; do
    [ -s "$work/half$end" ] || fail "there is no half$end"
done
cmp -s "$work/whole.safetensors" "$work/half.safetensors" || fail "resumed, other weights"
exists "$work"/events/events.out.tfevents.*
# shellcheck disable=SC2086 # several options
expect 1 "the model has another shape" "$@" "$text" $long --out "$work/half" --hidden 9 --resume

# When it is interrupted, it keeps the model. The shell ignores the signal in the background.
env --default-signal=INT "$@" "$text" --hidden 8 --batch 4 --steps 16 --seconds 60 --sample 10 \
    --out "$work/stopped" >"$work/out" 2>"$work/err" &
pid=$!
waited=0
until grep -q network "$work/out" || [ $waited -ge 60 ]; do
    sleep 1
    waited=$((waited + 1))
done
kill -INT $pid
wait $pid || fail "an interrupted run ends with $?"
grep -q interrupted "$work/err" || fail "does not say that it was interrupted"
exists "$work/stopped.safetensors"
exists "$work/stopped.svg"

[ $failures -eq 0 ] && echo "all passed"
exit $((failures > 0))

#!/bin/sh
# Measures how fast a store is served, beside static files of the same size.
#
#   examples/load.sh                          # of a demo store, which it makes and serves
#   examples/load.sh http://127.0.0.1:8080    # of a server that runs already
#
# ROUNDS and EACH say how long: 9 rounds of 300ms a page unless they are set. Where
# wrk or hey is installed, it is asked about the article's page too: in requests a
# second, with no static file beside it.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
go build -o "$work/measure" ./cmd/internal/web/load/measure
base=${1:-}
if [ -z "$base" ]; then
	go build -o "$work/stemma" ./cmd/stemma
	"$work/stemma" demo --dir "$work/news" >/dev/null
	"$work/stemma" -C "$work/news/news.stemma" serve --listen 127.0.0.1:0 2>"$work/log" &
	server=$!
	for _ in $(seq 100); do
		base=$(sed -n 's|.*serving on \(http://[0-9.:]*\)/.*|\1|p' "$work/log" | head -n 1)
		[ -z "$base" ] || break
		sleep 0.1
	done
	[ -n "$base" ] || { cat "$work/log" >&2; exit 1; }
fi
"$work/measure" -rounds "${ROUNDS:-9}" -each "${EACH:-300ms}" "$base"
page=$base$("$work/measure" -pages "$base" | sed -n 's/^article\t//p')
if command -v wrk >/dev/null; then
	wrk -t 2 -c 8 -d 5s --latency "$page"
elif command -v hey >/dev/null; then
	hey -c 8 -z 5s "$page"
fi

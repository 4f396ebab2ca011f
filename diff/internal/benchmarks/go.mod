module github.com/stemma-project/stemma/diff/internal/benchmarks

go 1.26.8

require (
	github.com/aymanbagabas/go-udiff v0.4.1
	github.com/clipperhouse/uax29/v2 v2.7.0
	github.com/pmezard/go-difflib v1.0.0
	github.com/sergi/go-diff v1.4.0
	github.com/stemma-project/stemma v0.0.0
	znkr.io/diff v1.0.0
)

require (
	go.yaml.in/yaml/v3 v3.0.6 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/stemma-project/stemma => ../../..

# make demo and make test are all that a clone needs: both install what is missing.

FILES ?=
OUT   ?= out/demo
FUZZ  ?= 30s
PURE  := ./engine/... ./callback ./store/... ./queue/... ./storage/... ./codec ./codec/codectest ./codec/archive ./codec/pdf ./codec/vectorize

# The packages whose tests take longest, which start first.
LONG := ./codec/libav ./store/boltstore ./codec/vips ./codec/acceptance ./storage/filestorage

# Our own parsers, in Go.
PARSERS := callback ':(glob)codec/*' codec/archive codec/internal codec/libav/internal \
	codec/vips/internal engine storage store

.PHONY: setup demo gallery server test corpus check fuzz browser load crash bench soak fmt lint

setup:
	@scripts/setup

# demo converts our own picture and film, or FILES="…".
demo: setup
	@scripts/demo "$(OUT)" $(FILES)

# gallery draws a contact sheet of our own picture and film, or FILES="…".
gallery: setup
	@scripts/gallery "$(OUT)/gallery.png" $(FILES)

# server serves the API and the page of examples/server.
server: setup
	go run ./examples/server

# vet has been run by check, on the same build. The binaries are linked once, for the tests
# and to fuzz, without what debuggers read. The packages that take long come first, and one
# more at a time than there are cores: some mostly wait for the disk.
test: setup check
	@rm -rf out/tests && mkdir -p out/tests
	go test -race -vet=off -shuffle=on -timeout 15m -ldflags=-w -o out/tests/ \
		-p $$(($$(getconf _NPROCESSORS_ONLN) + 1)) $(LONG) ./...
	@scripts/fuzz 200x out/tests $(PARSERS)
	@rm -rf out/tests
	cd examples/bench && go vet -race ./... && go test -race -vet=off ./...
	cd examples/server/browser && go vet -race ./...

# corpus takes every file of the corpus to every format and through every operation,
# some ten minutes long. test takes a sample.
corpus: setup
	go test ./codec/acceptance -timeout 60m -v -whole

# check is everything of test that runs no test. It looks at the build with the race
# detector, which the tests need: another would have to be made first.
check:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
		if [ -n "$$unformatted" ]; then echo "not gofmt-ed:" $$unformatted; exit 1; fi
	go mod tidy -diff
	go vet -race ./...
	GOFLAGS="$$GOFLAGS -race" $$(go tool -n staticcheck) ./...
	CGO_ENABLED=0 go build $(PURE)

# fuzz looks for inputs that break parsers and codecs, for FUZZ=30s each: some 20 minutes
# long. test tries 200 inputs with each of our parsers. A number does not fail on a busy
# machine, as a time may.
fuzz: setup
	@scripts/fuzz $(FUZZ) -fuzz=. .

# browser tests the page of examples/server in chromium, and plays adaptive streams
# there. It installs chromium if it is missing: some 300 MB, so that test does without.
browser: setup
	@scripts/browser "$(OUT)/browser"

# load puts examples/server under load for a minute, and kills it in the middle.
load: setup
	go run ./examples/server/load $(LOAD)

# crash kills a host of the engine 300 times and checks the books. test does so 12
# times.
crash: setup
	go run ./engine/crashtest/crash

# bench compares spool with the same libraries called as commands and with sharp,
# which it installs by npm, and its engine with other job engines, as ratios.
bench: setup
	cd examples/bench && go run . && go run ./pictures && go run ./jobs

# soak prints memory and descriptors over 2,000 conversions.
soak: setup
	cd examples/bench && go run ./soak

fmt:
	gofmt -w $$(git ls-files '*.go')

# lint wants golangci-lint 2 on the path; test does without.
lint:
	golangci-lint run

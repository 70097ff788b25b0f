# Everything a person types on this project; `make help` lists it.

DEMO_PACKAGES := pocketsphinx pocketsphinx-en-us flite asterisk-core-sounds-en-wav
# Who speaks in the corpus that hearing is trained and measured on; some of them
# are what the recogniser's telephone transform is made from, too.
HEARING_PACKAGES := asterisk-core-sounds-en-wav asterisk-core-sounds-es-wav espeak-ng espeak-ng-data festival festival-ca \
	festival-czech festival-hi festival-te festvox-ca-ona-hts festvox-czech-krb festvox-czech-ph festvox-hi-nsk \
	festvox-itapc16k festvox-kallpc16k festvox-kdlpc16k festvox-ru festvox-te-nsk flite
# awscli judges the local Lex, sphinxbase-utils our grammars, npm's twilio our
# signatures and npm's dynalite what we ask of DynamoDB, Debian's prometheus our
# metrics and the rules on them; curl and openssl ask our listeners as others do,
# zip packs what the plan of a deployment has it pack, and zsh and fish complete our
# commands.
TEST_PACKAGES := $(DEMO_PACKAGES) $(filter-out $(DEMO_PACKAGES),$(HEARING_PACKAGES)) awscli curl fish openssl prometheus sphinxbase-utils zip zsh \
	$(if $(shell command -v node),,nodejs) $(if $(shell command -v npm),,npm)
# What makes images and runs them; mmdebstrap is for the one with the speech engines.
IMAGE_PACKAGES := $(foreach program,podman runc curl,$(if $(shell command -v $(program)),,$(program)))
SPEECH_IMAGE_PACKAGES := $(IMAGE_PACKAGES) mmdebstrap
# The race detector is the one thing here that needs a C compiler.
RACE_PACKAGES := $(if $(shell command -v gcc),,gcc) $(if $(wildcard /usr/include/stdlib.h),,libc6-dev)

# Tools run at exact versions and stay out of go.mod.
GOFUMPT     := mvdan.cc/gofumpt@v0.9.2
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.7.0
GOTESTSUM   := gotest.tools/gotestsum@v1.13.0
GOLANGCI    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

# Folders with a package.json of what tests run under Node.
NPM_FOLDERS := internal/cfncheck/testdata internal/twilio/testdata internal/dynamodb/dynalite/testdata scripts/sbom/testdata

VERSION   := $(shell scripts/revision version 2>/dev/null)
FUZZTIME  ?= 60s
IMAGE_ARCH ?=
export ARCHS ?= amd64 arm64
TESTFLAGS ?=
ARGS      ?=
LAMBDA_ARCH ?= arm64

# What we ship is built without cgo, so that is what we vet and test as well.
export CGO_ENABLED := 0

.DEFAULT_GOAL := help
.PHONY: help demo drill attack newcomer article-test bench-drill bench-connect bench-lambda bench-table bench-hearing bench-operate pictures-demo pictures-hearing hearing-results vad-score vad-train vad-verify build lambda image image-speech image-test image-speech-test sbom release release-check test check race fuzz fuzz-short bench bench-speech transform simulate lint sounds cover clean setup-demo setup-hearing setup-image setup-image-speech setup-test setup-race

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup-demo build ## Install what is missing, build, place three calls, lose a region (ARGS="--json" and so on)
	@bin/lexline demo $(ARGS)

drill: setup-demo build ## Break a region under simulated calls, and count what it costs them (ARGS="--calls 50" and so on)
	@bin/lexline region drill $(ARGS)

build: ## Build bin/lexline, bin/lexline-speech and bin/lexline-lambda
	@echo "build: bin/lexline, bin/lexline-speech, bin/lexline-lambda" >&2
	@go build -trimpath -buildvcs=false -ldflags "-X main.version=$(VERSION)" -o bin/ ./cmd/...

lambda: ## Build the Lambda functions' zip, always the same one (LAMBDA_ARCH=amd64 for x86_64)
	@go run ./scripts/lambdazip -arch $(LAMBDA_ARCH)

image: setup-image ## Build the image of the gateway, without a registry (IMAGE_ARCH=arm64 for that)
	@scripts/image $(if $(IMAGE_ARCH),-a $(IMAGE_ARCH)) gateway

image-speech: setup-image-speech ## Build the image with the speech engines, from Debian's packages: some minutes
	@scripts/image speech

image-test: image build ## Run the image without rights from a read-only file system, and look at it from outside
	@scripts/image-test

image-speech-test: image-speech setup-demo ## Run the image with the speech engines, and talk to the bot in it
	@scripts/image-speech-test

sbom: build ## Write bin/lexline.cdx.json, which modules are in the programs
	@go run ./scripts/sbom -version "$(VERSION)" -time "$$(scripts/revision time)" -out bin/lexline.cdx.json bin/lexline bin/lexline-speech bin/lexline-lambda
	@echo "sbom: bin/lexline.cdx.json"

release: setup-image ## Make bin/release: programs, Lambda zips, images, bills of materials, checksums (ARCHS=amd64 for one)
	@scripts/release

release-check: setup-image ## Make it twice, the second time from a clone elsewhere, and compare
	@scripts/release-check

test: setup-test build ## Install what the tests need, then check, then all tests under the race detector
	@status=0; $(MAKE_COMMAND) -s check || status=1; \
		CGO_ENABLED=1 go run $(GOTESTSUM) --format pkgname --format-hide-empty-pkg --jsonfile bin/test.json -- \
		-race -timeout 15m $(TESTFLAGS) ./... || status=1; \
		exit $$status

check: ## Check format, vet, staticcheck, imports and documents
	@echo "check: format, vet, staticcheck, imports, documents"
	@unformatted=$$(go run $(GOFUMPT) -l bench cmd internal lexhook scripts); \
		[ -z "$$unformatted" ] || { echo "not formatted by gofumpt:"; echo "$$unformatted"; exit 1; }
	@go vet ./...
	@go run $(STATICCHECK) -checks all,-ST1000 ./...
# go list works behind the back of the test cache, hence the count.
	@go test -count=1 ./internal

race: setup-race ## Run the packages with goroutines 20 times under the race detector
	CGO_ENABLED=1 go test -race -count=20 -timeout 30m ./internal/call ./internal/twilio ./internal/lex ./internal/lexlocal

attack: ## Send a gateway forged, replayed and malformed messages, thousands and at random, for a minute (ARGS="-for 1h -seed 7")
	@go test ./internal/attack -count=1 -run TestSoak -v -timeout 0 -args -for 1m $(ARGS)

fuzz: ## Run every fuzz target for FUZZTIME (60s) each
	@scripts/fuzz $(FUZZTIME)

fuzz-short: ## Run every fuzz target on 5,000 inputs
	@scripts/fuzz 5000x

bench: ## Measure the media path; the last line is its CPU over a raw TCP server's
	@go run ./bench/mediapath $(ARGS)

newcomer: setup-test ## Do in a fresh clone what docs/1-start.md and other pages say, command by command: 4 minutes (ARGS="-list")
	@go run ./scripts/newcomer $(ARGS)

article-test: setup-test build ## Delete the bot's alias in one region with the AWS CLI, and have contacts and calls go on: AWS's own test, 80 seconds
	@scripts/article-test bin

bench-drill: setup-demo build ## Drill every kind of fault with 50 callers, beside a model of AWS's article: 32 minutes (ARGS="--fault stop")
	@go run ./bench/drill $(ARGS)

bench-connect: build ## Drill every kind of fault with 60 customers of Amazon Connect, beside a model of AWS's article: 55 minutes (ARGS="--fault stop")
	@go run ./bench/drill -channel connect $(ARGS)

bench-lambda: setup-test build ## Break Lex and the table under the Lambda functions, beside a model of AWS's article: 5 minutes
	@go run ./bench/lambda $(ARGS)

bench-table: setup-demo build ## Break the region table in six ways under calls; exit 1 if they notice
	@go run ./bench/table $(ARGS)

vad-train vad-verify: export GOAMD64 := v1 # from v3 on the compiler rounds otherwise
vad-train: setup-hearing ## Make the weights of the detector of speech: voices, files, training (ARGS="--hours 4 --out bin/trial")
	@go run ./bench/hearing/train $(ARGS)

vad-verify: setup-hearing ## Make the weights again by their score card; exit 1 if one bit differs
	@go run ./bench/hearing/train --verify $(ARGS)

vad-score: setup-hearing setup-race ## Score our hearing and three yardsticks on the development set (ARGS="-by noise,file" and so on)
	@go run ./bench/hearing/score $(ARGS)

bench-operate: build ## Measure the CPU that records and metrics add to a message: 4 minutes (ARGS="--check" and so on)
	@go run ./bench/operate $(ARGS)

bench-hearing: setup-race ## Measure the CPU that hearing a frame takes, over that of the simplest program: 1 minute
	@go run ./bench/hearing/cost $(ARGS)

hearing-results: setup-hearing setup-race ## Score hearing, its settings and its cost, and put the figures into the documents: 5 minutes
	@scripts/hearing-results

pictures-demo: setup-demo build ## Have the demo run, and draw its second act for the README
	@bin/lexline demo --seed 1 | tee bin/demo.txt && go run ./scripts/demopicture <bin/demo.txt >bin/demo.svg && mv bin/demo.svg docs/demo.svg

pictures-hearing: setup-demo build ## Record the calls that the documents show, hear them, and draw the pictures
	@go run ./bench/hearing/pictures $(ARGS)

bench-speech: build ## Measure what the recogniser understands, voice by voice
	@go run ./bench/speech $(ARGS)

transform: setup-test ## Make the transform that lets the recogniser's model hear telephones
	@go run ./bench/speech/adapt >bin/telephone.mllr && mv bin/telephone.mllr internal/speech/telephone.mllr

simulate: ## Play 1,000,000 fault schedules through the failover core (ARGS="-n 20000 -seed 7", "-replay 7")
	@go run ./bench/simulate $(ARGS)

lint: ## Run golangci-lint with .golangci.yml
	@go run $(GOLANGCI) run ./...

sounds: setup-demo ## Make the sounds that are part of the program, with flite
	@go run cmd/lexline/sounds/generate.go

cover: ## Show the coverage of each function, the least covered last
	@mkdir -p bin
	@go test -coverprofile=bin/cover.out ./... >bin/cover.txt || { cat bin/cover.txt; exit 1; }
	@go tool cover -func=bin/cover.out | sort -t "$$(printf '\t')" -k 3 | sort -s -r -n -k 3

clean: ## Remove what was built and what the tests fetched
	@rm -rf bin demo-calls drill-run $(NPM_FOLDERS:%=%/node_modules)

setup-demo: ## Install the Debian packages that give the demo its voices and ears
	@scripts/debian $(DEMO_PACKAGES)

setup-hearing: ## Install the Debian packages whose voices hearing is trained and measured on
	@scripts/debian --required $(HEARING_PACKAGES)

setup-image:
	@scripts/debian --required $(IMAGE_PACKAGES)

setup-image-speech:
	@scripts/debian --required $(SPEECH_IMAGE_PACKAGES)

setup-race:
	@scripts/debian --required $(RACE_PACKAGES)

setup-test: setup-race ## Install what the tests need: Debian packages, a C compiler, modules of npm
	@scripts/debian $(if $(CI),--required) $(TEST_PACKAGES)
	@if command -v npm >/dev/null; then $(MAKE_COMMAND) -s $(NPM_FOLDERS:%=%/node_modules/.installed); \
		else echo "npm: not on this machine; going on without its modules"; fi

$(NPM_FOLDERS:%=%/node_modules/.installed): %/node_modules/.installed: %/package.json
	@echo "npm: installing the modules of $<"
	@cd $* && npm install --no-audit --no-fund --no-package-lock --loglevel=error >/dev/null
	@touch $@

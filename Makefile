# `make help` lists what there is to make.
SHELL := /bin/bash
SWIFT_BUILD := swift build -c release -Xswiftc -static-stdlib --product dialtone
# DIALTONE_REQUIRE=asterisk,machines, as CI has it: what would be left out where real ones are missing fails.
MAY_LACK_ASTERISK := [[ ",$$DIALTONE_REQUIRE," != *,asterisk,* ]]
SWIFT_SOURCES := Package.swift Sources Tests $(wildcard Benchmarks)

.PHONY: help build demo node-image asterisk test test-machines test-calls lint format bench simulate clean packages

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' Makefile

packages: ## Install the Debian packages that are missing
	@scripts/install-packages

build: packages ## .build/release/dialtone
	$(SWIFT_BUILD)

demo: build ## A whole round in a lab: plan, apply, a repair, scale up and down, destroy; as root with real machines
	@[[ "$$(id -u)" != 0 || "$$DEMO_HYPERVISOR" == test ]] || scripts/node-image || true
	@scripts/asterisk-trees || $(MAY_LACK_ASTERISK)
	scripts/demo

node-image: packages ## The tiny node image of a lab with real machines, from Debian packages
	@scripts/node-image

asterisk: packages ## Asterisk 16 and 22 for labs, from Debian packages, beside each other and not installed
	@scripts/asterisk-trees

test: packages ## The tests, against real systems started by them
	@scripts/asterisk-trees || $(MAY_LACK_ASTERISK)
	swift test --no-parallel --skip 'QemuTests|CommandTests'
	swift test --skip-build --experimental-maximum-parallelization-width 3 --filter CommandTests
	@scripts/asterisk-trees --say

test-machines: packages node-image ## The tests on real machines, as root; at most four machines at a time
	@scripts/asterisk-trees || $(MAY_LACK_ASTERISK)
	swift test --no-parallel --filter QemuTests
	@scripts/asterisk-trees --say

test-calls: packages ## 2,000 calls through whatever is done to a cluster, as a table: none may be cut; a quarter of an hour
	@mkdir -p .build
	DIALTONE_CALLS=$(CURDIR)/.build/calls swift test --no-parallel --filter CallTrialTests.many
	@cat .build/calls.md

lint: ## Formatting and style, as in .swift-format
	swift format lint --strict --recursive --parallel $(SWIFT_SOURCES)

format: ## Format everything
	swift format --in-place --recursive --parallel $(SWIFT_SOURCES)

bench: build ## Measure speed; the results are in Benchmarks/README.md
	Benchmarks/run

simulate: packages ## Many more seeded cycles than `make test` runs: CYCLES=100000
	DIALTONE_SIMULATE=$(or $(CYCLES),100000) swift test --filter SimulationTests

clean: ## Remove all that was built
	rm -rf .build Benchmarks/.build

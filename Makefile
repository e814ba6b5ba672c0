# ferrule's commands. `make demo` and `make test` need python3 and make, nothing else.

PYTHON ?= python3
PORT ?= 8080
ON ?= unix32
VENV = .venv
RUN = $(VENV)/bin/python
READY = $(VENV)/ready

# Tests run in so many processes (0: in pytest's own): see host_tests/conftest.py.
WORKERS ?= 2
PYTEST = $(RUN) -m pytest -n $(WORKERS)

.DEFAULT_GOAL := help
# The chips whose models have to carry every ladder and every session.
OVER ?= w5500 w5100s enc28j60 espnow
OVER_ON ?= x64

.PHONY: fieldtest help venv demo flash test over over-espnow bundled small release soak qemu bench congestion goodput interpreters lint conformance clean

help:
	@echo "make demo          the echo device and a gateway to it on localhost:$(PORT) (PORT= changes it)"
	@echo "make qemu          the same device on an emulated bare-metal Cortex-M3 (needs make interpreters)"
	@echo "make flash         a board becomes an echo device: BOARD=pico_w5500 PORT= FIRMWARE= ADDRESS= ARGS="
	@echo "make test          lint and every test that can run here (ARGS= goes to pytest, in $(WORKERS) processes: WORKERS=)"
	@echo "make over          every ladder and rough session over the models of chips: OVER=\"$(OVER)\""
	@echo "make over-espnow   the same for messages of other lengths"
	@echo "make interpreters  build MicroPython for 32-bit unix and for the bare-metal board"
	@echo "make soak          all seeds, all mangled frames, 20,000 requests (ARGS= goes to tools.soak)"
	@echo "make bench         measure speed and memory, write tools/bench/results.json (ARGS=--check compares)"
	@echo "make bundled       ladders, rough sessions and heap tests of the release form (ON=$(ON))"
	@echo "make small         ladders and leaves on a Cortex-M0, and on firmware that runs no machine code"
	@echo "make release       compiled packages for every architecture: build/release (ARGS= goes to tools.release)"
	@echo "make congestion    tahoe and reno as in the textbook: tables, and lib/ferrule/congestion.svg"
	@echo "make fieldtest     lost peers, links and addresses: how soon noticed, how soon back (ARGS=--quick)"
	@echo "make goodput       goodput over a path that loses frames: lib/ferrule/GOODPUT.md (ARGS=--check)"
	@echo "make lint          ruff, the layers' imports, the records' offsets, mip's packages, no requirement open"
	@echo "make conformance   run what proves the requirements of the RFCs, and write the report"
	@echo "make clean         remove build/ and .venv/"

venv: $(READY)

$(READY): pyproject.toml tools/venv.py
	@$(PYTHON) tools/venv.py $(VENV)
	@touch $@

demo: $(READY)
	@PORT=$(PORT) $(RUN) -m tools.demo

# PORT has a default for the others.
FLASH = $(if $(BOARD),--board $(BOARD),--list) $(if $(filter-out file,$(origin PORT)),--port $(PORT)) \
	$(if $(FIRMWARE),--firmware $(FIRMWARE)) $(if $(ADDRESS),--address $(ADDRESS)) $(ARGS)

flash: $(READY)
	@$(RUN) -m tools.flash $(FLASH)

qemu: $(READY)
	@$(RUN) -m tools.qemu --port $(PORT) $(ARGS)

bench: $(READY)
	@$(RUN) -m tools.bench $(ARGS)

congestion: $(READY)
	@$(RUN) -m tools.congestion $(ARGS)

goodput: $(READY)
	@$(RUN) -m tools.goodput $(ARGS)

fieldtest: $(READY)
	@$(RUN) -m tools.fieldtest $(ARGS)

interpreters: $(READY)
	@$(RUN) -m tools.interpreters

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(RUN) -m tools.layers --check
	$(RUN) -m tools.layout --check
	$(RUN) -m tools.packages --check
	$(RUN) -m tools.conformance --check

test: lint
	$(PYTEST) $(ARGS)

over: $(READY)
	@for chip in $(OVER); do echo "over $$chip:"; \
	  $(PYTEST) -q $(OVER_ON:%=--on %) --over $$chip host_tests/ladders host_tests/sim/test_rough_wire.py \
	  || exit 1; done

# What depends on Ethernet's 1500 bytes runs over messages of 1504; with messages of 250 every ladder has to pass
# that passes over a plain link of that MTU.
over-espnow: $(READY)
	@mkdir -p build
	@echo "the ladders over ESP-NOW with messages of 1504 bytes:"; \
	  $(PYTEST) -q --on x64 --over espnow_1500 host_tests/ladders
	@echo "the rough sessions over ESP-NOW with messages of 250 bytes:"; \
	  $(PYTEST) -q --on x64 --over espnow_250 host_tests/sim/test_rough_wire.py
	@echo "the ladders with messages of 250 bytes, against those over a plain link of that MTU:"; \
	  for link in plain_250 espnow_250; do \
	    $(PYTEST) -q --tb=no -rf --on x64 --over $$link host_tests/ladders > build/$$link.log; \
	    tail -n 1 build/$$link.log; grep -q passed build/$$link.log || exit 1; grep ^FAILED build/$$link.log | cut -d' ' -f2 > build/$$link.failed; done; \
	  ! grep -vxFf build/plain_250.failed build/espnow_250.failed

bundled: $(READY)
	@$(RUN) -m tools.bundle --library build/library > build/library.list
	FERRULE_LIB=build/library $(PYTEST) -q --on $(ON) host_tests/ladders host_tests/sim host_tests/heap

small: $(READY)
	$(PYTEST) -q --on cortex_m0 host_tests/leaves host_tests/ladders host_tests/heap
	$(PYTEST) -q --on plain32 host_tests/leaves host_tests/ladders host_tests/streams

release: $(READY)
	@$(RUN) -m tools.release $(ARGS)

soak: $(READY)
	@$(RUN) -m tools.soak $(ARGS)

conformance: $(READY)
	@$(RUN) -m tools.conformance

clean:
	rm -rf build $(VENV) .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

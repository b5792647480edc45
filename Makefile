# Three commands do everything, set-up included, on a machine with Python >= 3.11, a JDK >= 17, Maven and Go:
#   make demo    start the whole stack and let people chat through it
#   make test    every check there is
#   make bench   the scoreboard: beside physical floors and beside other systems (about 12 minutes)
# `make sync` only prepares the environment, so that .venv/bin/veigo can be used directly.

.DEFAULT_GOAL := help
.PHONY: help demo test bench sync clean
BOOTSTRAP := .veigo/bootstrap
UV := $(BOOTSTRAP)/bin/uv
GENERATED := protos/veigo/chat/v1/chat_pb2.py

help:
	@sed -n 's/^#  *\(make .*\)/  \1/p' Makefile

$(UV): stack/uv.txt
	@command -v python3 >/dev/null || { echo "python3 >= 3.11 is missing; install it first (apt-get install python3 python3-venv)"; exit 1; }
	python3 -m venv --clear $(BOOTSTRAP)
	$(BOOTSTRAP)/bin/pip install --quiet --require-hashes --only-binary :all: -r stack/uv.txt
	@touch $(UV)

# A cached build of the package would leave out the protobuf code it makes beside the contracts.
sync: $(UV)
	@$(UV) sync --frozen --quiet
	@test -f $(GENERATED) || $(UV) sync --frozen --quiet --reinstall-package veigo

demo: sync
	@.venv/bin/veigo demo

test: sync
	@.venv/bin/nox

bench: sync
	@.venv/bin/veigo build
	-@.venv/bin/python -m bench build
	@.venv/bin/python -m bench

clean:
	@for stack in .veigo/stacks/*/; do test ! -d "$$stack" || .venv/bin/veigo down --name "$$(basename "$$stack")" --purge; done
	rm -rf .venv .nox .veigo

.DEFAULT_GOAL := help
# Each has a lock of its own, of versions that go with those of the others.
EXTRAS := otel redis aws azure gcp hashicorp pkcs11
.PHONY: help setup dev test check fix snapshots docs lock audit bench

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install everything development needs into .venv
	script/setup --dev

dev: ## Run the hub with an Iterable sandbox and a demo project
	script/demo

test: ## Run the tests; T=tests/unit for some of them
	script/setup --dev && .venv/bin/python -m pytest $(T)

check: ## Format, lint, types, layers, house rules, connectors
	script/check

fix: ## Mend what can be mended by itself
	.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format --quiet .

snapshots: ## Rewrite inline snapshots; read the diff
	.venv/bin/python -m pytest --inline-snapshot=fix

docs: ## Write the reference pages that are generated
	.venv/bin/python tools/reference.py

lock: ## Resolve the dependencies anew (needs uv)
	uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-header --no-annotate --python-version 3.11 \
	  pyproject.toml -o requirements.lock
	constraints='-c requirements.lock'; extras=; for extra in $(EXTRAS); do \
	  uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-header --no-annotate --python-version 3.11 \
	    pyproject.toml --extra $$extra $$constraints -o requirements-$$extra.lock || exit 1; \
	  constraints="$$constraints -c requirements-$$extra.lock"; extras="$$extras --extra $$extra"; \
	done; \
	uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-header --no-annotate --python-version 3.11 \
	  pyproject.toml $$extras --group test --group lint --group release $$constraints -o requirements-dev.lock
	printf 'hatchling\neditables\n' | uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
	  - -c requirements-dev.lock -o requirements-build.lock
	printf 'helm-python-sdk\nkubernetes-validate\n' | uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
	  - -o requirements-chart.lock
	.venv/bin/python tools/aarch64_wheels.py

audit: ## Ask which locked packages have a known vulnerability
	script/audit

bench: ## Measure everything in one run; the report is bench/report.md
	.venv/bin/python -m bench

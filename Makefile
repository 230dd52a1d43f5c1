# The commands of the project. `make demo` and `make test` prepare the machine by themselves.
.PHONY: demo test compiled types test-faults test-long test-bundle setup setup-test check bench bundle pictures lock clean
.DEFAULT_GOAL := demo
PY := .venv/bin/python
# What is compiled once, asserts of tests too, is kept for the next worker, suite and process, whatever the machine says.
unexport PYTHONDONTWRITEBYTECODE

demo: setup
	@exec $(PY) -m provisioning.demo $(if $(VIDEO),--video "$$VIDEO") $(if $(GALLERY),--gallery "$$GALLERY") \
	  $(if $(RTSP),--rtsp "$$RTSP") $(if $(CAMERA),--camera "$$CAMERA")

# Four workers, also for two cores: tests wait for processes, browsers and cameras about as long as they compute.
test: setup-test
	@$(MAKE) --no-print-directory -j2 check compiled
	$(PY) -m pytest -n 4 --dist loadfile

# Beside the checks, once, what else every worker would compile for itself. What is wrong with a test its run tells.
compiled:
	@$(PY) -m pytest --collect-only -qq >/dev/null || true

# The suites that take minutes: what fifty kills, ten thousand timelines and hours of video show.
test-long: setup-test
	$(PY) -m pytest -m long -n 3 --dist loadfile --no-loadscope-reorder --durations=10

# Processes that are killed, networks that are cut, disks that are full. ZAITANG_FAULTS=long: ten times as much.
# They mostly wait, so there are four workers; each takes the next when it has done one, the longest first (tests/conftest.py).
test-faults: setup-test
	$(PY) -m pytest -m faults -n 4 --dist load --maxschedchunk 1 --durations=10

# Bundles for this machine and another one, made from what the registry has (about a gigabyte comes); and machines of their
# own that are installed and updated from them, under a real systemd: a quarter of an hour.
test-bundle: setup-test
	$(PY) -m pytest -m bundle -n 0

check: setup
	.venv/bin/ruff check .
	.venv/bin/mypy -p evidence
	.venv/bin/lint-imports

# All that is typed. A minute where nothing is cached, so beside the longer suites.
types: setup
	.venv/bin/mypy -p evidence -p common -p verify -p edge -p central -p provisioning

bench: setup-test
	$(PY) -m bench $(ROW)

# Everything that a machine without a network needs, of the commit that is checked out (docs/releases.md).
# make bundle ARCH=aarch64|x86_64 [PYTHON=3.11] [KEY=release-key.pem] [PASSPHRASE_FILE=...] [PACKS=opencv] [DEBS=bookworm]
bundle: setup
	@$(PY) -m provisioning.bundle $(ARCH) $(if $(PYTHON),--python "$(PYTHON)") $(if $(PACKS),--packs "$(PACKS)") \
	  $(if $(DEBS),--debs $(DEBS)) $(if $(KEY),--key "$(KEY)") $(if $(PASSPHRASE_FILE),--passphrase-file "$(PASSPHRASE_FILE)")

# The pictures of README.md, docs/terminal.md, docs/first-boot.md and docs/dossier.md, with drawn and invented people.
pictures: setup-test
	$(PY) -m tests.central.pictures
	$(PY) -m tests.edge.terminal.pictures
	$(PY) -m tests.edge.firstboot.pictures
	$(PY) -m tests.central.dossier.pictures

setup:
	@provisioning/setup provisioning/apt.txt
	@test "$(MAKECMDGOALS)" != setup || echo 'export PATH="$(CURDIR)/.venv/bin:$$PATH"'

setup-test:
	@provisioning/setup provisioning/apt.txt provisioning/apt-test.txt

# What each end runs with, without the tests' tools: the very versions of dev.txt, which the tests ran with.
LOCK_END = uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
  --override provisioning/requirements/overrides.txt --constraint provisioning/requirements/dev.txt

# Needs `uv`. One file for every supported Python; no address of any registry in it.
lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  provisioning/requirements/build.in -o provisioning/requirements/build.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --override provisioning/requirements/overrides.txt --extra edge --extra central --extra stamps --extra dev pyproject.toml \
	  -o provisioning/requirements/dev.txt
	$(LOCK_END) --extra edge pyproject.toml -o provisioning/requirements/box.txt
	$(LOCK_END) --extra central --extra stamps pyproject.toml -o provisioning/requirements/centre.txt

clean:
	rm -rf build

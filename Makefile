# make setup     install what the tests need (Debian packages as root, tools in .venv)
# make lint      ruff and mypy --strict
# make test      everything: lint, then all tests; 2 cores, about an hour
# make unit      the tests that need no root and no daemon: seconds
# make fuzz      new hostile input for everything that is read from outside, for SECONDS=60
# make coverage  the unit tests, and every branch of the pure modules: fails below 100 %
# make seeds     random clusters and failures in virtual time: SEEDS=10000 of them, FROM=2000
# make contract  the ports' contract suites, on the simulator and on the real things;
#                DEBIAN=trixie: Pacemaker's on Debian 13
# make mutants   the pure modules with one fault at a time: which ones do their tests not see
#                MODULES="name ..." for some of them
# make guests    what real guests need on top of the lab, installed (GUESTS=real)
# make demo      a host dies, its instances come back: Pacemaker, Nova and IPMI, all real
# make playground       that lab left up, with a shell on a controller, and what to try in it
# make playground-down  removes it
# make lab       that cluster under fire: many faults by name, each checked from outside (75 minutes)
#                CASE="name ..." for some of them, COMPUTES=4 to 10
#                HOSTS=systemd: hosts with a Debian of their own that systemd boots
#                demo, playground and lab DEBIAN=trixie: nodes with Debian 13, its Pacemaker 3.0 and Python 3.13
#                demo and lab RECORD=1: what came of it goes into the record of docs/compatibility.rst
#                demo and lab GUESTS=real: QEMU under libvirt, each counting on its disk; installs them
# make lab-list  the names of its cases
# make browser   the page in Chromium, which it installs: what people see of it, and what that costs
#                PICTURES=1 takes those of docs/ anew
# make bus       events on a RabbitMQ that is killed, frozen and started again, with the lab's oslo.messaging
# make soak      an hour (SECONDS=) of failures on it, watching the worker for growth; run by hand
# make bench     the figures of the README, measured here
# make compare   one failure, recovered by this suite, a plain client, the older agents and Masakari; RECORD=1:
#                what came of it goes into docs/comparison.rst
# make docs      the pages of docs/ as HTML, in build/docs
# make metadata  write the agents' metadata and docs/reference.rst anew from their tables
# make install   DESTDIR= PREFIX=/usr
# make deb       Debian packages, in build/deb; what it needs: apt-get build-dep .
# make rpm       RPM packages for EL 10 and Fedora, in build/rpm; here it needs rpm's rpmbuild
# make test-packages  those packages, sdist and wheel, in clean Debian 12 roots; and the libraries
#                of today instead of Debian's. Needs the network; minutes. DEBIAN=trixie: on Debian 13

SHELL := /bin/bash
PYTHON := /usr/bin/python3
BIN := .venv/bin
PREFIX := /usr
PYTHONDIR := $(PREFIX)/lib/python3/dist-packages
RESOURCES := $(PREFIX)/lib/ocf/resource.d/openstack
SHARE := $(PREFIX)/share/vmha-ocf
EXECUTABLES := $(wildcard ocf/* fence/* bin/*) systemd/nova-compute-gate

.PHONY: help setup lint test unit fuzz seeds coverage contract mutants guests demo playground playground-down lab lab-list browser bus soak bench compare docs install metadata deb rpm test-packages
help:
	@sed -n 's/^# //p' Makefile

setup:
	@.ci/setup

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy lib tests $(EXECUTABLES)

# In this order, so that what is quick to fail fails first; but the last three are played from the first
# test on, while those of real things wait for them.
REAL_GUESTS := tests/lab/guests/packages.txt
TIERS := $(wildcard tests/fuzz tests/scenarios tests/executables tests/contract tests/lab tests/weather tests/crashes tests/seeds)
test: lint coverage
	@.ci/setup $(REAL_GUESTS)
	$(BIN)/python -m pytest $(TIERS)

unit: setup
	$(BIN)/python -m pytest -q -m "not real and not lab and not packages and not long and not browser"

fuzz: SECONDS := 60
fuzz: setup
	end=$$(( $$(date +%s) + $(SECONDS) )); \
	while [ $$(date +%s) -lt $$end ]; do \
	    $(BIN)/python -m pytest -q -x --hypothesis-profile=fuzz tests/fuzz || exit; \
	done

coverage: setup
	$(BIN)/python -m coverage run -m pytest -q tests/unit
	$(BIN)/python -m coverage report

SEEDS := 2000
FROM := 0
seeds: setup
	PYTHONPATH=lib:. $(BIN)/python -m tests.seeds --seeds $(SEEDS) --from $(FROM)

contract: setup
	$(OF_DEBIAN) $(BIN)/python -m pytest tests/contract

# Its tool is in an environment of its own: nothing else needs it.
mutants: setup .mutants/bin/mutmut
	.mutants/bin/python -m tests.mutants $(MODULES)

.mutants/bin/mutmut: tests/requirements.txt tests/mutants/requirements.txt
	$(PYTHON) -m venv --clear --system-site-packages .mutants
	.mutants/bin/python -m pip install -q --disable-pip-version-check $(^:%=-r %)
	touch $@

# What real guests need on top is installed where it is asked for, and only there.
GUESTS := processes
guests:
	@.ci/setup $(if $(filter real%,$(GUESTS)),$(REAL_GUESTS))

# Another Debian than this machine's for the nodes; what the release is called.
DEBIAN := bookworm
OF_DEBIAN = VMHA_DEBIAN_RELEASE=$(DEBIAN)
RECORD :=
RECORDED = $(if $(RECORD),--record)
demo: guests
	$(OF_DEBIAN) PYTHONPATH=lib:. $(PYTHON) -m tests.lab.demo --guests $(GUESTS) $(RECORDED)

playground: setup
	$(OF_DEBIAN) PYTHONPATH=lib:. $(PYTHON) -m tests.lab.playground up

playground-down: setup
	PYTHONPATH=lib:. $(PYTHON) -m tests.lab.playground down

CASE :=
COMPUTES := 4
HOSTS := lab
DAY_2 := $(patsubst %,tests/lab/test_%.py,recipes machines another_bmc)
# The first one installs what they need.
WITH_QEMU := tests/lab/test_interrupted.py tests/executables/test_guests.py
lab: guests
	$(OF_DEBIAN) PYTHONPATH=lib:. $(PYTHON) -m tests.lab.suite --computes $(COMPUTES) --guests $(GUESTS) \
	    --hosts $(HOSTS) $(RECORDED) $(CASE)
	$(if $(CASE),,$(OF_DEBIAN) VMHA_LAB_DAY_2=1 $(BIN)/python -m pytest -k "a_host_leaves or container or bmc" $(DAY_2))
	$(if $(CASE),,VMHA_LAB_DAY_2=1 $(BIN)/python -m pytest -k "ctrl_c or libvirtd" $(WITH_QEMU))

lab-list:
	@PYTHONPATH=lib:. $(PYTHON) -m tests.lab.suite --list

PICTURES :=
browser:
	@.ci/setup tests/browser/packages.txt
	VMHA_PICTURES=$(PICTURES) $(BIN)/python -m pytest tests/browser

bus: setup
	$(BIN)/python -m pytest tests/bus

SECONDS := 3600
soak: setup
	PYTHONPATH=lib:. $(PYTHON) -m tests.lab.soak --seconds $(SECONDS)

bench: GUESTS := real
bench: guests
	PYTHONPATH=lib:. $(BIN)/python -m tests.bench

compare: setup
	PYTHONPATH=lib:. $(PYTHON) -m tests.compare $(RECORDED)

# Debian's Sphinx, a theme that comes with it, no network. A warning is an error.
DOCS := build/docs
docs: setup
	$(PYTHON) -m sphinx -q -W --keep-going -b html -d $(DOCS)/.doctrees docs $(DOCS)
	@echo $(DOCS)/index.html

metadata:
	PYTHONPATH=lib $(PYTHON) -m tests.metadata

install:
	install -d $(DESTDIR)$(RESOURCES) $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PYTHONDIR)
	install -D -m 755 bin/vmha $(DESTDIR)$(PREFIX)/bin/vmha
	install -m 755 ocf/* $(DESTDIR)$(RESOURCES)/
	$(foreach agent,$(wildcard fence/fence_compute),install -m 755 $(agent) $(DESTDIR)$(PREFIX)/sbin/)
	install -D -m 755 systemd/nova-compute-gate $(DESTDIR)$(PREFIX)/lib/vmha-ocf/nova-compute-gate
	install -D -m 755 pcs-examples/alert-wake $(DESTDIR)$(SHARE)/alert-wake
	install -m 644 systemd/nova-compute-gate.conf systemd/libvirt-gate.conf $(DESTDIR)$(SHARE)/
	install -d $(DESTDIR)$(SHARE)/pcs-examples
	install -m 755 pcs-examples/*.sh $(DESTDIR)$(SHARE)/pcs-examples/
	install -d $(DESTDIR)$(SHARE)/examples
	install -m 755 examples/notify-* $(DESTDIR)$(SHARE)/examples/
	install -m 644 examples/*.* $(DESTDIR)$(SHARE)/examples/
	install -D -m 644 completion/vmha $(DESTDIR)$(PREFIX)/share/bash-completion/completions/vmha
	rm -rf $(DESTDIR)$(PYTHONDIR)/vmha_ocf
	umask 022; tar -C lib -c --exclude=__pycache__ vmha_ocf | \
	    tar -x --no-same-owner --no-same-permissions -C $(DESTDIR)$(PYTHONDIR)
	$(PYTHON) -m compileall -q -s "$(DESTDIR)" -p / $(DESTDIR)$(PYTHONDIR)/vmha_ocf

# In a copy of the sources: dpkg-buildpackage writes its results beside them.
DEB := build/deb
deb:
	rm -rf $(DEB)
	install -d $(DEB)/vmha-ocf
	tar -c --exclude=./build --exclude=./.git --exclude='./.*cache' --exclude=./.venv \
	    --exclude=__pycache__ --exclude=./.mutants . | tar -x -C $(DEB)/vmha-ocf
	cd $(DEB)/vmha-ocf && dpkg-buildpackage --build=binary --unsigned-source --unsigned-changes
	rm -rf $(DEB)/vmha-ocf
	@ls $(DEB)/*.deb

# --nodeps: where Debian builds it, the names of EL's packages mean nothing.
RPM := build/rpm
VERSION = $(shell sed -n 's/^VERSION = "\(.*\)"/\1/p' lib/vmha_ocf/agent/version.py)
rpm:
	rm -rf $(RPM)
	install -d $(RPM)/SOURCES
	tar -c --exclude=./build --exclude=./.git --exclude='./.*cache' --exclude=./.venv \
	    --exclude=__pycache__ --exclude=./.mutants --transform='s,^\.,vmha-ocf-$(VERSION),' . | \
	    gzip >$(RPM)/SOURCES/vmha-ocf-$(VERSION).tar.gz
	rpmbuild --quiet --nodeps --define "_topdir $(abspath $(RPM))" -ba rpm/vmha-ocf.spec
	@ls $(RPM)/RPMS/noarch/*.rpm $(RPM)/SRPMS/*.rpm

test-packages: setup
	$(OF_DEBIAN) $(BIN)/python -m pytest -v tests/packages

# SPDX-License-Identifier: MIT
# The entry to everything; `make help` lists the targets. All output goes to build/.

# One version for all, written in the library's header.
VERSION    := $(shell awk '/^.define WISO_VERSION_/ { printf "%s%s", dot, $$3; dot = "." }' \
	userspace/lib/winusb-iso.h)
RUNNING    := $(shell uname -r)
KDIR       ?= /lib/modules/$(RUNNING)/build
PREFIX     ?= /usr/local
UDEVDIR    ?= /lib/udev/rules.d
DOCDIR     ?= $(PREFIX)/share/doc/winusb-iso
BUILD      := $(CURDIR)/build
USER_BUILD := $(BUILD)/userspace
QUIET      := $(if $(filter 1,$(V)),,-s)

# The release a KDIR builds for names the folder, so that several live side by side.
KRELEASE := $(shell sed -n 's/^.define UTS_RELEASE "\(.*\)"/\1/p' \
	$(KDIR)/include/generated/utsrelease.h 2>/dev/null)
MODULE_BUILD := $(BUILD)/module/$(KRELEASE)
MODULE_DIRS  := $(wildcard driver uapi kunit)

# User space: the library first, programs next, what exercises them all last.
# bench is for `make bench` alone.
FOLDERS  := $(filter-out bench,$(notdir $(patsubst %/Makefile,%,$(wildcard userspace/*/Makefile))))
LAST     := $(filter tests examples,$(FOLDERS))
PROGRAMS := $(filter-out lib $(LAST),$(FOLDERS))
LIBRARY  := $(filter lib,$(FOLDERS))

.PHONY: all module module-unlocked userspace $(FOLDERS:%=userspace-%) install install-module \
	install-userspace install-dkms clean help test test-deep bench demo vm loopback check format setup

all: $(if $(KRELEASE),module,module-skipped) userspace

help:
	@echo 'make             the module (for the running kernel, or KDIR=...) and user space'
	@echo 'make demo        stream through a simulated device in a virtual machine; needs nothing but apt'
	@echo 'make test        every test; T=pattern runs only the lanes that match'
	@echo 'make test-deep   what takes longer: sleep, faults, streams on the instrumented kernel, fuzzing'
	@echo 'make bench       what a transfer costs, beside libusb and usbfs; FULL=1: every size and speed'
	@echo 'make vm          a shell in a virtual machine with the module, simulator and tool in place'
	@echo 'make loopback    the same with the kernel'\''s gadgets on dummy_hcd; SPEED=full|high|super FUNCTION=loop|audio'
	@echo 'make module      the module alone          make userspace   user space alone'
	@echo 'make install     module, libraries, tool, headers, udev rule, man page (DESTDIR, PREFIX)'
	@echo 'make install-dkms  the sources of the module for DKMS'
	@echo 'make check       style and static checks   make format      clang-format on user space'
	@echo 'make clean       removes build/'
	@echo 'Variables: KDIR, W=1 (more warnings), DESTDIR, PREFIX, CC, CFLAGS, V=1 (show commands)'

setup:
	@scripts/setup build

# --- the module: sources are copied, so that the tree stays clean and each kernel has its own ---

module-unlocked:
	@test -n '$(KRELEASE)' || { echo 'no kernel headers in $(KDIR): install linux-headers-$(RUNNING),' \
		'or give KDIR= (for the stock kernel of the tests: KDIR=$$(scripts/kernel --build-dir))' >&2; \
		exit 1; }
	@mkdir -p $(MODULE_BUILD)
	@cp -Rup Kbuild $(MODULE_DIRS) $(MODULE_BUILD)/
	@cd $(MODULE_BUILD) && find $(MODULE_DIRS) -name '*.[ch]' ! -name '*.mod.c' | while read -r file; do \
		test -e "$(CURDIR)/$$file" || rm -f "$$file"; done
	@$(MAKE) --no-print-directory -C $(KDIR) M=$(MODULE_BUILD) $(if $(W),W=$(W)) $(if $(C),C=$(C)) modules

# Two builds for the same kernel at once would spoil each other's files.
module: setup
	@mkdir -p $(BUILD)/module
	@flock $(BUILD)/module/.lock $(MAKE) --no-print-directory module-unlocked

.PHONY: module-skipped
module-skipped: setup
	@echo 'The module is skipped: no kernel headers in $(KDIR).'
	@echo 'Install them (apt-get install linux-headers-$(RUNNING)) or give KDIR=...; to try it all in a'
	@echo 'virtual machine nothing is needed: make demo, make test, make vm.'

# --- user space ---

userspace: $(FOLDERS:%=userspace-%)

$(FOLDERS:%=userspace-%): userspace-%: setup
	@echo '  USER    userspace/$*'
	@$(MAKE) --no-print-directory $(QUIET) -C userspace/$* BUILD=$(USER_BUILD) all

$(PROGRAMS:%=userspace-%): $(LIBRARY:%=userspace-%)
$(LAST:%=userspace-%): $(PROGRAMS:%=userspace-%) $(LIBRARY:%=userspace-%)

# --- install ---

install: $(if $(KRELEASE),install-module) install-userspace

install-module: module
	@# No key to sign with, and a staged tree (DESTDIR) has nothing for depmod to see.
	@$(MAKE) --no-print-directory -C $(KDIR) M=$(MODULE_BUILD) CONFIG_MODULE_SIG_ALL= DEPMOD=true \
		INSTALL_MOD_PATH=$(DESTDIR) INSTALL_MOD_DIR=updates modules_install
	@test -n '$(DESTDIR)' || depmod $(KRELEASE)

install-userspace: userspace
	@set -e; for folder in $(FOLDERS); do \
		$(MAKE) --no-print-directory $(QUIET) -C userspace/$$folder BUILD=$(USER_BUILD) \
			DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' install; done
	install -D -m 644 packaging/60-winusb-iso.rules $(DESTDIR)$(UDEVDIR)/60-winusb-iso.rules
	install -D -m 644 packaging/winusb-iso.conf $(DESTDIR)$(DOCDIR)/winusb-iso.conf
	@test -n '$(DESTDIR)' || ldconfig || true
	@test -n '$(DESTDIR)' || udevadm control --reload 2>/dev/null || true

DKMS_SOURCE = $(DESTDIR)/usr/src/winusb-iso-$(VERSION)
install-dkms:
	mkdir -p $(DKMS_SOURCE)
	cp -R Kbuild $(MODULE_DIRS) $(DKMS_SOURCE)/
	sed 's/@VERSION@/$(VERSION)/' packaging/dkms.conf >$(DKMS_SOURCE)/dkms.conf
	@echo 'now: dkms install winusb-iso/$(VERSION)'

clean:
	rm -rf $(BUILD)

# --- trying and testing ---

test:
	@scripts/setup build vm demo test check kernel
	@scripts/test $(T)

test-deep:
	@scripts/setup build vm demo test check kernel
	@WINUSB_ISO_LANES=$(CURDIR)/scripts/tests-deep scripts/test -j 1 $(T)

bench:
	@scripts/bench $(if $(FULL),full,usual)

demo:
	@scripts/setup build vm demo
	@scripts/demo

vm:
	@scripts/setup build vm
	@scripts/vm-shell

loopback:
	@scripts/setup build vm
	@scripts/loopback-shell $(if $(SPEED),--speed $(SPEED)) $(if $(FUNCTION),--function $(FUNCTION))

check:
	@scripts/setup build vm check analyse
	@scripts/setup cross || true
	@scripts/check

format:
	@scripts/check --format

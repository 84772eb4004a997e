# SPDX-License-Identifier: MIT
# Shared by every userspace/*/Makefile: where output goes and how C is compiled.
# All output lands in $(BUILD)/<folder>; the source tree stays clean.

TOP    := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/..)
BUILD  ?= $(TOP)/build/userspace
FOLDER := $(notdir $(CURDIR))
OUT    := $(BUILD)/$(FOLDER)

PREFIX     ?= /usr/local
LIBDIR     ?= $(PREFIX)/lib
BINDIR     ?= $(PREFIX)/bin
INCLUDEDIR ?= $(PREFIX)/include
MANDIR     ?= $(PREFIX)/share/man

CC     ?= gcc
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	     -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I$(TOP)/uapi $(CFLAGS) -MMD -MP

$(OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(OUT)/%.pic.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -fPIC -fvisibility=hidden -c -o $@ $<

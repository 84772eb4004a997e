# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The guest's initramfs: busybox, init, modules, programs and files. Sourced by scripts/vm, whose
# options it reads; everything ends in one uncompressed cpio archive (quickest to boot).

# in_tree NAME: "FILE" of each module NAME needs, in the order to load them, from the kernel's tree
in_tree() {
	local lines
	lines=$(modprobe -C "$STAGE/no-config" -d "$KERNEL" -S "$RELEASE" --show-depends "$1" 2>&1) ||
		die "module $1: $lines"
	sed -n 's/^insmod \([^ ]*\).*/\1/p' <<<"$lines"
}

module_name() { basename "$1" | sed 's/\.ko.*$//; s/-/_/g'; }

# given_file NAME: the .ko given by path that is called NAME, if any; it goes before the tree's own
given_file() {
	local entry file
	for entry in ${MODULES[@]+"${MODULES[@]}"} ${STAGED[@]+"${STAGED[@]}"}; do
		file=${entry%% *}
		if [[ $file == *.ko ]] && [ "$(module_name "$file")" = "${1//-/_}" ]; then
			echo "$file"
			return
		fi
	done
}

# files_of MODULE: the files to load for a name or a path, dependencies first, itself last
files_of() {
	local file=$1 need
	if [[ $file != *.ko ]]; then
		file=$(given_file "$file")
		[ -n "$file" ] || { in_tree "$1"; return; }
	fi
	[ -f "$file" ] || die "no module file '$file'"
	check_vermagic "$file"
	for need in $(modinfo -F depends "$file" | tr ',' ' '); do
		files_of "$need"
	done
	echo "$file"
}

check_vermagic() {
	local built
	built=$(modinfo -F vermagic "$1" | cut -d' ' -f1)
	[ "$built" = "$RELEASE" ] ||
		die "$1 was built for kernel $built, not $RELEASE (build it with KDIR=$KERNEL/build)"
}

# in_guest FILE: where a module file lives in the guest
in_guest() {
	case $1 in
	"$KERNEL"/lib/modules/*) printf '%s\n' "${1#"$KERNEL"}" | sed 's/\.ko\.[a-z]*$/.ko/' ;;
	*) echo "/lib/modules/$RELEASE/updates/$(basename "$1")" ;;
	esac
}

# busybox loads plain modules only
place_module() {
	local target=$STAGE/root$2
	[ ! -e "$target" ] || return 0
	mkdir -p "$(dirname "$target")"
	case $1 in
	*.xz) xz -dc "$1" >"$target" ;;
	*.zst) zstd -dcq "$1" >"$target" ;;
	*.gz) gzip -dc "$1" >"$target" ;;
	*) cp "$1" "$target" ;;
	esac
}

# stage_module "MODULE [PARAMETERS]" LIST: LIST takes what init is to load
stage_module() {
	local module=${1%% *} params='' list=$2 files file last
	[[ $1 != *' '* ]] || params=${1#* }
	files=$(files_of "$module") || exit 94
	last=$(tail -n 1 <<<"$files")
	while read -r file; do
		[ -n "$file" ] || continue
		place_module "$file" "$(in_guest "$file")"
		[ "$file" = "$last" ] || grep -q "^$(in_guest "$file")\( \|$\)" "$list" ||
			in_guest "$file" >>"$list"
	done <<<"$files"
	[ -n "$last" ] || return 0 # built into the kernel
	# Named after another module had pulled it in: only the parameters are news.
	if grep -q "^$(in_guest "$last")$" "$list"; then
		sed -i "s|^$(in_guest "$last")\$|& $params|; s/ *\$//" "$list"
	else
		echo "$(in_guest "$last")${params:+ $params}" >>"$list"
	fi
}

stage_modules() {
	local entry tree=$STAGE/root/lib/modules/$RELEASE
	mkdir -p "$tree" "$STAGE/no-config"
	: >"$STAGE/root/vm/modules"
	if [ -n "$SHARE" ]; then
		for entry in virtio_pci 9pnet_virtio 9p; do
			stage_module "$entry" "$STAGE/root/vm/modules"
		done
	fi
	for entry in ${MODULES[@]+"${MODULES[@]}"}; do
		stage_module "$entry" "$STAGE/root/vm/modules"
	done
	for entry in ${STAGED[@]+"${STAGED[@]}"}; do
		stage_module "$entry" /dev/null
	done
	cp "$KERNEL/lib/modules/$RELEASE"/modules.{order,builtin} "$tree/" 2>/dev/null || true
	cp "$KERNEL/lib/modules/$RELEASE"/modules.builtin.modinfo "$tree/" 2>/dev/null || true
	depmod -b "$STAGE/root" "$RELEASE"
}

is_elf() { [ "$(head -c 4 "$1" | od -An -c | tr -d ' ')" = '177ELF' ]; }

# The loader and the system's libraries keep their places; others go where LD_LIBRARY_PATH looks.
stage_libraries() {
	local lines library target
	# Our own library may not be installed here.
	lines=$(LD_LIBRARY_PATH=$BUILD/userspace/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} ldd "$1" 2>/dev/null) ||
		return 0 # static
	! grep 'not found' <<<"$lines" >&2 || die "$1 lacks a library"
	sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) .*/\1/p' <<<"$lines" |
		while read -r library; do
			case $library in
			/lib/* | /lib64/* | /usr/lib/*) target=$library ;;
			*) target=/usr/local/lib/$(basename "$library") ;;
			esac
			put "$library" "$target"
		done
}

# put SOURCE DESTINATION: a destination that ends in / or is a folder takes the source's name
put() {
	local target=$STAGE/root$2
	[[ $2 = /* ]] || die "'$2' is not an absolute path in the guest"
	if [[ $2 == */ ]] || [ -d "$target" ]; then target=${target%/}/$(basename "$1"); fi
	[ ! -e "$target" ] || [ -d "$target" ] || return 0
	mkdir -p "$(dirname "$target")"
	cp -rL "$1" "$target"
}

stage_program() {
	local source=${1%%:*} target=/usr/local/bin/
	[[ $1 != *:* ]] || target=${1#*:}
	[ -f "$source" ] || source=$(command -v "$source") || die "no program '$1'"
	put "$source" "$target"
	if is_elf "$source"; then
		stage_libraries "$source"
	else
		stage_interpreter "$source"
	fi
}

# busybox is every /bin/sh; a script for another shell brings that shell along
stage_interpreter() {
	local first interpreter
	first=$(head -n 1 "$1" | tr -d '\0')
	[[ $first == '#!'* ]] || return 0
	read -r -a words <<<"${first#'#!'}"
	interpreter=${words[0]}
	[ "$(basename "$interpreter")" != env ] || interpreter=$(command -v "${words[1]}") ||
		die "$1 needs ${words[1]}"
	case $interpreter in
	/bin/sh | */busybox) ;;
	*)
		put "$interpreter" "$interpreter"
		stage_libraries "$interpreter"
		[ "${words[0]}" = "$interpreter" ] || put "$interpreter" "/usr/bin/$(basename "$interpreter")"
		mkdir -p "$STAGE/root/usr/bin"
		ln -sf /bin/busybox "$STAGE/root/usr/bin/env"
		;;
	esac
}

# What init runs: a file of this machine by its place in the guest, anything else as a command line
stage_script() {
	local run=$STAGE/root/vm/run
	if [ "$MODE" = interactive ] && [ ${#COMMAND[@]} -eq 0 ]; then
		echo 'exec sh -l' >"$run"
	elif [ -f "${COMMAND[0]}" ]; then
		stage_program "${COMMAND[0]}:/vm/bin/"
		chmod +x "$STAGE/root/vm/bin/$(basename "${COMMAND[0]}")"
		printf 'exec %s\n' "$(quoted "/vm/bin/$(basename "${COMMAND[0]}")" "${COMMAND[@]:1}")" >"$run"
	elif [ ${#COMMAND[@]} -eq 1 ]; then
		printf '%s\n' "${COMMAND[0]}" >"$run"
	else
		printf 'exec %s\n' "$(quoted "${COMMAND[@]}")" >"$run"
	fi
}

# quoted WORD...: for busybox sh, which knows no $'...'
quoted() {
	local word
	for word; do
		printf "'%s' " "${word//\'/\'\\\'\'}"
	done
}

stage_config() {
	local size
	size=$(stty size 2>/dev/null) || size=
	[[ $size == *[1-9]*' '[1-9]* ]] || size='24 80' # no terminal, or one that does not know
	cat >"$STAGE/root/vm/config" <<-END
	vm_mode=$MODE
	vm_share=$([ -n "$SHARE" ] && echo yes || echo no)
	vm_rows=${size% *}
	vm_columns=${size#* }
	vm_term=$([ "$MODE" = pipe ] && echo dumb || echo "${TERM:-linux}")
	END
}

stage_base() {
	local root=$STAGE/root
	mkdir -p "$root"/{bin,etc,root,tmp,proc,sys,dev,run,share,lib,lib64,usr/bin,usr/lib,usr/local/bin,usr/local/lib}
	mkdir -p "$root/vm/bin"
	cp "$(command -v busybox)" "$root/bin/busybox"
	cp "$TOP/scripts/guest/init" "$root/init"
	chmod +x "$root/init"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
	printf 'root:x:0:\nplugdev:x:46:\n' >"$root/etc/group"
	echo "PS1='guest# '" >"$root/etc/profile"
}

# build_image FILE
build_image() {
	local entry
	STAGE=$(mktemp -d "$BUILD/vm/.stage.XXXXXX")
	stage_base
	stage_config
	stage_modules
	for entry in ${PROGRAMS[@]+"${PROGRAMS[@]}"}; do
		stage_program "$entry"
	done
	for entry in ${FILES[@]+"${FILES[@]}"}; do
		[[ $entry == *:* ]] || die "--file needs SRC:DST, not '$entry'"
		[ -e "${entry%%:*}" ] || die "no file '${entry%%:*}'"
		put "${entry%%:*}" "${entry#*:}"
	done
	stage_script
	(cd "$STAGE/root" && find . -print0 | sort -z |
		cpio --null --create --quiet --format=newc --owner=0:0 --reproducible) >"$1"
	rm -rf "$STAGE"
	STAGE=''
}

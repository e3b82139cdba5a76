#!/bin/sh
# Makes this machine a node of a Picket cluster: installs what is missing, joins, and waits until the member or client is
# ready. It also upgrades the agent, and removes Picket. `--help` lists the options; `--dry-run` only prints the changes.
#
# The coordinator below hands out this script, and what the script fetches from there must have the hash below. POSIX sh,
# for busybox ash and dash. Everything is in functions, and only the last line calls them: a truncated script does nothing.
set -u
umask 022
LC_ALL=C
export LC_ALL

coordinator='@@URL@@'
pin='@@PIN@@'
agent_sha256='@@AGENT_SHA256@@'
version='@@VERSION@@'
# The Node.js that the coordinator hands out, as VERSION:BYTES:SHA256, or "none".
node_amd64='@@NODE_AMD64@@'
node_arm64='@@NODE_ARM64@@'

libdir=/usr/lib/picket
# As in the launcher.
nodedir=$libdir/node
settings=/etc/picket/agent.yml

usage() {
	cat <<-END
		usage: sh install.sh [--client | --release] [--name NAME | --address IP] [--dry-run]
		       sh install.sh --upgrade | --uninstall | --purge [--yes] [--dry-run]

		Makes this machine a node of the Picket coordinator $coordinator. "picket token create"
		prints the join string. The script reads it from PICKET_JOIN, or asks for it.

		  --client       join as a client node, without etcd: keep a client certificate up to date, for k3s or etcdctl
		  --release      the cluster runs a release of etcd, which the agent fetches: install no package of etcd
		  --name NAME    the name of the member or client, if it is not the host name
		  --address IP   the address of the member in hosts.csv, instead of its name
		  --dry-run      print what would be done, and change nothing
		  --upgrade      replace the agent by version $version; etcd is not restarted
		  --uninstall    remove the agent; etcd keeps running with its files
		  --purge        remove the agent, etcd and its data
		  --yes          do not ask before --purge
	END
}

# ---- output

say() { printf '%s\n' "$*"; }
complain() { printf '%s\n' "$*" >&2; }

# fail WHAT-IS-WRONG WHAT-TO-DO: leaves the machine as it was.
fail() {
	complain "error: $1"
	roll_back
	complain "hint: $2"
	exit 1
}

# did WHAT: adds WHAT to the list that is printed at the end.
did() {
	say "✓ $1"
	printf '%s\n' "$1" >>"$work/done"
}

# may CHANGE: succeeds if the change should be made; a dry run only prints it.
may() {
	[ "$dry" = yes ] || return 0
	say "would $1"
	return 1
}

# ---- undoing

# undo COMMAND...: notes the command that undoes the next step. The latest step is undone first.
undo() {
	printf '%s\n' "$*" >>"$work/undo"
}

roll_back() {
	trap '' INT TERM HUP
	[ -s "$work/undo" ] || return 0
	# Backwards, and each on its own: if one fails, the others must still be undone.
	sed '1!G;h;$!d' "$work/undo" >"$work/backwards"
	: >"$work/undo"
	complain 'Undoing the changes …'
	whole=yes
	while IFS= read -r command; do
		(eval "$command") </dev/null >/dev/null 2>&1 || {
			complain "  not undone: $command"
			whole=no
		}
	done <"$work/backwards"
	rmdir "$keepdir" "$statedir" "$libdir" 2>/dev/null
	if [ $whole = yes ]; then
		complain 'This machine is as it was.'
	else
		# The folder may hold the only copy of earlier files.
		complain "The earlier files of this machine are kept in $work."
		trap - EXIT
	fi
}

# restore KEPT PATH: writes whole, beside the target, then renames.
restore() { cp -p "$1" "$2.restored" && mv -f "$2.restored" "$2"; }

clean_up() {
	rm -rf "$work"
	# The pasted line has written this script there.
	case $0 in "${TMPDIR:-/tmp}"/tmp.*) rm -f "$0" ;; esac
}

# ---- the machine

have() { command -v "$1" >/dev/null 2>&1; }

# The package manager decides, because it installs etcd.
find_system() {
	if have apk; then
		system=alpine
		architecture=$(apk --print-arch)
	elif have apt-get; then
		system=debian
		architecture=$(dpkg --print-architecture)
	else
		fail 'this machine has neither apk nor apt-get' \
			'This script works on Alpine and on Debian. Elsewhere copy the agent by hand: see docs/how-to/install-a-node.md. Nothing was changed.'
	fi
	case $architecture in
		aarch64 | arm64 | x86_64 | amd64) ;;
		arm* | i?86 | x86) fail "this is a 32-bit system ($architecture), and etcd is tested and supported on 64-bit systems only" \
			'Install a 64-bit system (aarch64 or x86-64): a Raspberry Pi 3, Zero 2 W or later runs one. Nothing was touched.' ;;
		*) fail "etcd is not tested on $architecture" 'Use a machine of aarch64 or x86-64. Nothing was touched.' ;;
	esac
}

# The init system.
find_init() {
	if [ -d /run/systemd/system ]; then
		init=systemd
	elif have openrc-run && have rc-update; then
		init=openrc
	else
		fail 'this machine uses neither OpenRC nor systemd' \
			'This script supports these two. Elsewhere the agent can run etcd itself, with init: process in agent.yml: see docs/how-to/walk-by-hand-on-one-machine.md. Nothing was changed.'
	fi
}

# setting KEY: the value in agent.yml, if there is one.
setting() { sed -n "s/^$1:[[:space:]]*[\"']\{0,1\}\([^\"'#[:space:]]*\).*/\1/p" "$settings" 2>/dev/null | head -n 1; }

# The folders of the agent.
find_folders() {
	statedir=$(setting stateDir)
	etcdir=$(setting etcDir)
	: "${statedir:=/var/lib/picket}" "${etcdir:=/etc/etcd}"
	case $statedir$etcdir in *[!A-Za-z0-9/._-]*) fail "$settings names a folder that this script does not accept: $statedir $etcdir" \
		'Use folders of letters, digits, ".", "_" and "-". Nothing was changed.' ;; esac
	# Stays after --uninstall, so that --purge still knows what the installer added.
	keepdir=$statedir/installer
}

has_joined() { [ -e "$statedir/identity.pem" ]; }

# A client node needs no etcd, and this script ignores an etcd that runs there.
is_client() {
	if has_joined; then ! grep -q '"member": {' "$statedir/node.json"; else [ "$client" = yes ]; fi
}

# A client runs no etcd, and a member that runs a release fetches it.
takes_package() { [ "$release" = no ] && ! is_client; }

# The Node.js that the agent runs with.
node_program() { if [ -x $nodedir/bin/node ]; then echo $nodedir/bin/node; else echo node; fi; }

# Its version, or what is wrong with it.
node_found() { "$(node_program)" --version 2>/dev/null || if have node; then echo unusable; else echo missing; fi; }

# Node.js 22.19 or later.
node_fits() {
	node_version=$("$(node_program)" --version 2>/dev/null) || return 1
	major=${node_version#v}
	minor=${major#*.}
	major=${major%%.*}
	minor=${minor%%.*}
	[ "$major" -gt 22 ] || { [ "$major" -eq 22 ] && [ "$minor" -ge 19 ]; }
}

# left_by_client FILE: succeeds if the client that this machine was has left it, and nobody has changed it since.
left_by_client() {
	mark=$(if [ -L "$1" ]; then printf %s "$(readlink "$1")"; else cat "$1"; fi | sha256sum | cut -d ' ' -f 1)
	grep -qF "\"$1\": \"$mark\"" "$statedir/former/left.json" 2>/dev/null
}

# R13, before anything is installed; the agent checks more before it joins.
refuse_foreign_etcd() {
	is_client && return 0
	[ -e "$statedir/journal.json" ] && return 0
	found=
	for pid in $(pidof etcd); do found="$found
  the process etcd (pid $pid)"; done
	for file in "$etcdir"/*.pem "$etcdir"/*.key "$etcdir"/pki/*; do
		[ ! -e "$file" ] || left_by_client "$file" || found="$found
  the file $file"
	done
	if [ -n "$(ls -A /var/lib/etcd 2>/dev/null)" ]; then found="$found
  data in /var/lib/etcd"; fi
	for file in /etc/runlevels/*/etcd /etc/systemd/system/*.wants/etcd.service; do
		[ -e "$file" ] || [ -L "$file" ] || continue
		# Of the package that an earlier run installed until a power cut.
		grep -qxF 'package etcd-server' "$keepdir/added" 2>/dev/null && continue
		found="$found
  the service that $file starts at boot"
	done
	[ -z "$found" ] && return 0
	fail "this machine has an etcd already:$found" \
		'Nothing was touched. Picket cannot take over an existing etcd yet: use a machine without one, or remove that one first.'
}

# ---- changing files

# note_added KIND NAME: records an addition before it is made, so that a power cut cannot leave it unrecorded.
note_added() {
	grep -qxF "$1 $2" "$keepdir/added" 2>/dev/null && return 0
	[ -d "$keepdir" ] || {
		[ -d "$statedir" ] || undo "rmdir $statedir"
		undo "rmdir $keepdir"
		# With the agent's mode: etcd runs unprivileged and passes through the folder to its data.
		{ mkdir -p "$keepdir" && chmod 711 "$statedir" && chmod 700 "$keepdir"; } || fail "$keepdir cannot be made" "$disk_hint"
	}
	# An earlier run may have recorded additions, which still exist.
	if [ -e "$keepdir/added" ]; then
		[ -e "$work/added" ] || cp -p "$keepdir/added" "$work/added"
		undo "restore $work/added $keepdir/added"
	else
		undo "rm -f $keepdir/added"
	fi
	{
		cat "$keepdir/added" 2>/dev/null
		printf '%s %s\n' "$1" "$2"
	} >"$keepdir/added.new"
	# Not of all file systems: an unrelated stick or share may hang.
	{ sync -f "$keepdir/added.new" && mv -f "$keepdir/added.new" "$keepdir/added" && sync -f "$keepdir"; } || fail "$keepdir cannot be written" "$disk_hint"
}

disk_hint='Check the disk: df -h, mount, dmesg. Then paste the install command again.'

# place MODE FILE PATH: writes whole, beside the target, then renames (R9). Keeps a file that is already right.
place() {
	if [ -f "$3" ] && cmp -s "$2" "$3"; then return 0; fi
	changed="$changed $3"
	may "write $3" || return 0
	folder=${3%/*}
	[ -d "$folder" ] || {
		undo "rmdir $folder"
		mkdir -p "$folder" || fail "$folder cannot be made" "$disk_hint"
	}
	if [ -e "$3" ]; then
		saved="$work/saved-$(printf '%s' "$3" | tr / _)"
		cp -p "$3" "$saved" || fail "$3 cannot be copied before it is replaced" "$disk_hint"
		undo "restore $saved $3"
	else
		undo "rm -f $3"
	fi
	undo "rm -f $3.new"
	{ cp "$2" "$3.new" && chmod "$1" "$3.new" && sync -f "$3.new" && mv -f "$3.new" "$3"; } || fail "$3 cannot be written" "$disk_hint"
}

launcher() {
	cat <<'PICKET_FILE'
@@FILE picket-agent@@
PICKET_FILE
}

openrc_service() {
	cat <<'PICKET_FILE'
@@FILE picket-agent.initd@@
PICKET_FILE
}

openrc_settings() {
	cat <<'PICKET_FILE'
@@FILE picket-agent.confd@@
PICKET_FILE
}

systemd_service() {
	cat <<'PICKET_FILE'
@@FILE picket-agent.service@@
PICKET_FILE
}

policy=/usr/sbin/policy-rc.d

# R2: when dpkg upgrades, configures or removes Debian's package of etcd, the package's scripts restart or stop the unit of that
# name, which is Picket's. They ask this program first (invoke-rc.d(8), deb-systemd-invoke(1p)).
policy_program() {
	cat <<'PICKET_FILE'
#!/bin/sh
# Written by Picket. While Picket runs etcd on this machine, scripts of Debian's packages do not start, stop or restart it: etcd
# restarts when it is this member's turn. They may do so with all other services, and with etcd once Picket has left.
ours=no
for file in /etc/systemd/system/etcd.service /etc/init.d/etcd; do
	if head -n 2 "$file" 2>/dev/null | grep -q '^#.*Written by Picket'; then ours=yes; fi
done
[ $ours = yes ] || exit 0
for word; do
	case $word in etcd | etcd.service) exit 101 ;; esac
done
exit 0
PICKET_FILE
}

place_policy() {
	{ [ $system = debian ] && ! is_client; } || return 0
	if [ -e $policy ] && ! is_ours $policy; then
		complain "! $policy is not Picket's: an upgrade of the package etcd-server may restart etcd out of turn. To prevent upgrades: apt-mark hold etcd-server"
		return 0
	fi
	policy_program >"$work/policy" && place 755 "$work/policy" $policy
}

# A running agent is restarted once all is undone: the latest step is undone first.
undo_with_restart() {
	{ [ "$dry" = no ] && agent_runs; } || return 0
	grep -qxF 'agent_service restart' "$work/undo" || undo 'agent_service restart'
}

place_files() {
	undo_with_restart
	# What the agent's launcher makes.
	[ -d /var/cache/picket-agent ] || undo 'rm -rf /var/cache/picket-agent'
	place 644 "$work/picket-agent.cjs" $libdir/picket-agent.cjs
	launcher >"$work/launcher" && place 755 "$work/launcher" /usr/bin/picket-agent
	if [ $init = openrc ]; then
		openrc_service >"$work/service" && place 755 "$work/service" /etc/init.d/picket-agent
		# Existing settings belong to the operator.
		[ -e /etc/conf.d/picket-agent ] || {
			openrc_settings >"$work/settings" && place 644 "$work/settings" /etc/conf.d/picket-agent
		}
	else
		systemd_service >"$work/service" && place 644 "$work/service" /etc/systemd/system/picket-agent.service
		[ "$dry" = yes ] || systemctl daemon-reload
	fi
	place_policy
}

# ---- the agent

fetch_agent() {
	url=$coordinator/install/picket-agent.cjs
	# Any server may answer: only the hash counts.
	wget -q -O "$work/picket-agent.cjs" --no-check-certificate "$url" ||
		fail "the agent could not be fetched from $url" 'Check the network and the coordinator, then paste the install command again.'
	echo "$agent_sha256  $work/picket-agent.cjs" | sha256sum -c - >/dev/null 2>&1 ||
		fail "$url did not return the agent that this install command was made for" \
			"$stale_hint"
}

stale_hint='The coordinator may have been upgraded since then: print a new install command with "picket token create" or "picket installer".'

# The fetched agent, before it is installed.
fetched_agent() { "$(node_program)" "$work/picket-agent.cjs" "$@"; }

# ---- the Node.js that the coordinator hands out

# Sets what the coordinator hands out for this machine. Its binary needs glibc, which Debian has.
find_handed_out() {
	handed_out=none
	case $system-$architecture in
		debian-amd64) handed_out=$node_amd64 ;;
		debian-arm64) handed_out=$node_arm64 ;;
	esac
	[ "$handed_out" != none ] || return 0
	handed_out_version=${handed_out%%:*}
	handed_out_sha256=${handed_out##*:}
	handed_out_bytes=${handed_out#*:}
	handed_out_bytes=${handed_out_bytes%:*}
	handed_out_mb=$(((handed_out_bytes + 500000) / 1000000))
}

hands_out_node() { [ "$handed_out" != none ]; }

# Succeeds if this script has put it there. The package picket-node has its own.
is_handed_out() { [ -e $nodedir ] && ! is_installed picket-node; }

# Takes the Node.js that the coordinator hands out, if $takes_node says so or an earlier run has taken another one.
take_node() {
	if [ "$takes_node" = no ]; then
		{ hands_out_node && is_handed_out; } || return 0
		[ "$(cat $nodedir/archive 2>/dev/null)" != "$handed_out_sha256" ] || return 0
	fi
	may "download Node.js $handed_out_version from the coordinator ($handed_out_mb MB) to $nodedir" || return 0
	# The archive, the program beside the earlier one, and as much again for the system.
	room_mb=$(df -Pk /usr/lib | awk 'NR == 2 { print int($4 * 1024 / 1000000) }')
	[ "${room_mb:-0}" -ge $((handed_out_mb * 5)) ] ||
		fail "the disk of /usr/lib has ${room_mb:-0} MB free, and Node.js needs $((handed_out_mb * 5)) MB until it is unpacked" 'Free space on it (df -h), then paste the install command again.'
	say "Downloading Node.js $handed_out_version ($handed_out_mb MB) …"
	undo_with_restart
	for folder in $libdir $nodedir $nodedir/bin; do
		[ -d "$folder" ] || {
			undo "rmdir $folder"
			mkdir "$folder" || fail "$folder cannot be made" "$disk_hint"
		}
	done
	# Not below /tmp, which may be in memory.
	archive=$nodedir/archive.tgz
	undo "rm -f $archive $nodedir/*.new $nodedir/bin/node.new"
	url=$coordinator/install/node/$architecture
	# The coordinator ends long connections of strangers: wget goes on from there.
	wget -q -O $archive --tries=50 --timeout=60 --retry-on-http-error=429 --no-check-certificate "$url" ||
		fail "Node.js could not be fetched from $url" 'Check the network and the coordinator, then paste the install command again.'
	echo "$handed_out_sha256  $archive" | sha256sum -c - >/dev/null 2>&1 ||
		fail "$url did not return the Node.js that this install command was made for" "$stale_hint"
	{ tar -xzOf $archive package/bin/node >$nodedir/bin/node.new && tar -xzOf $archive package/LICENSE >$nodedir/LICENSE.new; } ||
		fail "$archive cannot be unpacked" "$disk_hint"
	echo "$handed_out_sha256" >$nodedir/archive.new
	chmod 755 $nodedir/bin/node.new
	[ "$($nodedir/bin/node.new --version 2>"$work/node.log")" = "v$handed_out_version" ] || {
		head -n 3 "$work/node.log" >&2
		fail "Node.js $handed_out_version does not run on this system" 'It needs glibc 2.28 and libstdc++6, as Debian 10 and later have. Upgrade the system, or install Node.js 22.19 or later by other means.'
	}
	# Each file is renamed when it is whole (R9), and the hash last: a power cut leaves the earlier program or this one, and
	# the next run of this script knows which.
	for file in LICENSE bin/node archive; do
		if [ -e $nodedir/$file ]; then
			ln -f $nodedir/$file $nodedir/$file.former || fail "$nodedir cannot be written" "$disk_hint"
			undo "mv -f $nodedir/$file.former $nodedir/$file"
		else
			undo "rm -f $nodedir/$file"
		fi
		{ sync -f $nodedir/$file.new && mv -f $nodedir/$file.new $nodedir/$file; } || fail "$nodedir cannot be written" "$disk_hint"
	done
	rm -f $archive
	changed="$changed $nodedir/bin/node"
	did "downloaded Node.js $handed_out_version to $nodedir"
}

# Once nothing is undone any more.
drop_former_node() { rm -f $nodedir/*.former $nodedir/bin/*.former; }

# ---- packages

# Succeeds if the package manager has installed it. The script installs, and later removes, only what is missing.
is_installed() {
	if [ "$system" = alpine ]; then
		apk info -e "$1"
	else
		dpkg-query -W -f='${Status}' "$1" | grep -q ' installed$'
	fi >/dev/null 2>&1
}

# want PACKAGE...: adds those that are not installed to $missing.
want() {
	for package; do is_installed "$package" || missing="$missing $package"; done
}

missing_packages() {
	missing='' takes_node=no upgrades_node=no
	if node_fits; then
		:
	elif [ $system = alpine ] && is_installed nodejs; then
		upgrades_node=yes
	elif [ $system = alpine ] || { ! have node && ! is_installed nodejs; }; then
		want nodejs
	elif hands_out_node; then
		# apt is not asked: the system keeps its own.
		takes_node=yes
	else
		fail_without_node "the Node.js of this system is $(node_found), and the agent needs 22.19 or later"
	fi
	if [ $system = alpine ]; then
		takes_package && { have etcd || want etcd; }
		takes_package && { have etcdctl || want etcd-ctl; }
		if needs_time_sync; then want chrony; fi
	else
		takes_package && { have etcd || want etcd-server; }
		takes_package && { have etcdctl || want etcd-client; }
		if needs_time_sync; then want systemd-timesyncd; fi
	fi
	missing=${missing# }
}

# fail_without_node WHAT-IS-WRONG
fail_without_node() {
	fail "$1" 'On Alpine, upgrade to a release with Node.js 22.19 or later: 3.22 or later has it. On Debian, either let the coordinator hand one out (the files node-linux-*.tgz beside its install.sh, which "npm run build" fetches), or install Node.js 22.19 or later by other means. Then paste the install command again.'
}

# The community repository of the configured mirror and branch, and never edge.
add_community() {
	# Each as a line of its own, or, for apk 3, in one line: URL main community.
	grep -Eq '^[^#@]*(/community/?[[:space:]]*$|[[:space:]]community([[:space:]]|$))' /etc/apk/repositories 2>/dev/null && return 0
	community=$(sed -nE 's,^([^#@[:space:]]*/(v[0-9]+\.[0-9]+|latest-stable))(/main/*|[[:space:]]+main([[:space:]].*)?)[[:space:]]*$,\1/community,p' \
		/etc/apk/repositories 2>/dev/null | head -n 1)
	[ -n "$community" ] || fail '/etc/apk/repositories names no release of Alpine to install etcd from' \
		'Add the main and community repositories of your release there (setup-apkrepos does that), or install nodejs, etcd and etcd-ctl yourself. Then paste the install command again.'
	may "add $community to /etc/apk/repositories" || return 0
	cp -p /etc/apk/repositories "$work/repositories" || fail '/etc/apk/repositories cannot be read' "$disk_hint"
	note_added repository "$community"
	undo "restore $work/repositories /etc/apk/repositories"
	{
		cat /etc/apk/repositories
		# A last line without a newline would run into the new one.
		[ -z "$(tail -c 1 /etc/apk/repositories)" ] || echo
		printf '%s\n' "$community"
	} >/etc/apk/repositories.new
	{ sync -f /etc/apk/repositories.new && mv -f /etc/apk/repositories.new /etc/apk/repositories; } ||
		fail '/etc/apk/repositories cannot be written' "$disk_hint"
	did "added $community to /etc/apk/repositories"
}

install_packages() {
	# A power cut may have interrupted dpkg.
	if [ $system = debian ] && [ -e "$keepdir/added" ] && [ "$dry" = no ]; then dpkg --configure -a >/dev/null 2>&1; fi
	missing_packages
	if [ $upgrades_node = yes ]; then upgrade_nodejs; fi
	[ -n "$missing" ] || return 0
	if [ $system = alpine ]; then
		add_community
		additions=$missing
	else
		plan_debian
		[ -n "$missing" ] || return 0
	fi
	may "install $missing" || return 0
	say "Installing $missing …"
	for package in $additions; do note_added package "$package"; done
	if [ $system = alpine ]; then
		set_early_clock
		undo "take_back $missing"
		# shellcheck disable=SC2086 # one word a package
		apk --wait 300 add --update-cache $missing >"$work/packages.log" 2>&1 || all_installed $missing || package_failure
	else
		install_debian
	fi
	[ $takes_node = yes ] || node_fits || fail_without_node "the Node.js of this system is $(node_found), and the agent needs 22.19 or later"
	did "installed $missing"
}

# Alpine 3.22 began with Node.js 22.16, and has had a newer one since.
upgrade_nodejs() {
	add_community
	may 'upgrade the package nodejs' || return 0
	grep -qxF nodejs /etc/apk/world 2>/dev/null || {
		note_added package nodejs
		undo 'forget_packages nodejs'
	}
	say 'Upgrading nodejs …'
	set_early_clock
	earlier=$(node_found)
	apk --wait 300 add -U -u nodejs >"$work/packages.log" 2>&1 || node_fits || {
		missing=nodejs
		package_failure
	}
	node_fits || fail_without_node "the newest Node.js of this system is $(node_found), and the agent needs 22.19 or later"
	did "upgraded nodejs from $earlier to $(node_found)"
}

# apk fails after a complete installation if another package is broken: only a missing one counts.
all_installed() {
	for package; do is_installed "$package" || return 1; done
	complain '! apk installed all, and reported an error of another package:'
	package_output
}

# The cause comes first in the output of apk, and last in that of apt.
package_output() {
	if [ $system = alpine ]; then
		grep -v -e '^fetch ' -e '^([0-9]' "$work/packages.log" | head -n 12
	else
		tail -n 5 "$work/packages.log"
	fi >&2
}

package_failure() {
	package_output
	remedy='check that its mirror can be reached'
	if is_early; then remedy="set the clock of this machine, which says $(clock): date -u -s 'YYYY-MM-DD hh:mm'"; fi
	fail "$missing could not be installed" "Read the output of the package manager above, and $remedy. Then paste the install command again."
}

# forget_packages PACKAGE...: takes these out of apk's world. If apk does not know one of the names, it fails and removes none.
forget_packages() {
	in_world=
	for package; do ! grep -qxF "$package" /etc/apk/world || in_world="$in_world $package"; done
	# shellcheck disable=SC2086 # one word a package
	[ -z "$in_world" ] || apk --wait 300 del $in_world
	for package; do ! grep -qxF "$package" /etc/apk/world || return 1; done
}

# take_back PACKAGE...: removes these, which this run has installed.
take_back() {
	forget_packages "$@"
	for package; do ! is_installed "$package" || return 1; done
}

# A new system may be running its automatic upgrade.
apt_install() { apt-get -o DPkg::Lock::Timeout=300 install -y --no-remove --no-install-recommends "$@"; }

# Checks that apt can install the packages, and which ones it adds, including dependencies. Changes nothing yet.
plan_debian() {
	export DEBIAN_FRONTEND=noninteractive
	[ "$dry" = yes ] || apt-get update >"$work/packages.log" 2>&1 || package_failure
	case " $missing " in *' nodejs '*)
		offered=$(apt-cache policy nodejs | sed -n 's/^ *Candidate: *\([^(]\)/\1/p')
		# A dry run uses the present package lists; a new system may have none.
		if [ -n "$offered" ] || [ "$dry" = no ]; then
			dpkg --compare-versions "${offered:-0}" ge 22.19 || {
				hands_out_node || fail_without_node "Debian offers Node.js ${offered:-not at all} here, and the agent needs 22.19 or later"
				takes_node=yes
				missing=$(printf ' %s ' "$missing" | sed 's/ nodejs / /; s/^ *//; s/ *$//')
			}
		elif hands_out_node; then
			say "If apt has no Node.js 22.19 or later, it is downloaded from the coordinator instead ($handed_out_mb MB)."
		fi
		;;
	esac
	{ [ "$dry" = no ] && [ -n "$missing" ]; } || return 0
	# shellcheck disable=SC2086 # one word a package
	apt_install --simulate $missing >"$work/packages.log" 2>&1 || package_failure
	# With the installed version in brackets, it is an upgrade.
	additions=$(sed -n 's/^Inst \([^ ]*\) (.*/\1/p' "$work/packages.log" | tr '\n' ' ')
}

mask=/etc/systemd/system/etcd.service

# Debian starts the service of etcd's package during the installation; a mask prevents that.
install_debian() {
	case " $missing " in *' etcd-server '*)
		[ -e "$mask" ] || [ -L "$mask" ] || {
			note_added mask "$mask"
			undo "rm -f $mask"
			{ ln -s /dev/null "$mask" && sync -f "${mask%/*}"; } || fail "$mask cannot be written" "$disk_hint"
		}
		;;
	esac
	undo "dpkg --purge $additions"
	# shellcheck disable=SC2086 # one word a package
	apt_install $missing >"$work/packages.log" 2>&1 || package_failure
}

# Made by this run, or by an earlier one that a power cut ended.
is_our_mask() { { grep -qxF "mask $mask" "$keepdir/added" && [ "$(readlink "$mask")" = /dev/null ]; } 2>/dev/null; }

unmask_etcd() {
	{ [ "$dry" = no ] && is_our_mask && ! has_joined; } || return 0
	# Remove the link first: without the mask, the next boot would start the package's own service.
	rm -f /etc/systemd/system/*.wants/etcd.service "$mask"
	[ $init = openrc ] || systemctl daemon-reload
}

# Makes etcd's user if no package has made it.
ensure_user() {
	is_client && return 0
	if grep -q '^etcd:' /etc/passwd; then
		ensure_group
		return
	fi
	may 'make the user etcd' || return 0
	note_added user etcd
	if have useradd; then
		undo 'userdel etcd'
		useradd --system --user-group --home-dir /var/lib/etcd --no-create-home --shell /usr/sbin/nologin etcd
	else
		undo 'deluser etcd'
		grep -q '^etcd:' /etc/group || addgroup -S etcd
		adduser -S -D -H -h /var/lib/etcd -s /sbin/nologin -G etcd -g etcd etcd
	fi >/dev/null 2>&1 || fail 'the user etcd could not be made' 'Make it yourself, without a login shell, and paste the install command again.'
	did 'made the user etcd'
}

# A power cut can leave a new user without its group, and OpenRC starts nothing as such a user. This repair is not undone
# with the rest.
ensure_group() {
	gid=$(sed -n 's/^etcd:[^:]*:[^:]*:\([0-9][0-9]*\):.*/\1/p' /etc/passwd)
	{ [ -z "$gid" ] || cut -d: -f3 /etc/group | grep -qxF "$gid"; } && return 0
	may 'make the group of the user etcd' || return 0
	if have groupadd; then
		groupadd --system --gid "$gid" etcd
	else
		addgroup -S -g "$gid" etcd
	fi >/dev/null 2>&1 || fail "the user etcd has the group $gid, which is not in /etc/group and could not be made" \
		"Make it yourself (addgroup -S -g $gid etcd), or give the user another, and paste the install command again."
	did 'made the group of the user etcd'
}

# ---- time

time_services='chronyd ntpd openntpd ntpsec ntpd-rs systemd-timesyncd chrony'

# Succeeds if nothing sets this machine's clock.
needs_time_sync() {
	for service in $time_services; do
		for link in /etc/runlevels/*/"$service" /etc/systemd/system/*.wants/"$service".service; do
			if [ -e "$link" ] || [ -L "$link" ]; then return 1; fi
		done
	done
	return 0
}

has_clock() {
	for device in /dev/rtc /dev/rtc[0-9]*; do
		[ -e "$device" ] && return 0
	done
	return 1
}

clock() { date -u '+%Y-%m-%d %H:%M:%SZ'; }

# Succeeds if this clock cannot be right.
is_early() { [ "$(date -u +%Y)" -lt 2025 ]; }

# A clock without a battery starts in 1970. apk then refuses the certificate of an https mirror, so it could not install
# chrony. The ntpd of busybox asks the time servers that chrony would ask.
set_early_clock() {
	{ is_early && grep -q '^[^#]*https://' /etc/apk/repositories; } || return 0
	say "Setting the clock, which says $(clock) …"
	timeout 30 ntpd -n -q -p pool.ntp.org >/dev/null 2>&1
	if is_early; then complain '! the clock could not be set: no time server answered within 30 s'; fi
}

# A board without a battery starts in 1970: it cannot judge certificates until its time is set (R14).
keep_time() {
	if needs_time_sync; then
		if [ $system = alpine ]; then at_boot chronyd default; else at_boot systemd-timesyncd; fi
	fi
	if [ $init = openrc ] && ! has_clock && [ -e /etc/init.d/swclock ]; then at_boot swclock boot; fi
}

# at_boot SERVICE [RUNLEVEL]: starts a service now and at each boot.
at_boot() {
	if [ $init = openrc ]; then
		[ -e "/etc/runlevels/$2/$1" ] && return 0
		[ -e "/etc/init.d/$1" ] || [ "$dry" = yes ] || return 0
		may "start $1 at boot" || return 0
		note_added runlevel "$1 $2"
		undo "rc-update -q del $1 $2 || :"
		rc-update -q add "$1" "$2" || {
			complain "! $1 could not be added to the runlevel $2: nothing sets the clock of this machine"
			return 0
		}
		# Does not wait for it: a machine without a time server can run a member all the same.
		rc-service --ifstopped "$1" start >/dev/null 2>&1 || complain "! $1 did not start; the next boot starts it"
	else
		may "start $1 at boot" || return 0
		note_added unit "$1"
		undo "systemctl disable --now $1"
		systemctl enable --now "$1" >/dev/null 2>&1 || complain "! $1 did not start"
	fi
	did "started $1, now and at boot"
}

# ---- services of the agent

agent_service() {
	if [ $init = openrc ]; then
		rc-service --ifexists picket-agent "$1"
	else
		systemctl "$1" picket-agent
	fi >"$work/service.log" 2>&1 || {
		tail -n 5 "$work/service.log" >&2
		return 1
	}
}

start_agent() {
	link=/etc/runlevels/default/picket-agent
	[ $init = systemd ] && link=/etc/systemd/system/multi-user.target.wants/picket-agent.service
	if [ ! -e "$link" ]; then
		may 'start the agent now and at boot' || return 0
		undo "rm -f $link"
		if [ $init = openrc ]; then rc-update add picket-agent default; else systemctl enable picket-agent; fi >/dev/null 2>&1 ||
			fail 'the service of the agent could not be enabled' "$disk_hint"
	fi
	if agent_runs; then
		[ -n "$changed" ] || return 0
		may 'restart the agent' || return 0
		agent_service restart || fail 'the agent did not restart' 'Its log is /var/log/picket/agent.log, or journalctl -u picket-agent.'
		did 'restarted the agent; etcd was not touched'
	else
		may 'start the agent' || return 0
		undo 'agent_service stop'
		agent_service start || fail 'the agent did not start' 'Its log is /var/log/picket/agent.log, or journalctl -u picket-agent.'
		did 'started the agent, now and at boot'
	fi
}

agent_runs() {
	if [ $init = openrc ]; then rc-service -q picket-agent status; else systemctl -q is-active picket-agent; fi >/dev/null 2>&1
}

# ---- joining

take_join_string() {
	join_string=${PICKET_JOIN:-}
	# No program that this script starts, services included, gets it in its environment (R11).
	unset PICKET_JOIN
	{ [ -n "$join_string" ] || has_joined || [ "$dry" = yes ]; } && return 0
	if [ -t 0 ]; then
		printf 'Join string (not shown): '
		stty -echo
		IFS= read -r join_string
		stty echo
		echo
	else
		IFS= read -r join_string
	fi
	[ -n "$join_string" ] || fail 'the join string is missing' 'Paste the whole line that "picket token create" printed. Nothing was touched.'
}

check_join_string() {
	case $join_string in
		'' | pkt1.*."$pin") ;;
		pkt1.*.*.*) fail 'the join string is from another coordinator' "Print one with picket token create at $coordinator. Nothing was touched." ;;
		*) fail 'the join string cannot be read' 'Paste the whole line that "picket token create" printed. Nothing was touched.' ;;
	esac
}

# What this node is, from its status: "NAME (ADDRESS)" or "the client NAME".
own_role() {
	picket-agent status | sed -n '/^MEMBER ID/d; /^CLIENT CERT/d; s/^MEMBER *//p; s/^CLIENT *\([^,]*\).*/the client \1/p'
}

# R4: a member that operators have removed stops etcd and puts its data away before its machine joins again. An evicted node
# on which no etcd has run is free as soon as its agent has removed its identity.
refuse_ended() {
	{ has_joined && have picket-agent; } || return 0
	ended=$(picket-agent status --output json 2>/dev/null | sed -n 's/^ *"ended": "\([a-z-]*\)".*/\1/p')
	[ -n "$ended" ] || return 0
	say "This machine is not free yet: it is still $(own_role)."
	picket-agent status | grep -E '^(WAITS FOR|NOTE|LEFT TO DO)' || :
	case $ended in
		removed | let-go) found='operators have removed this member, and its agent is not done with that' ;;
		leaving) found='its node is evicted, and its agent is not done with that' ;;
		*) fail 'its node is evicted' 'Follow the note above. Nothing was changed.' ;;
	esac
	if agent_runs; then advice=; else advice='The agent does not run: start its service, "picket-agent". '; fi
	fail "$found" "${advice}Paste the install command again once \"picket-agent status\" says FREE. Nothing was changed."
}

# A join that may have reached the coordinator keeps its key: with the key the same install command works again, without it the
# string is used up.
join() {
	if has_joined; then
		# With the domain of the cluster it is the same name.
		short=$(printf '%s' "${name%%.*}" | tr '[:upper:]' '[:lower:]')
		if [ -n "$name" ] && ! grep -qF "\"name\": \"$short\"" "$statedir/node.json"; then
			fail 'this machine has joined under another name' "It is $(own_role). Omit --name to keep that."
		fi
		say "✓ this machine is already $(own_role)"
		return 0
	fi
	may "ask the coordinator to join ${name:+as $name }${address:+as the member at $address }at $coordinator" || return 0
	as_client=
	if is_client; then as_client=--client; fi
	if printf '%s\n' "$join_string" | picket-agent join $as_client --coordinator "$coordinator" ${name:+--name "$name"} ${address:+--address "$address"} >"$work/join.log"; then
		# This script takes the next step.
		sed '/^Next: /d' "$work/join.log"
		# A machine that has joined stays a node: nothing is undone any longer.
		: >"$work/undo"
		did "joined $coordinator"
		return 0
	fi
	if [ -e "$statedir/identity.key" ]; then complain "The key is kept in $statedir, so that the same install command works again."; fi
	fail 'this machine could not join' 'Follow the hint above, then paste the install command again, or a new one.'
}

await_node() {
	[ "$dry" = yes ] && return 0
	# From here on nothing is undone: the agent continues, whether or not anybody waits.
	: >"$work/undo"
	drop_former_node
	if is_client; then say 'Waiting for the client …'; else say 'Waiting for the member …'; fi
	picket-agent wait && return 0
	if is_client; then
		complain 'Picket is installed, but its client is not ready yet.'
	else
		complain 'Picket is installed, but its member is not ready yet.'
	fi
	exit 1
}

keep_script() {
	[ "$dry" = yes ] && return 0
	cmp -s "$0" "$keepdir/install.sh" && return 0
	{
		mkdir -p "$keepdir" && chmod 700 "$keepdir" && cp "$0" "$keepdir/install.sh.new" &&
			mv -f "$keepdir/install.sh.new" "$keepdir/install.sh"
	} || complain "! $keepdir/install.sh could not be written"
}

# Lets the fetched agent check this machine before anything of it is installed.
look_closer() {
	# For a client node, the join does all checks.
	{ has_joined || is_client; } && return 0
	if [ "$dry" = yes ] && { ! node_fits || { takes_package && ! have etcd; }; }; then
		say 'The agent will check more once what is missing is installed.'
		return 0
	fi
	tries=0
	until fetched_agent preflight >"$work/preflight.log" 2>&1; do
		tries=$((tries + 1))
		# Time sync may have started only a moment ago.
		if [ $tries -gt 24 ] || [ "$(grep -c '^✗' "$work/preflight.log")" != 1 ] || ! grep -q '^✗ clock' "$work/preflight.log"; then
			cat "$work/preflight.log" >&2
			fail 'this machine cannot join' 'Follow the hints above, then paste the install command again.'
		fi
		[ $tries -gt 1 ] || say "Waiting for time sync (this clock says $(clock)) …"
		sleep 5
	done
}

install_node() {
	find_init
	refuse_foreign_etcd
	take_join_string
	check_join_string
	refuse_ended
	fetch_agent
	install_packages
	take_node
	unmask_etcd
	ensure_user
	keep_time
	look_closer
	place_files
	[ -z "$changed" ] || [ "$dry" = yes ] || did "wrote$changed"
	join
	keep_script
	start_agent
	sync -f / /etc /usr /var
	await_node
	summary
}

summary() {
	[ "$dry" = yes ] && {
		say 'Nothing was changed.'
		return 0
	}
	if [ -s "$work/done" ]; then
		say
		say 'Done:'
		sed 's/^/  - /' "$work/done"
	else
		say 'Everything was installed already; nothing was changed.'
	fi
	say "To remove the agent: sh $keepdir/install.sh --uninstall"
}

# ---- upgrade

upgrade_node() {
	find_init
	{ has_joined && [ -e $libdir/picket-agent.cjs ]; } || fail 'this machine has no agent to upgrade' 'Paste a line of "picket token create" to install it. Nothing was touched.'
	takes_node=no
	node_fits || {
		if [ $system = alpine ] && is_installed nodejs; then
			upgrade_nodejs
		else
			hands_out_node || fail_without_node "the agent needs Node.js 22.19 or later, and that of this machine is $(node_found)"
			takes_node=yes
		fi
	}
	old=$(picket-agent --version 2>/dev/null)
	: "${old:=of unknown version}"
	fetch_agent
	take_node
	new=$(fetched_agent --version) || fail 'the new agent does not run on this machine' 'Nothing was touched. Please report this as a bug.'
	place_files
	if [ -z "$changed" ]; then
		say "✓ the agent is already version $old; nothing was changed"
		return 0
	fi
	case $dry$changed in no*picket-agent.cjs*) did "replaced the agent $old by $new" ;; esac
	keep_script
	start_agent
	await_node
	summary
}

# ---- removal

remove_agent() {
	if agent_runs; then
		may 'stop the agent' && { agent_service stop || complain '! the agent did not stop'; }
	fi
	if [ $init = openrc ]; then
		may 'disable the service of the agent' && rc-update -q del picket-agent default >/dev/null 2>&1
	else
		may 'disable the service of the agent' && systemctl -q disable picket-agent >/dev/null 2>&1
	fi
	# Not the whole folder: a coordinator on the same machine has its programs there.
	# Nor its Node.js, if another program of Picket runs with it.
	handed=
	if is_handed_out && [ ! -e /usr/bin/picket-coordinator ] && [ ! -e /usr/bin/picket ]; then handed=$nodedir; fi
	for file in $handed $libdir/picket-agent.cjs /usr/bin/picket-agent /etc/init.d/picket-agent /etc/conf.d/picket-agent \
		/etc/systemd/system/picket-agent.service /var/log/picket /run/picket /var/cache/picket-agent; do
		remove_file "$file"
	done
	[ "$dry" = yes ] || rmdir $libdir 2>/dev/null
	[ $init = systemd ] && [ "$dry" = no ] && systemctl daemon-reload
	return 0
}

uninstall_node() {
	find_init
	if [ ! -e /usr/bin/picket-agent ] && [ ! -e $libdir/picket-agent.cjs ]; then
		say '✓ this machine has no agent; nothing was changed'
		return 0
	fi
	ends=$(picket-agent status 2>/dev/null | grep ' CERT  *until ')
	keep_script
	remove_agent
	[ "$dry" = yes ] && {
		say 'Nothing was changed.'
		return 0
	}
	forget_overlay
	if is_client; then
		say "✓ the agent is removed; the client's files stay, and nothing renews them now:"
		say "$ends" | sed 's/^/  /'
		say "  The identity is in $statedir, the certificates are in $etcdir."
		say "To remove these files too: sh $keepdir/install.sh --purge"
	else
		say '✓ the agent is removed; etcd keeps running with its files, and nothing renews its certificates now:'
		say "$ends" | sed 's/^/  /'
		say "  Its data is in $statedir, its configuration and certificates are in $etcdir."
		say "To remove etcd too: sh $keepdir/install.sh --purge"
	fi
}

confirm_purge() {
	[ "$yes" = yes ] || [ "$dry" = yes ] && return 0
	[ -t 0 ] || fail '--purge destroys data and asks first, but there is no terminal' 'To purge without the question, add --yes. Nothing was touched.'
	if is_client; then
		printf 'This removes the identity and the certificates of this client. Type "purge" to continue: '
	else
		printf 'This stops etcd on this machine and destroys its data in %s. Type "purge" to continue: ' "$statedir"
	fi
	IFS= read -r answer
	[ "$answer" = purge ] || fail 'not confirmed' 'Nothing was touched.'
}

is_ours() { head -n 2 "$1" 2>/dev/null | grep -q '^#.*Written by Picket'; }

purge_node() {
	find_init
	# Asked before the files that show it are removed.
	left=
	if is_client && has_joined; then
		left=' The coordinator still lists this client: evict it with picket node evict.'
	elif has_joined; then
		left=' The coordinator still lists this member, and its cluster counts it as down.'
	fi
	confirm_purge
	remove_agent
	added=$(cat "$keepdir/added" 2>/dev/null)
	if [ $init = openrc ]; then
		if is_ours /etc/init.d/etcd; then
			may 'stop etcd' && {
				rc-service etcd stop >/dev/null 2>&1
				rc-update -q del etcd default >/dev/null 2>&1
				etcd_has_ended
			}
			remove_ours /etc/init.d/etcd
			remove_ours /etc/conf.d/etcd
		fi
	elif is_ours /etc/systemd/system/etcd.service; then
		may 'stop etcd' && {
			systemctl disable --now etcd >/dev/null 2>&1
			etcd_has_ended
		}
		remove_ours /etc/systemd/system/etcd.service
		[ "$dry" = yes ] || systemctl daemon-reload
	elif is_our_mask; then
		remove_file "$mask"
		[ "$dry" = yes ] || systemctl daemon-reload
	fi
	if is_client; then
		for file in ca.pem client.pem client-key.pem; do remove_file "$etcdir/$file"; done
	elif has_joined || is_ours "$etcdir/conf.yml"; then
		for file in ca.pem peer-ca.pem server.pem peer.pem client.pem client-key.pem crl.der; do remove_file "$etcdir/$file"; done
		remove_ours "$etcdir/conf.yml"
		remove_file /var/log/etcd
	elif [ -e "$statedir/former/left.json" ]; then
		# The agent has removed the files of the former member.
		remove_file /var/log/etcd
	fi
	remove_ours /etc/profile.d/etcdctl.sh
	remove_ours $policy
	put_back
	# The installer's own notes last, so that an interrupted purge can be repeated.
	for file in "$statedir"/* "$statedir"/.[!.]*; do
		[ "$file" = "$keepdir" ] || remove_file "$file"
	done
	[ -z "$stuck" ] || fail "not removed:$stuck" \
		'The lines above say why. Remove it by hand with rm -r; on Alpine, first: apk add coreutils (the rm of busybox could be led elsewhere by the owner of a folder). Then run this again. The packages and users that the install command added are still there.'
	take_off_added
	remove_file "$statedir"
	# After the folders that it names.
	remove_file "$settings"
	# Only if empty: this machine may have a coordinator too.
	[ "$dry" = yes ] || rmdir /etc/picket "$etcdir" 2>/dev/null
	forget_overlay
	[ "$dry" = yes ] && {
		say 'Nothing was changed.'
		return 0
	}
	[ -n "$added" ] || say '  The record of what the install command installed is missing: packages and services stay as they are.'
	say "✓ nothing of Picket is left on this machine.$left"
}

# The files of a running etcd are never removed.
etcd_has_ended() {
	for pid in $(pidof etcd); do
		tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "--config-file=$etcdir/conf.yml" || continue
		fail "etcd does not stop (pid $pid)" 'Stop it, then run this again. The agent is removed; etcd and its data were not touched.'
	done
}

remove_file() {
	[ -e "$1" ] || [ -L "$1" ] || return 0
	may "remove $1" || return 0
	remove_tree "$1" && return 0
	complain "! $1 could not be removed"
	stuck="$stuck $1"
}

# remove_tree PATH: as rm -rf, and nobody whose folder is in it can lead root elsewhere by a link. The rm of coreutils
# walks along open folders. That of busybox walks by path, so here it works only in folders of root's, and a folder of
# another user is emptied with the rights of that user.
remove_tree() {
	if rm --version 2>/dev/null | grep -q GNU; then
		rm -rf "$1"
		return
	fi
	if ! is_folder_of_root "${1%/*}"; then
		rm -f "$1"
		return
	fi
	# A folder is closed to others before find looks into it.
	find "$1" -type d ! -user 0 -prune -o -type d -exec chmod go-w {} \;
	find "$1" -type d ! -user 0 -prune | while IFS= read -r folder; do
		chmod u+rwx "$folder" && empty_as_owner "$folder" </dev/null
		rmdir "$folder"
	done
	[ -z "$(find "$1" -type d ! -user 0 -prune)" ] && rm -rf "$1"
}

# Succeeds if only root can change names in it.
is_folder_of_root() { [ -n "$(find "$1" -maxdepth 0 -user 0 ! -perm -020 ! -perm -002 2>/dev/null)" ]; }

# empty_as_owner FOLDER: the user need not exist any more if there is a Node.js.
empty_as_owner() {
	empty_here='find . -type d ! -perm -700 -exec chmod u+rwx {} \;; exec find . ! -name . -prune -exec rm -rf {} +'
	uid=$(stat -c %u "$1")
	# shellcheck disable=SC2016 # JavaScript
	have node && node -e '
		const [folder, uid, gid, command] = process.argv.slice(1);
		process.chdir(folder);
		process.setgroups([]);
		process.setgid(Number(gid));
		process.setuid(Number(uid));
		require("node:child_process").spawnSync("/bin/sh", ["-c", command], { stdio: "inherit" });
	' "$1" "$uid" "$(stat -c %g "$1")" "$empty_here" && return 0
	user=$(sed -n "s/^\([^:]*\):[^:]*:$uid:.*/\1/p" /etc/passwd | head -n 1)
	[ -n "$user" ] && (cd "$1" && exec su -s /bin/sh -c "$empty_here" "$user")
}

# When apk upgrades a package, it puts the package's own file beside ours.
remove_ours() {
	is_ours "$1" || return 0
	remove_file "$1.apk-new"
	remove_file "$1"
}

# Restores the files that Picket had replaced, unless their package is removed as well.
put_back() {
	for path in /etc/init.d/etcd /etc/conf.d/etcd /etc/systemd/system/etcd.service /etc/etcd/conf.yml; do
		kept=$statedir/replaced/$(printf '%s' "${path#/}" | tr / -)
		[ -e "$kept" ] || continue
		[ -e "$path" ] && continue
		case $added in *'package etcd'*) continue ;; esac
		may "put $path back as it was before Picket" || continue
		mkdir -p "${path%/*}"
		is_folder_of_root "${path%/*}" || fail "$path is not put back as it was before Picket: users other than root can write in ${path%/*}" \
			"Run: chown root:root ${path%/*} && chmod go-w ${path%/*}. Then run this again. The file is still in $kept."
		# A link that leads to nothing: cp would follow it.
		rm -f "$path"
		cp "$kept" "$path"
		case $path in /etc/init.d/*) chmod 755 "$path" ;; *) chmod 644 "$path" ;; esac
	done
}

# On a diskless Alpine, the next boot would restore what was removed.
forget_overlay() {
	{ [ "$dry" = no ] && have lbu && [ "$(stat -f -c %T /)" = tmpfs ]; } || return 0
	for file in /etc/init.d/etcd /etc/init.d/picket-agent $libdir /usr/bin/picket-agent; do
		[ -e "$file" ] || lbu include -r "$file" >/dev/null 2>&1
	done
	lbu commit >/dev/null 2>&1 || complain '! this system is in memory, and lbu commit failed: run it, or the next boot restores what was removed'
}

# remove_packages PACKAGE...
remove_packages() {
	gone=
	for package; do
		# A coordinator on the same machine needs it too.
		if [ "$package" = nodejs ] && [ -e /usr/bin/picket-coordinator ]; then continue; fi
		# apk removes nothing if it does not know one of the names.
		[ $system = debian ] || is_installed "$package" || continue
		may "remove the package $package" && gone="$gone $package"
	done
	[ -n "$gone" ] || return 0
	# All at once, as some need others. dpkg, unlike apt, keeps a package that another one needs.
	# shellcheck disable=SC2086 # one word a package
	if [ $system = alpine ]; then apk --wait 300 del $gone; else dpkg --purge $gone; fi >/dev/null 2>&1
	for package in $gone; do
		if is_installed "$package"; then complain "! $package could not be removed"; fi
	done
}

# community_line LINE: the line that this script has added, with the release that it names since the system was upgraded.
community_line() {
	grep -xF "$1" /etc/apk/repositories && return
	mirror=$(printf '%s' "${1%/*/community}" | sed 's/[].[\*^$]/\\&/g')
	grep -x "$mirror/[^/]*/community/*" /etc/apk/repositories | head -n 1 | grep . || printf '%s\n' "$1"
}

take_off_added() {
	# shellcheck disable=SC2046 # one word a package
	remove_packages $(printf '%s\n' "$added" | sed -n 's/^package //p')
	printf '%s\n' "$added" | while read -r kind what more; do
		case $kind in
			repository) may "remove $(community_line "$what") from /etc/apk/repositories" && {
				grep -vxF "$(community_line "$what")" /etc/apk/repositories >"$work/without"
				restore "$work/without" /etc/apk/repositories || complain '! /etc/apk/repositories could not be written'
			} ;;
			user) may "remove the user $what" && { if have userdel; then userdel "$what"; else deluser "$what"; fi >/dev/null 2>&1; } ;;
			runlevel) may "remove $what from the runlevel $more" && rc-update -q del "$what" "$more" >/dev/null 2>&1 ;;
			unit) may "stop $what" && systemctl disable --now "$what" >/dev/null 2>&1 ;;
		esac
	done
}

# ---- start

main() {
	mode=install dry=no yes=no client=no release=no name='' address='' changed='' stuck=''
	while [ $# -gt 0 ]; do
		case $1 in
			--name)
				[ $# -ge 2 ] || wrong_usage '--name needs the name of a member or client'
				name=$2
				shift
				;;
			--name=*) name=${1#*=} ;;
			--address)
				[ $# -ge 2 ] || wrong_usage '--address needs an IP address'
				address=$2
				shift
				;;
			--address=*) address=${1#*=} ;;
			--client) client=yes ;;
			--release) release=yes ;;
			--dry-run) dry=yes ;;
			--yes) yes=yes ;;
			--upgrade | --uninstall | --purge)
				[ "$mode" = install ] || wrong_usage "--$mode and $1 cannot be combined"
				mode=${1#--}
				;;
			--help | -h)
				usage
				return 0
				;;
			# Not repeated: it may be a join string (R11).
			*) wrong_usage 'an argument is not one of the options' ;;
		esac
		shift
	done
	[ "$(id -u)" = 0 ] || {
		complain 'error: this script needs root'
		complain 'hint: Paste the command into a root shell (doas -s, sudo -s, su). Nothing was touched.'
		exit 1
	}
	work=$(mktemp -d /tmp/picket-install.XXXXXX) || exit 1
	: >"$work/undo"
	trap clean_up EXIT
	trap 'stopped' INT TERM HUP
	find_system
	find_folders
	find_handed_out
	case $mode in
		install) install_node ;;
		upgrade) upgrade_node ;;
		uninstall) uninstall_node ;;
		purge) purge_node ;;
	esac
}

stopped() {
	stty echo 2>/dev/null
	complain
	fail 'stopped' 'Paste the install command again to continue.'
}

wrong_usage() {
	complain "error: $1"
	usage >&2
	exit 2
}

main "$@"

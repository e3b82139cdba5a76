#!/bin/sh
# Makes this machine a node of a cluster that Picket keeps: installs what is missing, joins, and waits for the member's
# health. Or upgrades the agent, or takes Picket off again. `--help` tells all; `--dry-run` tells what would be done.
#
# It comes from the coordinator below, and what it fetches from there must have the hash below. POSIX sh, for busybox
# ash and dash alike. All of it is functions, and only the last line starts them: one that was cut off does nothing.
set -u
umask 022
LC_ALL=C
export LC_ALL

coordinator='@@URL@@'
pin='@@PIN@@'
agent_sha256='@@AGENT_SHA256@@'
version='@@VERSION@@'

libdir=/usr/lib/picket
settings=/etc/picket/agent.yml

usage() {
	cat <<-END
		usage: sh install.sh [--client] [--name NAME | --address IP] [--dry-run]
		       sh install.sh --upgrade | --uninstall | --purge [--yes] [--dry-run]

		Makes this machine a node of the Picket coordinator $coordinator. The join string, which
		"picket token create" prints, is taken from PICKET_JOIN, or asked for.

		  --client       be no member: keep a client certificate fresh, for k3s or etcdctl
		  --name NAME    the member or client to be, where the host name is not its name
		  --address IP   the member to be by its address in hosts.csv, instead of by its name
		  --dry-run      tell what would be done, and change nothing
		  --upgrade      replace the agent by version $version; etcd is not touched
		  --uninstall    take the agent off; etcd goes on with its files
		  --purge        take the agent, etcd and its data off
		  --yes          do not ask before --purge
	END
}

# ---- telling

say() { printf '%s\n' "$*"; }
complain() { printf '%s\n' "$*" >&2; }

# fail WHAT-IS-WRONG WHAT-TO-DO: leaves the machine as it was.
fail() {
	complain "error: $1"
	roll_back
	complain "hint: $2"
	exit 1
}

# did WHAT: for the list at the end.
did() {
	say "✓ $1"
	printf '%s\n' "$1" >>"$work/done"
}

# may CHANGE: whether to do what CHANGE says; a dry run only says it.
may() {
	[ "$dry" = yes ] || return 0
	say "would $1"
	return 1
}

# ---- taking back

# undo COMMAND...: what takes back a step that is about to be made. The latest is taken back first.
undo() {
	printf '%s\n' "$*" >>"$work/undo"
}

roll_back() {
	trap '' INT TERM HUP
	[ -s "$work/undo" ] || return 0
	# Backwards, and each by itself: one that fails must not keep the others from being taken back.
	sed '1!G;h;$!d' "$work/undo" >"$work/backwards"
	: >"$work/undo"
	complain 'Taking back what was done …'
	whole=yes
	while IFS= read -r command; do
		(eval "$command") </dev/null >/dev/null 2>&1 || {
			complain "  not taken back: $command"
			whole=no
		}
	done <"$work/backwards"
	rmdir "$keepdir" "$statedir" "$libdir" 2>/dev/null
	if [ $whole = yes ]; then
		complain 'This machine is as it was.'
	else
		# It may hold the only copy of what was there before.
		complain "What this machine had before is kept in $work."
		trap - EXIT
	fi
}

# restore KEPT PATH: whole, beside its target, as everything is written.
restore() { cp -p "$1" "$2.restored" && mv -f "$2.restored" "$2"; }

clean_up() {
	rm -rf "$work"
	# The line that was pasted has put this script there.
	case $0 in "${TMPDIR:-/tmp}"/tmp.*) rm -f "$0" ;; esac
}

# ---- what this machine has

have() { command -v "$1" >/dev/null 2>&1; }

# The package manager decides: it is what installs etcd.
find_system() {
	if have apk; then
		system=alpine
		architecture=$(apk --print-arch)
	elif have apt-get; then
		system=debian
		architecture=$(dpkg --print-architecture)
	else
		fail 'there is neither apk nor apt-get here' \
			'Picket installs itself on Alpine and on Debian. Elsewhere copy the agent by hand: see docs/how-to/install-a-node.md. Nothing was touched.'
	fi
	case $architecture in
		aarch64 | arm64 | x86_64 | amd64) ;;
		arm*) fail "this is a 32-bit Arm system ($architecture), which etcd does not support" \
			'Install a 64-bit system (aarch64): a Raspberry Pi 3, Zero 2 W or later runs one. Nothing was touched.' ;;
		*) fail "etcd is not tested on $architecture" 'Use a machine of aarch64 or x86-64. Nothing was touched.' ;;
	esac
}

# What runs services here.
find_init() {
	if [ -d /run/systemd/system ]; then
		init=systemd
	elif have openrc-run && have rc-update; then
		init=openrc
	else
		fail 'services are run by neither OpenRC nor systemd here' \
			'Picket knows these two. Elsewhere its agent can run etcd itself, with init: process in agent.yml: see docs/how-to/walk-by-hand-on-one-machine.md. Nothing was touched.'
	fi
}

# setting KEY: what agent.yml says, if it does.
setting() { sed -n "s/^$1:[[:space:]]*[\"']\{0,1\}\([^\"'#[:space:]]*\).*/\1/p" "$settings" 2>/dev/null | head -n 1; }

# Where the agent keeps its things.
find_folders() {
	statedir=$(setting stateDir)
	etcdir=$(setting etcDir)
	: "${statedir:=/var/lib/picket}" "${etcdir:=/etc/etcd}"
	case $statedir$etcdir in *[!A-Za-z0-9/._-]*) fail "$settings names a folder that this script does not take: $statedir $etcdir" \
		'Choose folders of letters, digits, ".", "_" and "-". Nothing was touched.' ;; esac
	# Outlives the agent's own files, so that what was added can still be told and taken back after --uninstall.
	keepdir=$statedir/installer
}

has_joined() { [ -e "$statedir/identity.pem" ]; }

# A machine that is no member: it needs no etcd, and one that runs on it is nobody's business here.
is_client() {
	if has_joined; then ! grep -q '"member": {' "$statedir/node.json"; else [ "$client" = yes ]; fi
}

# Node.js 22.19 or later.
node_fits() {
	have node || return 1
	node_version=$(node --version 2>/dev/null) || return 1
	major=${node_version#v}
	minor=${major#*.}
	major=${major%%.*}
	minor=${minor%%.*}
	[ "$major" -gt 22 ] || { [ "$major" -eq 22 ] && [ "$minor" -ge 19 ]; }
}

# R13, before anything is installed; the agent looks again, and closer, before it joins.
refuse_foreign_etcd() {
	is_client && return 0
	[ -e "$statedir/journal.json" ] && return 0
	found=
	for pid in $(pidof etcd); do found="$found
  the process etcd (pid $pid)"; done
	for file in "$etcdir"/*.pem "$etcdir"/*.key "$etcdir"/pki/*; do
		[ -e "$file" ] && found="$found
  the file $file"
	done
	if [ -n "$(ls -A /var/lib/etcd 2>/dev/null)" ]; then found="$found
  data in /var/lib/etcd"; fi
	for file in /etc/runlevels/*/etcd /etc/systemd/system/*.wants/etcd.service; do
		[ -e "$file" ] || [ -L "$file" ] || continue
		# Of the package that an earlier run was installing when the power went.
		grep -qxF 'package etcd-server' "$keepdir/added" 2>/dev/null && continue
		found="$found
  the service that $file starts at boot"
	done
	[ -z "$found" ] && return 0
	fail "this machine has an etcd already:$found" \
		'Nothing was touched. Adopting an etcd that was built by hand is not built yet: join a machine without one, or move that one away first.'
}

# ---- changing files

# note_added KIND NAME: kept before the thing itself is done, so that a power cut loses nothing of it.
note_added() {
	grep -qxF "$1 $2" "$keepdir/added" 2>/dev/null && return 0
	[ -d "$keepdir" ] || {
		[ -d "$statedir" ] || undo "rmdir $statedir"
		undo "rmdir $keepdir"
		# As the agent makes it: etcd, unprivileged, walks through it to its data.
		{ mkdir -p "$keepdir" && chmod 711 "$statedir" && chmod 700 "$keepdir"; } || fail "$keepdir cannot be made" "$disk_hint"
	}
	# A run before this one may have noted things, which are still there.
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
	# Not of all file systems: a stick or a share that hangs is none of ours.
	{ sync -f "$keepdir/added.new" && mv -f "$keepdir/added.new" "$keepdir/added" && sync -f "$keepdir"; } || fail "$keepdir cannot be written" "$disk_hint"
}

disk_hint='Look at the disk: df -h, mount, dmesg. Then paste the line again.'

# place MODE FILE PATH: whole, beside its target, then renamed (R9). What is there already as it should be is left alone.
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
		cp -p "$3" "$saved" || fail "$3 cannot be kept before it is replaced" "$disk_hint"
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

place_files() {
	# When its files have been put back: the latest is taken back first.
	if [ "$dry" = no ] && agent_runs; then undo 'agent_service restart'; fi
	place 644 "$work/picket-agent.cjs" $libdir/picket-agent.cjs
	launcher >"$work/launcher" && place 755 "$work/launcher" /usr/bin/picket-agent
	if [ $init = openrc ]; then
		openrc_service >"$work/service" && place 755 "$work/service" /etc/init.d/picket-agent
		# Settings are the operator's once they are there.
		[ -e /etc/conf.d/picket-agent ] || {
			openrc_settings >"$work/settings" && place 644 "$work/settings" /etc/conf.d/picket-agent
		}
	else
		systemd_service >"$work/service" && place 644 "$work/service" /etc/systemd/system/picket-agent.service
		[ "$dry" = yes ] || systemctl daemon-reload
	fi
}

# ---- the agent

fetch_agent() {
	url=$coordinator/install/picket-agent.cjs
	# Whoever answers: it counts only by its hash.
	wget -q -O "$work/picket-agent.cjs" --no-check-certificate "$url" ||
		fail "the agent could not be fetched from $url" 'Look at the network and at the coordinator, then paste the line again.'
	echo "$agent_sha256  $work/picket-agent.cjs" | sha256sum -c - >/dev/null 2>&1 ||
		fail "what $url gave is not the agent that this line was made for" \
			'The coordinator may have been upgraded since: print a new line with "picket token create" or "picket installer".'
}

# The agent as it was just fetched: nothing of it is on this machine yet.
fetched_agent() { node "$work/picket-agent.cjs" "$@"; }

# ---- packages

# Whether the package manager has it installed: only what it has not is installed, and taken off again.
is_installed() {
	if [ $system = alpine ]; then
		apk info -e "$1"
	else
		dpkg-query -W -f='${Status}' "$1" | grep -q ' installed$'
	fi >/dev/null 2>&1
}

# want PACKAGE...: those of them that are not there.
want() {
	for package; do is_installed "$package" || missing="$missing $package"; done
}

missing_packages() {
	missing=
	node_fits || {
		if is_installed nodejs; then
			fail "the Node.js of this system is $(node --version 2>/dev/null || echo unusable), and the agent needs 22.19 or later" \
				'Alpine has it from 3.22 on: upgrade the system. On Debian install Node.js 22.19 or later by other means. Nothing was touched.'
		fi
		want nodejs
	}
	if [ $system = alpine ]; then
		is_client || have etcd || want etcd
		is_client || have etcdctl || want etcd-ctl
		if needs_time_sync; then want chrony; fi
	else
		is_client || have etcd || want etcd-server
		is_client || have etcdctl || want etcd-client
		if needs_time_sync; then want systemd-timesyncd; fi
	fi
	missing=${missing# }
}

# Alpine's own mirror and branch, and never edge: the community repository beside the main one that is configured.
add_community() {
	grep -Eq '^[^#@]*/community/?[[:space:]]*$' /etc/apk/repositories 2>/dev/null && return 0
	main=$(grep -E '^[^#@]*/(v[0-9]+\.[0-9]+|latest-stable)/main/?[[:space:]]*$' /etc/apk/repositories 2>/dev/null | head -n 1)
	[ -n "$main" ] || fail 'no release of Alpine is configured in /etc/apk/repositories, from which etcd could be installed' \
		'Name the main and community repositories of your release there (setup-apkrepos does it), or install nodejs, etcd and etcd-ctl yourself. Then paste the line again.'
	community=$(printf '%s' "$main" | sed 's,/main/*[[:space:]]*$,/community,')
	may "add $community to /etc/apk/repositories" || return 0
	cp -p /etc/apk/repositories "$work/repositories" || fail '/etc/apk/repositories cannot be read' "$disk_hint"
	note_added repository "$community"
	undo "restore $work/repositories /etc/apk/repositories"
	{
		cat /etc/apk/repositories
		# A last line without its end would swallow ours.
		[ -z "$(tail -c 1 /etc/apk/repositories)" ] || echo
		printf '%s\n' "$community"
	} >/etc/apk/repositories.new
	{ sync -f /etc/apk/repositories.new && mv -f /etc/apk/repositories.new /etc/apk/repositories; } ||
		fail '/etc/apk/repositories cannot be written' "$disk_hint"
	did "added $community to /etc/apk/repositories"
}

install_packages() {
	# A power cut may have stopped dpkg in the midst of it.
	if [ $system = debian ] && [ -e "$keepdir/added" ] && [ "$dry" = no ]; then dpkg --configure -a >/dev/null 2>&1; fi
	missing_packages
	[ -n "$missing" ] || return 0
	if [ $system = alpine ]; then
		add_community
		additions=$missing
	else
		plan_debian
	fi
	may "install $missing" || return 0
	say "Installing $missing …"
	for package in $additions; do note_added package "$package"; done
	if [ $system = alpine ]; then
		undo "apk del $missing"
		# shellcheck disable=SC2086 # one word a package
		apk add --update-cache $missing >"$work/packages.log" 2>&1 || package_failure
	else
		install_debian
	fi
	node_fits || fail "the Node.js of this system is $(node --version 2>/dev/null || echo missing), and the agent needs 22.19 or later" \
		'Alpine has it from 3.22 on. On Debian install Node.js 22.19 or later by other means. Then paste the line again.'
	did "installed $missing"
}

package_failure() {
	tail -n 5 "$work/packages.log" >&2
	fail "$missing could not be installed" 'See what the package manager says above; is there a way to its mirror? Then paste the line again.'
}

# A fresh system may keep its packages up to date by itself just then.
apt_install() { apt-get -o DPkg::Lock::Timeout=300 install -y --no-remove --no-install-recommends "$@"; }

# Whether apt can do it, and what it adds: packages that the missing ones need as well. Nothing is changed yet.
plan_debian() {
	export DEBIAN_FRONTEND=noninteractive
	[ "$dry" = yes ] || apt-get update >"$work/packages.log" 2>&1 || package_failure
	case " $missing " in *' nodejs '*)
		offered=$(apt-cache policy nodejs | sed -n 's/^ *Candidate: *\([^(]\)/\1/p')
		# A dry run goes by the lists that are there; a fresh system may have none.
		if [ -n "$offered" ] || [ "$dry" = no ]; then
			dpkg --compare-versions "${offered:-0}" ge 22.19 ||
				fail "Debian offers Node.js ${offered:-not at all} here, and the agent needs 22.19 or later" \
					'Install Node.js 22.19 or later first, from backports or from whoever you trust for it. Then paste the line again.'
		fi
		;;
	esac
	[ "$dry" = no ] || return 0
	# shellcheck disable=SC2086 # one word a package
	apt_install --simulate $missing >"$work/packages.log" 2>&1 || package_failure
	# With the version that is there in brackets it is an upgrade.
	additions=$(sed -n 's/^Inst \([^ ]*\) (.*/\1/p' "$work/packages.log" | tr '\n' ' ')
}

mask=/etc/systemd/system/etcd.service

# Debian starts the service of etcd's package as it installs it; masked, it cannot.
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

# Of this run, or of one before it that a power cut ended.
is_our_mask() { { grep -qxF "mask $mask" "$keepdir/added" && [ "$(readlink "$mask")" = /dev/null ]; } 2>/dev/null; }

unmask_etcd() {
	{ [ "$dry" = no ] && is_our_mask && ! has_joined; } || return 0
	# The link to the boot first: with the mask gone, it would start the package's own service.
	rm -f /etc/systemd/system/*.wants/etcd.service "$mask"
	[ $init = openrc ] || systemctl daemon-reload
}

# etcd's own user, where no package has made it.
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
	fi >/dev/null 2>&1 || fail 'the user etcd could not be made' 'Make it yourself, without a login shell, and paste the line again.'
	did 'made the user etcd'
}

# A power cut while a user is made leaves it without the group that is written next, and OpenRC starts nothing as one. What
# was broken before is not broken again where the rest is taken back.
ensure_group() {
	gid=$(sed -n 's/^etcd:[^:]*:[^:]*:\([0-9][0-9]*\):.*/\1/p' /etc/passwd)
	{ [ -z "$gid" ] || cut -d: -f3 /etc/group | grep -qxF "$gid"; } && return 0
	may 'make the group of the user etcd' || return 0
	if have groupadd; then
		groupadd --system --gid "$gid" etcd
	else
		addgroup -S -g "$gid" etcd
	fi >/dev/null 2>&1 || fail "the user etcd has the group $gid, which is not in /etc/group and could not be made" \
		"Make it yourself (addgroup -S -g $gid etcd), or give the user another, and paste the line again."
	did 'made the group of the user etcd'
}

# ---- time

time_services='chronyd ntpd openntpd ntpsec ntpd-rs systemd-timesyncd chrony'

# Whether nothing sets this machine's clock.
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

# A board without a battery wakes up in 1970: certificates mean nothing to it until its time is set (R14).
keep_time() {
	if needs_time_sync; then
		if [ $system = alpine ]; then at_boot chronyd default; else at_boot systemd-timesyncd; fi
	fi
	if [ $init = openrc ] && ! has_clock && [ -e /etc/init.d/swclock ]; then at_boot swclock boot; fi
}

# at_boot SERVICE [RUNLEVEL]: and now.
at_boot() {
	if [ $init = openrc ]; then
		[ -e "/etc/runlevels/$2/$1" ] && return 0
		[ -e "/etc/init.d/$1" ] || [ "$dry" = yes ] || return 0
		may "start $1 at boot" || return 0
		note_added runlevel "$1 $2"
		undo "rc-update -q del $1 $2 || :"
		rc-update -q add "$1" "$2" || {
			complain "! $1 could not be added to the runlevel $2: nothing keeps the time of this machine"
			return 0
		}
		# In its own time: a machine without a way to a time server has a member all the same.
		rc-service --ifstopped "$1" start >/dev/null 2>&1 || complain "! $1 did not start; it is started at the next boot"
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
			fail 'the agent could not be added to the boot' "$disk_hint"
	fi
	if agent_runs; then
		[ -n "$changed" ] || return 0
		may 'restart the agent' || return 0
		agent_service restart || fail 'the agent did not start again' 'Its log is /var/log/picket/agent.log, or journalctl -u picket-agent.'
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
	# Nothing that is started from here, the services among it, has it in its environment (R11).
	unset PICKET_JOIN
	{ [ -n "$join_string" ] || has_joined || [ "$dry" = yes ]; } && return 0
	if [ -t 0 ]; then
		printf 'Join string (it is not shown): '
		stty -echo
		IFS= read -r join_string
		stty echo
		echo
	else
		IFS= read -r join_string
	fi
	[ -n "$join_string" ] || fail 'there is no join string' 'Paste the whole line that "picket token create" printed. Nothing was touched.'
}

check_join_string() {
	case $join_string in
		'' | pkt1.*."$pin") ;;
		pkt1.*.*.*) fail 'the join string is of another coordinator' "Print one with picket token create at $coordinator. Nothing was touched." ;;
		*) fail 'the join string cannot be read' 'Paste the whole line that "picket token create" printed. Nothing was touched.' ;;
	esac
}

# A join that may have been heard leaves its key: with it the same line works again, without it the string is used up.
join() {
	if has_joined; then
		if [ -n "$name" ] && ! grep -qF "\"name\": \"$name\"" "$statedir/node.json"; then
			fail 'this machine has joined under another name' "It is $(picket-agent status | sed -n '/^MEMBER ID/d; s/^MEMBER *//p'). Leave --name out to go on with that."
		fi
		say "✓ this machine is $(picket-agent status | sed -n '/^MEMBER ID/d; /^CLIENT CERT/d; s/^MEMBER *//p; s/^CLIENT *\([^,]*\).*/the client \1/p') already"
		return 0
	fi
	may "ask the coordinator to join ${name:+as $name }${address:+as the member at $address }at $coordinator" || return 0
	as_client=
	if is_client; then as_client=--client; fi
	if printf '%s\n' "$join_string" | picket-agent join $as_client --coordinator "$coordinator" ${name:+--name "$name"} ${address:+--address "$address"} >"$work/join.log"; then
		# Its next step is the one after this.
		sed '/^Next: /d' "$work/join.log"
		# What has joined is a node, and stays one.
		: >"$work/undo"
		did "joined $coordinator"
		return 0
	fi
	if [ -e "$statedir/identity.key" ]; then complain "Its key is kept in $statedir, so that the same line works again."; fi
	fail 'this machine could not join' 'Do what is said above, then paste the line again, or a new one.'
}

await_health() {
	[ "$dry" = yes ] && return 0
	# From here on nothing is taken back: the agent goes on, whether or not anybody waits.
	: >"$work/undo"
	say 'Waiting for the member …'
	picket-agent wait && return 0
	complain 'Picket is installed; only its member is not healthy yet.'
	exit 1
}

keep_script() {
	[ "$dry" = yes ] && return 0
	cmp -s "$0" "$keepdir/install.sh" && return 0
	{
		mkdir -p "$keepdir" && chmod 700 "$keepdir" && cp "$0" "$keepdir/install.sh.new" &&
			mv -f "$keepdir/install.sh.new" "$keepdir/install.sh"
	} || complain "! $keepdir/install.sh could not be kept"
}

# What the agent sees of this machine that a shell does not, before anything of it is here.
look_closer() {
	# What a client needs, its join looks at.
	{ has_joined || is_client; } && return 0
	if [ "$dry" = yes ] && { ! node_fits || ! have etcd; }; then
		say 'The agent looks closer once Node.js and etcd are there.'
		return 0
	fi
	tries=0
	until fetched_agent preflight >"$work/preflight.log" 2>&1; do
		tries=$((tries + 1))
		# Time sync was started a moment ago, perhaps.
		if [ $tries -gt 24 ] || [ "$(grep -c '^✗' "$work/preflight.log")" != 1 ] || ! grep -q '^✗ clock' "$work/preflight.log"; then
			cat "$work/preflight.log" >&2
			fail 'this machine cannot join' 'Do what is said above, then paste the line again.'
		fi
		[ $tries -gt 1 ] || say "Waiting for time sync (this clock says $(date -u '+%Y-%m-%d %H:%M:%SZ')) …"
		sleep 5
	done
}

install_node() {
	find_init
	refuse_foreign_etcd
	take_join_string
	check_join_string
	fetch_agent
	install_packages
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
	await_health
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
		say 'Everything was there already; nothing was changed.'
	fi
	say "To take it off again: sh $keepdir/install.sh --uninstall"
}

# ---- upgrade

upgrade_node() {
	find_init
	{ has_joined && [ -e $libdir/picket-agent.cjs ]; } || fail 'there is no agent here to upgrade' 'Paste a line of "picket token create" to install it. Nothing was touched.'
	node_fits || fail "the agent needs Node.js 22.19 or later, and this is $(node --version 2>/dev/null || echo none)" 'Upgrade Node.js first. Nothing was touched.'
	old=$(picket-agent --version 2>/dev/null)
	: "${old:=of no version}"
	fetch_agent
	new=$(fetched_agent --version) || fail 'the new agent does not run on this machine' 'Nothing was touched. Please report this as a bug.'
	place_files
	if [ -z "$changed" ]; then
		say "✓ the agent is version $old already; nothing was changed"
		return 0
	fi
	[ "$dry" = yes ] || did "replaced the agent $old by $new"
	keep_script
	start_agent
	await_health
	summary
}

# ---- taking it off

remove_agent() {
	if agent_runs; then
		may 'stop the agent' && { agent_service stop || complain '! the agent did not stop'; }
	fi
	if [ $init = openrc ]; then
		may 'take the agent out of the boot' && rc-update -q del picket-agent default >/dev/null 2>&1
	else
		may 'take the agent out of the boot' && systemctl -q disable picket-agent >/dev/null 2>&1
	fi
	# Not the whole folder: a coordinator on the same machine has its programs there.
	for file in $libdir/picket-agent.cjs /usr/bin/picket-agent /etc/init.d/picket-agent /etc/conf.d/picket-agent \
		/etc/systemd/system/picket-agent.service /var/log/picket /run/picket; do
		[ -e "$file" ] || continue
		may "remove $file" || continue
		rm -rf "$file" || complain "! $file could not be removed"
	done
	[ "$dry" = yes ] || rmdir $libdir 2>/dev/null
	[ $init = systemd ] && [ "$dry" = no ] && systemctl daemon-reload
	return 0
}

uninstall_node() {
	find_init
	if [ ! -e /usr/bin/picket-agent ] && [ ! -e $libdir/picket-agent.cjs ]; then
		say '✓ there is no agent here; nothing was changed'
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
	say '✓ the agent is gone; etcd goes on with its files, which nobody renews now:'
	say "$ends" | sed 's/^/  /'
	say "  Its data is in $statedir, its configuration and certificates in $etcdir."
	say "To take etcd off too: sh $keepdir/install.sh --purge"
}

confirm_purge() {
	[ "$yes" = yes ] || [ "$dry" = yes ] && return 0
	[ -t 0 ] || fail 'whoever purges destroys data, and there is nobody here to ask' 'Add --yes if it is meant. Nothing was touched.'
	printf 'This ends etcd here and destroys its data in %s. Type "purge" to go on: ' "$statedir"
	IFS= read -r answer
	[ "$answer" = purge ] || fail 'not confirmed' 'Nothing was touched.'
}

is_ours() { head -n 2 "$1" 2>/dev/null | grep -q '^#.*Written by Picket'; }

purge_node() {
	find_init
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
	fi
	remove_ours /etc/profile.d/etcdctl.sh
	put_back
	# The installer's own notes last, so that what was cut off can be done again.
	for file in "$statedir"/* "$statedir"/.[!.]*; do
		[ "$file" = "$keepdir" ] || remove_file "$file"
	done
	take_off_added
	remove_file "$statedir"
	# It says where all of that is.
	remove_file "$settings"
	# Only what is empty: a coordinator may live here too.
	[ "$dry" = yes ] || rmdir /etc/picket "$etcdir" 2>/dev/null
	forget_overlay
	[ "$dry" = yes ] && {
		say 'Nothing was changed.'
		return 0
	}
	[ -n "$added" ] || say '  What its line had installed is not known any more: packages and services were left as they are.'
	say '✓ nothing of Picket is left. The coordinator keeps this member in its books, and the others miss it.'
}

# Nothing is pulled away from under an etcd that runs.
etcd_has_ended() {
	for pid in $(pidof etcd); do
		tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "--config-file=$etcdir/conf.yml" || continue
		fail "etcd does not stop (pid $pid)" 'Stop it, then run this again. The agent is gone; etcd and its data were not touched.'
	done
}

remove_file() {
	[ -e "$1" ] || [ -L "$1" ] || return 0
	may "remove $1" || return 0
	rm -rf "$1" || complain "! $1 could not be removed"
}

remove_ours() { if is_ours "$1"; then remove_file "$1"; fi; }

# What stood where Picket wrote is put back, unless its package goes as well.
put_back() {
	for path in /etc/init.d/etcd /etc/conf.d/etcd /etc/systemd/system/etcd.service /etc/etcd/conf.yml; do
		kept=$statedir/replaced/$(printf '%s' "${path#/}" | tr / -)
		[ -e "$kept" ] || continue
		[ -e "$path" ] && continue
		case $added in *'package etcd'*) continue ;; esac
		may "put $path back as it was before Picket" || continue
		mkdir -p "${path%/*}" && cp "$kept" "$path"
		case $path in /etc/init.d/*) chmod 755 "$path" ;; *) chmod 644 "$path" ;; esac
	done
}

# A diskless Alpine would have it all back with the next boot.
forget_overlay() {
	{ [ "$dry" = no ] && have lbu && [ "$(stat -f -c %T /)" = tmpfs ]; } || return 0
	for file in /etc/init.d/etcd /etc/init.d/picket-agent $libdir /usr/bin/picket-agent; do
		[ -e "$file" ] || lbu include -r "$file" >/dev/null 2>&1
	done
	lbu commit >/dev/null 2>&1 || complain '! this system lies in memory, and lbu commit failed: run it, or the next boot brings all of this back'
}

# remove_packages PACKAGE...
remove_packages() {
	gone=
	for package; do
		# A coordinator on the same machine needs it too.
		if [ "$package" = nodejs ] && [ -e /usr/bin/picket-coordinator ]; then continue; fi
		may "remove the package $package" && gone="$gone $package"
	done
	[ -n "$gone" ] || return 0
	# All at once, as some need others. dpkg, unlike apt, leaves a package alone that another needs.
	# shellcheck disable=SC2086 # one word a package
	if [ $system = alpine ]; then apk del $gone; else dpkg --purge $gone; fi >/dev/null 2>&1
	for package in $gone; do
		if is_installed "$package"; then complain "! $package could not be removed"; fi
	done
}

take_off_added() {
	# shellcheck disable=SC2046 # one word a package
	remove_packages $(printf '%s\n' "$added" | sed -n 's/^package //p')
	printf '%s\n' "$added" | while read -r kind what more; do
		case $kind in
			repository) may "take $what out of /etc/apk/repositories" && {
				grep -vxF "$what" /etc/apk/repositories >"$work/without"
				restore "$work/without" /etc/apk/repositories || complain '! /etc/apk/repositories could not be written'
			} ;;
			user) may "remove the user $what" && { if have userdel; then userdel "$what"; else deluser "$what"; fi >/dev/null 2>&1; } ;;
			runlevel) may "take $what out of the runlevel $more" && rc-update -q del "$what" "$more" >/dev/null 2>&1 ;;
			unit) may "stop $what" && systemctl disable --now "$what" >/dev/null 2>&1 ;;
		esac
	done
}

# ---- beginning

main() {
	mode=install dry=no yes=no client=no name='' address='' changed=''
	while [ $# -gt 0 ]; do
		case $1 in
			--name)
				[ $# -ge 2 ] || wrong_usage '--name needs the name of a member'
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
			--dry-run) dry=yes ;;
			--yes) yes=yes ;;
			--upgrade | --uninstall | --purge)
				[ "$mode" = install ] || wrong_usage "--$mode and $1 exclude each other"
				mode=${1#--}
				;;
			--help | -h)
				usage
				return 0
				;;
			# Not repeated: it may be a join string (R11).
			*) wrong_usage 'there is an argument that is none of the options' ;;
		esac
		shift
	done
	[ "$(id -u)" = 0 ] || {
		complain 'error: this needs root'
		complain 'hint: Paste the line into a root shell (doas -s, sudo -s, su). Nothing was touched.'
		exit 1
	}
	work=$(mktemp -d /tmp/picket-install.XXXXXX) || exit 1
	: >"$work/undo"
	trap clean_up EXIT
	trap 'stopped' INT TERM HUP
	find_system
	find_folders
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
	fail 'stopped' 'Paste the line again to go on.'
}

wrong_usage() {
	complain "error: $1"
	usage >&2
	exit 2
}

main "$@"

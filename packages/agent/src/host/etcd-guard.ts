import { writtenByPicket } from './keep-replaced.ts';

/** The name of the guard in the agent's state folder. */
export const guardName = 'etcd-guard';

/** The program that runs the guard: it works even if files in the state folder may not be executed. */
export const guardShell = '/bin/sh';

/** What the init system runs instead of etcd: the guard, which then becomes etcd with this command line. */
export function guardedCommand(
  guard: { readonly script: string; readonly dataRoot: string },
  etcd: readonly string[],
): readonly string[] {
  return [guardShell, guard.script, guard.dataRoot, ...etcd];
}

/**
 * The text of the guard (R17). The guard is the command of the service, since supervise-daemon starts the command again
 * without `start_pre`. It runs as etcd's user under busybox's ash and under dash, and becomes etcd by `exec`.
 *
 * If etcd is of another minor version, the guard waits. It does not exit: an init system would count crashes and might
 * give up. It starts the right etcd a few seconds after that is back, even without the agent. It asks a binary for its
 * version only if the agent has not seen that binary yet, since asking takes as long as starting etcd.
 */
export const etcdGuard = `#!/bin/sh
${writtenByPicket}
# etcd-guard DATA_ROOT ETCD --config-file=CONF: starts etcd, unless this member's data belongs to another minor version.
# The agent notes that version in DATA_ROOT/INCARNATION.version: the minor version, then the fingerprint of a binary that has it.

root=$1
shift
etcd=$1

say() {
	echo "etcd-guard: $*" >&2
}

incarnation=
while IFS= read -r line; do
	case $line in
	data-dir:*)
		incarnation=\${line##*/}
		incarnation=\${incarnation%[\\"\\']}
		break
		;;
	esac
done <"\${2#--config-file=}"
record=$root/$incarnation.version

fingerprint() {
	stat -L -c %d:%i:%s:%Y:%Z "$etcd" 2>/dev/null
}

judged=
while :; do
	minor=
	known=
	[ ! -f "$record" ] || { read -r minor; read -r known; } <"$record"
	[ -n "$minor" ] || exec "$@"

	binary=$(fingerprint)
	[ -z "$binary" ] || [ "$binary" != "$known" ] || exec "$@"

	if [ "$minor $binary" != "$judged" ]; then
		if [ ! -x "$etcd" ]; then
			say "$etcd is missing, or may not be run"
			exit 127
		fi
		said=$("$etcd" --version 2>&1)
		version=\${said#etcd Version: }
		version=\${version%%[!0-9A-Za-z.+-]*}
		[ "$binary" = "$(fingerprint)" ] || continue
		case $said in
		"etcd Version: "[0-9]*) ;;
		*)
			say "$etcd --version does not print an etcd version"
			exit 126
			;;
		esac
		case $version. in
		"$minor".*) exec "$@" ;;
		esac
		judged="$minor $binary"
		say "$etcd is of version $version, and this member runs etcd $minor: etcd stays down, and its data stays as it is."
		say "Install etcd $minor again: 'picket-agent status' prints the command. Or run etcd $minor from a release: 'picket cluster set CLUSTER etcd=release:VERSION'."
		next=\${version#*.}
		next=\${next%%[!0-9]*}
		[ "\${minor#*.}" -ge "$next" ] ||
			say "Or bring the whole cluster to etcd \${version%%.*}.$next: 'picket cluster upgrade CLUSTER --to package:\${version%%.*}.$next'."
		say "This guard looks every 5 s and starts an etcd $minor, also without the agent."
	fi
	sleep 5
done
`;

import { failure } from '@picket/shared/errors.ts';
import { guardShell } from '../etcd-guard.ts';
import type { EtcdUnit } from '../host.ts';
import { writtenByPicket } from '../keep-replaced.ts';
import { logFolderMode } from '../log-folder.ts';
import { openrcStopSeconds } from '../stop-times.ts';

/** The name of the service in OpenRC. */
export const serviceName = 'etcd';

/** The text of `/etc/conf.d/etcd`: everything that differs from machine to machine. */
export function serviceSettings(unit: EtcdUnit): string {
  const lines = Object.entries(settingsOf(unit)).map(([name, value]) => `${name}="${value}"`);
  return `${writtenByPicket}\n# Settings from /etc/picket/agent.yml; the service is /etc/init.d/etcd.\n${lines.join('\n')}\n`;
}

/** Throws `service_not_started` for a path that an init script cannot pass on. */
export function checkSettings(unit: EtcdUnit): void {
  const unfit = Object.values(settingsOf(unit)).find((value) => !/^[A-Za-z0-9/._@+:-]+$/.test(value));
  if (unfit === undefined) return;
  throw failure('service_not_started', { binary: unit.binary, problem: `an init script cannot hold "${unfit}"` });
}

function settingsOf({ binary, confFile, logFile, consoleFile, owner, guard }: EtcdUnit) {
  return {
    ETCD_BINARY: binary,
    ETCD_CONFIG_FILE: confFile,
    ETCD_GUARD: guard.script,
    ETCD_DATA_ROOT: guard.dataRoot,
    ETCD_USER: owner === null ? 'root' : `${owner.user}:${owner.group}`,
    ETCD_LOG: logFile,
    ETCD_CONSOLE_LOG: consoleFile,
  };
}

/** A setting from the text of `/etc/conf.d/etcd`, whether Picket's or a package's; null if the text lacks it. */
export function readSetting(text: string | null, name: string): string | null {
  return new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(text ?? '')?.[1] ?? null;
}

/**
 * The text of `/etc/init.d/etcd`. It is the same on each machine and for each OpenRC, so an upgrade of OpenRC changes
 * nothing in it. When the service starts, the script asks what the installed supervise-daemon can do.
 *
 * The numbers suit an etcd that crashes rarely and recovers at once, and one that cannot stay up. From 0.62 on,
 * supervise-daemon waits a step longer after each crash, up to a cap, and starts over once a period has passed since
 * the first crash. So it never gives up on etcd, and a crash loop slows to one start a minute within hours. Before 0.62
 * it has no such steps and gives up after ten crashes within a minute; the agent then restarts etcd.
 *
 * The log folder belongs to etcd's user, and an attacker who controls etcd could place links in it. So nothing that
 * runs as root here may follow a link. checkpath follows none (`do_check` in its source: O_NOFOLLOW, and it changes the
 * owner of no file with a second name). `stat` opens nothing: a console that becomes a link or a pipe after the check would
 * open a device or stop the boot. `mv` would follow a link into a folder. supervise-daemon opens the console only
 * after it has become etcd's user (`child_process`).
 */
export const initScript = `#!/sbin/openrc-run
${writtenByPicket}
# Settings: /etc/conf.d/etcd. etcd's own configuration is conf.yml, which the coordinator renders.

name="etcd"
description="etcd, this machine's member of a cluster, run by Picket"

supervisor="supervise-daemon"
# The guard checks the version of etcd, and becomes etcd. supervise-daemon runs it at each start, also after a crash.
command="${guardShell}"
command_args="\${ETCD_GUARD} \${ETCD_DATA_ROOT} \${ETCD_BINARY} --config-file=\${ETCD_CONFIG_FILE}"
command_user="\${ETCD_USER}"
directory="/"
output_log="\${ETCD_CONSOLE_LOG}"
error_log="\${ETCD_CONSOLE_LOG}"
retry="TERM/${openrcStopSeconds}/KILL/10"

depend() {
	need net
	use dns
	after firewall
}

start_pre() {
	if [ ! -f "\${ETCD_CONFIG_FILE}" ]; then
		eerror "\${ETCD_CONFIG_FILE} does not exist yet. picket-agent writes it when it is this member's turn, and then starts etcd."
		return 1
	fi

	# This script makes no data directory: if etcd does not find its own, it must not start with an empty one.

	local log_dir="\${ETCD_CONSOLE_LOG%/*}"
	[ -d "\${log_dir}" ] || checkpath -d -m 0${logFolderMode.toString(8)} -o "\${ETCD_USER}" "\${log_dir}" || return 1
	if [ -f "\${ETCD_CONSOLE_LOG}" ] && [ "$(stat -c %s "\${ETCD_CONSOLE_LOG}" 2>/dev/null)" -gt 1048576 ]; then
		rm -f "\${ETCD_CONSOLE_LOG}"
	fi
	checkpath -f -m 0640 -o "\${ETCD_USER}" "\${ETCD_LOG}" "\${ETCD_CONSOLE_LOG}" || return 1

	if supervise-daemon "\${RC_SVCNAME}" --help 2>&1 | grep -q respawn-delay-step; then
		respawn_max=0
		respawn_period=86400
		supervise_daemon_args="--respawn-delay-step 100ms --respawn-delay-cap 60s"
	else
		respawn_max=10
		respawn_period=60
	fi
}
`;

import { dirname } from 'node:path';
import { guardedCommand } from '../etcd-guard.ts';
import type { EtcdUnit } from '../host.ts';
import { writtenByPicket } from '../keep-replaced.ts';
import { logFolderMode } from '../log-folder.ts';
import { systemdStopSeconds } from '../stop-times.ts';

const recordKey = 'Unit=';

/**
 * The text of etcd.service. It names no data directory, and systemd makes none: if that is missing, etcd must fail
 * (R4).
 *
 * - The command is the guard, which becomes etcd in the same process, unless etcd is of another minor version (R17).
 * - `Type=exec`, although etcd can notify: it notifies only once it has published itself to a cluster with a leader
 *   (`startEtcdOrProxyV2` in its source). A member that waits for the others would be killed by the start's time limit
 *   again and again. Without a limit, it would delay the boot until the others are back.
 * - `Restart=always`: only `systemctl stop` should stop etcd. For systemd, a SIGTERM from elsewhere is a clean end.
 * - systemd never gives up (R10), but slows down, since each start writes to the card: a crash loop slows to one start
 *   in 30 s within twenty minutes. There are many steps because systemd counts them from the last manual start (or the
 *   agent's start) and never forgets: after five crashes in as many months, the wait is still 2.3 s. systemd before 254
 *   does not know the two keys for this, says so in its journal, and uses `RestartSec`.
 * - The console goes to the journal: the journal is bounded, and systemd, which is root, need not open a file in a
 *   folder of etcd's user. `LogsDirectory` makes the folder of etcd's own log at each start, as /var/log may be a
 *   tmpfs.
 * - No ProtectHome, no PrivateTmp, no strict ProtectSystem: they would hide a data directory on a disk that is mounted
 *   or linked below these folders.
 */
export function systemdUnit(unit: EtcdUnit): string {
  const { binary, confFile, logFile, owner, guard } = unit;
  const command = guardedCommand(guard, [binary, `--config-file=${confFile}`])
    .map(word)
    .join(' ');
  return `${writtenByPicket} Drop-ins are yours: systemctl edit etcd
[Unit]
Description=etcd, run for Picket
Documentation=https://etcd.io/docs/
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
${owner === null ? '' : `User=${owner.user}\nGroup=${owner.group}\n`}ExecStart=${command}
SyslogIdentifier=etcd
Restart=always
RestartSec=2s
RestartSteps=100
RestartMaxDelaySec=30s
TimeoutStopSec=${systemdStopSeconds}s
StandardOutput=journal
StandardError=inherit
${logsDirectory(logFile)}LimitNOFILE=65536
NoNewPrivileges=yes
ProtectSystem=full
ProtectKernelTunables=yes
ProtectControlGroups=yes

[Install]
WantedBy=multi-user.target

# systemd passes over sections of such names; the agent reads its own words back here.
[X-Picket]
${recordKey}${JSON.stringify(unit)}
`;
}

/** The input of {@link systemdUnit}; null for a text that Picket did not write, or one with a damaged record. */
export function readSystemdUnit(text: string): EtcdUnit | null {
  const record = text.split('\n').find((line) => line.startsWith(recordKey));
  if (record === undefined) return null;
  try {
    return JSON.parse(record.slice(recordKey.length)) as EtcdUnit;
  } catch {
    return null;
  }
}

/** Only for a name that the key can hold unchanged: a colon, for example, would mean a link. */
function logsDirectory(logFile: string): string {
  const [, folder] = /^\/var\/log\/([\w.@+/-]+)$/.exec(dirname(logFile)) ?? [];
  return folder === undefined ? '' : `LogsDirectory=${folder}\nLogsDirectoryMode=0${logFolderMode.toString(8)}\n`;
}

/** One word of a command line, without anything that systemd would replace. */
function word(text: string): string {
  const plain = percent(text).replaceAll('$', '$$$$');
  return /^[\w./=:@%+,$-]+$/.test(plain) ? plain : `"${plain.replaceAll(/["\\]/g, '\\$&')}"`;
}

function percent(text: string): string {
  return text.replaceAll('%', '%%');
}

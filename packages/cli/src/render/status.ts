import { lineInWords } from '@picket/shared/etcd-log/line-in-words.ts';
import { plain } from '@picket/shared/plain.ts';
import type { BackupsView } from '@picket/shared/protocol/backups.ts';
import type { ClusterStatusView, MemberView, NextCommand } from '@picket/shared/protocol/clusters.ts';
import type { Rendered } from '@picket/shared/protocol/rendered.ts';
import type { ServiceReport } from '@picket/shared/protocol/report.ts';
import { withCode } from '@picket/shared/reasons/with-code.ts';
import { backupLine } from './backups.ts';
import { endpointStatus } from './endpoint-status.ts';
import { isOverdue } from './member-health.ts';
import { clientStatus, memberStatus } from './member-status.ts';
import { memberTable } from './member-table.ts';
import type { Paint } from './paint.ts';
import { rolloutLine } from './rollout.ts';
import { lastRehearsed } from './snapshots.ts';
import { gradeOf, stateInWords } from './state-in-words.ts';
import { certificatesLine, snapshotsLine } from './status-lines.ts';
import type { Times } from './units.ts';
import { upgradeLines } from './upgrade.ts';

/** How much of a cluster is shown. */
export type Width = '80-columns' | 'wide';

/**
 * The output of `picket status`.
 *
 * @param width `wide` adds etcd's own figures, and when the certificates of each member end, and shows times in UTC
 * @param backups of the coordinator, for a line of their own
 */
export function renderStatus(
  view: ClusterStatusView,
  paint: Paint,
  width: Width = '80-columns',
  backups: BackupsView | null = null,
): string {
  const times: Times = { now: Date.parse(view.now), inUtc: width === 'wide' };
  const troubles = [...view.members, ...view.clients].flatMap((one) => troubleOf(one, view));
  const rest = [
    ...upgradeLines(view.upgrade),
    ...rolloutLine(view.rollout),
    ...section('Waits for', view.waitsFor),
    ...section('Notices', view.notices),
    ...(width === '80-columns' || view.rehearsed === undefined ? [] : [lastRehearsed(view.rehearsed, times)]),
  ];
  const ofCoordinator = backups === null ? [] : [backupLine(backups, times)];
  const members =
    width === 'wide'
      ? [[endpointStatus(view)], [memberStatus(view, times, paint)], ofCoordinator]
      : [
          [memberTable(view, times, paint)],
          [...certificatesLine(view, times), ...snapshotsLine(view, times), ...ofCoordinator],
        ];
  const blocks = [
    headlineOf(view, paint),
    ...members,
    view.clients.length === 0 ? [] : [clientStatus(view, times, paint)],
    rest,
    troubles,
  ];
  const text = `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
  return longCommandsOf(view).reduce(shownOnce, text);
}

/** A command with more characters than this hides what else a line says. */
const longCommand = 80;

function longCommandsOf({ next, waitsFor, notices }: ClusterStatusView): readonly string[] {
  const commands = [
    next?.command,
    ...[...waitsFor, ...notices].map(({ facts }) => (facts as { readonly command?: unknown }).command),
  ];
  return [...new Set(commands)].filter((one) => typeof one === 'string').filter((one) => one.length > longCommand);
}

/** The command only where it stands first: several parts of a status propose it for one cause. */
function shownOnce(text: string, command: string): string {
  const end = text.indexOf(command) + command.length;
  const instead = 'the command above';
  return text.slice(0, end) + text.slice(end).replaceAll(`\`${command}\``, instead).replaceAll(command, instead);
}

/** What an operator has to know first: the state, what it rests on, and the one command to run next. */
function headlineOf(
  { cluster: name, state, headline, next, clusterId, revision }: ClusterStatusView,
  paint: Paint,
): string[] {
  const isOver = state === 'deleting' || state === 'deleted';
  const id = clusterId !== null ? [`cluster ID ${clusterId}`] : isOver ? [] : ['no cluster ID yet'];
  const grade = gradeOf[state];
  const words = [paint[grade](stateInWords(state, headline)), ...id, `revision ${revision}`];
  return [
    `Cluster ${name}: ${words.join(', ')}`,
    grade === 'good' ? headline.message : withCode(headline),
    ...(next === null ? [] : [nextLine(next)]),
  ];
}

function nextLine({ command, on }: NextCommand): string {
  const where = on === null ? '' : ` on ${on.member} (${on.address})`;
  return `Next${where}: ${command}`;
}

function section(title: string, reasons: readonly Rendered[]): string[] {
  return reasons.length === 0 ? [] : [`${title}:`, ...reasons.map((one) => `  - ${withCode(one)}`)];
}

/** What is wrong with a member: what its agent waits for, why its etcd stopped, and the last lines of etcd’s log. */
function troubleOf(one: Pick<MemberView, 'name' | 'status' | 'reportedAt'>, view: ClusterStatusView): string[] {
  const { status } = one;
  if (status === null) return [];
  const name = `${one.name}${isOverdue(one, view) ? ', at its last report' : ''}`;
  const { agent, service } = status;
  const waits = section(`${name}: its agent waits`, agent.waits);
  // Its agent says the same, and no etcd has started that could have logged anything.
  const isSaid = service.state === 'held-back' && agent.waits.some((one) => one.message === service.reason?.message);
  if (isSaid) return waits;
  if (service.reason === null && service.state !== 'crashed' && service.state !== 'lost-data') return waits;
  const restarts = service.restarts === 0 ? '' : ` (restarts: ${service.restarts})`;
  const reason = service.reason === null ? 'the reason is unknown' : service.reason.message;
  return [
    ...waits,
    `${name}: ${serviceInWords[service.state]}${restarts}: ${reason}`,
    ...service.lastLog.flatMap(logLine),
  ];
}

/** In words: their JSON, and the other fields, are in the log. What JSON hides must not take effect on a terminal either. */
function logLine(line: string): string[] {
  const { level, text } = lineInWords(line);
  return text === '' ? [] : [`    ${level === null ? '' : `${level}: `}${plain(text)}`];
}

const serviceInWords: Readonly<Record<ServiceReport['state'], string>> = {
  absent: 'etcd is not installed as a service',
  stopped: 'etcd is stopped',
  running: 'etcd runs',
  crashed: 'etcd has crashed',
  'lost-data': 'etcd has lost its data',
  'held-back': 'etcd is held back',
};

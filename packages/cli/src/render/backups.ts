import type { BackupsView } from '@picket/shared/protocol/backups.ts';
import { renderTable } from './table.ts';
import { pastTime, type Times } from './units.ts';

type Target = BackupsView['targets'][number];

/** `picket backups` */
export function renderBackups(view: BackupsView, times: Times): string {
  const { schedule, targets, lastAt } = view;
  const last =
    lastAt === null ? 'No backup of the coordinator is known.' : `The last backup was made ${pastTime(lastAt, times)}.`;
  if (schedule === null) return `${last}\nThere is no schedule: add \`backup\` to coordinator.yml.`;
  const { everyHours, keep, encrypted } = schedule;
  const rows = targets.map((target) => [
    target.target,
    target.lastAt === null ? 'none known' : pastTime(target.lastAt, times),
    target.count === null ? null : String(target.count),
    stateOf(target),
  ]);
  return [
    renderTable(['TARGET', 'NEWEST', 'BACKUPS', 'STATE'], rows),
    '',
    `${last} One is made every ${everyHours === 1 ? 'hour' : `${everyHours} h`}, ${encrypted ? 'encrypted' : 'not encrypted'}; the newest ${keep} stay.`,
    ...targets.flatMap(({ failure }) => (failure === null ? [] : [failure.reason.message])),
  ].join('\n');
}

function stateOf({ boards, failure }: Target): string {
  if (boards !== undefined)
    return `${boards.held.length} of ${boards.wanted} have it${boards.held.length === 0 ? ' yet' : `: ${boards.held.join(', ')}`}`;
  return failure === null ? 'works' : `failed, tries: ${failure.count}`;
}

/** How old the newest backup is, and where the last attempt failed, in a line of the status. */
export function backupLine({ lastAt, targets }: BackupsView, times: Times): string {
  const named = (some: readonly Target[]) => some.map(({ target }) => target).join(', ');
  const failing = targets.filter(({ failure }) => failure !== null);
  const fails = failing.length === 0 ? '' : `; the last attempt failed in ${named(failing)}: picket backups`;
  return `Backup of the coordinator: ${lastAt === null ? 'none is known' : pastTime(lastAt, times)}${fails}`;
}

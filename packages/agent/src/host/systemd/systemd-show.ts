import { constants } from 'node:os';
import type { ServiceState } from '../host.ts';

/** The requested properties of a unit. */
export const shownProperties = [
  'LoadState',
  'FragmentPath',
  'UnitFileState',
  'NeedDaemonReload',
  'ActiveState',
  'SubState',
  'MainPID',
  'NRestarts',
  'Result',
  'ExecMainCode',
  'ExecMainStatus',
] as const;

export type ShownUnit = Readonly<Record<(typeof shownProperties)[number], string>>;

/** Reads the output of `systemctl show --property=…`; a property that this systemd does not know is empty. */
export function parseShow(output: string): ShownUnit {
  const values = new Map(
    output.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
  );
  return Object.fromEntries(shownProperties.map((name) => [name, values.get(name) ?? ''])) as ShownUnit;
}

/**
 * Translates systemd's states into Picket's. A unit from another path, such as that of Debian's package, is not
 * Picket's and counts as absent; an etcd that runs on after its unit was removed does not.
 */
export function serviceState(unit: ShownUnit, unitPath: string): ServiceState {
  const pid = Number(unit.MainPID);
  const restarts = Number(unit.NRestarts);
  if (unit.FragmentPath !== unitPath && !(unit.LoadState === 'not-found' && pid > 0)) return { kind: 'absent' };
  // A unit that waits for its restart, or has failed, may still name the ended process.
  if (unit.SubState.startsWith('auto-restart')) return { kind: 'crashed', restarts, how: howItEnded(unit) };
  if (unit.ActiveState === 'failed') {
    // Picket's unit restarts after any end except a requested stop. Such a stop fails only if etcd had to be killed.
    return unit.Result === 'timeout' ? stopped(unit) : { kind: 'crashed', restarts, how: howItEnded(unit) };
  }
  if (unit.ActiveState !== 'inactive' && pid > 0) return { kind: 'running', pid, restarts };
  return stopped(unit);
}

/** Only `enabled`: `enabled-runtime`, for one, ends with this boot. */
export function isEnabled({ UnitFileState }: ShownUnit): boolean {
  return UnitFileState === 'enabled';
}

function stopped(unit: ShownUnit): ServiceState {
  return { kind: 'stopped', atBoot: isEnabled(unit) };
}

/** waitid(2)'s codes, which `ExecMainCode` holds as numbers. */
const exited = '1';
const killed = ['2', '3'];

/** `exit status 1`, `SIGKILL`, in the words of the other drivers, with what only systemd knows. */
export function howItEnded({ ExecMainCode, ExecMainStatus, Result }: ShownUnit): string {
  if (ExecMainCode === exited) {
    const setUp = setUpFailures[ExecMainStatus];
    return `exit status ${ExecMainStatus}${setUp === undefined ? '' : ` (systemd: ${setUp})`}`;
  }
  if (killed.includes(ExecMainCode))
    return `${signalName(Number(ExecMainStatus))}${Result === 'oom-kill' ? ' (out of memory)' : ''}`;
  return `systemd: ${Result}`;
}

/** systemd's own exit statuses, if it could not run the program: systemd.exec(5). */
const setUpFailures: Readonly<Record<string, string>> = {
  203: 'the program could not be run',
  205: 'its limits could not be set',
  209: 'its output file could not be opened',
  216: 'its group is not known',
  217: 'its user is not known',
  226: 'its view of the file system could not be made',
};

function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found?.[0] ?? `signal ${number}`;
}

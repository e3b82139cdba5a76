import { isoTime } from '@picket/shared/iso-time.ts';
import { plain } from '@picket/shared/plain.ts';
import { formerFolder, type LeftRecord } from '../leaving/left-record.ts';

type Row = readonly [name: string, value: string];

/** The data of former lives on this machine, as `picket-agent status` shows it. */
export function formerDataFacts({ data }: LeftRecord, stateDir: string) {
  return data.map(({ incarnation, cluster, member, until }) => ({
    ...{ cluster, member, path: `${formerFolder(stateDir)}/${incarnation}` },
    until: isoTime(until),
  }));
}

export function formerDataRow({ cluster, member, path, until }: ReturnType<typeof formerDataFacts>[number]): Row {
  return ['FORMER DATA', `of ${member} in ${cluster}, in ${path} until ${until}`];
}

/** The facts about a machine that is no node any more; null for one that has left nothing. */
export function freeFacts(record: LeftRecord, stateDir: string) {
  if (record.left === null) return null;
  const { at, ...former } = record.left;
  return { free: true, former: { ...former, leftAt: isoTime(at) }, formerData: formerDataFacts(record, stateDir) };
}

export function freeRows(record: LeftRecord, stateDir: string): readonly Row[] {
  const { left } = record;
  if (left === null) return [];
  const { kind, name, cluster, nodeId, coordinator, at } = left;
  return [
    ['FREE', 'this machine can join: paste a line of `picket token create`'],
    ['WAS', `the ${kind} ${name} of ${cluster}, node ${nodeId}, until ${isoTime(at)}`],
    ['COORDINATOR', coordinator],
    ...formerDataFacts(record, stateDir).map(formerDataRow),
  ];
}

export function asTable(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, value]) => `${name.padEnd(width)}${plain(value)}\n`).join('');
}

import { isoTime } from '@picket/shared/iso-time.ts';
import { plain } from '@picket/shared/plain.ts';
import { formerFolder, type LeftRecord } from '../leaving/left-record.ts';

export type Row = readonly [name: string, value: string];

/** The data of former incarnations on this machine, as `picket-agent status` shows it. */
export function formerDataFacts({ data }: LeftRecord, stateDir: string) {
  return data.map(({ incarnation, cluster, member, at, until }) => ({
    ...{ cluster, member, path: `${formerFolder(stateDir)}/${incarnation}` },
    leftAt: at === null ? null : isoTime(at),
    until: until === null ? null : isoTime(until),
  }));
}

export function formerDataRow(data: ReturnType<typeof formerDataFacts>[number]): Row {
  const { cluster, member, path, leftAt, until } = data;
  const whose = member === null ? 'of a former member' : `of ${member} in ${cluster}`;
  const ended = leftAt === null ? ',' : `, which it left ${leftAt};`;
  return ['FORMER DATA', `${whose}${ended} in ${path} ${until === null ? 'for 14 days' : `until ${until}`}`];
}

/** The facts about a machine that is no node any more. `isGoing`: the agent still removes what it has kept of the node. */
export function freeFacts(record: LeftRecord, stateDir: string, isGoing: boolean) {
  const { left } = record;
  const { at = 0, files: _files, ...former } = left ?? {};
  return {
    free: !isGoing,
    former: left === null ? null : { ...former, leftAt: isoTime(at) },
    formerData: formerDataFacts(record, stateDir),
  };
}

export function freeRows(record: LeftRecord, stateDir: string, isGoing: boolean): readonly Row[] {
  return [
    isGoing
      ? ['BEING FREED', 'the agent removes the identity of this node; then this machine can join']
      : ['FREE', 'this machine can join: paste the install command of `picket token create`'],
    ...formerRows(record),
    ...formerDataFacts(record, stateDir).map(formerDataRow),
  ];
}

function formerRows({ left }: LeftRecord): readonly Row[] {
  if (left === null)
    return [['WAS', 'a node of a cluster; which one is not known, because its record was damaged or lost']];
  const { kind, name, cluster, nodeId, coordinator, at } = left;
  return [
    ['WAS', `the ${kind} ${name} of ${cluster}, node ${nodeId}, until ${isoTime(at)}`],
    ['COORDINATOR', coordinator],
  ];
}

export function asTable(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, value]) => `${name.padEnd(width)}${plain(value)}\n`).join('');
}

import { renderTable } from '@picket/cli/render/table.ts';
import type { Lab } from '../test/lab/lab.ts';
import type { LabHost } from '../test/lab/lab-host.ts';
import type { HostName } from '../test/lab/names.ts';

/** What the player did to the boards, and they cannot say themselves. */
export interface Faults {
  readonly cut: ReadonlySet<HostName>;
  /** Seconds by which clocks are wrong. */
  readonly clocks: ReadonlyMap<HostName, number>;
}

const head = ['BOARD', 'ADDRESS', 'POWER', 'NETWORK', 'DISK', 'CLOCK', 'AGENT', 'ETCD'];

/** A table of what each board is like now. */
export async function showBoards(lab: Pick<Lab, 'hosts'>, faults: Faults): Promise<string> {
  return renderTable(head, await Promise.all(lab.hosts.map((host) => rowOf(host, faults))));
}

async function rowOf(host: LabHost, { cut, clocks }: Faults): Promise<readonly string[]> {
  const { name, address } = host;
  const network = cut.has(name) ? 'cut' : 'up';
  if (host.init === null) return [name, address, 'off', network, '-', '-', '-', '-'];
  const [disk, installed, processes] = await Promise.all([
    host.must("df -P / | awk 'END { print $5 }'"),
    host.run('ls /usr/bin/picket-agent /usr/bin/etcd'),
    host.processes(),
  ]);
  const runs = (command: RegExp) => processes.some((one) => command.test(one.command));
  const state = (file: string, command: RegExp) =>
    !installed.stdout.includes(file) ? 'not installed' : runs(command) ? 'runs' : 'stopped';
  return [
    name,
    address,
    'on',
    network,
    `${disk} full`,
    offsetText(clocks.get(name) ?? 0),
    state('/usr/bin/picket-agent', /picket-agent\.cjs run/),
    // Not one that is only asked for its version.
    state('/usr/bin/etcd', /^\S*etcd --config-file/),
  ];
}

function offsetText(seconds: number): string {
  if (seconds === 0) return 'right';
  let rest = Math.abs(seconds);
  const parts = Object.entries({ d: 86_400, h: 3600, m: 60, s: 1 }).map(([unit, length]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return count === 0 ? '' : `${count}${unit}`;
  });
  return `${seconds < 0 ? '-' : '+'}${parts.join('')}`;
}

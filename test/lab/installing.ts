import type { Finished } from '../support/children.ts';
import { until } from '../support/until.ts';
import type { LabHost } from './lab-host.ts';
import { cluster } from './names.ts';

/** `picket ARGS…` */
export interface Operator {
  picket(...args: string[]): Promise<Finished>;
}

/** The line that `picket token create` prints, as an operator copies it. */
export async function lineOf(lab: Operator, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await lab.picket('token', 'create', cluster, ...args);
  const line = stdout.split('\n').find((text) => text.includes('PICKET_JOIN='));
  if (line === undefined) throw new Error(`no line to paste:\n${stdout}${stderr}`);
  return line.trim();
}

/** The same without a join string, from `picket installer`. */
export async function bareLine(lab: Operator, ...args: string[]): Promise<string> {
  return (await lab.picket('installer', ...args)).stdout.trim();
}

/** What must be seen nowhere, out of such a line. */
export function secretIn(line: string): string {
  const [, secret] = /pkt1\.[^.]+\.([^.]+)\./.exec(line) ?? [];
  if (secret === undefined) throw new Error('the line has no join string');
  return secret;
}

// What only lasts until the next boot, and what package managers keep even of packages that are gone.
const passing =
  /(^|\s)\/(run|tmp|var\/log\/messages|(usr\/)?lib\/apk|etc\/(passwd|group|g?shadow|sub[ug]id|\.pwd\.lock|apk\/world))(-|\/|$)/;

/** Every file of the host, those in /etc with a hash of what is in them. */
export async function filesOf(host: Pick<LabHost, 'must'>): Promise<readonly string[]> {
  const lines = await host.must('find / -xdev; find /etc -xdev -type f -exec sha256sum {} +');
  return lines
    .split('\n')
    .filter((line) => !passing.test(line))
    .sort();
}

/** Of the member's own etcd, and not of one that is only asked for its version. */
export async function etcdPid(host: LabHost): Promise<number | undefined> {
  return (await host.processes()).find(({ command }) => /^\S*etcd --config-file/.test(command))?.pid;
}

/** Resolves to its pid once it runs: the service starts a guard, which becomes etcd after a look at the binary. */
export function runningEtcd(host: LabHost): Promise<number> {
  return until(`etcd runs on ${host.name}`, () => etcdPid(host), { within: 60_000 });
}

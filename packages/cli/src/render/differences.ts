import { type ClusterSpec, releaseIn } from '@picket/shared/protocol/clusters.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { RevisionView } from '@picket/shared/protocol/revisions.ts';
import { renderTable } from './table.ts';
import { pastTime, type Times } from './units.ts';

/** One setting that differs; null if it does not exist in that state. */
export interface Difference {
  readonly setting: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** The differences between two states of a cluster, by the names of the settings, without the number of the revision. */
export function differences(from: Partial<ClusterSpec>, to: Partial<ClusterSpec>): readonly Difference[] {
  const [before, after] = [settingsOf(from), settingsOf(to)];
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.flatMap((setting) => {
    const [is, becomes] = [before.get(setting) ?? null, after.get(setting) ?? null];
    return is === becomes ? [] : [{ setting, from: is, to: becomes }];
  });
}

export function renderDifferences(found: readonly Difference[]): string {
  if (found.length === 0) return 'No differences.';
  const width = Math.max(...found.map(({ setting }) => setting.length));
  return found
    .map(({ setting, from, to }) => `${setting.padEnd(width)}  ${from ?? '(none)'} → ${to ?? '(none)'}`)
    .join('\n');
}

/** `picket cluster history`: what each revision changed. */
export function revisionTable({ items }: Page<RevisionView>, times: Times): string {
  return renderTable(
    ['REVISION', 'AT', 'BY', 'CHANGED'],
    items.map(({ revision, at, by, spec }, index) => {
      const before = items[index + 1];
      const found = before === undefined ? null : differences(before.spec, spec);
      const changed = found
        ?.map(({ setting, from, to }) => `${setting}: ${from ?? '(none)'} → ${to ?? '(none)'}`)
        .join('; ');
      return [revision, pastTime(at, times), by, (changed ?? '(declared)') || '(nothing)'];
    }),
  );
}

function settingsOf({
  revision: _revision,
  members,
  etcd,
  ...settings
}: Partial<ClusterSpec>): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const release = releaseIn({ etcd });
  for (const { name, address } of members ?? []) found.set(`members.${name}`, address);
  found.set('etcd', release === null ? 'package' : `release:${release}`);
  for (const [name, value] of Object.entries({ etcdMetrics: 'loopback', ...settings })) {
    if (Array.isArray(value)) found.set(name, value.join(', ') || '(none)');
    else if (typeof value === 'object')
      for (const [key, inner] of Object.entries(value)) found.set(`${name}.${key}`, String(inner));
    else found.set(name, String(value));
  }
  return found;
}

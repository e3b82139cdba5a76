import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { countedFamilies, families } from '@picket/coordinator/metrics/families.ts';
import t from 'tap';
import { seriesOf } from '../../packages/coordinator/test/support/metrics.ts';
import { formed, voterStatus } from '../../packages/coordinator/test/support/voters.ts';
import type { readyStatus } from '../../packages/shared/test/samples/node-status.ts';

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

const file = join(import.meta.dirname, '../../packaging/grafana/picket.json');
const { panels } = JSON.parse(await readFile(file, 'utf8')) as { readonly panels: readonly Panel[] };
const all: Readonly<Record<string, { readonly labels: readonly string[] }>> = { ...families, ...countedFamilies };
const familyIn = /\b(?:picket|process)_[a-z0-9_]+/g;
/** Only while something is wrong, waits, or was asked for: a cluster that is well has none. */
const onOccasion = ['picket_cluster_notices', 'picket_cluster_waits', 'picket_client_report_age_seconds'];

t.test('no panel lacks a series: a cluster that serves has each of them', async (t) => {
  const { coordinator, nodes } = await formed(t);
  const machine: ReturnType<typeof readyStatus>['machine'] = {
    disk: { totalBytes: 8, freeBytes: 4 },
    memory: { totalBytes: 8, availableBytes: 4 },
    temperatureCelsius: 40,
    clockOffsetMs: 3,
    walFsyncP99Ms: 2,
  };
  for (const node of nodes) {
    const { generation } = await node.desiredState();
    await node.report({ ...voterStatus(node, generation), machine });
  }
  await coordinator.admin.get('/v1/clusters/nowhere/status');
  await coordinator.running.backups.made(1);
  const series = Object.keys(seriesOf((await coordinator.admin.get('/metrics')).text));
  const names = new Set(series.map((name) => name.split('{')[0] ?? ''));
  // Only an agent takes a snapshot.
  names.add('picket_cluster_snapshot_last_timestamp_seconds');
  for (const { title, targets = [] } of panels)
    for (const { expr } of targets)
      for (const [name] of expr.matchAll(familyIn))
        if (!onOccasion.includes(name)) t.ok(names.has(name), `${title}: ${name}`);
});

t.test('every panel asks for families and labels that exist', async (t) => {
  for (const { title, targets = [] } of panels) {
    for (const { expr } of targets) {
      for (const [name] of expr.matchAll(familyIn)) t.ok(name.replace(/_bucket$/, '') in all, `${title}: ${name}`);
      for (const [, name = '', selector = ''] of expr.matchAll(/(picket_\w+)\{([^}]*)\}/g))
        for (const [, label = ''] of selector.matchAll(/(\w+)=~?"/g))
          t.ok(all[name]?.labels.includes(label), `${title}: ${name} has ${label}`);
    }
  }
});

t.test('no two panels lie over each other', async (t) => {
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`),
  );
  t.equal(new Set(cells).size, cells.length);
  const ids = panels.map(({ id }) => id);
  t.equal(new Set(ids).size, ids.length);
});

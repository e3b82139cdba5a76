import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import t from 'tap';
import { nodeState } from '../../src/desired-state/node-state.ts';
import { type ClusterProgress, emptyProgress } from '../../src/model/progress.ts';
import { placeOf, trust } from './samples.ts';

const golden = join(import.meta.dirname, 'golden');

// Each folder holds spec and progress (in.json), and for each node its conf.yml and the rest of its desired state.
for (const name of readdirSync(golden)) {
  const read = (file: string): string => readFileSync(join(golden, name, file), 'utf8');
  const kept = JSON.parse(read('in.json')) as { spec: ClusterSpec; progress: ClusterProgress };
  const { spec } = kept;
  const progress = { ...emptyProgress, ...kept.progress };
  for (const [index, member] of spec.members.entries()) {
    const { etcd, ...rest } = nodeState(spec, progress, placeOf(spec, index + 1), trust);

    t.test(`${name}: the conf.yml of ${member.name}`, async (t) => {
      t.equal(etcd?.conf, read(`${member.name}.conf.yml`));
    });

    t.test(`${name}: the other things that ${member.name} should have`, async (t) => {
      const { conf: _conf, ...incarnation } = etcd ?? { conf: '' };
      t.same({ ...rest, etcd: incarnation }, JSON.parse(read(`${member.name}.json`)));
    });
  }
}

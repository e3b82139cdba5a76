import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { runToEnd } from '../../../../../test/support/children.ts';
import type { CurrentState } from '../../../src/model/model.ts';
import { programFolder } from '../../../src/model/program.ts';
import { plan } from '../../../src/reconcile/plan/plan.ts';
import { planProfile } from '../../../src/reconcile/plan/plan-profile.ts';
import { temporaryFolder } from '../../support.ts';
import { accepted, asDesired, blank, kinds, paths, withConf } from '../samples.ts';

const asRoot = process.getuid?.() === 0 ? {} : { skip: 'only root has two users at hand' };
const endpoints = ['https://192.168.7.11:2379', 'https://192.168.7.12:2379'];

function withProfile(current: CurrentState, text: string): CurrentState {
  return { ...current, files: { ...current.files, [paths.profile]: text } };
}

function written(change: Parameters<typeof accepted>[0], at = paths): string {
  const [step] = planProfile(accepted(change), blank(), at).steps;
  if (step?.kind !== 'write-file') throw new Error('nothing is written');
  t.strictSame([step.path, step.mode], [at.profile, 0o644]);
  return step.content;
}

t.test('etcdctl’s environment names the voters and this node’s client certificate', async (t) => {
  t.equal(
    written({ endpoints }),
    `# picket:etcdctl/1 Written by Picket, which overwrites changes made here. Read by login shells, so that etcdctl needs no flag.
export ETCDCTL_ENDPOINTS='https://192.168.7.11:2379,https://192.168.7.12:2379'
export ETCDCTL_CACERT='/etc/etcd/ca.pem'
export ETCDCTL_CERT='/etc/etcd/client.pem'
export ETCDCTL_KEY='/etc/etcd/client-key.pem'
`,
  );
});

t.test('a shell reads exactly these values, and runs none of them', async (t) => {
  const evil = [`https://a:1'; echo run; '`, 'https://b:2$(echo run)', 'https://c:3`echo run`\\', 'https://d:4\n#"'];
  const file = join(temporaryFolder(t), 'etcdctl.sh');
  writeFileSync(file, written({ endpoints: evil }));
  const { stdout, stderr, code } = await runToEnd('sh', ['-euc', `. "$0"; printf %s "$ETCDCTL_ENDPOINTS"`, file]);
  t.strictSame([code, stderr, stdout], [0, '', evil.join(',')]);
});

t.test('root’s shell finds the programs of the release that runs, and nobody else’s does', asRoot, async (t) => {
  const at = { ...paths, stateDir: temporaryFolder(t) };
  chmodSync(at.stateDir, 0o755);
  const program = { version: '3.6.14', sha256: 'a'.repeat(64) };
  const started = { incarnation: 'incarnation1', restartKey: '', confKey: '', etcdVersion: program.version, program };
  const journal = { ...blank().journal, startedWith: started };
  const [step] = planProfile(accepted({ endpoints }), { ...blank(), journal }, at).steps;
  const file = join(at.stateDir, 'etcdctl.sh');
  writeFileSync(file, step?.kind === 'write-file' ? step.content : '');
  const folder = programFolder(at.stateDir, program);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'etcdctl'), '#!/bin/sh\n', { mode: 0o755 });
  const shell = ['sh', '-euc', `PATH=/usr/bin:/bin; . "$0"; command -v etcdctl || echo none; command -v sh`, file];
  t.equal((await runToEnd('env', shell)).stdout, `${folder}/etcdctl\n/usr/bin/sh\n`);
  const others = await runToEnd('setpriv', ['--reuid=65534', '--clear-groups', ...shell]);
  t.notMatch(others.stdout, folder, others.stderr);
});

t.test('it is written once there is a voter and this node has an etcd, and again when the voters change', async (t) => {
  const current = asDesired();
  t.strictSame(plan(accepted(), current, paths).steps, [], 'no voter yet');
  t.strictSame(
    plan(accepted({ endpoints, etcd: null }), asDesired(accepted({ etcd: null }).document), paths).steps,
    [],
  );
  t.strictSame(kinds(plan(accepted({ endpoints }), current, paths).steps), ['write-file']);
  const settled = withProfile(current, written({ endpoints }));
  t.strictSame(plan(accepted({ endpoints }), settled, paths), { steps: [], waits: [], restartPending: false });
  const fewer = plan(accepted({ endpoints: endpoints.slice(1) }), settled, paths);
  t.strictSame([kinds(fewer.steps), fewer.restartPending], [['write-file'], false], 'without a permit');
});

t.test('it is the last that is written: nothing waits for it', async (t) => {
  const all = kinds(plan(accepted({ endpoints }), blank(), paths).steps);
  t.strictSame(all.slice(-3), ['start-etcd', 'obtain-credential', 'write-file']);
  const etcd = withConf({ change: { heartbeatIntervalMs: 700 } });
  const { steps, restartPending } = plan(accepted({ endpoints, etcd }), asDesired(), paths);
  t.strictSame([kinds(steps), restartPending], [['write-file'], true], 'nor for a permit');
  const [step] = steps;
  t.ok(step?.kind === 'write-file' && step.path === paths.profile);
});

t.test(
  'R13: a file of that name that Picket did not write is left alone and reported, and delays nothing',
  async (t) => {
    const theirs = 'export ETCDCTL_ENDPOINTS=http://localhost:2379\n';
    const { steps, waits } = plan(accepted({ endpoints }), withProfile(blank(), theirs), paths);
    t.strictSame(kinds(steps).slice(-2), ['start-etcd', 'obtain-credential']);
    t.strictSame(waits, [reason('profile_of_others', { path: paths.profile })]);
    const before = plan(accepted({ endpoints, etcd: null }), withProfile(blank(), theirs), paths);
    t.strictSame(before.waits, [], 'otherwise the coordinator would not call this node prepared');
  },
);

t.test('a profile of another version of Picket, and an empty one, are replaced', async (t) => {
  for (const text of ['# picket:etcdctl/0\n', '', ' \n']) {
    t.strictSame(kinds(plan(accepted({ endpoints }), withProfile(asDesired(), text), paths).steps), ['write-file']);
  }
});

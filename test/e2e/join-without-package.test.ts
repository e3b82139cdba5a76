import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { architectureOf, archiveNameOf } from '@picket/shared/protocol/releases.ts';
import type { TokenCreated } from '@picket/shared/protocol/tokens.ts';
import t from 'tap';
import { runToEnd } from '../support/children.ts';
import { type EtcdBinaries, ensureEtcd, ensureLaterEtcd } from '../support/etcd-binaries.ts';
import type { Fleet, Machine } from '../support/fleet.ts';
import { cluster, fleetOf } from '../support/fleet-of-test.ts';
import { printedError } from '../support/printed-error.ts';

const architecture = architectureOf(process.arch);

t.test('machines without an etcd package join a cluster that runs a release', async (t) => {
  // Debian's oldest is refused as a release: it can lose data.
  const etcd = (await ensureLaterEtcd()) ?? (await ensureEtcd());
  const version = /^\d+\.\d+\.\d+/.exec(etcd.version)?.[0] ?? '';
  const fleet = await fleetOf(t, { members: 2 });
  for (const machine of fleet.machines) await takeAway(machine);
  const [first, second] = fleet.machines as [Machine, Machine];

  await t.test('where the cluster takes the package, it is refused, and nothing is spent or left', async (t) => {
    const token = await fleet.joinString(cluster);
    const refused = await first.join(token);
    t.equal(refused.code, 1);
    t.match(printedError(refused.stderr), { code: 'etcd_not_installed' });
    t.match(refused.stderr, /picket cluster set CLUSTER etcd=release:VERSION/, 'the other way');
    const again = await first.join(token);
    t.match(printedError(again.stderr), { code: 'etcd_not_installed' }, 'the token was not used');
  });

  await t.test('with a release, they join', async (t) => {
    const added = await fleet.picket('release', 'add', await packed(fleet, etcd, version), '--sums', sumsOf(fleet));
    t.equal(added.code, 0, added.stderr);
    const source = { source: 'release', version } as const;
    await fleet.ask((api) => api.changeCluster({ name: cluster, ifMatch: 1, body: { etcd: source } }));
    const created = await fleet.picket('token', 'create', cluster, '--uses', '2', '--output', 'json');
    const token = JSON.parse(created.stdout) as TokenCreated;
    t.equal(token.release, version, 'the install line needs no package');
    for (const machine of [first, second]) {
      const joined = await machine.join(token.joinString);
      t.equal(joined.code, 0, joined.stderr);
      t.match(joined.stdout, `✓ etcd: ${version}, `);
    }
  });
});

/** As a system without the package. */
async function takeAway({ configFile, env }: Machine): Promise<void> {
  const config = await readFile(configFile, 'utf8');
  await writeFile(configFile, config.replace(/^etcdBinary: .*\n/m, ''));
  env.PATH = '/nowhere';
}

function sumsOf({ folder }: Fleet): string {
  return join(folder, 'SHA256SUMS');
}

/** The archive of this etcd, as its maintainers pack it, beside its sums. */
async function packed(fleet: Fleet, etcd: EtcdBinaries, version: string): Promise<string> {
  const archive = archiveNameOf(version, architecture ?? '');
  const inside = archive.replace(/\.tar\.gz$/, '');
  await mkdir(join(fleet.folder, inside));
  for (const name of ['etcd', 'etcdctl', 'etcdutl'] as const)
    await copyFile(etcd[name], join(fleet.folder, inside, name));
  await runToEnd('tar', ['-C', fleet.folder, '-czf', join(fleet.folder, archive), inside]);
  const { stdout } = await runToEnd('sha256sum', [join(fleet.folder, archive)]);
  await writeFile(sumsOf(fleet), stdout.replace(/ .*\//, '  '));
  return join(fleet.folder, archive);
}

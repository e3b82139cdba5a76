import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { releasePartBytes } from '@picket/shared/protocol/releases.ts';
import t, { type Test } from 'tap';
import { differencesOf } from '../../../../test/support/etcd-differences.ts';
import { coordinatorClient } from '../../src/coordinator/client.ts';
import { systemClock } from '../../src/host/clock.ts';
import { hostFiles } from '../../src/host/files/files.ts';
import type { RestoreProgram } from '../../src/host/restore-program.ts';
import { toolFolder } from '../../src/snapshots/fetch-tool.ts';
import { snapshotRestorer } from '../../src/snapshots/restore-snapshot.ts';
import { httpsServer, sendJson } from '../https-server.ts';
import { authority, credentialPem, localhost } from '../pki.ts';
import { refusal } from '../support.ts';
import { binaries, etcdUser, freePeerUrl, keyIn, openFolder, programsIn, takeSnapshot } from './sample-snapshot.ts';

const { etcdctlRestores } = differencesOf(binaries.version);

const ca = await authority('control');
const server = await credentialPem(ca, { usage: 'coordinator', sans: localhost });
const node = await credentialPem(ca, { usage: 'node', sans: [{ type: 'uri', value: 'urn:picket:node:node0001' }] });

const hashOf = (octets: Uint8Array) => createHash('sha256').update(octets).digest('hex');
const snapshot = await takeSnapshot();
const etcdutl = readFileSync(binaries.etcdutl);
const place = { name: 'a', peerUrl: await freePeerUrl(), token: 'k3s-0123456789abcdef' };

/** A node without etcdutl, and a coordinator that hands out a snapshot and this program over mutual TLS. */
async function given(t: Test, handedOut: Buffer = etcdutl, installed: RestoreProgram | null = null) {
  const folder = openFolder(t);
  const stateDir = join(folder, 'state');
  const dataRoot = join(stateDir, 'etcd');
  mkdirSync(dataRoot, { recursive: true });
  for (const path of [stateDir, dataRoot]) chmodSync(path, 0o755);
  const coordinator = await httpsServer(t, {
    credential: server,
    clientCa: ca.certificate.pem,
    respond({ client, path }, response) {
      const { pathname, searchParams } = new URL(path, 'https://coordinator');
      const offset = Number(searchParams.get('offset'));
      const content = pathname === '/v1/node/snapshots/snapshot0001' ? snapshot : handedOut;
      if (client === null)
        sendJson(response, 401, { code: 'certificate_required', message: 'x', hint: 'x', details: {} });
      else response.writeHead(200).end(content.subarray(offset, offset + releasePartBytes));
    },
  });
  const connection = { url: coordinator.url, trust: ca.certificate.pem, credential: node, clock: systemClock() };
  const client = coordinatorClient(connection);
  t.teardown(() => client.close());
  const restore = snapshotRestorer(client, {
    findProgram: async () => installed,
    stateDir,
    files: hostFiles(),
    clock: systemClock(),
  });
  const order = {
    ...{ snapshot: 'snapshot0001', sizeBytes: snapshot.length, sha256: hashOf(snapshot), former: [] },
    tool: { sha256: hashOf(etcdutl), sizeBytes: etcdutl.length },
  };
  const target = join(dataRoot, 'incarnation1');
  const tool = join(toolFolder(stateDir), `etcdutl-${hashOf(etcdutl)}`);
  const fetches = () => coordinator.seen.filter(({ path }) => path.startsWith('/v1/node/releases/')).length;
  return {
    stateDir,
    target,
    tool,
    order,
    fetches,
    restore: () => restore(order, { folder: target, owner: etcdUser, ...place }),
  };
}

t.test(
  'R8, R9: a node without etcdutl fetches that of the coordinator, and makes its data directory with it as etcd’s user',
  async (t) => {
    const { restore, target, tool, stateDir, fetches } = await given(t);
    await restore();
    t.ok(existsSync(join(target, 'member/snap/db')));
    const owner = etcdUser?.uid ?? process.getuid?.();
    for (const made of ['', 'member', 'member/snap/db', 'member/wal'])
      t.equal(statSync(join(target, made)).uid, owner, made);
    t.equal(statSync(target).mode & 0o777, 0o700);
    const facts = statSync(tool);
    t.same([facts.uid, facts.mode & 0o777, facts.size], [process.getuid?.(), 0o755, etcdutl.length]);
    t.equal(statSync(toolFolder(stateDir)).mode & 0o777, 0o755);
    t.notOk(existsSync(join(stateDir, 'restore.db')), 'the snapshot does not stay');
    t.equal(fetches(), Math.ceil(etcdutl.length / releasePartBytes));
  },
);

t.test('a fetched one is used again while it is whole, and replaces any other', async (t) => {
  const { restore, tool, stateDir, fetches, target } = await given(t);
  mkdirSync(toolFolder(stateDir));
  copyFileSync(binaries.etcdutl, tool);
  chmodSync(tool, 0o755);
  await restore();
  t.equal(fetches(), 0);
  writeFileSync(tool, 'truncated by a power cut');
  writeFileSync(join(toolFolder(stateDir), `etcdutl-${'0'.repeat(64)}`), 'of before');
  rmSync(target, { recursive: true });
  await restore();
  t.ok(fetches() > 0);
  t.same(readdirSync(toolFolder(stateDir)), [`etcdutl-${hashOf(etcdutl)}`]);
});

t.test('R9: a program with another hash is never run, and nothing of it stays', async (t) => {
  const ran = join(openFolder(t), 'it-was-run');
  const impostor = Buffer.from(`#!/bin/sh\ntouch ${ran}\n`);
  const { restore, stateDir, target } = await given(
    t,
    Buffer.concat([impostor, Buffer.alloc(etcdutl.length - impostor.length, '#')]),
  );
  t.match(await refusal(restore()), {
    code: 'etcdutl_missing',
    facts: { problem: /did not arrive whole: it has \d+ bytes and the hash/ },
  });
  t.notOk(existsSync(ran));
  t.same([readdirSync(toolFolder(stateDir)), existsSync(target)], [[], false]);
});

t.test('the installed program restores, and nothing is fetched then', async (t) => {
  const kind = etcdctlRestores ? 'etcdctl' : 'etcdutl';
  const folder = programsIn(join(openFolder(t), 'bin'), kind);
  const { restore, fetches, target } = await given(t, etcdutl, { kind, path: join(folder, kind) });
  await restore();
  t.equal(fetches(), 0);
  const { header, kvs } = JSON.parse(await keyIn(target, place.name, place.peerUrl)) as {
    header: { revision: number };
    kvs: readonly { value: string }[];
  };
  t.equal(Buffer.from(kvs[0]?.value ?? '', 'base64').toString(), 'b', 'it restores');
  t.ok(header.revision > 1_000_000_000, 'no revision occurs twice');
});

t.test('a node without a program to restore names the command that helps', async (t) => {
  const { restore, order, fetches } = await given(t);
  Reflect.deleteProperty(order, 'tool');
  t.equal((await refusal(restore())).code, 'etcdutl_missing');
  t.equal(fetches(), 0);
});

t.test('a program that cannot restore is reported, and leaves the data folder alone', async (t) => {
  const { restore, order, target } = await given(t, Buffer.from('#!/bin/sh\necho of no use\n'));
  const useless = Buffer.from('#!/bin/sh\necho of no use\n');
  Object.assign(order, { tool: { sha256: hashOf(useless), sizeBytes: useless.length } });
  t.match(await refusal(restore()), {
    code: 'etcdutl_missing',
    facts: { problem: /cannot be used on this node: it does not know --bump-revision/ },
  });
  t.notOk(existsSync(target));
});

t.test('R4: a failed restore leaves nothing of a data directory', async (t) => {
  const folder = openFolder(t);
  const failing = join(folder, 'etcdutl');
  writeFileSync(
    failing,
    '#!/bin/sh\nmkdir -p "$5/member" && echo half > "$5/member/db"\necho "the snapshot is torn" >&2\nexit 1\n',
  );
  chmodSync(failing, 0o755);
  const { restore, target } = await given(t, etcdutl, { kind: 'etcdutl', path: failing });
  t.match(await refusal(restore()), { code: 'restore_failed', facts: { problem: /the snapshot is torn/ } });
  t.same(readdirSync(join(target, '..')), []);
});

t.test(
  'R4, R9: what a killed agent left of a data directory is removed, and its program does not disturb the next one',
  async (t) => {
    const { restore, target } = await given(t);
    const left = `${target}.restoring-1`;
    mkdirSync(join(left, 'member'), { recursive: true });
    writeFileSync(join(left, 'member/db'), 'half');
    await restore();
    t.same(readdirSync(join(target, '..')), ['incarnation1']);
  },
);

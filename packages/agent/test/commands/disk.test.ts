import { mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { failure } from '@picket/shared/errors.ts';
import { readCsr } from '@picket/shared/pki/csr.ts';
import type { JoinRequest } from '@picket/shared/protocol/join.ts';
import { formatJoinString } from '@picket/shared/protocol/join-string.ts';
import t, { type Test } from 'tap';
import { runToEnd } from '../../../../test/support/children.ts';
import { mountsNeeded, ownMounts } from '../../../../test/support/own-mounts.ts';
import { programs } from '../../../../test/support/programs.ts';
import { printed } from '../../../../test/support/said.ts';
import { httpsServer, sendJson } from '../https-server.ts';
import { authority, credentialPem, leaf, localhost } from '../pki.ts';
import { terminal } from '../terminal.ts';

const ca = await authority('control');
const server = await credentialPem(ca, { usage: 'coordinator', sans: localhost });
const pin = ca.certificate.spkiHash;
const PICKET_JOIN = formatJoinString({ tokenId: 'token0001', secret: 'a-secret-of-at-least-128-bits-x', pin });

/** Joins with this file system as the root folder; returns the output, then the content of that folder. */
async function joinOn(t: Test, mountOptions: string) {
  const here = terminal(t);
  // The real program runs, maybe as root, and a developer's machine may have no user `etcd`.
  here.configure({ etcdUser: userInfo().username });
  // A user who may mount is root in this namespace, and the agent of root would run etcd as a user that may be missing.
  here.configure({ etcdUser: 'root' });
  mkdirSync(here.stateDir);
  const there = await httpsServer(t, {
    credential: server,
    respond(seen, response) {
      const controlCertificates = ca.certificate.pem;
      if (seen.path === '/v1/trust-bundle') return sendJson(response, 200, { controlCertificates });
      const { publicKey } = readCsr((JSON.parse(seen.body) as JoinRequest).csr);
      const uri = { type: 'uri', value: 'urn:picket:node:node0001' } as const;
      sendJson(response, 200, {
        nodeId: 'node0001',
        cluster: 'k3s',
        member: { name: 'a', address: '127.0.0.1', ports: { client: 25_031, peer: 25_032, metrics: 25_033 } },
        names: [],
        certificate: leaf(ca, publicKey, { usage: 'node', sans: [uri] }).pem,
        controlCertificates,
        now: new Date().toISOString(),
      });
    },
  });
  const shell = 'mount -t tmpfs -o "$1" none "$0" || exit 9; shift; "$@"; code=$?; ls -A "$0"; exit $code';
  const command = [process.execPath, programs.agent, 'join', '--coordinator', there.url, '--config', here.configFile];
  const args = [...ownMounts, 'sh', '-c', shell, here.stateDir, mountOptions, ...command];
  const { code, stdout, stderr } = await runToEnd('unshare', args, { env: { PICKET_JOIN } });
  return { path: here.stateDir, asked: there.seen.map(({ path }) => path), code, stderr, left: stdout.trim() };
}

t.test(
  'join on a disk that is nearly full names the space that is needed, and leaves no trace',
  mountsNeeded,
  async (t) => {
    const { path, ...ended } = await joinOn(t, 'size=40m');
    t.strictSame(ended, {
      asked: [],
      code: 1,
      stderr: printed(
        failure('disk_full', { path, problem: 'its file system has 40 MiB free, and 64 MiB are needed' }),
      ),
      left: '',
    });
  },
);

t.test('join on a read-only disk says so', mountsNeeded, async (t) => {
  const { path, ...ended } = await joinOn(t, 'size=100m,ro');
  t.strictSame(ended, {
    asked: [],
    code: 1,
    stderr: printed(
      failure('path_not_writable', {
        path,
        problem: 'its file system is mounted read-only',
        remedy: 'Mount it read-write. A failing SD card becomes read-only; `dmesg` then shows errors.',
      }),
    ),
    left: '',
  });
});

// One inode is for the root. A file is first written beside the old one, so each needs one more for a moment.
for (const [inodes, file, left] of [
  [1, 'journal.json', ''],
  [2, 'identity.key', 'journal.json'],
  [3, 'control-ca.pem', 'identity.key\njournal.json'],
  [4, 'node.json', 'control-ca.pem\nidentity.key\njournal.json'],
  [5, 'identity.pem', 'control-ca.pem\nidentity.key\njournal.json\nnode.json'],
] as const) {
  t.test(`join on a disk that is full when ${file} is written leaves no partial file`, mountsNeeded, async (t) => {
    const { path, code, stderr, ...ended } = await joinOn(t, `size=100m,nr_inodes=${inodes}`);
    t.equal(code, 1);
    t.equal(stderr, printed(failure('disk_full', { path: `${path}/${file}`, problem: 'its file system is full' })));
    t.equal(ended.left, left);
  });
}

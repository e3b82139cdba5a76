import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InstallerView } from '@picket/shared/protocol/installer.ts';
import t from 'tap';
import { testCoordinator } from '../support/coordinator.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

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
  const view = { url: `https://127.0.0.1:${port}/install.sh`, sha256: sha256(handedOut), agentVersion: '0.1.0' };
  t.strictSame(await told(), view);

  write('picket-agent.cjs', 'a newer agent');
  t.equal((await coordinator.stranger.get('/install/picket-agent.cjs')).text, 'the agent');
  t.strictSame(await told(), view);
  await coordinator.restart();
  t.equal((await coordinator.stranger.get('/install/picket-agent.cjs')).text, 'a newer agent');
  t.not((await told()).sha256, view.sha256);
});

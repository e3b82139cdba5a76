import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { renderScript } from '../../src/installer/render-script.ts';

const facts = {
  url: 'https://[fd00::1]:7443',
  pin: 'ab'.repeat(32),
  agentSha256: 'cd'.repeat(32),
  version: '0.1.0-rc.1',
  nodeAmd64: `24.21.0:52504722:${'ef'.repeat(32)}`,
  nodeArm64: 'none',
};

t.test('facts and whole files go to their places in the template', (t) => {
  const template = "a='@@URL@@' @@PIN@@\n@@FILE one@@\nb=@@AGENT_SHA256@@ @@VERSION@@\n";
  t.equal(
    renderScript(template, facts, { one: '@@URL@@ stays\n$1 too\n' }),
    `a='https://[fd00::1]:7443' ${'ab'.repeat(32)}\n@@URL@@ stays\n$1 too\nb=${'cd'.repeat(32)} 0.1.0-rc.1\n`,
  );
  t.end();
});

t.test('a fact or file that would change the meaning of the script is refused', (t) => {
  t.throws(() => renderScript("'@@URL@@'", { ...facts, url: "https://a'; rm -rf /; '" }, {}), /url cannot stand/);
  t.throws(
    () => renderScript('@@FILE one@@', facts, { one: 'a\nPICKET_FILE\nrm -rf /\n' }),
    /has the line PICKET_FILE/,
  );
  t.throws(() => renderScript('@@FILE two@@', facts, {}), /the file two, which is missing/);
  t.throws(() => renderScript('@@WHO@@', facts, {}), /asks for WHO/);
  t.end();
});

t.test('the real template needs nothing that is missing, and every place in it is filled', (t) => {
  const packaging = join(import.meta.dirname, '../../../../packaging');
  const read = (path: string) => readFileSync(join(packaging, path), 'utf8');
  const script = renderScript(read('install.sh'), facts, {
    'picket-agent': read('bin/picket-agent'),
    'picket-agent.initd': read('openrc/picket-agent.initd'),
    'picket-agent.confd': read('openrc/picket-agent.confd'),
    'picket-agent.service': read('systemd/picket-agent.service'),
  });
  t.notMatch(script, /@@/);
  t.match(script, new RegExp(`^node_amd64='24\\.21\\.0:52504722:${'ef'.repeat(32)}'$`, 'm'));
  t.match(script, /^node_arm64='none'$/m);
  for (const path of ['bin/picket-agent', 'openrc/picket-agent.initd', 'systemd/picket-agent.service'])
    t.ok(script.includes(`cat <<'PICKET_FILE'\n${read(path)}PICKET_FILE\n`), path);
  t.end();
});

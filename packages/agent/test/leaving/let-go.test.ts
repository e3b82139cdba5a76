import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { readCredential } from '@picket/shared/pki/credential.ts';
import t from 'tap';
import { printed } from '../../../../test/support/said.ts';
import { hostFiles } from '../../src/host/files/files.ts';
import { identityStore } from '../../src/identity/identity-store.ts';
import { emptyJournal } from '../../src/journal/journal.ts';
import { beginJournal } from '../../src/journal/journal-store.ts';
import { readLeftRecord } from '../../src/leaving/left-record.ts';
import { finishLettingGo, isLeftHere, letGo } from '../../src/leaving/let-go.ts';
import type { AgentFailpoint } from '../../src/program/failpoints.ts';
import { httpsServer } from '../https-server.ts';
import { Killed } from '../machine.ts';
import { authority, credentialPem, localhost } from '../pki.ts';
import { temporaryFolder } from '../support.ts';
import { terminal } from '../terminal.ts';

const ca = await authority('control');
const identityOf = (nodeId: string) =>
  credentialPem(ca, { usage: 'node', sans: [{ type: 'uri', value: `urn:picket:node:${nodeId}` }] });
const identity = await identityOf('node0001');
const other = await identityOf('node0002');
const left = {
  nodeId: 'node0001',
  cluster: 'x-k3s',
  kind: 'member',
  name: 'x-k3s-m-1',
  coordinator: 'https://coordinator:7443',
  at: Date.parse('2027-03-01T12:00:00Z'),
} as const;
const names = [
  'journal.json',
  'desired-state.json',
  'local-order.json',
  'node.json',
  'control-ca.pem',
  'identity-next.key',
];

function writeNode(stateDir: string): void {
  mkdirSync(stateDir, { recursive: true });
  for (const name of names) writeFileSync(join(stateDir, name), '{}');
  writeFileSync(join(stateDir, 'identity.pem'), identity);
  mkdirSync(join(stateDir, 'releases/3.6.14-0123456789ab'), { recursive: true });
}

t.test('R5, R15: a machine that leaves keeps neither its key nor its generations', async (t) => {
  const stateDir = temporaryFolder(t);
  writeNode(stateDir);
  await letGo({ files: hostFiles(), stateDir, failpoint: () => {} }, left, ['life1']);
  t.same(readdirSync(stateDir), ['former']);
  t.match(await readLeftRecord(hostFiles(), stateDir), { left, incarnations: ['life1'] });
});

t.test('R9: an agent that dies while it lets go does the rest when it is back', async (t) => {
  for (const deadly of ['leave.after-mark', 'leave.after-forget'] satisfies AgentFailpoint[]) {
    const stateDir = temporaryFolder(t);
    const files = hostFiles();
    writeNode(stateDir);
    const failpoint = (name: AgentFailpoint) => {
      if (name === deadly) throw new Killed(name);
    };
    await t.rejects(letGo({ files, stateDir, failpoint }, left, []), { message: deadly });
    t.ok(readdirSync(stateDir).includes('identity.pem'), 'it comes last');
    t.equal(await isLeftHere({ files, stateDir }), true);
    await finishLettingGo({ files, stateDir, failpoint: () => {} });
    t.same(readdirSync(stateDir), ['former'], deadly);
  }
});

t.test('a node that has joined since is not let go', async (t) => {
  const stateDir = temporaryFolder(t);
  const deps = { files: hostFiles(), stateDir, failpoint: () => {} };
  writeNode(stateDir);
  await letGo(deps, left, []);
  writeNode(stateDir);
  writeFileSync(join(stateDir, 'identity.pem'), other);
  const before = readdirSync(stateDir);
  await finishLettingGo(deps);
  t.same(readdirSync(stateDir), before);
});

t.test('status says what a free machine was, and where its data is', async (t) => {
  const here = terminal(t);
  const data = [
    { incarnation: 'life1', cluster: 'x-k3s', member: 'x-k3s-m-1', at: left.at, until: left.at + 86_400_000 },
  ];
  mkdirSync(join(here.stateDir, 'former'), { recursive: true });
  writeFileSync(join(here.stateDir, 'former/left.json'), JSON.stringify({ left, data, incarnations: ['life1'] }));
  t.equal(await here.run(['status']), 0, here.said.err);
  for (const line of [
    /^FREE +this machine can join: paste the install command of `picket token create`$/m,
    /^WAS +the member x-k3s-m-1 of x-k3s, node node0001, until 2027-03-01T12:00:00.000Z$/m,
    /^FORMER DATA +of x-k3s-m-1 in x-k3s, which it left 2027-03-01T12:00:00.000Z; in \S+\/former\/life1 until 2027-03-02T12:00:00.000Z$/m,
  ])
    t.match(here.said.out, line);
  t.equal(await here.run(['status', '--output', 'json']), 0);
  t.match(JSON.parse(here.said.out), { free: true, former: { name: 'x-k3s-m-1' }, formerData: [{ cluster: 'x-k3s' }] });
  t.equal(await here.run(['run']), 0, 'the agent waits for the next join until it is stopped');
});

t.test('a machine whose record is damaged is free all the same, and the agent says what it has found', async (t) => {
  const here = terminal(t);
  mkdirSync(join(here.stateDir, 'former/life1'), { recursive: true });
  writeFileSync(join(here.stateDir, 'former/left.json'), '{');
  t.equal(await here.run(['status']), 0, here.said.err);
  t.match(here.said.out, /^FREE +this machine can join/m);
  t.match(here.said.out, /^WAS +a node of a cluster; which one is not known, because its record was damaged or lost$/m);
  t.match(here.said.out, /^FORMER DATA +of a former member, in \S+\/former\/life1 for 14 days$/m);
  t.equal(await here.run(['run']), 0, here.said.err);
  t.match(here.said.out, /left\.json was damaged and is kept as \S+left\.json\.damaged/);
  t.equal(await here.run(['run']), 0, here.said.err);
  t.notMatch(here.said.out, /damaged/, 'once');
});

t.test('a node that has lost its identity is not free, although its machine has left a cluster before', async (t) => {
  const here = terminal(t);
  mkdirSync(join(here.stateDir, 'former'), { recursive: true });
  writeFileSync(join(here.stateDir, 'former/left.json'), JSON.stringify({ left, data: [], incarnations: [] }));
  const journal = (text: string) => writeFileSync(join(here.stateDir, 'journal.json'), text);
  journal(JSON.stringify(emptyJournal));
  t.equal(await here.run(['status']), 0, 'a join that has only begun leaves it free');
  const problem = 'identity.pem is lost, and this node has worked before';
  const lost = printed(failure('identity_damaged', { path: here.stateDir, problem }));
  for (const text of [JSON.stringify({ ...emptyJournal, runs: 1 }), '{']) {
    journal(text);
    for (const command of ['status', 'run']) {
      t.equal(await here.run([command]), 1);
      t.equal(here.said.err, lost);
      t.equal(here.said.out, '');
    }
  }
});
t.test('status says that a machine is being freed, also if that begins while it looks', async (t) => {
  const going = terminal(t);
  writeNode(going.stateDir);
  await t.rejects(letGo({ files: hostFiles(), stateDir: going.stateDir, failpoint: dies }, left, []));
  t.equal(await going.run(['status']), 0, going.said.err);
  t.match(going.said.out, /^BEING FREED +the agent removes the identity of this node/);
  t.equal(await going.run(['status', '--output', 'json']), 0);
  t.match(JSON.parse(going.said.out), { free: false, former: { name: 'x-k3s-m-1' } });

  const here = terminal(t);
  const { url } = await httpsServer(t, {
    credential: await credentialPem(ca, { usage: 'coordinator', sans: localhost }),
    respond(_seen, response) {
      const gone = letGo({ files: hostFiles(), stateDir: here.stateDir, failpoint: () => {} }, left, []);
      void gone.then(() => response.destroy());
    },
  });
  await identityStore(hostFiles(), here.stateDir).keep({
    node: {
      nodeId: left.nodeId,
      cluster: left.cluster,
      member: { name: left.name, address: '127.0.0.1', ports: { client: 1, peer: 2, metrics: 3 } },
      coordinator: url,
    },
    credential: readCredential(identity),
    controlCertificates: ca.certificate.pem,
  });
  await beginJournal(hostFiles(), here.stateDir);
  t.equal(await here.run(['status']), 0, here.said.err);
  t.match(here.said.out, /^FREE +this machine can join/);
});

function dies(name: AgentFailpoint): void {
  if (name === 'leave.after-forget') throw new Killed(name);
}

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { printedLike } from '../../../../test/support/said.ts';
import { desiredStatePath } from '../../src/coordinator/desired-state-file.ts';
import { hostFiles } from '../../src/host/files/files.ts';
import { identityStore } from '../../src/identity/identity-store.ts';
import { beginJournal } from '../../src/journal/journal-store.ts';
import { authority, credential } from '../pki.ts';
import { desired } from '../reconcile/samples.ts';
import { terminal } from '../terminal.ts';

const ca = await authority('control');
const pem = ca.certificate.pem;
const nodeUri = { type: 'uri', value: 'urn:picket:node:node00000001' } as const;
const identity = await credential(ca, { usage: 'node', sans: [nodeUri] });

t.test('R10: once with an unreachable coordinator goes on with the last desired state, and prints both', async (t) => {
  const here = terminal(t);
  const document = desired({ trust: { control: pem, client: pem, peer: pem }, certificates: [], etcd: null });
  const { nodeId, cluster, member } = document;
  await identityStore(hostFiles(), here.stateDir).keep({
    node: { nodeId, cluster, member, coordinator: 'https://127.0.0.1:1' },
    credential: identity,
    controlCertificates: pem,
  });
  await beginJournal(hostFiles(), here.stateDir);
  writeFileSync(desiredStatePath(here.stateDir), JSON.stringify(document));

  t.equal(await here.run(['once']), 1);
  t.equal(readFileSync(join(here.etcDir, 'ca.pem'), 'utf8'), pem, 'it did what was possible');
  const [state, ...error] = here.said.err.split(/(?<=\n)/);
  t.equal(state, 'This node goes on with its last desired state, and is as that says.\n');
  t.match(error.join(''), printedLike('coordinator_unreachable'));
  t.equal(here.said.out, '');
});

import t, { type Test } from 'tap';
import { printedLike } from '../../../../test/support/said.ts';
import { hostFiles } from '../../src/host/files/files.ts';
import { identityStore } from '../../src/identity/identity-store.ts';
import { httpsServer, sendJson } from '../https-server.ts';
import { asCoordinator, joinedTerminal } from '../joined-terminal.ts';
import { authority, credentialPem, localhost } from '../pki.ts';
import { type Terminal, terminal, treeOf } from '../terminal.ts';

const former = 'https://127.0.0.1:1';
const stranger = await authority('control');

/** A coordinator at another address than the one that the machine knows. */
async function moved(t: Test, credential = asCoordinator.credential): Promise<{ here: Terminal; url: string }> {
  const { url } = await httpsServer(t, {
    ...asCoordinator,
    credential,
    respond: (_seen, response) => sendJson(response, 200, { controlCertificates: asCoordinator.clientCa }),
  });
  return { here: await joinedTerminal(t, former), url };
}

async function coordinatorOf({ stateDir }: Terminal): Promise<string | undefined> {
  return (await identityStore(hostFiles(), stateDir).load())?.node.coordinator;
}

t.test('it asks the coordinator at its new address from then on, with the identity that it has', async (t) => {
  const { here, url } = await moved(t);
  const before = await identityStore(hostFiles(), here.stateDir).load();
  t.equal(await here.run(['set-coordinator', url]), 0, here.said.err);
  t.equal(
    here.said.out,
    `This node asks ${url}, and no longer ${former}, once its agent starts again:\nrc-service picket-agent restart || systemctl restart picket-agent\n`,
  );
  const after = await identityStore(hostFiles(), here.stateDir).load();
  t.strictSame(after, { ...before, node: { ...before?.node, coordinator: url } });
});

t.test('what is so already is a success, and a port may be left out', async (t) => {
  const { here, url } = await moved(t);
  await here.run(['set-coordinator', url]);
  const before = treeOf(here.stateDir);
  t.equal(await here.run(['set-coordinator', url.replace('https://', '')]), 0, here.said.err);
  t.equal(here.said.out, `This node already asks ${url}.\n`);
  t.strictSame(treeOf(here.stateDir), before);
});

t.test('R8: nobody but its own coordinator can take the node over', async (t) => {
  const { here, url } = await moved(t, await credentialPem(stranger, { usage: 'coordinator', sans: localhost }));
  t.equal(await here.run(['set-coordinator', url]), 1);
  t.match(
    here.said.err,
    printedLike('coordinator_unreachable', { url, reason: '{any}the trusted one of that name did not sign it' }),
  );
  t.equal(await coordinatorOf(here), former);
});

t.test('nothing is changed if nobody answers there, or it is no address', async (t) => {
  const { here } = await moved(t);
  t.equal(await here.run(['set-coordinator', 'https://localhost:1']), 1);
  t.match(here.said.err, 'https://localhost:1');
  t.equal(await here.run(['set-coordinator', 'ftp://localhost']), 2);
  t.match(here.said.err, printedLike('coordinator_url_invalid'));
  t.equal(await coordinatorOf(here), former);
});

t.test('a machine that has not joined has no coordinator to exchange', async (t) => {
  const { url } = await moved(t);
  const here = terminal(t);
  t.equal(await here.run(['set-coordinator', url]), 1);
  t.match(here.said.err, printedLike('not_joined', { path: here.stateDir }));
});

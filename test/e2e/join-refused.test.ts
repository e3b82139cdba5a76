import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { TokenView } from '@picket/shared/protocol/tokens.ts';
import t, { type Test } from 'tap';
import type { Fleet, Machine } from '../support/fleet.ts';
import { cluster, fleetOf } from '../support/fleet-of-test.ts';

const idOf = (joinString: string): string => joinString.split('.')[1] ?? '';

/** The join must fail in just these words, keep no identity and spend no token but those that were spent before. */
async function refused(
  t: Test,
  fleet: Fleet,
  machine: Machine,
  { joinString, args = [], spent = 0 }: Attempt,
  said: string,
): Promise<void> {
  t.same(await machine.join(joinString, { args }), { code: 1, stdout: '', stderr: said });
  await t.rejects(access(join(machine.stateDir, 'identity.pem')), { code: 'ENOENT' });
  const uses = (await tokens(fleet)).map(({ usesSpent }) => usesSpent);
  t.equal(
    uses.reduce((sum, one) => sum + one, 0),
    spent,
    'no token is spent',
  );
}

interface Attempt {
  readonly joinString: string;
  readonly args?: readonly string[];
  readonly spent?: number;
}

async function tokens(fleet: Fleet): Promise<readonly TokenView[]> {
  const { stdout } = await fleet.picket('token', 'list', cluster, '--output', 'json');
  return (JSON.parse(stdout) as Page<TokenView>).items;
}

t.test('picket-agent join says why a real coordinator refuses it, and loses nothing by it', async (t) => {
  const fleet = await fleetOf(t, { members: 2 });
  const [first, second] = fleet.machines as [Machine, Machine];

  await t.test('a garbled join string', async (t) => {
    const joinString = (await fleet.joinString(cluster)).slice(0, -7);
    await refused(
      t,
      fleet,
      first,
      { joinString },
      'error: The join string cannot be read: a part of it has the wrong length or wrong characters; it may be cut off or mistyped.\n' +
        'hint: Paste the whole string that `picket token create` or `picket operator create` printed, in one line: pkt1.ID.SECRET.PIN.\n',
    );
    await t.rejects(readdir(first.stateDir), { code: 'ENOENT' });
  });

  await t.test('one whose secret is wrong', async (t) => {
    const [prefix, id, secret = '', pin] = (await fleet.joinString(cluster)).split('.');
    const joinString = [prefix, id, 'A'.repeat(secret.length), pin].join('.');
    await refused(
      t,
      fleet,
      first,
      { joinString },
      `error: The join token ${id} is unknown to this coordinator, or its secret is wrong.\n` +
        'hint: Paste the whole join string again, or make a new one: `picket token create CLUSTER`.\n',
    );
  });

  await t.test('an expired one', async (t) => {
    const joinString = await fleet.joinString(cluster);
    await fleet.picket('token', 'revoke', idOf(joinString));
    const { expiresAt } = (await tokens(fleet)).find(({ id }) => id === idOf(joinString)) as TokenView;
    await refused(
      t,
      fleet,
      first,
      { joinString },
      `error: The join token ${idOf(joinString)} has not been valid since ${expiresAt}: it expired, or was revoked.\n` +
        'hint: Make a new one: `picket token create CLUSTER`. The option --ttl makes a token valid for longer. `picket events` shows a revocation.\n',
    );
  });

  await t.test('one that is bound to another member', async (t) => {
    const joinString = await fleet.joinString(cluster, '--member', second.name);
    await refused(
      t,
      fleet,
      first,
      { joinString },
      `error: The join token ${idOf(joinString)} is bound to the member x-k3s-m-2, but this machine asks to join as x-k3s-m-1.\n` +
        'hint: Use it on x-k3s-m-2. If this machine is x-k3s-m-2 and its host name differs, pass --name x-k3s-m-2.\n',
    );
  });

  await t.test('a node that is not in the cluster', async (t) => {
    const joinString = await fleet.joinString(cluster);
    await refused(
      t,
      fleet,
      first,
      { joinString, args: ['--name', 'pi-9'] },
      'error: The cluster x-k3s has no member pi-9; it has x-k3s-m-1, x-k3s-m-2.\n' +
        'hint: Use one of these names. A machine that joins has its host name, alone or with the domain of the cluster, unless you pass --name NAME.\n',
    );
  });

  await t.test('one of another coordinator, which is never asked to join', async (t) => {
    const other = await fleetOf(t, { members: 1 });
    await refused(
      t,
      fleet,
      first,
      { joinString: await other.joinString(cluster) },
      `error: The coordinator at ${fleet.url} does not have the certificate authority that the string names.\n` +
        'hint: No secret was sent. Check the address. If it is right, the string is from another coordinator, or someone intercepts the connection.\n',
    );
  });

  await t.test('a coordinator that is down, for an agent and for an operator', async (t) => {
    const joinString = await fleet.joinString(cluster);
    await fleet.stopCoordinator('SIGKILL');
    const down = `error: The coordinator at ${fleet.url} cannot be reached: nothing listens there; is it running, and is the port right?\n`;
    const hint = `hint: etcd is not affected. On the coordinator, look at its service: \`rc-service picket-coordinator status\` (OpenRC) or \`systemctl status picket-coordinator\` (systemd). If it is stopped, start it: \`rc-service picket-coordinator start\` or \`systemctl start picket-coordinator\`. If it runs, check that ${fleet.url} is its address, and that no firewall blocks the port.\n`;
    t.same(await first.join(joinString), { code: 1, stdout: '', stderr: down + hint });
    t.same(await fleet.picket('status', cluster), {
      code: 1,
      stdout: '',
      stderr: `picket: The coordinator at ${fleet.url} cannot be reached: no coordinator listens at ${new URL(fleet.url).host} (connection refused).\n  ${hint.slice('hint: '.length)}`,
    });
    await fleet.startCoordinator();
    const { code, stderr } = await first.join(joinString);
    t.same([code, stderr], [0, ''], 'the same string joins once it is back');

    await refused(
      t,
      fleet,
      second,
      { joinString, spent: 1 },
      `error: The join token ${idOf(joinString)} is used up (allowed uses: 1).\n` +
        'hint: Make a new one: `picket token create CLUSTER`. The option --uses lets several nodes join with one token. A restore of the coordinator from a backup makes all earlier tokens void.\n',
    );
  });

  await t.test('the machine that was refused so often joins with a good one', async (t) => {
    const { code, stderr } = await second.join(await fleet.joinString(cluster));
    t.same([code, stderr], [0, '']);
  });
});

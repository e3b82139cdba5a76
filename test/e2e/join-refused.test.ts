import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { failure, type PicketError } from '@picket/shared/errors.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { TokenView } from '@picket/shared/protocol/tokens.ts';
import t, { type Test } from 'tap';
import type { Fleet, Machine } from '../support/fleet.ts';
import { cluster, fleetOf } from '../support/fleet-of-test.ts';
import { asAgentPrints, asPicketPrints } from '../support/printed-error.ts';

const idOf = (joinString: string): string => joinString.split('.')[1] ?? '';

/** The join must fail with just this error, keep no identity and spend no token but those that were spent before. */
async function refused(
  t: Test,
  fleet: Fleet,
  machine: Machine,
  { joinString, args = [], spent = 0, exit = 1 }: Attempt,
  error: PicketError,
): Promise<void> {
  t.same(await machine.join(joinString, { args }), { code: exit, stdout: '', stderr: asAgentPrints(error) });
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
  /** 1 if not given. */
  readonly exit?: number;
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
      { joinString, exit: 2 },
      failure('join_string_invalid', {
        problem: 'a part of it has the wrong length or wrong characters; it may be cut off or mistyped',
      }),
    );
    await t.rejects(readdir(first.stateDir), { code: 'ENOENT' });
  });

  await t.test('one whose secret is wrong', async (t) => {
    const [prefix, tokenId = '', secret = '', pin] = (await fleet.joinString(cluster)).split('.');
    const joinString = [prefix, tokenId, 'A'.repeat(secret.length), pin].join('.');
    await refused(t, fleet, first, { joinString }, failure('token_unknown', { tokenId }));
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
      failure('token_expired', { tokenId: idOf(joinString), expiredAt: expiresAt }),
    );
  });

  await t.test('one that is bound to another member', async (t) => {
    const joinString = await fleet.joinString(cluster, '--member', second.name);
    await refused(
      t,
      fleet,
      first,
      { joinString },
      failure('token_bound_elsewhere', {
        ...{ tokenId: idOf(joinString), kind: 'member', boundTo: 'x-k3s-m-2', name: 'x-k3s-m-1' },
      }),
    );
  });

  await t.test('a node that is not in the cluster', async (t) => {
    const joinString = await fleet.joinString(cluster);
    await refused(
      t,
      fleet,
      first,
      { joinString, args: ['--name', 'pi-9'] },
      failure('member_not_declared', { cluster, member: 'pi-9', declared: 'x-k3s-m-1, x-k3s-m-2' }),
    );
  });

  await t.test('one of another coordinator, which is never asked to join', async (t) => {
    const other = await fleetOf(t, { members: 1 });
    await refused(
      t,
      fleet,
      first,
      { joinString: await other.joinString(cluster) },
      failure('pin_mismatch', { url: fleet.url }),
    );
  });

  await t.test('a coordinator that is down, for an agent and for an operator', async (t) => {
    const joinString = await fleet.joinString(cluster);
    await fleet.stopCoordinator('SIGKILL');
    const unreachable = (why: string) => failure('coordinator_unreachable', { url: fleet.url, reason: why });
    const down = asAgentPrints(unreachable('nothing listens there; is it running, and is the port right?'));
    t.same(await first.join(joinString), { code: 1, stdout: '', stderr: down });
    t.same(await fleet.picket('status', cluster), {
      code: 1,
      stdout: '',
      stderr: asPicketPrints(unreachable('nothing listens there; is it running, and is the port right?')),
    });
    await fleet.startCoordinator();
    const { code, stderr } = await first.join(joinString);
    t.same([code, stderr], [0, ''], 'the same string joins once it is back');

    await refused(
      t,
      fleet,
      second,
      { joinString, spent: 1 },
      failure('token_used_up', { tokenId: idOf(joinString), uses: 1 }),
    );
  });

  await t.test('the machine that was refused so often joins with a good one', async (t) => {
    const { code, stderr } = await second.join(await fleet.joinString(cluster));
    t.same([code, stderr], [0, '']);
  });
});

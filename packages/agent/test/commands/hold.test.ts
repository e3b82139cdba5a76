import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { HoldView, OwnMember } from '@picket/shared/protocol/clusters.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { told } from '@picket/shared/reasons/told.ts';
import t, { type Test } from 'tap';
import { alone } from '../../src/commands/run.ts';
import { currentBoot } from '../../src/host/boot.ts';
import { systemClock } from '../../src/host/clock.ts';
import { emptyJournal, type Journal } from '../../src/journal/journal.ts';
import { journalPath } from '../../src/journal/journal-store.ts';
import type { LocalOrder } from '../../src/journal/local-order.ts';
import { httpsServer, sendJson } from '../https-server.ts';
import { asCoordinator, joinedTerminal } from '../joined-terminal.ts';
import { terminal } from '../terminal.ts';

const going = { signal: new AbortController().signal };
const hold: HoldView = {
  state: 'begins',
  by: 'root on a',
  reason: null,
  until: '2026-11-28T14:30:00.000Z',
  stop: false,
};
const voter: OwnMember = { phase: 'voter', healthy: true, rests: null, waitsFor: [] };

/** A node with a running agent, whose coordinator gives these answers one after another, then the last one forever. */
async function answered(t: Test, answers: readonly (OwnMember | { readonly refusal: object })[]) {
  const asked: string[] = [];
  const { url } = await httpsServer(t, {
    ...asCoordinator,
    respond({ method, path, body }, response) {
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      asked.push(`${method} ${path}${body === '' ? '' : ` ${body}`}`);
      const refusal = answer !== undefined && 'refusal' in answer ? answer.refusal : null;
      sendJson(response, refusal === null ? 200 : 409, refusal ?? answer);
    },
  });
  return { here: await joinedTerminal(t, url), asked };
}

/** A node whose coordinator closes each connection. */
async function unanswered(t: Test) {
  const coordinator = await httpsServer(t, {
    ...asCoordinator,
    respond: (_seen, response) => response.destroy(),
  });
  return { here: await joinedTerminal(t, coordinator.url), server: coordinator };
}

/** While its agent runs. */
function run(here: ReturnType<typeof terminal>, words: string, io = going): Promise<number> {
  return alone(here.stateDir, 0, () => here.run(words.split(' '), io));
}

t.test('it asks for the hold of its own member, and returns once its agent has begun it', async (t) => {
  const { here, asked } = await answered(t, [
    { ...voter, hold },
    { ...voter, hold },
    { ...voter, hold: { ...hold, state: 'open' } },
  ]);
  t.equal(await run(here, 'hold --for 2h --reason kernel --stop'), 0, here.said.err);
  t.same(asked, [
    'POST /v1/node/hold {"seconds":7200,"reason":"kernel","stop":true}',
    'GET /v1/node/member',
    'GET /v1/node/member',
  ]);
  t.equal(
    here.said.out,
    'a is held until 2026-11-28 14:30:00Z. Its etcd runs until the machine is rebooted. You can work on this machine now, or reboot it.\n' +
      'The hold ends when the member serves again after a boot, or with: picket-agent release\n',
  );
});

t.test('without a duration a hold lasts 30 minutes; JSON has the hold itself', async (t) => {
  const open = { ...hold, state: 'open', stop: true } as const;
  const { here, asked } = await answered(t, [{ ...voter, hold: open }]);
  t.equal(await run(here, 'hold --output json'), 0, here.said.err);
  t.equal(asked[0], 'POST /v1/node/hold {"seconds":1800}');
  t.same(JSON.parse(here.said.out), open);
});

t.test('R2: it says that the machine must not be rebooted if the agent finds that the cluster needs it', async (t) => {
  const why = reason('voters_absent', { absent: [{ member: 'b', why: reason('etcd_is_silent') }] });
  const over = told(reason('hold_refused', { why }));
  const { here } = await answered(t, [
    { ...voter, hold },
    { ...voter, hold: { ...hold, state: 'ends', over } },
  ]);
  t.equal(await run(here, 'hold'), 1);
  t.equal(
    here.said.err,
    'The agent of the member checks every other voter. This can take up to 120 s …\n' +
      'error: The hold of a in k3s did not begin: not every other voter serves; b: etcd does not answer.\n' +
      'hint: Do not reboot its machine. When every voter serves, repeat this command.\n',
  );
  t.equal(here.said.out, '');
});

t.test('a refusal of the coordinator is shown as it is', async (t) => {
  const refusal = {
    code: 'disruption_refused',
    message: 'The hold of a is refused: b is held.',
    hint: '',
    details: {},
  };
  const { here } = await answered(t, [{ refusal }]);
  t.equal(await run(here, 'hold'), 1);
  t.equal(here.said.err, 'error: The hold of a is refused: b is held.\n');
});

t.test('R2: without a coordinator there is no hold', async (t) => {
  const here = await joinedTerminal(t, 'https://127.0.0.1:1');
  t.equal(await run(here, 'hold'), 1);
  t.match(
    here.said.err,
    /^error: The hold is not granted, because no coordinator has answered: .*\nhint: Do not reboot/,
  );
  t.equal(await run(here, 'release'), 1);
  t.match(here.said.err, /^error: The hold is not released, because no coordinator has answered: /);
});

t.test('a command that is stopped says that the hold may still begin', async (t) => {
  const stopping = new AbortController();
  const { here } = await answered(t, [{ ...voter, hold }]);
  const ended = run(here, 'hold', { signal: stopping.signal });
  stopping.abort();
  t.equal(await ended, 1);
  t.match(here.said.err, /was stopped before the hold of a in k3s began\.\nhint: .* `picket-agent release`/);
});

t.test('without a running agent nothing is asked', async (t) => {
  const { here, asked } = await answered(t, [{ ...voter, hold }]);
  t.equal(await here.run(['hold'], going), 1);
  t.match(here.said.err, /^error: No picket-agent runs with the folder /);
  t.same(asked, []);
});

t.test('release ends the hold', async (t) => {
  const { here, asked } = await answered(t, [{ ...voter, hold: { ...hold, state: 'ends' } }]);
  t.equal(await run(here, 'release'), 0, here.said.err);
  t.same(asked, ['POST /v1/node/release {}']);
  t.equal(here.said.out, 'The hold of a ends. If its etcd was stopped, the agent starts it.\n');
});

t.test('durations and reasons that the coordinator would refuse are wrong usage', async (t) => {
  const here = terminal(t);
  for (const words of ['--for soon', '--for 10s', '--for 2d', `--reason ${'a'.repeat(201)}`])
    t.equal(await here.run(['hold', ...words.split(' ')], going), 2, words);
});

const nowhere = 'https://127.0.0.1:1';
type Here = ReturnType<typeof terminal>;

function orderOf({ stateDir }: Here): LocalOrder | null {
  const path = join(stateDir, 'local-order.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null;
}

/** At once, as the agent does: the command that runs reads the file all the time. */
function note({ stateDir }: Here, change: Partial<Journal>): void {
  const path = journalPath(stateDir);
  writeFileSync(`${path}.new`, JSON.stringify({ ...emptyJournal, ...change }));
  renameSync(`${path}.new`, path);
}

/** The running agent notes this once it has read an order. */
async function agentNotes(here: Here, noteOf: (order: LocalOrder) => Partial<Journal>): Promise<void> {
  let order = orderOf(here);
  while (order === null) {
    await pause(20);
    order = orderOf(here);
  }
  note(here, noteOf(order));
}

const boot = currentBoot();

t.test('with --alone, and without a coordinator, the agent begins the hold by its own checks', async (t) => {
  const here = await joinedTerminal(t, nowhere);
  const ended = run(here, 'hold --alone --for 2h --reason kernel');
  await agentNotes(here, ({ id, at }) => ({ held: { permit: id, boot, since: at, stopped: false } }));
  t.equal(await ended, 0, here.said.err);
  t.match(orderOf(here), { boot, hold: { seconds: 7200, stop: false, why: 'kernel' } });
  t.match(
    here.said.err,
    /^No coordinator answers\. The agent begins the hold once no coordinator has answered it for 165 s/,
  );
  t.match(
    here.said.out,
    /^a is held until .*Z\. Its etcd runs until the machine is rebooted\. You can work on this machine now/,
  );
});

t.test(
  'R2: if the agent finds that the cluster needs this member, it is not held, and the order is taken back',
  async (t) => {
    const here = await joinedTerminal(t, nowhere);
    const ended = run(here, 'hold --alone');
    const why = reason('voters_absent', { absent: [{ member: 'b', why: reason('etcd_is_silent') }] });
    await agentNotes(here, ({ id }) => ({ holdRefused: { permit: id, reason: why } }));
    t.equal(await ended, 1);
    t.match(
      here.said.err,
      /error: The hold does not begin: not every .*b: etcd does not answer\.\nhint: Do not reboot this machine\. When every voter serves/,
    );
    t.match(orderOf(here), { hold: null });
  },
);

t.test('R2: once the coordinator answers, only its permit counts', async (t) => {
  const { here, server: coordinator } = await unanswered(t);
  const ended = run(here, 'hold --alone');
  while (orderOf(here) === null) await pause(20);
  coordinator.respond = (_seen, response) => sendJson(response, 200, voter);
  t.equal(await ended, 1);
  t.match(here.said.err, /error: The coordinator answers again, and a hold needs its permit then\./);
  t.match(orderOf(here), { boot, hold: null }, 'a hold that began meanwhile ends');
});

t.test('with --alone, a coordinator that answers grants the hold all the same', async (t) => {
  const { here, asked } = await answered(t, [{ ...voter, hold: { ...hold, state: 'open' } }]);
  t.equal(await run(here, 'hold --alone'), 0, here.said.err);
  t.equal(asked[0], 'POST /v1/node/hold {"seconds":1800}');
  t.equal(orderOf(here), null);
});

t.test('a command that is stopped takes its order back', async (t) => {
  const here = await joinedTerminal(t, nowhere);
  const stopping = new AbortController();
  const ended = run(here, 'hold --alone', { signal: stopping.signal });
  while (orderOf(here) === null) await pause(20);
  stopping.abort();
  t.equal(await ended, 1);
  t.match(here.said.err, /was stopped before the hold of a in k3s began\./);
  t.match(orderOf(here), { boot, hold: null }, 'the agent may be about to begin it');
});

t.test('R2: a second command is refused while the first one waits, and does not change its order', async (t) => {
  const here = await joinedTerminal(t, nowhere);
  const stopping = new AbortController();
  const ended = run(here, 'hold --alone --for 2h', { signal: stopping.signal });
  while (orderOf(here) === null) await pause(20);
  const order = orderOf(here);
  t.equal(await here.run(['hold', '--alone', '--stop'], going), 1);
  t.match(here.said.err, /^error: Another `picket-agent hold --alone` waits for the agent on this machine\.$/m);
  t.same(orderOf(here), order);
  stopping.abort();
  t.equal(await ended, 1);
});

t.test('a member that root holds already is not held again, and the command says until when it is', async (t) => {
  const here = await joinedTerminal(t, nowhere);
  const alone = { seconds: 1800, why: null };
  const since = systemClock().monotonic();
  note(here, { held: { permit: 'alone0000001', boot, since, stopped: true, alone } });
  t.equal(await run(here, 'hold --alone'), 1);
  t.match(here.said.err, /error: This member is held already, by root without the coordinator, until 20\d\d-/);
  t.equal(orderOf(here), null);

  note(here, { held: { permit: 'alone0000001', boot, since: since - 1_800_000, stopped: true, alone } });
  const stopping = new AbortController();
  const ended = run(here, 'hold --alone', { signal: stopping.signal });
  while (orderOf(here) === null) await pause(20);
  stopping.abort();
  t.equal(await ended, 1, 'after the end of that hold it may be held again');
});

t.test('release ends a hold that no coordinator knows, and starts an etcd while none answers', async (t) => {
  const held = { permit: 'alone0000001', boot, since: 0, stopped: true };
  const alone = { seconds: 1800, why: null };
  const here = await joinedTerminal(t, nowhere);
  note(here, { held: { ...held, alone } });
  t.equal(await run(here, 'release'), 0, here.said.err);
  t.match(orderOf(here), { id: held.permit, boot, hold: null });
  t.equal(here.said.out, 'The hold of a ends. If its etcd was stopped, the agent starts it.\n');

  note(here, { held });
  t.equal(await run(here, 'release'), 0, here.said.err);
  t.match(
    here.said.out,
    /starts it\. The coordinator ends the hold when its time is over, or when you repeat this command/,
  );

  const refusal = { code: 'member_not_held', message: 'The member a of k3s is not held.', hint: '', details: {} };
  const { here: known } = await answered(t, [{ refusal }]);
  note(known, { held: { ...held, alone } });
  t.equal(await run(known, 'release'), 0, known.said.err);
  note(known, { held });
  t.equal(await run(known, 'release'), 1, 'the coordinator has ended it');
  t.match(known.said.err, /^error: The member a of k3s is not held\./);
});

t.test('R2: a hold that began without the coordinator also ends here if the coordinator ends it', async (t) => {
  const held = { permit: 'alone0000001', boot, since: 0, stopped: true };
  const { here } = await answered(t, [voter]);
  note(here, { held });
  t.equal(await run(here, 'release'), 0, here.said.err);
  t.equal(orderOf(here), null, 'it ends with its permit');
  note(here, { held: { ...held, alone: { seconds: 1800, why: null } } });
  t.equal(await run(here, 'release'), 0, here.said.err);
  t.match(orderOf(here), { id: held.permit, boot, hold: null });
});

t.test('R10: root can start etcd on this machine whatever the coordinator refuses, and sees the refusal', async (t) => {
  const refusal = { code: 'cluster_frozen', message: 'The cluster k3s is frozen.', hint: '', details: {} };
  const held = { permit: 'permit000001', boot, since: 0, stopped: true };
  const { here } = await answered(t, [{ refusal }]);
  t.equal(await run(here, 'release'), 1, 'nothing is held here');
  t.match(here.said.err, /^error: The cluster k3s is frozen\./);
  t.equal(orderOf(here), null);
  for (const alone of [{}, { alone: { seconds: 1800, why: null } }]) {
    note(here, { held: { ...held, ...alone } });
    t.equal(await run(here, 'release'), 0, here.said.err);
    t.match(orderOf(here), { id: held.permit, boot, hold: null });
    t.match(here.said.out, /agent starts it\. The coordinator refuses to end the hold: The cluster k3s is frozen\./);
  }
});

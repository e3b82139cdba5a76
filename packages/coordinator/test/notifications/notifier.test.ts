import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { failure } from '@picket/shared/errors.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { until } from '../../../../test/support/until.ts';
import { testCoordinator } from '../support/coordinator.ts';
import { nodeWith } from '../support/nodes.ts';
import { addChannel, channelsOf, lookNow, pass } from '../support/notified.ts';
import { receiver } from '../support/receiver.ts';
import { backedUp } from '../support/restored.ts';
import { unjudged } from '../support/unjudged.ts';
import { formed } from '../support/voters.ts';

/** Three voters, and no problem: there is a backup, and no snapshot is due. */
async function serving(t: Test) {
  const { coordinator, nodes } = await formed(t);
  await coordinator.running.backups.made(1);
  const change = { headers: { 'if-match': '"1"' }, body: { snapshots: { everyMinutes: 0 } } };
  const answer = await coordinator.admin.request('PATCH', '/v1/clusters/x-k3s', change);
  if (answer.status !== 200) throw new Error(answer.text);
  return { coordinator, nodes };
}

/** The same with a webhook. */
async function watched(t: Test) {
  const { coordinator, nodes } = await serving(t);
  const hook = await receiver(t);
  await addChannel(coordinator, { kind: 'webhook', url: `${hook.url}/hook` });
  await pass(coordinator, 1, nodes);
  return { coordinator, nodes, hook, others: nodes.slice(1) };
}

t.test('a voter that does not serve is one message with what to do, and one more once it is back', async (t) => {
  const { coordinator, nodes, hook, others } = await watched(t);
  await pass(coordinator, 30, nodes);
  t.same(hook.received, [], 'nothing is wrong');
  await pass(coordinator, 30, others);
  t.same(hook.titles(), ['Warning: x-k3s: at risk']);
  const message = JSON.parse(hook.received[0]?.body ?? '');
  const failing = { failing: ['x-k3s-m-1'], off: [], lost: [], damaged: [], stopped: [] };
  const words = inWords(reason('some_fail', { able: 2, all: 3, quorum: 2, ...failing }));
  t.match(message, {
    kind: 'problem',
    severity: 'warning',
    coordinator: 'https://127.0.0.1:7443',
    problems: [
      {
        cluster: 'x-k3s',
        name: null,
        problem: 'at-risk',
        message: words,
        next: { command: 'picket-agent status', on: { member: 'x-k3s-m-1', address: '192.168.7.11' } },
        help: 'docs/how-to/troubleshoot.md',
      },
    ],
    recovered: [],
  });
  t.match(
    message.text,
    new RegExp(`^WARNING: x-k3s: at risk\n${words}\nSince 2.*Z\\.\nNext: picket-agent status, as root on x-k3s-m-1`),
  );
  t.match(await channelsOf(coordinator), [{ openProblems: 1, waiting: null, failing: null }]);

  await pass(coordinator, 5, nodes);
  t.same(hook.titles().slice(1), ['Over: x-k3s: at risk']);
  t.match(JSON.parse(hook.received[1]?.body ?? ''), {
    kind: 'recovered',
    problems: [],
    recovered: [{ cluster: 'x-k3s', problem: 'at-risk', since: message.problems[0].since }],
  });
  await pass(coordinator, 30, nodes);
  t.equal(hook.received.length, 2);
});

t.test('R18: a voter that comes and goes is a few messages, and one with the state in which it stays', async (t) => {
  const { coordinator, nodes, hook, others } = await watched(t);
  for (let round = 0; round < 5; round += 1) {
    await pass(coordinator, 7, others);
    await pass(coordinator, 3, nodes);
  }
  const [problem, over] = ['Warning: x-k3s: at risk', 'Over: x-k3s: at risk'];
  const flapping = `${problem} (changes often)`;
  t.same(hook.titles(), [problem, over, problem, over, flapping]);
  const last = JSON.parse(hook.received.at(-1)?.body ?? '');
  t.match(last, { problems: [{ problem: 'at-risk', changesOften: true }] });
  const until = 'You get no message about this problem until it has stayed the same for 30 min';
  t.match(
    last.text,
    `\nThis problem changes often: 5 times within an hour. ${until}, except if it becomes critical.\nNext:`,
  );
  await coordinator.restart();
  const again = nodes.map((node) => nodeWith(coordinator, node));
  await pass(coordinator, 24, again);
  t.equal(hook.received.length, 5);
  await pass(coordinator, 5, again);
  t.same(hook.titles().slice(5), [over]);
  t.match(await channelsOf(coordinator), [{ openProblems: 0 }]);
});

t.test('R12: the last state of what changed often is sent although the coordinator restarts often', async (t) => {
  const { coordinator, nodes, hook, others } = await watched(t);
  for (let round = 0; round < 5; round += 1) {
    await pass(coordinator, 7, others);
    await pass(coordinator, 3, nodes);
  }
  t.equal(hook.received.length, 5);
  const { channels } = coordinator.running.inventory;
  const { keepState } = channels;
  let writes = 0;
  channels.keepState = (...of) => {
    writes += 1;
    return keepState(...of);
  };
  for (let minute = 0; minute < 20; minute += 1) await pass(coordinator, 1, minute % 2 === 0 ? others : nodes);
  t.equal(hook.received.length, 5);
  t.ok(writes > 0 && writes <= 5, `R18: ${writes} writes in 20 minutes`);
  for (let run = 0; run < 4; run += 1) {
    await coordinator.restart();
    const again = nodes.map((node) => nodeWith(coordinator, node));
    await pass(coordinator, 8, again);
  }
  t.same(hook.titles().slice(5), ['Over: x-k3s: at risk']);
});

t.test('R12: a message that was not taken is sent after a restart, and one that was taken is not', async (t) => {
  const { coordinator, nodes, hook, others } = await watched(t);
  hook.behave = (_request, response) => void response.writeHead(503).end();
  await pass(coordinator, 6, others);
  const [first] = hook.received;
  t.match(await channelsOf(coordinator), [
    {
      openProblems: 0,
      waiting: { problems: 1 },
      failing: { reason: { code: 'receiver_answered', facts: { status: 503 } } },
    },
  ]);
  hook.behave = null;
  hook.received.length = 0;
  await coordinator.restart();
  // It is over meanwhile, but nobody has heard of it.
  const again = nodes.map((node) => nodeWith(coordinator, node));
  await pass(coordinator, 0.5, again);
  t.same(hook.titles(), ['Warning: x-k3s: at risk']);
  t.equal(hook.received[0]?.headers['x-picket-message'], first?.headers['x-picket-message'], 'it is the same message');
  await coordinator.restart();
  const oncemore = nodes.map((node) => nodeWith(coordinator, node));
  await pass(coordinator, 1, oncemore);
  t.equal(hook.received.length, 1, 'it is not sent again');
  await pass(coordinator, 5, oncemore);
  t.same(hook.titles(), ['Warning: x-k3s: at risk', 'Over: x-k3s: at risk']);
});

t.test('a receiver that is down is asked less and less often, and hears what is wrong once it is back', async (t) => {
  const { coordinator, hook, others } = await watched(t);
  hook.behave = (_request, response) => void response.writeHead(500).end();
  await pass(coordinator, 125, others);
  const attempts = hook.received.length;
  t.ok(attempts >= 8 && attempts <= 20, `${attempts} attempts in two hours`);
  t.equal(new Set(hook.received.map(({ headers }) => headers['x-picket-message'])).size, 1);
  hook.behave = null;
  await pass(coordinator, 16, others);
  t.equal(hook.received.length, attempts + 1);
  t.match(await channelsOf(coordinator), [{ openProblems: 1, waiting: null, failing: null }]);
});

t.test('a message that nobody took for a day is decided again', async (t) => {
  const { coordinator, nodes, hook, others } = await watched(t);
  hook.behave = (_request, response) => void response.writeHead(500).end();
  await pass(coordinator, 6, others);
  await pass(coordinator, 2, nodes);
  coordinator.clock.now += 25 * 3_600_000;
  await pass(coordinator, 1, nodes);
  t.match(await channelsOf(coordinator), [{ openProblems: 0, waiting: null }]);
});

t.test('a receiver that never answers delays neither the coordinator nor another receiver', async (t) => {
  const { coordinator, hook, others } = await watched(t);
  const slow = await receiver(t);
  const held: ServerResponse[] = [];
  slow.behave = (_request, response) => void held.push(response);
  await addChannel(coordinator, { kind: 'webhook', url: slow.url }, { name: 'slow' });
  for (let minute = 0; minute < 7; minute += 0.5) {
    coordinator.clock.now += 30_000;
    for (const node of others) await node.report({});
    await coordinator.running.tick();
  }
  await t.resolves(hasCome(hook), 'the other hears of it');
  t.equal(slow.received.length, 1, 'one request at a time');
  await coordinator.restart();
  t.equal(slow.received.length, 1, 'a stop ends it');
});

t.test('a channel that is removed while its receiver is slow leaves nothing to the next one of its name', async (t) => {
  const { coordinator, hook, others } = await watched(t);
  const held: ServerResponse[] = [];
  hook.behave = (_request, response) => void held.push(response);
  for (let minute = 0; minute < 7; minute += 0.5) {
    coordinator.clock.now += 30_000;
    for (const node of others) await node.report({});
    await coordinator.running.tick();
  }
  await hasCome(hook);
  t.equal((await coordinator.admin.request('DELETE', '/v1/notifications/team')).status, 204);
  const [answer] = held as [ServerResponse];
  const closed = once(answer, 'close');
  answer.end('ok');
  await closed;
  await addChannel(coordinator, { kind: 'webhook', url: hook.url });
  t.match(await channelsOf(coordinator), [{ openProblems: 0, waiting: null }]);
  await coordinator.restart();
  t.match(await channelsOf(coordinator), [{ openProblems: 0, waiting: null }]);
});

t.test('R18: tests of a channel at the same time send one message', async (t) => {
  const coordinator = await testCoordinator(t);
  const hook = await receiver(t);
  await addChannel(coordinator, { kind: 'webhook', url: hook.url });
  const { notifier } = coordinator.running;
  await Promise.all([1, 2, 3].map(() => notifier.test('team')));
  t.equal(hook.received.length, 1);
  await notifier.test('team');
  t.equal(hook.received.length, 2);
});

t.test('R11: a redirect is not followed, so no other host gets the token', async (t) => {
  const { coordinator, hook } = await watched(t);
  const elsewhere = await receiver(t);
  hook.behave = (_request, response) => void response.writeHead(307, { location: elsewhere.url }).end();
  await addChannel(coordinator, { kind: 'webhook', url: hook.url, token: 'bearer-4711' }, { name: 'moved' });
  const answer = await coordinator.admin.post('/v1/notifications/moved/test');
  const why = reason('receiver_redirects', { target: hook.url, status: 307 });
  t.same(answer.json(), failure('notification_failed', { name: 'moved', reason: why }).toWire());
  t.match(hook.received.at(-1)?.headers, { authorization: 'Bearer bearer-4711' });
  t.same(elsewhere.received, []);
});

t.test('R18: a receiver that switches protocols does not keep the channel busy', async (t) => {
  const coordinator = await testCoordinator(t);
  const hook = await receiver(t);
  hook.behave = (_request, response) =>
    void response.writeHead(101, { connection: 'Upgrade', upgrade: 'websocket' }).end();
  await addChannel(coordinator, { kind: 'webhook', url: hook.url });
  const answer = await coordinator.admin.post('/v1/notifications/team/test');
  const why = reason('receiver_unreachable', { target: hook.url, problem: 'the connection was closed' });
  t.same(answer.json(), failure('notification_failed', { name: 'team', reason: why }).toWire());
});

t.test('R18: of a huge answer nothing is read', async (t) => {
  const { coordinator, hook } = await watched(t);
  let closed: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    closed = resolve;
  });
  hook.behave = (_request, response) => {
    response.on('close', closed).writeHead(200);
    const flood = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      response.once('drain', flood);
    };
    flood();
  };
  t.equal((await coordinator.admin.post('/v1/notifications/team/test')).status, 200);
  await t.resolves(ended, 'the connection is closed');
});

t.test('a webhook signs what it sends', async (t) => {
  const { coordinator } = await watched(t);
  const hook = await receiver(t);
  await addChannel(coordinator, { kind: 'webhook', url: hook.url, signingKey: 'key-4711' }, { name: 'signed' });
  await coordinator.admin.post('/v1/notifications/signed/test');
  const [{ headers, body }] = hook.received as [(typeof hook.received)[0]];
  const [, seconds, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-picket-signature'])) ?? [];
  t.equal(Number(seconds), Math.floor(coordinator.clock.now / 1000));
  t.equal(mac, createHmac('sha256', 'key-4711').update(`${seconds}.${body}`).digest('hex'));
});

t.test('ntfy gets title, priority and tags as JSON at its root', async (t) => {
  const { coordinator, nodes } = await serving(t);
  const server = await receiver(t);
  await addChannel(coordinator, { kind: 'ntfy', url: `${server.url}/picket-alerts`, token: 'tk_4711' });
  await pass(coordinator, 8);
  const [first] = server.received;
  t.match(first, { method: 'POST', path: '/', headers: { authorization: 'Bearer tk_4711' } });
  t.match(JSON.parse(first?.body ?? ''), {
    topic: 'picket-alerts',
    title: /^Critical: x-k3s: (no quorum|state unknown)$/,
    message: /^CRITICAL: x-k3s/,
    priority: 5,
    tags: ['rotating_light'],
  });
  await pass(coordinator, 5, nodes);
  t.match(JSON.parse(server.received.at(-1)?.body ?? ''), {
    title: /^Over: x-k3s/,
    priority: 3,
    tags: ['white_check_mark'],
  });
});

t.test('a ping comes while the coordinator works, and not while a part of it fails', async (t) => {
  const coordinator = await testCoordinator(t);
  const monitor = await receiver(t);
  await addChannel(coordinator, { kind: 'ping', url: `${monitor.url}/ping/4711`, everySeconds: 60 });
  await pass(coordinator, 5);
  t.equal(monitor.received.length, 5);
  t.match(monitor.received[0], { method: 'GET', path: '/ping/4711' });
  t.match(await channelsOf(coordinator), [{ kind: 'ping', everySeconds: 60, deliveredAt: /^2/, failing: null }]);
  await coordinator.running.inventory.close();
  coordinator.clock.now += 3_600_000;
  await coordinator.running.tick().catch(() => undefined);
  await coordinator.running.notifier.idle();
  t.equal(monitor.received.length, 5, 'the monitor will notice');
});

t.test('R18: a cluster that cannot be judged hides no other one, and is logged once', async (t) => {
  const { coordinator, hook, others } = await watched(t);
  await unjudged(coordinator, 'a-broken-one');
  await pass(coordinator, 6, others);
  t.same(hook.titles(), ['Warning: x-k3s: at risk']);
  t.equal(coordinator.log.filter((line) => line.includes('the problems of a cluster cannot be judged')).length, 1);
});

t.test('while a member is held, nobody is notified of it', async (t) => {
  const { coordinator, nodes, hook, others } = await watched(t);
  const [first] = nodes as [(typeof nodes)[0]];
  t.equal((await first.client.post('/v1/node/hold', { seconds: 3600 })).status, 200);
  const { inventory, executor } = coordinator.running;
  const { progress, progressVersion } = executor.situation('x-k3s').record;
  const { permit } = progress;
  if (permit?.hold === undefined) throw new Error('there is no hold');
  // As once its agent has reported that it is ready.
  const taken = { ...progress, permit: { ...permit, hold: { ...permit.hold, taken: true } } };
  await inventory.clusters.keepProgress('x-k3s', progressVersion, taken);
  await coordinator.restart();
  const again = others.map((node) => nodeWith(coordinator, node));
  await pass(coordinator, 15, again);
  t.same(hook.received, []);
  await pass(coordinator, 15, again.slice(1));
  t.match(hook.titles(), [/x-k3s: (at risk|no quorum)$/], 'the coordinator still sends a second problem');
});

t.test('R5: after a restore, nothing from before is repeated, and nothing counts as over', async (t) => {
  const { coordinator, hook, others } = await watched(t);
  hook.behave = (_request, response) => void response.writeHead(500).end();
  await pass(coordinator, 6, others);
  t.match(await channelsOf(coordinator), [{ waiting: { problems: 1 } }]);
  const restore = await backedUp(coordinator);
  hook.behave = null;
  hook.received.length = 0;
  await restore();
  await lookNow(coordinator);
  t.match(await channelsOf(coordinator), [{ waiting: null }]);
  await pass(coordinator, 12);
  t.match(hook.titles(), [/: frozen/]);
});

async function hasCome({ received }: { readonly received: readonly unknown[] }): Promise<void> {
  await until('a message has come', () => received.length > 0, { every: 0 });
}
